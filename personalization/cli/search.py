"""``personalize search``: the passages of a corpus, one query, many, or how well it finds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.errors import InputError
from personalization.settings import load_settings, settings_in_force

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from personalization.content import Problem

LABELS: Final = Path(__file__).parents[2] / "sample_data" / "queries.toml"
"""The labelled queries for the shipped corpus."""

_QUERY_KEYS: Final = ("query", "text", "title")
_ID_KEYS: Final = ("id", "_id", "query_id", "qid")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", nargs="?", help="plain words")
    parser.add_argument("--corpus", type=Path, default=Path("content_corpus"), metavar="DIR")
    parser.add_argument("--k", type=int, default=5)
    parser.add_argument(
        "--queries", type=Path, metavar="FILE",
        help="many queries in one go: a line of text each, or JSON lines of id and query",
    )  # fmt: skip
    parser.add_argument(
        "--evaluate", action="store_true",
        help="how well the corpus's documents are found, by words, by meaning and by both",
    )  # fmt: skip
    parser.add_argument("--labels", type=Path, default=LABELS, metavar="FILE.toml")
    parser.add_argument("--words-only", action="store_true", help="do not load the encoder")
    parser.add_argument("--config", type=Path)


def _search(arguments: argparse.Namespace) -> Any:  # noqa: ANN401
    from personalization import content  # noqa: PLC0415
    from personalization.providers import registry  # noqa: PLC0415

    given = [bool(arguments.query), arguments.queries is not None, arguments.evaluate]
    if sum(given) != 1:
        raise InputError("Give a QUERY, or --queries FILE, or --evaluate, and one of them only.")
    encoder = None if arguments.words_only else registry.encoder()
    if arguments.evaluate:
        return _evaluate(arguments)
    if arguments.queries:
        queries = list(_queries(arguments.queries))
        return content.search_many(
            arguments.corpus,
            queries,
            k=arguments.k,
            encoder=encoder,
            index=_index(arguments),
            tell=_tell,
        )
    return content.search_folder(
        arguments.corpus,
        arguments.query,
        k=arguments.k,
        encoder=encoder,
        index=_index(arguments),
        tell=_tell,
    )


def _tell(problem: Problem) -> None:
    """Say on the other channel what was left out, so that the answer can still be piped."""
    line = f", line {problem.line}" if problem.line else ""
    print(f"{problem.source}{line}: {problem.message}", file=sys.stderr)  # noqa: T201


def _index(arguments: argparse.Namespace) -> Path:
    settings = load_settings(arguments.config) if arguments.config else settings_in_force()
    return Path(settings.content.index)


def _queries(path: Path) -> Iterable[tuple[str, str]]:
    """Yield id and words of each query; one without an id is named by its line."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The queries {path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not line.lstrip().startswith("{"):
            yield str(number), line.strip()
            continue
        try:
            told = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}, line {number}, is no JSON: {error}") from error
        query = next((str(told[key]) for key in _QUERY_KEYS if told.get(key)), "")
        if not query:
            raise InputError(f"{path}, line {number}, has no query.")
        yield str(next((told[key] for key in _ID_KEYS if key in told), number)), query


def _evaluate(arguments: argparse.Namespace) -> dict[str, Any]:
    """Evaluate a corpus of Markdown documents as campaigns search it, in a store of its own."""
    from dataclasses import asdict, replace  # noqa: PLC0415

    from personalization import content  # noqa: PLC0415
    from personalization.providers import registry  # noqa: PLC0415
    from personalization.store import open_store  # noqa: PLC0415

    labels = content.read_labels(arguments.labels)
    store = open_store()
    content.import_content(store, arguments.corpus, actor="command line")
    settings = load_settings(arguments.config) if arguments.config else settings_in_force()
    # An index of its own: the app's is that of another store, and its process may hold it.
    own = replace(settings.content, index=str(Path(settings.content.index) / "evaluation"))
    encoder = None if arguments.words_only else registry.encoder()
    found = content.evaluate_library(store, own, labels, encoder)
    return {"corpus": str(arguments.corpus), "labels": str(arguments.labels), **asdict(found)}


def _text(told: Any, arguments: argparse.Namespace) -> str:  # noqa: ANN401
    if arguments.evaluate:
        return "\n".join(_evaluation_lines(told))
    if arguments.queries:
        return "\n".join(_many_lines(told))
    return "\n\n".join(_hit_lines(told)) if told else "Nothing of the corpus bears on that."


def _hit_lines(hits: list[dict[str, Any]]) -> Iterable[str]:
    for place, hit in enumerate(hits, 1):
        shown = " ".join(hit["text"].split())
        yield f"{place}. {hit['document_id']}  ({hit['why']})\n   {shown[:300]}"


def _many_lines(answers: Iterable[dict[str, Any]]) -> Iterable[str]:
    for answer in answers:
        yield f"{answer['query_id']}: {answer['query']}"
        yield from (f"   {hit['document_id']}  ({hit['why']})" for hit in answer["hits"])


_MEASURES: Final = {"ndcg_at_10": "nDCG@10", "recall_at_5": "recall@5", "mrr": "MRR"}


def _evaluation_lines(told: dict[str, Any]) -> Iterable[str]:
    yield f"{told['n_queries']} labelled queries on {told['corpus']}, with 95 % intervals"
    yield f"{'':9}" + "".join(f"{name:>22}" for name in _MEASURES.values())
    for method, row in told["measures"].items():
        cells = (_estimate(row[measure]) for measure in _MEASURES)
        yield f"{method:9}" + "".join(f"{cell:>22}" for cell in cells)
    for method, gain in told["gains"].items():
        yield f"hybrid less {method}, nDCG@10: {_estimate(gain)}"
    if told["trouble"]:
        yield f"Meaning was not compared: {told['trouble']}."
    for miss in told["misses"]:
        lost = f"; lost {', '.join(miss['missing'])}" if miss["missing"] else ""
        yield f"- ‘{miss['query']}’ {miss['ndcg']:.2f}: {', '.join(miss['found'])}{lost}"


def _estimate(told: dict[str, float]) -> str:
    return f"{told['mean']:.3f} [{told['low']:.3f}, {told['high']:.3f}]"


COMMANDS: Final[dict[str, Command]] = {
    "search": Command("passages of a corpus that bear on a query", _arguments, _search, _text),
}
