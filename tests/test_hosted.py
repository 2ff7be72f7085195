"""A hosted model over the whole way: a job that waits for it, and what the doctor says of it."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from personalization.campaign import hosted
from personalization.cli.hosted import refused_last
from personalization.domain import Message
from personalization.errors import ProviderError, StateError
from personalization.generation import write_variants
from personalization.jobs import JobRunner
from personalization.providers import registry
from personalization.providers.composer import Composer
from personalization.providers.protocols import Opinion
from personalization.settings import Generation, Settings
from personalization.store import Store, open_store
from tests.generation.campaigns import SETTINGS, fill
from tests.pages import campaigns
from tests.providers.hosted import KEY, answer
from tests.providers.openai_stub import Scripted, Stub, completion, error

if TYPE_CHECKING:
    from collections.abc import Sequence
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


@dataclass
class Opinions:
    """Gives a second opinion on whatever it is asked, once it may."""

    may: threading.Event
    asked: threading.Event = field(default_factory=threading.Event)
    name: str = "A checker"

    def check(self, claim: str, sources: Sequence[str]) -> Opinion:  # noqa: ARG002
        self.asked.set()
        if not self.may.wait(30):
            raise ProviderError("Nobody answered.")
        return Opinion(is_grounded=True)


JUDGED = replace(SETTINGS, generation=replace(SETTINGS.generation, second_opinion="azure"))


@pytest.fixture
def opinions(monkeypatch: pytest.MonkeyPatch) -> Opinions:
    made = Opinions(threading.Event())
    monkeypatch.setattr(registry, "second_opinion", lambda *_: made)
    monkeypatch.setattr(registry, "classifier", lambda *_, **__: campaigns.Trusting())
    return made


def reworded(store: Store) -> Message:
    """Return the message with an approved sentence in other words, about which one may be asked."""
    [row] = store.read(
        "SELECT subject, preheader, body, call_to_action, link, footer FROM current_variants"
    )
    own = "In the dishwasher it is safe."  # approved: It is safe in the dishwasher.
    message = Message(*row)
    greeting, rest = message.body.split("\n\n", 1)
    return replace(message, body=f"{greeting}\n\n{own}\n\n{rest}")


def test_an_edit_waits_for_its_second_opinion_in_a_job(written: Store, opinions: Opinions) -> None:
    jobs, edited = JobRunner(written), reworded(written)

    job_id = hosted.start_editing(
        jobs, written, JUDGED, "c1-loyal-A", edited, seen_version=1, actor="ann"
    )

    assert opinions.asked.wait(30)
    assert written.read("SELECT state FROM jobs") == [("running",)]
    with pytest.raises(StateError, match="is being changed just now"):
        hosted.start_rewriting(jobs, written, JUDGED, "c1-loyal-A", seen_version=1, actor="bob")
    opinions.may.set()
    jobs.wait(job_id, timeout=60)
    assert written.read("SELECT kind, state, message FROM jobs") == [
        ("edit", "done", "Saved as a new version and screened.")
    ]
    assert written.read("SELECT version, body FROM current_variants") == [(2, edited.body)]


def test_an_edit_that_is_stopped_leaves_the_message_as_it_was(
    written: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = Stub(Scripted(drip=True))
    environment(monkeypatch, stub)
    settings = replace(HOSTED, generation=replace(HOSTED.generation, second_opinion="judge"))
    jobs = JobRunner(written)

    job_id = hosted.start_editing(
        jobs, written, settings, "c1-loyal-A", reworded(written), seen_version=1, actor="ann"
    )
    stub.begun.wait(30)
    jobs.cancel(job_id)
    jobs.wait(job_id, timeout=60)

    stub.close()
    assert written.read("SELECT state FROM jobs") == [("cancelled",)]
    assert written.read("SELECT max(version) FROM variants") == [(1,)]
    assert written.read("SELECT campaign_id, status FROM writer_calls") == [("c1", "stopped")]


@pytest.mark.parametrize(
    ("generation", "waits"),
    [
        pytest.param(Generation(writer="composer"), False, id="composed"),
        pytest.param(Generation(writer="composer", second_opinion="azure"), True, id="judged"),
        pytest.param(HOSTED.generation, True, id="hosted"),
    ],
)
def test_a_change_is_a_job_where_a_service_writes_or_judges(
    generation: Generation, *, waits: bool
) -> None:
    assert hosted.waits_for_service(replace(SETTINGS, generation=generation)) is waits


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
