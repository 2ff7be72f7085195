"""Long work: a thread pool whose progress stands in the table ``jobs``, where pages poll it.

A job never outlives its process: the one process that may write the database holds its file, so
whatever a new process finds queued or running was cut off, and is marked so.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from personalization.errors import PersonalizationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.store import Store

_LOG: Final = logging.getLogger(__name__)

_INTERRUPTED = """
    UPDATE jobs SET state = 'interrupted', message = 'The app was stopped while this ran.',
                    heartbeat_at = $now
    WHERE state IN ('queued', 'running')
"""
_ACTIVE = """
    SELECT job_id FROM jobs
    WHERE campaign_id = $campaign_id AND kind = $kind AND state IN ('queued', 'running')
    ORDER BY started_at, job_id
"""
_START = """
    INSERT INTO jobs
    VALUES ($job_id, $campaign_id, $kind, 'queued', 0, 1, 'Waiting to start', $now, $now)
"""
_ADVANCE = """
    UPDATE jobs SET state = 'running', done = $done, total = $total, message = $message,
                    heartbeat_at = $now
    WHERE job_id = $job_id
"""
_END = """
    UPDATE jobs SET state = $state, message = $message, heartbeat_at = $now,
                    done = CASE WHEN $state = 'done' THEN total ELSE done END
    WHERE job_id = $job_id
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a job is handed: a place to say how far it is, and to see whether to stop.

    Attributes:
        report: Called with how much is done, of how much, and a short sentence.
        is_cancelled: True once the user has asked to stop.
    """

    report: Callable[[int, int, str], None]
    is_cancelled: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class JobRunner:
    """Runs jobs on two threads; one of a kind for each campaign at a time."""

    store: Store
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(2, thread_name_prefix="job")
    )
    stops: dict[str, threading.Event] = field(default_factory=dict)
    futures: dict[str, Future[None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store.run(_INTERRUPTED, now=self.store.now())

    def submit(self, campaign_id: str, kind: str, work: Callable[[Progress], str]) -> str:
        """Start ``work`` and return the job's id; the running one's, if one of the kind runs.

        Args:
            campaign_id: Whose job it is.
            kind: What it does, such as ``write``.
            work: Gets a Progress, and returns the sentence that the page shows at the end.
        """
        with self.store.transaction():
            active = self.store.read_one(_ACTIVE, campaign_id=campaign_id, kind=kind)
            if active:
                return str(active[0])
            job_id = uuid4().hex[:12]
            self.store.run(
                _START, job_id=job_id, campaign_id=campaign_id, kind=kind, now=self.store.now()
            )
        self.stops[job_id] = threading.Event()
        self.futures[job_id] = self.pool.submit(self._run, job_id, work)
        return job_id

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop after what it is doing now; nothing that was written is lost."""
        if stop := self.stops.get(job_id):
            stop.set()

    def wait(self, job_id: str, timeout: float | None = None) -> None:
        """Return when the job has ended, for the command line and for tests."""
        if future := self.futures.get(job_id):
            future.result(timeout)

    def _run(self, job_id: str, work: Callable[[Progress], str]) -> None:
        stop = self.stops[job_id]

        def report(done: int, total: int, message: str) -> None:
            self.store.run(
                _ADVANCE,
                job_id=job_id,
                done=done,
                total=max(total, 1),
                message=message,
                now=self.store.now(),
            )

        try:
            message = work(Progress(report, stop.is_set))
            state = "cancelled" if stop.is_set() else "done"
        except PersonalizationError as error:
            state, message = "failed", str(error)
        except Exception:  # noqa: BLE001 - the page shows it; nothing may pass in silence
            _LOG.exception("Job %s failed", job_id)
            state, message = "failed", "Something went wrong on our side. The log has the details."
        self.store.run(_END, job_id=job_id, state=state, message=message, now=self.store.now())
