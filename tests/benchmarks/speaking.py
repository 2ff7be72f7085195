"""How many spoken files a minute: said whole for each person, and spliced into a shared body.

    python tests/benchmarks/speaking.py [--files 60] [--signed]

Both run in turn on the same people, engine, checks and formats, so their ratio holds on a busy
machine too; the processor time a file says what a quiet one would do.  WAV only, the hand-off to
video, since encoders cost the same either way.  The script is said in about 15 seconds; each of the
people has another name, so that no piece is found again.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from personalization.providers.registry import speech_engine
from personalization.providers.speech import Dials, Slot
from personalization.settings import Voice
from personalization.voice import (
    AssetOptions,
    Bench,
    Filled,
    Listener,
    Provenance,
    Sayer,
    Studio,
    disclosure,
    make_asset,
    signer_of,
)
from personalization.voice.lexicon import Lexicon

BODY = (
    "we are a family shop in York, and we wrap and post gifts for teams of every size. Each of them "
    "goes to the right door with a card that is written by hand. Shall we send a sample box?"
)
WORKERS = 2


def listeners(n: int) -> list[Listener]:
    """Make up people whose names are all different."""
    names = ("".join(each).title() for each in product("bdlmrst", "aeiou", "lmnr", "aeio"))
    people = []
    for number, name in zip(range(n), names, strict=False):
        slot = Slot(3, 3 + len(name), "prospect.first_name")
        clauses = (
            Filled(f"Hi {name},", (slot,), is_personal=True),
            Filled(BODY, (), is_personal=False),
        )
        people.append(Listener(f"p{number}", "GB", clauses))
    return people


def cpu() -> float:
    """Return the processor time of this process, seconds."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def run(n: int, *, is_spliced: bool, is_signed: bool) -> tuple[float, float, float]:
    """Return files a minute, processor milliseconds a file, and the seconds of one file."""
    options = AssetOptions(forms=("wav",), is_spliced=is_spliced, is_signed=is_signed)
    studio = Studio(speech_engine(Voice(workers=WORKERS)), "", Dials(), options)
    line = disclosure("en")
    told = Provenance("espeak", "Spoken message", "Hearth & Ribbon", line, "2026-12-01")
    sayer = Sayer("en-GB", Lexicon(), line, is_line_first=False, is_spliced=is_spliced)
    with tempfile.TemporaryDirectory() as folder:
        signer = signer_of(Path(folder), producer="H", now=datetime.now(UTC)) if is_signed else None
        bench = Bench(studio, Path(folder), told, signer, {})

        def one(listener: Listener) -> float:
            pieces, held = sayer.pieces(listener)
            asset = make_asset(bench, listener, pieces, held)
            assert asset.status == "ready", asset.reason
            return asset.seconds or 0.0

        everybody = listeners(n + 1)
        one(everybody[0])  # starts the engine, and says the body
        begun, used = time.perf_counter(), cpu()
        with ThreadPoolExecutor(WORKERS) as pool:
            seconds = list(pool.map(one, everybody[1:]))
        took, used = time.perf_counter() - begun, cpu() - used
    return 60 * n / took, 1000 * used / n, sum(seconds) / n


def main() -> None:
    """Print both ways side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--signed", action="store_true", help="with Content Credentials")
    arguments = parser.parse_args()
    rows = {}
    for name, is_spliced in (("whole", False), ("spliced", True)):
        n = arguments.files * (5 if is_spliced else 1)
        rows[name] = run(n, is_spliced=is_spliced, is_signed=arguments.signed)
        a_minute, used, seconds = rows[name]
        print(f"{name:8} {a_minute:8.0f} files a minute of {seconds:.1f} s, "
              f"{used:6.1f} ms of processor each")  # fmt: skip
    print(f"spliced makes {rows['spliced'][0] / rows['whole'][0]:.1f} times as many")


if __name__ == "__main__":
    main()
