"""The page of incidents: a source is withdrawn, a campaign is held, and both are seen through."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from pages.ui import shell
from personalization import campaign
from personalization.reports import incidents as reports
from personalization.reports.incidents import without
from personalization.reports.ledger import ledger_counts, ledger_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/incidents.py"


def sendable() -> int:
    return len(shell.store().read("SELECT variant_id FROM sendable_variants"))


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


_USES = """
    SELECT statements.document_id, documents.title, count(DISTINCT uses.variant_id) AS n
    FROM USES AS uses JOIN statements USING (statement_id)
    JOIN current_documents AS documents ON documents.document_id = statements.document_id
    GROUP BY ALL ORDER BY n DESC, documents.title LIMIT 1
"""


def most_cited(uses: str = "claims") -> tuple[str, str, int]:
    """Return id and title of the approved source that most messages cite, and how many do."""
    [row] = shell.store().read(_USES.replace("USES", uses))
    return row


def test_without_incidents_the_page_says_what_it_is_for(open_on: Callable[..., AppTest]) -> None:
    app = open_on(PAGE)

    assert not app.exception
    assert "No incidents" in [heading.value for heading in app.subheader]


def test_a_source_is_withdrawn_after_a_look_at_all_that_rests_on_it(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    document_id, title, n = most_cited("quoted_statements")
    before = sendable()
    app = open_on(PAGE, campaign_id)

    app.button(key="withdraw").click().run()
    assert title in app.selectbox(key="withdraw_source").options[0]
    assert metrics(app)["Messages not exported"] == str(n)
    app.text_area(key="withdraw_reason").input("It was never agreed.")
    app.button(key="withdraw_now").click().run()

    assert not app.exception
    assert sendable() == before - n
    [incident] = reports.incidents(shell.store())
    assert (incident.document_id, incident.figures["held"]) == (document_id, n)
    assert metrics(app)["Approved messages held"] == str(n)
    assert "The source may not be said any more" in app.toast[0].value
    assert app.dataframe[0].value["On hold"][0] == f"{n} messages"


def test_nothing_is_withdrawn_without_a_reason(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on(PAGE, campaign_at("approved"))
    before = sendable()

    app.button(key="withdraw").click().run()
    app.button(key="withdraw_now").click().run()

    assert "Say why" in app.error[0].value
    assert sendable() == before


def test_a_reported_campaign_is_held_and_somebody_else_lets_it_go(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_id = campaign_at("approved")
    before = sendable()
    app = open_on(PAGE, campaign_id)
    app.session_state["acting_as"] = "Mia"
    app.run()

    app.button(key="report").click().run()
    app.text_input(key="report_title").input("Price error")
    app.text_area(key="report_reason").input("£4 for £40")
    app.button(key="report_now").click().run()
    assert not app.exception
    assert sendable() == 0

    app.text_input(key=f"why_{campaign_id}").input("Put right")
    app.button(key=f"release_{campaign_id}").click().run()
    assert "four eyes" in app.error[0].value
    app.session_state["acting_as"] = "Rob"
    app.button(key=f"release_{campaign_id}").click().run()
    assert sendable() == before


def test_an_incident_is_noted_done_and_closed(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    campaign_at("approved")
    document_id, _, n = most_cited()
    incident_id = campaign.withdraw_document(
        shell.store(), document_id, reason="Wrong.", actor="Mia"
    )
    app = open_on(PAGE)

    [rewrite] = [t for t in reports.tasks(shell.store(), incident_id) if t["task"] == "rewrite"]
    assert f"{n} message" in rewrite["text"]
    app.text_input(key="note_rewrite").input("All written anew")
    app.button(key="done_rewrite").click().run()
    app.text_input(key="ending_reason").input("Nobody got it")
    app.button(key="close").click().run()

    assert not app.exception
    assert [one.is_closed for one in reports.incidents(shell.store())] == [True]
    kinds = [event["kind"] for event in reports.timeline(shell.store(), incident_id)]
    assert kinds == ["opened", "task", "done", "closed"]


def test_a_source_of_foreign_words_is_shown_as_it_stands(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    campaign.report_incident(
        shell.store(), "<img src=x> **bold** [link](https://evil.test)",
        campaign_id=add_campaign(), reason="![x](https://evil.test/p.png)", actor="Mia",
    )  # fmt: skip

    app = open_on(PAGE)

    shown = " ".join(element.value for element in (*app.subheader, *app.markdown))
    assert "\\<img" in shown
    assert "![x]" not in shown
    assert "\\*\\*bold" in shown


def test_the_smallest_rewrite_takes_out_the_sentences_that_cite_the_source(
    campaign_at: Callable[[str], str],
) -> None:
    campaign_at("approved")
    document_id, _, _ = most_cited()
    incident_id = campaign.withdraw_document(
        shell.store(), document_id, reason="Wrong.", actor="Mia"
    )

    found = reports.rewrites(shell.store(), incident_id)

    assert found
    for rewrite in found:
        assert all(sentence not in rewrite.after for sentence in rewrite.sentences)


@pytest.mark.parametrize(
    ("text", "spans", "left"),
    [
        pytest.param("One. Two. Three.", [(5, 9)], "One. Three.", id="in the middle"),
        pytest.param("One. Two.", [(0, 4)], "Two.", id="at the start"),
        pytest.param("One.\n\nTwo.\n\nThree.", [(6, 10)], "One.\n\nThree.", id="a paragraph"),
        pytest.param("One.", [(0, 4)], "", id="all of it"),
    ],
)
def test_what_is_left_has_no_gaps(text: str, spans: list[tuple[int, int]], left: str) -> None:
    assert without(text, spans) == left


def test_who_got_it_is_listed_by_pseudonym_and_the_download_is_on_record(
    campaign_at: Callable[[str], str],
) -> None:
    campaign_id = campaign_at("approved")
    store = shell.store()
    document_id, _, _ = most_cited()
    store.run(
        "INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt,"
        " confidence, designed_at, designed_by)"
        " VALUES ('e9', $c, '{}', 'x', 's', 0.95, now(), 'm')",
        c=campaign_id,
    )
    store.run(
        "INSERT INTO deliveries SELECT 'e9', 'cust-' || variant_id, segment, arm, variant_id,"
        " version, content_sha256, 'r', false, now() FROM current_variants"
        " WHERE campaign_id = $c",
        c=campaign_id,
    )
    incident_id = campaign.withdraw_document(store, document_id, reason="Wrong.", actor="Mia")
    [reached] = reports.reached(store, incident_id)

    content = reports.recipients_file(store, incident_id, campaign_id, actor="Ofelia")

    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert 0 < len(rows) == reached["recipients"] < 8
    assert "cust-" not in content.decode("utf-8-sig")
    [(kind, actor)] = store.read("SELECT kind, actor FROM audit_log ORDER BY seq DESC LIMIT 1")
    assert (kind, actor) == ("audit.exported", "Ofelia")


def test_what_the_composer_writes_is_borne_out_to_the_last_fact(
    campaign_at: Callable[[str], str],
) -> None:
    campaign_at("approved")
    store = shell.store()

    facts = store.read("SELECT kind, count(*) FROM ledger_entries GROUP BY kind")
    assert sum(n for _, n in facts) > 10
    assert store.read("SELECT * FROM ledger_entries WHERE decision <> 'pass'") == []
    [(screening_id, n)] = store.read(
        "SELECT screening_id, count(*) FROM ledger_entries GROUP BY ALL ORDER BY ALL LIMIT 1"
    )
    rows = ledger_of(store, screening_id)
    assert len(rows) == n == ledger_counts(store, screening_id)["borne_out"]
    assert all(row["document"] and row["source_text"] for row in rows)
