"""Sites: their names, their files, and clerk sites."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clerkcore.errors import SiteError
from clerkcore.sites import SiteFolder, check_subdomain, parse_site, pilot_sites

Clerk = Any  # the class of the fixture in conftest.py
ADD_OZ = ("sites", "add", "oz.ks", "--name", "Oz", "--state", "KS", "--kind", "city")
TEXAS = ["ELECTIONS", "EVR", "EVR_TURNOUT", "ELECTION_DAY", "ELECTION_DAY_TURNOUT"]
OZ = 'name = "Oz"\nstate = "KS"\nkind = "city"\n'


@pytest.mark.parametrize("subdomain", ["alameda.ca", "fl", "san-francisco.ca", "a", "1.2", "a" * 63, "xn--oz-uja.ks"])
def test_a_subdomain_is_taken_as_it_is(subdomain: str) -> None:
    assert check_subdomain(subdomain) == subdomain


@pytest.mark.parametrize(
    "subdomain",
    ["../x", "a/b", "Alameda.ca", ".", "..", "", "a" * 64, ".".join(["a" * 60] * 2), "zürich", "alameda.ca.", ".ca",
     "a..b", "-a", "a-", "alameda.ca\n", "a b", "a_b", "a\x00", "/etc", "~", "a\\b", "%2e%2e", "٣"],
)  # fmt: skip
def test_what_is_no_subdomain_is_refused_with_the_rule(subdomain: str) -> None:
    with pytest.raises(SiteError) as caught:
        check_subdomain(subdomain)
    rule = "small letters, digits and hyphens, parts joined by dots, as in alameda.ca"
    assert str(caught.value) == f"{subdomain!r} is not a subdomain ({rule})"


@pytest.mark.parametrize("subdomain", ["../x", "..", "a/b"])
def test_no_folder_is_ever_outside_of_sites(tmp_path: Path, subdomain: str) -> None:
    with pytest.raises(SiteError, match="is not a subdomain"):
        SiteFolder.of(tmp_path, subdomain)


def test_the_pilots_are_these_ten() -> None:
    pilots = {site.subdomain: (site.name, site.state, str(site.kind), dict(site.sources)) for site in pilot_sites()}
    assert pilots == {
        "alameda-county.ca": ("Alameda County", "CA", "county", {"netfile": {"agency_name": "County of Alameda"}}),
        "alameda.ca": ("Alameda", "CA", "city", {"netfile": {"agency_name": "City of Alameda"}}),
        "berkeley.ca": ("Berkeley", "CA", "city", {"netfile": {"agency": "BRK"}}),
        "fl": ("Florida", "FL", "state", {"florida": {"election": "49894"}}),
        "ga": ("Georgia", "GA", "state", {"georgia": {}}),
        "nc": ("North Carolina", "NC", "state", {"north_carolina": {}}),
        "oakland.ca": ("Oakland", "CA", "city", {"netfile": {"agency": "COAK"}}),
        "san-francisco.ca": ("San Francisco", "CA", "city", {"netfile": {"agency": "SFO"}}),
        "sandiego.ca": ("San Diego", "CA", "city", {"netfile": {"agency": "CSD"}}),
        "tx": ("Texas", "TX", "state", {"texas": {"data_sources": TEXAS}}),
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name = ", "site.toml: not valid TOML: "),
        (
            f"{OZ}colour = 'green'\n",
            "site.toml: unknown key 'colour' (known keys: enabled, kind, name, sources, state)",
        ),
        ("state = 'KS'\nkind = 'city'\n", "site.toml: name is missing or not text ("),
        (OZ.replace('"Oz"', '" "'), "site.toml: name is missing or not text ("),
        (OZ.replace('"KS"', '"Kansas"'), "site.toml: 'Kansas' is not a two-letter state code (write CA or FL)"),
        (OZ.replace('"KS"', '"Ö1"'), "site.toml: 'Ö1' is not a two-letter state code (write CA or FL)"),
        (
            OZ.replace('"city"', '"village"'),
            "site.toml: 'village' is no kind of site (kinds: city, county, state, election)",
        ),
        (f"{OZ}sources = 5\n", "site.toml: sources is not a table of tables (write [sources.NAME])"),
        (f"{OZ}enabled = 'no'\n", "site.toml: enabled is neither true nor false ("),
    ],
    ids=["TOML", "unknown", "no name", "blank name", "state", "unicode state", "kind", "sources", "enabled"],
)
def test_a_broken_site_toml_is_named_with_the_key(text: str, reason: str) -> None:
    with pytest.raises(SiteError) as caught:
        parse_site("oz.ks", text, "site.toml")
    assert str(caught.value).startswith(reason)


def list_names(clerk: Clerk) -> list[str]:
    return [row["subdomain"] for row in clerk("sites", "list", "--json").rows]


def test_add_writes_site_toml_and_registers_the_site(clerk: Clerk) -> None:
    words = "sites add oz.ks --name Oz --state ks --kind city --set netfile.agency=OZ --set netfile.format=csv"
    config = clerk.root / "sites" / "oz.ks" / "site.toml"
    assert clerk(*words.split()).out == f"added oz.ks: {config}\n"
    assert config.read_text() == f'{OZ}\n[sources.netfile]\nagency = "OZ"\nformat = "csv"\n'
    [row] = clerk("sites", "list", "--json").rows
    assert [row["created_at"][-1], row["updated_at"][-1]] == ["Z", "Z"]
    del row["created_at"], row["updated_at"]
    assert row == {
        "host": "",
        "subdomain": "oz.ks",
        "name": "Oz",
        "state": "KS",
        "kind": "city",
        "enabled": True,
        "has_finance_data": False,
        "sources": ["netfile"],
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("sites add ../oz --name Oz --state KS --kind city", "'../oz' is not a subdomain"),
        ("sites add oz.ks --name Oz --state Kansas --kind city", "'Kansas' is not a two-letter state code"),
        ("sites add oz.ks --name Oz --state KS --kind village", "'village' is not one of"),
        ("sites add oz.ks --name Oz --state KS --kind city --set agency=OZ", "'agency=OZ' is no setting of a source"),
        ("sites add oz.ks --state KS --kind city", "Missing option '--name'"),
        ("sites add oz.ks --name= --state KS --kind city", "the name is empty"),
    ],
)
def test_add_refuses_what_makes_no_site(clerk: Clerk, words: str, told: str) -> None:
    refused = clerk(*words.split())
    assert (refused.code, told in refused.err) == (2, True)
    assert list((clerk.root / "sites").glob("*/")) == []


def test_add_refuses_a_site_that_exists(clerk: Clerk) -> None:
    clerk.add_site("oz.ks", state="KS")
    refused = clerk(*ADD_OZ)
    assert refused.code == 2
    assert refused.err == "Error: site 'oz.ks' exists already (clerk sites show oz.ks)\n"


def test_add_without_a_ledger_leaves_no_folder(clerk: Clerk) -> None:
    (clerk.root / "civic.db").unlink()
    assert clerk(*ADD_OZ).code == 1
    assert list((clerk.root / "sites").glob("*/")) == []


def test_list_of_no_sites_says_how_to_get_some(clerk: Clerk) -> None:
    assert clerk("sites", "list").out.splitlines()[-1] == "No sites yet: clerk sites import --pilots"


def test_list_as_a_table_says_which_are_disabled(clerk: Clerk) -> None:
    clerk.add_site("oz.ks", state="KS")
    clerk("sites", "disable", "oz.ks")
    assert clerk("sites", "list").out.splitlines()[1].split() == ["oz.ks", "Oz.Ks", "KS", "city", "-", "no", "disabled"]


def test_show_describes_one_site(clerk: Clerk) -> None:
    clerk.add_site("oz.ks", "netfile.agency=OZ", state="KS")
    assert clerk("sites", "show", "oz.ks", "--json").rows == [
        {
            "subdomain": "oz.ks",
            "name": "Oz.Ks",
            "state": "KS",
            "kind": "city",
            "enabled": True,
            "sources": ['netfile (agency = "OZ")'],
            "folder": str(clerk.root / "sites" / "oz.ks"),
            "databases": [],
            "jobs": [],
            "finance": [],
        }
    ]
    assert "jobs: -\n" in clerk("sites", "show", "oz.ks").out


def test_show_of_an_unknown_site_names_near_ones(clerk: Clerk) -> None:
    clerk.add_site("alameda.ca")
    refused = clerk("sites", "show", "alamda.ca")
    assert refused.code == 2
    assert refused.err == "Error: the ledger has no site 'alamda.ca' (sites: alameda.ca)\n"


def test_import_pilots_copies_their_files_and_leaves_changed_ones(clerk: Clerk) -> None:
    assert clerk("sites", "import", "--pilots").out.endswith("10 sites registered\n")
    config = clerk.root / "sites" / "oakland.ca" / "site.toml"
    config.write_text(config.read_text() + "# mine\n")
    clerk("sites", "import", "--pilots")
    assert config.read_text().endswith("# mine\n")
    assert "# 49894 is the general election" in (clerk.root / "sites" / "fl" / "site.toml").read_text()
    assert not any(row["has_finance_data"] for row in clerk("sites", "list", "--json").rows)


def test_import_registers_folders(clerk: Clerk) -> None:
    (clerk.root / "sites" / "states.json").unlink()
    folder = clerk.root / "sites" / "oz.ks"
    folder.mkdir()
    (folder / "site.toml").write_text(OZ)
    assert clerk("sites", "import").out == "oz.ks: Oz, no sources yet\n1 sites registered\n"
    assert list_names(clerk) == ["oz.ks"]


def test_import_of_a_broken_folder_names_it_and_registers_nothing(clerk: Clerk) -> None:
    for name, text in (("oz.ks", OZ), ("zoo.ks", "name = ")):
        (clerk.root / "sites" / name).mkdir()
        (clerk.root / "sites" / name / "site.toml").write_text(text)
    refused = clerk("sites", "import")
    assert refused.code == 2
    assert refused.err.startswith(f"Error: {clerk.root / 'sites' / 'zoo.ks' / 'site.toml'}: not valid TOML: ")
    assert list_names(clerk) == []


def write_csv(clerk: Clerk, text: str) -> Path:
    path: Path = clerk.root / "sites.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_import_of_a_csv_adds_sites_and_keeps_those_there(clerk: Clerk) -> None:
    clerk.add_site("oz.ks", "netfile.agency=OZ", state="KS")
    path = write_csv(clerk, "\ufeffsubdomain,name,state,kind\noz.ks,Other,KS,city\nzoo.ks,Zoë's Zoo,ks,county\n")
    assert clerk("sites", "import", path).out.splitlines() == [
        "oz.ks: Oz.Ks, netfile",
        "zoo.ks: Zoë's Zoo, no sources yet",
        "2 sites registered",
    ]
    assert list_names(clerk) == ["oz.ks", "zoo.ks"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Oz.ks,Oz,KS,city", "sites.csv line 3: 'Oz.ks' is not a subdomain"),
        ("oz.ks,,KS,city", "sites.csv line 3: the name is empty"),
        ("oz.ks,Oz,Kansas,city", "sites.csv line 3: 'Kansas' is not a two-letter state code"),
        ("oz.ks,Oz,KS,village", "sites.csv line 3: 'village' is no kind of site"),
        ("oz.ks,Oz", "sites.csv line 3: '' is not a two-letter state code"),
    ],
)
def test_import_of_a_csv_takes_all_of_it_or_nothing(clerk: Clerk, line: str, reason: str) -> None:
    refused = clerk("sites", "import", write_csv(clerk, f"subdomain,name,state,kind\ngood.ks,Good,KS,city\n{line}\n"))
    assert refused.code == 2
    assert refused.err.startswith(f"Error: {reason} (")
    assert (list_names(clerk), list((clerk.root / "sites").glob("*/"))) == ([], [])


def test_import_of_a_csv_without_a_column_names_it(clerk: Clerk) -> None:
    refused = clerk("sites", "import", write_csv(clerk, "subdomain,name,state\n"))
    assert refused.err == "Error: sites.csv: lacks the column 'kind' (columns: subdomain, name, state, kind)\n"


def test_import_of_a_file_and_the_pilots_at_once_is_refused(clerk: Clerk) -> None:
    refused = clerk("sites", "import", write_csv(clerk, ""), "--pilots")
    assert (refused.code, refused.err) == (2, "Error: import a file or the pilots, not both\n")


def test_disable_and_enable_keep_the_comments_of_site_toml(clerk: Clerk) -> None:
    clerk("sites", "import", "--pilots")
    config = clerk.root / "sites" / "fl" / "site.toml"
    before = config.read_text()
    assert clerk("sites", "disable", "fl").code == 0
    assert "# 49894 is the general election" in config.read_text()
    assert clerk("sites", "show", "fl", "--json").rows[0]["enabled"] is False
    assert clerk("sites", "enable", "fl").out == "fl is enabled\n"
    assert set(before.splitlines()) <= set(config.read_text().splitlines())
    assert clerk("sites", "show", "fl", "--json").rows[0]["enabled"] is True


def test_a_load_makes_a_site_one_with_finance_data(fed: Clerk) -> None:
    fed.add_site("sandiego.ca", "netfile.agency=CSD")
    assert fed("finance", "etl", "sandiego.ca", "--year", "2020").code == 0
    assert fed("sites", "list", "--json").rows[0]["has_finance_data"] is True
    [told] = fed("sites", "show", "sandiego.ca", "--json").rows[0]["finance"]
    assert told.startswith("netfile: agency CSD City of San Diego, ")
    assert told.endswith(" rows, 2020")


def test_rename_takes_folder_runs_clocks_and_finance_along(fed: Clerk) -> None:
    fed.add_site("sandiego.ca", "netfile.agency=CSD")
    fed("finance", "etl", "sandiego.ca", "--year", "2020")
    before = fed("sites", "show", "sandiego.ca", "--json").rows[0]
    assert fed("sites", "rename", "sandiego.ca", "san-diego.ca").out == "sandiego.ca is now san-diego.ca\n"
    after = fed("sites", "show", "san-diego.ca", "--json").rows[0]
    moved = {"subdomain": "san-diego.ca", "folder": str(fed.root / "sites" / "san-diego.ca")}
    assert after == before | moved
    assert [run["site"] for run in fed("runs", "list", "--json").rows] == ["san-diego.ca"]
    assert not (fed.root / "sites" / "sandiego.ca").exists()
    assert fed("finance", "etl", "san-diego.ca", "--year", "2020", "--json").rows[0]["outcome"] == "fresh"


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("../x", "'../x' is not a subdomain"),
        ("zoo.ks", "site 'zoo.ks' exists already (choose another subdomain)"),
        ("oz.ks", "site 'oz.ks' exists already (choose another subdomain)"),
    ],
)
def test_rename_refuses_a_name_that_cannot_be(clerk: Clerk, new: str, told: str) -> None:
    clerk.add_site("oz.ks", state="KS")
    clerk.add_site("zoo.ks", state="KS")
    refused = clerk("sites", "rename", "oz.ks", new)
    assert (refused.code, told in refused.err) == (2, True)
    assert list_names(clerk) == ["oz.ks", "zoo.ks"]
    assert (clerk.root / "sites" / "oz.ks" / "site.toml").exists()


@pytest.mark.parametrize("words", ["disable", "enable", "show"])
def test_an_unknown_site_is_named(clerk: Clerk, words: str) -> None:
    refused = clerk("sites", words, "nosuch.ks")
    assert (refused.code, refused.err) == (2, "Error: the ledger has no site 'nosuch.ks' (it has no sites yet)\n")


def test_a_site_toml_that_no_reader_can_take_fails_its_own_site_alone(clerk: Clerk) -> None:
    for name in ("a.ca", "b.ca"):
        clerk.add_site(name, "netfile.agency=X")
    (clerk.root / "sites" / "a.ca" / "site.toml").write_text(f"x = {'9' * 5000}\n", encoding="utf-8")
    ended = clerk("finance", "transform", "--all", "--json")
    assert (ended.code, [(run["site"], run["outcome"]) for run in ended.rows]) == (
        1,
        [("a.ca", "failed"), ("b.ca", "failed")],
    )
    assert "not valid TOML" in ended.rows[0]["message"]
