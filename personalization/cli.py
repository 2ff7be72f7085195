"""The ``personalize`` command: every stage on files, for automation and for checking.

It calls the code that the pages call.  With ``--json`` it prints one JSON document, or JSON
lines where rows are many; it exits 0 on success and 2 on bad input, with the sentence on stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, PersonalizationError
from personalization.settings import Settings, load_settings
from personalization.store import Store, open_store, verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

DATABASE: Final = ".personalization/state.duckdb"
"""Where the app keeps its state, and where the commands look for it."""


TARGETS: Final = ("customers", "transactions", "products", "engagements")


@dataclass(frozen=True, slots=True)
class Command:
    """One word of the command line.

    Attributes:
        summary: The line of ``--help``.
        arguments: Adds what it takes to its parser.
        run: Returns the document to print, or an iterator of lines.
    """

    summary: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, and return the exit code: 0, or 2 for input that cannot be used."""
    arguments = _parser().parse_args(argv)
    try:
        document = COMMANDS[arguments.command].run(arguments)
        _print(document, as_json=arguments.json)
    except PersonalizationError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return int(getattr(arguments, "exit_code", 0))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="personalize", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.summary, description=command.summary)
        sub.add_argument("--json", action="store_true", help="print JSON")
        command.arguments(sub)
    return parser


def _print(document: Any, *, as_json: bool) -> None:  # noqa: ANN401
    if isinstance(document, str):
        print(document)  # noqa: T201
    elif isinstance(document, dict | list) and as_json:
        print(json.dumps(document, ensure_ascii=False, indent=2, default=str))  # noqa: T201
    elif isinstance(document, dict):
        print("\n".join(_plain(document)))  # noqa: T201
    else:
        for row in document:
            print(json.dumps(row, ensure_ascii=False, default=str))  # noqa: T201


def _plain(document: dict[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in document.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:"
            yield from _plain(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{indent}{name}: {len(value)}"
            yield from (f"{indent}  - {_one_line(row)}" for row in value[:20])
        else:
            yield f"{indent}{name}: {value}"


def _one_line(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value not in (None, ""))


# check, segment ------------------------------------------------------------------------


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path)
    parser.add_argument("--as", dest="target", default="customers", choices=TARGETS)
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD")
    parser.add_argument("--date-order", choices=("DMY", "MDY", "YMD"))
    parser.add_argument("--currency")
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="write the accepted rows")


def _check(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import customers  # noqa: PLC0415

    intake = _intake(arguments)
    if arguments.out:
        if intake.refuse:
            raise InputError(intake.refuse)
        customers.write_accepted(intake, arguments.out)
    return intake.as_json()


def _intake(arguments: argparse.Namespace) -> Any:  # noqa: ANN401
    from personalization import campaign  # noqa: PLC0415

    pairs = [pair.partition("=") for pair in arguments.map]
    if bad := [name for name, equals, field in pairs if not (equals and field)]:
        raise InputError(f"--map {bad[0]!r} is no COLUMN=FIELD.")
    answers = {"date_order": arguments.date_order, "currency": arguments.currency}
    return campaign.check_file(
        arguments.file,
        target=arguments.target,
        mapping={name: field for name, _, field in pairs} or None,
        answers={name: answer for name, answer in answers.items() if answer},
    )


def _segment_arguments(parser: argparse.ArgumentParser) -> None:
    _check_arguments(parser)
    parser.add_argument("--transactions", type=Path)
    parser.add_argument("--method", choices=("rfm", "kmeans"), default="rfm")
    parser.add_argument("--config", type=Path)


def _segment(arguments: argparse.Namespace) -> dict[str, Any]:
    from datetime import date  # noqa: PLC0415

    from personalization import campaign  # noqa: PLC0415
    from personalization.domain import Brief  # noqa: PLC0415

    arguments.target = "customers"
    intakes = [_intake(arguments)]
    if arguments.transactions:
        intakes.append(campaign.check_file(arguments.transactions, target="transactions"))
    store = open_store()
    dataset_id = campaign.import_files(
        store, name=arguments.file.name, intakes=intakes, actor="command line", request_id="file"
    )
    campaign_id = campaign.create_campaign(
        store, name=arguments.file.name, dataset_id=dataset_id, brief=Brief(),
        send_on=date.today(), actor="command line", request_id="file",  # noqa: DTZ011
    )  # fmt: skip
    found = campaign.fit_segments(store, _settings(arguments), campaign_id, method=arguments.method)
    return {
        "method": found.method,
        "as_of": found.as_of.isoformat(),
        "parameters": dict(found.parameters),
        "quality": dict(found.quality),
        "segments": [
            {"segment": s.name, "customers": s.customers, "rule": s.rule,
             "description": s.description, "profile": dict(s.profile)}
            for s in found.segments
        ],
        "small": dict(found.small),
    }  # fmt: skip


def _settings(arguments: argparse.Namespace) -> Settings:
    return load_settings(arguments.config) if arguments.config else Settings()


# search, ground, screen ----------------------------------------------------------------


def _search_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query")
    parser.add_argument("--corpus", type=Path, default=Path("content_corpus"))
    parser.add_argument("--k", type=int, default=5)


def _search(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    from personalization import content  # noqa: PLC0415
    from personalization.providers import registry  # noqa: PLC0415

    return content.search_folder(
        arguments.corpus, arguments.query, k=arguments.k, encoder=registry.encoder()
    )


def _file_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="JSON lines")
    parser.add_argument("--config", type=Path)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        texts = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    for number, text in enumerate(texts, start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"{path}, line {number}, is no JSON: {error}") from error
        if not isinstance(line, dict):
            raise InputError(f"{path}, line {number}, is no JSON object.")
        yield line


def _ground(arguments: argparse.Namespace) -> Iterable[dict[str, Any]]:
    from personalization import generation  # noqa: PLC0415

    return generation.ground_lines(_lines(arguments.file))


def _screen(arguments: argparse.Namespace) -> Iterable[dict[str, Any]]:
    from personalization import safety  # noqa: PLC0415
    from personalization.providers import registry  # noqa: PLC0415

    settings = _settings(arguments)
    classifier = registry.classifier(settings.safety)
    return safety.screen_lines(_lines(arguments.file), settings=settings, classifier=classifier)


# run, report, audit, doctor ------------------------------------------------------------


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, metavar="CONFIG.toml")


def _run(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization.pipeline import PersonalizationPipeline  # noqa: PLC0415

    return PersonalizationPipeline(arguments.config).run()


def _stored(arguments: argparse.Namespace) -> Store:
    if not arguments.database.exists():
        raise InputError(
            f"There is no database at {arguments.database}. Start the app, or name one with "
            "--database."
        )
    return open_store(arguments.database)


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("campaign", metavar="ID")
    parser.add_argument("--out", type=Path, metavar="FILE.html")
    parser.add_argument("--database", type=Path, default=Path(DATABASE))


def _report(arguments: argparse.Namespace) -> Any:  # noqa: ANN401
    from personalization.reports.report import campaign_report  # noqa: PLC0415

    page = campaign_report(_stored(arguments), arguments.campaign)
    if arguments.out is None:
        return page
    arguments.out.write_text(page, "utf-8")
    return {"campaign_id": arguments.campaign, "report": str(arguments.out), "bytes": len(page)}


def _audit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("campaign", metavar="ID", nargs="?", default="")
    parser.add_argument("--verify", action="store_true", help="check the chain, row by row")
    parser.add_argument("--csv", type=Path, metavar="FILE.csv")
    parser.add_argument("--database", type=Path, default=Path(DATABASE))


def _audit(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization.reports import audit  # noqa: PLC0415

    store = _stored(arguments)
    document: dict[str, Any] = {}
    if arguments.verify or not arguments.campaign:
        chain = verify_chain(store)
        document |= {"rows": chain.n_rows, "head": chain.head, "is_whole": chain.is_whole,
                     "first_broken": chain.first_broken}  # fmt: skip
        arguments.exit_code = 0 if chain.is_whole else 2
    if arguments.campaign:
        document |= audit.coverage(store, arguments.campaign)
    if arguments.csv:
        if not arguments.campaign:
            raise InputError("--csv needs the campaign's id before it.")
        arguments.csv.write_bytes(audit.audit_csv(store, arguments.campaign))
        document["csv"] = str(arguments.csv)
    return document


def _config_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path)


def _doctor(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization.providers import registry  # noqa: PLC0415

    return {
        state.role: {"chosen": state.chosen, "embedded": state.is_embedded, "detail": state.detail}
        for state in registry.provider_states(_settings(arguments))
    }


COMMANDS: Final[dict[str, Command]] = {
    "check": Command("what a file holds, and what would be rejected", _check_arguments, _check),
    "segment": Command("the segments of a customer file", _segment_arguments, _segment),
    "search": Command("passages of a corpus that bear on a query", _search_arguments, _search),
    "ground": Command("each claim of a message, supported or not", _file_argument, _ground),
    "screen": Command("messages through the safety policy", _file_argument, _screen),
    "run": Command("a whole campaign from a configuration", _run_arguments, _run),
    "report": Command("a campaign's results as one HTML page", _report_arguments, _report),
    "audit": Command("coverage, audit CSV and check of the chain", _audit_arguments, _audit),
    "doctor": Command("which provider serves, and why", _config_argument, _doctor),
}

if __name__ == "__main__":
    sys.exit(main())
