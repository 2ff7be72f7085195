"""The word ``triggers``: fire what is due and run templates, once or by a timer such as cron."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import stored
from personalization.errors import InputError, PersonalizationError
from personalization.settings import Settings, database_path, settings_in_force

if TYPE_CHECKING:
    import argparse

    from personalization.campaign import Evaluation
    from personalization.reports.triggers import Base
    from personalization.store import Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Look for what customers did since the last time, and answer it once: every event fires a "
        "message or is held back by a rule, and either is on record. Templates of campaigns that "
        "are due are run as far as messages that wait for review. Made for a timer: run again it "
        "does nothing twice. Nothing is sent; --hand-over writes what is due to a file. Exit code "
        "2 where a trigger or a template cannot run as it stands."
    )
    parser.add_argument("--base", default="", help="only this customer base, by id or name")
    parser.add_argument(
        "--dry-run", action="store_true", help="tell what it would do; keep nothing"
    )
    parser.add_argument("--hand-over", action="store_true", help="write the due firings to a file")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv", help="of that file")
    parser.add_argument(
        "--as-of", metavar="TIME", help="look from this moment (UTC), such as 2026-12-01T09:30"
    )
    parser.add_argument("--by", metavar="NAME", default="command line", help="for the record")
    parser.add_argument("--database", type=Path, default=database_path())


def _triggers(arguments: argparse.Namespace) -> dict[str, Any]:
    with closing(stored(arguments.database)) as store:
        return _done(store, settings_in_force(), arguments)


def _done(store: Store, settings: Settings, arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415
    from personalization.reports import triggers as reports  # noqa: PLC0415

    now = _moment(arguments.as_of)
    bases = reports.bases(store, arguments.base)
    chosen = bases[0].dataset_id if arguments.base else ""
    told = [_base(store, settings, arguments, base, now) for base in bases]
    runs = (
        campaign.due_templates(store, chosen)
        if arguments.dry_run
        else campaign.run_templates(store, settings, dataset_id=chosen, actor=arguments.by)
    )
    stuck = [f"{idle['trigger']}: {idle['why']}" for base in told for idle in base["idle"]]
    stuck += [base["not_handed_over"] for base in told if "not_handed_over" in base]
    stuck += [f"{run.name}, {run.period}: {run.told}" for run in runs if run.state == "stopped"]
    if stuck:
        arguments.exit_code, arguments.error = 2, "\n".join(stuck)
    return {
        "is_rehearsal": arguments.dry_run,
        "fired": sum(base["fired"] for base in told),
        "held": sum(base["held"] for base in told),
        "bases": told,
        "templates": [asdict(run) for run in runs],
    }


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(
            f"--as-of {text!r} is no time. Write it as 2026-12-01T09:30, in UTC."
        ) from None
    return found and (found if found.tzinfo else found.replace(tzinfo=UTC))


def _base(
    store: Store,
    settings: Settings,
    arguments: argparse.Namespace,
    base: Base,
    now: datetime | None,
) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415

    dataset_id = base.dataset_id
    found = (
        campaign.rehearse_triggers(store, settings, dataset_id, now=now)
        if arguments.dry_run
        else campaign.fire_triggers(store, settings, dataset_id, actor=arguments.by, now=now)
    )
    names = {one.trigger_id: one.name for one in campaign.triggers_of(store, dataset_id)}
    told = {"base": base.name, "dataset_id": dataset_id, **_evaluation(found, names)}
    if arguments.hand_over and not arguments.dry_run:
        try:
            made = campaign.hand_over_firings(
                store, settings, dataset_id, actor=arguments.by, ending=f".{arguments.format}",
                now=now,
            )  # fmt: skip
            told["handed_over"] = {**asdict(made), "path": str(made.path) if made.path else ""}
        except PersonalizationError as error:  # the other bases have their turn all the same
            told["not_handed_over"] = str(error)
    else:
        standing = campaign.firing_standing(store, settings, dataset_id, now=now)
        told["waiting"] = [
            {"trigger": names[trigger], "state": state, "firings": n}
            for trigger, state, n in standing.counts
        ]
    return told


def _evaluation(found: Evaluation, names: dict[str, str]) -> dict[str, Any]:
    return {
        "run_id": found.run_id,
        "as_of": found.as_of,
        "fired": found.fired,
        "held": found.held,
        "without_text": found.without_text,
        "triggers": [
            {"trigger": names[trigger], "trigger_id": trigger, "outcome": outcome, "events": n}
            for trigger, outcome, n in found.counts
        ],
        "idle": [{"trigger": names[trigger], "why": why} for trigger, why in found.idle],
    }


def _text(document: dict[str, Any], _: argparse.Namespace) -> str:
    """Write it as a log of a timer is read: a line a base, then what belongs to it."""
    from personalization import campaign  # noqa: PLC0415

    would = "would fire" if document["is_rehearsal"] else "fired"
    lines = []
    for base in document["bases"]:
        lines.append(
            f"{base['base']}, as of {base['as_of']}: {base['fired']} {would}, {base['held']} held."
        )
        lines += [
            f"  {row['trigger']}: {row['events']} {campaign.FIRING_OUTCOMES[row['outcome']]}"
            for row in base["triggers"]
        ]
        if n := base["without_text"]:
            lines.append(
                f"  {n} without an approved message: nothing can be handed over for them until "
                "it is approved."
            )
        if made := base.get("handed_over"):
            told = (
                f"{made['firings']} messages in {made['path']}" if made["path"] else "nothing due"
            )
            lines.append(f"  Handed over: {told}.")
        lines += [
            f"  {row['trigger']}, fired before: {row['firings']} "
            f"{campaign.FIRING_STATES[row['state']]}"
            for row in base.get("waiting", ())
        ]
    lines += [f"{run['name']}, {run['period']}: {run['told']}" for run in document["templates"]]
    return (
        "\n".join(lines) or "There is no trigger and no template yet. Add one on the Triggers page."
    )


COMMANDS: Final = {
    "triggers": Command("fire what is due, and run templates", _arguments, _triggers, _text),
}
