from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.delivery import note_preview, preview_of, render_each, render_for
from personalization.domain import Message
from personalization.errors import InputError, StateError
from personalization.store import pseudonym_of
from tests.delivery.ready import add_variant

if TYPE_CHECKING:
    from personalization.store import Store

MESSAGE = "Loyal/A"


def rewrite(store: Store, body: str, subject: str = "News") -> None:
    """Give the message a second version."""
    text = Message(subject, "p", body, "Look", "https://x.example", "f")
    add_variant(store, "Loyal", "A", text, version=2, is_cleared=False)


def name(store: Store, customer_id: str, **values: str | None) -> None:
    for field, value in values.items():
        store.run(
            f"UPDATE customers SET {field} = $value WHERE customer_id = $id",  # noqa: S608
            value=value, id=customer_id,
        )  # fmt: skip


def test_every_combination_that_occurs_is_shown_and_counted(campaign: Store) -> None:
    """By hand: every fifth of 30 has no name, every third a city: 8, 2, 16 and 4 of the sets."""
    preview = preview_of(campaign, MESSAGE)

    combinations = {way: n for way, n in preview.ways if len(way) == 2}
    assert combinations == {
        ("fallback:city", "filled:first_name"): 16,
        ("filled:city", "filled:first_name"): 8,
        ("fallback:city", "fallback:first_name"): 4,
        ("filled:city", "fallback:first_name"): 2,
    }
    assert (preview.fields, preview.n_members) == (("first_name", "city"), 30)
    assert {reader.ways[0] for reader in preview.readers} == set(combinations)
    assert preview.readers[0].missing == ("city",)
    assert preview.readers[0].n_alike == 16


def test_the_readers_show_all_ways_between_them(campaign: Store) -> None:
    name(campaign, "c000001", first_name="Maximiliane-Charlotte")
    name(campaign, "c000002", first_name="=HYPERLINK(1)")

    preview = preview_of(campaign, MESSAGE)

    ways = {way for way, _ in preview.ways}
    assert preview.n_shown == len(ways)
    assert {("longest:first_name",), ("shortest:first_name",), ("odd:first_name",),
            ("unfit:first_name",)} <= ways  # fmt: skip
    shows = {reader.customer_id: reader.ways for reader in preview.readers}
    assert ("longest:first_name",) in shows["c000001"]
    assert ("unfit:first_name",) in shows["c000002"]


def test_with_room_for_one_the_reader_who_shows_most_is_chosen(campaign: Store) -> None:
    preview = preview_of(campaign, MESSAGE, most=1)

    assert len(preview.readers) == 1
    assert 0 < preview.n_shown < len(preview.ways)


def test_a_message_without_fields_reads_the_same_for_everybody(campaign: Store) -> None:
    rewrite(campaign, "Good day.")

    preview = preview_of(campaign, MESSAGE)

    assert preview.fields == ()
    assert [(reader.ways, reader.n_alike) for reader in preview.readers] == [(((),), 30)]


def test_fields_that_the_message_does_not_address_play_no_part(campaign: Store) -> None:
    rewrite(campaign, "Good day, {{first_name|friend}}.")

    assert preview_of(campaign, MESSAGE).fields == ("first_name",)


def test_a_segment_of_nobody_has_no_readers(campaign: Store) -> None:
    campaign.run("DELETE FROM segment_members")

    preview = preview_of(campaign, MESSAGE)

    assert (preview.readers, preview.ways, preview.n_members) == ((), (), 0)


def test_several_customers_are_rendered_as_each_of_them_is(campaign: Store) -> None:
    ids = [reader.customer_id for reader in preview_of(campaign, MESSAGE).readers]

    together = render_each(campaign, MESSAGE, [*ids, "nobody"])

    assert together == {each: render_for(campaign, MESSAGE, each) for each in ids}


def noted(store: Store) -> list[tuple[str, str, dict[str, Any]]]:
    rows = store.read("SELECT ref, actor, payload FROM audit_log WHERE kind = 'variant.previewed'")
    return [(ref, actor, json.loads(payload)) for ref, actor, payload in rows]


def test_what_was_looked_at_is_on_record_without_a_name(campaign: Store) -> None:
    preview = preview_of(campaign, MESSAGE)
    first = preview.readers[0]

    n_shown = note_preview(campaign, MESSAGE, [first.customer_id], version=1, actor="Bea")

    [(ref, actor, told)] = noted(campaign)
    assert (ref, actor) == ("Loyal/A@1", "Bea")
    assert (told["ways_shown"], told["ways"]) == (n_shown, len(preview.ways))
    assert n_shown == len(first.ways)
    assert told["pseudonyms"] == [pseudonym_of(campaign, first.customer_id)]
    assert first.customer_id not in json.dumps(told)


def test_reading_an_older_version_or_nobody_is_refused(campaign: Store) -> None:
    rewrite(campaign, "Good day.")
    reader = preview_of(campaign, MESSAGE).readers[0].customer_id

    with pytest.raises(StateError, match="you read version 1, and it is now version 2"):
        note_preview(campaign, MESSAGE, [reader], version=1, actor="Bea")
    with pytest.raises(InputError, match="Choose from the list"):
        note_preview(campaign, MESSAGE, ["nobody"], version=2, actor="Bea")
    with pytest.raises(InputError, match="'gone'"):
        preview_of(campaign, "gone")
    assert noted(campaign) == []
