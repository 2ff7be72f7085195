"""Runs of spoken files: who gets one, what is kept, and what holds it back."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Semaphore
from typing import TYPE_CHECKING, Any, ClassVar
from zipfile import ZipFile

import pytest

from personalization.campaign.consent import erase_person, person_report
from personalization.campaign.voice import (
    AssetOptions,
    Scope,
    keep_speaker_consent,
    make_voice_assets,
    publish_voice_assets,
    revoke_speaker,
    voice_manifest,
)
from personalization.errors import InputError, PermissionDenied, ProviderError, StateError
from personalization.jobs import Progress
from personalization.providers.espeak import Espeak
from personalization.providers.speech import MissingVoiceError, Speech, Utterance
from personalization.reports import voice as reports
from personalization.settings import Settings
from personalization.voice import Listening, remove_due
from personalization.voice.loudness import Level
from personalization.voice.manifest import voice_for
from personalization.voice.prosody import measure
from personalization.voice.splicing import Sound, part_of, spliced
from tests.delivery.ready import fill_campaign
from tests.voice.spoken import (
    PLAIN,
    Scripted,
    add_script,
    add_speaker,
    choose,
    consent,
    settings_for,
    speak,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.store import Store


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "gifts").rglob("*") if path.is_file())


def test_everybody_gets_a_file_of_their_own_named_by_person_and_content(
    ready: Store, tmp_path: Path
) -> None:
    run = speak(ready, tmp_path)

    assert (run.assets, run.ready, run.held, run.failed) == (3, 3, 0, 0)
    for person in ("p1", "p2", "p3"):
        [path] = tmp_path.rglob(f"{person}-*.wav")
        assert path.stem == f"{person}-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def test_what_is_said_is_what_was_chosen_to_be_read(rendered: Store) -> None:
    told = voice_manifest(rendered, "run")
    read = dict(rendered.read("SELECT prospect_id, body FROM outreach_messages"))
    assert {a["prospect_id"]: a["script"] for a in told["assets"]} == read
    assert voice_for(told, "p1")["words"][1] == {
        "text": "Anna,", "begins": pytest.approx(0.28, abs=0.15),
        "ends": pytest.approx(0.6, abs=0.25), "personal": True,
    }  # fmt: skip


def test_the_body_is_the_same_samples_for_everybody_and_said_once(
    ready: Store, tmp_path: Path
) -> None:
    engine = Scripted()
    run = speak(ready, tmp_path, engine)

    regions = [a["regions"] for a in voice_manifest(ready, run.run_id)["assets"]]
    shared = {tuple(r["sha256"] for r in each if not r["personal"]) for each in regions}
    own = {tuple(r["sha256"] for r in each if r["personal"]) for each in regions}
    assert len(shared) == 1
    assert len(own) == 3
    assert len([text for text in engine.calls if "we wrap and post" in text]) <= 2  # two threads


def test_the_voice_says_that_it_is_generated_unless_an_officer_says_why_not(
    ready: Store, tmp_path: Path
) -> None:
    engine = Scripted()
    speak(ready, tmp_path, engine)
    silent = AssetOptions(forms=("wav",), is_signed=False, has_disclosure=False,
                          why_not="A person says so before it is played.")  # fmt: skip

    assert any("AI-generated voice" in text for text in engine.calls)
    with pytest.raises(PermissionDenied, match="compliance_officers"):
        speak(ready, tmp_path, options=silent)
    quiet = Scripted()
    speak(ready, tmp_path, quiet, options=silent, actor="ola")
    assert not any("AI-generated" in text for text in quiet.calls)
    [(payload,)] = ready.read(
        "SELECT CAST(payload AS VARCHAR) FROM audit_log WHERE kind = 'voice.made' AND actor = 'ola'"
    )
    assert json.loads(payload)["why_no_disclosure"] == silent.why_not


def test_words_that_are_not_approved_as_they_stand_are_not_spoken(
    ready: Store, tmp_path: Path
) -> None:
    ready.run("UPDATE variants SET body = body || ' Buy now.'")

    with pytest.raises(StateError, match="not approved"):
        speak(ready, tmp_path)
    assert files_in(tmp_path) == []


def test_a_name_that_nobody_is_sure_of_is_held_and_nobody_elses_file_stands_in(
    ready: Store, tmp_path: Path
) -> None:
    ready.run("UPDATE prospects SET first_name = 'Wojciech' WHERE prospect_id = 'p1'")
    choose(ready)

    run = speak(ready, tmp_path)

    assert (run.ready, run.held) == (2, 1)
    with pytest.raises(StateError, match="pronunciation"):
        voice_for(voice_manifest(ready, run.run_id), "p1")
    assert not [name for name in files_in(tmp_path) if name.startswith("p1")]


def test_an_engine_that_breaks_off_for_one_fails_that_one_and_the_next_run_makes_the_rest(
    ready: Store, tmp_path: Path
) -> None:
    first = speak(ready, tmp_path, Scripted(fails_on="Tom"))
    engine = Scripted()
    second = speak(ready, tmp_path, engine)

    assert (first.ready, first.failed) == (2, 1)
    assert (second.ready, second.reused) == (3, 2)
    assert [text for text in engine.calls if text.startswith("Hi")] == ["Hi Tom,"]


def test_an_engine_that_is_down_is_not_asked_for_everybody(ready: Store, tmp_path: Path) -> None:
    ready.run(
        "INSERT INTO prospects (dataset_id, prospect_id, first_name, account, country)"
        " SELECT 'people', 'q' || lpad(range::VARCHAR, 3, '0'), 'Tom', 'q' || range, 'GB'"
        " FROM range(60)"
    )
    choose(ready)

    run = speak(ready, tmp_path, Scripted(fails_on="Hi"))

    assert run.failed == 20
    assert "43 people are left" in run.stopped


def test_the_first_files_are_listened_to_and_held_where_the_script_is_not_heard(
    ready: Store, tmp_path: Path
) -> None:
    listening = replace(settings_for(tmp_path).voice, listened_files=2)

    run = make_voice_assets(
        ready, Settings(voice=listening), "gifts", variant_id="s1", options=PLAIN, actor="mia",
        engine=Scripted(),
    )  # fmt: skip

    told = voice_manifest(ready, run.run_id)
    assert told["settings"]["listened"] == {
        "style_error": "no file: the house voice has no recording to compare with",
        "alignment": "the first 2 files",
    }
    assert [asset["status"] for asset in told["assets"]] == ["held", "held", "ready"]
    assert "words of the script are not heard" in told["assets"][0]["reason"]


def test_what_the_embedded_voice_says_is_heard_and_its_style_measured() -> None:
    engine = Espeak(workers=1)
    words = "We wrap each present by hand, and send it to your clients. Is it time to write?"
    said = engine.speak(Utterance(words, "en-US"))
    other = engine.speak(Utterance("Nobody ever asked for any of these other words.", "en-US"))
    engine.close()

    def sound(speech: Speech) -> Sound:
        return spliced([part_of(words, speech.samples(), speech.rate, speech.words, level=Level(),
                                is_personal=False)], ["x"])  # fmt: skip

    wanted = measure(sound(said).integers / 32_767, 48_000)
    found = Listening(1, "en-GB", wanted).checks(sound(said), words)
    wrong = Listening(1, "en-GB", replace(wanted, f0_median=400)).checks(sound(other), words)

    assert [(each.name, each.value, each.is_passed) for each in found] == [
        ("style_error", 0.0, True), ("alignment", 1.0, True),
    ]  # fmt: skip
    assert [each.is_passed for each in wrong] == [False, False]
    assert "script is in fr" in Listening(1, "fr", wanted).alignment


def test_a_run_that_is_stopped_keeps_what_it_made(ready: Store, tmp_path: Path) -> None:
    stop = Progress(lambda *_: None, lambda: True)

    run = speak(ready, tmp_path, progress=stop)

    assert run.ready == 3
    assert run.stopped.startswith("It was stopped.")


def test_a_file_that_is_missing_or_changed_is_an_error_and_is_made_again(
    ready: Store, tmp_path: Path
) -> None:
    run = speak(ready, tmp_path)
    [path] = tmp_path.rglob("p2-*.wav")
    [other] = tmp_path.rglob("p1-*.wav")

    path.write_bytes(other.read_bytes())
    with pytest.raises(StateError, match="not as it was made"):
        publish_voice_assets(ready, run.run_id, tmp_path / "a.zip", purpose="video", actor="mia")
    path.unlink()
    with pytest.raises(StateError, match="missing"):
        publish_voice_assets(ready, run.run_id, tmp_path / "a.zip", purpose="video", actor="mia")

    assert not (tmp_path / "a.zip").exists()
    assert speak(ready, tmp_path).reused == 2
    assert path.exists()


def test_a_hand_over_has_the_files_the_manifest_and_captions(
    rendered: Store, tmp_path: Path
) -> None:
    path = tmp_path / "gifts.zip"

    found = publish_voice_assets(rendered, "run", path, purpose="video", actor="mia")

    with ZipFile(path) as archive:
        told = json.loads(archive.read("manifest.json"))
        for asset in told["assets"]:
            for file in asset["files"].values():
                if not file["path"].endswith(".json"):
                    content = archive.read(file["path"])
                    assert hashlib.sha256(content).hexdigest() == file["sha256"]
        vtt = archive.read(told["assets"][0]["files"]["vtt"]["path"]).decode()
        rows = json.loads(archive.read("video-tool.json"))
    assert "NOTE This message is spoken by an AI-generated voice." in vtt
    assert [row["prospect_id"] for row in rows] == ["p1", "p2", "p3"]
    assert (found.assets, told["ai_generated"]) == (3, True)


ELSEWHERE = """
    INSERT INTO prospects (dataset_id, prospect_id, email, account)
    VALUES ('shop', 'c9', 'P1@oak.example', 'elsewhere.example')
"""
OBJECTS = {
    "an objection": "INSERT INTO suppressions VALUES ('people', 'p1', NULL, 'asked', now())",
    "an objection by address in another base":
        "INSERT INTO suppressions VALUES ('shop', 'c9', 'p1@oak.example', 'asked', now())",
    "a reply that asks to stop": "INSERT INTO outreach_stops VALUES"
        " ('people', 'person', 'p1', NULL, 'stop', NULL, now(), 'mia')",
    "a stop of the whole account": "INSERT INTO outreach_stops VALUES"
        " ('people', 'account', 'p1.example', 'video_script', 'stop', NULL, now(), 'mia')",
    "a stop in another base, in which the address stands": "INSERT INTO outreach_stops"
        " VALUES ('shop', 'person', 'c9', NULL, 'stop', NULL, now(), 'mia')",
    "an objection in another base by number": "INSERT INTO suppressions VALUES"
        " ('shop', 'c9', NULL, 'asked', now())",
    "a mark in another base": "INSERT INTO prospect_signals VALUES"
        " ('shop', 'c9', 'opted_out', 'yes')",
    "a stop of the account in another base": "UPDATE prospects SET account = 'oak.example' WHERE"
        " prospect_id = 'p1'; INSERT INTO outreach_stops VALUES"
        " ('shop', 'account', 'oak.example', NULL, 'stop', NULL, now(), 'mia')",
    "a move to where the law asks for a consent":
        "UPDATE prospects SET country = 'DE' WHERE prospect_id = 'p1'",
    "a country that is not known any more":
        "UPDATE prospects SET country = NULL WHERE prospect_id = 'p1'",
    "a routing that lets nobody write": "INSERT INTO routings VALUES ('people', 'p1', 'sales',"
        " 'sales', 'director', 0.9, 'r1', 'mid', 'shop', 'suppress', 'a competitor', '', '', '',"
        " '', 'x', now())",
}  # fmt: skip


@pytest.mark.parametrize("statement", OBJECTS.values(), ids=OBJECTS)
def test_who_objects_after_the_render_is_not_handed_over(
    rendered: Store, tmp_path: Path, statement: str
) -> None:
    rendered.run(ELSEWHERE)
    rendered.run(statement)
    found = publish_voice_assets(rendered, "run", tmp_path / "a.zip", purpose="video", actor="mia")

    assert (found.assets, found.left_out) == (2, 1)
    with ZipFile(tmp_path / "a.zip") as archive:
        assert not [name for name in archive.namelist() if "p1" in name]


def call_back(store: Store) -> None:
    store.run(
        "INSERT INTO consents (dataset_id, customer_id, channel, basis, recorded_at, imported_by,"
        " imported_at) VALUES ('people', 'p1', 'email', 'withdrawn', $now, 'mia', $now)",
        now=store.now(),
    )


CHANGES: dict[str, Callable[[Store], object]] = {
    "a name that was put right": lambda store: store.run(
        "UPDATE prospects SET first_name = 'Robert' WHERE prospect_id = 'p1'"
    ),
    "another choice that a gate holds": lambda store: store.run(
        "UPDATE outreach_messages SET status = 'held', code = 'lawful_basis', reason = 'unknown'"
        " WHERE prospect_id = 'p1'"
    ),
    "a consent that was taken back": call_back,
    "a mark in the base": lambda store: store.run(
        "INSERT INTO prospect_signals (dataset_id, prospect_id, signal, value)"
        " VALUES ('people', 'p1', 'opted_out', 'yes')"
    ),
    "the address of somebody who was erased": lambda store: (
        store.run(
            "INSERT INTO prospects (dataset_id, prospect_id, email, account)"
            " VALUES ('people', 'p9', 'nine@oak.example', 'p9')"
        ),
        erase_person(store, "p9", confirmed="p9", actor="olga", dataset_id="people"),
        store.run("UPDATE prospects SET email = 'nine@oak.example' WHERE prospect_id = 'p1'"),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changed_for_a_person_since_the_render_holds_that_file(
    rendered: Store, tmp_path: Path, name: str
) -> None:
    CHANGES[name](rendered)

    found = publish_voice_assets(rendered, "run", tmp_path / "a.zip", purpose="video", actor="mia")

    assert (found.assets, found.left_out) == (2, 1)
    assert voice_manifest(rendered, "run")["assets"][0]["path"] is None


def test_a_customer_who_left_the_audience_since_the_render_is_not_handed_over(
    store: Store, tmp_path: Path
) -> None:
    fill_campaign(store, n=6)
    run = speak(store, tmp_path, campaign_id="spring", variant_id="Loyal/A")
    store.run("DELETE FROM segment_members WHERE customer_id = 'c000001'")

    [held] = [a for a in voice_manifest(store, run.run_id)["assets"] if a["status"] == "held"]

    assert held["prospect_id"] == "c000001"


def test_a_manifest_names_no_call_to_somebody_who_did_not_agree_in_writing(calls: Store) -> None:
    [asset] = voice_manifest(calls, "run")["assets"]

    assert (asset["status"], asset["path"]) == ("held", None)
    assert "no written consent to calls" in asset["reason"]
    assert [run["usable"] for run in reports.runs(calls)] == [0]


def test_every_file_that_a_manifest_names_is_in_the_zip(rendered: Store, tmp_path: Path) -> None:
    publish_voice_assets(rendered, "run", tmp_path / "a.zip", purpose="video", actor="mia")

    with ZipFile(tmp_path / "a.zip") as archive:
        told = json.loads(archive.read("manifest.json"))
        named = {f["path"] for a in told["assets"] for f in a["files"].values()}
        assert named | {"manifest.json", "video-tool.json"} == set(archive.namelist())


def test_what_a_run_made_before_it_broke_off_is_erased_and_deleted_like_the_rest(
    ready: Store, tmp_path: Path
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        speak(ready, tmp_path, progress=Progress(die, lambda: False))
    [wav] = tmp_path.rglob("p1-*.wav")
    stray = wav.with_name(f"p1-{'0' * 12}.wav")
    unfinished = wav.with_name(f".p1-{'1' * 12}.mp3.part")
    for path in (stray, unfinished, wav.with_name(f"p2-{'0' * 12}.wav")):
        path.write_bytes(b"written, and no row says so")

    erase_person(ready, "p1", confirmed="p1", actor="olga", dataset_id="people")

    assert not list(tmp_path.rglob("*p1-*"))
    assert len(list(tmp_path.rglob("p2-*.wav"))) == 2
    assert ready.read("SELECT * FROM voice_assets WHERE person_id = 'p1'") == []
    remove_due(ready, days=-40_000, actor="mia")
    assert not [p for p in (tmp_path / "gifts").rglob("*") if p.is_file()]


def test_a_fault_of_one_person_fails_that_one_only(ready: Store, tmp_path: Path) -> None:
    class Odd(Scripted):
        def speak(self, utterance: Utterance) -> Speech:
            if "Tom" in utterance.text:
                raise InputError("It speaks no 'xx'.")
            return super().speak(utterance)

    run = speak(ready, tmp_path, Odd())

    assert (run.ready, run.failed) == (2, 1)
    assert "It speaks no 'xx'." in run.sentence


def test_an_edit_after_the_render_holds_every_file(rendered: Store, tmp_path: Path) -> None:
    add_script(rendered, version=2, body="Hi {{prospect.first_name|there}}, other words.")

    with pytest.raises(StateError, match="not approved as they were"):
        publish_voice_assets(rendered, "run", tmp_path / "a.zip", purpose="video", actor="mia")


def test_a_voice_made_from_a_persons_needs_a_consent_to_that_very_voice(
    ready: Store, tmp_path: Path
) -> None:
    hosted = Settings(voice=replace(settings_for(tmp_path).voice, voice="voice_17"))

    def spoken(speaker_id: str) -> int:
        return make_voice_assets(
            ready, hosted, "gifts", variant_id="s1", speaker_id=speaker_id, options=PLAIN,
            actor="mia", engine=Scripted(name="openai"),
        ).ready  # fmt: skip

    add_speaker(ready)
    ready.run("UPDATE speaker_profiles SET engine = 'openai some-model'")
    keep_speaker_consent(ready, consent(now=ready.now()), actor="mia")
    with pytest.raises(PermissionDenied, match="made from a person's"):
        spoken("house")
    with pytest.raises(PermissionDenied, match="none to the voice 'voice_17' stands"):
        spoken("claire")

    agreed = consent(now=ready.now(), kind="voice", provider_voice_id="voice_17")
    keep_speaker_consent(ready, agreed, actor="mia")
    assert spoken("claire") == 3


def test_dials_of_another_engine_are_not_taken_for_this_one(ready: Store, tmp_path: Path) -> None:
    add_speaker(ready)
    keep_speaker_consent(ready, consent(now=ready.now()), actor="mia")
    ready.run(
        "INSERT INTO speaker_profiles SELECT * REPLACE (2 AS version, 'openai some-model' AS"
        " engine) FROM speaker_profiles"
    )

    run = speak(ready, tmp_path, speaker_id="claire", people=["p1"])

    assert ready.read(
        "SELECT profile_version FROM voice_runs WHERE run_id = $id", id=run.run_id
    ) == [(1,)]
    with pytest.raises(StateError, match="fitted on espeak, openai some-model, and azure is in us"):
        speak(ready, tmp_path, Scripted(name="azure"), speaker_id="claire")


def test_a_persons_delivery_needs_a_consent_that_covers_the_use(
    ready: Store, tmp_path: Path
) -> None:
    add_speaker(ready)
    now = ready.now()
    with pytest.raises(PermissionDenied, match="none stands"):
        speak(ready, tmp_path, speaker_id="claire")

    keep_speaker_consent(
        ready, consent(now=now, scope=Scope(("email",), ("*",), ("en",))), actor="mia"
    )
    with pytest.raises(PermissionDenied, match="video_script"):
        speak(ready, tmp_path, speaker_id="claire")
    keep_speaker_consent(
        ready, consent(now=now - timedelta(days=9), expires_on=date(2026, 11, 30)), actor="mia"
    )
    with pytest.raises(PermissionDenied):
        speak(ready, tmp_path, speaker_id="claire")

    keep_speaker_consent(ready, consent(now=now), actor="mia")
    assert speak(ready, tmp_path, speaker_id="claire").ready == 3


def test_listeners_outside_the_territories_of_a_consent_are_held(
    ready: Store, tmp_path: Path
) -> None:
    add_speaker(ready)
    scope = Scope(("*",), ("gifts",), ("en",), ("GB",))
    keep_speaker_consent(ready, consent(now=ready.now(), scope=scope), actor="mia")

    run = speak(ready, tmp_path, speaker_id="claire")

    assert (run.ready, run.held) == (2, 1)
    assert "does not cover listeners in US" in run.first_reason


def test_a_revocation_holds_everything_between_render_and_hand_over(
    claires: Store, tmp_path: Path
) -> None:
    told = revoke_speaker(claires, "claire", reason="She left.", actor="rob")

    assert "3 files made in this delivery are held" in told
    with pytest.raises(StateError, match="consent does not stand"):
        publish_voice_assets(claires, "run", tmp_path / "a.zip", purpose="video", actor="mia")
    assert {a["path"] for a in voice_manifest(claires, "run")["assets"]} == {None}


def test_a_revocation_in_the_middle_of_a_run_leaves_no_file(ready: Store, tmp_path: Path) -> None:
    add_speaker(ready)
    keep_speaker_consent(ready, consent(now=ready.now()), actor="mia")
    engine = Scripted(on_call=lambda: revoke_speaker(ready, "claire", reason="Stop.", actor="rob"))

    run = speak(ready, tmp_path, engine, speaker_id="claire")

    assert (run.ready, run.held) == (0, 3)
    assert files_in(tmp_path) == []


class Copied(type(Path())):  # type: ignore[misc]  # the class of a path is the system's
    """A path that does something when a ZIP was written to it and before it is handed over."""

    then: ClassVar[Callable[[], object]]

    def open(self, *args: Any, **others: Any) -> Any:  # noqa: ANN401
        type(self).then()
        return super().open(*args, **others)


def test_a_revocation_while_the_files_are_copied_leaves_no_zip(
    claires: Store, tmp_path: Path
) -> None:
    class Late(Copied):
        then = partial(revoke_speaker, claires, "claire", reason="Stop.", actor="rob")

    path = Late(tmp_path / "a.zip")
    with pytest.raises(StateError, match="3 files may not be used any more since the copying"):
        publish_voice_assets(claires, "run", path, purpose="video", actor="mia")

    assert not path.exists()
    assert claires.read("SELECT * FROM voice_publications") == []


def test_under_a_hundred_calls_at_once_nobody_who_is_held_is_handed_over(
    claires: Store, tmp_path: Path
) -> None:
    copied, revoked = Semaphore(0), Event()

    class Waiting(Copied):
        @staticmethod
        def then() -> None:
            copied.release()
            revoked.wait(60)

    def call(number: int) -> str:
        path = Waiting(tmp_path / f"{number}.zip")
        try:
            publish_voice_assets(claires, "run", path, purpose="video", actor="mia")
        except StateError as error:
            assert not path.exists()
            return "late" if "since the copying began" in str(error) else "refused"
        return "handed over"

    with ThreadPoolExecutor(16) as pool:
        outcomes = pool.map(call, range(100))
        for _ in range(16):  # every thread stands between the copying and the second gate
            assert copied.acquire(timeout=60)
        revoke_speaker(claires, "claire", reason="Stop.", actor="rob")
        revoked.set()
        counted = Counter(outcomes)

    assert counted == {"late": 16, "refused": 84}
    assert claires.read("SELECT * FROM voice_publications") == []


CALLS = {
    "with wording": ("express", "I agree to recorded calls.", "web form", 1),
    "without wording": ("express", None, "web form", 0),
    "said on the phone": ("express", "I agree to recorded calls.", "Phone call", 0),
    "a double opt-in that was not confirmed": ("double_opt_in", "I agree.", "web form", 0),
    "a legitimate interest": ("legitimate_interest", "We know each other.", "web form", 0),
}


@pytest.mark.parametrize("agreed", CALLS.values(), ids=CALLS)
def test_a_dialler_gets_files_of_those_only_who_agreed_in_writing(
    calls: Store, tmp_path: Path, agreed: tuple[str, str | None, str, int]
) -> None:
    basis, wording, mechanism, usable = agreed
    calls.run(
        "INSERT INTO consents (dataset_id, customer_id, channel, basis, wording, mechanism,"
        " recorded_at, imported_by, imported_at)"
        " VALUES ('people', 'p1', 'phone', $basis, $wording, $mechanism, $now, 'mia', $now)",
        basis=basis, wording=wording, mechanism=mechanism, now=calls.now(),
    )  # fmt: skip

    if not usable:
        with pytest.raises(StateError, match="written consent"):
            publish_voice_assets(calls, "run", tmp_path / "a.zip", purpose="dialler", actor="mia")
        return
    found = publish_voice_assets(calls, "run", tmp_path / "a.zip", purpose="dialler", actor="mia")
    assert found.assets == usable


def test_a_call_snippet_goes_nowhere_but_to_a_dialler(calls: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dialler"):
        publish_voice_assets(calls, "run", tmp_path / "a.zip", purpose="video", actor="mia")


def test_files_are_deleted_when_their_time_is_over_and_their_rows_stay(
    ready: Store, tmp_path: Path
) -> None:
    run = speak(ready, tmp_path)
    ready.run("UPDATE voice_assets SET made_at = made_at - INTERVAL 181 DAY")

    first = remove_due(ready, days=180, actor="mia")
    second = remove_due(ready, days=180, actor="mia")

    assert (first.assets, first.files, second.assets) == (3, 12, 0)
    assert files_in(tmp_path) == []
    with pytest.raises(StateError, match="Its time was over"):
        publish_voice_assets(ready, run.run_id, tmp_path / "a.zip", purpose="video", actor="mia")


def test_a_message_that_is_for_nobody_says_so(ready: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Choose messages for prospects first"):
        speak(ready, tmp_path, people=["nobody"])


def test_a_full_render_says_each_script_in_one_piece(ready: Store, tmp_path: Path) -> None:
    engine = Scripted()
    whole = AssetOptions(forms=("wav",), is_signed=False, is_spliced=False)

    run = speak(ready, tmp_path, engine, options=whole)

    assert run.ready == 3
    assert len([text for text in engine.calls if "we wrap and post" in text]) == 3


def test_a_missing_engine_ends_a_run_before_anything_is_written(
    ready: Store, tmp_path: Path
) -> None:

    class Missing(Scripted):
        def speak(self, utterance: Utterance) -> Speech:
            raise MissingVoiceError(f"Install it to say {utterance.text[:2]}.")

    with pytest.raises(ProviderError, match="Install"):
        speak(ready, tmp_path, Missing())
    assert ready.read("SELECT * FROM voice_assets") == []
    assert reports.runs(ready) == []


def test_whoever_is_erased_leaves_no_file_and_no_row_with_the_name(
    ready: Store, tmp_path: Path
) -> None:
    run = speak(ready, tmp_path)
    publish_voice_assets(ready, run.run_id, tmp_path / "gifts.zip", purpose="video", actor="mia")

    done = erase_person(ready, "p1", confirmed="p1", actor="olga", dataset_id="people")

    assert done.rows["voice_assets"] == 1
    assert "gifts.zip" in done.folders
    assert not [name for name in files_in(tmp_path) if name.startswith("p1")]
    assert len(files_in(tmp_path)) == 8
    assert ready.read("SELECT * FROM voice_assets WHERE person_id = 'p1'") == []
    assert not [a for a in voice_manifest(ready, run.run_id)["assets"] if a["path"] is None][1:]


def test_a_persons_report_lists_the_files_that_speak_to_the_person(rendered: Store) -> None:
    report = person_report(rendered, "p1", dataset_id="people")

    [told] = [s for s in report["records"][0]["sections"] if s["name"] == "spoken_files"]
    assert [row["status"] for row in told["rows"]] == ["ready"]


def test_what_may_be_spoken_is_what_the_gates_let_through(ready: Store) -> None:
    gates = ready.read("""
        SELECT variant_id FROM sendable_skeletons UNION ALL SELECT variant_id FROM sendable_variants
    """)

    assert ready.read("SELECT variant_id FROM speakable_variants") == gates == [("s1",)]


def test_customers_hear_an_approved_message_with_their_own_values(
    store: Store, tmp_path: Path
) -> None:
    fill_campaign(store, n=6)

    run = speak(store, tmp_path, campaign_id="spring", variant_id="Loyal/A")

    scripts = {a["prospect_id"]: a["script"] for a in voice_manifest(store, run.run_id)["assets"]}
    assert run.ready == run.assets == len(scripts)
    assert scripts["c000001"] == "Dear Ann, new candles, made in your town. Regards"
    assert scripts["c000003"] == "Dear Li, new candles, made in York. Regards"
