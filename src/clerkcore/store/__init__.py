"""Site databases: tables, changes, history and the evidence beside them."""
