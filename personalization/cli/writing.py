"""Messages on the command line: written for each segment, with their sources, and screened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import writable
from personalization.errors import InputError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

_OF_RUN: Final = ("customers", "transactions", "products", "send_on", "locale", "database")
_OF_BRIEF: Final = ("goal", "audience", "key_message", "offer", "tone", "call_to_action")
_LISTS: Final = ("must_say", "must_not_say")
_LINE: Final = 78


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write the messages of a campaign: segments are made, approved content is found, three "
        "variants and a control text are written for each, grounded and screened. Nothing is "
        "approved or sent. Without a configuration the sample data and content are taken."
    )
    parser.add_argument("config", type=Path, nargs="?", metavar="CONFIG.toml")
    for name in ("customers", "transactions", "products"):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="folder of approved content")
    parser.add_argument("--send-on", metavar="DATE", help="content is judged on this day")
    parser.add_argument("--locale", help="such as en-GB or de-DE")
    for name in _OF_BRIEF:
        parser.add_argument(f"--{name.replace('_', '-')}", metavar="TEXT", help="of the brief")
    for name in _LISTS:
        parser.add_argument(
            f"--{name.replace('_', '-')}", action="append", metavar="TEXT", help="may be repeated"
        )
    parser.add_argument("--segment", help="print this segment's messages only")
    parser.add_argument(
        "--database", type=Path, metavar="FILE", help="keep the campaign there, as the app would"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the document there")


def _write(arguments: argparse.Namespace) -> dict[str, Any]:
    import json  # noqa: PLC0415

    from personalization.pipeline import PersonalizationPipeline  # noqa: PLC0415

    if arguments.out:
        writable(arguments.out)
    found = PersonalizationPipeline(arguments.config or {}, changes=_changes(arguments)).write()
    if arguments.segment:
        found = _of_segment(found, arguments.segment)
    if arguments.out:
        arguments.out.write_text(json.dumps(found, ensure_ascii=False, indent=2), "utf-8")
    if found["missing"]:
        arguments.exit_code = 2
    return found


def _changes(arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Return what the arguments say over the configuration; paths are those of the caller."""
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    files = {name: str(v.resolve()) for name, v in given.items() if isinstance(v, Path)}
    run: dict[str, Any] = {n: files.get(n, given[n]) for n in _OF_RUN if n in given}
    brief: dict[str, Any] = {n: given[n] for n in (*_OF_BRIEF, *_LISTS) if n in given}
    content = {"corpus": files["corpus"]} if "corpus" in files else {}
    return {"run": run, "brief": brief, "content": content}


def _of_segment(found: dict[str, Any], segment: str) -> dict[str, Any]:
    names = sorted({row["segment"] for row in (*found["messages"], *found["missing"])})
    if segment not in names:
        raise InputError(f"There is no segment {segment!r}. There are: {', '.join(names)}.")
    kept = {
        name: [row for row in found[name] if row["segment"] == segment]
        for name in ("messages", "missing")
    }
    return {**found, **kept}


def _text(document: dict[str, Any], arguments: argparse.Namespace) -> str:
    if arguments.out:
        n_messages, n_missing = len(document["messages"]), len(document["missing"])
        return f"{n_messages} messages written to {arguments.out}, {n_missing} missing."
    lines = [line for message in document["messages"] for line in (*_message(message), "")]
    footers = dict.fromkeys(message["footer"] for message in document["messages"])
    return "\n".join(
        (
            *lines,
            *(f"{'== Under each of them '.ljust(_LINE, '=')}\n{footer}" for footer in footers),
            *(
                f"\nNot written: {row['segment']}, {row['arm']}. {row['reason']}"
                for row in document["missing"]
            ),
            *document["gaps"],
        )
    )


def _message(message: dict[str, Any]) -> Iterator[str]:
    arm = "control" if message["arm"] == "control" else f"variant {message['arm']}"
    yield f"== {message['segment']}, {arm} ({message['origin']}) ".ljust(_LINE, "=")
    yield f"Subject:   {message['subject']}"
    yield f"Preheader: {message['preheader']}"
    yield ""
    yield message["body"]
    yield ""
    yield f"[{message['call_to_action']}]  {message['link']}"
    yield ""
    yield f"Screening: {message['screening'] or 'not screened'}"
    yield from (f"  {row['action']}: {row['message']}" for row in message["findings"])
    sources = sorted({claim["document_id"] or "no source" for claim in message["claims"]})
    yield f"Sources: {', '.join(sources) or 'none, nothing is claimed'}"


COMMANDS: Final[dict[str, Command]] = {
    "write": Command("the messages of a campaign, with their sources", _arguments, _write, _text),
}
