"""Tables out of a PDF. pdfplumber is imported where a PDF is read, and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING

from clerk_state_georgia.bombs import refuse_bomb
from clerkcore import Page, SourceError

if TYPE_CHECKING:
    from pdfplumber.pdf import PDF

PdfTable = list[list[str]]

LARGEST_PDF = 20_000_000  # bytes
MOST_PAGES = 100
MOST_EDGES = 8_000  # ruling lines on one page; crossing them takes their square
MOST_CHARACTERS = 50_000  # on one page
STRATEGIES = ("lines", "text")
_START, _END, _NEAR = b"%PDF-", b"%%EOF", 1024
_LOGGERS = ("pdfminer", "pdfplumber")


def read_tables(page: Page, where: str, strategy: str = "lines") -> Iterator[PdfTable]:
    """Yield the tables of a PDF page by page, their cells as text on one line.

    `strategy` says whether cells are told by ruling lines or by how the text stands. Raises SourceError when the
    PDF is cut off, broken, encrypted or absurdly large.
    """
    body = _read_body(page, where)
    refuse_bomb(body, where)
    for name in _LOGGERS:
        # They warn of what every other PDF does.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with _told_as_damage(where):
        import pdfplumber

        document = pdfplumber.open(BytesIO(body))
    # It is not closed: that would look for its pages once more, and there is no file to close.
    for number in range(_count_pages(document, where)):
        yield from _page_tables(document, number, f"{where} page {number + 1}", strategy)


def _read_body(page: Page, where: str) -> bytes:
    with page.open() as stream:
        body = stream.read(LARGEST_PDF + 1)
    if len(body) > LARGEST_PDF:
        raise SourceError(
            f"is a PDF of more than {LARGEST_PDF:,} bytes", where=where, remedy="see the raw file; it is no report"
        )
    if _START not in body[:_NEAR]:
        raise SourceError("is no PDF", where=where, remedy="set turnout_url to the PDF itself; see the raw file")
    # A reader of PDFs mends a file that was cut off, and shows the pages that are left.
    if _END not in body[-_NEAR:]:
        raise SourceError("is a PDF without its end", where=where, remedy="it was cut off; fetch it again")
    return body


def _count_pages(document: PDF, where: str) -> int:
    from pdfminer.pdfpage import PDFPage

    with _told_as_damage(where):
        count = sum(1 for _ in islice(PDFPage.create_pages(document.doc), MOST_PAGES + 1))
    if count > MOST_PAGES:
        raise SourceError(f"has more than {MOST_PAGES} pages", where=where, remedy="see the raw file; it is no report")
    return count


def _page_tables(document: PDF, number: int, where: str, strategy: str) -> list[PdfTable]:
    with _told_as_damage(where):
        page = document.pages[number]
        edges, characters = len(page.edges), len(page.chars)
    if edges > MOST_EDGES or characters > MOST_CHARACTERS:
        raise SourceError(
            f"holds {edges:,} lines and {characters:,} characters (limits {MOST_EDGES:,} and {MOST_CHARACTERS:,})",
            where=where,
            remedy="see the raw file; it is no report",
        )
    with _told_as_damage(where):
        found = page.extract_tables({"vertical_strategy": strategy, "horizontal_strategy": strategy})
        page.close()
    return [[[" ".join((cell or "").split()) for cell in row] for row in table] for table in found]


@contextmanager
def _told_as_damage(where: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # pdfminer lets through whatever breaks inside it: KeyError, struct.error, RecursionError and many more.
        if "PasswordIncorrect" in f"{type(error).__name__} {error.args!r}":
            raise SourceError(
                "is encrypted with a password",
                where=where,
                remedy="open it with its password and print it to a new PDF",
            ) from error
        raise SourceError(
            f"is a PDF that cannot be read: {type(error).__name__}",
            where=where,
            remedy="open it in a viewer; fetch it again, or print it to a new PDF",
        ) from error
