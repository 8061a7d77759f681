"""Beginning the lines on stderr and in Loki as the settings ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from clerkcore import logs

if TYPE_CHECKING:
    from clerkcore.installation import Installation

LOKI_PASSWORD = "loki_password"  # noqa: S105 - a name, no secret


def start_logs(installation: Installation) -> Callable[[], None]:
    """Configure logging by the settings and return what ends it; SettingsError when the address of Loki is none."""
    settings = installation.settings
    terminal = sys.stderr.isatty()
    asked = settings.loki_url and settings.has_secret(LOKI_PASSWORD)
    return logs.configure(
        settings.log_format,
        settings.log_level,
        terminal=terminal,
        colours=terminal and not os.environ.get("NO_COLOR"),
        secrets=settings.known_secrets(),
        loki_url=settings.loki_url,
        loki_password=settings.secret(LOKI_PASSWORD) if asked else "",
        host=installation.host,
    )
