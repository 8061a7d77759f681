"""Campaign finance: what every finance source shares."""

from clerkcore.finance.filings import with_filings
from clerkcore.finance.forms import form_family
from clerkcore.finance.source import FinanceSource
from clerkcore.finance.tables import AGENCIES, FILERS, FILINGS, FINANCE_TABLES, SUMMARY_LINES, TRANSACTIONS

__all__ = [
    "AGENCIES",
    "FILERS",
    "FILINGS",
    "FINANCE_TABLES",
    "SUMMARY_LINES",
    "TRANSACTIONS",
    "FinanceSource",
    "form_family",
    "with_filings",
]
