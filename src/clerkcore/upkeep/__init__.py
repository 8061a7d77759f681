"""Upkeep: backups, what may go from the disk and the tables, and what stays of it."""
