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
_MOST_TOLD: Final = 1000
_OUTCOMES: Final = {
    "rejected": "left out:", "merged": "left out:", "skipped": "no row of data:",
    "warning": "taken in, but",
}  # fmt: skip
_REASONS: Final = {
    "missing_prospect_id": "its number is missing",
    "missing_prospect_key": "neither an address nor a LinkedIn profile says who it is",
    "id_scientific_notation": "a spreadsheet has rounded its number",
    "duplicate_exact": "the same row comes again later",
    "duplicate_superseded": "a later row about the same prospect is taken instead",
    "too_few_fields": "it has fewer cells than the header",
    "too_many_fields": "it has more cells than the header",
    "invalid_prospect_email": "the address is none",
    "fact_without_source": "a fact without its source is left out",
    "unhappy_fact": "bad news for them is nothing to write to them about",
    "bad_country": "the country is not known",
    "missing_country": "no country",
    "missing_title": "no title",
    "bad_employees": "the head count is no number",
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read each prospect's job title, and say by which motion, campaign and queue the prospect "
        'is worked, each with its reason. FILE is a CSV of prospects, or JSON: {"cases": [{"id": '
        '..., "prospect": {title, company, company_type, employees, country, signals}}]}, a list '
        "of such prospects, or one a line. Prints one line of JSON each, in the order of the file; "
        "rows that are no prospect, or one twice, are named on stderr with line and reason."
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
    arguments.error = left_out(intake)
    return campaign.import_prospects(
        store, intake, name=path.name, actor="command line", request_id="file"
    )


def left_out(intake: Intake) -> str:
    """Name every row that became no prospect, and every cell that was not read; "" where none is.

    Lines and reasons only: what stands in the row is not for a log.
    """
    from personalization.reports.intake import problems_of  # noqa: PLC0415

    found = problems_of(intake, limit=_MOST_TOLD)
    if not found:
        return ""
    n_lost = intake.rejected + intake.merged
    told = [
        (
            f"{intake.file_name}: rows {intake.rows_total}, prospects {intake.accepted}, "
            f"left out {n_lost}"
        ),
    ]
    told += [
        f"line {row['line']}: {_OUTCOMES[row['outcome']]} {_reason(row['reason'], row['column'])}"
        for row in found
    ]
    if (more := n_lost + intake.warnings + intake.skipped - len(found)) > 0:
        told.append(f"and {more} more; all of them: personalize check --as prospects FILE --json")
    return "\n".join(told)


def _reason(reason: str, column: str | None) -> str:
    told = _REASONS.get(reason, reason.replace("_", " "))
    return f"{told} ({column})" if column else told


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
