"""A hosted model over the whole way: a job that waits for it, and what the doctor says of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.campaign import hosted
from personalization.cli.hosted import refused_last
from personalization.generation import write_variants
from personalization.jobs import JobRunner
from personalization.providers.composer import Composer
from personalization.settings import Generation, Settings
from personalization.store import Store, open_store
from tests.generation.campaigns import SETTINGS, fill
from tests.providers.hosted import KEY, answer
from tests.providers.openai_stub import Scripted, Stub, completion, error

if TYPE_CHECKING:
    from pathlib import Path

HOSTED = replace(SETTINGS, generation=Generation(writer="openai", model="m", retries=0))


@pytest.fixture
def written(store: Store) -> Store:
    fill(store, ("Loyal",))
    write_variants(
        store, SETTINGS, "c1", actor="ann", writer=Composer(), only=frozenset({("Loyal", "A")})
    )
    return store


def environment(monkeypatch: pytest.MonkeyPatch, stub: Stub) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{stub.url}/v1")


def test_a_message_is_written_anew_while_nobody_waits_and_can_be_stopped(
    written: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = Stub(Scripted(drip=True))
    environment(monkeypatch, stub)
    jobs = JobRunner(written)

    job_id = hosted.start_rewriting(
        jobs, written, HOSTED, "c1-loyal-A", seen_version=1, actor="ann"
    )
    stub.begun.wait(30)
    jobs.cancel(job_id)
    jobs.wait(job_id, timeout=60)

    stub.close()
    assert written.read("SELECT state FROM jobs") == [("cancelled",)]
    assert written.read("SELECT max(version) FROM variants") == [(1,)]
    assert written.read("SELECT status FROM writer_calls") == [("stopped",)]


def test_the_rest_can_be_composed_where_the_service_refuses() -> None:
    assert hosted.asks_hosted(HOSTED)
    assert not hosted.asks_hosted(hosted.composing(HOSTED))
    assert not hosted.asks_hosted(Settings())


@pytest.mark.parametrize(
    ("last", "told"),
    [
        pytest.param(error(429, "insufficient_quota"), "quota of this account", id="refused"),
        pytest.param(completion(answer()), "", id="answered"),
    ],
)
def test_the_doctor_says_why_the_service_refused_when_it_was_last_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: Scripted, told: str
) -> None:
    from personalization.providers.registry import writer

    stub = Stub(last)
    environment(monkeypatch, stub)
    monkeypatch.setenv("PERSONALIZATION_DB", str(tmp_path / "state.duckdb"))
    assert refused_last(HOSTED) == ""
    store = open_store(tmp_path / "state.duckdb")
    fill(store, ("Loyal",))
    write_variants(
        store, HOSTED, "c1", actor="ann", writer=writer(HOSTED.generation),
        only=frozenset({("Loyal", "A")}),
    )  # fmt: skip
    store.close()
    stub.close()

    found = refused_last(HOSTED)

    assert told in found
    assert bool(found) == bool(told)
    assert KEY not in json.dumps(found)
