"""Tests of what a source says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from clerkcore.errors import UsageError
from clerkcore.fetch import Archive, OfflineClient
from clerkcore.interfaces import Column, Source, Table
from clerkcore.models import Scope
from clerkcore.plugins import Manager, discover
from clerkcore.plugins.manager import registering_hooks
from clerkcore.store.tables import check_tables
from clerkcore.testing.suite.base import SuiteBase


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _columns(source: Source) -> Iterator[tuple[str, Column]]:
    for table in source.tables:
        for column in table.columns:
            yield f"{table.name}.{column.name}", column


def _unknown_columns(table: Table) -> set[str]:
    used = {*table.key, *table.facets, *([table.group_by] if table.group_by else [])}
    return used - {column.name for column in table.columns}


class Describing(SuiteBase):
    """Name, origin, tables, plan and registration."""

    def test_its_tables_can_be_made(self, source: Source) -> None:
        """Tables, columns and keys have usable names, and a source has at least one table."""
        check_tables(source)
        assert source.tables, f"{source.name} fills no table"

    def test_keys_facets_and_groups_name_columns(self, source: Source) -> None:
        """What a table says of its columns is about columns it has."""
        unknown = {table.name: names for table in source.tables if (names := _unknown_columns(table))}
        assert not unknown, f"not columns: {unknown}"

    def test_every_table_and_column_is_described(self, source: Source) -> None:
        """Readers see these texts beside the data."""
        bare = [table.name for table in source.tables if not (table.title.strip() and table.description.strip())]
        bare += [name for name, column in _columns(source) if not column.description.strip()]
        assert not bare, f"without a description: {', '.join(bare)}"

    def test_every_text_is_public_or_sensitive(self, source: Source) -> None:
        """Whether a text may be published is decided, and one that may not is kept out of messages too."""
        undecided = [n for n, c in _columns(source) if c.type == "text" and c.public == c.sensitive]
        assert not undecided, f"say public=True or sensitive=True, one of them: {', '.join(undecided)}"

    def test_it_says_where_its_data_comes_from(self, source: Source) -> None:
        """Title, publisher and licence are told, and addresses are addresses."""
        about = source.about
        missing = [name for name in ("title", "publisher", "licence") if not getattr(about, name).strip()]
        assert not missing, f"about lacks {', '.join(missing)}"
        assert _is_address(about.url), f"about.url is not an address: {about.url!r}"
        assert not about.licence_url or _is_address(about.licence_url), f"not an address: {about.licence_url!r}"

    def test_it_plans_each_scope_once(self, source: Source, tmp_path: Path) -> None:
        """Scopes have names of their own, the same each time."""
        client = OfflineClient(Archive(tmp_path))
        try:
            names, again = ([scope.name for scope in source.plan(self.site, self.request, client)] for _ in range(2))
        except UsageError as error:
            if "network" not in error.message:
                raise
            pytest.skip("its plan asks the upstream, which a suite does not")
        assert names, f"{source.name} plans no scope for {self.request}"
        assert len(set(names)) == len(names), f"planned twice: {sorted(n for n in names if names.count(n) > 1)}"
        assert again == names, "the plan differs from one time to the next"

    def test_its_scope_has_a_name(self) -> None:
        """The scope of the samples is one that can be kept."""
        assert isinstance(self.scope, Scope)
        assert self.scope.name.strip(), "the scope has no name"

    def test_its_plugin_registers_it(self) -> None:
        """The face's reference leads to this very class, under the name it calls itself."""
        name, manager = self.source_class.name, Manager(discover(self.plugins_dir))
        found = [hook for hook in registering_hooks() if name in manager.offers[hook]]
        assert found, f"no plugin offers {name!r}; is it installed, or set plugins_dir? {dict(manager.problems)}"
        (hook,) = found
        assert manager.load(hook, name) is self.source_class
        assert manager.offers[hook][name].ref.help.strip(), f"the reference to {name} has no line of help"
