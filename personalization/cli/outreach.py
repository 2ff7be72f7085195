"""The word ``outreach``: a message for each prospect of a file or of a campaign, and why."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import stored
from personalization.errors import InputError
from personalization.settings import database_path, settings_in_force
from personalization.store import open_store

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.store import Store

_ACTOR: Final = "command line"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Choose a message for each prospect of FILE (CSV, or JSON as for route), written from the "
        "approved content, screened, and filled from the file; or, with --campaign, from the "
        "approved texts of an outreach campaign of the app. Prints one line of JSON each. Drafts "
        "are marked: nobody approved them. Who may not be written to has the reason in the place "
        "of a message; rows that are no prospect, or one twice, are named on stderr with line and "
        "reason."
    )
    add = parser.add_argument
    add("file", type=Path, nargs="?", help="CSV or JSON of prospects")
    add("--template", default="cold_email", metavar="T",
        help="a channel, or a JSON file with channel, subject and body (cold_email)")  # fmt: skip
    add("--strategy", type=Path, metavar="FILE.json",
        help="tone_rules, content_rules, variation_count")  # fmt: skip
    add("--campaign", metavar="ID", help="an outreach campaign of the app, in the place of FILE")
    add("--step", type=int, default=1, help="of the campaign's sequence, from 1")
    add("--database", type=Path, default=database_path())
    add("--map", action="append", default=[], metavar="COLUMN=FIELD")


def _choose(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    if bool(arguments.file) == bool(arguments.campaign):
        raise InputError("Name one of FILE and --campaign ID.")
    strategy = _strategy(arguments.strategy)
    if arguments.campaign:
        with closing(stored(arguments.database)) as store:
            return iter(_of_campaign(store, arguments, strategy))
    with closing(open_store()) as store:
        return iter(_of_file(store, arguments, strategy))


def _of_campaign(
    store: Store, arguments: argparse.Namespace, strategy: PersonalizationStrategy
) -> list[dict[str, Any]]:
    from personalization import campaign  # noqa: PLC0415

    run_id = campaign.choose_messages(
        store, settings_in_force(), arguments.campaign, strategy=strategy, step=arguments.step,
        actor=_ACTOR,
    )  # fmt: skip
    return campaign.outreach_lines(store, run_id)


def _of_file(
    store: Store, arguments: argparse.Namespace, strategy: PersonalizationStrategy
) -> list[dict[str, Any]]:
    from personalization import campaign  # noqa: PLC0415
    from personalization.cli.routing import imported  # noqa: PLC0415

    base = imported(store, arguments)
    run_id = campaign.draft_for_base(
        store, settings_in_force(), base, _template(arguments.template), strategy, actor=_ACTOR
    )
    return campaign.outreach_lines(store, run_id)


def _template(told: str) -> object:
    """Return a channel's name as it is, and a file's template read."""
    if not told.endswith(".json"):
        return told
    found = _json(Path(told))
    if not isinstance(found, dict):
        raise InputError(f"{told} holds no template. Write channel, subject and body.")
    return found


def _strategy(path: Path | None) -> PersonalizationStrategy:
    from personalization.outreach.strategy import PersonalizationStrategy  # noqa: PLC0415

    found = _json(path) if path else {}
    try:
        return PersonalizationStrategy(**found)
    except TypeError as error:
        raise InputError(f"{path} is no strategy: {error}.") from error


def _json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} cannot be read as JSON: {error}") from error


def _text(lines: Iterator[dict[str, Any]], _arguments: argparse.Namespace) -> str:
    """Write each prospect's message for a reader."""
    return "\n\n".join(
        f"{line['id']} ({line['role']}): {line['reason']}"
        if line["status"] == "held" and not line["content"]
        else f"{line['id']} ({line['role']}), {line['channel']}, {line['tone']}/{line['angle']}, "
        f"score {line['score']:.2f}:\n{line['subject']}\n{line['content']}"
        for line in lines
    )


COMMANDS: Final[dict[str, Command]] = {
    "outreach": Command("a message for each prospect, and why", _arguments, _choose, _text),
}
