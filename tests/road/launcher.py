"""Runs `clerk` again and again without importing it anew: forks a process of its own for each command.

It reads one JSON object a line and answers with one: {"arguments", "environ", "output", "errors"} starts a command and
answers {"pid"}; {"wait": pid} waits for its end and answers {"returncode"}, negative for a signal.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

from clerkcore.__main__ import run

# All that a pull imports on its way; nothing of it opens anything by being imported.
PRELOADED = (
    "clerk_finance_netfile.source",
    "clerkcore.cli.finance",
    "clerkcore.cli.init",
    "clerkcore.cli.sites",
    "clerkcore.jobs.logs",
    "clerkcore.logs.lines",
    "clerkcore.ledger.create",
    "clerkcore.notify.channels",
    "sqlalchemy.dialects.sqlite",
)


def start(told: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    for path, descriptor in ((told["output"], 1), (told["errors"], 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
    os.environ.update(told["environ"])
    code = run(told["arguments"], os.environ)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def answer(told: dict[str, Any]) -> dict[str, int]:
    if "wait" in told:
        return {"returncode": os.waitstatus_to_exitcode(os.waitpid(told["wait"], 0)[1])}
    return {"pid": start(told)}


if __name__ == "__main__":
    for module in PRELOADED:
        importlib.import_module(module)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
