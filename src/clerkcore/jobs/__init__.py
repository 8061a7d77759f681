"""Jobs: which sites are worked on, one at a time each, and what the ledger keeps of it."""
