"""Plugins: found by entry points or in a folder, kept apart so that a broken one stops nothing else."""

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
