"""Addresses as messages show them."""

from __future__ import annotations

import pytest

from clerkcore.fetch import mask_url
from clerkcore.fetch.urls import kept_url, name_of


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.example/a?page=1", "https://x.example/a?page=1"),
        ("https://x.example/a?apiKey=1&page=2", "https://x.example/a?apiKey=***&page=2"),
        ("https://x.example/?client_secret=a&ACCESS_TOKEN=b&password=c", None),
        ("https://me:pw@x.example/", "https://***@x.example/"),
        ("https://[broken?token=1", "https://[broken?token=***"),
        ("https://x.example/?a=1;token=b;c&d=2", "https://x.example/?a=1;token=***&d=2"),
        ("https://x.example/?api%5Fkey=1&%74oken=2", "https://x.example/?api%5Fkey=***&%74oken=***"),
        ("https://x.example/#access_token=1", "https://x.example/#access_token=***"),
        ("https://x.example/?zip_code=1&design=2&a=3&", "https://x.example/?zip_code=1&design=2&a=3&"),
    ],
)
def test_secrets_are_masked(url: str, shown: str | None) -> None:
    assert mask_url(url) == (shown or "https://x.example/?client_secret=***&ACCESS_TOKEN=***&password=***")


@pytest.mark.parametrize(
    "name",
    [
        *("auth", "Authorization", "oauth_token", "sig", "X-Sig", "signature", "X-Amz-Signature", "X-Amz-Credential"),
        *("pwd", "passwd", "pass", "code", "access_key", "api_key", "apikey", "session_id", "sid", "jwt"),
    ],
)
def test_a_parameter_of_this_name_is_a_secret(name: str) -> None:
    assert mask_url(f"https://x.example/?{name}=hush&page=1") == f"https://x.example/?{name}=***&page=1"


@pytest.mark.parametrize("url", ["https://x.example/a?page=1#top", "https://x.example/?", "file:a?b#c"])
def test_an_address_without_secrets_is_kept_as_it_is(url: str) -> None:
    assert kept_url(url) == url


def test_addresses_that_differ_in_a_secret_are_kept_apart_without_it() -> None:
    kept = [kept_url(f"https://x.example/a?sig={secret}") for secret in ("hush", "shush")]
    assert kept == [f"https://x.example/a?sig=***#sha256={known}" for known in ("bcba74ffc83e7f9d", "3188b437f4d1e269")]


def test_what_is_kept_of_an_address_is_not_masked_again() -> None:
    kept = kept_url("https://me:pw@x.example/a?token=hush#code=1")
    assert kept_url(kept) == kept


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://x.example/a/b.csv?c=d", "b.csv"), ("https://x.example/a/", "a"), ("https://x.example", "x.example")],
)
def test_a_download_is_named_after_its_address(url: str, name: str) -> None:
    assert name_of(url) == name
