"""What waits for a sign-off: the riskiest first, and nothing that was settled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization.approval import seal
from personalization.approval.seals import send_back
from personalization.reports import queue as reports
from tests.delivery.ready import add_variant, approve, fill_campaign, message, screen
from tests.unguarded import unguarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.store import Store


@pytest.fixture
def campaign(store: Store) -> Store:
    """A campaign that is signed off as it stands."""
    fill_campaign(store)
    return store


def why(store: Store) -> list[str]:
    return [item.risk for item in reports.queue(store)]


def sha() -> str:
    return message("Loyal", "A").content_sha256


def cite(store: Store, kind: str) -> None:
    store.run(
        "INSERT INTO documents VALUES ($kind, 1, $kind, 'The ' || $kind, '[]', '{}', 'en-GB',"
        " '[]', NULL, NULL, NULL, 'approved', 'rob', NULL, NULL, '[]', '[]', 'Warm.', 'x', 'x.md',"
        " $now)",
        kind=kind, now=store.now(),
    )  # fmt: skip
    store.run(
        "INSERT INTO statements VALUES ($kind || '@1#s1', $kind || '@1#p1', $kind, 1, 1, 'lead',"
        " 'Warm.', '[]', '[]', true)",
        kind=kind,
    )  # fmt: skip
    store.run("INSERT INTO variant_sources VALUES ('Loyal/A', 1, $kind || '@1#s1')", kind=kind)


def ask_for_a_reason(store: Store) -> None:
    screen(store, "Loyal", "A", version=1, sha=sha(), decision="review")
    approve(store, "Loyal", "A", version=1, sha=sha(), decision="reopened")


def approve_own(store: Store) -> None:
    with unguarded(store, "approvals"):
        store.run("UPDATE approvals SET is_self_approved = true WHERE variant_id = 'Loyal/A'")
    store.run("UPDATE segments SET rule = 'any'")


WAITS: list[object] = [
    pytest.param(
        ask_for_a_reason, {"override"}, "Loyal: variant A", id="a finding to overrule"
    ),
    pytest.param(lambda s: cite(s, "offer"), {"new_offer", "void"}, "The offer", id="a new offer"),
    pytest.param(
        lambda s: cite(s, "proof"), {"first_source", "void"}, "The proof", id="a new source"
    ),
    pytest.param(approve_own, {"self_approved", "void"}, "Loyal: variant A", id="self-approved"),
    pytest.param(
        lambda s: s.run("UPDATE segments SET rule = 'any'"), {"void"},
        "rule of segment Loyal was a rule and is any now", id="changed since the sign-off",
    ),
    pytest.param(
        lambda s: s.run("UPDATE experiments SET approved_at = NULL, designed_at = $now",
                        now=s.now()) and s.run("DELETE FROM assignments"),
        {"sign_off"}, "the design", id="a design that was submitted",
    ),
]  # fmt: skip


def test_what_is_signed_off_as_it_stands_waits_for_nothing(campaign: Store) -> None:
    assert reports.queue(campaign) == []


@pytest.mark.parametrize(("change", "risks", "item"), WAITS)
def test_each_risk_is_listed_with_what_it_is_about(
    campaign: Store, change: Callable[[Store], object], risks: set[str], item: str
) -> None:
    change(campaign)

    found = reports.queue(campaign)

    assert {each.risk for each in found} == risks
    assert item in found[0].items
    assert found[0].campaign == "Spring"
    assert found[0].policy_version == "p1"


def test_the_riskiest_comes_first(campaign: Store) -> None:
    cite(campaign, "proof")
    cite(campaign, "offer")
    ask_for_a_reason(campaign)

    assert why(campaign) == ["override", "new_offer", "first_source", "void"]


def test_a_source_that_was_signed_off_once_is_no_longer_new(campaign: Store) -> None:
    cite(campaign, "proof")
    seal(campaign, "spring", actor="rob")
    campaign.run("UPDATE segments SET rule = 'any'")

    assert why(campaign) == ["void"]


def test_what_was_sent_back_waits_for_the_designer_and_not_for_the_officer(
    campaign: Store,
) -> None:
    campaign.run("UPDATE segments SET rule = 'any'")
    send_back(campaign, "spring", decision="changes_asked", note="Which people?", actor="ida")
    assert reports.queue(campaign) == []

    seal(campaign, "spring", actor="rob")

    assert reports.queue(campaign) == []
    assert campaign.read("SELECT count(*) FROM open_send_backs") == [(0,)]


def test_what_went_out_waits_for_nothing(campaign: Store) -> None:
    campaign.run("UPDATE segments SET rule = 'any'")

    campaign.run("UPDATE experiments SET launched_at = now(), mode = 'export'")

    assert reports.queue(campaign) == []


def test_the_packet_sets_the_signed_words_beside_those_of_now(campaign: Store) -> None:
    edited = replace(message("Loyal", "A"), subject="Other words")
    add_variant(campaign, "Loyal", "A", edited, version=2)

    texts = {text.variant_id: text for text in reports.texts(campaign, "spring")}

    assert texts["Loyal/A"].signed == message("Loyal", "A")
    assert texts["Loyal/A"].now == edited
    assert texts["Loyal/B"].signed == texts["Loyal/B"].now
    assert (texts["Loyal/A"].decided, texts["Loyal/A"].decided_by) == ("approved", "rob")


def test_countries_add_up_to_the_audience(campaign: Store) -> None:
    campaign.run("UPDATE customers SET country = NULL WHERE customer_id < 'c000010'")
    campaign.run("UPDATE customers SET consent_email = false WHERE customer_id = 'c000011'")

    rows = {row.pop("country"): row for row in reports.countries(campaign, "spring")}

    assert rows["Unknown"]["recipients"] == 10
    assert rows["United Kingdom"]["recipients"] + rows["United Kingdom"]["no_consent"] == 50
    assert sum(sum(row.values()) for row in rows.values()) == 60
