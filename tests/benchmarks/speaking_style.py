"""How near a fitted voice comes to a speaker on scripts that it was not fitted on.

    python tests/benchmarks/speaking_style.py [--data DIR] [--show]

References that need nothing else are the embedded engine itself with other voices and settings.
Where the program ``flite`` is installed (CMU licence) its four voices are added, and from DIR
every sound file, each for itself; a ``pocketsphinx-*.tar.gz`` there, which is the source archive on
the package index (``pip download --no-deps --no-binary :all: pocketsphinx==5.1.1``), gives the five
sentences of a human reader that it ships for its tests (LibriVox, public domain, joined: 25 s) and
a human speaker of its regression tests.  No sound is kept.

For each reference: mean error in tolerances (``voice.style_error``) on each of six unseen scripts,
before the fit (the factory's dials of the same base voice) and after it, and processor seconds.
Errors of scripts are averaged without their signs, so nothing cancels between them.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tarfile
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from personalization.providers.espeak import Espeak
from personalization.providers.speech import Dials, Utterance
from personalization.voice.fitting import fit_speaker
from personalization.voice.listening import align
from personalization.voice.prosody import measure
from personalization.voice.reference import Recording, check_reference, read_recording
from personalization.voice.shaping import shape
from personalization.voice.style_error import TOLERANCES, style_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

READ = """
When the first orders came in, we packed every box by hand at the kitchen table. Today a small
team does it, but the idea is the same: each parcel should feel like a present, even before it
is opened. Most of our customers are companies now. They send thank you gifts to clients,
welcome boxes to new colleagues, and something warm at the end of the year. You choose the
pieces, we add the card, and the parcels leave our workshop within three days. If something
breaks on the way, we send a new one, and nobody has to fill in a form.
"""
UNSEEN = """
Hi Ana, this is Claire from Hearth and Ribbon. I noticed that your hotel opened a second house
by the sea, and I wondered how you welcome your first guests there. We make small room gifts for
hotels, wrapped by hand, with a card in your own words. Would it help if I sent you three ideas,
with prices, by the end of the week?

Good morning. You told a magazine that keeping good people is the hardest part of your work this
year, and that stayed with me. Companies like yours use our welcome boxes for new colleagues,
because the first day is the one that people remember. We pack, address and send them, and you
only tell us who starts when. May I show you what such a box looks like?

Hello Tom. At the end of the year everybody sends a bottle of wine, and hardly anybody remembers
who it came from. Our gift boxes are different: a few well made things, a handwritten card, and
no logo on anything. If you like, I can have a sample on your desk next week. Just tell me where
it should go.

Hi Maria, a short idea for your spring conference. Speakers get flowers that they cannot take
home on the train. We make small boxes that fit into any bag, with something from the city where
you meet. Other organisers order them four weeks ahead, and we deliver to the venue on the day
before. Shall I put together two versions for you to choose from?

Good afternoon. I am writing because your shop sells things that are made by hand, and so do we.
Our candles come from a small workshop, and every batch is poured on the day that it is ordered.
Shops start with one shelf and no obligation, and they send back what does not sell. Would a
price list help, or would you rather see the candles first?

Hello Peter. Your team has had a long winter, and I thought that a small thank you might be
welcome. We look after everything: the gifts, the cards, the addresses, and the parcels that
come back. You get one invoice, and nobody in your office has to tie a ribbon. May I send you an
example, so that you can see how it looks?
""".strip().split("\n\n")
ESPEAK = {
    "espeak, low, fast and flat": ("m3", Dials(rate=210, pitch=20, range=10)),
    "espeak, high, slow, lively": ("f4", Dials(rate=125, pitch=60, range=70)),
    "espeak, long pauses": ("m1", Dials(rate=150, pitch=45, range=40, pauses=2.2)),
    "espeak, often pausing": ("f3", Dials(rate=165, range=60, phrase_pause=0.35, phrase_every=4)),
    "espeak, lively phrases": ("klatt2", Dials(rate=185, pitch=55, range=78, declination=12)),
}


def espeak_references(engine: Espeak) -> Iterator[tuple[str, Recording]]:
    for name, (voice, dials) in ESPEAK.items():
        said = shape(engine.speak(Utterance(" ".join(READ.split()), "en-US", voice, dials)), dials)
        yield name, Recording(said.samples(), said.rate, said.seconds, "")


def flite_references() -> Iterator[tuple[str, Recording]]:
    if not shutil.which("flite"):
        return
    with TemporaryDirectory() as folder:
        for voice in ("slt", "rms", "awb", "kal"):
            path = Path(folder) / "said.wav"
            command = ["flite", "-voice", voice, "-t", " ".join(READ.split()), "-o", str(path)]
            subprocess.run(command, check=True)
            yield f"flite {voice}", read_recording(path.read_bytes())


def given_references(folder: Path) -> Iterator[tuple[str, Recording]]:
    for path in sorted(folder.iterdir()):
        if path.name.endswith(".tar.gz"):
            yield from archived_references(path)
        elif path.suffix.lower() in {".wav", ".flac", ".mp3", ".ogg", ".opus"}:
            yield path.stem, read_recording(path.read_bytes())


def archived_references(path: Path) -> Iterator[tuple[str, Recording]]:
    with tarfile.open(path) as archive:
        members = {member.name: member for member in archive.getmembers() if member.isfile()}

        def read(name: str) -> Recording:
            found = archive.extractfile(members[name])
            assert found is not None
            return read_recording(found.read())

        sentences = [read(n) for n in sorted(members) if "/librivox/" in n and n.endswith(".wav")]
        if sentences:
            joined = np.concatenate([sentence.samples for sentence in sentences])
            rate = sentences[0].rate
            yield "human, LibriVox", Recording(joined, rate, joined.size / rate, "")
        for name in members:
            if name.endswith("/chan3.wav"):
                yield "human, chan3", read(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--show", action="store_true", help="figures of each script")
    arguments = parser.parse_args()
    engine = Espeak(workers=1)
    references = [*espeak_references(engine), *flite_references()]
    references += given_references(arguments.data) if arguments.data else []

    names = " ".join(f"{name[:10]:>10}" for name in TOLERANCES)
    print(f"{'reference':28} {'before':>7} {'after':>6} {names} {'turns':>6} {'cpu s':>6}")
    total, heard = [], []
    for name, recording in references:
        wanted = check_reference(recording).measures
        began = time.process_time()
        profile = fit_speaker(engine, wanted, language="en-US")
        spent = time.process_time() - began
        errors = {}
        for when, dials in (("before", Dials()), ("after", profile.dials)):
            rows = []
            for text in (" ".join(script.split()) for script in UNSEEN):
                said = shape(engine.speak(Utterance(text, "en-US", profile.voice, dials)), dials)
                found = style_errors(wanted, measure(said.samples(), said.rate))
                rows.append([error.tolerances for error in found])
                if arguments.show:
                    print("   ", when, [round(value, 2) for value in rows[-1]])
                if when == "after" and len(rows) % 3 == 1:
                    heard.append(align(said, text).is_right)
            errors[when] = np.array(rows)
        before, after = (errors[when].mean() for when in ("before", "after"))
        total.append((before, after))
        cells = " ".join(f"{value:10.2f}" for value in errors["after"].mean(axis=0))
        print(f"{name:28} {before:7.2f} {after:6.2f} {cells} {profile.iterations:6} {spent:6.1f}")
        for error in profile.errors:
            if error.out_of_reach:
                print(f"{'':30}{error.measure}: {error.out_of_reach}")
    before, after = np.mean(total, axis=0)
    print(f"{'mean of ' + str(len(total)):28} {before:7.2f} {after:6.2f}   aim: 0.50 or less")
    print(f"the recogniser finds the script in {sum(heard)} of {len(heard)} renderings")


if __name__ == "__main__":
    main()
