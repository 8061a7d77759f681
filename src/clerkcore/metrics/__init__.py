"""Figures for Prometheus, read from the ledger and the databases of the sites when somebody asks."""

from clerkcore.metrics.exposition import Exposition, expose, render, write_textfile
from clerkcore.metrics.server import serve

__all__ = ["Exposition", "expose", "render", "serve", "write_textfile"]
