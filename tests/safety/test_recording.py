from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from personalization.approval import decide
from personalization.content.withdrawing import expire_document
from personalization.domain import Decision
from personalization.errors import ProviderError, StateError
from personalization.providers import registry
from personalization.safety import (
    activate_policy,
    policies,
    publish_policy,
    screen_campaign,
    screen_variant,
)
from personalization.safety.recording import EditedMeanwhileError
from personalization.settings import Settings
from personalization.store import open_store, verify_chain
from tests.safety.scripted import (
    STRICT,
    Failing,
    Scripted,
    add_campaign,
    add_claim,
    add_document,
    add_variant,
    message,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from personalization.providers.protocols import HarmAnalysis, HarmClassifier
    from personalization.store import Store

SETTINGS = Settings()


@pytest.fixture
def campaign(store: Store) -> Store:
    """A campaign with a control text and one variant, nothing screened."""
    add_campaign(store)
    add_variant(store, "control")
    add_variant(store, "A")
    return store


def run(
    store: Store, classifier: HarmClassifier | None = None, settings: Settings = SETTINGS
) -> int:
    return screen_campaign(store, settings, "c1", actor="mia", classifier=classifier or Scripted())


def screenings(store: Store) -> list[tuple[str, str]]:
    rows = store.read("SELECT variant_id, decision FROM screenings ORDER BY screening_id")
    return [(variant_id, decision) for variant_id, decision in rows]


def screened_rows(store: Store) -> int:
    [(n,)] = store.read("SELECT count(*) FROM audit_log WHERE kind = 'variant.screened'")
    return int(n)


def test_every_message_is_screened_the_control_text_too(campaign: Store) -> None:
    assert run(campaign) == 2

    assert screenings(campaign) == [("c1/Loyal/A", "pass"), ("c1/Loyal/control", "pass")]


def test_every_screening_leaves_one_row_in_a_whole_trail(campaign: Store) -> None:
    run(campaign)

    assert screened_rows(campaign) == 2
    assert verify_chain(campaign).is_whole


def test_the_trail_says_how_it_was_decided_and_repeats_no_word(campaign: Store) -> None:
    add_variant(campaign, "B", message(body="Our prices are unbeatable, Zebedee."))

    screen_variant(campaign, SETTINGS, "c1/Loyal/B", actor="mia", classifier=Scripted())

    row = campaign.read_one("SELECT payload FROM audit_log WHERE ref = 'c1/Loyal/B'")
    assert row is not None
    payload = json.loads(row[0])
    assert payload["decision"] == "block"
    assert payload["rules"] == ["claims.unsupported_superlative", "overpromise.superlative"]
    assert payload["engine"] == "embedded"
    assert len(payload["request_ids"]) == payload["n_strings"] == 6
    assert "Zebedee" not in row[0]
    assert "unbeatable" not in row[0]


def test_a_second_run_looks_at_nothing_again(campaign: Store) -> None:
    run(campaign)
    engine = Scripted()

    assert run(campaign, engine) == 0
    assert engine.asked == []
    assert screened_rows(campaign) == 2


def test_a_single_message_is_judged_once_as_well(campaign: Store) -> None:
    engine = Scripted({"winter": ("hate", 4)})
    first = screen_variant(campaign, SETTINGS, "c1/Loyal/A", actor="mia", classifier=engine)
    asked = len(engine.asked)

    again = screen_variant(campaign, SETTINGS, "c1/Loyal/A", actor="mia", classifier=engine)

    assert len(engine.asked) == asked
    assert again == first


def test_a_screening_that_failed_is_tried_again(campaign: Store) -> None:
    run(campaign, Failing(ProviderError("no answer")))

    assert run(campaign) == 2
    assert [decision for _, decision in screenings(campaign)] == ["error", "error", "pass", "pass"]


def test_another_engine_judges_anew(campaign: Store) -> None:
    run(campaign)

    assert run(campaign, Scripted(name="azure")) == 2


def test_a_new_policy_has_everything_screened_again(campaign: Store) -> None:
    run(campaign)

    assert run(campaign, settings=STRICT) == 2
    versions = campaign.read("SELECT DISTINCT policy_version FROM screenings")
    assert len(versions) == 2


def test_an_edited_message_is_screened_again(campaign: Store) -> None:
    run(campaign)
    add_variant(campaign, "A", message(body="Another text."), version=2)

    assert run(campaign) == 1


def test_a_retired_message_is_left_alone(campaign: Store) -> None:
    campaign.run(
        "INSERT INTO retired_variants VALUES ('c1/Loyal/A', 'its segment is gone', $now)",
        now=campaign.now(),
    )

    assert run(campaign) == 1


def test_the_policy_is_put_on_record_once(store: Store) -> None:
    first = activate_policy(store, SETTINGS, actor="mia")
    again = activate_policy(store, SETTINGS, actor="rob")
    other = activate_policy(store, STRICT, actor="rob")

    rows = store.read("SELECT policy_version, activated_by FROM policies ORDER BY number")
    assert rows == [(first, "mia"), (other, "rob")]
    assert first == again != other
    assert store.read("SELECT count(*) FROM audit_log WHERE kind = 'policy.activated'") == [(2,)]


def test_going_back_to_an_older_policy_puts_it_in_force_again(store: Store) -> None:
    first = activate_policy(store, SETTINGS, actor="mia")
    activate_policy(store, STRICT, actor="mia")
    activate_policy(store, SETTINGS, actor="mia")

    assert store.read("SELECT policy_version FROM policy_in_force") == [(first,)]


def test_no_engine_is_asked_while_a_transaction_is_open(campaign: Store) -> None:
    def look(_: str) -> None:
        assert getattr(campaign.local, "cursor", None) is None

    assert run(campaign, Scripted(during=look)) == 2


def test_a_message_that_is_edited_meanwhile_gets_no_screening(campaign: Store) -> None:
    edits = iter([message(body="Edited while the engine was looking.")])

    def edit(_: str) -> None:
        for text in edits:
            add_variant(campaign, "A", text, version=2)

    with pytest.raises(StateError, match="was edited while it was screened"):
        screen_variant(
            campaign, SETTINGS, "c1/Loyal/A", actor="mia", classifier=Scripted(during=edit)
        )

    assert screenings(campaign) == []
    assert screened_rows(campaign) == 0


def test_a_campaign_goes_on_past_a_message_that_is_edited_meanwhile(campaign: Store) -> None:
    edits = iter([message(body="Edited while the engine was looking.")])

    def edit(_: str) -> None:
        for text in edits:
            add_variant(campaign, "A", text, version=2)

    assert run(campaign, Scripted(during=edit)) == 1

    assert screenings(campaign) == [("c1/Loyal/control", "pass")]


def test_no_screening_without_its_findings_and_no_audit_row_without_both(campaign: Store) -> None:
    campaign.run("DROP TABLE findings")

    with pytest.raises(duckdb.Error):
        run(campaign, Scripted({"winter": ("hate", 6)}))

    assert screenings(campaign) == []
    assert screened_rows(campaign) == 0


def test_no_screening_without_its_audit_row(campaign: Store) -> None:
    activate_policy(campaign, SETTINGS, actor="mia")
    campaign.run("DROP TABLE audit_log")

    with pytest.raises(duckdb.Error):
        run(campaign)

    assert screenings(campaign) == []


def test_findings_are_kept_with_field_span_and_advice(campaign: Store) -> None:
    add_variant(campaign, "A", message(subject="Our unbeatable lamps"), version=2)

    run(campaign)

    [row] = campaign.read(
        "SELECT rule, action, field, span_start, span_end, text, advice <> '' FROM findings "
        "WHERE rule = 'overpromise.superlative'"
    )
    assert row == ("overpromise.superlative", "review", "subject", 4, 14, "unbeatable", True)


def test_figures_are_held_to_the_statements_that_are_cited(campaign: Store) -> None:
    text = message(body="It burns for 40 hours, not for 50 hours.")
    variant_id = add_variant(campaign, "B", text)
    add_claim(campaign, variant_id, add_document(campaign, "Burns for 40 hours."))

    outcome = screen_variant(campaign, SETTINGS, variant_id, actor="mia", classifier=Scripted())

    assert [finding.text for finding in outcome.findings] == ["50 hours"]


def test_an_approved_subject_line_is_a_source_as_well(campaign: Store) -> None:
    text = message(subject="Ten minutes by candle light", body="Take ten minutes.")
    variant_id = add_variant(campaign, "B", text)
    lines = '["Ten minutes by candle light"]'
    add_claim(campaign, variant_id, add_document(campaign, subject_lines=lines))

    outcome = screen_variant(campaign, SETTINGS, variant_id, actor="mia", classifier=Scripted())

    assert outcome.decision is Decision.PASS


def test_a_claim_that_nothing_bears_out_blocks(campaign: Store) -> None:
    variant_id = add_variant(campaign, "B")
    add_claim(campaign, variant_id, None, decision="block")

    outcome = screen_variant(campaign, SETTINGS, variant_id, actor="mia", classifier=Scripted())

    assert outcome.decision is Decision.BLOCK
    assert [(f.rule, f.text) for f in outcome.findings] == [("claims.unsupported", "Hello")]


def test_progress_is_told_and_what_is_done_stays_done(campaign: Store) -> None:
    told: list[tuple[int, int, str]] = []

    done = screen_campaign(
        campaign,
        SETTINGS,
        "c1",
        actor="mia",
        classifier=Scripted(),
        progress=lambda *step: told.append(step),
        cancelled=lambda: len(told) == 1,
    )

    assert done == 1
    assert told == [(1, 2, "Loyal, A")]
    assert screenings(campaign) == [("c1/Loyal/A", "pass")]


def test_an_unknown_message_is_refused_by_name(campaign: Store) -> None:
    with pytest.raises(StateError, match="'c1/Loyal/Z' does not exist"):
        screen_variant(campaign, SETTINGS, "c1/Loyal/Z", actor="mia", classifier=Scripted())


def an_offer_cited(store: Store) -> str:
    """A campaign with one message that cites an offer, which ends on 20 December."""
    add_campaign(store)
    words = "Ends on 20 December 2026: candles in every size."
    statement = add_document(store, words, document_id="offer", valid=(None, "2026-12-20"))
    store.run("UPDATE documents SET kind = 'offer'")
    text = message(body="Hello {{first_name|there}},\n\ncandles. Ends on 20 December 2026.")
    variant_id = add_variant(store, "A", text)
    store.run("INSERT INTO variant_sources VALUES ($v, 1, $s)", v=variant_id, s=statement)
    return variant_id


class Ending(Scripted):
    """Brings the offer to an earlier end while it is asked for the first time."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store

    def analyze(self, text: str) -> HarmAnalysis:
        if not self.asked:
            expire_document(self.store, "offer", date(2026, 12, 10), reason="Gone.", actor="ofelia")
        return super().analyze(text)


def test_a_screening_during_which_a_source_was_ended_is_refused(store: Store) -> None:
    variant_id = an_offer_cited(store)

    with pytest.raises(EditedMeanwhileError, match="earlier end while it was screened"):
        screen_variant(store, SETTINGS, variant_id, actor="mia", classifier=Ending(store))

    assert screenings(store) == []


def test_a_campaign_is_screened_by_the_end_that_was_set_meanwhile(store: Store) -> None:
    variant_id = an_offer_cited(store)

    assert run(store, Ending(store)) == 1

    assert screenings(store) == [(variant_id, "block")]
    assert run(store) == 0


def add_reader(store: Store, customer_id: str, country: str, *, agrees: bool = True) -> None:
    store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, country, consent_email)"
        " VALUES ('d1', $id, $id || '@example.com', $country, $agrees)",
        id=customer_id, country=country, agrees=agrees,
    )  # fmt: skip
    store.run("INSERT INTO segment_members VALUES ('c1', 'Loyal', $id)", id=customer_id)


def test_readers_in_another_country_have_everything_screened_again(campaign: Store) -> None:
    add_reader(campaign, "1", "United Kingdom")
    run(campaign)
    add_reader(campaign, "2", "france", agrees=False)
    again = run(campaign)

    add_reader(campaign, "3", "us")
    anew = run(campaign)

    kept = campaign.read("SELECT DISTINCT readers FROM screenings ORDER BY readers")
    assert (again, anew) == (0, 2)
    assert [readers.split(",") for (readers,) in kept] == [["GB"], ["GB", "US"]]
    assert verify_chain(campaign).is_whole


def test_a_single_message_is_judged_anew_for_readers_in_another_country(campaign: Store) -> None:
    add_reader(campaign, "1", "United Kingdom")
    screen_variant(campaign, SETTINGS, "c1/Loyal/A", actor="mia", classifier=Scripted())
    add_reader(campaign, "3", "us")

    screen_variant(campaign, SETTINGS, "c1/Loyal/A", actor="mia", classifier=Scripted())

    assert len(screenings(campaign)) == 2


def test_readers_who_are_gone_have_nothing_screened_again(campaign: Store) -> None:
    add_reader(campaign, "1", "United Kingdom")
    add_reader(campaign, "3", "us")
    run(campaign)
    campaign.run("DELETE FROM segment_members WHERE customer_id = '3'")

    assert run(campaign) == 0


def test_a_new_version_of_the_engine_lets_nothing_out_that_the_old_one_judged(
    campaign: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(campaign)
    decide(campaign, "c1/Loyal/A", version=1, decision="approved", note="", actor="rob")
    before = campaign.read("SELECT variant_id FROM sendable_variants")
    monkeypatch.setattr(policies, "engine_version", lambda _: "heads-99")

    activate_policy(campaign, SETTINGS, actor="rob")

    assert before == [("c1/Loyal/A",)]
    assert campaign.read("SELECT variant_id FROM sendable_variants") == []
    assert run(campaign) == 2


def test_the_version_of_the_engine_is_known_without_its_model(store: Store) -> None:
    activate_policy(store, SETTINGS, actor="rob")

    row = store.read_one("SELECT json_extract_string(policy, '$.engine_version') FROM policies")
    assert row == (registry.engine_version("embedded"),)
    assert row[0].startswith("heads-")
    assert registry.engine_version("azure") == ""


class ReadingAhead(Scripted):
    """Takes the strings of many messages at once, and answers as Scripted does."""

    ahead: tuple[str, ...] = ()

    def prefetch(self, texts: Iterable[str]) -> None:
        self.ahead = (*self.ahead, *texts)

    def analyze(self, text: str) -> HarmAnalysis:
        return replace(super().analyze(text), request_id="")


class OneByOne(Scripted):
    """Answers as ReadingAhead does, and does not read ahead."""

    def analyze(self, text: str) -> HarmAnalysis:
        return replace(super().analyze(text), request_id="")


_TRAIL = "SELECT seq, kind, ref, payload, hash FROM audit_log ORDER BY seq"
_RECORDS = (
    "FROM screenings ORDER BY screening_id",
    "FROM findings ORDER BY screening_id, position",
    "FROM ledger_entries ORDER BY screening_id, position",
)


def test_many_messages_at_once_leave_the_very_record_that_one_by_one_does(
    store: Store,
    empty_database: bytes | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # How long it took is on record.
    monkeypatch.setattr("personalization.safety.recording.time.monotonic", lambda: 0.0)
    if empty_database is not None:
        (tmp_path / "other.duckdb").write_bytes(empty_database)
    other = open_store(tmp_path / "other.duckdb", clock=store.clock)
    ahead = ReadingAhead({"Lamps B": ("hate", 4)})
    for each, engine in ((store, ahead), (other, OneByOne(ahead.script))):
        add_campaign(each)
        for arm in ("A", "B", "C"):
            text = message(body=f"Our unbeatable lamps, {arm}.", subject=f"Lamps {arm}")
            add_variant(each, arm, text)
        run(each, engine)
    tables = [*_RECORDS, _TRAIL]

    found = [[each.read(sql) for sql in tables] for each in (store, other)]
    other.close()

    assert found[0] == found[1]
    assert len(found[0][0]) == 3
    assert {"Lamps A", "Lamps B", "Lamps C"} <= set(ahead.ahead)
    assert verify_chain(store).is_whole


def test_a_policy_put_in_force_among_many_messages_lets_none_pass_under_the_old_one(
    campaign: Store,
) -> None:
    def publish(_: str) -> None:
        if not campaign.read("SELECT 1 FROM policies WHERE note = 'Stricter.'"):
            text = "[thresholds.hate]\nblock_above = 2\n"
            publish_policy(campaign, SETTINGS, text, actor="ofelia", note="Stricter.")

    assert run(campaign, ReadingAhead(during=publish)) == 2

    judged = "SELECT DISTINCT policy_version FROM screenings"
    assert campaign.read(judged) == campaign.read("SELECT policy_version FROM policy_in_force")
    assert campaign.read("SELECT count(*) FROM screenings_in_force") == [(2,)]


def test_what_was_screened_before_a_crash_among_many_is_on_record(campaign: Store) -> None:
    def crash(text: str) -> None:
        if text == "Crash":
            raise KeyboardInterrupt

    add_variant(campaign, "B", message(subject="Crash"))

    with pytest.raises(KeyboardInterrupt):
        run(campaign, ReadingAhead(during=crash))

    assert screenings(campaign) == [("c1/Loyal/A", "pass")]
    assert run(campaign) == 2


def test_a_message_that_is_edited_among_many_is_left_out_and_the_others_are_not(
    campaign: Store,
) -> None:
    edits = iter([message(body="Edited while the engine was looking.")])

    def edit(_: str) -> None:
        for text in edits:
            add_variant(campaign, "A", text, version=2)

    assert run(campaign, ReadingAhead(during=edit)) == 1

    assert screenings(campaign) == [("c1/Loyal/control", "pass")]


def test_whoever_stops_among_many_messages_keeps_what_is_done(campaign: Store) -> None:
    engine = ReadingAhead()

    done = screen_campaign(
        campaign, SETTINGS, "c1", actor="mia", classifier=engine,
        cancelled=lambda: bool(engine.asked),
    )  # fmt: skip

    assert done == 1
    assert screenings(campaign) == [("c1/Loyal/A", "pass")]


def test_an_engine_that_fails_for_many_messages_passes_none(campaign: Store) -> None:
    class Dead(Failing):
        def prefetch(self, _: Iterable[str]) -> None:
            raise self.error

    assert run(campaign, Dead(ProviderError("no answer"))) == 2

    assert [decision for _, decision in screenings(campaign)] == ["error", "error"]
