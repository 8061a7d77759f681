"""A source's settings name a secret; the source gets its value, nothing shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Plugins = Any  # the class of the fixture in conftest.py

PLUGIN = """\
from collections.abc import Iterator
from clerkcore import About, Column, Ref, Scope, SourceError, Table, hookimpl
from clerkcore.finance import FinanceSource


class Vault(FinanceSource):
    name = "vault"
    about = About("Vault", "Vault", "https://example.org/", "none")
    tables = (Table("coins", ("id",), (Column("id"),), "Coins", "Coins"),)

    def plan(self, site, request, client):
        yield Scope("all")

    def fetch(self, scope, client):
        raise SourceError(f"the key has {len(self.config['key'])} letters")

    def parse(self, capture):
        yield from ()


@hookimpl
def register_finance_sources():
    return [Ref("vault", "vault:Vault", "A source with a key")]
"""


def write_vault(plugins: Plugins) -> Path:
    plugins.write_file("vault", PLUGIN)
    plugins.add_site("vault")
    site: Path = plugins.folder.parent / "civic" / "sites" / "oz.ks" / "site.toml"
    site.write_text(site.read_text(encoding="utf-8") + 'key = {secret = "vault_key"}\n', encoding="utf-8")
    return site


def test_a_source_gets_the_value_of_the_secret_its_settings_name(plugins: Plugins) -> None:
    write_vault(plugins)

    ran = plugins.clerk("finance", "etl", "oz.ks", CLERK_SECRET_VAULT_KEY="open sesame")

    assert "the key has 11 letters" in ran.out


def test_a_secret_that_is_not_set_fails_the_run_with_what_to_do(plugins: Plugins) -> None:
    write_vault(plugins)

    ran = plugins.clerk("finance", "etl", "oz.ks")

    assert ran.code == 1
    assert "the secret 'vault_key' is not set" in ran.out
    assert "set CLERK_SECRET_VAULT_KEY or write it to" in ran.out


def test_no_command_shows_the_secret(plugins: Plugins) -> None:
    write_vault(plugins)
    environ = {"CLERK_SECRET_VAULT_KEY": "open sesame"}

    shown = [
        plugins.clerk(*words, **environ) for words in (["sites", "show", "oz.ks"], ["doctor"], ["doctor", "--json"])
    ]

    assert not any("sesame" in result.out + result.err for result in shown)
    assert "oz.ks: vault_key is set" in shown[1].out


def test_one_name_cannot_be_a_finance_source_and_a_state_adapter(plugins: Plugins) -> None:
    plugins.write_file("vault", PLUGIN)
    plugins.write_file(
        "state",
        "from clerkcore import Ref, hookimpl\n\n\n@hookimpl\ndef register_state_adapters():\n"
        '    return [Ref("vault", "state:Vault", "Another vault")]\n',
    )

    assert "the name 'vault' is claimed by state and vault" in plugins.show("vault")["problems"][0]
    assert "the name 'vault' is claimed by state and vault" in plugins.show("state")["problems"][0]
