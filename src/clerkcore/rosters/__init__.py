"""Election data of states: what every state adapter shares."""

from clerkcore.rosters.adapter import StateAdapter

__all__ = ["StateAdapter"]
