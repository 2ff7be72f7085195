from __future__ import annotations

import re
from datetime import date

import pytest

from personalization.content.documents import Document
from personalization.content.fields import LONGEST_TITLE, MOST_ITEMS
from personalization.content.reading import LARGEST_FILE, read_bytes, read_document

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
            {"statements": "[{id: s1, role: lead, text: 'Hi {{prospect.company|you}}'}]"},
            11,
            "statements[1].text",
            "prospects only",
            id="a prospect's field in a mailing",
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


@pytest.mark.parametrize("stem", ["заметка", "другая", "日本語 1", "お知らせ 1"])
def test_a_note_named_in_another_script_has_an_id_of_its_own(stem: str) -> None:
    read = read_document(f"notes/{stem}.md", "We sell cake.")

    assert isinstance(read, Document)
    assert re.fullmatch(r"(note|1)-[0-9a-f]{8}", read.document_id)
    others = {"заметка", "другая", "日本語 1", "お知らせ 1"} - {stem}
    assert read.document_id not in {
        each.document_id
        for other in others
        if isinstance(each := read_document(f"notes/{other}.md", "We sell cake."), Document)
    }


def test_a_note_named_in_our_script_keeps_its_id() -> None:
    ids = [
        read.document_id
        for stem in ("a", "Café", "Straße 7")
        if isinstance(read := read_document(f"{stem}.md", "We sell cake."), Document)
    ]

    assert ids == ["--a", "caf", "stra-e-7"]


HEAD = "---\nid: benefit-tea\nkind: benefit\ntitle: Tea\nlocale: en-GB\n"
ONE = "statements: [{id: s1, role: lead, text: Tea.}]\n---\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("Tea is hot. " * (MOST_ITEMS + 1), "500 sentences", id="a plain note"),
        pytest.param(
            f"{HEAD}---\n" + "Tea is hot. " * (MOST_ITEMS + 1), "500 sentences", id="a body"
        ),
        pytest.param(
            f"{HEAD}statements:\n" + "  - {id: s1, role: lead}\n" * 501 + "---\nTea.",
            "501 statements", id="statements",
        ),
        pytest.param(
            HEAD.replace("Tea", "T" * (LONGEST_TITLE + 1)) + ONE, "201 characters", id="a title"
        ),
        pytest.param(HEAD + ONE.replace("Tea", "T" * 2_000), "this one 2,001", id="a statement"),
        pytest.param(HEAD + "tags: [" + "a," * 501 + "]\n" + ONE, "501 entries", id="a list"),
        pytest.param(HEAD + "# " + "a" * 100_000 + "\n" + ONE, "more than 100,000", id="a head"),
    ],
)  # fmt: skip
def test_more_than_anybody_reads_before_an_approval_is_refused(text: str, words: str) -> None:
    read = read_document("a.md", text)

    assert isinstance(read, tuple)
    assert words in " ".join(problem.message for problem in read)


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("Sentence one here. ", id="sentences"),
        pytest.param("Mr. A ", id="abbreviations"),
        pytest.param("[", id="brackets"),
        pytest.param("[a](", id="links without an end"),
        pytest.param("*a ", id="stars"),
        pytest.param("`", id="backticks"),
        pytest.param("#", id="hashes"),
    ],
)
def test_the_largest_file_is_read_at_once(unit: str) -> None:
    head = f"{HEAD}---\n# a"
    raw = (head + unit * ((LARGEST_FILE - len(head) - 1) // len(unit)) + "a").encode()

    # Every one of these took minutes or hours, so the limit of the suite tells.
    assert isinstance(read_bytes("a.md", raw), tuple)


def test_brackets_in_brackets_are_refused_where_they_get_too_deep() -> None:
    read = read_document("a.md", f"{HEAD}evidence: " + "[" * 90_000 + "\n---\nTea.")

    assert isinstance(read, tuple)
    assert "more than 12 deep" in read[0].message


def test_numbers_are_kept_as_they_were_written() -> None:
    read = read_document(
        "a.md",
        markdown(
            title="12:30", approved_by="0123", evidence="1e3", version="7",
            statements="[{id: s1, role: lead, text: 1.10}, {id: s2, role: detail, text: 10_000}]",
        ),
    )  # fmt: skip

    assert isinstance(read, Document)
    assert (read.title, read.approved_by, read.evidence) == ("12:30", "0123", "1e3")
    assert [sentence.text for sentence in read.sentences] == ["1.10", "10_000"]
    assert read.version == 7


@pytest.mark.parametrize("version", ["0", "-1", "1.5", "0x3", "1:30", "1_0", "1000001", "9" * 5000])
def test_only_a_whole_number_is_a_version(version: str) -> None:
    read = read_document("a.md", markdown(version=version))

    assert isinstance(read, tuple)
    assert [problem.field for problem in read] == ["version"]


def test_what_was_approved_changes_the_fingerprint_and_the_place_does_not() -> None:
    here = read_document("a.md", markdown())
    there = read_document("b/c.md", markdown(version="7"))
    changed = read_document("a.md", markdown(valid_until="2027-12-31"))

    assert isinstance(here, Document)
    assert isinstance(there, Document)
    assert isinstance(changed, Document)
    assert here.content_sha256 == there.content_sha256
    assert here.content_sha256 != changed.content_sha256
