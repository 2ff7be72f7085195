"""The word ``replies``: tell what answers say, without a database and without keeping anything."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

_TEXT: Final = ("text", "reply", "reply_text", "body", "message", "answer", "content")
_ID: Final = ("id", "message_id", "prospect_id")
_DAY: Final = ("received_on", "received_at", "happened_at", "date")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Tell what each answer to an outreach message says: interested, question, not_interested, "
        "not_now, wrong_person, out_of_office, auto_reply, unsubscribe or unclear, with the rule "
        "that decided, the day back and whom the answer names instead. Quoted mails are not read."
    )
    parser.add_argument(
        "file", type=Path,
        help="JSON (a list, or {cases: [...]}) or JSON lines of {id, text, subject, received_on}, "
        "or of plain texts; or CSV with a column text. An answer without a day is of today",
    )  # fmt: skip


def _replies(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from personalization.outreach.replies import classify_reply  # noqa: PLC0415

    today = datetime.now(UTC).date()
    for number, row in enumerate(_rows(arguments.file), start=1):
        found = classify_reply(
            _first(row, _TEXT),
            subject=str(row.get("subject") or ""),
            received_on=_day(row) or today,
        )
        yield {
            "id": _first(row, _ID) or number,
            "class": found.reply_class,
            "rule": found.rule,
            "words": found.words,
            "returns_on": found.returns_on,
            "referred_to": found.referred_to,
        }


def _rows(path: Path) -> list[Mapping[str, Any]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if path.suffix.lower() == ".csv":
        rows: list[Mapping[str, Any]] = [
            {(name or "").strip().lower(): value for name, value in row.items()}
            for row in csv.DictReader(StringIO(text))
        ]
        if rows and not set(_TEXT) & set(rows[0]):
            raise InputError(
                f"{path.name} has no column 'text'. Its columns: {', '.join(rows[0])}."
            )
        return rows
    return [
        {"text": row} if isinstance(row, str) else _object(path, number, row)
        for number, row in enumerate(_json(path, text), start=1)
    ]


def _object(path: Path, number: int, row: object) -> Mapping[str, Any]:
    if not isinstance(row, dict) or not set(_TEXT) & set(row):
        raise InputError(
            f"{path.name}, answer {number}, is neither a text nor an object with text."
        )
    return row


def _json(path: Path, text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except ValueError:
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise InputError(f"{path.name} is neither JSON nor JSON lines: {error}") from error
    if isinstance(found, dict):
        found = found.get("cases", found.get("replies", [found]))
    if not isinstance(found, list):
        raise InputError(f"{path.name} holds no list of answers.")
    return found


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(row[name]) for name in names if row.get(name)), "")


def _day(row: Mapping[str, Any]) -> date | None:
    told = _first(row, _DAY)
    try:
        return datetime.fromisoformat(told).date() if told else None
    except ValueError as error:
        raise InputError(f"{told!r} is no date. Write it as 2026-12-01.") from error


COMMANDS: Final = {
    "replies": Command("tell what answers to outreach say", _arguments, _replies),
}
