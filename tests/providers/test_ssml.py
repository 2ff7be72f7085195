from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.errors import InputError
from personalization.providers.speech import Dials, Slot, Utterance, words_of
from personalization.providers.ssml import for_azure, for_espeak, phrase_starts

LIVELY = Dials(declination=30, phrase_pause=0.3, phrase_every=3)


def utterances(text: str, cuts: tuple[int, int], dials: Dials) -> Utterance:
    start, end = sorted(cut % (len(text) + 1) for cut in cuts)
    slots = (Slot(start, end, "prospect.first_name", "pl"),) if start < end else ()
    return Utterance(text, "en-GB", dials=dials, slots=slots)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=60).map(
    lambda text: f"a {text} b"
)
cut_pairs = st.tuples(st.integers(0, 80), st.integers(0, 80))


@given(texts, cut_pairs, st.sampled_from([Dials(), LIVELY]))
def test_whatever_a_text_holds_the_markup_is_well_formed_and_keeps_it(
    text: str, cuts: tuple[int, int], dials: Dials
) -> None:
    utterance = utterances(text, cuts, dials)

    espeak = ET.fromstring(for_espeak(utterance, lambda language: language).ssml)  # noqa: S314
    azure = ET.fromstring(for_azure(utterance, "en-GB-RyanNeural"))  # noqa: S314

    assert "".join(espeak.itertext()) == re.sub(r"[\[\]]", " ", text)
    assert "".join(azure.itertext()) == text


@given(texts)
def test_each_sign_of_the_markup_leads_back_to_its_place_in_the_text(text: str) -> None:
    utterance = Utterance(text, "en-GB", dials=LIVELY)

    marked = for_espeak(utterance, lambda language: language)

    assert len(marked.places) == len(marked.ssml)
    assert list(marked.places[7:-8]) == sorted(marked.places[7:-8])
    for start, end in words_of(text):
        word = text[start:end]
        if word.isalnum():
            assert any(
                marked.ssml[found : found + len(word)] == word
                for found, place in enumerate(marked.places)
                if place == start
            )


def test_a_falling_pitch_goes_from_above_to_below_the_dial_in_each_clause() -> None:
    text = "We wrap each of your many presents by hand, and send them to clients."
    dials = Dials(pitch=40, declination=20)

    ssml = for_espeak(Utterance(text, "en", dials=dials), lambda language: language).ssml

    assert re.findall(r'pitch="(\d+)"', ssml) == ["60", "40", "20", "60", "20"]


def test_after_a_foreign_name_the_rest_is_put_into_the_script_s_language_again() -> None:
    utterance = Utterance("Hi Wojciech, hello", "en-US", slots=(Slot(3, 11, language="pl"),))

    ssml = for_espeak(utterance, lambda language: language.lower()).ssml

    assert ssml == (
        '<speak>Hi <voice xml:lang="pl">Wojciech</voice>'
        '<voice xml:lang="en-us">, hello</voice></speak>'
    )


def test_azure_is_told_pace_pitch_and_movement_relative_to_the_voice() -> None:
    dials = Dials(speed=1.1, pitch_shift=-2, range_factor=1.5)

    ssml = for_azure(Utterance("Hi <you> & me", "en-GB", dials=dials), "en-GB-RyanNeural")

    assert '<prosody rate="+10%" pitch="-2.00st" range="+50%">Hi &lt;you&gt; &amp; me' in ssml
    assert '<voice name="en-GB-RyanNeural">' in ssml


def test_a_voice_s_name_cannot_bring_markup_along() -> None:
    ssml = for_azure(Utterance("Hi", "en"), 'x"><audio src="http://evil.example"/>')

    assert ET.fromstring(ssml)[0].attrib["name"].startswith('x"><audio')  # noqa: S314


@pytest.mark.parametrize(
    ("language", "text", "starts"),
    [
        ("en", "We wrap all of your presents and send them to clients", ["and"]),
        ("de", "Wir packen alle Ihre Geschenke ein und schicken sie los", ["und"]),
        ("fr", "Nous emballons tous vos beaux cadeaux et les envoyons", ["et"]),
        ("es", "Envolvemos todos los regalos a mano y los enviamos", ["y"]),
        ("en", "We wrap and send, and wrap and send", []),
        ("ja", "We wrap all of your presents and send them", []),
    ],
)
def test_phrases_begin_where_a_speaker_may_breathe(
    language: str, text: str, starts: list[str]
) -> None:
    found = phrase_starts(text, language, every=6)

    assert [text[start:].split(maxsplit=1)[0] for start in found] == starts


@pytest.mark.parametrize(
    ("slots", "text"),
    [
        pytest.param((Slot(0, 4), Slot(2, 6)), "Hello you", id="one over another"),
        pytest.param((Slot(5, 99),), "Hello you", id="beyond the end"),
        pytest.param((Slot(3, 3),), "Hello you", id="an empty one"),
        pytest.param((), " … ", id="nothing to say"),
        pytest.param((), "a" * 20_001, id="too long"),
    ],
)
def test_what_no_engine_can_say_is_refused(slots: tuple[Slot, ...], text: str) -> None:
    with pytest.raises(InputError):
        Utterance(text, "en", slots=slots)


@pytest.mark.parametrize("language", ["", "English", "en_GB", "e", "en-"])
def test_a_language_is_written_as_a_tag(language: str) -> None:
    with pytest.raises(InputError, match="no language"):
        Utterance("Hello", language)


@pytest.mark.parametrize(("dial", "value"), [("rate", 79), ("pitch", 100), ("speed", float("nan"))])
def test_a_dial_out_of_its_range_is_refused(dial: str, value: float) -> None:
    with pytest.raises(InputError, match=dial):
        Dials.of_json({dial: value})


def test_dials_that_were_kept_are_read_again_and_unknown_ones_refused() -> None:
    assert Dials.of_json(LIVELY.as_json()) == LIVELY
    with pytest.raises(InputError, match="no dial 'timbre'"):
        Dials.of_json({"timbre": 1})
