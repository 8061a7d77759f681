"""The face of the plugin: it registers, and imports nothing heavy."""

from clerkcore import Ref, hookimpl


@hookimpl
def register_state_adapters() -> list[Ref]:  # type: ignore[type-arg]
    """Offer Florida's county ballot reports."""
    return [Ref("florida", "clerk_state_florida.adapter:Florida", "Florida vote-by-mail and early voting by county")]
