"""Georgia as a site, its files made up here, and a server that sends them.

`python conftest.py` writes the samples of the suites anew.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from clerkcore.testing import Clerk, Ended, SiteMaker

Row = dict[str, str]
Grid = Sequence[Sequence[str]]
SAMPLES = Path(__file__).parent / "samples"
ELECTION, DAY = "A-12601", "2026-11-03"

COLUMNS = """\
County,Voter Registration #,Last Name,First Name,Middle Name,Suffix,Street #,Street Name,Apt/Unit,City,State,Zip Code,\
Mailing Street #,Mailing Street Name,Mailing Apt/Unit,Mailing City,Mailing State,Mailing Zip Code,Application Status,\
Ballot Status,Status Reason,Application Date,Ballot Issued Date,Ballot Return Date,Ballot Style,Ballot Assisted,\
Challenged/Provisional,ID Required,Municipal Precinct,County Precinct,CNG,SEN,HOUSE\t,JUD,Combo #,Vote Center ID,\
Ballot ID,Party"""
HEADER = COLUMNS.split(",")
BLANK = dict.fromkeys(HEADER, "") | {
    "County": "APPLING",
    "Voter Registration #": "00468991",
    "Last Name": "PEÑA",
    "First Name": "ANA",
    "Middle Name": "B",
    "Street #": "12",
    "Street Name": "OAK ST",
    "City": "BAXLEY",
    "State": "GA",
    "Zip Code": "31513-0001",
    "Application Status": "A",
    "Ballot Status": "A",
    "Application Date": "09/01/2026",
    "Ballot Issued Date": "10/05/2026",
    "Ballot Return Date": "10/20/2026",
    "Ballot Style": "ABSENTEE BY MAIL",
    "Ballot Assisted": "NO",
    "Challenged/Provisional": "NO",
    "ID Required": "NO",
    "County Precinct": "1B",
    "CNG": "012",
    "SEN": "019",
    "HOUSE\t": "178",
    "Party": "",
}


def absentee_csv(rows: Iterable[Row], header: Sequence[str] = HEADER, encoding: str = "latin-1") -> bytes:
    """Return an absentee file; a row names the columns that differ from BLANK."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([{**BLANK, **row}.get(name, "") for name in header] for row in rows)
    return text.getvalue().encode(encoding)


def zip_files(members: dict[str, bytes]) -> bytes:
    """Return a ZIP, the same bytes at any time."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return body.getvalue()


def history_line(
    voter: str, county: int = 1, day: str = DAY, party: str = "", flags: str = "NNN", kind: str = "003"
) -> str:
    """Return a line of voter history."""
    return f"{county:03}{voter}{day.replace('-', '')}{kind}{party:2}{flags}"


def draw_page(grid: Grid, ruled: bool) -> str:
    """Return the text operators and ruling lines of a table that fills a page."""
    width, height, left, top = 90, 14, 40, 760
    drawn = ["BT /F1 8 Tf ET"]
    for down, cells in enumerate(grid):
        y = top - height * (down + 1)
        for across, cell in enumerate(cells):
            text = cell.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            drawn.append(f"BT /F1 8 Tf {left + width * across + 3} {y + 4} Td ({text}) Tj ET")
    columns = max((len(cells) for cells in grid), default=0)
    for down in range(len(grid) + 1) if ruled else ():
        drawn.append(f"{left} {top - height * down} m {left + width * columns} {top - height * down} l S")
    for across in range(columns + 1) if ruled else ():
        drawn.append(f"{left + width * across} {top} m {left + width * across} {top - height * len(grid)} l S")
    return "\n".join(drawn)


def write_pdf(
    pages: Sequence[Grid], ruled: bool = True, trailer: str = "", pack: Callable[[str], bytes] | None = None
) -> bytes:
    """Return a PDF 1.4 with a table on each page; `pack` makes the stream object of a page's operators."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, grid in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append((pack or plain_stream)(draw_page(grid, ruled)))
    body = io.BytesIO()
    body.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(body.tell())
        body.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = body.tell()
    body.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    body.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    ending = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n"
    body.write(ending.encode())
    return body.getvalue()


def plain_stream(operators: str) -> bytes:
    data = operators.encode("latin-1")
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


TITLES = ("County", "Registered Voters", "Mail", "In Person", "Ballots Cast")
TURNOUT = (
    (
        ("Turnout by county", "", "", "", ""),
        TITLES,
        ("APPLING", "11,200", "400", "4,100", "4,500"),
        ("ATKINSON", "4,900", "100", "1,900", "2,000"),
        ("BEN HILL", "9,800", "300", "3,700", "4,000"),
        ("DEKALB", "520,000", "40,000", "260,000", "300,000"),
    ),
    (
        TITLES,
        ("Jeff Davis", "8,400", "150", "3,850", "4,000"),
        ("McDuffie County", "15,000", "500", "6,500", "7,000"),
        ("WORTH", "13,700", "250", "5,750", "6,000"),
        ("TOTAL", "583,000", "41,700", "285,800", "327,500"),
    ),
)

STATES: tuple[Row, ...] = (
    {},
    {"Voter Registration #": "00468992", "Party": "REPUBLICAN", "County Precinct": "2"},
    {"Voter Registration #": "00468993", "Ballot Style": "EARLY IN-PERSON", "Party": "DEMOCRAT", "County": "DEKALB"},
    {"Voter Registration #": "00468994", "Ballot Style": "ELECTRONIC BALLOT DELIVERY", "Ballot Status": "R"},
    {"Voter Registration #": "00468995", "Ballot Status": "C", "Ballot Return Date": ""},
    {"Voter Registration #": "00468996", "Ballot Status": "", "Ballot Return Date": "", "Ballot Issued Date": ""},
    {"Voter Registration #": "00468997", "Ballot Status": "S", "Ballot Style": "IN PERSON", "County": "Ben Hill"},
    {"Voter Registration #": "00468998", "Last Name": 'O"NEIL, JR', "Party": "NON-PARTISAN", "County": "WORTH"},
)
VOTERS = (
    history_line("00468991", flags="YNN"),
    history_line("00468992", party="R"),
    history_line("00468993", county=44, party="D"),
    history_line("00468994", county=159, party="NP", flags="NYN"),
    history_line("00468995", day="2024-11-05"),
    history_line("00468996", county=9, flags="N Y"),
    history_line("00468997", county=60, flags="   "),
    history_line("00468998", county=2, kind="005"),
)


def write_samples(folder: Path) -> None:
    """Write one file of each data source."""
    files = {
        "STATEWIDE.csv": absentee_csv(STATES, encoding="utf-8"),
        "history.txt": "".join(f"{line}\r\n" for line in VOTERS).encode(),
        "turnout.pdf": write_pdf(TURNOUT),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in files.items():
        (folder / name).write_bytes(body)


@dataclass
class Upstream:
    """A server that sends the files it is given, by path."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    files: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Upstream(f"http://127.0.0.1:{server.server_port}", files)
        server.shutdown()
        thread.join()


@pytest.fixture
def make_csv() -> Callable[..., bytes]:
    return absentee_csv


@pytest.fixture
def make_zip() -> Callable[[dict[str, bytes]], bytes]:
    return zip_files


@pytest.fixture
def make_line() -> Callable[..., str]:
    return history_line


@pytest.fixture
def make_pdf() -> Callable[..., bytes]:
    return write_pdf


@pytest.fixture
def make_samples() -> Callable[[Path], None]:
    return write_samples


@pytest.fixture
def ga(make_site: SiteMaker, upstream: Upstream) -> Callable[..., str]:
    """Add the site of Georgia with these settings besides the election's."""

    def add(**settings: Any) -> str:
        known = {"election": ELECTION, "election_date": DAY}
        return make_site("ga", name="Georgia", state="GA", georgia={**known, **settings}).subdomain

    return add


@pytest.fixture
def load(run_clerk: Clerk, tmp_path: Path) -> Callable[..., Ended]:
    """Import a file of the site of Georgia as a data source."""

    def run(source: str, body: bytes, name: str = "", *arguments: str) -> Ended:
        path = tmp_path / (name or source.lower())
        path.write_bytes(body)
        return run_clerk("states", "update", "ga", "--source", source, "--from", path, "--json", *arguments)

    return run


@pytest.fixture
def read_rows(run_clerk: Clerk) -> Callable[[str], list[dict[str, Any]]]:
    """Return the live rows of a table, without what tells runs apart and what is empty."""

    def read(table: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(run_clerk.root / "sites" / "ga" / "voters.db")) as connection:
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table} WHERE removed_run_id IS NULL")]
        left = ("run_id", "removed_run_id", "source", "scope")
        return [{name: v for name, v in row.items() if name not in left and v is not None} for row in rows]

    return read


@pytest.fixture
def rejected(run_clerk: Clerk) -> Callable[[Ended], list[tuple[str, str]]]:
    """Return the rule and message of each record that a run put into quarantine."""

    def read(ended: Ended) -> list[tuple[str, str]]:
        lines = run_clerk("quarantine", "list", "--run", str(ended.line["run_id"]), "--json").lines
        return [(line["rule"], line["message"]) for line in lines]

    return read


@pytest.fixture
def findings(run_clerk: Clerk) -> Callable[[Ended], list[dict[str, Any]]]:
    """Return what the checks of a run found."""

    def read(ended: Ended) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = run_clerk("runs", "show", str(ended.line["run_id"]), "--json").line["found"]
        return found

    return read


if __name__ == "__main__":
    write_samples(SAMPLES)
