"""The word ``audit``: what an officer checks and takes away, and what retention does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization import store as stores
from personalization.cli.command import Command
from personalization.cli.places import existing, writable
from personalization.errors import InputError
from personalization.settings import database_path, settings_in_force

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from personalization.settings import Audit, Settings
    from personalization.store import AuditCheck, Retention, Store

WHO: Final = "command line"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("campaign", metavar="ID", nargs="?", default="")
    parser.add_argument("--verify", action="store_true", help="check the trail; exit 2 if broken")
    parser.add_argument("--csv", type=Path, metavar="FILE.csv", help="one row a screening")
    parser.add_argument("--deliveries", type=Path, metavar="FILE.csv", help="one row a delivery")
    parser.add_argument("--evidence", type=Path, metavar="FILE.zip", help="to check anywhere")
    parser.add_argument("--check", type=Path, metavar="FILE", help="was it handed out like this?")
    parser.add_argument("--retention", action="store_true", help="what is due to be taken away")
    parser.add_argument("--apply", action="store_true", help="with --retention: do it")
    parser.add_argument("--rotate-key", action="store_true", help="a new key for new campaigns")
    parser.add_argument("--destroy-key", metavar="KEY", help="make the files under it anonymous")
    parser.add_argument("--accept", metavar="REASON", help="go on with a trail that does not fit")
    parser.add_argument("--by", metavar="NAME", default=WHO, help="who does it, for the record")
    parser.add_argument("--database", type=Path, default=database_path())


_WORK: Final = ("campaign", "csv", "deliveries", "evidence", "check", "retention", "rotate_key",
                "destroy_key", "accept")  # fmt: skip


def _audit(arguments: argparse.Namespace) -> dict[str, Any]:
    existing(arguments.database)
    _refuse_unclear(arguments)
    settings, document = settings_in_force().audit, dict[str, Any]()
    is_changing = any(getattr(arguments, name) for name in _WORK)
    if arguments.verify or not is_changing:
        document |= _verified(arguments, settings)
    if is_changing:
        if not arguments.accept:  # a file of another program is not made one of ours
            stores.open_for_checking(arguments.database, heads=settings.heads).close()
        store = stores.open_store(
            arguments.database, heads=settings.heads, is_accepting=bool(arguments.accept)
        )
        try:
            document |= _done(store, settings, arguments)
        finally:
            store.close()
    return document


def _refuse_unclear(arguments: argparse.Namespace) -> None:
    """Raise InputError before anything is done where it is not clear what is asked for."""
    if arguments.apply and not arguments.retention:
        raise InputError("--apply says that --retention is to be done: name that too.")
    for name, what in (("accept", "why it is accepted"), ("destroy_key", "the key to destroy")):
        if getattr(arguments, name) is not None and not getattr(arguments, name).strip():
            raise InputError(f"--{name.replace('_', '-')} is empty: say {what}.")
    files = [writable(path) for path in _written(arguments)]
    if len({path.resolve() for path in files}) < len(files):
        raise InputError("Each file that is written needs a name of its own: two are the same.")
    if files and not arguments.campaign:
        raise InputError("Name the campaign before --csv, --deliveries or --evidence.")


def _written(arguments: argparse.Namespace) -> list[Path]:
    """List the files that the command would write, the manifest beside the officer's included."""
    named = [arguments.csv, arguments.deliveries, arguments.evidence]
    beside = [_manifest_of(arguments.csv)] if arguments.csv is not None else []
    return [path for path in (*named, *beside) if path is not None]


def _manifest_of(csv: Path) -> Path:
    return csv.parent / f"{csv.stem}.manifest.json"


def _verified(arguments: argparse.Namespace, settings: Audit) -> dict[str, Any]:
    """Check the trail as it lies there; nothing is put right by looking."""
    store = stores.open_for_checking(arguments.database, heads=settings.heads)
    try:
        found = stores.verify_chain(store)
    finally:
        store.close()
    arguments.exit_code = 0 if found.is_whole else 2
    return _as_json(found)


def _as_json(found: AuditCheck) -> dict[str, Any]:
    return {
        "rows": found.n_rows,
        "head": found.head,
        "is_whole": found.is_whole,
        "first_broken": found.first_broken,
        "problems": [
            {"where": each.where, "ref": each.ref, "text": each.text} for each in found.problems
        ],
        "heads": found.n_heads,
        "not_anchored_yet": found.unanchored,
        "put_away": found.put_away,
        "accepted": found.accepted,
    }


def _done(store: Store, settings: Audit, arguments: argparse.Namespace) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if arguments.accept:
        stores.accept_trail(store, reason=arguments.accept, actor=arguments.by)
        document["accepted"] = arguments.accept
    if arguments.rotate_key:
        document["key"] = stores.rotate_key(store, actor=arguments.by)
    if arguments.destroy_key:
        stores.destroy_key(store, arguments.destroy_key, actor=arguments.by)
        document["destroyed"] = arguments.destroy_key
    if arguments.check:
        document |= _known(store, arguments)
    if arguments.retention:
        days, months = settings.body_days, settings.trail_months
        found = (
            stores.retain(store, body_days=days, trail_months=months, actor=arguments.by)
            if arguments.apply
            else stores.due(store, body_days=days, trail_months=months)
        )
        document["retention"] = _retention(found) | {"is_applied": arguments.apply}
    if arguments.campaign:
        document |= _files(store, arguments)
    return document


def _retention(found: Retention) -> dict[str, Any]:
    return {
        "campaigns": list(found.campaigns),
        "rows": found.rows,
        "first": found.first,
        "last": found.last,
        "file": found.file,
    }


def _known(store: Store, arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization.reports import handing_out  # noqa: PLC0415

    try:
        content = arguments.check.read_bytes()
    except OSError as error:
        raise InputError(f"{arguments.check} cannot be read: {error}") from error
    found = handing_out.handed_out_as(store, content)
    if found is None:
        arguments.exit_code = 2
        arguments.error = f"{arguments.check} was never handed out like this: it was changed."
    return {"is_as_handed_out": found is not None, **(found or {})}


def _files(store: Store, arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization.reports import audit_files, coverage, evidence_pack  # noqa: PLC0415

    campaign_id, who = arguments.campaign, arguments.by
    document: dict[str, Any] = dict(coverage.coverage(store, campaign_id))
    if (sent := coverage.delivered_coverage(store, campaign_id))["messages"]:
        document["simulated" if sent["is_simulated"] else "exported"] = {
            "messages": sent["messages"], "recipients": sent["recipients"],
            "covered": sent["covered"], "uncovered": sent["messages"] - sent["covered"],
        }  # fmt: skip
    if arguments.csv:
        files = audit_files.officer_files(store, campaign_id, actor=who)
        manifest = _manifest_of(arguments.csv)
        arguments.csv.write_bytes(files.csv)
        manifest.write_bytes(files.manifest)
        document |= {"csv": str(arguments.csv), "manifest": str(manifest)}
    makers: dict[str, Callable[..., bytes]] = {
        "deliveries": audit_files.delivery_file,
        "evidence": evidence_pack.evidence_zip,
    }
    for name, make in makers.items():
        if path := getattr(arguments, name):
            path.write_bytes(make(store, campaign_id, actor=who))
            document[name] = str(path)
    return document


def heads_told(settings: Settings) -> dict[str, Any]:
    """Say where the heads of the trail lie, and what they prove there, for ``doctor``."""
    file = stores.heads_file(database_path(), settings.audit.heads).resolve()
    is_beside = file.is_relative_to(database_path().parent.resolve())
    less = (
        "In the database's own folder they show no change by somebody who can write to all of it. "
        "Name a place on another disk in the settings: [audit] heads."
    )
    more = "Outside the database's folder: a change shows unless both places are changed."
    return {
        "chosen": str(file),
        "embedded": not settings.audit.heads,
        "state": "ready",
        "detail": less if is_beside else more,
    }


COMMANDS: Final = {
    "audit": Command("coverage, evidence, retention, and check of the trail", _arguments, _audit)
}
