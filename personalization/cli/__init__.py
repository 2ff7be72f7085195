"""The ``personalize`` command: every stage on files, for automation and for checking.

It calls the code that the pages call.  With ``--json`` it prints one JSON document, or JSON
lines where rows are many; it exits 0 on success and 2 on bad input, with the sentence on stderr.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.commands import COMMANDS
from personalization.errors import PersonalizationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, and return the exit code: 0, or 2 for input that cannot be used."""
    arguments = _parser().parse_args(argv)
    try:
        command = COMMANDS[arguments.command]
        document = command.run(arguments)
        if command.text is not None and not arguments.json:
            document = command.text(document, arguments)
        _print(document, as_json=arguments.json)
        sys.stdout.flush()
        if told := getattr(arguments, "error", ""):
            print(told, file=sys.stderr)  # noqa: T201
    except BrokenPipeError:  # whoever read it has seen enough, as ``head`` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
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


_MOST: Final = 20  # rows of a list that are told without --json


def _plain(document: dict[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in document.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{name}:"
            yield from _plain(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{indent}{name}: {len(value)}"
            yield from (f"{indent}  - {_one_line(row)}" for row in value[:_MOST])
            if len(value) > _MOST:
                yield f"{indent}  … {len(value) - _MOST:,} more (use --json)"
        else:
            yield f"{indent}{name}: {value}"


def _one_line(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value not in (None, ""))
