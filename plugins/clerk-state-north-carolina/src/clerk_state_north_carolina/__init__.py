"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.rosters import StateAdapter


@hookimpl
def register_state_adapters() -> list[Ref[StateAdapter]]:
    """Offer North Carolina's absentee file and voter history."""
    target = "clerk_state_north_carolina.adapter:NorthCarolina"
    return [Ref("north_carolina", target, "North Carolina absentee and early voters, and voter history by county")]
