"""Parsing in a process of its own: `python -m clerkcore.testing.fingerprint` reads an order and prints a hash.

Another process has another hash seed, and is given another time zone and folder: a parse that
depends on any of them, as one that walks a set does, prints another hash.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from clerkcore.interfaces import Source
from clerkcore.models import Scope
from clerkcore.testing.shelf import Files, parse_files, tell_whole

SURROUNDINGS = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "2", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
)


def take_fingerprints(source: Source, scope: Scope, files: Files, folder: Path) -> list[str]:
    """Return the hash of what a source makes of some files, once for each of the surroundings."""
    order = {
        "module": type(source).__module__,
        "file": inspect.getfile(type(source)),
        "name": type(source).__qualname__,
        "config": dict(source.config),
        "scope": asdict(scope),
        "files": {name: str(_write(folder / f"{number}", body)) for number, (name, body) in enumerate(files.items())},
    }
    return [_ask(json.dumps(order, default=str), folder, surroundings) for surroundings in SURROUNDINGS]


def _write(path: Path, body: bytes) -> Path:
    path.write_bytes(body)
    return path


def _ask(order: str, folder: Path, surroundings: Mapping[str, str]) -> str:
    environ = {**os.environ, **surroundings, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "clerkcore.testing.fingerprint"]
    ended = subprocess.run(command, input=order, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise AssertionError(f"parse failed in a process of its own:\n{ended.stderr}")
    return ended.stdout.strip()


def main() -> None:
    """Answer the order on stdin."""
    order = json.load(sys.stdin)
    source: Source = _load_class(order)(order["config"])
    files = {name: Path(path).read_bytes() for name, path in order["files"].items()}
    items = [tell_whole(parsed) for parsed in parse_files(source, Scope(**order["scope"]), files)]
    print(sha256(repr(items).encode()).hexdigest())


def _load_class(order: Mapping[str, Any]) -> Any:
    found: Any = _load_module(order["module"], order["file"])
    for part in order["name"].split("."):
        found = getattr(found, part)
    return found


def _load_module(name: str, file: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        # A source written in a test module has no place on the path.
        spec = importlib.util.spec_from_file_location("source_under_test", file)
        if spec is None or spec.loader is None:
            raise
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


if __name__ == "__main__":
    main()
