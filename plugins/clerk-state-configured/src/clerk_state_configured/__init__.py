"""The face of the plugin: it registers, and imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clerkcore import Ref, hookimpl

if TYPE_CHECKING:
    from clerkcore.rosters import StateAdapter


@hookimpl
def register_state_adapters() -> list[Ref[StateAdapter]]:
    """Offer files that settings describe."""
    target = "clerk_state_configured.adapter:Configured"
    return [Ref("configured", target, "Rosters and county turnout from files described in site.toml")]
