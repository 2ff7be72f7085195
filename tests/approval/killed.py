"""Screens and approves message after message, and is killed again and again while it does.

Run as ``python killed.py DATABASE ROUNDS``: each round is a process of its own that opens the
database, says when it screens, and is killed with signal 9 a random moment later; in every fifth
round it is killed just before or just after an audit row is written.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from personalization.approval import decide
from personalization.safety import policies
from personalization.safety.screening import screen
from personalization.safety.screening_records import Judged, keep_screenings
from personalization.settings import Settings
from personalization.store import database
from personalization.store.database import Store
from tests.safety.scripted import CONTEXT, MESSAGE, Scripted

if TYPE_CHECKING:
    from personalization.safety.policy import Policy


class Mortal(Store):
    """A store whose process is killed at an audit row: before it is written, or after."""

    left = 0
    is_after = False

    def run(self, sql: str, **parameters: Any) -> int:  # noqa: ANN401
        is_audit = "INSERT INTO audit_log" in sql
        Mortal.left -= is_audit
        if is_audit and Mortal.left == 0 and not Mortal.is_after:
            os.kill(os.getpid(), signal.SIGKILL)
        changed = Store.run(self, sql, **parameters)
        if is_audit and Mortal.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return changed


def tell(told: int) -> None:
    os.write(told, b"!")


def work(path: Path, told: int, policy: Policy) -> None:
    """Screen what is not approved yet and approve it, one after another, until the end comes."""
    root = duckdb.connect(str(path), config=database._ENGINE)
    store = Mortal(root)
    engine = Scripted(during=lambda _: tell(told))
    [(house,)] = store.read("SELECT house_sha256 FROM house_rules WHERE campaign_id = 'c1'")
    context = replace(CONTEXT, house_sha256=house)
    while waiting := store.read(WAITING):
        for (variant_id,) in waiting:
            found = screen(MESSAGE, context, engine, policy, variant_id=variant_id, version=1)
            keep_screenings(store, "c1", [Judged(found, context)], readers=(), actor="mia")
            decide(store, variant_id, version=1, decision="approved", note="", actor="rob")


WAITING = """
    SELECT variant_id FROM variants
    WHERE variant_id NOT IN (SELECT variant_id FROM approvals)
    ORDER BY variant_id LIMIT 5
"""


def main(path: Path, rounds: int) -> None:
    draw = random.Random(9)  # noqa: S311
    policy = policies.policy_with(Settings(), "")  # read once, for all the lives to come
    screen(MESSAGE, CONTEXT, Scripted(), policy, variant_id="warm", version=1)
    for number in range(rounds):
        told, tell = os.pipe()
        is_precise = number % 5 == 0
        Mortal.left, Mortal.is_after = (draw.randrange(1, 4), number % 2 == 0) if is_precise else (
            0, False)  # fmt: skip
        pid = os.fork()
        if pid == 0:
            work(path, tell, policy)
            os._exit(0)
        os.close(tell)
        os.read(told, 1)
        os.close(told)
        if not is_precise:
            time.sleep(draw.uniform(0, 0.1))
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        print("killed" if os.WIFSIGNALED(status) else "ended", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
