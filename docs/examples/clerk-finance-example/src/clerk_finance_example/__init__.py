"""The face of the plugin: it registers, and imports nothing heavy."""

from clerkcore import Ref, hookimpl


@hookimpl
def register_finance_sources() -> list[Ref]:  # type: ignore[type-arg]
    """Offer the county's yearly CSV."""
    return [Ref("example", "clerk_finance_example.source:ExampleCounty", "Campaign finance of Example County")]
