"""Train the embedded screener, set its bands, measure it, and write its weights.

    python tests/benchmarks/train_screener.py --data DIR --out FILE.json

``DIR`` holds the public sets named in SOURCES, each in a folder of its own; none of their texts
is shipped.  The set of OpenAI's moderation paper is never trained on: what is measured on it is
what the shipped weights do on texts from elsewhere.  Company texts (GPL) set the bands and
measure false alarms, and are not trained on either.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[2]))

from personalization.providers.encoders import minilm
from personalization.providers.local_screener import CATEGORIES, windows_of
from tests.benchmarks import own_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    Scores = npt.NDArray[np.float64]

SOURCES: Final = (
    ("MLCommons AILuminate demo prompts", "CC-BY-4.0", "training"),
    ("HateCheck, threatening cases", "CC-BY-4.0", "training of violence"),
    ("ToxiGen", "CDLA-Permissive-2.0", "training of hate"),
    ("Davidson et al. 2017, every sixth tweet", "MIT", "training of hate"),
    ("Look-alikes, half A, and own sentences", "own words", "training, harmless and hate"),
    ("OpenAI moderation evaluation set without S3", "MIT", "measuring only"),
    ("Company slogans and descriptions", "GPL-3.0", "bands and false alarms only"),
)
# Share of ordinary company texts that each category may lift to the band, per text: chosen so
# that one text in about 150 is stopped by any of the four.
BUDGETS: Final = {
    "hate": (0.01, 0.0025, 0.001),
    "self_harm": (0.01, 0.004, 0.002),
    "sexual": (0.01, 0.0025, 0.001),
    "violence": (0.01, 0.0025, 0.001),
}
_PROBE_WEIGHT: Final = 15
_HARMLESS: Final = dict.fromkeys(CATEGORIES, 0)
_HAZARDS: Final[dict[str, dict[str, int | None]]] = {
    "hte": {"hate": 1, "violence": None},
    "ssh": {"self_harm": 1, "violence": None},
    "sxc_prn": {"sexual": 1},
    "vcr": {"violence": 1},
    "src": {"sexual": None, "violence": None, "hate": None},
    "iwp": {"violence": None},
}

Labels = dict[str, "int | None"]


@dataclass(frozen=True, slots=True)
class Row:
    """A text and what is known of it: 1, 0, or None where nobody said."""

    text: str
    labels: Labels


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def training_rows(data: Path) -> list[Row]:
    unknown: Labels = dict.fromkeys(CATEGORIES)
    rows = [
        Row(r["prompt_text"], {**_HARMLESS, **_HAZARDS.get(r["hazard"], {})})
        for r in read_csv(data / "ailuminate/demo_en_us_without_cse.csv")
    ]
    rows += [
        Row(r["test_case"], {**unknown, "violence": 1})
        for r in read_csv(data / "hatecheck_threats/threats.csv")
    ]
    rows += [
        Row(r["text"], {**unknown, "hate": 1} if r["hate"] else dict(_HARMLESS))
        for r in json.loads((data / "toxigen/toxigen_sentences.json").read_text("utf-8"))
    ]
    hate_of = {"0": 1, "1": None, "2": 0}
    rows += [
        Row(r["tweet"], {**unknown, "hate": hate_of[r["class"]]})
        for r in read_csv(data / "davidson/labeled_data.csv")[::6]
    ]
    rows += [Row(text, dict(_HARMLESS)) for text in look_alikes(data, "A")] * _PROBE_WEIGHT
    demeaning: Labels = {**_HARMLESS, "hate": 1, "violence": None}
    rows += [Row(text, demeaning) for text in own_texts.contempt()]
    own = own_texts.harmless_marketing() + own_texts.harmless_identity() + own_texts.harmless_care()
    return rows + [Row(text, dict(_HARMLESS)) for text in own]


def look_alikes(data: Path, half: str) -> list[str]:
    found = json.loads((data / "own_probe/benign_lookalikes.json").read_text("utf-8"))
    return [row["text"] for row in found if row["half"] == half]


def company_texts(data: Path, name: str) -> list[str]:
    texts = []
    for row in read_csv(data / "slogans" / name):
        company = row["alias"] or row["company"]
        texts += [row[column].replace("<company>", company) for column in ("desc", "output")]
    return texts


def moderation_rows(data: Path) -> list[Row]:
    keys = {"hate": ("H", "H2"), "self_harm": ("SH",), "sexual": ("S",), "violence": ("V", "V2")}
    lines = (data / "openai_mod/samples_without_S3.jsonl").read_text("utf-8").splitlines()
    return [
        Row(found["prompt"], {c: max((found.get(k) or 0) for k in keys[c]) for c in CATEGORIES})
        for found in map(json.loads, lines)
    ]


def fit(rows: list[Row]) -> tuple[Scores, Scores]:
    """Return weights (4, 384) and biases (4,) of one logistic head for each category."""
    weights, biases = [], []
    for category in CATEGORIES:
        known = [row for row in rows if row.labels[category] is not None]
        vectors = minilm().encode([row.text for row in known])
        labels = np.array([row.labels[category] for row in known])
        head = LogisticRegression(C=0.3, class_weight="balanced", max_iter=2000)
        head.fit(vectors, labels)
        weights.append(head.coef_[0])
        biases.append(head.intercept_[0])
    return np.round(np.array(weights, float), 4), np.round(np.array(biases, float), 4)


def scores_of(texts: Sequence[str], weights: Scores, biases: Scores) -> Scores:
    """Return the worst score of each text's windows by category; shape (len(texts), 4)."""
    worst = []
    for text in texts:
        vectors = minilm().encode([reading for _, reading in windows_of(text)] or [text])
        worst.append((vectors @ weights.T + biases).max(axis=0))
    return np.array(worst)


def bands_of(benign: Scores) -> dict[str, list[float]]:
    return {
        category: [round(float(np.quantile(benign[:, i], 1 - b)), 4) for b in BUDGETS[category]]
        for i, category in enumerate(CATEGORIES)
    }


def measure(
    data: Path, weights: Scores, biases: Scores, bands: dict[str, list[float]]
) -> dict[str, Any]:
    block = np.array([bands[category][2] for category in CATEGORIES])
    rows = moderation_rows(data)
    is_stopped = stopped(scores_of([row.text for row in rows], weights, biases), block)
    company = company_texts(data, "test-curated.csv")
    false_alarms = stopped(scores_of(company, weights, biases), block)
    twins = stopped(scores_of(look_alikes(data, "B"), weights, biases), block)
    return {
        "recall_on_openai_moderation": {
            category: share(
                is_stopped[i] for i, row in enumerate(rows) if row.labels[category] == 1
            )
            for category in CATEGORIES
        },
        "company_texts_stopped": share(false_alarms),
        "company_descriptions_stopped": share(false_alarms[::2]),
        "look_alikes_stopped": share(twins),
        "n_company_texts": len(company),
        "n_moderation_texts": len(rows),
    }


def stopped(scores: Scores, block: Scores) -> list[bool]:
    return [bool(flag) for flag in np.any(scores > block, axis=1)]


def share(flags: Iterable[Any]) -> float:
    return round(float(np.mean(list(flags))), 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    rows = training_rows(options.data)
    weights, biases = fit(rows)
    bands = bands_of(scores_of(company_texts(options.data, "valid.csv"), weights, biases))
    figures = measure(options.data, weights, biases, bands)
    document = {
        "version": "1",
        "encoder": minilm().model_id,
        "provenance": [dict(zip(("set", "licence", "use"), row, strict=True)) for row in SOURCES],
        "rows": len(rows),
        "budgets": {category: list(budget) for category, budget in BUDGETS.items()},
        "figures": figures,
        "bands": bands,
        "biases": dict(zip(CATEGORIES, biases.tolist(), strict=True)),
        "weights": dict(zip(CATEGORIES, weights.tolist(), strict=True)),
    }
    options.out.write_text(json.dumps(document, separators=(",", ":")) + "\n", "utf-8")
    print(json.dumps(figures, indent=1), json.dumps(bands))


if __name__ == "__main__":
    main()
