from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.domain import Message, Statement
from personalization.errors import InputError, StateError
from personalization.generation import edit_variant, write_variants
from personalization.generation.grounding import ground
from personalization.generation.judging import COURTESY
from personalization.providers.composer import Composer
from tests.generation.campaigns import SETTINGS, fill

if TYPE_CHECKING:
    from personalization.store import Store

VARIANT = "c1-loyal-A"


@pytest.fixture
def campaign(store: Store) -> Store:
    """A campaign with one written arm and its control."""
    fill(store, ("Loyal",))
    only = frozenset({("Loyal", "A"), ("Loyal", "control")})
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer(), only=only)
    return store


def message_of(store: Store, variant_id: str = VARIANT) -> Message:
    [row] = store.read(
        "SELECT subject, preheader, body, call_to_action, link, footer FROM current_variants "
        "WHERE variant_id = $variant_id",
        variant_id=variant_id,
    )
    return Message(*row)


def claims(store: Store, version: int) -> dict[str, str]:
    return dict(
        store.read("SELECT text, decision FROM claims WHERE version = $version", version=version)
    )


def test_an_edit_is_a_new_version_by_a_human_and_on_record(campaign: Store) -> None:
    edited = replace(message_of(campaign), subject="  A mug for a long evening ")

    version = edit_variant(campaign, VARIANT, edited, seen_version=1, actor="bob")

    assert version == 2
    assert campaign.read(
        "SELECT subject, origin, written_by, provenance->>'edited_from' FROM current_variants "
        "WHERE arm = 'A'"
    ) == [("A mug for a long evening", "human", "bob", f"{VARIANT}@1")]
    [(payload,)] = campaign.read("SELECT payload FROM audit_log WHERE kind = 'variant.edited'")
    assert json.loads(payload)["content_sha256"] == message_of(campaign).content_sha256
    assert campaign.read("SELECT count(*) FROM variants WHERE arm = 'A'") == [(2,)]


def test_the_claims_of_an_edit_are_checked_anew(campaign: Store) -> None:
    before = message_of(campaign)
    body = before.body.replace("\n\n", "\n\nEvery mug is 70% off. The mug holds 350 ml. ", 1)

    edit_variant(campaign, VARIANT, replace(before, body=body), seen_version=1, actor="bob")

    found = claims(campaign, 2)
    assert found["Every mug is 70% off."] == "block"
    assert found["The mug holds 350 ml."] == "pass"


def test_untouched_courtesies_do_not_become_claims(campaign: Store) -> None:
    before = message_of(campaign)
    n_before = len(claims(campaign, 1))

    edit_variant(
        campaign, VARIANT, replace(before, call_to_action="Come and see"), seen_version=1, actor="b"
    )

    assert set(claims(campaign, 2).values()) == {"pass"}
    assert n_before - 1 <= len(claims(campaign, 2)) <= n_before


def test_what_was_no_claim_frees_no_word_of_the_next_edit(campaign: Store) -> None:
    asked = "Would you like a kiln-dried, bulletproof mug?"
    texts = (asked, "The mug is kiln-dried and bulletproof.", f"{asked} This mug is kiln-dried.")
    for version, text in enumerate(texts, start=1):
        before = message_of(campaign)
        body = f"{before.body.partition(chr(10))[0]}\n\n{text}"
        edited = replace(before, body=body)
        edit_variant(campaign, VARIANT, edited, seen_version=version, actor="bob")

    assert claims(campaign, 2)[asked] == "review"
    assert claims(campaign, 3)["The mug is kiln-dried and bulletproof."] in {"review", "block"}
    assert claims(campaign, 4)["This mug is kiln-dried."] in {"review", "block"}


def test_a_courtesy_of_the_version_before_is_exempt_word_for_word_only() -> None:
    before = Statement("v@1", "before", COURTESY, "Join us for a flumph on the quay.")
    told = Message("", "", "Join us for a flumph on the quay.", "", "", "")
    other = replace(told, body="The flumph is on the quay.")

    assert ground(told, [before]) == []
    assert [c.decision.value for c in ground(other, [before])] == ["review"]
    assert [c.statement_id for c in ground(other, [before])] == [None]


def test_the_control_can_be_edited_too(campaign: Store) -> None:
    control = "c1-loyal-control"
    edited = replace(message_of(campaign, control), subject="A word from the shop")

    assert edit_variant(campaign, control, edited, seen_version=1, actor="bob") == 2


def test_the_second_of_two_editors_is_told_and_nothing_is_lost(campaign: Store) -> None:
    before = message_of(campaign)
    first, second = (
        replace(before, subject="First one here"),
        replace(before, subject="Second here"),
    )
    edit_variant(campaign, VARIANT, first, seen_version=1, actor="ann")

    with pytest.raises(StateError, match="you saw version 1, and it is now version 2"):
        edit_variant(campaign, VARIANT, second, seen_version=1, actor="bob")

    assert message_of(campaign) == first
    with pytest.raises(StateError, match="Somebody else"):
        edit_variant(campaign, VARIANT, first, seen_version=1, actor="bob")


def test_an_unchanged_text_is_refused_also_when_only_blanks_were_added(campaign: Store) -> None:
    before = message_of(campaign)
    same = replace(before, body=f"{before.body}  \r\n")

    with pytest.raises(InputError, match="Nothing was changed"):
        edit_variant(campaign, VARIANT, same, seen_version=1, actor="bob")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"subject": " "}, "The subject is empty", id="no subject"),
        pytest.param({"body": ""}, "The body is empty", id="no body"),
        pytest.param({"call_to_action": ""}, "The call to action is empty", id="no button"),
        pytest.param({"body": "Hi {{surname|you}}"}, "names no field", id="unknown field"),
        pytest.param({"body": "Hi {{prospect.city|x}}"}, "prospects only", id="a prospect's"),
        pytest.param({"body": "Hi {{first_name}}"}, "is no merge tag", id="no fallback"),
        pytest.param({"body": "Hi {{first_name| }}"}, "has no fallback", id="empty fallback"),
        pytest.param({"subject": "Hi {{first_name|you}"}, "is no merge tag", id="a brace short"),
        pytest.param(
            {"link": "https://x.example/{{city|a}}"}, "cannot stand in the link", id="link"
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_way_out(
    campaign: Store, changes: dict[str, str], words: str
) -> None:
    edited = replace(message_of(campaign), **changes)

    with pytest.raises(InputError, match=words):
        edit_variant(campaign, VARIANT, edited, seen_version=1, actor="bob")
    assert campaign.read("SELECT max(version) FROM variants") == [(1,)]


def test_an_empty_preheader_is_allowed(campaign: Store) -> None:
    edited = replace(message_of(campaign), preheader="")

    assert edit_variant(campaign, VARIANT, edited, seen_version=1, actor="bob") == 2


def test_an_unknown_message_is_said_to_be_unknown(campaign: Store) -> None:
    with pytest.raises(InputError, match="no message 'nope'"):
        edit_variant(campaign, "nope", message_of(campaign), seen_version=1, actor="bob")
