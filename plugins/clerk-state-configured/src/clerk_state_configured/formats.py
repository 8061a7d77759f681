"""Formats of one record per line, made from settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

from clerk_state_configured.files import FIXED, ConfiguredFile, codec_of
from clerkcore import Page, Rejected, Value
from clerkcore.interfaces import LineFormat, LineReader, LineResult
from clerkcore.models import Location
from clerkcore.parsing import RAGGED
from clerkcore.rosters import COUNTY_TURNOUT, RosterFormat, RosterLayout

SEPARATOR = "\x1f"  # ASCII's own, which stands in no text that means anything
NOWHERE = Location("", 0)  # the road knows where a line stood
_SPACES = str.maketrans({SEPARATOR: " ", "\n": " ", "\r": " "})


class TurnoutFormat(RosterFormat):
    """The lines of a county turnout, which are read as those of a roster are."""

    table = COUNTY_TURNOUT


def make_format(file: ConfiguredFile, params: Mapping[str, str], where: str) -> LineFormat:
    """Return the format of a file of lines, for a scope's election and day."""
    if file.format == FIXED:
        return FixedFormat(file, texts_format(file, params, where))
    layout = RosterLayout(
        file.columns.fields,
        delimiter=file.delimiter,
        quoted=file.quoted,
        encoding=codec_of(file),
        whole=file.ended,
    )
    return _kind(file)(layout, _constants(file, params), where)


def texts_format(file: ConfiguredFile, params: Mapping[str, str], where: str) -> RosterFormat:
    """Return the format of lines that `join_texts` made."""
    layout = RosterLayout(file.columns.fields, delimiter=SEPARATOR, quoted=False)
    return _kind(file)(layout, _constants(file, params), where)


def join_texts(texts: Sequence[str]) -> bytes:
    """Return a line that holds some texts; line ends within them become spaces."""
    return SEPARATOR.join(text.translate(_SPACES) for text in texts).encode("utf-8", "replace")


def _kind(file: ConfiguredFile) -> type[RosterFormat]:
    return RosterFormat if file.is_roster else TurnoutFormat


def _constants(file: ConfiguredFile, params: Mapping[str, str]) -> dict[str, Value]:
    constants = {"election_id": params["election_id"], **file.columns.constants}
    if file.by_day and "vote_date" not in {*file.columns.fields, *constants}:
        constants["vote_date"] = params["election_date"]
    return constants


class FixedFormat(LineFormat):
    """Lines cut into columns of so many characters each; a line of another length is none of the file's."""

    def __init__(self, file: ConfiguredFile, inner: RosterFormat) -> None:
        self.table = inner.table
        self.columns = inner.columns
        self.constants = inner.constants
        self.quoted = False
        self.headed = file.header
        self._inner = inner
        self._names = join_texts(list(file.widths))
        self._codec = codec_of(file)
        ends = list(accumulate(file.widths.values()))
        self._slices = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        self._width = ends[-1]

    def open_page(self, page: Page, header: bytes) -> LineReader:
        """Return the reader of a page's lines; what a header says is not looked at."""
        read = self._inner.open_page(page, self._names)

        def read_lines(lines: Sequence[bytes]) -> Sequence[LineResult]:
            texts = [line.decode(self._codec, "replace").rstrip("\r") for line in lines]
            results = read([self._cut(text) for text in texts])
            return [self._judge(text, result) for text, result in zip(texts, results, strict=True)]

        return read_lines

    def _cut(self, text: str) -> bytes:
        return join_texts([text[part] for part in self._slices])

    def _judge(self, text: str, result: LineResult) -> LineResult:
        if not text.strip(" \0") or (len(text) >= self._width and not text[self._width :].strip(" ")):
            return result
        return Rejected(RAGGED, f"{len(text):,} characters instead of {self._width:,}", NOWHERE)
