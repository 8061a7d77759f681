"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.finance import FinanceSource


@hookimpl
def register_finance_sources() -> list[Ref[FinanceSource]]:
    """Offer San Diego's eFile API."""
    return [
        Ref("sandiego_efile", "clerk_finance_sandiego.source:SanDiegoEFile", "Campaign finance of San Diego (eFile)")
    ]
