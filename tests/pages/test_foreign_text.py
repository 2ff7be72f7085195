"""What comes from data is shown as it stands: it draws no picture and is no Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from pages.ui import shell, words
from personalization import segmentation
from tests.pages import campaigns
from tests.unguarded import unguarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

EVIL: Final = "![x](http://evil.example/p.png) **b** <b>"
LOADS: Final = "![x]("
PAGES: Final = (
    "home", "upload", "segments", "content", "review", "experiment", "results", "audit",
    "queue", "policies", "trends", "consent", "incidents",
)  # fmt: skip
ELEMENTS: Final = (
    "markdown", "caption", "toast", "title", "header", "subheader", "error", "warning", "info",
    "success", "metric", "button",
)  # fmt: skip
_FOREIGN: Final = (
    "UPDATE customers SET first_name = $evil, favourite_category = $evil",
    "UPDATE datasets SET name = $evil",
    "UPDATE approvals SET note = $evil, actor = $evil",
    "UPDATE experiments SET approved_by = $evil, launched_by = $evil",
    "INSERT INTO writing_failures VALUES ('spring', $evil, 'B', $evil, now())",
    "INSERT INTO jobs VALUES ('j', 'spring', 'write', 'failed', 1, 2, $evil, now(), now())",
)


def shown(app: AppTest) -> list[str]:
    """Return every text on the page that Streamlit reads as Markdown."""
    elements = [each for kind in ELEMENTS for each in app.get(kind)]
    return [
        str(getattr(each, name)) for each in elements for name in ("value", "label")
        if hasattr(each, name)
    ]  # fmt: skip


@pytest.fixture
def campaign_id(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001
    """A campaign whose name, segment, customers, people and reasons are written like a picture."""
    rule = segmentation.Rule(EVIL, (segmentation.Condition("orders", ">=", 2),))
    monkeypatch.setattr(segmentation, "STARTER_RULES", (rule,))
    store, settings = shell.store(), shell.settings()
    campaigns.add(store, "spring", EVIL, 200)
    campaigns.simulated(store, settings, "spring", Path(settings.content.corpus))
    with unguarded(store, "approvals"):
        for statement in _FOREIGN:
            store.run(statement, evil=EVIL)
    return "spring"


def test_no_page_draws_a_picture_that_a_name_or_a_reason_asks_for(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    told = ""
    for page in PAGES:
        file = "pages/ui/home.py" if page == "home" else f"pages/{page}.py"
        app = open_on(file, campaign_id)

        assert not app.exception, page
        assert [text for text in shown(app) if LOADS in text] == [], page
        told += "\n".join(shown(app))

    assert words.plain(EVIL) in told  # the names did reach the screen


def test_a_person_who_is_looked_up_is_shown_as_text(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on("pages/segments.py", campaign_id)

    app.text_input(key="who").set_value("p7").run()

    assert not app.exception
    assert any(words.plain(EVIL) in text for text in shown(app))
    assert [text for text in shown(app) if LOADS in text] == []


def test_the_name_of_a_file_is_shown_as_text(open_on: Callable[..., AppTest]) -> None:
    name = "![x](p.png).csv"
    app = open_on("pages/upload.py")

    app.file_uploader(key="upload_customers").upload(
        name, b"customer_id,email,![x](q.png)\n1,ann@example.com,2\n", "text/csv"
    ).run()

    assert not app.exception
    assert any(words.plain(name) in text for text in shown(app))
    labels = [box.label for box in app.selectbox]
    assert words.plain("![x](q.png)") in labels
    assert [text for text in (*shown(app), *labels) if LOADS in text] == []


def test_what_is_told_after_the_deed_is_shown_as_text(
    open_on: Callable[..., AppTest], campaign_id: str
) -> None:
    app = open_on("pages/review.py", campaign_id)
    app.session_state["_said"] = f"{EVIL} is created."
    app.session_state["refused"] = EVIL

    app.run()

    assert app.toast[0].value == words.plain(f"{EVIL} is created.")
    assert app.warning[0].value == words.plain(EVIL)


def test_an_image_in_a_document_is_not_loaded() -> None:
    shown = words.without_images(r"**Warm** ![x](http://evil.example/p.png) ![y][z]")

    assert "![" not in shown
    assert shown.startswith("**Warm**")
