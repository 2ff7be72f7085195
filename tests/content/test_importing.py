from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.content import import_content, set_status
from personalization.errors import InputError
from personalization.store import Store, verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def versions(store: Store) -> list[tuple[Any, ...]]:
    return store.read("SELECT document_id, version, status FROM documents ORDER BY ALL")


def kinds_of_audit(store: Store) -> list[str]:
    return [kind for (kind,) in store.read("SELECT kind FROM audit_log ORDER BY seq")]


def test_documents_arrive_with_passages_and_statements(
    store: Store, write: Callable[..., Path]
) -> None:
    statements = (
        '[{id: s1, role: lead, text: "Tea is free.", alts: ["Free tea."], requires: [s2]},'
        ' {id: s2, role: condition, text: "With cake."}]'
    )
    corpus = write("tea-offer", kind="offer", statements=statements)

    found = import_content(store, corpus, actor="anna")

    assert (found.documents, found.new_versions, found.unchanged) == (1, 1, 0)
    assert store.read("SELECT passage_id FROM passages") == [("tea-offer@1#p1",)]
    rows = store.records("SELECT * FROM statements ORDER BY position")
    assert [row["statement_id"] for row in rows] == ["tea-offer@1#s1", "tea-offer@1#s2"]
    assert json.loads(rows[0]["requires"]) == ["tea-offer@1#s2"]
    assert json.loads(rows[0]["alternates"]) == ["Free tea."]
    assert {row["passage_id"] for row in rows} == {"tea-offer@1#p1"}


def test_a_second_import_of_the_same_folder_changes_nothing(
    store: Store, write: Callable[..., Path]
) -> None:
    corpus = write("cake-one")
    import_content(store, corpus, actor="anna")
    before = store.read("SELECT * FROM documents")

    again = import_content(store, corpus, actor="ben")

    assert (again.new_versions, again.unchanged) == (0, 1)
    assert store.read("SELECT * FROM documents") == before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"statements": '[{id: s1, role: lead, text: "New."}]'}, id="a statement"),
        pytest.param({"body": "Another body."}, id="the body"),
        pytest.param({"valid_until": "2028-12-31"}, id="a longer validity"),
        pytest.param({"audience": "{segments: [New]}"}, id="another audience"),
    ],
)
def test_a_change_is_a_new_version_and_its_old_approval_does_not_cover_it(
    store: Store, write: Callable[..., Path], change: dict[str, str]
) -> None:
    import_content(store, write("cake-one"), actor="anna")

    found = import_content(store, write("cake-one", **change), actor="anna")

    assert found.new_versions == 1
    assert versions(store) == [("cake-one", 1, "approved"), ("cake-one", 2, "draft")]
    assert [(p.source, p.field) for p in found.problems] == [("corpus/cake-one.md", "approved_at")]


def test_a_change_with_a_new_approval_is_approved(store: Store, write: Callable[..., Path]) -> None:
    import_content(store, write("cake-one"), actor="anna")

    found = import_content(
        store, write("cake-one", "Other words.", approved_at="2026-11-02"), actor="anna"
    )

    assert versions(store)[-1] == ("cake-one", 2, "approved")
    assert found.problems == ()


def test_an_approval_does_not_come_back_with_a_third_text(
    store: Store, write: Callable[..., Path]
) -> None:
    for body in ("One.", "Two.", "Three."):
        import_content(store, write("cake-one", body), actor="anna")

    assert [status for _, _, status in versions(store)] == ["approved", "draft", "draft"]


def test_a_text_that_was_retired_stays_retired_when_the_file_goes_back_to_it(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one", "One."), actor="anna")
    set_status(store, "cake-one", "retired", actor="anna")
    import_content(store, write("cake-one", "Two."), actor="anna")

    import_content(store, write("cake-one", "One."), actor="anna")

    assert versions(store)[-1] == ("cake-one", 3, "retired")


def test_a_file_that_goes_back_to_an_approved_text_does_not_undo_a_retirement(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one", "One."), actor="anna")
    import_content(store, write("cake-one", "Two."), actor="anna")
    set_status(store, "cake-one", "retired", actor="anna")

    found = import_content(store, write("cake-one", "One."), actor="anna")

    assert versions(store)[-1] == ("cake-one", 3, "draft")
    [problem] = found.problems
    assert problem.field == "status"
    assert "retired or withdrawn since" in problem.message


def test_a_broken_document_is_listed_and_the_rest_loads(
    store: Store, write: Callable[..., Path]
) -> None:
    write("cake-one")
    corpus = write("cake-two", status="ok")
    (corpus / "latin.md").write_bytes("Fête\n".encode("latin-1"))
    (corpus / "empty.md").write_text("")

    found = import_content(store, corpus, actor="anna")

    assert versions(store) == [("cake-one", 1, "approved")]
    listed = store.read("SELECT source, line, field FROM content_problems ORDER BY ALL")
    assert listed == [
        ("corpus/cake-two.md", 9, "status"),
        ("corpus/empty.md", 1, None),
        ("corpus/latin.md", 1, None),
    ]
    assert len(found.problems) == 3


def test_problems_are_those_of_the_last_import(store: Store, write: Callable[..., Path]) -> None:
    import_content(store, write("cake-one", status="ok"), actor="anna")

    import_content(store, write("cake-one"), actor="anna")

    assert store.read("SELECT * FROM content_problems") == []


def test_a_document_that_breaks_later_stays_as_it_was(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")

    found = import_content(store, write("cake-one", kind="advert"), actor="anna")

    assert versions(store) == [("cake-one", 1, "approved")]
    assert [problem.field for problem in found.problems] == ["kind"]


def test_a_file_that_is_gone_is_listed_because_it_may_still_be_said(
    store: Store, write: Callable[..., Path]
) -> None:
    write("cake-one")
    corpus = write("cake-two")
    import_content(store, corpus, actor="anna")
    (corpus / "cake-two.md").unlink()

    found = import_content(store, corpus, actor="anna")

    assert [problem.source for problem in found.problems] == ["corpus/cake-two.md"]
    assert "Retire it" in found.problems[0].message


def test_an_id_counts_once(store: Store, write: Callable[..., Path]) -> None:
    corpus = write("cake-one")
    (corpus / "z.md").write_text((corpus / "cake-one.md").read_text())

    found = import_content(store, corpus, actor="anna")

    assert found.documents == 1
    assert "taken by corpus/cake-one.md" in found.problems[0].message


def test_a_readme_and_hidden_files_are_no_documents(
    store: Store, write: Callable[..., Path]
) -> None:
    corpus = write("cake-one")
    (corpus / "README.md").write_text("How to write documents.")
    (corpus / ".draft.md").write_text("Not yet.")

    assert import_content(store, corpus, actor="anna").documents == 1


def test_conditions_stay_in_the_passage_of_what_requires_them(
    store: Store, write: Callable[..., Path]
) -> None:
    long = "# Tea\n\n" + "tea pot " * 80 + "\n\n# Cake\n\n" + "cake stand " * 80
    statements = (
        '[{id: s1, role: lead, text: "The cake stand is half price.", requires: [s2]},'
        ' {id: s2, role: condition, text: "Until Friday with any tea."},'
        ' {id: s3, role: lead, text: "A tea pot for two."}]'
    )
    import_content(store, write("tea-cake", long, statements=statements), actor="anna")

    homes = store.read("SELECT passage_id FROM statements ORDER BY position")

    assert homes == [("tea-cake@1#p2",), ("tea-cake@1#p2",), ("tea-cake@1#p1",)]


def test_every_new_version_is_in_the_audit_trail(store: Store, write: Callable[..., Path]) -> None:
    import_content(store, write("cake-one"), actor="anna")
    set_status(store, "cake-one", "retired", actor="ben")
    set_status(store, "cake-one", "retired", actor="ben")
    set_status(store, "cake-one", "approved", actor="carla")

    assert kinds_of_audit(store) == [
        "document.imported", "content.imported", "document.retired", "document.approved",
    ]  # fmt: skip
    signed = store.read_one("SELECT status, approved_by, approved_at FROM documents")
    assert signed == ("approved", "carla", "2026-12-01T09:30:00+00:00")
    assert verify_chain(store).is_whole


@pytest.mark.parametrize(("document_id", "status"), [("cake-one", "fine"), ("no-such", "approved")])
def test_a_status_needs_a_known_document_and_a_known_word(
    store: Store, write: Callable[..., Path], document_id: str, status: str
) -> None:
    import_content(store, write("cake-one"), actor="anna")

    with pytest.raises(InputError, match="unknown"):
        set_status(store, document_id, status, actor="anna")


def test_a_missing_folder_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no content folder"):
        import_content(store, tmp_path / "nowhere", actor="anna")
