"""Addresses as text: safe to show, and safe to keep apart."""

from __future__ import annotations

import re
from hashlib import sha256
from urllib.parse import unquote, urlsplit

MASK = "***"
_USERINFO = re.compile(r"(?<=//)[^/?#]*@")
_PARAMETER = re.compile(r"(?:^|;)([^=;]*)=")
# The short words are common inside harmless names, such as zip_code and design.
_SECRET = re.compile(
    r"key|secret|token|passw|passphrase|pwd|auth|signature|credential|session|\A(?:x-)?(?:sig|code|pass|pw|sid|jwt)\Z",
    re.IGNORECASE,
)


def mask_url(url: str) -> str:
    """Return the URL without user names and without the values of parameters that look secret."""
    rest, hash_mark, fragment = _USERINFO.sub(f"{MASK}@", url).partition("#")
    address, question_mark, query = rest.partition("?")
    return address + question_mark + _mask_query(query) + hash_mark + _mask_query(fragment)


def _mask_query(query: str) -> str:
    return "&".join(_mask_pair(pair) for pair in query.split("&"))


def _mask_pair(pair: str) -> str:
    # A secret may itself hold a semicolon, so that everything after its name is masked.
    for parameter in _PARAMETER.finditer(pair):
        if _SECRET.search(unquote(parameter[1])):
            return pair[: parameter.end()] + MASK
    return pair


def kept_url(url: str) -> str:
    """Return the URL as it is kept: masked, and where that hid something, with a hash of the whole as its fragment."""
    shown = mask_url(url)
    if shown == url:
        return url
    return f"{shown.partition('#')[0]}#sha256={sha256(url.encode()).hexdigest()[:16]}"


def name_of(url: str) -> str:
    """Return the last part of a URL's path, or its host when it has none."""
    parts = urlsplit(url)
    return parts.path.rstrip("/").rpartition("/")[2] or parts.hostname or url
