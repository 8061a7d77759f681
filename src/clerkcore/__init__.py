"""clerkcore: civic data, fetched politely, compared honestly, kept with its history.

The names below are what plugins may import; importing this package loads none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clerkcore.errors import (
        ClerkError,
        ExecutorError,
        FetchError,
        NotifyError,
        NotPublished,
        SettingsError,
        SiteError,
        SourceError,
        UsageError,
    )
    from clerkcore.hookspecs import hookimpl
    from clerkcore.interfaces import (
        About,
        Client,
        Column,
        Figures,
        Get,
        LineFormat,
        LineReader,
        LineResult,
        Reader,
        Source,
        Table,
        View,
        Writer,
    )
    from clerkcore.models import (
        Aside,
        Capture,
        Download,
        Finding,
        Location,
        Note,
        Outcome,
        Page,
        Parsed,
        Record,
        Ref,
        Rejected,
        Request,
        Row,
        Run,
        Scope,
        Severity,
        Site,
        Value,
    )
    from clerkcore.services import Asked, Executor, JobType, Message, Notifier, Perform, SiteWork

__all__ = [
    "About",
    "Aside",
    "Asked",
    "Capture",
    "ClerkError",
    "Client",
    "Column",
    "Download",
    "Executor",
    "ExecutorError",
    "FetchError",
    "Figures",
    "Finding",
    "Get",
    "JobType",
    "LineFormat",
    "LineReader",
    "LineResult",
    "Location",
    "Message",
    "NotPublished",
    "Note",
    "Notifier",
    "NotifyError",
    "Outcome",
    "Page",
    "Parsed",
    "Perform",
    "Reader",
    "Record",
    "Ref",
    "Rejected",
    "Request",
    "Row",
    "Run",
    "Scope",
    "SettingsError",
    "Severity",
    "Site",
    "SiteError",
    "SiteWork",
    "Source",
    "SourceError",
    "Table",
    "UsageError",
    "Value",
    "View",
    "Writer",
    "hookimpl",
]

_HOMES = ("errors", "models", "interfaces", "services", "hookspecs")


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"clerkcore.{home}")
            if name in vars(module):
                return vars(module)[name]
    raise AttributeError(f"module 'clerkcore' has no attribute {name!r}")
