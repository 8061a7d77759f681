"""A running simulator and a client for it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from clerk_demo import Simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=1, size=150) as running:
        yield running


@pytest.fixture
def netfile(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.netfile_url) as client:
        yield client


@pytest.fixture
def florida(simulator: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.florida_url) as client:
        yield client
