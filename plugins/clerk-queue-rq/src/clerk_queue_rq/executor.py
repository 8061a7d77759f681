"""RQ on Redis as an executor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clerk_queue_rq.queues import Turns, count_messages
from clerk_queue_rq.sending import Sender
from clerk_queue_rq.server import read_server
from clerk_queue_rq.worker import START_REMEDY, Worker
from clerkcore.installation import Installation
from clerkcore.services import Asked, Executor, Perform

WAIT_REMEDY = "the jobs wait in the ledger; the next tick hands them over again"


class RqExecutor(Executor):
    """Carries jobs over Redis; SettingsError when [executors.rq] cannot be used."""

    name = "rq"

    def __init__(self, installation: Installation, config: Mapping[str, Any]) -> None:
        super().__init__(installation, config)
        self.server = read_server(config)
        self._sender = Sender(self.server.prefix)

    def submit(self, jobs: Sequence[Asked]) -> None:
        """Queue a message for each job whose attempt has none waiting; ExecutorError when Redis cannot be used."""
        if jobs:
            with self.server.asked(WAIT_REMEDY) as client:
                self._sender.send(client, jobs)

    def work(self, queues: Sequence[str], perform: Perform, *, burst: bool) -> None:
        """Do jobs in this process; when Redis goes away the job at hand is done, and then it is waited for.

        ExecutorError when Redis cannot be used at the start, and with `burst` at any time.
        """
        worker = Worker(self.server, Turns(self.server.prefix, self.installation.host, queues), perform)
        if burst:
            worker.run_burst()
        else:
            worker.run_for_ever()

    def waiting(self) -> Mapping[str, int]:
        """Return how many messages wait in each queue, those of all machines together."""
        with self.server.asked(START_REMEDY) as client:
            return count_messages(client, self.server.prefix)
