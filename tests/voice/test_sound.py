"""Levels, splices, files, marks and captions, without a store or an engine."""

from __future__ import annotations

import io
import itertools
import math
import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError, PermissionDenied, ProviderError
from personalization.providers.speech import Dials, Word
from personalization.voice.assets import plain_name
from personalization.voice.captions import MOST_CHARACTERS, cues_of, srt, vtt
from personalization.voice.checking import check_sound, failed
from personalization.voice.consents import Scope
from personalization.voice.credentials import signer_of
from personalization.voice.disclosure import disclosure, refuse_silence
from personalization.voice.encoding import as_integers, encoded, tags_of
from personalization.voice.loudness import (
    RATE,
    Level,
    block_powers,
    gated,
    levelled,
    loudness,
    true_peak,
)
from personalization.voice.saying import Piece
from personalization.voice.scripting import write_script
from personalization.voice.splicing import Part, clauses_of, part_of, spliced, trimmed
from personalization.voice.stretches import stretch_of
from personalization.voice.studio import AssetOptions, Studio
from personalization.voice.tagging import Provenance, read_credentials, sign
from tests.voice.spoken import Scripted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Samples = NDArray[Any]

TOLD = Provenance("espeak 1.52", "Spoken message", "Shop", "An AI-generated voice.", "2026-12-01")
LEVEL = Level()


def tone(seconds: float, *, hertz: float = 997.0, size: float = 0.1, rate: int = RATE) -> Samples:
    return size * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def speech(seconds: float, seed: int = 1) -> Samples:
    """Noise that swells and falls as speech does, with peaks that have to be limited."""
    drawn = np.random.default_rng(seed)
    swell = np.interp(np.arange(round(seconds * RATE)) / RATE, np.arange(0, seconds + 0.1, 0.1),
                      drawn.random(round(seconds * 10) + 1))  # fmt: skip
    return drawn.standard_normal(len(swell)) * 0.1 * swell


def part(text: str = "Hi Ana,", *, is_personal: bool = True, seconds: float = 0.8) -> Part:
    samples = tone(seconds, size=0.2)
    words = tuple(
        Word(word, 0, 1, n * seconds / 2, (n + 1) * seconds / 2)
        for n, word in enumerate(text.split()[:2])
    )
    return part_of(text, samples, RATE, words, level=LEVEL, is_personal=is_personal)


def test_a_sine_at_full_scale_measures_what_the_standard_says() -> None:
    # ITU-R BS.1770-4, annex 1: a 997 Hz sine at 0 dBFS in one channel reads -3.01 LKFS.
    assert loudness(tone(3, size=1.0), RATE) == pytest.approx(-3.01, abs=0.05)


def test_a_peak_between_the_samples_is_found() -> None:
    # A sine at a quarter of the rate, 45 degrees off: samples reach -3.01 dB, the signal 0 dB.
    samples = np.sin(np.pi * np.arange(4800) / 2 + np.pi / 4) * np.hanning(4800)

    assert 20 * math.log10(np.abs(samples).max()) == pytest.approx(-3.01, abs=0.05)
    assert true_peak(samples) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("target", [-23.0, -19.0, -16.0])
def test_speech_is_made_as_loud_as_asked_and_never_peaks_above(target: float) -> None:
    samples = speech(4)

    out = levelled(samples, loudness(samples, RATE), Level(target))

    assert loudness(out, RATE) == pytest.approx(target, abs=0.3)
    assert true_peak(out) <= -1.0
    assert pyloudnorm.Meter(RATE).integrated_loudness(out) == pytest.approx(target, abs=0.3)


def test_pieces_measured_apart_measure_what_they_measure_together() -> None:
    one, other = speech(3, seed=2), speech(5, seed=3)

    apart = gated(np.concatenate((block_powers(one, RATE), block_powers(other, RATE))))

    assert apart == pytest.approx(loudness(np.concatenate((one, other)), RATE), abs=0.2)


def test_silence_has_no_loudness_and_stays_silence() -> None:
    silence = np.zeros(RATE)

    assert loudness(silence, RATE) == true_peak(silence) == -math.inf
    assert not levelled(silence, -math.inf, LEVEL).any()


def test_a_name_is_as_loud_as_the_body_and_the_seams_are_smooth() -> None:
    quiet = part_of("Hi Ana,", tone(0.5, size=0.01), RATE, (), level=LEVEL, is_personal=True)
    body = part_of("we gift.", speech(6), RATE, (), level=LEVEL, is_personal=False)

    sound = spliced([quiet, body], [quiet.sha256, body.sha256])

    own = sound.integers[: round(sound.regions[0].ends * RATE)] / 32_767
    assert loudness(own[round(0.13 * RATE) :], RATE) == pytest.approx(-19.0, abs=0.3)
    assert sound.loudness == pytest.approx(loudness(sound.integers / 32_767, RATE), abs=0.3)
    assert sound.peak == pytest.approx(true_peak(sound.integers / 32_767), abs=0.05)
    for region in sound.regions:
        for edge in (region.begins, region.ends):
            around = sound.integers[round(edge * RATE) - 3 : round(edge * RATE) + 3].astype(int)
            assert np.abs(np.diff(around)).max() < 0.002 * 32_767


def test_the_words_of_pieces_stay_in_order_and_within_the_file() -> None:
    parts = [part("Hi Ana,"), part("we gift.", is_personal=False), part("To Oak?")]

    sound = spliced(parts, [each.sha256 for each in parts])

    times = [time for word in sound.words for time in (word.begins, word.ends)]
    assert times == sorted(times)
    assert times[0] > 0
    assert times[-1] < sound.seconds
    assert [region.is_personal for region in sound.regions] == [True, False, True]


@pytest.mark.parametrize(
    ("dials", "comma", "stop"),
    [
        pytest.param(Dials(), 0.17, 0.30, id="as the engine rests by itself"),
        pytest.param(Dials(pauses=2.0), 0.34, 0.60, id="a speaker who rests twice as long"),
        # 0.3 * (0.17 / 0.3) ** 2, by hand.
        pytest.param(Dials(pause_contrast=2.0), 0.0963, 0.30, id="more between long and short"),
    ],
)
def test_between_pieces_the_speaker_rests_as_within_them(
    dials: Dials, comma: float, stop: float
) -> None:
    studio = Studio(Scripted(), "", dials, AssetOptions(forms=("wav",), is_signed=False))
    pieces = [
        Piece(write_script(text, "en-GB"), is_personal=False)
        for text in ("Hello to all,", "we gift a lot.", "Shall we?")
    ]

    regions = studio.sound(pieces).regions

    rests = [after.begins - before.ends for before, after in itertools.pairwise(regions)]
    assert rests == pytest.approx([comma, stop], abs=0.001)


def test_an_engine_that_gives_silence_is_an_error() -> None:
    with pytest.raises(ProviderError, match="silence"):
        trimmed(np.zeros(1000), 16_000, ())


TAGS = st.sampled_from(["{{prospect.first_name|there}}", "{{prospect.company|you, or us}}"])
WORDS = st.sampled_from(["we", "gift,", "teams.", "Mr.", "for £5.50", "on 21. 11.", "today?", "–"])


@given(st.lists(st.one_of(TAGS, WORDS), min_size=1, max_size=12))
def test_clauses_joined_are_the_script_and_only_those_with_a_tag_are_personal(
    words: list[str],
) -> None:
    script = " ".join(words)

    clauses = clauses_of(script, "en-GB")

    assert " ".join(clause.text for clause in clauses) == script
    assert all(clause.is_personal == ("{{" in clause.text) for clause in clauses)
    assert all(a.is_personal != b.is_personal for a, b in itertools.pairwise(clauses))


@pytest.mark.parametrize("form", ["wav", "mp3", "opus", "flac"])
def test_every_format_is_read_back_with_its_tags(form: str) -> None:
    content = encoded(as_integers(tone(0.5)), form, TOLD.tags(), channels=2)

    with soundfile.SoundFile(io.BytesIO(content)) as file:
        assert (file.samplerate, file.channels) == (RATE, 2)
        assert len(file) == pytest.approx(RATE / 2, abs=1200)
    tags = tags_of(content)
    assert tags["comment"].startswith("ai_generated=true; digitalSourceType=http://cv.iptc.org/")
    assert "algorithmicMedia" in tags["comment"]


def test_a_wav_file_is_the_same_bytes_each_time_and_says_its_size() -> None:
    content = encoded(as_integers(tone(0.1)), "wav", TOLD.tags())

    assert content == encoded(as_integers(tone(0.1)), "wav", TOLD.tags())
    assert struct.unpack("<I", content[4:8])[0] == len(content) - 8


def test_a_trained_engine_is_marked_as_trained() -> None:
    hosted = Provenance("openai some-model", "", "", "", "")

    assert hosted.source_type.endswith("/trainedAlgorithmicMedia")


def test_credentials_tell_of_a_file_that_was_changed(tmp_path: Path) -> None:
    signer = signer_of(tmp_path, producer="Shop", now=datetime.now(UTC))
    content = encoded(as_integers(tone(0.5)), "wav", TOLD.tags())

    signed = sign(content, "wav", TOLD, signer)
    changed = bytearray(signed)
    changed[-len(content) // 2] ^= 1

    found = read_credentials(signed, "wav")
    assert (found["state"], found["signed_by"]) == ("Valid", "Shop voice")
    assert found["source_type"] == TOLD.source_type
    assert read_credentials(bytes(changed), "wav")["state"] == "Invalid"
    assert read_credentials(content, "wav") == {}
    assert (tmp_path / "voice-signing.key.pem").stat().st_mode & 0o077 == 0
    assert signer_of(tmp_path, producer="Other", now=datetime.now(UTC)) == signer


def test_half_a_pair_of_signing_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "voice-signing.key.pem").write_text("x", "ascii")

    with pytest.raises(InputError, match=r"without voice-signing\.chain\.pem"):
        signer_of(tmp_path, producer="Shop", now=datetime.now(UTC))


def timed(text: str, each: float = 0.3, gap: float = 0.02) -> list[Word]:
    return [
        Word(word, 0, len(word), n * (each + gap), n * (each + gap) + each)
        for n, word in enumerate(text.split())
    ]


@given(st.text(st.sampled_from("ab <>&.?,é "), min_size=1, max_size=200))
def test_captions_hold_every_word_once_in_lines_that_fit(text: str) -> None:
    words = timed(text)

    cues = cues_of(words)

    assert " ".join(cue.text for cue in cues).split() == text.split()
    assert all(len(cue.text) <= MOST_CHARACTERS or " " not in cue.text for cue in cues)
    assert all(a.ends <= b.begins for a, b in itertools.pairwise(cues))


def test_captions_say_that_the_voice_is_generated_and_escape_markup() -> None:
    told = vtt(cues_of(timed("Tom & <b>Ana</b> gift.")), "An AI-generated voice. --> yes")

    assert told.startswith("WEBVTT\n\nNOTE An AI-generated voice. → yes\n")
    assert "00:00:00.000 --> 00:00:01.260\nTom &amp; &lt;b&gt;Ana&lt;/b&gt; gift." in told
    assert srt(cues_of(timed("Hi."))) == "1\n00:00:00,000 --> 00:00:00,500\nHi.\n"


def checked(
    change: Callable[[Samples], Samples], text: str = "Hi Ana, we gift.", budget: float = 60.0
) -> str:
    base = part(text, seconds=1.2)
    sound = spliced([base], [base.sha256])
    made = replace(sound, stretches=(stretch_of(change(sound.integers)),))
    return failed(check_sound(made, text, level=LEVEL, budget=budget))


FAULTS: dict[str, tuple[Callable[[Samples], Samples], dict[str, Any]]] = {
    "clipping": (lambda s: np.where(np.arange(len(s)) // 5 == 3000, 32_767, s), {}),
    "leading_silence": (lambda s: np.concatenate((np.zeros(RATE, s.dtype), s)), {}),
    "trailing_silence": (lambda s: np.concatenate((s, np.zeros(2 * RATE, s.dtype))), {}),
    "longest_silence": (lambda s: np.concatenate((s, np.zeros(3 * RATE, s.dtype), s)), {}),
    "duration": (lambda s: s, {"budget": 1.0}),
    "pace": (lambda s: s, {"text": "word " * 40}),
    "word_times": (lambda s: s[: len(s) // 2], {}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_check_fails_for_what_it_is_there_for(name: str) -> None:
    change, others = FAULTS[name]

    assert checked(lambda samples: samples) == ""
    assert f"({name} " in checked(change, **others)


def test_a_file_that_is_too_quiet_or_too_high_is_held() -> None:
    base = part(seconds=1.2)
    sound = spliced([base], [base.sha256])

    assert "loudness" in failed(check_sound(sound, "Hi Ana, we", level=Level(-24.0), budget=60))
    assert "true_peak" in failed(
        check_sound(replace(sound, peak=-0.5), "Hi Ana, we", level=LEVEL, budget=60)
    )


@pytest.mark.parametrize("person_id", ["../../etc/passwd", "a/b", "Ü 7", "x" * 200, ""])
def test_an_id_never_leads_out_of_the_folder(person_id: str) -> None:
    name = plain_name(person_id)

    assert name.replace("-", "").replace("_", "").isalnum()
    assert len(name) < 60
    assert plain_name(person_id) != plain_name(person_id + "!")


def test_the_disclosure_is_said_in_the_language_of_the_script_or_nothing_is_made() -> None:
    assert disclosure("fr-CA").startswith("Ce message")
    with pytest.raises(InputError, match="ja-JP"):
        disclosure("ja-JP")


def test_the_disclosure_is_left_out_by_an_officer_with_a_reason_only() -> None:
    with pytest.raises(PermissionDenied, match="nobody yet"):
        refuse_silence("mia", "A person says so before.", ())
    with pytest.raises(InputError, match="Say why"):
        refuse_silence("Ola", " ", ("ola",))
    refuse_silence("Ola", "A person says so before.", ("ola",))


def test_an_empty_list_of_a_scope_covers_nothing() -> None:
    scope = Scope(("email",), ("*",), ())

    assert "language" in scope.missing(channel="email", campaign_id="c", locale="en-GB")
    assert Scope(("*",), ("*",), ("*",)).missing(channel="x", campaign_id="c", locale="de") == ""
    assert Scope(territories=("GB",)).covers_country("GB")
    assert not Scope(territories=("GB",)).covers_country(None)


@pytest.mark.parametrize("form", ["mp3", "opus", "flac"])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_encoded_sounds_as_it_did_in_each_channel(form: str, channels: int) -> None:
    original = tone(1.0)

    content = encoded(as_integers(original), form, {}, channels=channels)

    with soundfile.SoundFile(io.BytesIO(content)) as file:
        heard = file.read(always_2d=True)
    assert heard.shape[1] == channels
    loud = float(np.abs(original).max())
    for channel in heard.T:
        assert np.abs(channel[4800:-4800]).max() == pytest.approx(loud, rel=0.05)


@pytest.mark.parametrize("form", ["mp3", "opus"])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_encoded_peaks_no_higher_than_it_may(form: str, channels: int) -> None:
    buzz = np.tanh(3 * np.sin(2 * np.pi * 130 * np.arange(RATE) / RATE))
    loud = buzz / np.abs(buzz).max() * 10 ** (-1.0 / 20)  # flat tops, which encoders make ring

    content = encoded(as_integers(loud), form, {}, channels=channels, most_peak=-1.0)

    with soundfile.SoundFile(io.BytesIO(content)) as file:
        heard = file.read(always_2d=True)
    assert -4.0 < true_peak(heard[:, 0]) <= -1.0
    before = encoded(as_integers(loud), form, {}, channels=channels)
    with soundfile.SoundFile(io.BytesIO(before)) as file:
        assert true_peak(file.read(always_2d=True)[:, 0]) > -1.0
