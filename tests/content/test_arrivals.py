"""The library: uploaded, written, approved, taken out and brought back, and never by a file."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization import campaign
from personalization.content import (
    approve_document,
    authors_of,
    document_fields,
    examine_files,
    export_library,
    import_content,
    markdown_of,
    reopen_document,
    retire_unused,
    save_document,
    stored_document,
    take_in_files,
    withdraw_document,
)
from personalization.content.documents import KINDS, Document, Sentence
from personalization.content.exporting import path_of
from personalization.content.markdown import as_markdown
from personalization.content.reading import LARGEST_FILE, read_bytes, read_document
from personalization.content.uploading import safe_name
from personalization.errors import InputError, StateError
from personalization.settings import Settings
from personalization.store import Store, verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).parents[2] / "content_corpus"
TODAY = date(2026, 12, 1)


def document(store: Store, name: str = "cake-one") -> Document:
    found = stored_document(store, name)
    assert found is not None
    return found


def edit(store: Store, name: str = "cake-one", *, actor: str = "ben", **changes: object) -> str:
    before = document(store, name)
    fields = {**document_fields(before), **changes}
    return save_document(
        store, markdown_of(fields), actor=actor, seen_version=before.version, reason="Better"
    )


def approve(store: Store, name: str = "cake-one", *, actor: str = "carla", **how: object) -> None:
    told: dict[str, Any] = {"approved_by": actor, "approved_on": TODAY, **how}
    version = document(store, name).version or 0
    approve_document(store, name, version=version, actor=actor, **told)


# A file is what it says ----------------------------------------------------------------

words = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1,
    max_size=200,
).map(str.strip).filter(bool)  # fmt: skip
names = st.lists(words, max_size=3).map(tuple)
sentences = st.lists(
    st.builds(
        Sentence, st.just("s1"), st.sampled_from(["lead", "detail", "answer"]),
        words.filter(lambda text: "{{" not in text), names.map(lambda _: ()), st.just(()),
        st.booleans(),
    ),
    min_size=1, max_size=1,
).map(tuple)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.builds(
        Document, st.from_regex(r"[a-z0-9-]{3,64}", fullmatch=True),
        st.sampled_from([kind for kind in KINDS if kind not in ("offer", "proof")]), words,
        words.filter(lambda text: not text.startswith("---")), st.just("app/draft.md"),
        products=names, tags=names, sentences=sentences, evidence=st.none() | words,
        valid_from=st.none() | st.dates(date(2020, 1, 1)), locale=st.sampled_from(["en-GB", "de"]),
    )
)  # fmt: skip
def test_what_is_written_reads_back_as_the_same_document(written: Document) -> None:
    read = read_document("app/draft.md", as_markdown(written))

    assert read == written


def test_every_shipped_file_reads_back_as_itself(shop: Store) -> None:
    archive = zipfile.ZipFile(io.BytesIO(export_library(shop, actor="anna")))
    before = {row[0]: row[1] for row in shop.read("SELECT document_id, version FROM documents")}

    outcomes = {each.outcome for each in examine_files(
        shop, [(name, archive.read(name)) for name in archive.namelist()]
    )}  # fmt: skip

    assert len(archive.namelist()) == len(before)
    assert outcomes == {"unchanged"}
    assert "offers/free-delivery.md" in archive.namelist()


def test_the_exported_library_is_no_news_to_the_folder(
    store: Store, write: Callable[..., Path]
) -> None:
    corpus = write("cake-one")
    write("cake-two", status="draft", approved_by=None, approved_at=None)
    import_content(store, corpus, actor="anna")
    approve(store, "cake-two", evidence="Price list 7")
    edit(store, body="Cake stands hold many cakes.")
    approve(store)
    with zipfile.ZipFile(io.BytesIO(export_library(store, actor="anna"))) as archive:
        archive.extractall(corpus)

    again = import_content(store, corpus, actor="anna")

    assert (again.documents, again.new_versions, again.problems) == (2, 0, ())
    assert export_library(store, actor="a") == export_library(store, actor="b")


@pytest.mark.parametrize(
    "source",
    [
        "content_corpus/../../etc/cron.md",
        "c//etc/x.md",
        "c/a\\b.md",
        "c/x.sh",
        "c/.md",
        "",
    ],
)
def test_no_file_of_the_library_is_written_outside_its_folder(source: str) -> None:
    odd = Document("tea-offer", "offer", "Tea", "b", source)

    assert path_of(odd, source) == "offers/tea-offer.md"


# Files and the app ---------------------------------------------------------------------


def test_a_file_with_a_new_approval_brings_no_withdrawn_source_back(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    withdraw_document(store, "cake-one", reason="The price is wrong.", actor="anna")

    same = import_content(store, write("cake-one", approved_at="2026-11-30"), actor="anna")
    other = import_content(
        store, write("cake-one", "Other words.", approved_at="2026-12-01"), actor="anna"
    )

    assert (same.new_versions, [p.field for p in same.problems]) == (0, ["status"])
    assert (other.new_versions, [p.field for p in other.problems]) == (1, ["status"])
    assert document(store).status == "draft"
    with pytest.raises(StateError, match="was withdrawn"):
        approve(store)


def test_a_file_brings_no_retired_document_back_however_often_it_is_changed(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    retire_unused(store, "cake-one", reason="Sold out", actor="anna")

    for number, body in enumerate(("Two.", "Three.", "Four."), 1):
        import_content(store, write("cake-one", body, approved_at=f"2026-11-2{number}"), actor="a")

        assert document(store).status == "draft"

    approve(store)
    import_content(store, write("cake-one", "Five.", approved_at="2026-12-01"), actor="a")
    assert document(store).status == "approved"


def test_what_was_written_in_the_app_stands_until_its_file_says_more(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    edit(store, body="Written in the app.")

    old = import_content(store, write("cake-one"), actor="anna")
    changed = import_content(store, write("cake-one", "Changed."), actor="anna")
    stood = document(store).body
    higher = import_content(store, write("cake-one", "Changed.", version="3"), actor="anna")

    assert [found.new_versions for found in (old, changed, higher)] == [0, 0, 1]
    assert "Download the library" in old.problems[0].message
    assert (stood, document(store).body) == ("Written in the app.", "Changed.")


def test_a_later_approval_in_the_file_goes_before_the_app(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    edit(store, body="Written in the app.")  # on 1 December 2026

    import_content(store, write("cake-one", "Newer.", approved_at="2026-12-01"), actor="anna")
    same_day = document(store).body
    import_content(store, write("cake-one", "Newer.", approved_at="2026-12-02"), actor="anna")

    assert same_day == "Written in the app."
    assert (document(store).body, document(store).status) == ("Newer.", "approved")


def test_an_approval_that_lies_ahead_replaces_nothing(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    edit(store, body="Written in the app.")
    ahead = write("cake-one", "Newer.", approved_at="2027-01-02")  # today is 1 December 2026

    changed = import_content(store, ahead, actor="anna")

    assert [problem.field for problem in changed.problems] == ["approved_at"]
    assert changed.new_versions == 0
    assert document(store).body == "Written in the app."


def test_a_draft_may_name_the_day_of_its_approval_to_come(
    store: Store, write: Callable[..., Path]
) -> None:
    corpus = write("cake-one", status="draft", approved_at="2027-01-02")

    assert import_content(store, corpus, actor="anna").new_versions == 1


# Uploads -------------------------------------------------------------------------------

GOOD = b"""---
id: benefit-napkins
kind: benefit
title: <script>alert(1)</script>
locale: en-GB
status: approved
approved_by: Eve
approved_at: 2026-11-01
statements:
  - {id: s1, role: lead, text: "Napkins cost \xc2\xa32."}
---
Napkins.
"""


def test_a_dry_run_says_what_would_come_of_each_file_and_stores_nothing(
    store: Store, write: Callable[..., Path]
) -> None:
    corpus = write("cake-one")
    import_content(store, corpus, actor="anna")
    same = (corpus / "cake-one.md").read_bytes()
    changed = same.replace(b"hold cake", b"hold more cake")

    found = examine_files(
        store, [("new.md", GOOD), ("same.md", same), ("two.md", GOOD), ("x.exe", b"MZ")]
    )
    other = examine_files(store, [("../../cake-one.md", changed)])

    assert [each.outcome for each in found] == ["new", "unchanged", "refused", "refused"]
    assert "stands in new.md too" in found[2].problems[0].message
    assert [(e.name, e.outcome, e.before) for e in other] == [("cake-one.md", "changed", 1)]
    assert store.read("SELECT count(*) FROM documents") == [(1,)]


def test_an_upload_is_a_draft_whatever_it_says_of_its_approval(store: Store) -> None:
    take_in_files(store, [("napkins.md", GOOD)], actor="ben")
    again = take_in_files(store, [("napkins.md", GOOD)], actor="ben")

    stored = document(store, "benefit-napkins")
    assert (stored.status, stored.approved_by, stored.version) == ("draft", None, 1)
    assert stored.title == "<script>alert(1)</script>"
    assert again[0].outcome == "unchanged"
    assert authors_of(store, "benefit-napkins") == ["ben"]
    assert verify_chain(store).is_whole


def test_a_changed_upload_is_a_draft_too_whatever_it_says(
    store: Store, write: Callable[..., Path]
) -> None:
    corpus = write("cake-one")
    import_content(store, corpus, actor="anna")
    raw = (corpus / "cake-one.md").read_bytes().replace(b"hold cake", b"hold more cake")

    take_in_files(store, [("cake-one.md", raw)], actor="ben")

    assert (document(store).version, document(store).status) == (2, "draft")


def test_a_plain_text_does_not_take_the_place_of_a_document(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")

    [found] = examine_files(store, [("cake-one.md", b"Cake stands are bad.")])

    assert found.outcome == "refused"
    assert "no front matter" in found.problems[0].message


@pytest.mark.parametrize(
    ("raw", "line", "said"),
    [
        pytest.param(b"x" * (LARGEST_FILE + 1), None, "too many to read", id="huge"),
        pytest.param("Tee für zwei".encode("latin-1"), 1, "not UTF-8", id="latin 1"),
        pytest.param("Tea".encode("utf-16"), 1, "UTF-16", id="utf 16"),
        pytest.param(b"Tea.\nCa\0ke.", 2, "zero byte", id="zero byte"),
        pytest.param(b"---\nid: [\n---\nTea.", 2, "no valid YAML", id="broken YAML"),
        pytest.param(b"---\nid: &a tea\nkind: *a\n---\n", 3, "alias", id="an alias"),
        pytest.param(b"---\nid: tea\nid: cake\n---\n", 3, "stands twice", id="a field twice"),
        pytest.param(b"---\nid: tea", 2, "not closed", id="never closed"),
        pytest.param(b"---\n- 1\n---\n", 2, "no list of fields", id="a list"),
        pytest.param(b"---\n" + b"[" * 5000 + b"\n---\n", 2, "12 deep", id="deep"),
        pytest.param(b"", 1, "no sentence", id="empty"),
    ],
)
def test_a_file_that_is_no_document_is_refused_with_line_and_reason(
    store: Store, raw: bytes, line: int | None, said: str
) -> None:
    [found] = examine_files(store, [("tea.md", raw)])

    assert found.outcome == "refused"
    assert found.problems[0].line == line
    assert said in found.problems[0].message


@pytest.mark.parametrize(
    ("line", "field"),
    [
        pytest.param('title: "Tea\\0"', "title", id="zero in quotes"),
        pytest.param('title: "Tea\\ud800"', "title", id="half a sign"),
        pytest.param("version: 99999999999999999999", "version", id="a number beyond all counting"),
        pytest.param("valid_from: 2026-02-30", "valid_from", id="no day"),
        pytest.param("title: {a: b}", "title", id="fields for a text"),
    ],
)
def test_a_value_that_no_table_could_hold_is_named_by_its_field(line: str, field: str) -> None:
    lines = [each for each in GOOD.decode().splitlines() if not each.startswith(f"{field}:")]
    text = "\n".join([lines[0], line, *lines[1:]])

    read = read_bytes("upload/tea.md", text.encode("utf-8", "surrogatepass"))

    assert isinstance(read, tuple)
    assert (read[0].field, read[0].line) == (field, 2)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda t: f"---\n{t}\n---\n".encode(
    "utf-8", "surrogatepass"
)))  # fmt: skip
def test_no_bytes_make_the_reading_fail(raw: bytes) -> None:
    read = read_bytes("upload/x.md", raw)

    assert isinstance(read, Document) or read


@given(st.text())
def test_no_name_of_a_file_leads_out_of_a_folder(name: str) -> None:
    safe = safe_name(name)

    assert safe
    assert not set(safe) & set('/\\<>:"|?*\0\n')
    assert not safe.startswith(".")


# Writing and approving -----------------------------------------------------------------


def test_an_edit_is_a_draft_of_its_own_with_its_writer_on_record(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")

    version = edit(store, title="About cake")

    now = document(store)
    assert version == "cake-one@2"
    assert (now.status, now.approved_by, now.source) == ("draft", None, "app/cake-one.md")
    assert authors_of(store, "cake-one") == ["ben"]
    events = store.read("SELECT version, kind, reason, actor FROM document_events ORDER BY number")
    assert events == [(1, "imported", "", "anna"), (2, "written", "Better", "ben")]


def test_two_people_cannot_overwrite_one_another(store: Store, write: Callable[..., Path]) -> None:
    import_content(store, write("cake-one"), actor="anna")
    fields = document_fields(document(store))
    edit(store, title="Ben was first")

    with pytest.raises(StateError, match="changed meanwhile"):
        save_document(
            store, markdown_of({**fields, "title": "Too late"}), actor="c", seen_version=1
        )


@pytest.mark.parametrize(
    ("change", "seen", "said"),
    [
        pytest.param({}, 1, "Nothing was changed", id="nothing new"),
        pytest.param({"id": "cake-nine"}, 1, "no document 'cake-nine'", id="another id"),
        pytest.param({"title": "New"}, None, "is taken", id="an id that is taken"),
        pytest.param({"kind": "advert"}, 1, "is unknown", id="an unknown kind"),
    ],
)
def test_what_cannot_be_saved_is_said(
    store: Store,
    write: Callable[..., Path],
    change: dict[str, str],
    seen: int | None,
    said: str,
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    fields = {**document_fields(document(store)), **change}

    with pytest.raises(InputError, match=said):
        save_document(store, markdown_of(fields), actor="ben", seen_version=seen)


def test_an_approval_has_a_name_a_day_and_evidence(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    edit(store, title="About cake")

    approve(store, approved_by="Claire, Legal", approved_on=date(2026, 11, 30), evidence="LEG-12")

    now = document(store)
    assert (now.version, now.status, now.evidence) == (3, "approved", "LEG-12")
    assert now.approved_by == "Claire, Legal, recorded by carla"
    assert now.approved_at == "2026-11-30"
    assert authors_of(store, "cake-one") == []


@pytest.mark.parametrize(
    ("how", "error"),
    [
        pytest.param({"approved_by": " "}, InputError, id="nobody"),
        pytest.param({"approved_on": date(2026, 12, 2)}, InputError, id="tomorrow"),
    ],
)
def test_an_approval_that_is_none_is_refused(
    store: Store, write: Callable[..., Path], how: dict[str, Any], error: type[Exception]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    edit(store, title="About cake")

    with pytest.raises(error):
        approve(store, **how)
    with pytest.raises(StateError, match="changed meanwhile"):
        approve_document(
            store, "cake-one", version=1, approved_by="c", approved_on=TODAY, actor="c"
        )

    assert document(store).status == "draft"


def test_who_wrote_it_does_not_approve_it_where_somebody_else_can(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    edit(store, title="About cake")
    edit(store, actor="carla", title="About cakes")
    how: dict[str, Any] = {"version": 3, "approved_on": TODAY}

    for actor, name in (("ben", "ben"), ("carla", "carla"), ("dora", "Ben")):
        with pytest.raises(StateError, match="four eyes"):
            campaign.approve_document(
                store, Settings(), "cake-one", approved_by=name, actor=actor, **how
            )
    campaign.approve_document(
        store, Settings(), "cake-one", approved_by="dora", actor="dora", **how
    )

    assert document(store).approved_by == "dora"


def test_who_is_alone_approves_what_they_wrote(store: Store, write: Callable[..., Path]) -> None:
    import_content(store, write("cake-one"), actor="system")
    edit(store, title="About cake")

    n_done, refused = campaign.approve_documents(
        store, Settings(), {"cake-one": 2}, on=TODAY, actor="ben"
    )

    assert (n_done, refused) == (1, [])


def test_many_are_retired_at_once_but_not_what_messages_quote(
    store: Store, write: Callable[..., Path]
) -> None:
    write("cake-one")
    import_content(store, write("cake-two"), actor="anna")
    store.run("INSERT INTO variant_sources VALUES ('v', 1, 'cake-two@1#s1')")

    n_done, refused = campaign.retire_documents(
        store, ["cake-one", "cake-two"], reason="Sold out", actor="anna"
    )

    assert n_done == 1
    assert "is an incident" in refused[0]
    assert [document(store, n).status for n in ("cake-one", "cake-two")] == ["retired", "approved"]


def test_a_retired_document_comes_back_as_a_draft_with_a_reason(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    retire_unused(store, "cake-one", reason="Sold out", actor="anna")

    with pytest.raises(InputError, match="why"):
        reopen_document(store, "cake-one", reason=" ", actor="ben")
    with pytest.raises(StateError, match="Bring it back"):
        approve(store)
    reopen_document(store, "cake-one", reason="Back in stock", actor="ben")

    assert document(store).status == "draft"
    row = store.read_one("SELECT kind, reason FROM document_events ORDER BY number DESC LIMIT 1")
    assert row == ("reopened", "Back in stock")


def test_a_withdrawn_document_comes_back_only_by_its_incident(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")
    withdraw_document(store, "cake-one", reason="Wrong", actor="anna")

    with pytest.raises(StateError, match="by an incident"):
        reopen_document(store, "cake-one", reason="Right", actor="ben")


def test_who_decided_on_a_document_cannot_be_changed(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one"), actor="anna")

    with pytest.raises(Exception, match="append-only"):
        store.run("UPDATE document_events SET actor = 'nobody'")
    assert replace(document(store), version=9).content_sha256 == document(store).content_sha256
