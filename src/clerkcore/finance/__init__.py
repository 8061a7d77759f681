"""Campaign finance: what every finance source shares."""

from clerkcore.finance.source import FinanceSource
from clerkcore.finance.tables import AGENCIES, FILERS, FILINGS, FINANCE_TABLES, TRANSACTIONS

__all__ = ["AGENCIES", "FILERS", "FILINGS", "FINANCE_TABLES", "TRANSACTIONS", "FinanceSource"]
