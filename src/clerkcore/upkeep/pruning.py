"""Pruning: rows past their time leave the ledger and the site databases, by [retention] alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.times import now
from clerkcore.upkeep.ledger_rows import plan_ledger_table, prune_ledger_table
from clerkcore.upkeep.old_rows import Pruning
from clerkcore.upkeep.retention import Rule, read_rules
from clerkcore.upkeep.site_rows import plan_site, prune_site


def plan_pruning(
    installation: Installation, subdomain: str | None = None, at: datetime | None = None
) -> Iterator[Pruning]:
    """Yield what would go of every table that [retention] names, of one site or of all, changing nothing."""
    moment, rules = at or now(), read_rules(installation.settings)
    for rule in _of(rules, "ledger"):
        yield plan_ledger_table(installation, rule, subdomain, moment)
    for site in _sites(installation, subdomain, rules):
        yield from plan_site(installation, site, _of(rules, "site"), moment)


def prune(installation: Installation, subdomain: str | None = None, at: datetime | None = None) -> Iterator[Pruning]:
    """Remove what `plan_pruning` tells, and yield what went; a site that is busy or broken stops no other."""
    moment, rules = at or now(), read_rules(installation.settings)
    for site in _sites(installation, subdomain, rules):
        yield from prune_site(installation, site, _of(rules, "site"), moment)
    for rule in _of(rules, "ledger"):
        try:
            yield prune_ledger_table(installation, rule, subdomain, moment)
        except ClerkError as error:
            yield Pruning(rule.name, "ledger", subdomain or "", "ledger", rule.before(moment), error=error)


def _of(rules: Sequence[Rule], where: str) -> list[Rule]:
    return [rule for rule in rules if rule.prunable.where == where]


def _sites(installation: Installation, subdomain: str | None, rules: Sequence[Rule]) -> list[str]:
    if subdomain is not None:
        return [installation.site(subdomain).subdomain] if _of(rules, "site") else []
    return [site.subdomain for site in installation.sites()] if _of(rules, "site") else []
