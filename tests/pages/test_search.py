from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING

from pages.ui import shell
from personalization.campaign import searching

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from streamlit.testing.v1 import AppTest

PAGE = "pages/search.py"


def texts(app: AppTest) -> str:
    shown = (*app.markdown, *app.caption, *app.info, *app.warning, *app.success)
    return "\n".join(each.value for each in shown)


def test_a_search_shows_hits_with_their_reasons_and_what_was_left_out_with_its(
    open_on: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "registry", SimpleNamespace(encoder_at_hand=lambda: None))
    app = open_on(PAGE)
    app.date_input(key="search_day").set_value(date(2026, 12, 1))

    app.text_input(key="query").set_value("garden kneeling 15% off").run()

    assert not app.exception
    said = texts(app)
    assert "**1. For pottering gardeners**" in said
    assert ":blue-background[kneeling]" in said
    assert "Shares ‘garden’, ‘kneeling’" in said
    assert "found by their words only: the language model is not loaded" in said
    assert "**Fifteen per cent off garden lines** – it ended on 31 Aug 2026" in said

    app.selectbox(key="why_not").set_value("benefit-alarm-clocks").run()

    assert "may be said, but nothing brought it in" in texts(app)


def test_the_evaluation_is_measured_on_the_page(
    open_on: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    labels = tmp_path / "queries.toml"
    labels.write_text(
        'day = 2026-12-01\nlocale = "en-GB"\n'
        '[[query]]\ntext = "alarm clock"\nrelevant = { benefit-alarm-clocks = 3 }\n'
        '[[query]]\ntext = "doormat"\nrelevant = { cta-bags = 3 }\n',
        "utf-8",
    )
    monkeypatch.setattr(searching, "LABELS", labels)
    monkeypatch.setattr(searching, "registry", SimpleNamespace(encoder=lambda: None))
    app = open_on(PAGE, search_tab="How well it finds")
    app.session_state["search_tab"] = "How well it finds"
    app.run()

    app.button(key="evaluate").click().run()

    assert not app.exception
    assert app.dataframe[0].value["Method"].iloc[0] == "Words and meaning together"
    assert list(app.dataframe[1].value["Query"]) == ["doormat"]
    assert "2 queries" in texts(app)
    assert "Meaning was not compared" in texts(app)


def test_what_a_segment_asks_is_shown_changed_and_taken_back(
    open_on: Callable[..., AppTest], campaign_at: Callable[[str], str]
) -> None:
    app = open_on("pages/content.py", campaign_at("written"))
    name = app.selectbox(key="segment").value
    proposed = app.text_area[0].value
    assert name

    app.text_area[0].set_value("cake stands for  Sundays")
    next(each for each in app.button if each.label == "Ask this").click().run()

    assert not app.exception
    kept = searching.segment_query(shell.store(), "spring", name)
    assert (kept.query, kept.proposed) == ("cake stands for Sundays", proposed)
    assert "instead of:" in texts(app)

    next(each for each in app.button if each.label == "Back to the proposed one").click().run()

    assert searching.segment_query(shell.store(), "spring", name).query == proposed
