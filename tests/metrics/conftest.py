"""An installation, a ledger on every database, simulated upstreams, and figures as Prometheus reads them."""

from __future__ import annotations

import importlib
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from clerk_demo import Simulator
from clerkcore.installation import Installation
from clerkcore.ledger import Ledger, create_ledger, ledger_url
from clerkcore.metrics import expose
from clerkcore.testing.clerk import Clerk, SiteMaker

# Before it is imported, for tests of plugins name it among their pytest_plugins.
pytest.register_assert_rewrite("clerkcore.testing.fixtures")
fixtures = importlib.import_module("clerkcore.testing.fixtures")

SERVER = os.environ.get("CLERK_TEST_DATABASE_URL", "")
Figures = dict[str, dict[tuple[str, ...], float]]

installation = fixtures.installation
make_site = fixtures.make_site
run_clerk = fixtures.run_clerk


def read_figures(body: bytes) -> Figures:
    """Return samples by name, then by the values of their labels in the order of the labels' names."""
    found: Figures = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            labels = tuple(sample.labels[name] for name in sorted(sample.labels))
            assert labels not in found.setdefault(sample.name, {})
            found[sample.name][labels] = sample.value
    return found


@pytest.fixture
def figures_of() -> Callable[[bytes], Figures]:
    return read_figures


@pytest.fixture
def scrape(installation: Installation) -> Callable[[], Figures]:
    """Read the installation's figures anew."""
    return lambda: read_figures(expose(installation).body)


@pytest.fixture
def san_diego(installation: Installation, make_site: SiteMaker, run_clerk: Clerk) -> Iterator[str]:
    """The name of a site whose upstream is simulated, with one run, which brought 60 rows."""
    with Simulator(seed=1, size=60) as simulator:
        with (installation.root / "clerk.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[sources.netfile]\nbase_url = "{simulator.netfile_url}"\n')
        make_site("sandiego.ca", netfile={"agency": "CSD"})
        ended = run_clerk("finance", "etl", "sandiego.ca")
        assert ended.exit_code == 0, ended.stderr
        yield "sandiego.ca"


@pytest.fixture(params=["sqlite", *(["postgresql"] if SERVER else [])])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "sqlite":
        with create_ledger(ledger_url(tmp_path)) as made:
            yield made
        return
    schema = f"clerk_{uuid.uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"CREATE SCHEMA {schema}"))
        with create_ledger(f"{SERVER}?options=-csearch_path%3D{schema}") as made:
            yield made
        conn.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
