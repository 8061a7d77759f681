"""The turnout of the Republican primary runoff of 26 May 2026, as the state published it by county."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from clerkcore.testing import Clerk, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Query = Callable[..., list[dict[str, Any]]]


def test_the_flattened_turnout_adds_up_to_the_known_sums(
    data: Path, run_clerk: Clerk, make_site: SiteMaker, query: Query
) -> None:
    make_site("tx", name="Texas", state="TX", texas={})
    file = data / "tx_civix_evr" / "turnout_ed_58315_2026-05-26.csv"
    which = ("--source", "ELECTION_DAY_TURNOUT", "--election", "58315", "--date", "2026-05-26")
    ended = run_clerk("states", "update", "tx", *which, "--from", file, "--json")
    assert [ended.line[name] for name in ("outcome", "read", "added", "quarantined")] == ["changed", 254, 254, 0]
    (sums,) = query(
        "tx/voters.db",
        "SELECT sum(in_person_on_date) AS on_date, sum(in_person_total) AS in_person, sum(mail_total) AS mail,"
        " sum(registered_voters) AS registered, count(DISTINCT county_id) AS counties FROM county_turnout",
    )
    assert sums == {
        "on_date": 86_156,
        "in_person": 855_053,
        "mail": 59_596,
        "registered": 18_662_785,
        "counties": 254,
    }
    odd = query(
        "tx/voters.db",
        "SELECT county, county_id FROM county_turnout WHERE county_id IN ('62', '70', '71') ORDER BY county_id",
    )
    assert [tuple(row.values()) for row in odd] == [
        ("DEWITT", "62"),
        ("ELLIS", "70"),
        ("EL PASO", "71"),
    ]
