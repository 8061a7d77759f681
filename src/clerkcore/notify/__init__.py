"""Alerts: what needs somebody, and telling people of it."""
