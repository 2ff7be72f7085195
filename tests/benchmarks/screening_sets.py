"""The texts that the embedded screener is trained on and measured with.

``DIR`` holds the public sets of SOURCES, each in a folder of its own; none of their texts ships.
The own words that are measured with stand in ``tests/data/safety/screener_texts.json``.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from personalization.providers.local_screener import CATEGORIES

OWN: Final = Path(__file__).parents[1] / "data" / "safety" / "screener_texts.json"

Labels = dict[str, "int | None"]


@dataclass(frozen=True, slots=True)
class Source:
    """A public set: which file of it is read, where it is from, and what it may be used for."""

    file: str
    name: str
    origin: str
    licence: str
    use: str


SOURCES: Final = (
    Source("ailuminate/demo_en_us_without_cse.csv", "MLCommons AILuminate demo prompts",
           "github.com/mlcommons/ailuminate, prompts on children left out", "CC-BY-4.0",
           "training"),
    Source("hatecheck_threats/threats.csv", "HateCheck, threatening cases",
           "github.com/paul-rottger/hatecheck-data", "CC-BY-4.0", "training of violence"),
    Source("toxigen/toxigen_sentences.json", "ToxiGen", "github.com/microsoft/TOXIGEN",
           "CDLA-Permissive-2.0", "training of hate"),
    Source("davidson/labeled_data.csv", "Davidson et al. 2017, every sixth tweet",
           "github.com/t-davidson/hate-speech-and-offensive-language", "MIT", "training of hate"),
    Source("own_probe/benign_lookalikes.json", "140 look-alikes", "own words", "as the code",
           "half A training, half B measuring"),
    Source("openai_mod/samples_without_S3.jsonl", "OpenAI moderation evaluation set without S3",
           "github.com/openai/moderation-api-release", "MIT", "measuring only"),
    Source("slogans/valid.csv", "Company slogans and descriptions, first file",
           "github.com/YipingNUS/slogan-generation-dataset", "GPL-3.0", "bands only"),
    Source("slogans/test-curated.csv", "Company slogans and descriptions, second file",
           "github.com/YipingNUS/slogan-generation-dataset", "GPL-3.0", "measuring only"),
    Source("surge_profanity/profanity_en.csv", "Surge profanity list",
           "github.com/surge-ai/profanity", "MIT", "the word list that is measured beside ours"),
)  # fmt: skip

# Industries as the companies name them.
TOPICS: Final[dict[str, frozenset[str]]] = {
    "health": frozenset((
        "hospital & health care", "medical practice", "medical devices", "mental health care",
        "health, wellness and fitness", "pharmaceuticals", "alternative medicine", "biotechnology",
    )),
    "charity": frozenset((
        "non-profit organization management", "nonprofit organization management",
        "civic & social organization", "philanthropy",
        "individual & family services", "religious institutions", "fund-raising",
        "international affairs", "museums and institutions",
    )),
    "law": frozenset((
        "law practice", "legal services", "security and investigations", "law enforcement",
        "public policy", "government administration", "judiciary", "public safety",
    )),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A text and what is known of it: 1, 0, or None where nobody said."""

    text: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class CompanyText:
    """A text that a company says of itself, and which slices it belongs to."""

    text: str
    slices: frozenset[str]


def missing(data: Path) -> list[Source]:
    """Return the sets that are not in ``data``."""
    return [source for source in SOURCES if not (data / source.file).is_file()]


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a file by column."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def look_alikes(data: Path, half: str) -> list[str]:
    """Return the harmless texts that sound harmful, of half A or B."""
    found = json.loads((data / "own_probe/benign_lookalikes.json").read_text("utf-8"))
    return [row["text"] for row in found if row["half"] == half]


def company_texts(data: Path, name: str) -> list[CompanyText]:
    """Return a description and a slogan for each company of one file."""
    texts = []
    for row in read_csv(data / "slogans" / name):
        company = row["alias"] or row["company"]
        slices = _slices(row)
        texts += [
            CompanyText(row[column].replace("<company>", company), slices | {kind})
            for column, kind in (("desc", "descriptions"), ("output", "slogans"))
        ]
    return texts


def _slices(row: dict[str, str]) -> frozenset[str]:
    host = row["url"].split("/")[0]
    country = "British sites" if host.endswith(".uk") else "American and international sites"
    if host.rsplit(".", 1)[-1] not in {"uk", "com", "us", "org", "net"}:
        country = "sites of other countries"
    return frozenset((country, *(t for t, names in TOPICS.items() if row["industry"] in names)))


def moderation_rows(data: Path) -> list[Row]:
    """Return the OpenAI set, in our four categories."""
    keys = {"hate": ("H", "H2"), "self_harm": ("SH",), "sexual": ("S",), "violence": ("V", "V2")}
    lines = (data / "openai_mod/samples_without_S3.jsonl").read_text("utf-8").splitlines()
    return [
        Row(found["prompt"], {c: max((found.get(k) or 0) for k in keys[c]) for c in CATEGORIES})
        for found in map(json.loads, lines)
    ]


def is_for_choosing(text: str) -> bool:
    """Tell which half of the OpenAI set a text is in: variants were chosen on the one half."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 2 == 0


@cache
def own() -> dict[str, Any]:
    """Return our own mails, unsafe sentences by category, and harmless sentences."""
    found: dict[str, Any] = json.loads(OWN.read_text("utf-8"))
    return found
