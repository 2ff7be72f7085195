from __future__ import annotations

import pytest

from personalization.content.front_matter import FrontMatter, Problem, read_front_matter


def test_a_file_is_taken_apart_and_every_field_knows_its_line() -> None:
    fields = ["id: a-b-c", "statements:", "  - id: s1", '    text: "Hello"', "  - {id: s2}"]
    text = "\n".join(["---", *fields, "---", "", "The body.", ""])

    found = read_front_matter("a.md", text)

    assert isinstance(found, FrontMatter)
    assert found.fields == {
        "id": "a-b-c",
        "statements": [{"id": "s1", "text": "Hello"}, {"id": "s2"}],
    }
    assert found.body == "The body."
    assert found.lines["id"] == 2
    assert found.lines["statements[1].text"] == 5
    assert found.lines["statements[2].id"] == 6


def test_a_date_stays_text_so_that_a_wrong_one_can_be_named() -> None:
    found = read_front_matter("a.md", "---\nvalid_until: 2026-02-30\n---\n")

    assert isinstance(found, FrontMatter)
    assert found.fields == {"valid_until": "2026-02-30"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Just a note.\n", id="a note"),
        pytest.param("# A heading\n\n---\n\nA line in the middle.\n", id="a rule further down"),
        pytest.param("\ufeffA note with a byte order mark.", id="a byte order mark"),
        pytest.param("", id="an empty file"),
    ],
)
def test_a_file_without_front_matter_is_all_body(text: str) -> None:
    found = read_front_matter("a.md", text)

    assert isinstance(found, FrontMatter)
    assert not found.is_present
    assert found.body == text.removeprefix("\ufeff").strip()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("---\nid: a\nno end", 3, "not closed", id="no closing dashes"),
        pytest.param(
            "---\nid: a\ntitle: Save 10%: now: yes\n---\n", 3, "YAML", id="an unquoted colon"
        ),
        pytest.param(
            "---\nid: a\ntags: [one, two\nkind: faq\n---\n", 4, "YAML", id="an open bracket"
        ),
        pytest.param("---\nid: a\nkind: faq\nid: b\n---\n", 4, "stands twice", id="a field twice"),
        pytest.param("---\na: &x [1]\nb: *x\n---\n", 3, "alias", id="an alias"),
        pytest.param("---\na: !!python/object:os.system x\n---\n", 2, "YAML", id="a Python object"),
        pytest.param("---\n- one\n- two\n---\n", 2, "no list of fields", id="a list"),
        pytest.param("---\na: " + "[" * 3000 + "\n---\n", None, "YAML", id="nested without an end"),
        pytest.param("---\na: \x00\n---\n", 1, "YAML", id="a zero byte"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(text: str, line: int | None, words: str) -> None:
    found = read_front_matter("folder/a.md", text)

    assert isinstance(found, Problem)
    assert found.source == "folder/a.md"
    assert line is None or found.line == line
    assert words in found.message


def test_windows_line_ends_change_nothing() -> None:
    text = "---\nid: a\nkind: faq\n---\nOne.\nTwo.\n"

    assert read_front_matter("a.md", text.replace("\n", "\r\n")) == read_front_matter("a.md", text)
