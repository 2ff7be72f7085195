"""The word ``person``: what is held about somebody, their objection, and their erasure."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import existing, stored, writable
from personalization.settings import database_path, settings_in_force

if TYPE_CHECKING:
    import argparse

    from personalization.store import Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("who", metavar="ID|EMAIL")
    parser.add_argument("--base", default="", help="customer base, where several have the number")
    deed = parser.add_mutually_exclusive_group()
    deed.add_argument("--report", type=Path, metavar="FILE.json", help="everything held, to a file")
    deed.add_argument("--object", metavar="REASON", help="never write to this person again")
    deed.add_argument("--erase", action="store_true", help="out of every table; no way back")
    parser.add_argument("--by", metavar="NAME", default="command line", help="for the record")
    parser.add_argument("--database", type=Path, default=database_path())


def _person(arguments: argparse.Namespace) -> dict[str, Any]:
    existing(arguments.database)
    if arguments.report is not None:
        writable(arguments.report)
    with closing(stored(arguments.database)) as store:
        return _done(store, arguments)


def _done(store: Store, arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415

    who, base, actor = arguments.who, arguments.base, arguments.by
    if arguments.erase:
        erased = campaign.erase_person(store, who, confirmed=who, actor=actor, dataset_id=base)
        return asdict(erased)
    if arguments.object is not None:
        campaign.keep_consent_law(store, settings_in_force())
        named = {"email": who} if "@" in who else {"customer_id": who, "dataset_id": base}
        return asdict(
            campaign.object_to_mailing(
                store, reason=arguments.object, actor=actor, received_at=store.now(), **named
            )
        )
    report = campaign.person_report(store, who, dataset_id=base)
    if arguments.report is None:
        return report
    text = json.dumps(report, default=str, indent=2, ensure_ascii=False)
    arguments.report.write_text(text, "utf-8")
    counted = sum(len(part["rows"]) for one in report["records"] for part in one["sections"])
    return {"person": report["person"], "report": str(arguments.report), "rows": counted}


COMMANDS: Final = {
    "person": Command("what is held about a person; objection, erasure", _arguments, _person)
}
