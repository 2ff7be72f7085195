"""The Voice studio: from an approved script to files that are handed over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pages.ui import shell
from personalization.providers import registry
from tests.voice.spoken import Scripted, add_speaker, fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from streamlit.testing.v1 import AppTest


def told(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.success, app.warning, app.error)
    return " ".join(element.value for kind in kinds for element in kind)


def test_without_approved_words_it_says_where_to_begin(open_on: Callable[..., AppTest]) -> None:
    page = open_on("pages/voice.py")

    assert not page.exception
    assert "No approved script yet" in [title.value for title in page.subheader]


def test_a_script_is_heard_made_and_listed(
    open_on: Callable[..., AppTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "speech_engine", lambda *_: Scripted())
    page = open_on("pages/voice.py")
    fill(shell.store())
    add_speaker(shell.store())
    known = shell.settings()
    files = replace(
        known,
        voice=replace(known.voice, folder=str(tmp_path / "voice"), formats=(), listened_files=0),
    )
    monkeypatch.setattr(shell, "settings", lambda: files)

    page.run().button(key="voice_listen").click().run()
    assert not page.exception
    assert "Said to p1" in told(page)

    page.button(key="voice_make").click().run()
    job = next(iter(shell.jobs().futures))
    shell.jobs().wait(job, timeout=60)
    page.run()
    assert "3 of 3 files are ready" in told(page)

    page.session_state["voice_view"] = "files"
    page.run()
    assert page.metric[0].value == "3"
    assert "Words looked for in no file: [voice] listened_files is 0." in told(page)

    for view in ("speakers", "consents"):
        page.session_state["voice_view"] = view
        page.run()
        assert not page.exception
    assert "No consent is on file" in told(page)
