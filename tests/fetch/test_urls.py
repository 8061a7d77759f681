"""Addresses as messages show them."""

from __future__ import annotations

import pytest

from clerkcore.fetch import mask_url
from clerkcore.fetch.urls import name_of


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.example/a?page=1", "https://x.example/a?page=1"),
        ("https://x.example/a?apiKey=1&page=2", "https://x.example/a?apiKey=***&page=2"),
        ("https://x.example/?client_secret=a&ACCESS_TOKEN=b&password=c", None),
        ("https://me:pw@x.example/", "https://***@x.example/"),
        ("https://[broken?token=1", "https://[broken"),
    ],
)
def test_secrets_are_masked(url: str, shown: str | None) -> None:
    assert mask_url(url) == (shown or "https://x.example/?client_secret=***&ACCESS_TOKEN=***&password=***")


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://x.example/a/b.csv?c=d", "b.csv"), ("https://x.example/a/", "a"), ("https://x.example", "x.example")],
)
def test_a_download_is_named_after_its_address(url: str, name: str) -> None:
    assert name_of(url) == name
