"""The Voice studio: from an approved script to files that are handed over."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from pages.ui import shell
from personalization import campaign
from personalization.providers import registry
from tests.voice.spoken import Scripted, add_speaker, choose, fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from streamlit.testing.v1 import AppTest

    from personalization.jobs import JobRunner, Progress


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

    page.run()
    assert "Video script for sales" in [title.value for title in page.subheader]
    assert "Direct, offer, short" in told(page)
    assert ":blue-background[Anna] first name" in told(page)
    assert "{{" not in told(page)
    page.selectbox(key="voice_person_s1").set_value("p3").run()
    assert "No company is known, so it says “your team”." in told(page)

    page.button(key="voice_listen").click().run()
    assert not page.exception
    assert "As it is said: “Hi there" in told(page)

    assert page.button(key="voice_make").label == "Make 3 files"
    page.button(key="voice_make").click().run()
    job = next(iter(shell.jobs().futures))
    shell.jobs().wait(job, timeout=60)
    page.run()
    assert "3 of 3 files are ready" in told(page)
    assert "All of them are made in this delivery." in told(page)

    page.session_state["voice_view"] = "files"
    page.run()
    assert page.metric[0].value == "3"
    assert "No recogniser listened" in told(page)
    assert sorted(page.dataframe[0].value["who"]) == ["Anna", "Tom", "p3"]

    for view in ("speakers", "consents"):
        page.session_state["voice_view"] = view
        page.run()
        assert not page.exception
    assert "No consent is on file" in told(page)


def test_what_one_speaker_said_and_signed_is_no_evidence_of_another(
    open_on: Callable[..., AppTest],
) -> None:
    page = open_on("pages/voice.py")
    for speaker in ("claire", "dan"):
        add_speaker(shell.store(), speaker)
    shell.store().run("UPDATE speakers SET name = 'Dan' WHERE speaker_id = 'dan'")
    page.session_state["voice_view"] = "consents"
    page.run()
    page.selectbox(key="consent_speaker").set_value("dan").run()
    [contact] = [box for box in page.text_input if box.label == "How the person is reached"]
    contact.set_value("dan@hr.example")
    page.button(key="consent_enter").click().run()
    assert "dan@hr.example" in [box.value for box in page.text_input]

    page.selectbox(key="consent_speaker").set_value("claire").run()

    assert not page.exception
    assert "dan@hr.example" not in [box.value for box in page.text_input]
    assert "claire" in page.get("file_uploader")[0].proto.id


def test_files_wait_behind_other_work_and_stopping_them_stops_nothing_else(
    open_on: Callable[..., AppTest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "speech_engine", lambda *_: Scripted())
    page = open_on("pages/voice.py")
    fill(shell.store())
    shell.store().run("UPDATE prospects SET first_name = 'Wojciech' WHERE prospect_id = 'p1'")
    choose(shell.store())
    folder = replace(shell.settings().voice, folder=str(tmp_path / "voice"))
    known = replace(shell.settings(), voice=folder)
    monkeypatch.setattr(shell, "settings", lambda: known)
    room, jobs = Event(), shell.jobs()
    others = [jobs.submit("gifts", kind, lambda _: str(room.wait(60)))
              for kind in ("outreach", "outreach_play")]  # fmt: skip

    page.run()
    assert "1 name cannot be said for sure, so 1 person gets no file yet." in told(page)
    page.button(key="voice_make").click().run()
    assert "Queued behind other work" in told(page)
    page.button(key="voice_stop").click().run()
    [own] = set(jobs.stops) - set(others)
    assert [job for job, stop in jobs.stops.items() if stop.is_set()] == [own]
    room.set()
    jobs.wait(own, timeout=60)
    page.run()
    assert "It was stopped before anything was made." in told(page).replace("\\", "")

    page.session_state["voice_view"] = "names"
    page.run()
    page.text_input(key="say_like_0").set_value("Voy-check").run()
    page.button(key="say_keep_0").click().run()
    assert not page.exception
    assert "Every name in this campaign's scripts can be said." in told(page)
    assert "in other letters: Voy-check" in told(page).replace("\\", "")


def broken(jobs: JobRunner, *_: object, **__: object) -> str:
    def work(progress: Progress) -> str:
        progress.report(2, 3, "2 of 3 files")
        return str(1 / 0)

    return jobs.submit("gifts", "voice", work)


def test_work_that_breaks_off_is_told_with_what_stays(
    open_on: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_on("pages/voice.py")
    fill(shell.store())
    monkeypatch.setattr(campaign, "start_making_campaign_voice", broken)

    page.run().button(key="voice_make").click().run()
    shell.jobs().wait(next(iter(shell.jobs().futures)), timeout=60)
    page.run()

    assert not page.exception
    assert "Something went wrong on our side" in told(page)
    assert "Files that were made until then are kept" in told(page)
    assert page.button(key="voice_make").label == "Make 3 files"
