"""The content library on the command line: a folder of documents, linted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.errors import InputError

if TYPE_CHECKING:
    import argparse
    from datetime import date

_SAMPLE: Final = Path("content_corpus")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Read a folder of approved content as a whole: figures that two documents tell "
        "differently, documents that ended or end soon, near-duplicates, offers without a "
        "condition, claims without evidence, and what cannot be read. Exit code 2 where there is "
        "an error; warnings and hints leave it at 0."
    )
    parser.add_argument("--corpus", type=Path, default=_SAMPLE, metavar="DIR")
    parser.add_argument("--on", metavar="DATE", help="judged on this day, such as 2026-12-01")
    parser.add_argument("--send-on", metavar="DATE", help="the day of a sending that is planned")


def _lint(arguments: argparse.Namespace) -> dict[str, Any]:
    from datetime import UTC, datetime  # noqa: PLC0415

    from personalization import campaign, content  # noqa: PLC0415

    on = _day(arguments.on, "--on") or datetime.now(UTC).date()
    send_on = _day(arguments.send_on, "--send-on")
    found = campaign.lint_corpus(arguments.corpus, on=on, send_on=send_on)
    count = {name: sum(each.severity == name for each in found) for name in content.SEVERITIES}
    if count["error"]:
        arguments.exit_code = 2
    return {
        "corpus": str(arguments.corpus), "on": on.isoformat(), "counts": count,
        "findings": [content.as_row(each) for each in found],
    }  # fmt: skip


def _day(text: str | None, name: str) -> date | None:
    from datetime import date  # noqa: PLC0415

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"{name} {text!r} is no day. Write it as 2026-12-24.") from None


def _text(document: dict[str, Any], arguments: argparse.Namespace) -> str:
    """Write the findings as editors read them: file, line, what is wrong, the way out."""
    lines = [line for row in document["findings"] for line in _lines(row)]
    count = document["counts"]
    names = {"error": "error", "warning": "warning", "info": "hint"}
    parts = [f"{n} {names[kind]}{'' if n == 1 else 's'}" for kind, n in count.items()]
    lines.append(f"{arguments.corpus} on {document['on']}: {', '.join(parts)}.")
    return "\n".join(lines)


def _lines(row: dict[str, Any]) -> list[str]:
    field = f" {row['field']}" if row["field"] else ""
    lines = [
        f"{_at(row)}:{field} {row['severity']} [{row['rule']}] {row['message']}",
        f"    {row['way_out']}",
    ]
    if row["other"]:
        lines.insert(1, f"    against {_at(row['other'])} {row['other']['field']}")
    return lines


def _at(place: dict[str, Any]) -> str:
    return f"{place['source']}:{place['line']}" if place["line"] else str(place["source"])


COMMANDS: Final[dict[str, Command]] = {
    "lint": Command("what is wrong with a folder of content", _arguments, _lint, _text),
}
