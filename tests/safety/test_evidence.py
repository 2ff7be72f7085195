"""What a version is judged against, read from the tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pytest

from personalization.domain import Decision
from personalization.safety import screen_variant
from personalization.safety.evidence import countries_of, evidence_of, evidence_of_many
from personalization.safety.policy import read_policy
from personalization.settings import Brand, Settings
from personalization.store import open_store
from tests.conftest import NOW
from tests.rolled_back import rolled_back
from tests.safety.scripted import (
    Scripted,
    add_campaign,
    add_claim,
    add_document,
    add_variant,
    message,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.cited import CitedDocument
    from personalization.store import Store

A = "c1/Loyal/A"
BRAND = Brand()


@dataclass(frozen=True, slots=True)
class Offer:
    """One version of an offer, as a test wants it."""

    version: int = 1
    until: str = "2026-12-18"
    since: str = "2026-10-01"
    document_id: str = "wrap"
    title: str = "Free gift wrapping"
    products: tuple[str, ...] = ()
    text: str = "We gift-wrap orders at no charge."
    status: str = "approved"
    approved_by: str | None = "bea"


@pytest.fixture(scope="module")
def shared() -> Iterator[Store]:
    store = open_store(clock=lambda: NOW)
    yield store
    store.close()


@pytest.fixture
def store(shared: Store) -> Iterator[Store]:
    with rolled_back(shared) as opened:
        yield opened


def add_offer(store: Store, offer: Offer) -> str:
    statement_id = f"{offer.document_id}@{offer.version}#s1"
    store.run(
        "INSERT INTO documents VALUES ($id, $version, 'offer', $title, $products, '{}', 'en-GB',"
        " '[]', NULL, $since, $until, $status, $by, '2026-09-01', NULL, '[]', '[]', $text,"
        " sha256($text), 'offer.md', $now)",
        id=offer.document_id, version=offer.version, title=offer.title, since=offer.since,
        products=json.dumps(offer.products), until=offer.until, status=offer.status,
        by=offer.approved_by, text=offer.text, now=store.now(),
    )  # fmt: skip
    store.run(
        "INSERT INTO statements VALUES ($s, $s, $id, $version, 1, 'lead', $text, '[]', '[]', true)",
        s=statement_id, id=offer.document_id, version=offer.version, text=offer.text,
    )  # fmt: skip
    return statement_id


def cited_offer(store: Store, newest: Offer, *others: Offer) -> CitedDocument:
    """Return the newest offer as a message that cites it sees it, with others in the library."""
    add_campaign(store)
    add_variant(store, "A")
    for other in others:
        add_offer(store, other)
    add_claim(store, A, add_offer(store, newest))
    cited = evidence_of(store, BRAND, A, 1).cited
    assert cited is not None
    [document] = cited.documents
    return document


# Extensions -----------------------------------------------------------------------------


def test_an_offer_that_promised_an_earlier_end_was_extended(store: Store) -> None:
    found = cited_offer(store, Offer(2), Offer(1, until="2026-12-01"))

    assert (found.earlier_end, found.earlier_source) == (date(2026, 12, 1), "version 1")


def test_the_latest_of_several_earlier_ends_is_named(store: Store) -> None:
    found = cited_offer(store, Offer(3), Offer(1, until="2026-11-20"), Offer(2, until="2026-12-01"))

    assert (found.earlier_end, found.earlier_source) == (date(2026, 12, 1), "version 2")


def test_another_offer_of_the_same_name_is_the_same_offer(store: Store) -> None:
    found = cited_offer(
        store, Offer(), Offer(document_id="wrap-2", title="FREE gift wrapping!", until="2026-11-24")
    )

    assert found.earlier_end == date(2026, 11, 24)
    assert found.earlier_source == "‘FREE gift wrapping!’"


def test_the_same_goods_on_the_same_terms_are_the_same_offer(store: Store) -> None:
    one = Offer(products=("jumbo-bag",), title="Bags", text="£5 off jumbo bags.")
    other = Offer(
        document_id="bags", products=("jumbo-bag",), title="Big bags", until="2026-11-24",
        text="Jumbo bags are £5 less.",
    )  # fmt: skip

    assert cited_offer(store, one, other).earlier_end == date(2026, 11, 24)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Offer(1, until="2026-12-31"), id="it ended later"),
        pytest.param(Offer(1, until="2026-12-18"), id="it ended on the same day"),
        pytest.param(Offer(1, until="2026-12-01", status="draft"), id="never approved"),
        pytest.param(Offer(1, until="2026-12-01", approved_by=None), id="approved by nobody"),
        pytest.param(Offer(1, until="2025-12-18"), id="last year's"),
        pytest.param(
            Offer(document_id="tea", title="Tea for two", until="2026-11-24"), id="another offer"
        ),
        pytest.param(
            Offer(document_id="x", title="Y", until="2026-11-24", products=("mug",)),
            id="of other goods",
        ),
    ],
)
def test_what_does_not_extend_an_offer(store: Store, other: Offer) -> None:
    assert cited_offer(store, Offer(2), other).earlier_end is None


def test_a_screening_blocks_a_subject_whose_offer_was_extended(store: Store) -> None:
    add_campaign(store)
    add_variant(store, "A", message(subject="Free wrapping ends tonight"))
    add_offer(store, Offer(1, until="2026-11-24"))
    add_claim(store, A, add_offer(store, Offer(2, until="2026-12-01")))

    outcome = screen_variant(store, Settings(), A, actor="mia", classifier=Scripted())

    [finding] = [f for f in outcome.findings if f.rule == "offer.clock"]
    assert (finding.action, finding.text) == (Decision.BLOCK, "ends tonight")
    assert "was to end on 24 November 2026 (version 1)" in finding.message


# Faults ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        pytest.param({}, "", id="in force"),
        pytest.param({"status": "retired"}, "it was withdrawn", id="withdrawn"),
        pytest.param({"status": "draft"}, "it is not approved", id="draft"),
        pytest.param(
            {"valid": ("2027-01-01", None)}, "it counts only from 1 January 2027 on", id="upcoming"
        ),
        pytest.param(
            {"valid": (None, "2026-11-30")}, "it ended on 30 November 2026", id="run out"
        ),
        pytest.param({"valid": (None, "2026-12-01")}, "", id="its last day"),
    ],
)  # fmt: skip
def test_a_source_is_judged_on_the_day_of_sending(
    store: Store, given: dict[str, str], fault: str
) -> None:
    add_campaign(store)
    add_variant(store, "A")
    add_claim(store, A, add_document(store, **given))  # type: ignore[arg-type]

    context = evidence_of(store, BRAND, A, 1)

    assert context.cited is not None
    assert [document.fault for document in context.cited.documents] == [fault]
    assert bool(context.sources) == (not fault)


def test_a_version_that_was_replaced_bears_nothing_out(store: Store) -> None:
    add_campaign(store)
    add_variant(store, "A")
    add_claim(store, A, add_document(store))
    add_document(store, "Burns for 50 hours.", version=2)

    context = evidence_of(store, BRAND, A, 1)

    assert context.cited is not None
    [document] = context.cited.documents
    assert document.fault == "version 1 was replaced by version 2"


# Ledger on record -----------------------------------------------------------------------


def test_the_ledger_is_kept_with_its_screening_and_cannot_be_changed(store: Store) -> None:
    add_campaign(store)
    add_variant(store, "A", message(body="It burns for 40 hours, not for 50 hours."))
    add_claim(store, A, add_document(store))

    screen_variant(store, Settings(), A, actor="mia", classifier=Scripted())

    rows = store.read(
        "SELECT kind, field, text, statement_id, source_text, decision FROM ledger_entries "
        "ORDER BY position"
    )
    assert rows[0] == ("duration", "body", "40 hours", "candle@1#s1", "40 hours", "pass")
    assert rows[1][2] == "50 hours"
    assert rows[1][5] == "block"
    with pytest.raises(duckdb.Error, match="append-only"):
        store.run("UPDATE ledger_entries SET decision = 'pass'")


def test_products_of_the_catalogue_are_known_by_name(store: Store) -> None:
    add_campaign(store)
    add_variant(store, "A", message(body="The Jumbo bags, red, and Mum's clock are here."))
    add_claim(store, A, add_document(store))
    for number, name in enumerate(("JUMBO BAG RED", "Mum's clock", "Lunch bag", "Tea")):
        store.run(
            "INSERT INTO products (dataset_id, product_id, name, price, currency) "
            "VALUES ('d1', $id, $name, 1.0, 'GBP')",
            id=str(number), name=name,
        )  # fmt: skip

    outcome = screen_variant(store, Settings(), A, actor="mia", classifier=Scripted())

    named = [entry.text for entry in outcome.ledger if entry.kind == "product"]
    assert named == ["Jumbo bags, red", "Mum's clock"]
    assert outcome.decision is Decision.BLOCK


# Readers --------------------------------------------------------------------------------


def test_countries_are_those_of_the_people_who_may_be_written_to(store: Store) -> None:
    add_campaign(store)
    add_variant(store, "A")
    for customer_id, country, agrees in (
        ("1", "Germany", True), ("2", "United Kingdom", True), ("3", "France", False),
    ):  # fmt: skip
        store.run(
            "INSERT INTO customers (dataset_id, customer_id, email, country, consent_email)"
            " VALUES ('d1', $id, $id || '@example.com', $country, $agrees)",
            id=customer_id, country=country, agrees=agrees,
        )  # fmt: skip
        store.run("INSERT INTO segment_members VALUES ('c1', 'Loyal', $id)", id=customer_id)

    found = set(countries_of(store, "c1"))
    context = evidence_of(
        store, BRAND, A, 1, policy=read_policy(), countries=("Germany", "United Kingdom")
    )

    assert "France" not in found
    assert "United Kingdom" in found
    assert context.jurisdictions == ("DE", "GB")
    assert (context.send_on, context.locale) == (date(2026, 12, 1), "en-GB")


def test_many_versions_are_gathered_as_each_by_itself(store: Store) -> None:
    add_campaign(store)
    keys = [(add_variant(store, arm), 1) for arm in ("A", "B", "C")]
    add_claim(store, A, add_document(store))
    policy = read_policy()

    together = evidence_of_many(store, BRAND, keys, policy=policy)

    assert together == {key: evidence_of(store, BRAND, *key, policy=policy) for key in keys}


def test_what_is_not_on_record_cites_nothing(store: Store) -> None:
    context = evidence_of(store, BRAND, "c9/Loyal/A", 1)

    assert context.cited is not None
    assert context.cited.wordings == ()
