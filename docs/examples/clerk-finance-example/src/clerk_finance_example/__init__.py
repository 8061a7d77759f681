"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.finance import FinanceSource


@hookimpl
def register_finance_sources() -> list[Ref[FinanceSource]]:
    """Offer the county's yearly CSV."""
    return [Ref("example", "clerk_finance_example.source:ExampleCounty", "Campaign finance of Example County")]
