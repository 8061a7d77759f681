"""The public names of clerkcore.fetch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clerkcore import fetch
from clerkcore.fetch import HttpClient, OfflineClient
from clerkcore.interfaces import Client


@pytest.mark.parametrize("name", fetch.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(fetch, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'clerkcore\.fetch' has no attribute 'nothing'"):
        _ = fetch.nothing


def test_the_archive_comes_without_httpx_and_tenacity() -> None:
    code = "import sys; sys.path[:0] = sys.argv[1:]; from clerkcore.fetch import Archive, build_capture, OfflineClient"
    check = "; print(*{'httpx', 'tenacity'} & set(sys.modules))"
    command = [sys.executable, "-c", code + check, *sys.path]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "\n"


def check_clients(http: HttpClient, offline: OfflineClient) -> tuple[Client, Client]:
    """Both clients are what sources are given; mypy is the one who checks this."""
    return http, offline
