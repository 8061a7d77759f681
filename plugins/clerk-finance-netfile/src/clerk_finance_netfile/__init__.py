"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.finance import FinanceSource


@hookimpl
def register_finance_sources() -> list[Ref[FinanceSource]]:
    """Offer NetFile's Connect2 API."""
    return [
        Ref("netfile", "clerk_finance_netfile.source:NetFile", "California local campaign finance (NetFile Connect2)")
    ]
