"""Campaigns that come again: each period once, as far as review, taken up where they broke off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personalization import campaign, content
from personalization.campaign import template_runs
from personalization.campaign.template_runs import period_of
from personalization.errors import InputError, StateError
from personalization.providers import registry
from personalization.segmentation import STARTER_RULES
from personalization.settings import Content, Generation, Settings
from personalization.store import Store, open_store, verify_chain
from tests.pages import campaigns
from tests.rolled_back import rolled_back

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
SETTINGS = Settings(content=Content(corpus=str(ROOT / "tests" / "data" / "brief_corpus")))
SHIPPED = Settings(
    content=Content(corpus=str(ROOT / "content_corpus")), generation=Generation(variants=1)
)
"""With content enough to write messages from."""


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    """A base with one campaign that was made by hand, and has segments."""
    store = open_store(clock=lambda: NOW)
    campaigns.add(store, "spring", "Spring preview", 120)
    kept = campaign.fit_segments(store, SETTINGS, "spring", method="rules", rules=STARTER_RULES[:1])
    campaign.keep_segments(store, "spring", kept, actor="Ann")
    yield store
    store.close()


@pytest.fixture
def store(opened: Store) -> Iterator[Store]:
    """The same for each test: what a test writes is rolled back."""
    with rolled_back(opened):
        yield opened


@pytest.fixture(autouse=True)
def without_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find sources by words, so that no model has to be loaded."""
    by_words = content.find_for_campaign

    def find(*arguments: Any, encoder: object) -> int:  # noqa: ANN401, ARG001
        return by_words(*arguments, encoder=None)

    monkeypatch.setattr(content, "find_for_campaign", find)
    monkeypatch.setattr(registry, "classifier", lambda *_, **__: TRUSTING)


TRUSTING = campaigns.Trusting()


def make(store: Store, **changes: Any) -> campaign.Template:  # noqa: ANN401
    given: dict[str, Any] = {
        "name": "Monthly news",
        "every": "month",
        "lead_days": 4,
        "actor": "Ann",
    } | changes
    return campaign.make_template(store, "spring", **given)


def run(store: Store, settings: Settings = SETTINGS) -> list[campaign.TemplateRun]:
    return campaign.run_templates(store, settings, actor="command line")


@pytest.mark.parametrize(
    ("every", "period"),
    [
        pytest.param("day", "2027-01-01", id="the day"),
        pytest.param("week", "2026-W53", id="the ISO week, which is of the year before"),
        pytest.param("month", "2027-01", id="the month"),
    ],
)
def test_a_day_lies_in_one_period(every: str, period: str) -> None:
    assert period_of(every, date(2027, 1, 1)) == period


def test_a_run_makes_the_campaign_of_its_period_and_leaves_its_messages_to_review(
    store: Store,
) -> None:
    make(store)

    [done] = run(store, SHIPPED)

    assert (done.state, done.period) == ("in review", "2026-12"), done.told
    made = campaign.campaign_of(store, done.campaign_id)
    assert (made.name, made.send_on) == ("Monthly news, December 2026", date(2026, 12, 5))
    [(method, messages, screened)] = store.read("""
        SELECT (SELECT method FROM segmentations WHERE campaign_id = made.campaign_id),
               (SELECT count(*) FROM current_variants WHERE campaign_id = made.campaign_id),
               (SELECT count(*) FROM latest_screenings WHERE campaign_id = made.campaign_id)
        FROM template_runs AS made
    """)
    assert (method, messages, screened) == ("rules", 4, 4)
    assert store.read("SELECT count(*) FROM approvals") == [(0,)]
    assert store.read("SELECT count(*) FROM sendable_variants") == [(0,)]
    assert run(store) == []
    assert campaign.due_templates(store) == []


def test_a_period_is_run_once_and_the_next_one_makes_another(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def write(store: Store, _: Settings, campaign_id: str, **__: object) -> str:
        written.append(campaign_id)
        campaign.journal.journal(store, campaign_id, "screen", 0, "Ann")
        return "Written."

    monkeypatch.setattr(template_runs, "write_messages", write)
    make(store, every="week")

    run(store)
    run(store)
    ahead = Store(store.root, lambda: NOW + timedelta(days=6), store.lock, store.local)
    run(ahead)

    assert len(set(written)) == len(written) == 2
    assert store.read("SELECT period FROM template_runs ORDER BY period") == [
        ("2026-W49",), ("2026-W50",),
    ]  # fmt: skip


class Broken(Exception):  # noqa: N818
    """What a machine that goes down in the middle of it looks like from here."""


@pytest.mark.parametrize("breaks", ["keep_segments", "write_messages"])
def test_what_broke_off_is_taken_up_and_made_no_second_time(
    store: Store, monkeypatch: pytest.MonkeyPatch, breaks: str
) -> None:
    make(store)

    def goes_down(*_: object, **__: object) -> None:
        raise Broken

    with monkeypatch.context() as patch:
        patch.setattr(template_runs, breaks, goes_down)
        with pytest.raises(Broken):
            run(store)
    [waiting] = campaign.due_templates(store)
    monkeypatch.setattr(template_runs, "write_messages", lambda *_, **__: "Written.")
    [done] = run(store)

    assert done.campaign_id == waiting.campaign_id != ""
    assert store.read("SELECT count(*) FROM campaigns") == [(2,)]
    assert store.read(
        "SELECT count(*) > 0 FROM segments WHERE campaign_id = $made", made=done.campaign_id
    ) == [(True,)]


def test_what_stands_in_the_way_of_one_template_is_said_and_stops_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(_: Store, __: Settings, campaign_id: str, **___: object) -> str:
        if campaign.campaign_of(store, campaign_id).name.startswith("A "):
            raise StateError("The brief has to be answered.")
        return "Written."

    monkeypatch.setattr(template_runs, "write_messages", write)
    make(store, name="A bad one")
    make(store, name="B good one")

    told = {one.name: (one.state, one.told) for one in run(store)}

    assert told == {
        "A bad one": ("stopped", "The brief has to be answered."),
        "B good one": ("in review", "Written."),
    }


def test_a_template_takes_the_product_plan_along(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_runs, "write_messages", lambda *_, **__: "Written.")
    monkeypatch.setattr(template_runs, "refresh_products", lambda *_, **__: None)
    arms = {"A": "for_you", "B": "buy_again"}
    planned = campaign.plan_products(
        store, "spring", arms=arms, items=3, fills_up=True, actor="Ann"
    )
    make(store)

    [done] = run(store)

    assert campaign.product_plan(store, done.campaign_id) == planned, done.told


def test_a_template_that_is_off_is_not_run(store: Store) -> None:
    made = make(store)

    campaign.change_template(store, made, every="month", lead_days=4, is_on=False, actor="Ann")

    assert run(store) == []
    assert campaign.due_templates(store) == []


def test_a_newer_version_by_somebody_else_is_not_overwritten(store: Store) -> None:
    seen = make(store)
    campaign.change_template(store, seen, every="week", lead_days=4, is_on=True, actor="Bob")

    with pytest.raises(StateError, match="changed by somebody else"):
        campaign.change_template(store, seen, every="day", lead_days=4, is_on=True, actor="Ann")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"name": " "}, "no name", id="no name"),
        pytest.param({"every": "year"}, "not 'year'", id="no such rhythm"),
        pytest.param({"lead_days": 91}, "0 to 90 days", id="too far ahead"),
    ],
)
def test_a_template_that_cannot_be_meant_is_refused(
    store: Store, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        make(store, **changes)


def test_templates_and_their_runs_are_on_record(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_runs, "write_messages", lambda *_, **__: "Written.")
    made = make(store)

    [done] = run(store)

    assert store.read(
        "SELECT kind, campaign_id FROM audit_log WHERE ref = $ref ORDER BY seq",
        ref=made.template_id,
    ) == [("template.saved", ""), ("template.ran", done.campaign_id)]
    assert verify_chain(store).is_whole
