"""What the columns of a file mean: the settings `columns`, `values`, `constants` and those about single columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from clerk_state_configured.keys import Keys, show
from clerk_state_configured.readers import check_date_format, make_county_reader, make_date_reader, replace_words
from clerkcore import Value
from clerkcore.parsing import read_count, read_date, read_text
from clerkcore.rosters import COUNTY_TURNOUT, VOTING_METHODS, Field, read_word, voter_id_field

KEPT = ("voter_name", "voter_address")  # which are dropped unless the site keeps them
ANY_ID = r"\S{1,64}"
LONGEST_PATTERN = 200

_ROSTER = ("voter_id", "vote_date", "voting_method", "county", "precinct", "party", "ballot_status", *KEPT)
_COUNTS = tuple(column.name for column in COUNTY_TURNOUT.columns if column.type == "integer")
_TURNOUT = ("vote_date", "county", "county_id", *_COUNTS)
_NEEDED = {True: ("voter_id", "vote_date", "voting_method", "county"), False: ("vote_date", "county")}
# Columns whose words may be given other ones; those of a county stand in `counties`.
_WORDED = ("voting_method", "party", "precinct", "ballot_status")


@dataclass(frozen=True, slots=True)
class Columns:
    """How each column of the table is read, and those that are the same in every record."""

    fields: Mapping[str, Field]
    constants: Mapping[str, Value]


def read_columns(keys: Keys, *, roster: bool, by_day: bool) -> Columns:
    """Return what a file's columns mean; SettingsError names the key that is wrong and what is allowed."""
    targets = _ROSTER if roster else _TURNOUT
    columns, constants = keys.table("columns"), keys.table("constants")
    columns.allow(targets)
    constants.allow([target for target in targets if target not in ("voter_id", *KEPT, *_COUNTS)])
    _check_twice(columns, constants)
    _check_needed(keys, columns, constants, roster=roster, by_day=by_day)
    readers = _Readers(keys, roster)
    kept = keys.texts("keep", KEPT) if roster else _refuse(keys, "keep")
    for target in kept:
        if target not in columns.values:
            raise keys.wrong("keep", f"{target} is in none of the columns", f"name its column in columns.{target}")
    optional = keys.texts("optional", [target for target in columns.values if target not in _NEEDED[roster]])
    fields = {
        target: readers.field(target, columns.texts(target), target not in optional)
        for target in targets  # in the order of the table, whatever that of the settings
        if target in columns.values and (target not in KEPT or target in kept)
    }
    return Columns(fields, {target: readers.constant(constants, target) for target in constants.values})


def _refuse(keys: Keys, key: str) -> tuple[str, ...]:
    if key in keys.values:
        raise keys.wrong(key, "does not belong to kind 'turnout'", 'only with kind = "roster"')
    return ()


def _check_twice(columns: Keys, constants: Keys) -> None:
    for target in columns.values:
        if target in constants.values:
            raise constants.wrong(target, "stands in columns too", "take it out of one of them")


def _check_needed(keys: Keys, columns: Keys, constants: Keys, *, roster: bool, by_day: bool) -> None:
    given = {*columns.values, *constants.values, *(["vote_date"] if by_day else [])}
    for target in _NEEDED[roster]:
        if target not in given:
            place = "columns" if target == "voter_id" else "columns or constants"
            more = ", or set by_day = true" if target == "vote_date" else ""
            raise keys.wrong("columns", f"nothing gives {target}", f"add {target} to {place}{more}")
    if not roster and not given.intersection(_COUNTS):
        raise keys.wrong("columns", "nothing is counted", f"add any of: {', '.join(_COUNTS)}")


class _Readers:
    """How the texts of each column are read, by the settings of a file."""

    def __init__(self, keys: Keys, roster: bool) -> None:
        self.pattern = _pattern(keys) if roster else (_refuse(keys, "voter_id_pattern"), "")[1]
        formats = keys.texts("date_formats")
        for text in formats:
            try:
                check_date_format(text)
            except ValueError as error:
                raise keys.wrong("date_formats", f"{show(text)} {error}", 'such as "%m/%d/%Y"') from error
        self.read_date = make_date_reader(formats) if formats else read_date
        self.read_county = make_county_reader(_counties(keys))
        values = keys.table("values")
        values.allow(_WORDED if roster else ())
        self.words = {target: values.words(target) for target in values.values}
        for word, method in self.words.get("voting_method", {}).items():
            if method not in VOTING_METHODS:
                remedy = f"one of: {', '.join(VOTING_METHODS)}"
                raise values.table("voting_method").wrong(word, f"{show(method)} is not known", remedy)

    def field(self, target: str, names: tuple[str, ...], required: bool) -> Field:
        if target == "voter_id":
            return voter_id_field(names, self.pattern, f"an id as {self.pattern} describes it")
        if target == "county":
            return Field(names, self.read_county, rule="unknown_county")
        if target == "voting_method":
            words = self.words.get(target) or {method: method for method in VOTING_METHODS}
            return Field(names, read_word(words, "way of voting"), required)
        if target == "vote_date":
            return Field(names, self.read_date, required)
        if target in _COUNTS:
            return Field(names, read_count, required)
        return Field(names, replace_words(self.words.get(target, {})) if target in self.words else read_text, required)

    def constant(self, constants: Keys, target: str) -> Value:
        text = constants.text(target)
        if target == "voting_method":
            return constants.choice(target, VOTING_METHODS)
        try:
            if target == "county":
                return self.read_county(text)
            return read_date(text) if target == "vote_date" else text.strip()
        except ValueError as error:
            remedy = "write it as 2026-11-03" if target == "vote_date" else "one of those in counties"
            raise constants.wrong(target, str(error), remedy) from error


def _pattern(keys: Keys) -> str:
    text = keys.text("voter_id_pattern", ANY_ID)
    try:
        re.compile(text, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"{show(text)} is no regular expression: {error}"
        raise keys.wrong("voter_id_pattern", message, r"such as '\d{10}'") from error
    if len(text) > LONGEST_PATTERN:
        raise keys.wrong("voter_id_pattern", "is too long", f"{LONGEST_PATTERN} characters at most")
    return text


def _counties(keys: Keys) -> dict[str, str]:
    """Return counties by spelling; a list gives each its own, and none means that any county may stand there."""
    if isinstance(keys.values.get("counties"), Mapping):
        words = keys.words("counties")
        for spelling, county in words.items():
            if not county.strip():
                raise keys.table("counties").wrong(spelling, "names no county", "write the county's name")
        return words
    return {county: county for county in keys.texts("counties")}
