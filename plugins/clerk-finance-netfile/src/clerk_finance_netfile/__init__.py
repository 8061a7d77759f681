"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.finance import FinanceSource


@hookimpl
def register_finance_sources() -> list[Ref[FinanceSource]]:
    """Offer NetFile's APIs and its yearly export."""
    return [
        Ref("netfile", "clerk_finance_netfile.source:NetFile", "California local campaign finance (NetFile Connect2)"),
        Ref(
            "netfile_excel", "clerk_finance_netfile.excel:NetFileExcel", "The same, from NetFile's yearly Excel export"
        ),
        Ref(
            "netfile_campaign",
            "clerk_finance_netfile.campaign:NetFileCampaign",
            "The same, from NetFile's Campaign API v101 (needs a key)",
        ),
    ]
