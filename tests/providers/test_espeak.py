"""The embedded voice: the same bytes always, and nothing but errors where its worker fails."""

from __future__ import annotations

import hashlib
import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError, ProviderError
from personalization.providers import espeak
from personalization.providers.espeak import Espeak
from personalization.providers.speech import Dials, MissingVoiceError, Slot, Utterance, words_of
from personalization.voice import names
from personalization.voice.lexicon import SPOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TEXT = "We wrap each present by hand, and send it to your clients. Is it time?"
HELLO = (
    "import sys, json, os, time\n"
    "def send(head, sound=b''):\n"
    "    line = json.dumps({**head, 'bytes': head.get('bytes', len(sound))}).encode()\n"
    "    sys.stdout.buffer.write(line + b'\\n' + sound); sys.stdout.buffer.flush()\n"
    "send({'ok': True, 'version': '1', 'rate': 22050, 'languages': ['en-us'],"
    " 'voices': ['klatt4']})\n"
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Espeak]:
    running = Espeak(workers=2)
    yield running
    running.close()


def faulty(tmp_path: Path, program: str, *, seconds: float = 30.0) -> Espeak:
    """Return an engine whose workers greet as they should, and then do what ``program`` says."""
    path = tmp_path / "worker.py"
    path.write_text(HELLO + program, "utf-8")
    return Espeak(workers=1, seconds=seconds, grace=0.0, program=path, folder=tmp_path)


def digest(engine: Espeak, utterance: Utterance) -> str:
    return hashlib.sha256(engine.speak(utterance).pcm).hexdigest()


def test_the_same_utterance_is_the_same_bytes_whatever_was_said_before(engine: Espeak) -> None:
    utterance = Utterance(TEXT, "en-US", dials=Dials(declination=20, phrase_pause=0.2))
    first = digest(engine, utterance)

    engine.speak(Utterance("Etwas ganz anderes.", "de", "f2", Dials(rate=250, pitch=80)))
    another = Espeak(workers=1)

    assert {digest(engine, utterance), digest(another, utterance)} == {first}
    another.close()


def test_a_voice_that_breathes_draws_its_breath_the_same_in_every_worker(
    engine: Espeak, tmp_path: Path
) -> None:
    other = tmp_path / "worker.py"
    other.write_text(espeak.PROGRAM.read_text("utf-8").replace("_SEED: Final = 1", "_SEED = 2"))
    luck, another = Espeak(workers=1, program=other), Espeak(workers=1)

    heard = [digest(each, Utterance("We wrap", "en", "f2")) for each in (engine, another, luck)]

    assert heard[0] == heard[1] != heard[2]
    luck.close()
    another.close()


def test_voices_in_turns_are_the_bytes_of_each_alone(engine: Espeak) -> None:
    said = [Utterance(TEXT, "en-GB"), Utterance("Wir packen.", "de", "m3"), Utterance("Oui", "fr")]
    alone = []
    for each in said:
        single = Espeak(workers=1)
        alone.append(digest(single, each))
        single.close()

    assert [digest(engine, each) for each in said * 4] == alone * 4


def test_a_hundred_callers_at_a_time_each_get_their_own_words(engine: Espeak) -> None:
    texts = [f"Number {'a' * (n % 7 + 1)} of {n % 5} presents" for n in range(100)]
    alone = {text: digest(engine, Utterance(text, "en")) for text in set(texts)}

    with ThreadPoolExecutor(100) as pool:
        heard = list(pool.map(lambda text: digest(engine, Utterance(text, "en")), texts))

    assert heard == [alone[text] for text in texts]


@pytest.mark.parametrize("language", ["en-GB", "en-US", "de-AT", "fr-CA", "es-MX", "it", "nl-BE"])
def test_every_word_has_its_time_in_order_and_within_the_sound(
    engine: Espeak, language: str
) -> None:
    speech = engine.speak(Utterance(TEXT, language))

    assert [(word.start, word.end) for word in speech.words] == list(words_of(TEXT))
    edges = [time for word in speech.words for time in (word.begins, word.ends)]
    assert edges == sorted(edges)
    assert 0 <= edges[0] < edges[-1] <= speech.seconds


def test_a_name_of_another_language_leaves_the_rest_in_the_script_s_own(engine: Espeak) -> None:
    name = "Wojciech"
    rest = ", your schedule for tomatoes."
    tagged = engine.speak(Utterance(name + rest, "en-US", slots=(Slot(0, 8, language="pl"),)))
    plain = engine.speak(Utterance(name + rest, "en-US"))
    british = engine.speak(Utterance(name + rest, "en-GB"))

    lengths = [[w.ends - w.begins for w in said.words[1:]] for said in (tagged, plain, british)]

    assert lengths[0] == pytest.approx(lengths[1], abs=0.03)
    assert lengths[0] != pytest.approx(lengths[2], abs=0.03)
    assert tagged.words[0].ends != pytest.approx(plain.words[0].ends, abs=0.01)


def test_every_language_that_names_can_be_said_in_is_spoken(engine: Espeak) -> None:
    chosen = {reading for codes in names._COUNTRY_LANGUAGES.values() for reading in codes}

    assert not [code for code in SPOKEN | chosen if not engine.speaks(code)]
    assert chosen <= SPOKEN


@pytest.mark.parametrize(
    ("language", "said_as"),
    [("zh-CN", "cmn"), ("zh-Hant-TW", "cmn"), ("zh", "cmn"), ("zh-HK", "yue"), ("no-NO", "nb"),
     ("pt-PT", "pt"), ("es-MX", "es-419")],
)  # fmt: skip
def test_a_language_with_several_names_is_spoken_under_each(
    engine: Espeak, language: str, said_as: str
) -> None:
    assert engine.speak(Utterance("a", language)).pcm == engine.speak(Utterance("a", said_as)).pcm


def test_every_language_that_the_engine_lists_has_a_name_of_its_own(engine: Espeak) -> None:
    assert {"cmn", "yue", "en-us", "fr-ch"} <= engine.languages
    assert not [name for name in engine.languages if not re.fullmatch(r"[a-zA-Z\d]+(-\w+)*", name)]
    assert not engine.speaks("inese")


def test_a_name_in_phonemes_sounds_like_the_letters_that_mean_the_same(engine: Espeak) -> None:
    said = engine.speak(Utterance("Nguyen", "en-US", slots=(Slot(0, 6, phonemes="w'Eb"),)))

    assert said.pcm == engine.speak(Utterance("web", "en-US")).pcm


@pytest.mark.parametrize(
    ("dials", "longer"),
    [
        pytest.param(Dials(rate=100), True, id="slower"),
        pytest.param(Dials(rate=260), False, id="faster"),
        pytest.param(Dials(wordgap=20), True, id="gaps between words"),
        pytest.param(Dials(phrase_pause=0.5, phrase_every=3), True, id="rests at phrases"),
    ],
)
def test_a_dial_changes_how_long_it_takes(engine: Espeak, dials: Dials, *, longer: bool) -> None:
    text = "We wrap each of your presents and send all of them to your clients"
    plain = engine.speak(Utterance(text, "en-US")).seconds

    dialled = engine.speak(Utterance(text, "en-US", dials=dials)).seconds

    assert (dialled > plain) is longer


def test_markup_in_a_text_is_said_and_never_obeyed(engine: Espeak) -> None:
    plain = engine.speak(Utterance("we five ms we", "en")).seconds

    said = engine.speak(Utterance('we <break time="9000ms"/> [[w\'Eb]] </speak> we', "en"))

    assert said.seconds < plain + 6
    assert said.words[-1].text == "we"


@pytest.mark.parametrize(
    ("utterance", "message"),
    [
        pytest.param(Utterance("hello", "xx"), "speaks no 'xx'", id="no such language"),
        pytest.param(Utterance("hello", "en", "nobody"), "no voice 'nobody'", id="no such voice"),
        pytest.param(
            Utterance("hello", "en", "../../x"), "no voice", id="a path instead of a voice"
        ),
        pytest.param(
            Utterance("Ana", "en", slots=(Slot(0, 3, language="xx"),)), "speaks no 'xx'",
            id="a name in no language",
        ),
    ],
)  # fmt: skip
def test_what_the_engine_does_not_have_is_refused(
    engine: Espeak, utterance: Utterance, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        engine.speak(utterance)


def test_phonemes_that_could_end_themselves_are_refused(engine: Espeak) -> None:
    slot = Slot(0, 3, phonemes="x]] <break/> [[y")

    with pytest.raises(ProviderError, match="no phonemes"):
        engine.speak(Utterance("Ana", "en", slots=(slot,)))


def test_a_worker_that_was_killed_is_replaced_and_nobody_notices() -> None:
    alone = Espeak(workers=1)
    before = digest(alone, Utterance(TEXT, "en"))

    os.kill(alone._idle[0].process.pid, signal.SIGKILL)
    alone._idle[0].process.wait()

    assert digest(alone, Utterance(TEXT, "en")) == before
    alone.close()


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        pytest.param("sys.stdin.readline(); os._exit(1)", "ended", id="it crashes"),
        pytest.param(
            "sys.stdin.readline(); print('espeak: warning'); sys.stdout.flush(); time.sleep(600)",
            "cannot be read", id="it prints what is no frame",
        ),
        pytest.param(
            "o = json.loads(sys.stdin.readline()); send({'ok': True, 'id': o['id'], 'events': [],"
            " 'bytes': 1000}, b'xx'); os._exit(0)",
            "in the middle", id="it ends in the middle of the sound",
        ),
        pytest.param(
            "o = json.loads(sys.stdin.readline()); send({'ok': True, 'id': o['id'], 'events': [],"
            " 'bytes': -2})",
            "cannot be read", id="it claims less than nothing",
        ),
        pytest.param(
            "o = json.loads(sys.stdin.readline()); send({'ok': True, 'id': -1, 'events': []},"
            " b'xx'); time.sleep(600)",
            "another order", id="it answers another order",
        ),
        pytest.param(
            "o = json.loads(sys.stdin.readline()); send({'ok': True, 'id': o['id'],"
            " 'events': [[1, 'x', 2]]}, b'xx')",
            "cannot be read", id="its word times are no times",
        ),
        pytest.param(
            "o = json.loads(sys.stdin.readline()); send({'ok': True, 'id': o['id'], 'events': []})",
            "nothing was heard", id="it is silent",
        ),
        pytest.param(
            "o = json.loads(sys.stdin.readline()); send({'ok': False, 'id': o['id'],"
            " 'error': 'broke off (-11)'})",
            "broke off", id="the fork was killed",
        ),
    ],
)  # fmt: skip
def test_a_worker_that_fails_is_an_error_and_never_a_sound(
    tmp_path: Path, program: str, reason: str
) -> None:
    engine = faulty(tmp_path, program)

    with pytest.raises(ProviderError, match=reason):
        engine.speak(Utterance("hello", "en"))


def test_a_worker_that_hangs_is_ended_and_comes_back(tmp_path: Path) -> None:
    engine = faulty(tmp_path, "sys.stdin.readline(); time.sleep(600)", seconds=0.1)

    with pytest.raises(ProviderError, match="silent for too long"):
        engine.speak(Utterance("hello", "en"))

    assert not engine._idle
    engine.program, engine.seconds, engine.folder = espeak.PROGRAM, 30.0, None
    engine._hello.clear()
    assert engine.speak(Utterance("hello", "en")).seconds > 0.2


def test_a_fork_that_takes_too_long_is_ended_by_its_worker() -> None:
    engine = Espeak(workers=1, seconds=0.0)
    pid = (engine.version, engine._idle[0].process.pid)[1]

    with pytest.raises(ProviderError, match="took too long"):
        engine.speak(Utterance(TEXT * 20, "en"))

    assert engine._idle[0].process.pid == pid
    engine.close()


BREAKING: dict[str, str] = {
    "it crashes": "os.abort()",
    "it is killed while it sends": (
        "os.write(writer, b'.'); speaker.out.write(b'{\"ok\": true, \"id\": 0, '); "
        "speaker.out.flush(); os.kill(os.getpid(), 9)"
    ),
    "its parent is killed": "os.kill(os.getppid(), 9)",
    "it sends garbage": "speaker.out.write(b'espeak: warning'); speaker.out.flush(); os._exit(3)",
    "all of it is killed": "os.killpg(os.getpgid(0), 9)",
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_off_amid_others_is_said_again_and_changes_nobody_s_bytes(
    engine: Espeak, tmp_path: Path, name: str
) -> None:
    texts = [f"Hi {name}," for name in ("Ana", "Bo", "Cleo", "Tom", "Dana", "Eli", "Fay")]
    source, place = espeak.PROGRAM.read_text("utf-8"), "    library = speaker.library\n"
    broken = (
        f"    if 'Tom' in order['ssml'] and not os.path.exists({str(tmp_path / 'done')!r}):\n"
        f"        open({str(tmp_path / 'done')!r}, 'w').close(); {BREAKING[name]}\n"
    )
    assert place in source
    program = tmp_path / "worker.py"
    program.write_text(source.replace(place, place + broken), "utf-8")
    breaking, said, failed = Espeak(workers=2, program=program), {}, []

    def say(text: str) -> None:
        try:
            said[text] = digest(breaking, Utterance(text, "en"))
        except ProviderError:
            failed.append(text)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(say, texts))
    list(map(say, failed.copy()))

    assert failed in ([], ["Hi Tom,"])
    assert said == {text: digest(engine, Utterance(text, "en")) for text in texts}
    breaking.close()


def test_a_worker_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "worker.py"
    path.write_text("raise SystemExit(3)", "utf-8")

    with pytest.raises(ProviderError, match="did not speak"):
        Espeak(program=path, folder=tmp_path).speak(Utterance("hello", "en"))


def test_a_worker_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    told = tmp_path / "environment"
    engine = faulty(tmp_path, f"open({str(told)!r}, 'w').write(repr(dict(os.environ)))")

    with pytest.raises(ProviderError):
        engine.speak(Utterance("hello", "en"))

    assert "PATH" in told.read_text("utf-8")
    assert "secret" not in told.read_text("utf-8")


def test_without_the_optional_part_it_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(espeak, "find_spec", lambda _: None)

    with pytest.raises(MissingVoiceError, match=r"pip install 'personalization\[voice\]'"):
        Espeak().speak(Utterance("hello", "en"))
    assert not espeak.is_installed()


def test_the_library_is_loaded_by_the_worker_alone() -> None:
    """It is GPL-3 or later, and runs outside of the product's process."""
    users = [
        path.name
        for path in (ROOT / "personalization").rglob("*.py")
        if "CDLL" in (text := path.read_text("utf-8")) or "import espeak_worker" in text
    ]

    assert users == ["espeak_worker.py"]
