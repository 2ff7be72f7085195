"""The word ``texts``: write product texts into the app's database, list them, and take files."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import stored, writable
from personalization.domain import STRATEGIES
from personalization.errors import InputError
from personalization.providers.product_facts import TONES
from personalization.providers.product_texts import KINDS
from personalization.settings import database_path, settings_in_force

if TYPE_CHECKING:
    import argparse

    from personalization.settings import Settings
    from personalization.store import Store

_FORMS: Final = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}
_SHOWN: Final = (
    "variant_id", "version", "kind", "channel", "tone", "segment", "product_id", "strategy",
    "family", "customer_id", "state", "why", "is_usable", "subject", "preheader", "body",
    "call_to_action", "link", "origin",
)  # fmt: skip


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Write texts about products: descriptions, summaries, parts of an e-mail, posts, "
        "highlights, a summary for the team. They are held to the catalogue and to approved "
        "content, screened, and wait in the app for somebody to approve them. Without --kind they "
        "are listed. --out takes what is approved as a file, its form by its ending: .csv, .jsonl "
        "or .parquet. --product and --segment may be given several times."
    )
    parser.add_argument("--base", default="", help="the customer base, by id or name")
    kinds = ", ".join(f"{kind} ({', '.join(where)})" for kind, where in KINDS.items())
    parser.add_argument("--kind", action="append", default=[], choices=tuple(KINDS), metavar="KIND",
                        help=f"what to write, and in brackets its channels: {kinds}")  # fmt: skip
    channels = sorted({channel for where in KINDS.values() for channel in where})
    parser.add_argument("--channel", action="append", default=[], choices=channels,
                        metavar="CHANNEL", help="only for these channels")  # fmt: skip
    parser.add_argument("--product", action="append", default=[], metavar="ID", help="about it")
    parser.add_argument("--segment", action="append", default=[], help="for it; else for everybody")
    parser.add_argument("--tone", choices=TONES, default="friendly")
    parser.add_argument(
        "--strategy", choices=STRATEGIES, default="", help="about each reader's own products"
    )
    parser.add_argument("--items", type=int, default=2, help="products of a reader, 1 to 4")
    parser.add_argument("--by-family", action="store_true", help="a text for each large family")
    parser.add_argument("--customer", default="", metavar="ID", help="for one customer")
    parser.add_argument("--out", type=Path, metavar="FILE", help="take what is approved")
    parser.add_argument("--filled", action="store_true", help="--out: filled for every customer")
    parser.add_argument("--by", metavar="NAME", default="command line", help="for the record")
    parser.add_argument("--database", type=Path, default=database_path())


def _texts(arguments: argparse.Namespace) -> dict[str, Any]:
    with closing(stored(arguments.database)) as store:
        return _done(store, settings_in_force(), arguments)


def _done(store: Store, settings: Settings, arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415

    dataset_id = _base(store, arguments.base)
    if arguments.out:
        return _taken(store, dataset_id, arguments)
    written: dict[str, Any] = {}
    ids: set[str] = set()
    if arguments.kind:
        order = campaign.TextOrder(
            tuple(arguments.kind), tone=arguments.tone, channels=tuple(arguments.channel),
            product_ids=tuple(arguments.product), segments=tuple(arguments.segment),
            strategy=arguments.strategy, items=arguments.items, by_family=arguments.by_family,
            customer_id=arguments.customer,
        )  # fmt: skip
        campaign.import_content(store, settings, actor=arguments.by)
        found = campaign.write_texts(store, settings, dataset_id, order, actor=arguments.by)
        ids = set(found.variant_ids)
        written = {"told": found.sentence, "failed": [list(each) for each in found.failed]}
    return {"base": dataset_id, **written, "texts": _listed(store, dataset_id, ids)}


def _base(store: Store, named: str) -> str:
    from personalization.reports import intake  # noqa: PLC0415

    bases = intake.bases(store)
    found = [base for base in bases if not named or named in (base.dataset_id, base.name)]
    if len(found) == 1:
        return str(found[0].dataset_id)
    known = ", ".join(f"‘{base.name}’" for base in bases) or "none"
    raise InputError(f"Name one customer base with --base; there are: {known}.")


def _listed(store: Store, dataset_id: str, ids: set[str]) -> list[dict[str, Any]]:
    from personalization.reports import texts as reports  # noqa: PLC0415

    return [
        {name: told[name] for name in _SHOWN}
        for text in reports.texts_of(store, dataset_id)
        if not ids or text.variant_id in ids
        for told in [asdict(text)]
    ]


def _taken(store: Store, dataset_id: str, arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415

    form = _FORMS.get(arguments.out.suffix.casefold())
    if form is None:
        raise InputError(f"--out {arguments.out} has to end in {', '.join(_FORMS)}.")
    path = writable(arguments.out)
    told = {"base": dataset_id, "file": str(path)}
    if not arguments.filled:
        rows = campaign.write_texts_file(store, dataset_id, path, form=form, actor=arguments.by)
        return {**told, "rows": rows}
    found = campaign.write_filled_texts(store, dataset_id, path, form=form, actor=arguments.by)
    left_out = {"left_out": dict(found.left_out.customers), "told": found.left_out.sentence}
    return {**told, "rows": found.rows, **left_out}


def _text(document: dict[str, Any], _: argparse.Namespace) -> str:
    """Write it as it is read: each text under what it is, and how it stands."""
    if "file" in document:
        return f"{document['rows']} rows in {document['file']}\n{document.get('told', '')}".rstrip()
    lines = [document["told"], ""] if "told" in document else []
    for text in document["texts"]:
        about = text["product_id"] or text["strategy"]
        told = (text["kind"], text["channel"], about, text["segment"], text["tone"])
        lines += [
            f"{', '.join(told)}: {text['state'].replace('_', ' ')}",
            *(part for part in (text["subject"], text["body"], text["call_to_action"]) if part),
            "",
        ]
    return "\n".join(lines).rstrip() or "There is no product text yet. Ask for one with --kind."


COMMANDS: Final = {
    "texts": Command("write product texts, list them, take files", _arguments, _texts, _text),
}
