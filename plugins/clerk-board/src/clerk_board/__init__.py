"""clerk-board: `clerk serve` shows the databases of an installation in Datasette."""
