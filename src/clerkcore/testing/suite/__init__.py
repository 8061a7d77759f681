"""`SourceSuite`: the tests that every source passes."""

from __future__ import annotations

from clerkcore.testing.suite.damaging import Damaging
from clerkcore.testing.suite.describing import Describing
from clerkcore.testing.suite.loading import Loading
from clerkcore.testing.suite.parsing import Parsing


class SourceSuite(Describing, Parsing, Loading, Damaging):
    """Inherit this in a test module, and say which source it is about.

    source_class: the source.
    scope: the scope that the samples are of.
    samples: small files as the upstream sends them, together one capture; a missing one fails.
    records: how many records they hold, counted by another hand than the source's: rows, rejected
        ones and those set aside; rows of derived tables do not count.
    config: the source's settings, as in [sources.NAME] of a site.
    site, request: what `plan` is asked for.
    earlier: files of an earlier pull of the same scope, for loads on top of it; the samples where none are given.
    optional: columns that a file may lack.
    plugins_dir: where the plugin lies, unless it is installed.
    """


__all__ = ["SourceSuite"]
