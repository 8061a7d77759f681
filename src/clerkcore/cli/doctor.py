"""clerk doctor: every setting with its origin, and the checks."""

from __future__ import annotations

from dataclasses import asdict

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import FAILED, add_row, clean, make_table, print_json, show_table
from clerkcore.installation import Installation
from clerkcore.jobs.checked import FAILURE, WARNING
from clerkcore.jobs.checks import check_installation
from clerkcore.settings import setting_fields, variable


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Show every setting with its origin and check the installation, e.g. clerk doctor"""
    installation: Installation = ctx.obj
    settings = installation.settings
    table = make_table("Setting", "Value", "From", "Variable")
    for name, key, _, _ in setting_fields():
        value = getattr(settings, name)
        if as_json:
            print_json({"setting": key, "value": value, "origin": settings.origin(name), "variable": variable(name)})
        add_row(table, (key, value, settings.origin(name), variable(name)))
    if not as_json:
        show_table(table)
        click.echo()
    checks = list(check_installation(installation))
    for check in checks:
        if as_json:
            print_json(asdict(check))
            continue
        remedy = f" ({check.remedy})" if check.remedy else ""
        click.secho(clean(f"{check.level:8} {check.what}: {check.message}{remedy}"), fg=_colour(check.level))
    ctx.exit(FAILED if any(check.level == FAILURE for check in checks) else 0)


def _colour(level: str) -> str | None:
    return {FAILURE: "red", WARNING: "yellow"}.get(level)
