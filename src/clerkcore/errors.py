"""The errors clerk raises on purpose.

    ClerkError                 what happened, where, and what to do
    ├── UsageError             the request itself is wrong (exit code 2)
    ├── SettingsError          clerk.toml, a CLERK_* variable or a secret is wrong
    ├── SiteError              a site is unknown, misnamed or misconfigured
    ├── PluginError            a plugin is broken, missing or in conflict
    ├── LedgerError            the ledger cannot be read, written or is of another version
    ├── StoreError             a site database cannot be read, written or is of another version
    │   └── StoreBusy          another program holds the lock of a site database
    ├── SourceError            an upstream answered with something that is not its data
    │   └── NotPublished       the upstream has no such data yet
    ├── FetchError             an upstream could not be reached or refused to answer
    ├── LeaseLost              another process has taken over this site
    │   └── JobCancelled       somebody cancelled the job that this process is at
    ├── ExecutorError          jobs cannot be handed to those that run them
    └── NotifyError            a channel did not take a message

Library code raises these; only ``clerkcore.__main__`` turns them into a message and an exit code.
"""


class ClerkError(Exception):
    """Something went wrong that an operator can act on."""

    exit_code = 1

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.remedy})" if self.remedy else ""
        return f"{place}{self.message}{advice}"


class UsageError(ClerkError):
    """The command was asked for something that makes no sense."""

    exit_code = 2


class SettingsError(ClerkError):
    """A setting or a secret cannot be used."""

    exit_code = 2


class SiteError(ClerkError):
    """A site is unknown, misnamed or misconfigured."""

    exit_code = 2


class PluginError(ClerkError):
    """A plugin is broken, missing or in conflict with another."""


class LedgerError(ClerkError):
    """The ledger cannot be used."""


class StoreError(ClerkError):
    """A site database cannot be used."""


class Unbalanced(StoreError):
    """The records of a change set do not add up (law 4)."""


class StoreBusy(StoreError):
    """Another program holds the lock of a site database."""


class SourceError(ClerkError):
    """An upstream answered with something that is not its data."""


class NotPublished(SourceError):
    """The upstream has no such data yet; not a failure unless it had it before."""


class FetchError(ClerkError):
    """An upstream could not be reached or refused to answer."""


class LeaseLost(ClerkError):
    """Another process has taken over the site while this one was working."""


class JobCancelled(LeaseLost):
    """Somebody cancelled the job that this process is at."""


class ExecutorError(ClerkError):
    """Jobs cannot be handed to those that run them; they wait in the ledger."""


class NotifyError(ClerkError):
    """A channel did not take a message; it is sent again later."""
