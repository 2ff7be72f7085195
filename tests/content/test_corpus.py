"""The shipped corpus: it loads, it is enough for every segment, and its figures are true."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from personalization.content import import_content
from personalization.content.corpus import read_corpus
from personalization.content.documents import CLAIM_ROLES, FRAME_ROLES, Document
from personalization.content.eligibility import Audience, eligible_passages
from personalization.domain import OUTREACH_CHANNELS, ROLES

if TYPE_CHECKING:
    from personalization.store import Store

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "content_corpus"
LEDGER = ROOT / "tests" / "data" / "corpus_approvals.tsv"
SEND_ON = date(2026, 12, 1)
RFM = (
    "Champions", "Loyal", "Potential loyalists", "Promising", "New", "Need attention",
    "About to sleep", "At risk", "Cannot lose", "Hibernating",
)  # fmt: skip
TONES = ("friendly", "formal", "professional", "promotional", "informative")


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    read, problems = read_corpus(CORPUS)
    assert problems == []
    return {document.document_id: document for document in read}


def test_it_loads_without_a_problem(store: Store) -> None:
    found = import_content(store, CORPUS, actor="anna")

    assert found.problems == ()
    approved = store.read_one("SELECT count(*) FROM current_documents WHERE status = 'approved'")
    assert approved is not None
    assert approved[0] >= 24


def test_it_has_a_draft_a_retired_and_an_expired_document(documents: dict[str, Document]) -> None:
    states = Counter(document.status for document in documents.values())
    expired = [d for d in documents.values() if d.valid_until and d.valid_until < SEND_ON]

    assert states["draft"] >= 1
    assert states["retired"] >= 1
    assert [document.document_id for document in expired] == ["offer-summer-garden"]


def test_no_approval_covers_two_texts(documents: dict[str, Document]) -> None:
    """A shop that has the earlier text keeps its approvals when the new version is imported.

    Who changes an approved document renews its approved_at, and adds the line told here to
    tests/data/corpus_approvals.tsv; otherwise it waits as a draft wherever it was imported before.
    """
    rows = [line.split("\t") for line in LEDGER.read_text().splitlines() if line[:1] != "#"]
    known = {(document_id, approved_at): digest for document_id, approved_at, digest in rows}
    now = {
        (d.document_id, str(d.approved_at)): d.content_sha256[:16]
        for d in documents.values()
        if d.status == "approved"
    }

    assert len(known) == len(rows), "an approval has two lines"
    assert {key: digest for key, digest in now.items() if known.get(key) != digest} == {}


@pytest.mark.parametrize("segment", [*RFM, "Recent frequent big spenders"])
def test_every_segment_has_enough_for_three_different_messages(shop: Store, segment: str) -> None:
    found = eligible_passages(shop, Audience(SEND_ON, "en-GB", (segment,)))

    kinds = Counter(passage.kind for passage in found)
    assert kinds["benefit"] >= 6
    assert kinds["proof"] >= 3
    assert kinds["offer"] >= 3
    assert kinds["cta"] >= 3
    assert kinds["story"] >= 3


def test_every_rfm_segment_is_spoken_to_in_a_document_of_its_own(
    documents: dict[str, Document],
) -> None:
    named = {
        segment
        for document in documents.values()
        for segment in document.segments
        if "email" in document.channels
    }

    assert named == set(RFM)


def test_every_offer_says_its_conditions_with_it(documents: dict[str, Document]) -> None:
    for document in documents.values():
        if document.kind == "offer":
            roles = {sentence.local_id: sentence.role for sentence in document.sentences}
            for lead in (s for s in document.sentences if s.role == "lead"):
                assert [roles[needed] for needed in lead.requires] == ["condition"], document.source


def test_leads_come_in_several_wordings_and_no_sentence_stands_twice(
    documents: dict[str, Document],
) -> None:
    said = Counter(
        text
        for document in documents.values()
        for sentence in document.sentences
        if sentence.role in CLAIM_ROLES
        for text in (sentence.text, *sentence.alternates)
    )

    assert [text for text, times in said.items() if times > 1] == []
    for document in documents.values():
        if (
            document.kind == "benefit"
            and document.locale == "en-GB"
            and document.status == "approved"
        ):
            assert len(document.sentences[0].alternates) >= 2, document.source


def test_an_alternate_says_the_same_figures(documents: dict[str, Document]) -> None:
    for document in documents.values():
        for sentence in document.sentences:
            for alternate in sentence.alternates:
                assert figures(alternate) == figures(sentence.text), alternate


def figures(text: str) -> list[str]:
    return sorted(re.findall(r"\d[\d,.]*\d|\d|[A-Z]{4,}\d*", text))


def test_subject_lines_can_be_used_as_they_are(documents: dict[str, Document]) -> None:
    for document in documents.values():
        for line in document.subject_lines:
            assert 15 <= len(line) <= 60, line
            assert not line.isupper()
            assert "!" not in line


def test_the_voice_has_frames_for_every_tone(documents: dict[str, Document]) -> None:
    voice = documents["voice-hearth-and-ribbon"]

    frames = Counter((s.local_id.split("-")[0], s.role) for s in voice.sentences)
    for tone in TONES:
        for role in FRAME_ROLES:
            assert frames[tone, role] >= 2, (tone, role)


def test_the_control_text_is_whole(documents: dict[str, Document]) -> None:
    control = documents["control-message"]

    assert "control" in control.tags
    assert {sentence.role for sentence in control.sentences} == {
        "control_subject", "control_preheader", "control_body", "control_cta",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("document_id", "pattern", "n_customers"),
    [
        pytest.param("proof-cake-stand", "REGENCY CAKESTAND 3 TIER", 881),
        pytest.param("proof-hanging-heart", "WHITE HANGING HEART T-LIGHT HOLDER", 856),
        pytest.param("proof-hanging-heart", "%T-LIGHT%", 2288),
        pytest.param("proof-bunting", "%BUNTING%", 1604),
        pytest.param("proof-bags", "%JUMBO%BAG%", 1341),
        pytest.param("proof-bags", "%LUNCH BAG%", 1175),
        pytest.param("proof-warmth", "%HOT WATER BOTTLE%", 1350),
        pytest.param("proof-warmth", "HAND WARMER%", 744),
        pytest.param("story-retrospot", "%RETROSPOT%", 2932),
        pytest.param("proof-they-come-back", "%", 4338),
        pytest.param("outreach-box-orders", "%", 4338),
    ],
)
def test_the_evidence_counts_what_the_order_records_hold(
    documents: dict[str, Document], document_id: str, pattern: str, n_customers: int
) -> None:
    row = duckdb.execute(
        "SELECT count(DISTINCT CustomerID) FROM read_parquet($path) WHERE Quantity > 0"
        " AND UnitPrice > 0 AND InvoiceNo NOT LIKE 'C%' AND Description LIKE $pattern",
        {"path": str(ROOT / "sample_data" / "transactions.parquet"), "pattern": pattern},
    ).fetchall()[0]

    assert row == (n_customers,)
    assert f"{n_customers:,}" in (documents[document_id].evidence or "")


@pytest.mark.parametrize("language", ["", "-de", "-fr"])
def test_the_evidence_of_box_orders_counts_the_order_records(
    documents: dict[str, Document], language: str
) -> None:
    [(by_the_box, often)] = duckdb.execute(
        """
        WITH kept AS (
            SELECT CustomerID AS customer, InvoiceNo AS order_id, Quantity AS pieces
            FROM read_parquet($path)
            WHERE Quantity > 0 AND UnitPrice > 0 AND CustomerID IS NOT NULL
        ), customers AS (
            SELECT max(pieces) AS most, count(DISTINCT order_id) AS orders FROM kept
            GROUP BY customer
        )
        SELECT count(*) FILTER (most >= 48), count(*) FILTER (orders >= 10) FROM customers
        """,
        {"path": str(ROOT / "sample_data" / "transactions.parquet")},
    ).fetchall()

    document = documents[f"outreach-box-orders{language}"]
    evidence = re.sub(r"(?<=\d)[., ](?=\d)", "", document.evidence or "")
    assert (by_the_box, often) == (2003, 391)
    assert str(by_the_box) in evidence
    assert str(often) in evidence


def test_what_is_said_to_prospects_is_found_by_no_mailing(documents: dict[str, Document]) -> None:
    own = [d for d in documents.values() if d.document_id.startswith("outreach-")]

    assert len(own) >= 30
    assert [d.document_id for d in own if set(d.channels) != set(OUTREACH_CHANNELS)] == []
    assert [d.document_id for d in own if not set(d.segments) <= set(ROLES)] == []
