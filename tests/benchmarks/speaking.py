"""How many spoken files a minute: said whole for each person, and spliced into a shared body.

    python tests/benchmarks/speaking.py [--files 60] [--signed]

Both run in turn on the same people, engine, checks and formats, so their ratio holds on a busy
machine too; the processor time a file, of this process and of those that speak, says what a quiet
one would do, and so does the load that is printed beside it.  WAV only, the hand-off to
video, since encoders cost the same either way.  The script is said in about 15 seconds; each of the
people has another name, so that no piece is found again; then 60 names
are shared, as first names are.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import cycle, product
from pathlib import Path

from personalization.providers.espeak import Espeak
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
    "we are a family shop in York, and we wrap and post gifts for teams of every size. Each of "
    "them goes to the right door with a card that is written by hand. Shall we send a sample box?"
)
WORKERS = 2
ROUNDS = 6


def listeners(n: int) -> list[Listener]:
    """Make up people whose names are all different."""
    names = ("".join(each).title() for each in product("bdlmrst", "aeiou", "lmnrst", "aeio", "nrs"))
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
    spent = os.times()
    return spent.user + spent.system


def cpu_of(processes: list[int]) -> float:
    """Return the processor time of processes and of all that they started, seconds; Linux only."""
    spent = 0.0
    for pid in (found := list(processes)):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
        found.extend(int(child) for child in children.split())
        columns = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        spent += sum(map(int, columns[11:15])) / os.sysconf("SC_CLK_TCK")
    return spent


class Way:
    """One way of making files, and what it has taken so far."""

    def __init__(
        self, folder: Path, *, is_spliced: bool, is_signed: bool, names: int = 2_000
    ) -> None:
        """Start the engine, and say the body once."""
        options = AssetOptions(forms=("wav",), is_spliced=is_spliced, is_signed=is_signed)
        engine = speech_engine(Voice(workers=WORKERS))
        assert isinstance(engine, Espeak)
        self.engine: Espeak = engine
        studio = Studio(engine, "", Dials(), options)
        line = disclosure("en")
        told = Provenance("espeak", "Spoken message", "Hearth & Ribbon", line, "2026-12-01")
        self.sayer = Sayer("en-GB", Lexicon(), line, is_line_first=False, is_spliced=is_spliced)
        signer = signer_of(folder, producer="H", now=datetime.now(UTC)) if is_signed else None
        self.bench = Bench(studio, folder, told, signer, {})
        self.files, self.took, self.used, self.seconds = 0, 0.0, 0.0, 0.0
        self.speaking = 0.0
        self.people = cycle(listeners(names))
        self.one(next(self.people))

    def one(self, listener: Listener) -> float:
        """Make one file, and return its length."""
        pieces, held = self.sayer.pieces(listener)
        asset = make_asset(self.bench, listener, pieces, held)
        assert asset.status == "ready", asset.reason
        return asset.seconds or 0.0

    def go_on(self, n: int) -> None:
        """Make so many files more."""
        people = [next(self.people) for _ in range(n)]
        begun, used, speaking = time.perf_counter(), cpu(), self.spoken_for()
        with ThreadPoolExecutor(WORKERS) as pool:
            self.seconds += sum(pool.map(self.one, people))
        self.took += time.perf_counter() - begun
        self.used += cpu() - used
        self.speaking += self.spoken_for() - speaking
        self.files += n

    def spoken_for(self) -> float:
        """Return the processor time of the engine's workers so far, seconds."""
        return cpu_of([worker.process.pid for worker in self.engine._idle])


def main() -> None:
    """Print both ways side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--signed", action="store_true", help="with Content Credentials")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place, signed = Path(folder), arguments.signed
        whole = Way(place, is_spliced=False, is_signed=signed)
        spliced = Way(place, is_spliced=True, is_signed=signed)
        common = Way(place, is_spliced=True, is_signed=signed, names=60)
        for _ in range(ROUNDS):  # in turns, so that a busy moment is everybody's
            whole.go_on(max(2, arguments.files // ROUNDS))
            spliced.go_on(max(20, arguments.files * 10 // ROUNDS))
            common.go_on(max(20, arguments.files * 10 // ROUNDS))
    ways = {"whole": whole, "spliced": spliced, "spliced, 60 names": common}
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name, way in ways.items():
        used, speaking = (1000 * spent / way.files for spent in (way.used, way.speaking))
        print(f"{name:18} {60 * way.files / way.took:8.0f} files a minute of "
              f"{way.seconds / way.files:.1f} s; processor each {used + speaking:6.1f} ms, "
              f"{speaking:.1f} of them the engine's")  # fmt: skip
    for name, way in list(ways.items())[1:]:
        ratio = (way.files / way.took) / (whole.files / whole.took)
        spared = (whole.used + whole.speaking) / whole.files * way.files / (way.used + way.speaking)
        print(f"{name}: {ratio:.1f} times as many a minute; {spared:.1f} times less processor each")


if __name__ == "__main__":
    main()
