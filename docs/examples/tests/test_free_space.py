"""A plugin's kind of job is scheduled like those of the core, and its channel tells of what fails."""

from pathlib import Path

pytest_plugins = ["clerkcore.testing.fixtures"]

PLUGINS = Path(__file__).parents[1]


def test_the_job_is_due_at_every_site_and_its_run_is_in_the_ledger(make_site, run_clerk):
    make_site("example.ca")
    ended = run_clerk("--plugins-dir", PLUGINS, "jobs", "run", "--due", "--job", "space.look", "--json")
    assert (ended.line["site"], ended.line["source"], ended.line["outcome"]) == ("example.ca", "space", "fresh")
    why = run_clerk("--plugins-dir", PLUGINS, "jobs", "why", "example.ca", "--json")
    assert [reason["reason"] for reason in why.lines if reason["job"] == "space.look"] == ["fresh", "not due"]


def test_the_channel_takes_a_message(run_clerk, installation):
    told = installation.root / "told.txt"
    settings = installation.root / "clerk.toml"
    settings.write_text(f'{settings.read_text()}\n[channels.notes]\ntype = "file"\npath = "{told}"\n')
    run_clerk("--plugins-dir", PLUGINS, "alerts", "test", "notes")
    assert told.read_text().startswith("test: ")
