from __future__ import annotations

from datetime import date

import pytest

from personalization.content.documents import Document
from personalization.content.reading import read_document

GOOD = {
    "id": "offer-tea",
    "kind": "offer",
    "title": "Tea for two",
    "locale": "en-GB",
    "valid_from": "2026-10-01",
    "valid_until": "2026-12-31",
    "status": "approved",
    "approved_by": "Claire",
    "approved_at": "2026-09-21",
    "statements": '\n  - {id: s1, role: lead, text: "Tea is free.", requires: [s2]}'
    '\n  - {id: s2, role: condition, text: "With any cake."}',
}


def markdown(**changes: str | None) -> str:
    fields = {**GOOD, **changes}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\n".join(["---", *lines, "---", "", "Tea with cake."])


def test_a_document_is_read_as_it_is_written() -> None:
    read = read_document(
        "offers/tea.md",
        markdown(
            audience="{segments: [Loyal], exclude: [New]}", product="[tea]", channel="[email]",
            subject_lines='["Tea for two at our table"]', version="3", jurisdiction="GB",
        ),
    )  # fmt: skip

    assert isinstance(read, Document)
    assert (read.document_id, read.kind, read.version) == ("offer-tea", "offer", 3)
    assert (read.valid_from, read.valid_until) == (date(2026, 10, 1), date(2026, 12, 31))
    assert (read.segments, read.excluded_segments) == (("Loyal",), ("New",))
    assert (read.products, read.channels, read.jurisdiction) == (("tea",), ("email",), "GB")
    assert read.subject_lines == ("Tea for two at our table",)
    assert read.sentences[0].requires == ("s2",)
    assert read.sentences[1].role == "condition"
    assert read.body == "Tea with cake."


@pytest.mark.parametrize(
    ("changes", "line", "field", "words"),
    [
        pytest.param({"id": "Tea for Two"}, 2, "id", "form", id="an id with blanks"),
        pytest.param({"id": None}, 1, "id", "missing", id="no id"),
        pytest.param({"kind": "advert"}, 3, "kind", "benefit, proof, offer", id="an unknown kind"),
        pytest.param({"title": '""'}, 4, "title", "missing", id="an empty title"),
        pytest.param({"locale": "english"}, 5, "locale", "en-GB", id="a locale in words"),
        pytest.param({"locale": "no"}, 5, "locale", "quotes", id="Norwegian without quotes"),
        pytest.param(
            {"valid_until": "31.12.2026"}, 7, "valid_until", "2026-12-24", id="a German date"
        ),
        pytest.param({"valid_until": "2026-02-30"}, 7, "valid_until", "calendar", id="30 February"),
        pytest.param({"valid_until": "2026-09-01"}, 7, "valid_until", "before", id="it ends first"),
        pytest.param({"valid_until": None}, 3, "kind", "valid_until", id="an offer without an end"),
        pytest.param({"status": "ok"}, 8, "status", "draft, approved", id="an unknown status"),
        pytest.param({"approved_by": None}, 8, "status", "approved_by", id="approved by nobody"),
        pytest.param({"kind": "proof"}, 3, "kind", "evidence", id="a proof without evidence"),
        pytest.param(
            {"audience": "everybody"}, 12 + 2, "audience", "segments", id="an audience in words"
        ),
        pytest.param(
            {"audience": "{segmants: [New]}"},
            14,
            "audience.segmants",
            "Known are",
            id="a slip in a field of the audience",
        ),
        pytest.param(
            {"valid_untill": "2026-12-31"}, 14, "valid_untill", "known", id="a slip in a field"
        ),
        pytest.param({"tags": "tea"}, 14, "tags", "list", id="one tag that is no list"),
        pytest.param({"version": "two"}, 14, "version", "whole number", id="a version in words"),
        pytest.param(
            {"subject_lines": '["Tea"]'}, 14, "subject_lines[1]", "15 to 70", id="a short subject"
        ),
        pytest.param(
            {"statements": "Tea is free."}, 11, "statements", "list", id="statements as a text"
        ),
        pytest.param(
            {"statements": "[{id: s1, role: headline, text: Tea}]"},
            11,
            "statements[1].role",
            "lead",
            id="an unknown role",
        ),
        pytest.param(
            {"statements": "[{id: s1, role: lead}]"},
            11,
            "statements[1].text",
            "missing",
            id="a statement without words",
        ),
        pytest.param(
            {"statements": "[{id: s1, role: lead, text: Tea, requires: [s9]}]"},
            11,
            "statements[1].requires",
            "'s9'",
            id="a condition that is not there",
        ),
        pytest.param(
            {"statements": "\n  - {id: s1, role: cta, text: A}\n  - {id: s1, role: cta, text: B}"},
            12,
            "statements[1].id",
            "twice",
            id="two statements of one name",
        ),
        pytest.param(
            {"statements": "[{id: s1, role: lead, text: 'Hi {{shoe_size|you}}'}]"},
            11,
            "statements[1].text",
            "shoe_size",
            id="a merge field nobody has",
        ),
        pytest.param(
            {"statements": "[{id: s1, role: opener, text: 'Free tea is waiting.'}]"},
            11,
            "statements[1].text",
            "must not claim",
            id="an opener that promises",
        ),
        pytest.param(
            {"statements": "[{id: s1, role: lead, text: Tea, subject_ok: perhaps}]"},
            11,
            "statements[1].subject_ok",
            "true or false",
            id="neither true nor false",
        ),
    ],
)
def test_a_broken_document_is_reported_by_line_and_field(
    changes: dict[str, str | None], line: int, field: str, words: str
) -> None:
    read = read_document("offers/tea.md", markdown(**changes))

    assert isinstance(read, tuple)
    found = {problem.field: problem for problem in read}
    assert found[field].line == line
    assert words in found[field].message


def test_all_that_is_wrong_is_said_at_once() -> None:
    read = read_document("a.md", markdown(kind="advert", locale="english", status="ok"))

    assert isinstance(read, tuple)
    assert [problem.field for problem in read] == ["kind", "locale", "status"]


def test_a_body_without_statements_is_cited_sentence_by_sentence() -> None:
    read = read_document("a.md", markdown(kind="faq", statements=None))

    assert isinstance(read, Document)
    assert [(s.local_id, s.role, s.text) for s in read.sentences] == [
        ("s1", "answer", "Tea with cake.")
    ]


def test_a_plain_note_is_a_draft_named_after_its_file() -> None:
    read = read_document("notes/Cake & Tea.md", "# Cake and tea\n\nWe sell cake. We sell tea.")

    assert isinstance(read, Document)
    assert (read.document_id, read.title, read.status) == ("cake-tea", "Cake and tea", "draft")
    assert [s.role for s in read.sentences] == ["lead", "detail"]


def test_what_was_approved_changes_the_fingerprint_and_the_place_does_not() -> None:
    here = read_document("a.md", markdown())
    there = read_document("b/c.md", markdown(version="7"))
    changed = read_document("a.md", markdown(valid_until="2027-12-31"))

    assert isinstance(here, Document)
    assert isinstance(there, Document)
    assert isinstance(changed, Document)
    assert here.content_sha256 == there.content_sha256
    assert here.content_sha256 != changed.content_sha256
