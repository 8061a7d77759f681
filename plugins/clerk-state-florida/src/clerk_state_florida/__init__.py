"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.rosters import StateAdapter


@hookimpl
def register_state_adapters() -> list[Ref[StateAdapter]]:
    """Offer Florida's county ballot reports."""
    return [Ref("florida", "clerk_state_florida.adapter:Florida", "Florida vote-by-mail and early voting by county")]
