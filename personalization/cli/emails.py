"""The word ``render``: messages of a campaign as e-mails to look at, on disk."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import existing, stored
from personalization.errors import InputError
from personalization.settings import database_path, settings_in_force

if TYPE_CHECKING:
    import argparse


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("campaign", metavar="CAMPAIGN", help="its id")
    parser.add_argument("variant", metavar="VARIANT", help="id of a message, SEGMENT/ARM, or all")
    parser.add_argument("--customer", metavar="ID", help="whose e-mail; else with merge fields")
    parser.add_argument("--out", type=Path, metavar="DIR", required=True)
    parser.add_argument("--database", type=Path, default=database_path())


def _render(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    from personalization.campaign import emails  # noqa: PLC0415

    existing(arguments.database)
    if arguments.out.exists() and not arguments.out.is_dir():
        raise InputError(f"{arguments.out} is a file. Name a folder to write the e-mails into.")
    with closing(stored(arguments.database)) as store:
        variants = emails.messages_named(store, arguments.campaign, arguments.variant)
        saved = emails.save_emails(
            store, settings_in_force(), variants, arguments.out, customer_id=arguments.customer
        )
    return [each.as_json() for each in saved]


def _told(saved: list[dict[str, Any]], arguments: argparse.Namespace) -> str:
    lines = []
    for each in saved:
        lines.append(
            f"{each['variant_id']}: {', '.join(each['files'])} ({each['bytes']:,} bytes of HTML, "
            f"{each['decision']})"
        )
        lines += (f"  {fault}" for fault in each["faults"])
    return "\n".join((*lines, f"Written to {arguments.out}."))


COMMANDS: Final[dict[str, Command]] = {
    "render": Command(
        "messages as HTML, plain text and .eml to look at", _arguments, _render, _told
    )
}
