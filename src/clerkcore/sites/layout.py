"""The folder convention of an installation: sites/<subdomain>/ with its databases and raw archive."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from clerkcore.errors import SiteError

SITES = "sites"
_SUBDOMAIN = re.compile(r"(?=.{1,100}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")
_DATABASE_FOLDERS = {"election_finance": "finance"}


def check_subdomain(subdomain: str, where: str = "") -> str:
    """Return a subdomain that is safe as a host label and a folder name; SiteError otherwise."""
    if not _SUBDOMAIN.match(subdomain):
        raise SiteError(
            f"{subdomain!r} is not a subdomain",
            where=where,
            remedy="small letters, digits and hyphens, parts joined by dots, as in alameda.ca",
        )
    return subdomain


@dataclass(frozen=True, slots=True)
class SiteFolder:
    """Where the files of one site lie."""

    path: Path

    @classmethod
    def of(cls, root: Path, subdomain: str) -> SiteFolder:
        """Return the folder of a site below an installation's root."""
        return cls(root / SITES / check_subdomain(subdomain))

    @property
    def config(self) -> Path:
        """The tracked description of the site."""
        return self.path / "site.toml"

    @property
    def raw(self) -> Path:
        """The archive of downloads and captures."""
        return self.path / "raw"

    @property
    def stage(self) -> Path:
        """What transform leaves to be inspected and loaded."""
        return self.path / "stage"

    def database(self, name: str) -> Path:
        """The file of a database, such as finance/election_finance.db."""
        return self.path / _DATABASE_FOLDERS.get(name, "") / f"{name}.db"

    def databases(self) -> list[Path]:
        """Every database that this site has by now."""
        return sorted([*self.path.glob("*.db"), *self.path.glob("finance/*.db")])
