"""Addresses as text: safe to show, and safe to keep apart."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

MASK = "***"
_USERINFO = re.compile(r"(?<=//)[^/?#]*@")
_SECRET = re.compile(r"((?:^|[&;])[^=&;]*(?:key|secret|token|password)[^=&;]*=)[^&;]*", re.IGNORECASE)


def mask_url(url: str) -> str:
    """Return the URL without user names and without the values of parameters that look secret."""
    shown = _USERINFO.sub(f"{MASK}@", url)
    try:
        parts = urlsplit(shown)
    except ValueError:
        return shown.partition("?")[0]
    return urlunsplit(parts._replace(query=_SECRET.sub(rf"\g<1>{MASK}", parts.query)))


def name_of(url: str) -> str:
    """Return the last part of a URL's path, or its host when it has none."""
    parts = urlsplit(url)
    return parts.path.rstrip("/").rpartition("/")[2] or parts.hostname or url
