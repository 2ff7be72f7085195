from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from personalization.domain import Message
from personalization.reports import previews, quality
from personalization.reports.quality_data import SQL, written_of
from tests.delivery.ready import add_variant, fill_campaign
from tests.generation.campaigns import add_document
from tests.providers.fern_and_fig import passage

if TYPE_CHECKING:
    from personalization.reports.quality import CampaignQuality, Measure, MessageQuality
    from personalization.store import Store

MUG = passage("mugs", "benefit", ("The mug holds 350 ml.", "There is room for 350 ml."),
              subject_lines=("A mug for long chapters",))  # fmt: skip
BODY = (
    "Dear {{first_name|friend}},\n\nthe mug holds 350 ml of your favourite tea, and it stays warm "
    "while you read a long chapter of {{tier|a good book}}. Come and see it soon.\n\nWarmly, us"
)


@pytest.fixture
def ready(store: Store) -> Store:
    """Two segments; in each a control text and two arms, of which one speaks of the mug."""
    fill_campaign(store)
    add_document(store, MUG)
    for segment, other in (("Loyal", "A"), ("New friends", "B")):
        text = Message(
            "A mug for {{first_name|long}} chapters", "p", BODY, "Look", "https://x.example", "f"
        )
        add_variant(store, segment, other, text, version=2, is_cleared=False)
    return store


def claim(store: Store, position: int, text: str, decision: str, cited: str | None) -> None:
    store.run(
        "INSERT INTO claims VALUES ($variant_id, 2, $position, 'body', $position, $position + 1,"
        " $text, $cited, NULL, NULL, NULL, $decision, 'because')",
        variant_id="Loyal/A", position=position, text=text, decision=decision, cited=cited,
    )  # fmt: skip


def of(store: Store, variant_id: str = "Loyal/A") -> MessageQuality:
    found = quality.campaign_quality(store, "spring").of_message(variant_id)
    assert found is not None
    return found


def measure(found: MessageQuality, key: str) -> Measure:
    return next(m for m in found.measures if m.key == key)


def test_coverage_counts_those_for_whom_every_field_is_filled(ready: Store) -> None:
    """By hand: 24 of 30 have a first name, and nobody has a tier, so nobody has both."""
    found = measure(of(ready), "coverage")

    assert (found.value, found.stands_out) == (0.0, True)
    assert "0 of 30 customers" in found.said
    assert "6 read what stands in for their first name" in found.said
    assert "30 read what stands in for their tier" in found.said


def test_a_message_that_addresses_one_field_is_covered_by_who_has_it(ready: Store) -> None:
    text = Message("For {{first_name|you}}", "p", "Good day.", "Look", "https://x.example", "f")
    add_variant(ready, "Loyal", "A", text, version=3, is_cleared=False)

    assert measure(of(ready), "coverage").value == 24 / 30


def test_recall_precision_and_way_come_from_the_claims(ready: Store) -> None:
    claim(ready, 1, "the mug holds 350 ml.", "pass", "mugs@1#s1")
    claim(ready, 2, "There is room for 350 ml", "pass", "mugs@1#s1")
    claim(ready, 3, "It stays warm.", "block", None)

    found = of(ready)

    assert (measure(found, "recall").value, measure(found, "recall").stands_out) == (2 / 3, True)
    assert measure(found, "precision").value == 1.0
    assert measure(found, "wording").value == 1 / 3
    assert measure(found, "source_age").said == "61 days on the send date: “mugs”"


def test_a_message_without_claims_has_no_such_figures(ready: Store) -> None:
    assert {m.key for m in of(ready).measures}.isdisjoint({"recall", "precision", "source_age"})


def test_the_same_text_in_two_segments_is_sent_twice(ready: Store) -> None:
    found = quality.campaign_quality(ready, "spring")

    [pair] = [p for p in found.near_duplicates if p.one.variant_id == "Loyal/A"
              and p.other.variant_id == "New friends/B"]  # fmt: skip
    assert pair.overlap == 1.0
    assert found.near_duplicate_share == 1.0
    assert measure(of(ready), "nearest_segment").stands_out


def test_two_arms_of_one_segment_are_no_message_sent_twice(ready: Store) -> None:
    text = Message("Another subject", "p", BODY, "Look", "https://x.example", "f")
    add_variant(ready, "Loyal", "B", text, version=2, is_cleared=False)

    found = quality.campaign_quality(ready, "spring")

    pairs = {(pair.one.segment, pair.other.segment) for pair in found.near_duplicates}
    assert pairs == {("Loyal", "New friends")}
    assert measure(of(ready), "nearest_arm").stands_out


def test_control_texts_are_meant_to_be_the_same(ready: Store) -> None:
    found = quality.campaign_quality(ready, "spring")

    assert all("control" not in (p.one.arm, p.other.arm) for p in found.near_duplicates)
    control = next(m for m in found.messages if m.arm == "control")
    assert {m.key for m in control.measures}.isdisjoint({"own_share", "nearest_arm"})


def test_a_subject_that_says_nothing_of_the_text_stands_out(ready: Store) -> None:
    body = BODY.replace("{{tier|a good book}}", "a good book")
    subjects = ("WOWED!! Act now", "350 of them for you", "Tea in a warm mug")
    for version, subject in enumerate(subjects, start=3):
        text = Message(subject, "p", body, "Look", "https://x.example", "f")
        add_variant(ready, "Loyal", "A", text, version=version, is_cleared=False)
        found = of(ready)
        is_bad = subject.startswith("WOW")
        assert measure(found, "matter").stands_out is is_bad
        assert measure(found, "loud").stands_out is is_bad
    assert measure(found, "loud").said == "none"


def test_another_language_has_its_own_formula_or_none(ready: Store) -> None:
    def keys(locale: str) -> set[str]:
        ready.run("UPDATE variants SET locale = $locale", locale=locale)
        return {m.key for m in of(ready).measures}

    assert {"ease", "grade"} <= keys("en-GB")
    assert "ease" in keys("de-DE") - {"grade"}
    assert not {"ease", "grade"} & keys("it-IT")


def test_a_set_is_told_by_its_arms_alone(ready: Store) -> None:
    found: CampaignQuality = quality.campaign_quality(ready, "spring")

    assert [(group.segment, group.n_messages) for group in found.sets] == [
        ("Loyal", 2), ("New friends", 2),
    ]  # fmt: skip
    [row, _] = quality.set_rows(found)
    bleu = next(m for m in found.sets[0].measures if m.key == "self_bleu")
    assert row["self_bleu"] == bleu.value
    assert row["subjects"] == 2


def test_shares_are_in_percent_on_the_page_and_fractions_in_the_file(ready: Store) -> None:
    text = Message("For {{first_name|you}}", "p", "Good day.", "Look", "https://x.example", "f")
    add_variant(ready, "Loyal", "A", text, version=3, is_cleared=False)
    found = quality.campaign_quality(ready, "spring")

    [row] = [
        r for r in quality.message_rows(found) if (r["segment"], r["message"]) == ("Loyal", "A")
    ]
    file = csv.DictReader(io.StringIO(quality.quality_csv(found).decode("utf-8-sig")))
    [line] = [
        r for r in file if (r["segment"], r["message"], r["measure"]) == ("Loyal", "A", "coverage")
    ]

    assert row["coverage"] == pytest.approx(80.0)
    assert (line["value"], line["version"], line["stands_out"]) == ("0.8", "3", "no")


def test_the_statements_that_are_shown_run_by_themselves(ready: Store) -> None:
    rows = {name: ready.read(sql, campaign_id="spring") for name, sql in SQL.items()}

    assert len(rows["Texts"]) == len(written_of(ready, "spring")) == 6
    assert sum(int(row[2]) for row in rows["Who has which field"]) == 60


def test_a_campaign_without_messages_has_no_figures(store: Store) -> None:
    found = quality.campaign_quality(store, "none")

    assert (found.messages, found.sets, found.near_duplicates) == ((), (), ())
    assert found.near_duplicate_share is None
    assert previews.previews_of(store, "none", 1) == []


ORDERED = (
    "Before Christmas we wrap every order of thirty pounds and more in brown paper and red ribbon "
    "at no charge to you at all when it is placed by the eighteenth of December this very year, "
    "for as long as the ribbon lasts."
)


def test_a_sentence_that_the_brief_orders_is_held_against_nobody(ready: Store) -> None:
    """It is 43 words long, stands in both arms, and is all that they have in common."""
    ready.run("UPDATE campaigns SET name = name, brief = json_merge_patch(brief, $told)",
              told=json.dumps({"must_say": [ORDERED.upper()]}))  # fmt: skip
    for arm, own in (("A", "The mug is blue."), ("B", "A kettle sings.")):
        text = Message(f"Wrap {arm}", "p", f"{own} {ORDERED}", "Look", "https://x.example", "f")
        add_variant(ready, "Loyal", arm, text, version=3, is_cleared=False)

    found = quality.campaign_quality(ready, "spring")

    arms = next(group for group in found.sets if group.segment == "Loyal")
    assert next(m for m in arms.measures if m.key == "repeat").value == 0
    reading = measure(of(ready), "longest_sentence")
    assert (reading.value, reading.stands_out) == (43, False)
    assert not measure(of(ready), "sentence").stands_out
    ready.run("UPDATE campaigns SET brief = json_merge_patch(brief, '{\"must_say\": []}')")
    assert measure(of(ready), "longest_sentence").stands_out
    assert measure(of(ready), "sentence").stands_out


@pytest.mark.parametrize(("n_words", "is_told"), [(29, False), (30, True)])
def test_long_sentences_on_average_stand_out_from_thirty_words_on(
    ready: Store, n_words: int, *, is_told: bool
) -> None:
    body = " ".join(["Word"] * n_words) + "."
    text = Message("A word", "p", body, "Look", "https://x.example", "f")
    add_variant(ready, "Loyal", "A", text, version=3, is_cleared=False)

    assert measure(of(ready), "sentence").stands_out is is_told
