"""Speakers are kept as figures; the recording and the person's name never reach the trail."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from personalization import campaign
from personalization.cli import main, speaker
from personalization.errors import InputError
from personalization.providers.speech import Dials
from personalization.settings import Settings
from personalization.voice import (
    add_speaker,
    delivery_of,
    keep_profile,
    profile_of,
    speaker_language,
)
from personalization.voice.profiles import SpeakerProfile
from personalization.voice.style_error import style_errors
from tests.voice.sounds import RATE, talk
from tests.voice.test_prosody import figures

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

PROFILE = SpeakerProfile(
    measures=figures(), engine="espeak-ng 1.52.0", voice="f2",
    dials=Dials(rate=171, pitch=46.5, pauses=1.2, pause_contrast=2.0),
    errors=style_errors(figures(), figures(f0_range=9.0)), error=1 / 6, before=1.4, iterations=7,
)  # fmt: skip


def keep(store: Store, speaker_id: str, profile: SpeakerProfile = PROFILE, sha: str = "a") -> int:
    return keep_profile(
        store, speaker_id, profile, reference_sha256=sha * 64, reference_seconds=64.0, actor="mia"
    )


def test_a_profile_is_read_as_it_was_kept_and_speaks(store: Store) -> None:
    whose = add_speaker(store, name="Claire", is_person=True, language="en-GB", actor="mia")

    assert keep(store, whose) == 1

    found = profile_of(store, whose)
    assert found is not None
    assert (found.dials, found.voice, found.engine) == (PROFILE.dials, "f2", PROFILE.engine)
    assert found.measures == PROFILE.measures
    assert [error.tolerances for error in found.errors] == pytest.approx([0, 1, 0, 0, 0, 0])
    assert (found.before, found.iterations) == (1.4, 7)
    delivery = delivery_of(store, whose, engine="espeak")
    assert (delivery.version, delivery.voice, delivery.dials) == (1, "f2", PROFILE.dials)
    assert speaker_language(store, whose) == "en-GB"


def test_the_same_fit_is_the_same_version_and_another_is_the_next(store: Store) -> None:
    whose = add_speaker(store, name="Claire", is_person=True, language="en", actor="mia")

    versions = [
        keep(store, whose), keep(store, whose), keep(store, whose, sha="b"),
        keep(store, whose, replace(PROFILE, dials=Dials(rate=200)), sha="b"),
    ]  # fmt: skip

    assert versions == [1, 1, 2, 3]
    assert delivery_of(store, whose, engine="espeak").dials.rate == 200


def test_names_are_said_once_and_stay_out_of_the_trail(store: Store) -> None:
    add_speaker(store, name="  Claire   Whitmore ", is_person=True, language="en", actor="mia")

    with pytest.raises(InputError, match="There is a speaker called 'claire whitmore'"):
        add_speaker(store, name="claire whitmore", is_person=True, language="en", actor="mia")
    with pytest.raises(InputError, match="1 to 120"):
        add_speaker(store, name="   ", is_person=True, language="en", actor="mia")
    trail = store.records("SELECT kind, payload FROM audit_log ORDER BY seq")
    assert [row["kind"] for row in trail] == ["speaker.added"]
    assert "Claire" not in json.dumps(trail)


def test_unknown_speakers_are_refused(store: Store) -> None:
    with pytest.raises(InputError, match="no speaker 'sp0'"):
        keep(store, "sp0")
    assert profile_of(store, "sp0") is None


def wav(seconds: int = 21) -> bytes:
    import soundfile

    out = io.BytesIO()
    soundfile.write(out, talk(11, each=8, pause=0.35)[: seconds * RATE], RATE, format="WAV")
    return out.getvalue()


def test_a_recording_that_is_refused_keeps_no_speaker(store: Store) -> None:
    with pytest.raises(InputError, match=r"12\.0 seconds"):
        campaign.fit_speaker(store, Settings(), wav(12), name="Claire", actor="mia")
    with pytest.raises(InputError, match="Name the speaker"):
        campaign.fit_speaker(store, Settings(), wav(), actor="mia")

    assert store.read("SELECT count(*) FROM speakers") == [(0,)]


def test_the_command_measures_a_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fit.wav"
    path.write_bytes(wav())

    assert main(["speaker", str(path), "--measure-only", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["measures"]["f0_median"] == pytest.approx(100, abs=1)
    assert told["measures"]["pauses"] == 10
    assert "21 seconds long" in told["warnings"][0]


def test_the_command_tells_a_fit_by_measure() -> None:
    told = json.loads(json.dumps(speaker.fitted_as_json(PROFILE)))

    assert (told["error_before"], told["error"]) == (1.4, 0.167)
    assert told["errors"]["f0_range"] == {
        "wanted": 8.0, "reached": 9.0, "tolerances": 1.0, "out_of_reach": "",
    }  # fmt: skip
    assert Dials.of_json(told["dials"]) == PROFILE.dials
    assert "does not copy timbre" in told["what"]


def test_the_command_refuses_what_it_cannot_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "short.wav"
    path.write_bytes(wav(5))

    assert main(["speaker", str(path), "--json"]) == 2
    assert "5.0 seconds long. At least 20 are needed" in capsys.readouterr().err
    assert main(["speaker", str(tmp_path / "none.wav")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main(["speaker", str(path), "--name", "Claire"]) == 2
    assert "--database" in capsys.readouterr().err
