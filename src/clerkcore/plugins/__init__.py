"""Plugins: found by entry points or in a folder, kept apart so that a broken one stops nothing else.

Importing this package loads none of its modules: `clerk --help` needs the discovery alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clerkcore.plugins.discovery import COMMANDS_GROUP, FACES_GROUP, Command, Discovery, Plugin, discover
    from clerkcore.plugins.manager import Manager, Offer

__all__ = [
    "COMMANDS_GROUP",
    "FACES_GROUP",
    "Command",
    "Discovery",
    "Manager",
    "Offer",
    "Plugin",
    "discover",
]

_MANAGED = ("Manager", "Offer")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'clerkcore.plugins' has no attribute {name!r}")
    return getattr(import_module(f"clerkcore.plugins.{'manager' if name in _MANAGED else 'discovery'}"), name)
