from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError
from personalization.jobs import JobRunner, Progress

if TYPE_CHECKING:
    from personalization.store import Store


@pytest.fixture
def jobs(store: Store) -> JobRunner:
    return JobRunner(store)


def state_of(store: Store, job_id: str) -> tuple[str, int, int, str]:
    row = store.read_one(
        "SELECT state, done, total, message FROM jobs WHERE job_id = $job_id", job_id=job_id
    )
    assert row is not None
    state, done, total, message = row
    return str(state), int(done), int(total), str(message)


def test_a_job_ends_with_the_sentence_of_its_work(store: Store, jobs: JobRunner) -> None:
    def work(progress: Progress) -> str:
        progress.report(2, 3, "Writing for Champions")
        return "3 messages written."

    job_id = jobs.submit("c1", "write", work)
    jobs.wait(job_id, 10)

    assert state_of(store, job_id) == ("done", 3, 3, "3 messages written.")


def test_progress_is_seen_while_the_job_runs(store: Store, jobs: JobRunner) -> None:
    told, go_on = threading.Event(), threading.Event()

    def work(progress: Progress) -> str:
        progress.report(1, 4, "Writing for Loyal")
        told.set()
        go_on.wait(10)
        return ""

    job_id = jobs.submit("c1", "write", work)
    told.wait(10)
    seen = state_of(store, job_id)
    go_on.set()
    jobs.wait(job_id, 10)

    assert seen == ("running", 1, 4, "Writing for Loyal")


def test_a_cancelled_job_keeps_what_it_has_done(store: Store, jobs: JobRunner) -> None:
    started, stopped = threading.Event(), threading.Event()

    def work(progress: Progress) -> str:
        progress.report(1, 4, "Writing for Loyal")
        started.set()
        stopped.wait(10)
        return "1 message written." if progress.is_cancelled() else "not cancelled"

    job_id = jobs.submit("c1", "write", work)
    started.wait(10)
    jobs.cancel(job_id)
    stopped.set()
    jobs.wait(job_id, 10)

    assert state_of(store, job_id) == ("cancelled", 1, 4, "1 message written.")


def test_an_expected_error_is_told_in_its_own_words(store: Store, jobs: JobRunner) -> None:
    def work(_: Progress) -> str:
        raise InputError("There is no approved content. Import some first.")

    job_id = jobs.submit("c1", "write", work)
    jobs.wait(job_id, 10)

    assert state_of(store, job_id)[0] == "failed"
    assert state_of(store, job_id)[3] == "There is no approved content. Import some first."


def test_an_unexpected_error_fails_without_telling_its_inside(
    store: Store, jobs: JobRunner
) -> None:
    def work(_: Progress) -> str:
        raise ValueError("secret key sk-123")

    job_id = jobs.submit("c1", "write", work)
    jobs.wait(job_id, 10)

    state, _, _, message = state_of(store, job_id)
    assert state == "failed"
    assert "sk-123" not in message


def test_a_double_click_starts_one_job(store: Store, jobs: JobRunner) -> None:
    go_on = threading.Event()

    def work(_: Progress) -> str:
        go_on.wait(10)
        return ""

    first, second = jobs.submit("c1", "write", work), jobs.submit("c1", "write", work)
    go_on.set()
    jobs.wait(first, 10)

    assert first == second
    assert store.read("SELECT count(*) FROM jobs") == [(1,)]


def test_what_a_dead_process_left_running_is_marked_interrupted(store: Store) -> None:
    store.run("INSERT INTO jobs VALUES ('j1', 'c1', 'write', 'running', 1, 4, '', now(), now())")

    JobRunner(store)

    assert state_of(store, "j1")[0] == "interrupted"
