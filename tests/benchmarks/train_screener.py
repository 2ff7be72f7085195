"""Train the embedded screener, set its bands, measure it, and write its weights.

    python tests/benchmarks/train_screener.py --data DIR --version N --trained-on DATE --out FILE

``DIR`` holds the public sets of ``screening_sets``; none of their texts is shipped.  The set of
OpenAI's moderation paper is never trained on: what is measured on it is what the shipped weights
do on texts from elsewhere.  Company texts (GPL) set the bands and measure false alarms, and are
not trained on either.

What was tried, each time with the same share of the first file of company texts stopped (0.5 %),
judged on one half of the OpenAI set (by hash of the text) and on HateCheck, whose texts are not
trained on but for the threats.  Figures: recall by any head, hate / self-harm / sexual / violence.

- Public sets and 1,462 own sentences, as in version 1: .86 .96 .87 .85.  Of 72 unsafe sentences
  of our own it stopped .95 .70 .19 .63.
- 550 own positive sentences on self-harm, sex and violence: .89 .96 .94 .90, own .95 .95 .94 .94.
  The largest gain by far; for the sexual head .74 -> .90 by its own head.
- 720 own harmless sentences (grim books, services, kind mentions): fewer kind mentions of groups
  stopped.  Twice the kind mentions cost hate .015 and halve those alarms; three times cost .03.
- 540 own harmless sentences on advice and trades, written after looking at what was stopped among
  the company texts that set the bands: self-harm .96 -> 1.00.
- 416 own sentences of contempt: HateCheck's hateful ones .90 -> .95 together with a budget for
  hate of twice that of sexual and violence.
- Weight of the Davidson tweets halved, cut to a fifth, left out: hate -.016 each.  C of .05, .1,
  .15, .5, 1 for .3: within .02, none better everywhere.  Look-alikes with a third of the weight:
  hate -.03.
- Whole text read with its sentences: .91 1.0 .98 .92; without: .89 1.0 .97 .90; the mean of the
  sentences' vectors in its place: .92 1.0 .97 .92, and it costs nothing.  Taken.
- Stretches of 16 words of every sentence beyond 24 words: self-harm among our own .95 -> .80, for
  the bands must rise; beyond 40 words it costs nothing.  Taken, against texts without full stops.
- 450 own harmless sentences as e-mails have them, three times each: company texts are no letters,
  and "Do not want these e-mails?" was stopped as hate.
- Digits for letters read boldly where two words are disguised: own unsafe sentences .74 -> .94;
  one swap undone by the encoder's vocabulary: .46 -> .88; letters one by one split by it:
  .85 -> .90.
- Budgets of the block band at .2 %, .2 %, .1 %, .1 % stopped .81 % of the held-apart company texts,
  so they were cut to those below; this is the one choice made with those texts in view.
- Budgets of the review band at .4 %, .4 %, .25 %, .25 % held 4 of 253 strings of the rules'
  look-alikes ("The dog ignores knocking."); at .25 %, .2 %, .15 %, .15 % it is none.  Taken.
- Tried by others on the same sets and not worth it: character n-grams, a small neural network.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[2]))

from personalization.providers.encoders import minilm
from personalization.providers.local_screener import (
    CATEGORIES,
    Heads,
    LocalScreener,
    digest_of,
    packed,
    unpacked,
    words_digest,
)
from personalization.providers.windows import windows_of
from tests.benchmarks import own_harm, own_mail, own_texts
from tests.benchmarks.kept_vectors import KeptVectors
from tests.benchmarks.screening_figures import figures_of
from tests.benchmarks.screening_sets import (
    SOURCES,
    Labels,
    Row,
    company_texts,
    look_alikes,
    missing,
    read_csv,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from personalization.providers.protocols import Encoder

    Scores = npt.NDArray[np.float64]

# Share of ordinary company texts that each category may lift to band 2, 4 and 6, per text.
BUDGETS: Final = {
    "hate": (0.01, 0.0025, 0.0016),
    "self_harm": (0.01, 0.002, 0.0018),
    "sexual": (0.01, 0.0015, 0.0009),
    "violence": (0.01, 0.0015, 0.001),
}
_PROBE_WEIGHT: Final = 15
_MAIL_WEIGHT: Final = 3
_HARMLESS: Final = dict.fromkeys(CATEGORIES, 0)
_HAZARDS: Final[dict[str, dict[str, int | None]]] = {
    "hte": {"hate": 1, "violence": None},
    "ssh": {"self_harm": 1, "violence": None},
    "sxc_prn": {"sexual": 1},
    "vcr": {"violence": 1},
    "src": {"sexual": None, "violence": None, "hate": None},
    "iwp": {"violence": None},
}


def training_rows(data: Path) -> list[Row]:
    """Return all that is trained on: public sets, and our own words."""
    return [*_public_rows(data), *_own_rows(data)]


def _public_rows(data: Path) -> list[Row]:
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
    return rows + [
        Row(r["tweet"], {**unknown, "hate": hate_of[r["class"]]})
        for r in read_csv(data / "davidson/labeled_data.csv")[::6]
    ]


def _own_rows(data: Path) -> list[Row]:
    demeaning: Labels = {**_HARMLESS, "hate": 1, "violence": None}
    despairing: Labels = {**_HARMLESS, "self_harm": 1, "violence": None}
    contempt = own_texts.contempt() + own_harm.scorn() + own_harm.contempt_for_one()
    harmless = [
        *look_alikes(data, "A") * _PROBE_WEIGHT,
        *own_texts.harmless_marketing(),
        *own_texts.harmless_identity(),
        *own_texts.harmless_care(),
        *own_harm.harmless_shelves(),
        *own_harm.harmless_services(),
        *own_harm.harmless_neighbours() * 2,
        *own_harm.harmless_advice(),
        *own_harm.harmless_trades(),
        *own_mail.harmless_mail() * _MAIL_WEIGHT,
    ]
    return [
        *(Row(text, demeaning) for text in contempt),
        *(Row(text, despairing) for text in own_harm.despair()),
        *(Row(text, {**_HARMLESS, "sexual": 1}) for text in own_harm.lust()),
        *(Row(text, {**_HARMLESS, "violence": 1}) for text in own_harm.threats()),
        *(Row(text, dict(_HARMLESS)) for text in harmless),
    ]


def fit(rows: list[Row], encoder: Encoder) -> tuple[Scores, Scores]:
    """Return weights (4, 384) and biases (4,) of one logistic head for each category."""
    weights, biases = [], []
    for category in CATEGORIES:
        known = [row for row in rows if row.labels[category] is not None]
        vectors = encoder.encode([row.text for row in known])
        labels = np.array([row.labels[category] for row in known])
        head = LogisticRegression(C=0.3, class_weight="balanced", max_iter=3000)
        head.fit(vectors, labels)
        weights.append(head.coef_[0])
        biases.append(head.intercept_[0])
    return unpacked(packed(np.array(weights, float))), np.round(np.array(biases, float), 4)


def worst_scores(texts: Sequence[str], model: Heads, encoder: Encoder) -> Scores:
    """Return the worst score of each text's pieces by category; shape (len(texts), 4)."""
    return np.array(
        [
            model.scores(encoder.encode([r for _, r in windows_of(text)] or [text])).max(axis=0)
            for text in texts
        ]
    )


def bands_of(benign: Scores) -> dict[str, list[float]]:
    """Return the score above which the budgeted share of harmless texts lies."""
    return {
        category: [round(float(np.quantile(benign[:, i], 1 - b)), 4) for b in BUDGETS[category]]
        for i, category in enumerate(CATEGORIES)
    }


def script_hash() -> str:
    """Return the SHA-256 of this script and of the own words that it trains on."""
    files = (
        Path(__file__),
        *(Path(found.__file__ or "") for found in (own_texts, own_harm, own_mail)),
    )
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def main() -> None:
    """Train, measure and write."""
    parser = argparse.ArgumentParser(description="Train the embedded screener.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--trained-on", required=True, help="the date, such as 2026-11-20")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, help="folder that keeps vectors between runs")
    options = parser.parse_args()
    if absent := missing(options.data):
        raise SystemExit("\n".join(f"Missing: {s.file}, from {s.origin}" for s in absent))
    encoder: Encoder = KeptVectors(options.vectors) if options.vectors else minilm()
    rows = training_rows(options.data)
    weights, biases = fit(rows, encoder)
    model = Heads(options.version, weights, biases, np.zeros((4, 3)), {}, words_digest())
    calm = [found.text for found in company_texts(options.data, "valid.csv")]
    bands = bands_of(worst_scores(calm, model, encoder))
    at_bands = np.array([bands[category] for category in CATEGORIES])
    model = Heads(options.version, weights, biases, at_bands, {}, words_digest())
    document: dict[str, Any] = {
        "version": options.version,
        "trained_on": options.trained_on,
        "script_sha256": script_hash(),
        "encoder": encoder.model_id,
        "provenance": [
            {"set": s.name, "origin": s.origin, "licence": s.licence, "use": s.use}
            for s in SOURCES
            if "word list" not in s.use
        ]
        + [{"set": "Own sentences", "origin": "own words", "licence": "as the code",
            "use": "training, harmless and harmful"}],
        "rows": len(rows),
        "budgets": {category: list(budget) for category, budget in BUDGETS.items()},
        "figures": figures_of(LocalScreener(encoder, model), options.data),
        "bands": bands,
        "biases": dict(zip(CATEGORIES, biases.tolist(), strict=True)),
        "weights": packed(weights),
    }  # fmt: skip
    document["digest"] = digest_of(document)
    options.out.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    print(json.dumps(document["figures"], indent=1), json.dumps(bands))


if __name__ == "__main__":
    main()
