"""Campaign finance: what every finance source shares."""

from clerkcore.finance.filings import with_filings
from clerkcore.finance.forms import TRANSACTION_TYPES, form_family
from clerkcore.finance.source import FinanceSource
from clerkcore.finance.tables import AGENCIES, FILERS, FILINGS, FINANCE_TABLES, SUMMARY_LINES, TRANSACTIONS
from clerkcore.finance.years import within_year

__all__ = [
    "AGENCIES",
    "FILERS",
    "FILINGS",
    "FINANCE_TABLES",
    "SUMMARY_LINES",
    "TRANSACTIONS",
    "TRANSACTION_TYPES",
    "FinanceSource",
    "form_family",
    "with_filings",
    "within_year",
]
