"""Links lead somewhere, packages and dependencies are told, and the changelog knows the version."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "plugins/*/*.md", "plugins/*/docs/*.md") for path in ROOT.glob(pattern)
)
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("plugins/*/pyproject.toml"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def read_project(path: Path) -> dict[str, Any]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    project: dict[str, Any] = document["project"]
    extras = [item for found in project.get("optional-dependencies", {}).values() for item in found]
    built = document["build-system"]["requires"]
    return {**project, "needs": {name_of(item) for item in [*project.get("dependencies", []), *extras, *built]}}


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found, requirement
    return found[0]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links_of(page: Path) -> list[str]:
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links_of(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_reached_from_the_readme() -> None:
    """Nobody has to guess what there is to read."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        seen.add(page)
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links_of(page)}
        waiting += [path for path in targets if path.suffix == ".md" and path.is_file() and path not in seen]
    assert [str(page.relative_to(ROOT)) for page in sorted(ROOT.glob("docs/**/*.md")) if page not in seen] == []


def test_every_package_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [read_project(path)["name"] for path in PROJECTS[1:]]
    assert [name for name in names if f"[{name}](plugins/{name}/)" not in readme] == []


def test_every_dependency_is_told_with_the_packages_that_need_it() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.+)$", page, re.MULTILINE))
    projects = [read_project(path) for path in PROJECTS]
    assert set(rows) == set().union(*(project["needs"] for project in projects))
    for needed, row in rows.items():
        users = sorted(str(p["name"]) for p in projects if needed in map(name_of, p.get("dependencies", [])))
        told = row.partition(" | ")[0]
        assert not users or told == "every plugin" or sorted(told.split(", ")) == users, needed


def test_the_changelog_knows_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = read_project(PROJECTS[0])["version"]
    assert f"## [{version}]" in changelog or "## [Unreleased]" in changelog


def test_every_project_has_the_same_version() -> None:
    assert len({read_project(path)["version"] for path in PROJECTS}) == 1


def test_no_page_names_a_place_on_somebodys_machine() -> None:
    personal = re.compile(r"/(work|tmp|root|Users)/")
    assert [str(page) for page in PAGES if personal.search(page.read_text(encoding="utf-8"))] == []
