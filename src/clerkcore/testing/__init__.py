"""What a plugin author's tests are made of.

    from clerkcore.testing import SourceSuite

    class TestQuakes(SourceSuite):
        source_class = Quakes
        scope = Scope("2026", {"year": "2026"})
        samples = (Path(__file__).parent / "samples" / "quakes.csv",)
        records = 12

brings some fifty tests of a source: see `SourceSuite` for its settings, and the modules of
`clerkcore.testing.suite` for what they ask.
`pytest_plugins = ["clerkcore.testing.fixtures"]` brings an installation, sites and `clerk` itself.
Both need pytest: pip install "clerkcore[testing]".
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clerkcore.testing.bench import Bench
    from clerkcore.testing.clerk import Clerk, Ended, SiteMaker
    from clerkcore.testing.suite import SourceSuite

__all__ = ["Bench", "Clerk", "Ended", "SiteMaker", "SourceSuite"]

_HOMES = {"Bench": "bench", "Clerk": "clerk", "Ended": "clerk", "SiteMaker": "clerk", "SourceSuite": "suite"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"clerkcore.testing.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'clerkcore.testing' has no attribute {name!r}")
