"""The word ``route``: the role, motion, campaign and queue of each prospect of a file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.errors import InputError
from personalization.store import open_store

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from personalization.customers import Intake
    from personalization.store import Store

_JSON: Final = (".json", ".jsonl", ".ndjson")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read each prospect's job title, and say by which motion, campaign and queue the prospect "
        'is worked, each with its reason. FILE is a CSV of prospects, or JSON: {"cases": [{"id": '
        '..., "prospect": {title, company, company_type, employees, country, signals}}]}, a list '
        "of such prospects, or one a line. Prints one line of JSON each, in the order of the file."
    )
    parser.add_argument("file", type=Path, help="CSV or JSON")
    parser.add_argument("--policy", type=Path, help="another routing.toml")
    parser.add_argument("--map", action="append", default=[], metavar="COLUMN=FIELD")


def _route(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from personalization import campaign  # noqa: PLC0415
    from personalization.reports import prospects as reports  # noqa: PLC0415

    policy = campaign.routing_policy(arguments.policy)
    with closing(open_store()) as store:
        base = imported(store, arguments)
        campaign.route_prospects(store, base, policy=policy, actor="command line")
        return iter(reports.routing_lines(store, base))


def imported(store: Store, arguments: argparse.Namespace) -> str:
    """Import the file that was named, and return the base's id."""
    from personalization import campaign  # noqa: PLC0415

    path: Path = arguments.file
    if path.suffix.lower() in _JSON:
        try:
            document = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} cannot be read: {error}.") from error
        return campaign.import_cases(store, document, name=path.name, actor="command line")
    intake = _checked(path, arguments.map)
    return campaign.import_prospects(
        store, intake, name=path.name, actor="command line", request_id="file"
    )


def _checked(path: Path, chosen: list[str]) -> Intake:
    from personalization import campaign  # noqa: PLC0415

    pairs = [pair.partition("=") for pair in chosen]
    if bad := [name for name, equals, field in pairs if not (equals and field)]:
        raise InputError(f"--map {bad[0]!r} is no COLUMN=FIELD.")
    return campaign.check_file(
        path, target="prospects", mapping={name: field for name, _, field in pairs} or None
    )


def _text(lines: Iterator[dict[str, Any]], _arguments: argparse.Namespace) -> str:
    """Write a line a prospect for a reader."""
    return "\n".join(
        f"{line['id']}: {line['role']}, {line['seniority']} ({line['rule']}) → {line['motion']}: "
        f"{line['reasons']['motion']} → {line['campaign']}, {line['queue']}"
        for line in lines
    )


COMMANDS: Final[dict[str, Command]] = {
    "route": Command("how each prospect of a file is worked, and why", _arguments, _route, _text),
}
