from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from personalization.delivery import GateCheck, export_campaign, launch_gate, simulate_campaign
from personalization.errors import InputError, StateError
from personalization.settings import Brand
from tests.delivery.ready import (
    activate_policy,
    add_variant,
    approve,
    draw,
    message,
    screen,
    sign,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.settings import Settings
    from personalization.store import Store


def red(store: Store, settings: Settings) -> dict[str, GateCheck]:
    return {c.name: c for c in launch_gate(store, settings, "spring") if not c.is_green}


def sha(segment: str = "Loyal", arm: str = "A") -> str:
    return message(segment, arm).content_sha256


def edit(store: Store, **fields: str) -> None:
    """A new version of Loyal A, screened and approved, that the design does not name."""
    add_variant(store, "Loyal", "A", replace(message("Loyal", "A"), **fields), version=2)
    draw(store)


def design_again(store: Store) -> None:
    store.run(
        "UPDATE arms SET version = newest.version, content_sha256 = newest.content_sha256"
        " FROM current_variants AS newest WHERE newest.variant_id = arms.variant_id"
    )


def edit_and_design(store: Store, **fields: str) -> None:
    edit(store, **fields)
    design_again(store)
    sign(store)


def change_design(store: Store, **colours: str) -> None:
    store.run(
        "INSERT INTO brand_profiles (profile, note, saved_at, saved_by)"
        " VALUES ($profile, '', $now, 'ida')",
        profile=json.dumps({"design": colours}), now=store.now(),
    )  # fmt: skip


def make_it_unreadable(store: Store) -> None:
    change_design(store, text="#cccccc")
    draw(store)


def block(store: Store) -> None:
    screen(store, "Loyal", "A", version=1, sha=sha(), decision="block")


def fail_screening(store: Store) -> None:
    screen(store, "Loyal", "control", version=1, sha=sha(arm="control"), decision="error")


def ask_for_review(store: Store) -> None:
    screen(store, "Loyal", "A", version=1, sha=sha(), decision="review")


def screen_part_of_it(store: Store) -> None:
    screen(store, "Loyal", "A", version=1, sha=sha(), n_strings=4)


def ask_for_changes(store: Store) -> None:
    approve(store, "Loyal", "A", version=1, sha=sha(), decision="changes_asked")


def withdraw_source(store: Store) -> None:
    store.run(
        "INSERT INTO documents VALUES ('wool', 1, 'benefit', 'Wool', '[]', '{}', 'en-GB', '[]',"
        " NULL, NULL, DATE '2026-11-30', 'approved', 'rob', NULL, NULL, '[]', '[]', 'Warm.', 'x',"
        " 'wool.md', $now)",
        now=store.now(),
    )
    store.run(
        "INSERT INTO statements VALUES ('wool@1#s1', 'wool@1#p1', 'wool', 1, 1, 'lead', 'Warm.',"
        " '[]', '[]', true)"
    )
    store.run(
        "INSERT INTO claims VALUES ('Loyal/A', 1, 1, 'body', 0, 4, 'Warm', 'wool@1#s1', 0, 4,"
        " 'Warm', 'pass', 'word for word')"
    )


def unassign_one(store: Store) -> None:
    store.run("DELETE FROM assignments WHERE customer_id = 'c000007'")


def become_eligible(store: Store) -> None:
    store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, consent_email)"
        " VALUES ('shop', 'new', 'new@example.com', true)"
    )
    store.run("INSERT INTO segment_members VALUES ('spring', 'Loyal', 'new')")


def assign_one_twice(store: Store) -> None:
    store.run("INSERT INTO assignments SELECT * FROM assignments WHERE customer_id = 'c000007'")


def assign_to_no_arm(store: Store) -> None:
    store.run("UPDATE assignments SET arm = 'D' WHERE customer_id = 'c000007'")


def forget_consent(store: Store) -> None:
    store.run("UPDATE customers SET consent_email = false")


def leave_a_failure(store: Store) -> None:
    store.run(
        "INSERT INTO writing_failures VALUES ('spring', 'Loyal', 'C', 'timed out', $now)",
        now=store.now(),
    )


FOOTER = message("Loyal", "A").footer
SAMPLE = Brand()

UNSEATED = {"Assignment", "Sign-off"}
CHANGED_LOOK = {"Screening", "E-mail rendering", "Sign-off"}
BREAKS = [
    pytest.param(block, {"Screening"}, "30 of 36 .* not yet: Loyal: variant A", id="blocked"),
    pytest.param(
        fail_screening, {"Screening", "Errors"}, "Loyal: control text ended in an error",
        id="the control text's screening failed",
    ),
    pytest.param(ask_for_review, {"Screening"}, "30 of 36", id="review asked for, none recorded"),
    pytest.param(screen_part_of_it, {"Screening"}, "30 of 36", id="four of six strings screened"),
    pytest.param(
        lambda store: activate_policy(store, "p2"), {"Screening", "E-mail rendering", "Sign-off"},
        "0 of 36 .* policy p2", id="the policy changed",
    ),
    pytest.param(leave_a_failure, {"Errors"}, "1 message could not be written", id="not written"),
    pytest.param(
        ask_for_changes, {"Approval"}, "5 of 6 messages approved; not yet: Loyal: variant A",
        id="changes asked for",
    ),
    pytest.param(
        lambda store: edit(store, subject="Other words"), {"Approval", "Sign-off"},
        "Loyal: variant A was changed after the test was designed", id="edited after the design",
    ),
    pytest.param(
        lambda store: store.run("INSERT INTO retired_variants VALUES ('Loyal/A', 'gone', now())"),
        {"Screening", "Approval", "Footer", "E-mail rendering", "Sign-off"}, "Loyal: variant A",
        id="taken back after the design",
    ),
    pytest.param(
        withdraw_source, {"Sources", "Sign-off"}, "not valid on 01 December 2026",
        id="an offer has run out",
    ),
    pytest.param(
        lambda store: edit_and_design(store, body="Dear {{nickname|you}}"), {"Personal fields"},
        "merge tag that nothing fills", id="a field that customers do not have",
    ),
    pytest.param(
        lambda store: edit_and_design(store, link="https://x.example/{{tier|a}}"),
        {"Personal fields", "E-mail rendering"}, "merge tag that nothing fills",
        id="a tag in the link",
    ),
    pytest.param(
        lambda store: edit_and_design(store, subject="{{first_name|=1}}+1"), {"Personal fields"},
        "spreadsheet formula", id="a formula behind a fallback",
    ),
    pytest.param(
        lambda store: edit_and_design(store, body="a\x01b"), {"Personal fields"},
        "control character", id="a control character",
    ),
    pytest.param(
        lambda store: edit_and_design(store, footer=FOOTER.replace("Ferry Road", "")), {"Footer"},
        "Loyal: variant A lacks the postal address", id="no address",
    ),
    pytest.param(
        lambda store: edit_and_design(store, footer=FOOTER.replace("https", "http")),
        {"Footer", "E-mail rendering"}, "There is no link to unsubscribe",
        id="another unsubscribe link",
    ),
    pytest.param(
        lambda store: edit_and_design(store, subject=""), {"E-mail rendering"},
        "Loyal: variant A cannot be sent as it is drawn. The headline has no words.",
        id="an e-mail without a headline",
    ),
    pytest.param(
        lambda store: change_design(store, accent="#7a2030"), CHANGED_LOOK,
        "was not drawn as an e-mail in the look that the brand has now", id="another design",
    ),
    pytest.param(
        make_it_unreadable, CHANGED_LOOK,
        "text on the letter is #cccccc on #ffffff: a contrast of 1.60 to 1",
        id="a design that nobody can read",
    ),
    pytest.param(
        lambda store: store.run("UPDATE experiments SET approved_at = NULL"), {"Design"},
        "hypothesis is not frozen", id="design not approved",
    ),
    pytest.param(
        lambda store: store.run("UPDATE experiments SET hypothesis = '{\"metric\":\"revenue\"}'"),
        {"Design"}, "not the one that was approved", id="another metric after the approval",
    ),
    pytest.param(unassign_one, UNSEATED, "1 eligible customer without an arm", id="one left"),
    pytest.param(assign_one_twice, UNSEATED, "1 assignment too many", id="one twice"),
    pytest.param(assign_to_no_arm, UNSEATED, "1 to arms", id="an arm the design lacks"),
    pytest.param(
        forget_consent, {"Consent"}, "nobody to send to. Left out: 60 without consent",
        id="nobody agreed",
    ),
    pytest.param(
        lambda store: store.run("DELETE FROM arms WHERE segment = 'Loyal' AND arm = 'control'"),
        {"Messages", "Assignment", "Sign-off"}, "Loyal lacks the control text", id="no control",
    ),
]  # fmt: skip


def test_a_ready_campaign_is_green(campaign: Store, settings: Settings) -> None:
    checks = launch_gate(campaign, settings, "spring")

    assert all(check.is_green and not check.way_out for check in checks)
    assert [check.message for check in checks if check.name == "Screening"] == [
        "All 36 sendable strings were screened under policy p1 and passed."
    ]


@pytest.mark.parametrize(("break_it", "names", "told"), BREAKS)
def test_what_is_missing_turns_its_check_red_and_nothing_goes_out(
    campaign: Store,
    settings: Settings,
    break_it: Callable[[Store], object],
    names: set[str],
    told: str,
) -> None:
    break_it(campaign)

    found = red(campaign, settings)
    assert set(found) == names
    assert all(check.way_out for check in found.values())
    for launch in (export_campaign, simulate_campaign):
        with pytest.raises(StateError, match=told):
            launch(campaign, settings, "spring", actor="mia", request_id="r1")
    assert campaign.read("SELECT count(*) FROM deliveries") == [(0,)]


def test_nothing_to_send_is_red_and_not_a_hundred_per_cent(
    campaign: Store, settings: Settings
) -> None:
    for table in ("variants", "arms", "experiments", "assignments"):
        campaign.run(f"DELETE FROM {table}")  # noqa: S608

    found = red(campaign, settings)

    assert {
        "Messages",
        "Screening",
        "Approval",
        "Footer",
        "E-mail rendering",
        "Design",
        "Assignment",
        "Sign-off",
        "Consent",
    } == set(found)
    assert found["Screening"].message == "There is nothing to send, so nothing was screened."


def test_a_review_that_was_decided_with_a_reason_counts_as_passed(
    campaign: Store, settings: Settings
) -> None:
    ask_for_review(campaign)
    approve(campaign, "Loyal", "A", version=1, sha=sha(), note="Checked with legal.")

    assert red(campaign, settings) == {}


def test_before_the_design_all_that_was_written_is_looked_at(
    campaign: Store, settings: Settings
) -> None:
    for table in ("arms", "experiments", "assignments"):
        campaign.run(f"DELETE FROM {table}")  # noqa: S608
    add_variant(campaign, "Loyal", "C", message("Loyal", "C"), is_cleared=False)

    found = red(campaign, settings)

    assert "36 of 42 sendable strings" in found["Screening"].message
    assert "not yet: Loyal: variant C" in found["Approval"].message


def test_a_message_outside_the_design_holds_nobody_up(campaign: Store, settings: Settings) -> None:
    add_variant(campaign, "Loyal", "C", message("Loyal", "C"), is_cleared=False)

    assert red(campaign, settings) == {}


def test_who_may_not_be_written_to_is_counted_by_reason(
    campaign: Store, settings: Settings
) -> None:
    campaign.run("UPDATE customers SET consent_email = false WHERE customer_id = 'c000001'")
    campaign.run("UPDATE customers SET email = '+1@example.com' WHERE customer_id = 'c000002'")
    campaign.run("DELETE FROM customers WHERE customer_id = 'c000003'")
    campaign.run("INSERT INTO suppressions VALUES ('shop', 'c000004', NULL, 'complaint', now())")

    [consent] = [c for c in launch_gate(campaign, settings, "spring") if c.name == "Consent"]

    assert consent.is_green
    assert consent.message == (
        "56 customers may be written to. Left out: 1 on the suppression list, 1 without consent, "
        "1 without a usable address, 1 no longer in the customer base."
    )


def test_an_unknown_campaign_is_told(store: Store, settings: Settings) -> None:
    with pytest.raises(InputError, match="no campaign 'autumn'"):
        launch_gate(store, settings, "autumn")


def test_after_its_send_date_a_campaign_is_simulated_but_never_exported(
    campaign: Store, settings: Settings
) -> None:
    late = replace(campaign, clock=lambda: campaign.clock() + timedelta(days=1))

    assert red(campaign, settings) == {}
    check = red(late, settings)["Send date"]
    assert check.is_for_export
    assert check.message.startswith("The send date, 1 December 2026, has passed.")
    with pytest.raises(StateError, match="Create a new campaign with a later send date"):
        export_campaign(late, settings, "spring", actor="mia", request_id="r1")
    assert simulate_campaign(late, settings, "spring", actor="mia", request_id="s1") == 60


def test_who_becomes_eligible_after_the_launch_turns_nothing_red(
    campaign: Store, settings: Settings
) -> None:
    export_campaign(campaign, settings, "spring", actor="mia", request_id="r1")
    become_eligible(campaign)

    assert red(campaign, settings) == {}
    [check] = [c for c in launch_gate(campaign, settings, "spring") if c.name == "Assignment"]
    assert "1 customer became eligible after the launch" in check.message


def test_before_the_launch_the_way_to_assign_is_the_approval(
    campaign: Store, settings: Settings
) -> None:
    unassign_one(campaign)

    assert red(campaign, settings)["Assignment"].way_out == (
        "Withdraw the approval and approve the design again."
    )


def report_incident(store: Store) -> None:
    store.run(
        "INSERT INTO incidents VALUES ('i1', 'reported', 'Price is wrong', NULL, NULL, 'spring',"
        " '{}', 'x', $now, 'ida', NULL)",
        now=store.now(),
    )


def hold(store: Store, *, is_held: bool = True) -> None:
    store.run(
        "INSERT INTO holds (campaign_id, incident_id, is_held, reason, actor, decided_at)"
        " VALUES ('spring', 'i1', $is_held, 'It says 5, not 15.', 'ida', $now)",
        is_held=is_held, now=store.now(),
    )  # fmt: skip


def test_an_incident_holds_the_campaign_until_it_is_released(
    campaign: Store, settings: Settings
) -> None:
    report_incident(campaign)
    hold(campaign)

    found = red(campaign, settings)
    assert "Incident hold" in found
    assert "Sources" not in found
    assert found["Incident hold"].message == (
        "Nothing of this campaign may go out: Price is wrong (It says 5, not 15.)."
    )
    for launch in (export_campaign, simulate_campaign):
        with pytest.raises(StateError, match="Incident hold: Nothing of this campaign"):
            launch(campaign, settings, "spring", actor="mia", request_id="r1")

    hold(campaign, is_held=False)
    assert red(campaign, settings) == {}


def sample_sender(store: Store) -> None:
    """Let every message carry the footer of the sample's shop, and be signed off with it."""
    footer = f"{SAMPLE.sender_name}\n{SAMPLE.sender_address}\n{SAMPLE.unsubscribe_url}"
    for segment, arm in store.read("SELECT segment, arm FROM arms ORDER BY ALL"):
        add_variant(store, segment, arm, replace(message(segment, arm), footer=footer), version=2)
    draw(store, SAMPLE)
    design_again(store)
    sign(store)


def test_a_team_s_own_list_is_not_sent_in_the_name_of_the_sample_shop(
    campaign: Store, settings: Settings
) -> None:
    sample_sender(campaign)
    sampled = replace(settings, brand=SAMPLE)

    found = red(campaign, sampled)
    assert set(found) == {"Sender"}
    assert "your own customers" in found["Sender"].message
    assert "the postal address" in found["Sender"].message
    with pytest.raises(StateError, match="Sender: These are your own customers"):
        export_campaign(campaign, sampled, "spring", actor="mia", request_id="r1")
    assert simulate_campaign(campaign, sampled, "spring", actor="mia", request_id="s1") == 60


def test_the_sample_data_may_be_tried_out_in_the_name_of_the_sample_shop(
    campaign: Store, settings: Settings
) -> None:
    sample_sender(campaign)
    campaign.run("UPDATE datasets SET is_sample = true")

    assert red(campaign, replace(settings, brand=SAMPLE)) == {}


def test_the_sign_off_says_who_signed_and_when(campaign: Store, settings: Settings) -> None:
    [check] = [c for c in launch_gate(campaign, settings, "spring") if c.name == "Sign-off"]

    assert check.message == "rob signed off on 1 December 2026; nothing has changed since."
