"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.rosters import StateAdapter


@hookimpl
def register_state_adapters() -> list[Ref[StateAdapter]]:
    """Offer Georgia's absentee file, voter history and turnout."""
    return [Ref("georgia", "clerk_state_georgia.adapter:Georgia", "Georgia absentee voters, voter history and turnout")]
