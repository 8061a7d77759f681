"""The face of the plugin: it registers, and imports nothing heavy."""

from clerkcore import Ref, hookimpl


@hookimpl
def register_finance_sources() -> list[Ref]:  # type: ignore[type-arg]
    """Offer NetFile's Connect2 API."""
    return [
        Ref("netfile", "clerk_finance_netfile.source:NetFile", "California local campaign finance (NetFile Connect2)")
    ]
