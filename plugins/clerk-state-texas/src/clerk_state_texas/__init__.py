"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.rosters import StateAdapter


@hookimpl
def register_state_adapters() -> list[Ref[StateAdapter]]:
    """Offer the rosters and the turnout of Texas."""
    return [Ref("texas", "clerk_state_texas.adapter:Texas", "Texas rosters by day and turnout by county")]
