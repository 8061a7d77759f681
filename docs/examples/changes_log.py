"""Adds a line to changes.log in the installation's root whenever a run has changed something."""

from clerkcore import Outcome, hookimpl


@hookimpl
def after_update(installation, site, run):
    """Write the line."""
    if run.outcome is Outcome.CHANGED:
        with (installation.root / "changes.log").open("a", encoding="utf-8") as log:
            log.write(f"run {run.run_id}, {site.name}: {run.message}\n")
