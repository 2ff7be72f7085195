from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.domain import Decision, Message
from personalization.errors import InputError, ProviderError, StateError
from personalization.generation import PARTS, edit_variant, regenerate_part, write_variants
from personalization.generation.recording import (
    claims_of_version,
    current_variant,
    current_variants,
)
from personalization.providers.composer import Composer
from personalization.providers.composing import Page
from tests.generation.campaigns import SETTINGS, Hosted, claim_of, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.domain import Variant
    from personalization.providers.protocols import Draft, Writer, WritingRequest
    from personalization.store import Store


def written(store: Store, only: frozenset[tuple[str, str]] | None = None) -> Variant:
    """Write one segment's messages, and return the first."""
    fill(store, ("Loyal",))
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer(), only=only)
    return next(v for v in current_variants(store, "c1") if v.arm == "A")


def again(store: Store, variant: Variant, part: str, writer: Writer | None = None) -> Variant:
    regenerate_part(
        store, SETTINGS, variant.variant_id, part, seen_version=variant.version,
        writer=writer or Composer(), actor="bea",
    )  # fmt: skip
    found = current_variant(store, variant.variant_id)
    assert found is not None
    return found


def others_of(store: Store, variant: Variant, part: str) -> set[str]:
    return {
        dict(v.message.fields())[part].casefold()
        for v in current_variants(store, "c1")
        if v.variant_id != variant.variant_id
    }


@pytest.mark.parametrize("part", PARTS)
def test_one_part_is_new_and_the_rest_stays_to_the_byte(store: Store, part: str) -> None:
    before = written(store)

    after = again(store, before, part)

    was, now = dict(before.message.fields()), dict(after.message.fields())
    assert [name for name in was if was[name] != now[name]] == [part]
    assert after.version == before.version + 1
    assert now[part].casefold() not in others_of(store, after, part)
    assert (after.attributes, after.origin) == (before.attributes, before.origin)
    assert dict(after.provenance)["part_from"] == f"{before.variant_id}@1"


@pytest.mark.parametrize("part", PARTS)
def test_the_new_part_is_borne_out_and_the_other_claims_stay(store: Store, part: str) -> None:
    before = written(store)

    after = again(store, before, part)

    old = claims_of_version(store, before.variant_id, 1)
    new = claims_of_version(store, after.variant_id, 2)
    assert [c for c in new if c.field != part] == [c for c in old if c.field != part]
    assert {c.decision for c in new} == {Decision.PASS}
    for claim in new:
        text = dict(after.message.fields())[claim.field]
        assert text[claim.span_start : claim.span_end] == claim.text


def test_asking_again_gives_a_wording_that_it_did_not_have_yet(store: Store) -> None:
    first = written(store, frozenset({("Loyal", "A")}))  # the others leave too few lines
    second = again(store, first, "subject")

    third = again(store, second, "subject")

    assert len({v.message.subject for v in (first, second, third)}) == 3


def test_where_the_content_bears_no_other_the_reason_says_what_to_add(store: Store) -> None:
    before = written(store)
    store.run("UPDATE documents SET subject_lines = '[]'")
    store.run("UPDATE statements SET subject_ok = false")

    with pytest.raises(ProviderError, match="Add subject lines to the documents that it speaks of"):
        again(store, before, "subject")
    assert current_variant(store, before.variant_id) == before


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        pytest.param({"part": "body"}, InputError, "Use one of: subject", id="another part"),
        pytest.param({"variant_id": "gone"}, InputError, "'gone'", id="no such message"),
        pytest.param({"variant_id": "c1-loyal-control"}, InputError, "by people", id="control"),
        pytest.param({"seen_version": 7}, StateError, "you saw version 7", id="not the newest"),
    ],
)
def test_what_cannot_be_written_partly_is_refused(
    store: Store, change: dict[str, object], error: type[Exception], says: str
) -> None:
    before = written(store)
    asked = {"variant_id": before.variant_id, "part": "subject", "seen_version": 1} | change

    with pytest.raises(error, match=says):
        regenerate_part(store, SETTINGS, writer=Composer(), actor="bea", **asked)  # type: ignore[arg-type]


def test_nobody_is_asked_for_a_part_of_a_message_that_was_changed(store: Store) -> None:
    before = written(store)
    writer = PartWriter(lambda message: message)

    with pytest.raises(StateError):
        again(store, replace(before, version=7), "subject", writer)
    assert writer.asked == []


@pytest.mark.parametrize("part", ["body", "call_to_action"])
def test_an_edit_made_while_the_part_is_written_is_not_lost(store: Store, part: str) -> None:
    before = written(store)
    edited = replace(before.message, **{part: f"{getattr(before.message, part)} now"})

    def meanwhile(message: Message) -> Message:
        if current_variant(store, before.variant_id) == before:
            edit_variant(store, before.variant_id, edited, seen_version=1, actor="ann")
        return replace(message, subject="Come and have a look")

    with pytest.raises(StateError, match="you saw version 1"):
        again(store, before, "subject", PartWriter(meanwhile))

    kept = current_variant(store, before.variant_id)
    assert kept is not None
    assert (kept.version, kept.message) == (2, edited)


def test_what_the_brief_wants_said_is_not_dropped(store: Store) -> None:
    before = written(store)
    store.run(
        "UPDATE campaigns SET brief = json_object('must_say', [$words]) WHERE campaign_id = 'c1'",
        words=before.message.subject,
    )

    with pytest.raises(ProviderError):
        again(store, before, "subject")


def test_who_worded_the_rest_by_hand_still_counts_as_its_author(store: Store) -> None:
    before = written(store)
    edited = replace(before.message, body=before.message.body + "\n\nUntil soon.")
    edit_variant(store, before.variant_id, edited, seen_version=1, actor="ann")
    by_hand = current_variant(store, before.variant_id)
    assert by_hand is not None

    after = again(store, by_hand, "subject")

    assert after.origin == "human"
    assert "edited_from" in dict(after.provenance)


class PartWriter(Hosted):
    """A hosted model that gives the message back with another subject."""

    def __init__(self, change: Callable[[Message], Message], statement_id: str = "") -> None:
        super().__init__(change)
        self.statement_id = statement_id

    def write(self, request: WritingRequest, progress: object = None) -> list[Draft]:
        [draft] = super().write(request, progress)
        assert request.rejected is not None
        message = self.script[0](request.rejected)  # type: ignore[operator]
        page = Page()
        page.say("subject", message.subject)
        claims = (
            (replace(claim_of(replace(message, body=message.subject), message.subject,
                              self.statement_id), field="subject"),)
            if self.statement_id else ()
        )  # fmt: skip
        return [replace(draft, message=message, claims=claims, provenance=(("model", "m-1"),))]


def test_a_hosted_writer_is_shown_the_message_and_only_its_part_is_taken(store: Store) -> None:
    before = written(store)
    writer = PartWriter(lambda m: replace(m, subject="Come and have a look", body="All anew."))

    after = again(store, before, "subject", writer)

    assert after.message == replace(before.message, subject="Come and have a look")
    [asked] = writer.asked
    assert asked.rejected == before.message
    assert before.message.subject.casefold() in asked.feedback[0]
    facts = dict(after.provenance)
    assert (facts["part"], facts["part_by"], facts["part_model"]) == ("subject", "openai", "m-1")


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("Everything is 70% off today", id="a figure that no source has"),
        pytest.param("Hi", id="too short"),
        pytest.param("{{nickname|you}}, come and look", id="no merge field"),
    ],
)
def test_what_a_hosted_writer_may_not_say_is_replaced_by_approved_words(
    store: Store, subject: str
) -> None:
    before = written(store)

    after = again(store, before, "subject", PartWriter(lambda m: replace(m, subject=subject)))

    facts = dict(after.provenance)
    assert after.message.subject not in {subject, before.message.subject}
    assert (facts["part_by"], "part_first_fault" in facts) == ("composer", True)


def test_a_service_that_cannot_be_reached_is_stood_in_for_with_the_reason(store: Store) -> None:
    before = written(store)

    after = again(store, before, "subject", Hosted(ProviderError("No quota is left.")))

    facts = dict(after.provenance)
    assert (facts["part_by"], facts["part_first_fault"]) == ("composer", "No quota is left.")
