"""Sectors by rule, and what their method is called."""

from __future__ import annotations

import pytest

from clerkcore.finance.sectors import METHOD, VERSION, sector_of


@pytest.mark.parametrize(
    ("donor", "sector"),
    [
        (("PTY", "", "", "Law Party"), "party"),
        (("COM", "attorney", "", ""), "committee"),
        (("IND", "Attorney", "City of Mockton", ""), "law"),
        (("IND", "n/a", "City of Mockton", ""), "government"),
        (("IND", "retired attorney", "", ""), "retired"),
        (("OTH", "", "", "Mockton Hotel Group"), "hospitality"),
        (("IND", "beekeeper", "", ""), "other"),
        (("IND", "none", "N/A", ""), "not told"),
        (("", "", "", ""), "not told"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(filter(None, value)),
)
def test_the_first_rule_that_fits_decides(donor: tuple[str, str, str, str], sector: str) -> None:
    assert sector_of(*donor) == sector


def test_the_method_names_its_version() -> None:
    assert METHOD.split(", ") == ["sectors", f"version {VERSION}"]
