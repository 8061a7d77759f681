"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.services import Executor


@hookimpl
def register_executors() -> list[Ref[Executor]]:
    """Offer RQ on Redis."""
    return [Ref("rq", "clerk_queue_rq.executor:RqExecutor", "jobs carried by RQ on Redis, to workers on any machine")]
