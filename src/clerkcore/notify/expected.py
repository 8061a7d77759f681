"""Which jobs are run by themselves, and can be overdue."""

from __future__ import annotations

from clerkcore.errors import PluginError, SettingsError
from clerkcore.installation import STATES, Installation
from clerkcore.ledger.conditions import Expected

HOOK = "register_job_types"


def expected_jobs(installation: Installation) -> list[Expected]:
    """Return what schedules run of every kind of job that a plugin offers.

    A kind that does not load is expected wherever it has a schedule: that nothing runs it is for somebody to know.
    """
    return [_expected(installation, name) for name in installation.plugins.names(HOOK)]


def _expected(installation: Installation, name: str) -> Expected:
    plugins = installation.plugins
    try:
        hook = getattr(plugins.load(HOOK, name), "source_hook", "")
        sources = plugins.names(hook) if hook else None
    except (PluginError, KeyError, TypeError):  # a hook that is none, as a plugin may name it, included
        return Expected(name)
    return Expected(name, sources, _disabled(installation) if hook == STATES.hook else ())


def _disabled(installation: Installation) -> list[str]:
    try:
        return [entry.site for entry in installation.states if not entry.enabled]
    except SettingsError:
        return []  # no job of states runs until the file is mended, and that is for somebody to know too
