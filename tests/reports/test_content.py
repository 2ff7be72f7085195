from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from personalization.reports import content, library

if TYPE_CHECKING:
    from personalization.store import Store

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SEND_ON = date(2026, 12, 1)


def add_document(store: Store, document_id: str, **fields: Any) -> None:  # noqa: ANN401
    told: dict[str, Any] = {
        "version": 1, "kind": "benefit", "title": document_id, "locale": "en-GB", "since": None,
        "until": None, "status": "approved", "body": "Warm lights.", **fields,
    }  # fmt: skip
    store.run(
        "INSERT INTO documents VALUES ($id, $version, $kind, $title, '[]', '{}', $locale, '[]', "
        "NULL, $since, $until, $status, 'Claire', NULL, NULL, '[]', '[]', $body, 'hash', 'a.md', "
        "$t)",
        id=document_id, t=NOW, **told,
    )  # fmt: skip
    store.run(
        "INSERT INTO passages VALUES ($id || '@' || $version || '#p1', $id, $version, 1, $title)",
        id=document_id, version=told["version"], title=told["title"],
    )  # fmt: skip
    store.run(
        "INSERT INTO statements VALUES ($id || '@' || $version || '#s1', $id || '#p1', $id, "
        "$version, 1, 'lead', $body, '[]', '[]', true)",
        id=document_id, version=told["version"], body=told["body"],
    )  # fmt: skip


def add_campaign(store: Store) -> None:
    store.run(
        "INSERT INTO campaigns VALUES ('spring', 'Spring', 'base', NULL, '{}', $on, 'en-GB', 's', "
        "$t, 'Ann', NULL)",
        on=SEND_ON, t=NOW,
    )  # fmt: skip


def add_message(store: Store, statement_id: str, version: int = 1) -> None:
    store.run(
        "INSERT INTO variants VALUES ('v', $version, 'spring', 'Loyal', 'A', 'Hello', 'p', 'b', "
        "'c', 'l', 'f', 'en-GB', '{}', 'composer', '{}', 'hash', $t, 'Ann')",
        version=version, t=NOW,
    )  # fmt: skip
    store.run(
        "INSERT INTO claims VALUES ('v', $version, 1, 'body', 0, 4, 'Warm', $id, 0, 4, 'Warm', "
        "'pass', 'verbatim')",
        version=version, id=statement_id,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, "in_force", id="approved without dates"),
        pytest.param({"until": SEND_ON}, "ends_soon", id="the last day counts"),
        pytest.param({"since": SEND_ON}, "in_force", id="the first day counts"),
        pytest.param({"until": date(2026, 11, 30)}, "expired", id="ended the day before"),
        pytest.param({"since": date(2026, 12, 2)}, "upcoming", id="begins the day after"),
        pytest.param({"status": "draft"}, "draft", id="a draft"),
        pytest.param({"status": "retired", "until": SEND_ON}, "retired", id="retired"),
    ],
)
def test_a_document_stands_as_it_does_on_the_day(
    store: Store, fields: dict[str, Any], expected: str
) -> None:
    add_document(store, "lights", **fields)

    (found,) = content.documents(store, SEND_ON)

    assert found.state == expected


def test_the_newest_version_is_the_one_that_is_listed(store: Store) -> None:
    add_document(store, "lights", title="Old")
    add_document(store, "lights", title="New", version=2)

    assert [(d.title, d.version) for d in content.documents(store, SEND_ON)] == [("New", 2)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param({"words": "WARM"}, ["lights"], id="words in any case"),
        pytest.param({"words": "100%"}, ["wool"], id="signs are no wildcards"),
        pytest.param({"kind": "offer"}, ["wool"], id="by kind"),
        pytest.param({"state": "draft"}, ["wool"], id="by state"),
        pytest.param({"words": "velvet"}, [], id="nothing fits"),
        pytest.param({}, ["lights", "wool"], id="all, by kind and title"),
    ],
)
def test_the_library_is_searched(store: Store, asked: dict[str, str], expected: list[str]) -> None:
    add_document(store, "lights", body="Warm lights.")
    add_document(store, "wool", kind="offer", status="draft", body="It is 100% wool.")

    found = content.documents(store, SEND_ON, **asked)

    assert [document.document_id for document in found] == expected


def test_a_document_knows_the_messages_that_cite_it(store: Store) -> None:
    add_document(store, "lights")
    add_campaign(store)
    add_message(store, "lights@1#s1")

    (found,) = content.documents(store, SEND_ON)

    assert (found.n_messages, found.n_campaigns) == (1, 1)
    (use,) = library.uses_of(store, "lights")
    assert (use["name"], use["segment"], use["arm"], use["subject"], use["is_current"]) == (
        "Spring", "Loyal", "A", "Hello", True,
    )  # fmt: skip


def test_an_edit_that_no_longer_cites_it_frees_the_document(store: Store) -> None:
    add_document(store, "lights")
    add_document(store, "wool")
    add_campaign(store)
    add_message(store, "lights@1#s1")

    add_message(store, "wool@1#s1", version=2)

    assert library.uses_of(store, "lights") == []
    assert len(library.uses_of(store, "wool")) == 1


def test_offers_that_have_ended_are_not_offered(store: Store) -> None:
    add_document(store, "past", kind="offer", until=date(2026, 11, 30))
    add_document(store, "coming", kind="offer", since=date(2026, 12, 24))
    add_document(store, "draft", kind="offer", status="draft")
    add_document(store, "benefit")

    assert [row["document_id"] for row in content.offers(store, SEND_ON)] == ["coming"]


def test_sources_stand_in_their_order_with_what_was_said_of_them(store: Store) -> None:
    for document_id in ("lights", "wool"):
        add_document(store, document_id)
    for document_id, rank in (("lights", 2), ("wool", 1)):
        store.run(
            "INSERT INTO segment_passages VALUES "
            "('spring', 'Loyal', $id || '@1#p1', $rank, 0.5, 1, 1, 'matches')",
            id=document_id, rank=rank,
        )  # fmt: skip
    store.run("INSERT INTO passage_choices VALUES ('spring', 'Loyal', 'lights', 'excluded', 'Ann')")

    sources = content.sources_of(store, "spring", "Loyal")

    assert [(row["document_id"], row["choice"]) for row in sources] == [
        ("wool", None),
        ("lights", "excluded"),
    ]
    assert [row["title"] for row in content.excluded_of(store, "spring", "Loyal")] == ["lights"]


def test_a_source_is_shown_as_it_read_when_it_was_found(store: Store) -> None:
    add_document(store, "lights", title="Old")
    store.run(
        "INSERT INTO segment_passages VALUES "
        "('spring', 'Loyal', 'lights@1#p1', 1, 0.5, 1, 1, 'matches')"
    )
    add_document(store, "lights", title="New", version=2)

    assert [row["title"] for row in content.sources_of(store, "spring", "Loyal")] == ["Old"]


def test_writing_is_counted_segment_by_segment(store: Store) -> None:
    for position, segment in enumerate(("Loyal", "New"), start=1):
        store.run(
            "INSERT INTO segments VALUES ('spring', $segment, $position, 'r', 'd', 40, '{}')",
            segment=segment, position=position,
        )  # fmt: skip
    add_message(store, "lights@1#s1")

    rows = content.writing_of(store, "spring")

    assert [(row["segment"], row["n_messages"], row["n_sources"]) for row in rows] == [
        ("Loyal", 1, 0),
        ("New", 0, 0),
    ]


@pytest.mark.parametrize(
    ("policy", "sha256", "expected"),
    [
        pytest.param("2026-11", "hash", 1, id="as it reads, under the policy in force"),
        pytest.param("2026-10", "hash", 0, id="under an older policy"),
        pytest.param("2026-11", "another", 0, id="in another wording"),
    ],
)
def test_a_message_counts_as_checked_only_as_it_reads_now(
    store: Store, policy: str, sha256: str, expected: int
) -> None:
    add_campaign(store)
    store.run("INSERT INTO segments VALUES ('spring', 'Loyal', 1, 'r', 'd', 40, '{}')")
    add_message(store, "lights@1#s1")
    store.run(
        "INSERT INTO policies (policy_version, policy, activated_at, activated_by) "
        "VALUES ('2026-11', '{}', $t, 'Ann')",
        t=NOW,
    )
    store.run(
        "INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision, "
        "engine, engine_version, policy_version, categories, n_strings, screened_at, "
        "house_sha256) SELECT 'v', 1, 'spring', $sha256, 'block', 'embedded', '1', $policy, '{}', "
        "6, $t, house_sha256 FROM house_rules WHERE campaign_id = 'spring'",
        sha256=sha256, policy=policy, t=NOW,
    )  # fmt: skip

    (row,) = content.writing_of(store, "spring")

    assert row["n_checked"] == expected
