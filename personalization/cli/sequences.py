"""The word ``sequence``: move outreach on, choose next messages, hand over; made for a timer."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import stored
from personalization.errors import InputError
from personalization.settings import database_path, settings_in_force

if TYPE_CHECKING:
    import argparse


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Move the people of an outreach campaign on by what came back, choose messages for those "
        "whose next one is due, and tell where everybody stands. --hand-over writes what is due to "
        "files, each message once for ever; nothing is sent. Made for a timer: run again it does "
        "nothing twice. --check FILE proves a file of a hand-over by itself."
    )
    parser.add_argument("campaign", nargs="?", default="", help="an outreach campaign, by id")
    parser.add_argument(
        "--dry-run", action="store_true", help="tell where everybody stands; keep nothing"
    )
    parser.add_argument("--hand-over", action="store_true", help="write what is due to files")
    parser.add_argument(
        "--channel", action="append", help="only this channel; may be given several times"
    )
    parser.add_argument("--check", type=Path, metavar="FILE", help="a file of a hand-over")
    parser.add_argument("--by", metavar="NAME", default="command line", help="for the record")
    parser.add_argument("--database", type=Path, default=database_path())


def _sequence(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.check:
        return _checked(arguments)
    if not arguments.campaign:
        raise InputError("Name an outreach campaign by its id, or a file with --check.")
    from personalization import campaign  # noqa: PLC0415

    with closing(stored(arguments.database)) as store:
        settings, told = settings_in_force(), dict[str, Any](campaign_id=arguments.campaign)
        if not arguments.dry_run:
            told["runs"] = campaign.choose_next(
                store, settings, arguments.campaign, actor=arguments.by
            )
        if arguments.hand_over and not arguments.dry_run:
            told["files"] = [
                {"channel": one.channel, "messages": one.messages, "path": str(one.path),
                 "sha256": one.sha256}
                for one in campaign.hand_over_outreach(
                    store, settings, arguments.campaign, channels=arguments.channel,
                    actor=arguments.by,
                )
            ]  # fmt: skip
        standing = campaign.sequence_standing(store, settings, arguments.campaign)
        told["standing"] = [
            {"standing": name, "channel": channel, "gate": gate, "people": people}
            for name, channel, gate, people in standing.counts
        ]
        return told


def _checked(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415

    faults = campaign.check_outreach_file(arguments.check)
    if faults:
        arguments.exit_code, arguments.error = 2, "\n".join(faults)
    return {"file": str(arguments.check), "holds": not faults, "faults": faults}


def _text(document: dict[str, Any], _: argparse.Namespace) -> str:
    """Write it as a log of a timer is read: the files, then a line for each place."""
    from personalization import campaign  # noqa: PLC0415

    if "holds" in document:
        return f"{document['file']} {'holds' if document['holds'] else 'does not hold'}."
    lines = [
        f"{one['messages']} messages for {one['channel'].replace('_', ' ')} in {one['path']}"
        for one in document.get("files", ())
    ]
    for row in document["standing"]:
        by = " ".join(part for part in (row["channel"].replace("_", " "), row["gate"]) if part)
        words = campaign.SEQUENCE_STANDINGS[row["standing"]]
        lines.append(f"{row['people']} {words}{f' ({by})' if by else ''}")
    return "\n".join(lines) or "Nobody is in the sequence yet. Approve texts, then run it again."


COMMANDS: Final = {
    "sequence": Command("move outreach on, and hand over what is due", _arguments, _sequence, _text)
}
