"""The key of a name, and what its method is called."""

from __future__ import annotations

import pytest

from clerkcore.finance.names import METHOD, VERSION, name_key, whole_name


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Boling, C. April", "april boling"),
        ("April Boling", "april boling"),
        ("Dr. José Núñez Jr.", "jose nunez"),
        ("Marriott Corp., Inc.", "marriott"),
        ("The Co.", "co the"),
        ("X", "x"),
        ("--", ""),
        ("", ""),
    ],
)
def test_a_name_has_one_key_however_it_is_written(name: str, key: str) -> None:
    assert name_key(name) == key


def test_a_name_is_read_first_name_first() -> None:
    assert whole_name("Boling", "April") == "April Boling"
    assert whole_name("Marriott", None) == "Marriott"


def test_the_method_names_its_version() -> None:
    assert METHOD.split(", ") == ["words", f"version {VERSION}"]
