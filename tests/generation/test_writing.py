from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.domain import CONTROL
from personalization.errors import InputError, ProviderError, StateError
from personalization.generation import regenerate, write_variants
from personalization.providers.composer import Composer
from personalization.store import open_store, verify_chain
from tests.generation.campaigns import (
    SETTINGS,
    Hosted,
    add_document,
    add_segment,
    fill,
    find,
    unchanged,
    with_invention,
)
from tests.providers.fern_and_fig import content, passage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalization.providers.protocols import Draft, Writer, WritingRequest
    from personalization.store import Store


def write(store: Store, writer: Writer | None = None, **more: object) -> int:
    return write_variants(
        store, SETTINGS, "c1", actor="ann", writer=writer or Composer(), **more  # type: ignore[arg-type]
    )  # fmt: skip


def arms(store: Store) -> list[tuple[str, str]]:
    return store.read("SELECT segment, arm FROM current_variants ORDER BY segment, arm")


ALL = [(s, a) for s in ("Loyal", "New") for a in ("A", "B", "C", CONTROL)]


@pytest.fixture(scope="module")
def written() -> Iterator[Store]:
    """A campaign of two segments that was written once, to be read only."""
    opened = open_store()
    fill(opened)
    assert write(opened) == 8
    yield opened
    opened.close()


def test_each_segment_gets_its_arms_and_a_control(written: Store) -> None:
    assert arms(written) == ALL
    assert written.read("SELECT DISTINCT version, written_by FROM variants") == [(1, "ann")]


def test_every_claim_passes_and_stands_where_it_says(written: Store) -> None:
    wrong = written.read("""
        SELECT claims.text, reason FROM claims
        JOIN (UNPIVOT variants ON subject, preheader, body, call_to_action
              INTO NAME field VALUE whole) AS texts
            ON texts.variant_id = claims.variant_id AND texts.field = claims.field
        WHERE decision <> 'pass'
           OR substr(whole, span_start + 1, span_end - span_start) <> claims.text
    """)
    assert wrong == []
    assert written.read("SELECT count(*) > 20 FROM claims") == [(True,)]


def test_the_footer_names_sender_address_and_way_out_word_for_word(written: Store) -> None:
    [(footer, link)] = written.read("SELECT DISTINCT footer, link FROM variants")
    assert footer.splitlines()[0] == "Fern & Fig Ltd, 3 High Street, Leeds LS1 1AA"
    assert "https://fernfig.example/bye" in footer
    assert link == "https://fernfig.example/"


def test_the_stored_fingerprint_is_that_of_the_bytes(written: Store) -> None:
    assert written.read("""
        SELECT count(*) FROM variants WHERE content_sha256 <> content_fingerprint(
            subject, preheader, body, call_to_action, link, footer)
    """) == [(0,)]


def test_writing_again_adds_nothing_and_another_store_gets_the_same_bytes(
    store: Store, written: Store
) -> None:
    fill(store)
    write(store)

    assert write(store) == 0
    hashes = "SELECT variant_id, content_sha256 FROM variants ORDER BY ALL"
    assert store.read(hashes) == written.read(hashes)


def test_each_variant_is_on_record_and_the_chain_holds(written: Store) -> None:
    rows = written.read("SELECT ref, payload FROM audit_log WHERE kind = 'variant.written'")
    assert len(rows) == 8
    assert set(json.loads(rows[0][1])) >= {"content_sha256", "origin", "claims", "unsupported"}
    assert "Hello" not in str(rows)
    assert verify_chain(written).is_whole


def test_progress_counts_up_and_a_cancelled_run_is_taken_up_again(store: Store) -> None:
    fill(store)
    seen: list[tuple[int, int, str]] = []
    stops = iter((False, True))

    first = write(store, progress=lambda *step: seen.append(step), cancelled=lambda: next(stops))

    assert first == 4
    assert seen == [(0, 8, "Writing for Loyal"), (4, 8, "4 of 8 messages written")]
    assert write(store) == 4
    assert arms(store) == ALL


def test_only_what_was_named_is_written(store: Store) -> None:
    fill(store)

    assert write(store, only=frozenset({("New", "B"), ("New", CONTROL)})) == 2
    assert arms(store) == [("New", "B"), ("New", CONTROL)]


def test_too_little_content_is_listed_by_arm_and_gone_once_written(store: Store) -> None:
    fill(store, ("Loyal",), content()[:1])

    write(store)

    failures = store.read("SELECT arm, reason FROM writing_failures ORDER BY arm")
    assert [arm for arm, _ in failures] == ["C"] or [arm for arm, _ in failures] == ["B", "C"]
    assert "Then write again." in failures[0][1]
    for extra in content()[1:]:
        add_document(store, extra)
        find(store, "Loyal", extra)

    write(store, only=frozenset(("Loyal", arm) for arm, _ in failures))

    assert store.read("SELECT count(*) FROM writing_failures") == [(0,)]
    assert arms(store) == ALL[:4]


def test_a_service_that_refuses_is_listed_and_the_control_is_written_all_the_same(
    store: Store,
) -> None:
    fill(store, ("Loyal",))

    assert write(store, Hosted(ProviderError("No quota."))) == 1
    assert arms(store) == [("Loyal", CONTROL)]
    assert store.read("SELECT arm, reason FROM writing_failures ORDER BY arm") == [
        ("A", "No quota."), ("B", "No quota."), ("C", "No quota."),
    ]  # fmt: skip


def test_the_writer_is_told_no_row_of_a_customer(store: Store) -> None:
    fill(store, ("Loyal",))
    store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, first_name, consent_email) "
        "VALUES ('d1', '1', 'zoe@example.com', 'Zoe', true)"
    )
    writer = Hosted(unchanged)

    write(store, writer)

    assert "Zoe" not in repr(writer.asked)
    assert "zoe@example.com" not in repr(writer.asked)


def test_an_invented_promise_is_sent_back_once_with_its_fault(store: Store) -> None:
    fill(store, ("Loyal",))
    writer = Hosted(with_invention, unchanged)

    write(store, writer, only=frozenset({("Loyal", "A")}))

    first, second = writer.asked
    assert (first.feedback, second.arms) == ((), ("A",))
    assert "Everything is 70% off." in second.feedback[0]
    [(origin, provenance)] = store.read("SELECT origin, provenance FROM variants")
    assert origin == "openai"
    assert "70% off" in json.loads(provenance)["first_fault"]
    assert store.read("SELECT count(*) FROM claims WHERE decision = 'block'") == [(0,)]


def test_a_promise_that_comes_again_leaves_the_variant_to_the_composer(store: Store) -> None:
    fill(store, ("Loyal",))

    write(store, Hosted(with_invention), only=frozenset({("Loyal", "A")}))

    [(origin, provenance, body)] = store.read("SELECT origin, provenance, body FROM variants")
    assert (origin, json.loads(provenance)["first_origin"]) == ("composer", "openai")
    assert "70%" not in body


def test_a_promise_that_nobody_can_replace_is_kept_and_blocked(store: Store) -> None:
    fill(store, ("Loyal",), content()[:1])
    write(store)
    [(arm,), *_] = store.read("SELECT arm FROM writing_failures ORDER BY arm DESC")

    write(store, Hosted(with_invention), only=frozenset({("Loyal", arm)}))

    assert store.read(
        "SELECT claims.text FROM claims JOIN current_variants USING (variant_id, version) "
        "WHERE arm = $arm AND decision = 'block'",
        arm=arm,
    ) == [("Everything is 70% off.",)]


def test_withdrawn_expired_foreign_and_excluded_sources_are_not_used(store: Store) -> None:
    fill(store, ("Loyal",))
    store.run("UPDATE documents SET status = 'retired' WHERE document_id = 'mugs'")
    store.run("UPDATE documents SET valid_until = DATE '2026-11-30' WHERE document_id = 'rated'")
    store.run("""UPDATE documents SET audience = '{"exclude": ["loyal"]}'
                 WHERE document_id = 'gift'""")
    store.run("INSERT INTO passage_choices VALUES ('c1', 'Loyal', 'bench', 'excluded', 'ann')")
    writer = Hosted(unchanged)

    write(store, writer)

    offered = {p.document_id for p in writer.asked[0].passages}
    assert offered == {"shipping", "towels", "returns", "look", "any"}


def test_a_document_is_used_on_its_last_day(store: Store) -> None:
    fill(store, ("Loyal",))
    store.run("UPDATE documents SET valid_until = DATE '2026-12-01' WHERE document_id = 'mugs'")
    writer = Hosted(unchanged)

    write(store, writer)

    assert "mugs" in {p.document_id for p in writer.asked[0].passages}


def test_a_pinned_source_comes_first_however_weak(store: Store) -> None:
    fill(store, ("Loyal",))
    store.run("UPDATE segment_passages SET score = 0.001 WHERE passage_id = 'towels@1#p1'")
    store.run("INSERT INTO passage_choices VALUES ('c1', 'Loyal', 'towels', 'pinned', 'ann')")
    writer = Hosted(unchanged)

    write(store, writer)

    first = writer.asked[0].passages[0]
    assert (first.document_id, first.rank, first.score) == ("towels", 1, 0.03)


def test_the_voice_of_the_campaign_s_language_is_spoken(store: Store) -> None:
    fill(store, ("Loyal",))
    for document_id, locale in (("tone", "en-GB"), ("usa", "en-US"), ("ton", "de-DE")):
        add_document(store, passage(document_id, "voice", document_id), locale=locale)
    add_document(store, passage("sms", "voice", "sms"), channels='["sms"]')
    writer = Hosted(unchanged)

    write(store, writer)

    voices = {p.document_id for p in writer.asked[0].passages if p.kind == "voice"}
    assert voices == {"tone"}


def test_an_offer_that_may_not_be_promoted_is_listed_with_the_way_out(store: Store) -> None:
    fill(store, ("Loyal",), offer="gift")
    store.run("UPDATE documents SET status = 'draft' WHERE document_id = 'gift'")

    write(store)

    [(reason,)] = store.read("SELECT DISTINCT reason FROM writing_failures")
    assert "promotes 'gift', which is not approved for segment 'Loyal' on 01 December" in reason


def test_messages_of_a_segment_that_is_gone_are_retired_and_their_id_stays_theirs(
    store: Store,
) -> None:
    fill(store)
    write(store)
    store.run("DELETE FROM segments WHERE segment = 'New'")

    write(store)

    assert arms(store) == ALL[:4]
    add_segment(store, "New", 1)
    assert write(store) == 4
    ids = [
        r[0] for r in store.read("SELECT variant_id FROM current_variants WHERE segment = 'New'")
    ]
    assert min(ids) == "c1-new-2-A"


def test_segments_that_differ_in_signs_only_get_ids_of_their_own(store: Store) -> None:
    fill(store, ("At risk", "At-risk"))

    assert write(store) == 8
    assert store.read("SELECT count(DISTINCT variant_id) FROM variants") == [(8,)]


def test_writing_before_segments_or_sources_says_what_is_missing(store: Store) -> None:
    fill(store, ())

    with pytest.raises(StateError, match="no segments yet"):
        write(store)

    add_segment(store, "Loyal", 0)
    with pytest.raises(StateError, match="No sources were found"):
        write(store)
    with pytest.raises(InputError, match="no campaign 'c9'"):
        write_variants(store, SETTINGS, "c9", actor="ann", writer=Composer())


def test_a_variant_written_anew_is_a_new_version_unlike_the_others(store: Store) -> None:
    fill(store, ("Loyal",))
    write(store)
    before = store.read("SELECT arm, subject FROM current_variants ORDER BY arm")

    version = regenerate(store, SETTINGS, "c1-loyal-B", writer=Composer(), actor="bob")

    assert version == 2
    after = store.read(
        "SELECT arm, subject, version, written_by FROM current_variants ORDER BY arm"
    )
    assert after[1][2:] == (2, "bob")
    assert after[1][1] not in {subject for _, subject in before}
    assert [(a, s) for a, s, _, _ in after if a != "B"] == [(a, s) for a, s in before if a != "B"]
    assert store.read("SELECT count(*) > 0 FROM claims WHERE version = 2") == [(True,)]


def test_the_control_and_the_unknown_are_not_written_anew(store: Store) -> None:
    fill(store, ("Loyal",))
    write(store)

    with pytest.raises(InputError, match="Edit it instead"):
        regenerate(store, SETTINGS, "c1-loyal-control", writer=Composer(), actor="bob")
    with pytest.raises(InputError, match="no message 'c1-x-A'"):
        regenerate(store, SETTINGS, "c1-x-A", writer=Composer(), actor="bob")


def test_somebody_faster_wins_over_a_slow_writer(store: Store) -> None:
    fill(store, ("Loyal",))
    write(store)

    class Slow(Composer):
        def write(
            self, request: WritingRequest, progress: Callable[[str], None] | None = None
        ) -> list[Draft]:
            regenerate(store, SETTINGS, "c1-loyal-A", writer=Composer(), actor="cat")
            return super().write(replace(request, seed="other"), progress)

    with pytest.raises(StateError, match="Somebody else changed this message"):
        regenerate(store, SETTINGS, "c1-loyal-A", writer=Slow(), actor="bob")
    assert store.read("SELECT max(version) FROM variants WHERE arm = 'A'") == [(2,)]
