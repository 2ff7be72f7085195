"""A message stands on every document whose words it carries, whether they claim anything or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.content import set_status
from personalization.domain import Message
from personalization.generation import carry_over, edit_variant, regenerate, write_variants
from personalization.generation.quoting import plain, quoted
from personalization.generation.recording import current_variant
from personalization.providers.composer import Composer
from personalization.safety import activate_policy
from tests.generation.campaigns import SETTINGS, Hosted, add_segment, unchanged
from tests.generation.campaigns import fill as fill_in
from tests.providers.fern_and_fig import content, passage

if TYPE_CHECKING:
    from personalization.providers.protocols import Draft, WritingRequest
    from personalization.store import Store

_FRAMES = {
    "friendly-greeting-1": ("greeting", "Hello {{first_name|there}},"),
    "friendly-opener-1": ("opener", "Here is a note from our bench."),
    "friendly-bridge-1": ("bridge", "One more thing from Leeds."),
    "friendly-close-1": ("close", "Call in whenever you are near."),
    "friendly-sign_off-1": ("sign_off", "Yours, all of us at Fern & Fig"),
}
_VOICE = "SELECT document_id FROM current_documents WHERE kind = 'voice'"


def fill(store: Store, segments: tuple[str, ...] = ("Loyal", "New")) -> None:
    """Put a campaign into the tables, whose shop has a voice of its own."""
    a_statement = content()[0].statements[0]
    spoken = tuple(
        replace(
            a_statement, statement_id=f"voice@1#{name}", document_id="voice", role=role, text=text,
            alternates=(),
        )
        for name, (role, text) in _FRAMES.items()
    )  # fmt: skip
    voice = replace(passage("voice", "voice", "x"), statements=spoken)
    fill_in(store, segments, (*content(), voice))


def voice_of(store: Store) -> str:
    [(document_id,)] = store.read(_VOICE)
    return str(document_id)


def approve(store: Store) -> None:
    """Put a screening that passed and an approval on record for every message."""
    activate_policy(store, SETTINGS, actor="ann")
    store.run(
        "INSERT INTO screenings (screening_id, variant_id, version, campaign_id, content_sha256, "
        "decision, engine, engine_version, policy_version, categories, n_strings, screened_at, "
        "house_sha256) SELECT nextval('screening_ids'), variant_id, version, campaign_id, "
        "content_sha256, 'pass', 'embedded', '1', (SELECT policy_version FROM policy_in_force), "
        "'{}', 1, now(), house_sha256 FROM current_variants JOIN house_rules USING (campaign_id)"
    )
    store.run(
        "INSERT INTO approvals SELECT nextval('approval_ids'), variant_id, version, campaign_id, "
        "content_sha256, 'approved', '', 'bea', false, screening_id, now(), NULL FROM screenings"
    )


def sendable(store: Store) -> set[str]:
    return {str(row[0]) for row in store.read("SELECT variant_id FROM sendable_variants")}


def sources(store: Store, variant_id: str) -> set[str]:
    rows = store.read(
        "SELECT statement_id FROM variant_sources JOIN current_variants USING (variant_id, version)"
        " WHERE variant_id = $id",
        id=variant_id,
    )
    return {str(row[0]) for row in rows}


def quotes_voice(store: Store, variant_id: str) -> bool:
    return any(source.startswith(f"{voice_of(store)}@") for source in sources(store, variant_id))


def test_retiring_the_voice_voids_every_message_that_quotes_it(store: Store) -> None:
    fill(store)
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer())
    approve(store)
    before = sendable(store)
    quoting = {v for v in before if quotes_voice(store, v)}

    set_status(store, voice_of(store), "retired", actor="bea")

    assert len(before) == 8
    assert {v for v in before if not v.endswith("control")} <= quoting
    assert sendable(store) == before - quoting


def test_a_hosted_writers_text_is_bound_to_the_voice_like_a_composed_one(store: Store) -> None:
    fill(store, ("Loyal",))
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Hosted(unchanged))

    assert quotes_voice(store, "c1-loyal-A")


class Withdrawing(Composer):
    """Somebody retires the voice while the writer is still writing."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store

    def write(self, request: WritingRequest, progress: object = None) -> list[Draft]:
        del progress
        drafts = super().write(request)
        set_status(self.store, voice_of(self.store), "retired", actor="bea")
        return drafts


def test_what_is_withdrawn_during_the_writing_is_not_sent(store: Store) -> None:
    fill(store, ("Loyal",))
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Withdrawing(store))
    approve(store)

    assert quotes_voice(store, "c1-loyal-A")
    assert "c1-loyal-A" not in sendable(store)


def test_a_rewritten_message_keeps_the_voice_as_its_source(store: Store) -> None:
    fill(store, ("Loyal",))
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer())

    regenerate(store, SETTINGS, "c1-loyal-A", writer=Composer(), actor="ann")

    assert quotes_voice(store, "c1-loyal-A")


def test_an_edit_keeps_the_sources_whose_words_still_stand(store: Store) -> None:
    fill(store, ("Loyal",))
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer())
    set_status(store, voice_of(store), "retired", actor="bea")
    written = current_variant(store, "c1-loyal-A")
    assert written is not None
    message = replace(written.message, subject="Something for the autumn")

    edit_variant(store, "c1-loyal-A", message, seen_version=1, actor="ann")
    still = quotes_voice(store, "c1-loyal-A")
    own = replace(message, body="Good day.\n\nYours, the shop")
    edit_variant(store, "c1-loyal-A", own, seen_version=2, actor="ann")

    assert still
    assert not quotes_voice(store, "c1-loyal-A")


def test_what_is_carried_over_brings_its_sources_even_if_withdrawn(store: Store) -> None:
    fill(store, ("Loyal",))
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer())
    store.run(
        "INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt, "
        "confidence, designed_at, designed_by) VALUES ('e1', 'c1', '{}', 'x', 's', 0.95, now(), "
        "'ann')"
    )
    store.run(
        "INSERT INTO arms SELECT 'e1', segment, arm, 1, 0.5, variant_id, version, content_sha256 "
        "FROM current_variants"
    )
    store.run(
        "INSERT INTO campaigns SELECT 'c2', name, dataset_id, 'c1', brief, send_on, locale, 'c2', "
        "created_at, created_by, 'r2' FROM campaigns"
    )
    add_segment(store, "Loyal", 0, "c2")
    set_status(store, voice_of(store), "retired", actor="bea")

    carry_over(store, "c2", parent_id="c1", winners="A", actor="ann")

    assert quotes_voice(store, "c2-loyal-A")


def test_words_approved_elsewhere_as_well_are_not_withdrawn(store: Store) -> None:
    fill(store, ("Loyal",))
    write_variants(store, SETTINGS, "c1", actor="ann", writer=Composer())
    store.run(
        "INSERT INTO documents SELECT * REPLACE (2 AS version) FROM documents WHERE kind = 'voice'"
    )
    store.run(
        "INSERT INTO statements SELECT * REPLACE (replace(statement_id, '@1', '@2') || '-2' AS "
        "statement_id, 2 AS version) FROM statements WHERE document_id = $voice",
        voice=voice_of(store),
    )
    written = current_variant(store, "c1-loyal-A")
    assert written is not None

    message = replace(written.message, subject="Something for the autumn")
    edit_variant(store, "c1-loyal-A", message, seen_version=1, actor="ann")

    versions = store.read(
        "SELECT DISTINCT statements.version FROM variant_sources AS quoted "
        "JOIN statements USING (statement_id) "
        "WHERE variant_id = 'c1-loyal-A' AND quoted.version = 2 AND document_id = $voice",
        voice=voice_of(store),
    )
    assert versions == [(2,)]


def message(body: str) -> Message:
    return Message("Autumn", "News", body, "Visit the shop", "https://x.example/", "Footer")


def test_line_breaks_and_a_last_full_stop_make_no_other_words() -> None:
    wordings = {plain("Warmly, all of us."): {"a"}, plain("VISIT the shop."): {"b"}}

    assert quoted(message("Hello,\n\nWarmly,\nall of us"), wordings) == {"a", "b"}


def test_a_word_inside_another_is_no_quotation() -> None:
    assert quoted(message("Othello"), {"hello": {"a"}, "othel": {"b"}}) == set()


def test_of_two_wordings_that_overlap_the_longer_one_counts() -> None:
    wordings = {"hello": {"voice"}, "hello you": {"control"}}

    assert quoted(message("Hello you"), wordings) == {"control"}
    assert quoted(message("Hello you. Hello!"), wordings) == {"control", "voice"}
