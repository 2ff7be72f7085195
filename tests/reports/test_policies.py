"""The policy as an officer sees it: its rules, its history, and what each version changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.reports import policies as reports
from personalization.reports.policies import Change
from personalization.safety import publish_policy, read_policy, screen_campaign
from personalization.settings import Settings
from tests.safety.scripted import Scripted, add_campaign, add_variant, message

if TYPE_CHECKING:
    from personalization.store import Store

SETTINGS = Settings()
STRICT = "[thresholds.hate]\nblock_above = 2\n"
WORDS = "[rules.'urgency.pressure']\naction = 'block'\npatterns_add = ['last orders']\n"


def publish(store: Store, overlay: str) -> None:
    publish_policy(store, SETTINGS, overlay, actor="ola", note="Agreed.")


def test_the_first_version_has_nothing_to_differ_from(store: Store) -> None:
    publish(store, STRICT)

    [version] = reports.versions(store)
    assert (version.activated_by, version.note, version.overlay) == ("ola", "Agreed.", STRICT)
    assert reports.changes_of(store, version.number) == []


def test_a_version_lists_what_it_changed_on_the_one_before(store: Store) -> None:
    publish(store, STRICT)
    publish(store, STRICT + WORDS)

    newest, _ = reports.versions(store)

    assert reports.changes_of(store, newest.number) == [
        Change(("rules", "urgency.pressure", "action"), "review", "block"),
        Change(("rules", "urgency.pressure", "patterns"), None, "last orders"),
    ]


def test_a_draft_is_compared_with_what_is_in_force() -> None:
    found = reports.changes_between(read_policy(STRICT), read_policy(WORDS))

    assert Change(("thresholds", "hate", "block_above"), "2", "4") in found
    assert len(found) == 3


def test_another_engine_and_another_sender_are_changes_too() -> None:
    found = reports.changes_between(read_policy(), read_policy(engine="azure"))

    assert found == [Change(("engine",), "embedded", "azure")]


def test_every_rule_is_listed_those_too_that_are_put_off(store: Store) -> None:
    policy = read_policy("[rules.'style.shouting']\naction = 'off'")

    rows = {row.name: row for row in reports.rules(store, policy)}

    assert len(rows) == len(policy.rules) + 1
    assert (rows["style.shouting"].action, rows["style.shouting"].is_changed) == ("off", True)
    assert all(row.basis and row.advice and row.version >= 1 for row in rows.values())


def test_a_rule_is_counted_by_the_texts_that_it_found_something_in(store: Store) -> None:
    add_campaign(store)
    for arm in ("A", "B"):
        add_variant(store, arm, message(body="Act now. Act now! Our shop in York."))
    screen_campaign(store, SETTINGS, "c1", actor="mia", classifier=Scripted())

    rows = {row.name: row for row in reports.rules(store, read_policy())}

    assert rows["urgency.pressure"].fired == 2
    assert rows["pii.email"].fired == 0
    assert rows["urgency.pressure"].false_alarms is None


def test_the_words_of_a_rule_show_what_a_team_added_and_took_out() -> None:
    first = read_policy().document and reports.words_of("", "urgency.pressure")[0].shipped[0]
    taken = f"patterns_remove = ['''{first}''']\n"

    patterns, *_ = reports.words_of(WORDS + taken, "urgency.pressure")

    assert (patterns.key, patterns.added, patterns.removed) == (
        "patterns", ("last orders",), (first,),
    )  # fmt: skip
    assert not patterns.is_replaced


def test_a_rule_that_ships_as_blocking_offers_no_lesser_action_than_a_review(store: Store) -> None:
    rows = {row.name: row for row in reports.rules(store, read_policy())}

    assert reports.actions_of(rows["overpromise.health"]) == ("block", "review")
    assert "off" in reports.actions_of(rows["style.shouting"])
    assert reports.actions_of(rows["harm.hate"]) == ("block",)


def test_levels_are_said_with_what_they_lead_to() -> None:
    policy = read_policy("[thresholds.hate]\nblock_above = 2\nreview_from = 2")

    assert reports.outcomes(policy, "hate") == [
        (0, "pass"), (2, "review"), (4, "block"), (6, "block"),
    ]  # fmt: skip
