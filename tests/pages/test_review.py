from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from personalization import campaign
from personalization.errors import StateError
from personalization.reports import review

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/review.py"


@pytest.fixture
def campaign_id(campaign_at: Callable[[str], str]) -> str:
    return campaign_at("written")


def states(campaign_id: str) -> list[str]:
    return [row["state"] for row in review.queue(shell.store(), campaign_id)]


def test_without_a_campaign_the_page_says_what_to_do(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)

    assert not app.exception
    assert app.subheader[0].value == "Choose a campaign"


def test_without_messages_the_page_leads_to_the_writing(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    app = open_on(PAGE, add_campaign())

    assert not app.exception
    assert app.subheader[0].value == "No messages yet"


def test_the_list_holds_every_message_with_its_state(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)

    assert not app.exception
    listed = app.dataframe[0].value
    assert len(listed) == len(states(campaign_id)) == 8
    assert list(listed["arm"][:4]) == ["Control", "Variant A", "Variant B", "Variant C"]


def test_an_approval_is_kept_and_the_next_message_comes_up(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)

    app.button(key="approve").click().run()

    assert not app.exception
    assert states(campaign_id)[0] == "approved"
    assert app.session_state["grid"]["selection"]["rows"] == [1]


def test_an_undo_takes_the_approval_back(open_on: Callable[..., AppTest], campaign_id: str) -> None:
    app = open_on(PAGE, campaign_id)
    app.button(key="approve").click().run()

    app.button(key="undo_last").click().run()

    assert not app.exception
    assert states(campaign_id)[0] == "needs_review"


def test_an_undo_does_not_take_back_what_somebody_else_decided_since(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)
    app.button(key="approve").click().run()
    first = review.queue(shell.store(), campaign_id)[0]
    seen = app.session_state["undo"][2]
    campaign.undo_decision(shell.store(), first["variant_id"], actor="Cem", approval_id=seen)
    campaign.decide(
        shell.store(), first["variant_id"], version=first["version"], decision="rejected",
        note="Not for us.", actor="Cem",
    )  # fmt: skip

    app.button(key="undo_last").click().run()

    assert not app.exception
    assert app.warning[0].value
    assert states(campaign_id)[0] == "rejected"


def test_an_undo_is_offered_for_this_campaign_only(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)

    app.session_state["undo"] = ("a message of another campaign", 1, 1)
    app.run()

    assert not app.exception
    assert "undo_last" not in [button.key for button in app.button]


def test_a_rejection_without_a_reason_is_refused_in_words(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)

    app.button(key="reject").click().run()

    assert not app.exception
    assert app.warning[0].value
    assert states(campaign_id)[0] == "needs_review"


def test_a_rejection_with_a_reason_is_kept_with_it(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)
    variant_id = review.queue(shell.store(), campaign_id)[0]["variant_id"]
    app.text_input(key=f"note_{variant_id}").set_value("Too long for us.").run()

    app.button(key="reject").click().run()

    assert states(campaign_id)[0] == "rejected"
    assert review.history(shell.store(), variant_id)[0]["note"] == "Too long for us."


def test_the_keys_up_and_down_move_through_the_list(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)

    app.button(key="next").click().run()
    app.button(key="next").click().run()
    app.button(key="previous").click().run()

    assert app.session_state["grid"]["selection"]["rows"] == [1]


def test_approving_all_asks_first_and_names_the_number(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)

    app.button(key="approve_all").click().run()

    assert not app.exception
    assert app.button(key="confirm_all").label == "Approve 8 messages"
    assert set(states(campaign_id)) == {"needs_review"}


def test_the_message_is_shown_as_a_customer_reads_it(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)

    text = " ".join(element.value for element in app.markdown)
    assert "Person" in text
    assert "first\\_name" not in text


def test_with_sources_each_claim_carries_a_number_and_its_source(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)
    app.button(key="next").click().run()

    app.segmented_control(key="view").set_value("With sources").run()

    assert not app.exception
    text = " ".join(element.value for element in app.markdown)
    assert "\\[1\\]" in text
    assert "**Sources**" in text


def test_somebody_else_deciding_first_is_told_and_nothing_is_overwritten(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)
    shell.store().run(
        "INSERT INTO variants SELECT variant_id, version + 1, campaign_id, segment, arm, subject,"
        " preheader, body || ' More.', call_to_action, link, footer, locale, attributes, 'human',"
        " provenance, 'changed', written_at, 'Cem' FROM current_variants"
        " WHERE arm = 'control'"
    )

    app.button(key="approve").click().run()

    assert not app.exception
    assert "Somebody" in app.warning[0].value or "Someone" in app.warning[0].value
    assert "approved" not in states(campaign_id)


def test_a_held_campaign_says_so_and_nothing_of_it_is_approved(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    store = shell.store()
    [(variant_id,)] = store.read("SELECT min(variant_id) FROM current_variants")
    campaign.undo_decision(store, variant_id, actor="Bea")
    campaign.report_incident(
        store, "Price error", campaign_id=campaign_id, reason="£4 for £40", actor="Mia"
    )

    app = open_on("pages/review.py", campaign_id)

    assert not app.exception
    assert "‘Price error’, by Mia" in app.error[0].value
    assert app.button(key="approve_all").disabled
    rows = {row["variant_id"]: row for row in review.queue(store, campaign_id)}
    assert {row["state"] for row in rows.values()} == {"on_hold", "needs_review"}
    assert rows[variant_id]["why"] == ["the campaign is on hold for the incident ‘Price error’"]
    with pytest.raises(StateError, match="on hold for the incident ‘Price error’"):
        campaign.approve_all(store, campaign_id, actor="Bea")


def test_a_message_that_cites_a_withdrawn_source_is_not_approved_with_the_others(
    campaign_at: Callable[[str], str],
) -> None:
    campaign_id = campaign_at("written")
    store = shell.store()
    store.run(
        "UPDATE documents SET status = 'retired' WHERE document_id = (SELECT document_id FROM "
        "claims JOIN statements USING (statement_id) ORDER BY ALL LIMIT 1)"
    )

    campaign.approve_all(store, campaign_id, actor="Bea")

    rows = review.queue(store, campaign_id)
    stopped = [row for row in rows if row["state"] == "stopped"]
    assert stopped
    assert "void" not in {row["state"] for row in rows}
    with pytest.raises(StateError, match="is withdrawn"):
        campaign.decide(
            store, stopped[0]["variant_id"], version=1, decision="approved", note="", actor="Bea"
        )
