"""Hosted voices against local servers: what is asked, what is refused, and what no error tells."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from personalization.errors import InputError, ProviderError
from personalization.providers.azure_speech import AzureSpeech, azure_speech
from personalization.providers.openai_speech import OpenAISpeech, openai_speech
from personalization.providers.registry import speech_engine, speech_name
from personalization.providers.speech import Dials, Slot, Utterance
from personalization.settings import Voice
from tests.providers.speech_stub import (
    SOUND,
    Answer,
    event,
    over_http,
    over_websocket,
    says,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.sync.server import ServerConnection

    Turn = Callable[[ServerConnection, str], None]

KEY = "sk-very-secret"
TEXT = "Twenty-one presents, wrapped at our café."
SETTINGS = Voice(engine="openai", model="realtime-model", voice="marin", retries=2, timeout=20)


def live(url: str, settings: Voice = SETTINGS) -> OpenAISpeech:
    return OpenAISpeech(settings, url, KEY, pause=lambda _: None)


def older(url: str, **more: Any) -> OpenAISpeech:  # noqa: ANN401
    settings = Voice(
        engine="openai", route="speech", model="speech-model", voice="marin", timeout=20, **more
    )
    return OpenAISpeech(settings, f"{url}/v1", KEY, pause=lambda _: None)


def azure(url: str, *, retries: int = 2, timeout: float = 20) -> AzureSpeech:
    settings = Voice(engine="azure", voice="en-GB-RyanNeural", retries=retries, timeout=timeout)
    return AzureSpeech(settings, url, KEY, pause=lambda _: None)


def test_a_realtime_model_reads_the_text_aloud_outside_of_any_conversation() -> None:
    dials = Dials(speed=2.0, instructions="Speak calmly.")

    with over_websocket(says()) as service:
        speech = live(service.url).speak(Utterance(TEXT, "en-GB", dials=dials))

    session, response = service.orders
    assert (speech.pcm, speech.rate, speech.engine) == (SOUND, 24_000, "openai realtime-model")
    assert service.paths == ["/v1/realtime?model=realtime-model"]
    assert service.headers[0]["authorization"] == f"Bearer {KEY}"
    assert session["session"]["audio"]["output"] == {
        "format": {"type": "audio/pcm", "rate": 24_000}, "voice": "marin", "speed": 1.5,
    }  # fmt: skip
    assert response["response"]["conversation"] == "none"
    assert response["response"]["output_modalities"] == ["audio"]
    assert response["response"]["instructions"].endswith("Speak calmly.")
    assert TEXT not in response["response"]["instructions"]


def test_what_was_said_may_be_written_otherwise_but_not_worded_otherwise() -> None:
    with over_websocket(says("twenty one PRESENTS wrapped at our cafe")) as service:
        assert live(service.url).speak(Utterance(TEXT, "en")).pcm == SOUND


@pytest.mark.parametrize(
    "transcript",
    [
        pytest.param("Sure! Twenty-one presents, wrapped at our café.", id="it answers"),
        pytest.param("Twenty-one presents, wrapped.", id="it leaves something out"),
        pytest.param("Twenty-two presents, wrapped at our café.", id="another number"),
        pytest.param("", id="it does not tell"),
    ],
)
def test_a_voice_that_says_something_else_is_asked_again_and_then_refused(transcript: str) -> None:
    with over_websocket(says(transcript)) as service:
        with pytest.raises(ProviderError, match="something else than the approved words"):
            live(service.url).speak(Utterance(TEXT, "en"))

        assert len(service.orders) == 2 * 3


def test_a_second_try_that_says_the_words_is_used() -> None:
    with over_websocket(says("No."), says()) as service:
        assert live(service.url).speak(Utterance(TEXT, "en")).pcm == SOUND


def send_nothing(line: ServerConnection, text: str) -> None:
    del text
    line.recv()


def hang_up(line: ServerConnection, text: str) -> None:
    del text
    line.close()


def hang_up_midway(line: ServerConnection, text: str) -> None:
    del text
    event(line, "response.output_audio.delta", delta=base64.b64encode(SOUND[:2_000]).decode())
    line.close()


def end_without_words(line: ServerConnection, text: str) -> None:
    del text
    event(line, "response.output_audio.delta", delta=base64.b64encode(SOUND).decode())
    event(line, "response.done", response={"status": "completed"})


def send_garbage(line: ServerConnection, text: str) -> None:
    del text
    line.send("no event")


def send_odd_sound(line: ServerConnection, text: str) -> None:
    event(line, "response.output_audio.delta", delta="????")
    says()(line, text)


def fail(code: str, kind: str = "invalid_request_error") -> Turn:
    def turn(line: ServerConnection, text: str) -> None:
        del text
        event(line, "error", error={"type": kind, "code": code, "message": f"No {KEY}."})

    return turn


@pytest.mark.parametrize(
    ("turn", "message", "tries"),
    [
        pytest.param(fail("model_not_found"), "speech models are retired", 1, id="retired"),
        pytest.param(fail("unsupported_voice"), "refused to speak", 1, id="refused"),
        pytest.param(fail("x", "server_error"), "refused to speak", 3, id="broken for now"),
        pytest.param(hang_up, "broke the connection off", 3, id="hangs up"),
        pytest.param(hang_up_midway, "broke the connection off", 3, id="hangs up in the middle"),
        pytest.param(end_without_words, "something else", 3, id="does not tell what it said"),
        pytest.param(send_garbage, "cannot be read", 3, id="sends no event"),
        pytest.param(send_odd_sound, "cannot be read", 3, id="sends no sound"),
        pytest.param(
            says(status="incomplete", reason="content_filter"), "its own filter", 1, id="filtered"
        ),
        pytest.param(
            says(status="incomplete", reason="max_output_tokens"), "not come to the end", 3,
            id="cut off",
        ),
        pytest.param(
            says(status="failed", error={"code": "model_deprecated"}), "are retired", 1,
            id="retired in the middle",
        ),
    ],
)  # fmt: skip
def test_whatever_else_a_realtime_service_does_is_an_error(
    turn: Turn, message: str, tries: int
) -> None:
    with over_websocket(turn) as service:
        with pytest.raises(ProviderError, match=message) as caught:
            live(service.url).speak(Utterance(TEXT, "en"))

        assert len(service.orders) == 2 * tries
    assert KEY not in str(caught.value)
    assert "presents" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "does not take the key"), (404, "are retired"), (400, "HTTP 400")],
)
def test_a_connection_that_is_refused_for_good_is_not_tried_again(
    status: int, message: str
) -> None:
    with over_websocket(says(), refuse=(status,) * 5) as service:
        with pytest.raises(ProviderError, match=message):
            live(service.url).speak(Utterance(TEXT, "en"))

        assert len(service.paths) == 1


def test_a_busy_service_is_tried_again() -> None:
    with over_websocket(says(), refuse=(429, 503)) as service:
        assert live(service.url).speak(Utterance(TEXT, "en")).pcm == SOUND


def test_a_service_that_says_nothing_is_given_up() -> None:
    settings = Voice(engine="openai", model="m", voice="marin", retries=0, timeout=0.3)

    with (
        over_websocket(send_nothing) as service,
        pytest.raises(ProviderError, match=r"within 0\.3"),
    ):
        live(service.url, settings).speak(Utterance(TEXT, "en"))


def test_the_older_address_reads_aloud_in_a_voice_of_the_account() -> None:
    dials = Dials(speed=1.2, instructions="Speak calmly.")

    with over_http(Answer()) as service:
        speech = older(service.url).speak(Utterance(TEXT, "en-GB", "voice_12", dials))

    path, headers, sent = service.seen[0]
    assert (speech.pcm, path) == (SOUND, "/v1/audio/speech")
    assert headers["authorization"] == f"Bearer {KEY}"
    assert json.loads(sent) == {
        "model": "speech-model", "voice": {"id": "voice_12"}, "input": TEXT, "speed": 1.2,
        "response_format": "pcm", "instructions": "Speak calmly.",
    }  # fmt: skip


@pytest.mark.parametrize(("said", "is_used"), [(TEXT, True), ("Something else.", False)])
def test_another_model_writes_down_what_the_older_address_said(said: str, *, is_used: bool) -> None:
    told = Answer(body=json.dumps({"text": said}).encode())

    with over_http(Answer(), told) as service:
        voice = older(service.url, transcriber="listening-model", retries=0)
        if is_used:
            assert voice.speak(Utterance(TEXT, "en")).pcm == SOUND
        else:
            with pytest.raises(ProviderError, match="something else"):
                voice.speak(Utterance(TEXT, "en"))

    path, _, sent = service.seen[1]
    assert path == "/v1/audio/transcriptions"
    assert b"listening-model" in sent
    assert SOUND in sent


def test_azure_is_asked_in_ssml_with_names_in_their_language() -> None:
    utterance = Utterance(
        "Hi Wojciech & co", "en-GB", dials=Dials(speed=0.9), slots=(Slot(3, 11, language="pl-PL"),)
    )

    with over_http(Answer()) as service:
        speech = azure(service.url).speak(utterance)

    path, headers, sent = service.seen[0]
    assert (speech.pcm, speech.rate, path) == (SOUND, 24_000, "/cognitiveservices/v1")
    assert headers["ocp-apim-subscription-key"] == KEY
    assert headers["x-microsoft-outputformat"] == "raw-24khz-16bit-mono-pcm"
    assert b'<voice name="en-GB-RyanNeural"><prosody rate="-10%"' in sent
    assert b'Hi <lang xml:lang="pl-PL">Wojciech</lang> &amp; co' in sent


@pytest.mark.parametrize(
    ("answer", "message", "tries"),
    [
        pytest.param(Answer(401), "does not take the key", 1, id="a wrong key"),
        pytest.param(Answer(404), "are retired", 1, id="no such voice"),
        pytest.param(Answer(302, headers=(("location", "http://x.example"),)), "HTTP 302", 1,
                     id="a redirect, which would carry the key along"),
        pytest.param(Answer(500, b"key sk-very-secret"), "HTTP 500", 3, id="broken"),
        pytest.param(Answer(429, headers=(("retry-after", "3600"),)), "HTTP 429", 1,
                     id="busy for an hour"),
        pytest.param(Answer(body=b""), "no sound", 3, id="nothing"),
        pytest.param(Answer(body=b"abc"), "no sound", 3, id="half a sample"),
        pytest.param(Answer(body=b"<html>Welcome</html>"), "no sound", 3, id="a page"),
        pytest.param(Answer(body=b"RIFF" + SOUND), "no sound", 3, id="a file"),
        pytest.param(Answer(body=bytes(4_800)), "no sound", 3, id="silence"),
        pytest.param(Answer(is_cut=True), "could not be reached", 3, id="cut off"),
    ],
)  # fmt: skip
def test_whatever_else_a_service_answers_is_an_error(
    answer: Answer, message: str, tries: int
) -> None:
    with over_http(answer) as service:
        with pytest.raises(ProviderError, match=message) as caught:
            azure(service.url).speak(Utterance(TEXT, "en"))

        assert len(service.seen) == tries
    assert KEY not in str(caught.value)
    assert "presents" not in str(caught.value)


def test_a_service_that_sends_drop_by_drop_is_given_up() -> None:
    slow = Answer(body=SOUND * 9, drip=0.05)

    with over_http(slow) as service, pytest.raises(ProviderError, match="did not speak within"):
        azure(service.url, retries=0, timeout=0.3).speak(Utterance(TEXT, "en"))


@pytest.mark.parametrize("voice", [live("http://127.0.0.1:9"), azure("http://127.0.0.1:9")])
def test_hosted_voices_read_no_phonemes_of_the_embedded_one(voice: Any) -> None:  # noqa: ANN401
    utterance = Utterance("Hi Ana", "en", slots=(Slot(3, 6, phonemes="'an@"),))

    with pytest.raises(ProviderError, match="Write a respelling"):
        voice.speak(utterance)


@pytest.mark.parametrize(
    ("settings", "environ", "message"),
    [
        pytest.param(Voice(engine="openai"), {}, "needs OPENAI_API_KEY", id="no key"),
        pytest.param(Voice(engine="openai"), {"OPENAI_API_KEY": "k"}, "a model and a voice",
                     id="no model: none is known to the program"),
        pytest.param(Voice(engine="azure"), {"AZURE_SPEECH_KEY": "k"}, "AZURE_SPEECH_ENDPOINT",
                     id="no endpoint"),
        pytest.param(
            Voice(engine="azure"),
            {"AZURE_SPEECH_KEY": "k", "AZURE_SPEECH_ENDPOINT": "https://s.example"},
            "needs a voice", id="no voice",
        ),
        pytest.param(
            Voice(engine="azure", voice="v"),
            {"AZURE_SPEECH_KEY": "k", "AZURE_SPEECH_ENDPOINT": "http://s.example"},
            "not https", id="a key over an open line",
        ),
        pytest.param(Voice(engine="siri"), {}, "is unknown", id="an unknown engine"),
    ],
)  # fmt: skip
def test_an_engine_that_was_named_and_cannot_serve_is_an_error(
    settings: Voice, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        speech_engine(settings, environ)


def test_the_embedded_voice_speaks_unless_another_is_named() -> None:
    environ = {
        "OPENAI_API_KEY": KEY, "AZURE_SPEECH_KEY": "k", "AZURE_SPEECH_ENDPOINT": "https://s.example",
    }  # fmt: skip
    named = Voice(engine="azure", voice="v", model="m")

    assert speech_name(Voice(), environ) == "espeak"
    assert isinstance(speech_engine(named, environ), AzureSpeech)
    openai = speech_engine(Voice(engine="openai", voice="v", model="m"), environ)
    assert isinstance(openai, OpenAISpeech)
    assert KEY not in repr(openai)
    assert KEY not in repr(openai_speech(Voice(voice="v", model="m"), environ))
    assert azure_speech(named, environ).version == "v"


@pytest.mark.parametrize("sign", ["\x00", "\x0b", "\uffff"])
def test_a_sign_that_nobody_can_say_is_refused_before_anybody_is_asked(sign: str) -> None:
    with pytest.raises(InputError, match="no sign to say"):
        Utterance(f"Hello{sign} there", "en")
