"""`Board`: one Datasette over the databases of the chosen sites."""

from __future__ import annotations

from pathlib import Path

from datasette.app import Datasette  # type: ignore[import-untyped]
from datasette.database import Database  # type: ignore[import-untyped]

from clerk_board.catalogue import Catalogue, DatabaseFacts
from clerk_board.metadata import SETTINGS, build_config, build_metadata

THEME = Path(__file__).parent / "theme"
STATIC = "board"


class ServedDatabase(Database):  # type: ignore[misc]
    """A database whose pages and exports have the columns in the order of the catalogue."""

    def __init__(self, board: Datasette, facts: DatabaseFacts) -> None:
        super().__init__(board, path=str(facts.path), is_mutable=True)
        self.facts = facts

    async def table_columns(self, table: str) -> list[str]:
        """Return the names of the columns of a table or a view, in order."""
        present: list[str] = await super().table_columns(table)
        known = self.facts.table(table)
        if known is None:
            return present
        places = {column.name: place for place, column in enumerate(known.columns)}
        return sorted(present, key=lambda name: places.get(name, len(places)))


class Board(Datasette):  # type: ignore[misc]
    """A Datasette that knows its catalogue; the hooks of clerk-board serve no other."""

    def __init__(self, catalogue: Catalogue, notice: str = "") -> None:
        super().__init__(
            files=[],
            metadata=build_metadata(catalogue),
            config=build_config(catalogue),
            settings=dict(SETTINGS),
            template_dir=str(THEME / "templates"),
            static_mounts=[(STATIC, str(THEME / "static"))],
        )
        self.catalogue = catalogue
        self.notice = notice
        self.row_counts: dict[str, tuple[object, dict[str, int | None]]] = {}
        # Datasette adds an empty database in memory where it is given no file.
        self.remove_database("_memory")
        for facts in catalogue.databases:
            self.add_database(ServedDatabase(self, facts), name=facts.name)
