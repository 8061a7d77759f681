"""clerk finance show, totals, amendments, donors and search: questions to what was loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import click
from rich.text import Text

from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, clean, make_table, print_json, show_table, warn_of_errors
from clerkcore.errors import ClerkError
from clerkcore.finance import methods
from clerkcore.finance.money import tell_cents
from clerkcore.finance.questions import (
    Asked,
    read_amendments,
    read_candidates,
    read_donors,
    read_filers,
    read_totals,
    search_transactions,
)
from clerkcore.installation import Installation
from clerkcore.jobs.questions import Answer, Question, ask_finance

MOST_FILINGS = 40
Row = dict[str, Any]
Print = Callable[[list[Row]], None]


def asking_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what every question may be narrowed by."""
    for decorate in (
        json_option,
        click.option("--year", type=click.IntRange(1990, 2100), help="Only this year."),
        click.option(
            "--as-of",
            type=click.DateTime(["%Y-%m-%d"]),
            callback=lambda _ctx, _option, value: value.date().isoformat() if value else "",
            help="With the filings that held on this day.",
        ),
        click.option("--subdomain", "sites", multiple=True, metavar="SITE", help="Only this site; may be repeated."),
    ):
        command = decorate(command)
    return command


def _answer(
    ctx: click.Context,
    sites: Sequence[str],
    as_json: bool,
    asked: Asked,
    ask: Question,
    show: Print,
    method: str = "",
) -> None:
    """Ask the sites, print what they answer and by which method, and end with 1 where one could not be asked."""
    installation: Installation = ctx.obj
    broken: list[ClerkError] = []
    answers = list(ask_finance(installation, sites, ask, broken))
    _warn_of_beginning(answers, asked)
    rows = [{"site": answer.site, **row} for answer in answers for row in answer.rows]
    if method and not as_json:
        click.echo(f"Method: {method}", err=True)
    if as_json:
        for row in rows:
            print_json({**row, "method": method} if method else row)
    elif rows:
        show(rows)
    elif not broken:
        click.echo("Nothing found.")
    ctx.exit(warn_of_errors(broken))


def _warn_of_beginning(answers: Iterable[Answer], asked: Asked) -> None:
    """Say where the day asked for lies before the first capture, for then nothing found means nothing."""
    for answer in answers:
        late: dict[tuple[str, str], list[str]] = {}
        for since in answer.since:
            if asked.as_of and asked.as_of < since.day and (asked.year is None or since.year in (None, asked.year)):
                late.setdefault((since.source, since.day), []).append(since.scope)
        for (source, day), scopes in late.items():
            known = "before that day, only filings are known whose day of filing it tells"
            told = f"{answer.site}: {source} ({', '.join(scopes)}) was first captured on {day}; {known}"
            click.echo(clean(told), err=True)


@click.command()
@asking_options
@click.option("--filer", default="", help="Only this filer: an id, an FPPC number, or words of its name.")
@click.option(
    "--by", type=click.Choice(["filer", "candidate"]), default="filer", show_default=True, help="Whose totals."
)
@click.pass_context
def totals(
    ctx: click.Context, /, sites: tuple[str, ...], as_of: str, year: int | None, as_json: bool, filer: str, by: str
) -> None:
    """Totals as filed, as amended and as of a day, e.g. clerk finance totals --year 2020 --as-of 2020-06-30"""
    asked = Asked(year, filer, as_of)
    if by == "filer":
        _answer(ctx, sites, as_json, asked, partial(read_totals, asked=asked), _show_totals, methods.TOTALS)
    else:
        ask = partial(read_candidates, asked=asked)
        _answer(ctx, sites, as_json, asked, ask, _show_candidates, methods.CANDIDATES)


_TOTALS = {
    "As filed": "filed_contributions_cents",
    "Contributions": "contributions_cents",
    "Of it late": "late_contributions_cents",
    "Summary line 5": "summary_contributions_cents",
    "Expenditures": "expenditures_cents",
    "For": "support_cents",
    "Against": "oppose_cents",
}
_CANDIDATES = {
    "For": "support_cents",
    "Against": "oppose_cents",
    "From committees": "given_cents",
    "Raised": "raised_cents",
    "Spent": "spent_cents",
}


def _show_totals(rows: list[Row]) -> None:
    _show_money(rows, {"Site": "site", "Year": "year", "Filer": "filer_name"}, _TOTALS)


def _show_candidates(rows: list[Row]) -> None:
    _show_money(rows, {"Site": "site", "Year": "year", "Candidate": "candidate"}, _CANDIDATES)


def _show_money(rows: list[Row], words: dict[str, str], money: dict[str, str]) -> None:
    """Print rows as a table: words to the left, amounts to the right; a column that no row has is left out."""
    money = {title: name for title, name in money.items() if any(row.get(name) is not None for row in rows)}
    table = make_table(*words)
    for title in money:
        table.add_column(title, justify="right", no_wrap=True)
    for row in rows:
        add_row(table, (*(row.get(name) or "-" for name in words.values()), *_amounts(row, money.values())))
    show_table(table)


def _amounts(row: Row, names: Iterable[str]) -> list[Text]:
    return [Text(tell_cents(row.get(name))) for name in names]


@click.command()
@asking_options
@click.option("--filer", default="", help="Only this filer: an id, an FPPC number, or words of its name.")
@click.option("--source", default="", help="Those that this source tells, also where another is believed.")
@click.pass_context
def amendments(
    ctx: click.Context, /, sites: tuple[str, ...], as_of: str, year: int | None, as_json: bool, filer: str, source: str
) -> None:
    """Which filing took the place of which, and what that changed, e.g. clerk finance amendments --year 2020"""
    asked = Asked(year, filer, as_of, source)
    ask = partial(read_amendments, asked=asked)
    _answer(ctx, sites, as_json, asked, ask, _show_amendments, methods.AMENDMENTS)


def _show_amendments(rows: list[Row]) -> None:
    table = make_table("Day", "Filer", "Period", "Amendment")
    for row in rows:
        columns = f"; edited: {row['edited_columns']}" if row["edited_columns"] else ""
        period = f"{row['filing_start']} to {row['filing_end']}" if row["filing_start"] else "-"
        add_row(table, (row["amended_on"], row["filer_name"] or "-", period, f"{row['told']}{columns}"))
    show_table(table)


@click.command()
@click.argument("name", nargs=-1, metavar="[NAME]")
@asking_options
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="How many from each site.")
@click.pass_context
def donors(
    ctx: click.Context,
    /,
    name: tuple[str, ...],
    sites: tuple[str, ...],
    as_of: str,
    year: int | None,
    as_json: bool,
    limit: int,
) -> None:
    """The largest donors, or those of a name, and whom they gave to, e.g. clerk finance donors marriott

    Variants of a name are merged.
    """
    asked = Asked(year, "", as_of)
    # An empty word is a name that was meant.
    wanted = " ".join(name) or " " * len(name)
    ask = partial(read_donors, name=wanted, asked=asked, limit=limit)
    _answer(ctx, sites, as_json, asked, ask, _show_donors, methods.DONORS)


def _show_donors(rows: list[Row]) -> None:
    for row in rows:
        gifts = f"{row['contributions']:,} contribution{'' if row['contributions'] == 1 else 's'}"
        days = f", {row['first_on']} to {row['last_on']}" if row["first_on"] else ""
        click.echo(clean(f"{row['donor']}: {tell_cents(row['amount_cents'])} in {gifts}{days} ({row['site']})"))
        if len(row["variants"]) > 1:
            click.echo(clean(f"  also written: {'; '.join(v for v in row['variants'] if v != row['donor'])}"))
        for gift in row["given_to"]:
            click.echo(clean(f"  {tell_cents(gift['amount_cents']):>16}  {gift['filer']}"))


@click.command()
@click.argument("text", nargs=-1, required=True, metavar="TEXT")
@asking_options
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many from each site.")
@click.pass_context
def search(
    ctx: click.Context,
    /,
    text: tuple[str, ...],
    sites: tuple[str, ...],
    as_of: str,
    year: int | None,
    as_json: bool,
    limit: int,
) -> None:
    """Search names, employers, occupations and descriptions, e.g. clerk finance search lawn signs"""
    asked = Asked(year, "", as_of)
    ask = partial(search_transactions, text=" ".join(text), asked=asked, limit=limit)
    _answer(ctx, sites, as_json, asked, ask, _show_found)


def _show_found(rows: list[Row]) -> None:
    table = make_table("Day", "Amount", "Form", "Other party", "Employer, occupation, text", "Filer", "Filing")
    for row in rows:
        party = " ".join(filter(None, (row["tran_namf"], row["tran_naml"]))) or row["cand_naml"] or "-"
        told = ", ".join(filter(None, (row["tran_emp"], row["tran_occ"], row["tran_dscr"])))
        filing = row["filing_id"] if row["in_force"] else f"{row['filing_id']} ({_ended(row)})"
        day = row["calculated_date"] or "-"
        amount = tell_cents(row["amount_cents"])
        add_row(table, (day, amount, row["form_type"], party, told, row["filer_name"] or "-", filing))
    show_table(table)


def _ended(row: Row) -> str:
    return f"amended by {row['superseded_by']}" if row["superseded_by"] else f"withdrawn {row['ended_on']}"


@click.command()
@click.argument("filer", nargs=-1, required=True, metavar="FILER")
@asking_options
@click.pass_context
def show(
    ctx: click.Context, /, filer: tuple[str, ...], sites: tuple[str, ...], as_of: str, year: int | None, as_json: bool
) -> None:
    """A filer's totals, filings and amendments, e.g. clerk finance show todd gloria for mayor"""
    asked = Asked(year, " ".join(filer), as_of)
    _answer(ctx, sites, as_json, asked, partial(read_filers, asked=asked), _show_filers, methods.FILERS)


def _show_filers(rows: list[Row]) -> None:
    for row in rows:
        number = f", FPPC {row['filer_state_id']}" if row["filer_state_id"] else ""
        name = row["filer_name"] or row["filer_local_id"]
        click.echo(clean(f"\n{name} ({row['filer_local_id']}{number}), {row['site']}"))
        _show_money(row["totals"], {"Year": "year"}, _TOTALS)
        _show_filings(row["filings"])
        for amendment in row["amendments"]:
            click.echo(clean(f"  {amendment['amended_on']}: {amendment['told']}"))


def _show_filings(filings: list[Row]) -> None:
    table = make_table("Filing", "Form", "Period", "From", "State")
    for filing in filings[:MOST_FILINGS]:
        period = f"{filing['filing_start']} to {filing['filing_end']}" if filing["filing_start"] else "-"
        state = "holds" if filing["in_force"] else _ended(filing)
        add_row(table, (filing["filing_id"], filing["form_family"], period, filing["started_on"], state))
    show_table(table)
    if len(filings) > MOST_FILINGS:
        click.echo(f"and {len(filings) - MOST_FILINGS:,} more filings; --json lists them all")


QUESTIONS = (show, totals, amendments, donors, search)
