from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pages.ui import compare, message, shell
from personalization import campaign
from personalization.campaign import hosted
from personalization.errors import ProviderError, StateError
from personalization.providers import registry
from personalization.providers.protocols import Opinion
from personalization.reports import previews, review
from tests.pages import campaigns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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

    app.segmented_control(key="view").set_value("Sources").run()

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


@pytest.fixture
def without_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Screen without a model: the registry chooses from the environment, not from a parameter."""
    monkeypatch.setattr(registry, "classifier", lambda _, **__: campaigns.Trusting())


def texts_of(campaign_id: str, version: int) -> dict[str, str]:
    found = shell.store().records(
        "SELECT subject, preheader, body, call_to_action, link, footer FROM variants "
        "WHERE campaign_id = $campaign_id AND version = $version AND variant_id IN "
        "(SELECT variant_id FROM variants WHERE version = 2)",
        campaign_id=campaign_id,
        version=version,
    )
    return {name: str(text) for name, text in found[0].items()}


@pytest.mark.usefixtures("without_a_model")
def test_another_subject_is_shown_beside_the_one_before_and_voids_the_approval(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    app = open_on(PAGE, campaign_id)
    app.button(key="next").click().run()

    app.button(key="another_subject").click().run()

    assert not app.exception
    assert app.segmented_control(key="view").value == "Changes"
    before, after = texts_of(campaign_id, 1), texts_of(campaign_id, 2)
    assert [name for name in before if before[name] != after[name]] == ["subject"]
    assert states(campaign_id)[:2] == ["approved", "needs_review"]


@dataclass
class Agreeing:
    """Gives a second opinion: it agrees with everything."""

    name: str = "A checker"

    def check(self, claim: str, sources: object) -> Opinion:  # noqa: ARG002
        return Opinion(is_grounded=True)


@pytest.mark.usefixtures("without_a_model")
def test_where_a_second_opinion_is_asked_for_an_edit_and_a_part_are_done_by_jobs(
    monkeypatch: pytest.MonkeyPatch,
    open_on: Callable[..., AppTest],
    campaign_id: str,
) -> None:
    with Path(os.environ["PERSONALIZATION_SETTINGS"]).open("a", encoding="utf-8") as settings:
        settings.write('\n[generation]\nsecond_opinion = "azure"\n')
    monkeypatch.setattr(registry, "second_opinion", lambda *_: Agreeing())
    app = open_on(PAGE, campaign_id)
    app.button(key="next").click().run()
    app.button(key="another_subject").click().run()
    jobs_done()
    app.session_state["editing"] = True
    app.run()

    with monkeypatch.context() as down:
        down.setattr(hosted, "edit_message", refuse)
        one(app.text_input, "Subject").set_value("Our own words for it")
        one(app.button, "Save as a new version").click().run()
        jobs_done()
    app.run()

    assert not app.exception
    assert [element.value for element in app.error] == ["Nobody answered\\."]
    assert one(app.text_input, "Subject").value == "Our own words for it"
    one(app.button, "Save as a new version").click().run()
    jobs_done()
    jobs = shell.store().read("SELECT kind, state FROM jobs ORDER BY started_at")
    assert jobs == [("rewrite", "done"), ("edit", "failed"), ("edit", "done")]
    edited = shell.store().read("SELECT subject FROM current_variants WHERE version = 3")
    assert edited == [("Our own words for it",)]


def jobs_done() -> None:
    for future in shell.jobs().futures.values():
        future.result(60)


def refuse(*_: object, **__: object) -> int:
    raise ProviderError("Nobody answered.")


def one(elements: Iterable[Any], label: str) -> Any:  # noqa: ANN401
    [found] = [element for element in elements if element.label == label]
    return found


def test_who_read_a_message_as_all_of_its_readers_is_noted(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)
    variant_id = review.queue(shell.store(), campaign_id)[0]["variant_id"]
    app.session_state["ways"] = True
    app.run()

    app.button(key="noted").click().run()

    assert not app.exception
    [row] = previews.previews_of(shell.store(), variant_id, 1)
    assert row["ways_shown"] == row["ways"]
    assert any(element.value.startswith("Read by ") for element in app.caption)


def test_side_by_side_a_segment_has_a_column_for_each_message(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)

    app.segmented_control(key="way").set_value("Side by side").run()

    assert not app.exception
    names = [element.value for element in app.markdown]
    assert [f"**{name}**" for name in ("Control", "Variant A", "Variant B", "Variant C")] == [
        name for name in names if name in {"**Control**", *(f"**Variant {a}**" for a in "ABC")}
    ]
    assert any(":green[" in name for name in names)


def test_the_quality_of_a_campaign_is_one_table_over_segments_and_arms(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)

    app.segmented_control(key="way").set_value("Quality").run()

    assert not app.exception
    messages, sets = (frame.value for frame in app.dataframe)
    assert len(messages) == 8
    assert messages["recall"].dropna().eq(100).all()
    assert list(sets["subjects"]) == [3, 3]


@pytest.mark.parametrize(
    ("text", "control", "marked"),
    [
        pytest.param("Good tea", "Good tea", "Good tea", id="the same"),
        pytest.param("Good cake", "Good tea", "Good :green[cake]", id="one word"),
        pytest.param("A\n\nB c", "A", "A\n\n:green[B c]", id="a paragraph more"),
        pytest.param(
            "Hi {{city|you}}", "Yo", ":green[Hi] :violet-background[city or “you”]",
            id="a merge field is marked as such",
        ),
        pytest.param("[x](http://a)", "", ":green[\\[x\\]\\(http\\://a\\)]", id="data"),
    ],
)  # fmt: skip
def test_what_the_control_text_has_not_is_marked(text: str, control: str, marked: str) -> None:
    assert compare.against(text, control) == marked


def test_the_editor_says_who_has_which_field_and_what_the_others_read(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)
    app.session_state["editing"] = app.session_state["quality"] = True

    app.run()

    assert not app.exception
    tables = [element.value for element in app.markdown if element.value.startswith("| ")]
    assert any("| first name |" in table and "of " in table for table in tables)
    assert any("**How it reads**" in table and "Easy to read" in table for table in tables)


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [
        pytest.param(
            "Tea for two tonight", "Tea for two today",
            "Tea for two  :red[~~tonight~~]  :green[**today**] ", id="a word of a line",
        ),
        pytest.param(
            "Keep coming back.", "You decide what we order",
            ":red[~~Keep coming back\\.~~]  \n:green[**You decide what we order**]",
            id="another line",
        ),
        pytest.param("", "New", " :green[**New**] ", id="a line that was empty"),
    ],
)  # fmt: skip
def test_what_changed_is_marked_by_word_or_line_by_line(before: str, now: str, shown: str) -> None:
    assert message.difference(before, now) == shown


def test_a_message_is_shown_as_the_e_mail_that_goes_out(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on(PAGE, campaign_id)
    app.segmented_control(key="view").set_value("As an e-mail").run()

    assert not app.exception
    assert [getattr(button, "label", "") for button in app.get("download_button")][:2] == [
        "Open in a mail program (.eml)",
        "HTML",
    ]
    assert any("plain text say the same" in caption.value for caption in app.caption)

    app.segmented_control(key="email_view").set_value("Plain text").run()
    assert "Unsubscribe: https://" in app.code[0].value
