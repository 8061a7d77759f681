"""Looks daily whether each site has room on its disk, and tells of alerts in a file."""

# /// script
# dependencies = ["clerkcore"]
#
# [tool.clerk]
# version = "1.0"
# summary = "See that each site has room, and tell of alerts in a file."
# ///

import shutil

from clerkcore import JobType, Notifier, NotifyError, Outcome, Ref, hookimpl


@hookimpl
def register_job_types():
    """Offer the look at the disk, to be scheduled at every site."""
    return [Ref("space.look", "free_space:LookAtSpace", "See that each site has room")]


@hookimpl
def register_notifiers():
    """Offer the file."""
    return [Ref("file", "free_space:File", "A file with one line an alert")]


class LookAtSpace(JobType):
    """Fails where a site has no room left, so that an alert says so."""

    name = "space.look"
    queue = "monitor"
    interval_hours = 24
    command = "clerk jobs run --due --job space.look"

    def run(self, work, options, report):
        """Look, and say how it stands."""
        with work.open_run("space") as look:
            free = shutil.disk_usage(work.installation.folder(work.site.subdomain).path).free
            outcome = Outcome.FRESH if free > 1_000_000 else Outcome.FAILED
            look.end(outcome, f"{free:,} bytes are free", remedy="make some room")
        yield look.run


class File(Notifier):
    """[channels.NAME] type = "file", path = "/var/log/clerk-alerts"."""

    name = "file"

    def send(self, message):
        """Add a line."""
        try:
            with open(self.config["path"], "a", encoding="utf-8") as lines:
                lines.write(f"{message.kind}: {message.title}\n")
        except OSError as error:
            raise NotifyError(str(error)) from error
