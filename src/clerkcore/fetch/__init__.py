"""Fetching: asking upstreams politely and keeping every byte they send.

Importing this package loads neither httpx nor tenacity; a name brings its module along.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clerkcore.fetch.capture import build_capture, hash_payloads, limit_stream, measure_payloads, refuse_html
    from clerkcore.fetch.downloads import Archive
    from clerkcore.fetch.http import HttpClient
    from clerkcore.fetch.manifests import KeptCapture
    from clerkcore.fetch.names import page_name
    from clerkcore.fetch.offline import OfflineClient
    from clerkcore.fetch.pace import Pace
    from clerkcore.fetch.urls import mask_url

__all__ = [
    "Archive",
    "HttpClient",
    "KeptCapture",
    "OfflineClient",
    "Pace",
    "build_capture",
    "hash_payloads",
    "limit_stream",
    "mask_url",
    "measure_payloads",
    "page_name",
    "refuse_html",
]

_HOMES = {
    "Archive": "downloads",
    "HttpClient": "http",
    "KeptCapture": "manifests",
    "OfflineClient": "offline",
    "Pace": "pace",
    "build_capture": "capture",
    "hash_payloads": "capture",
    "limit_stream": "capture",
    "mask_url": "urls",
    "measure_payloads": "capture",
    "page_name": "names",
    "refuse_html": "capture",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"clerkcore.fetch.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'clerkcore.fetch' has no attribute {name!r}")
