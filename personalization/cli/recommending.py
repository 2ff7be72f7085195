"""Recommendations on the command line: for a file of interactions, or for a customer base."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import stored, writable
from personalization.domain import STRATEGIES
from personalization.errors import InputError
from personalization.settings import database_path, settings_in_force

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from datetime import datetime

    from personalization.store import Store

_ACTOR: Final = "command line"
_BASES: Final = "SELECT dataset_id, name FROM datasets ORDER BY created_at DESC, dataset_id"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Products for every user, with the reasons: from a file of interactions (a user, an item "
        "and a time; event, quantity, price and order where there are any), or for a customer base "
        "of the app. Rows are user_id, rank, item_id, score, strategy, source_item, evidence."
    )
    add = parser.add_argument
    add("--interactions", type=Path, metavar="FILE", help="CSV, TSV or Parquet")
    add("--products", type=Path, metavar="FILE", help="the catalogue, whose rules then hold")
    add("--k", type=int, default=10, metavar="N", help="items for each user (10)")
    add("--strategy", choices=STRATEGIES, default="for_you")
    seen = parser.add_mutually_exclusive_group()
    seen.add_argument("--exclude-seen", dest="exclude_seen", action="store_true", default=True,
                      help="leave out what a user has already (this is the default)")  # fmt: skip
    seen.add_argument("--allow-seen", dest="exclude_seen", action="store_false")
    add("--user", action="append", default=[], metavar="ID", help="only this one; may be repeated")
    add(
        "--as-of",
        metavar="TIME",
        help="go by events up to here, UTC unless it names a zone; else by all of them",
    )
    add("--policy", type=Path, metavar="FILE.toml", help="rules that differ from the default ones")
    add("--map", action="append", default=[], metavar="COLUMN=FIELD",
        help="customer_id, product_id, happened_at, event, quantity, price, order_id; columns "
             "without a name are #1, #2 ...")  # fmt: skip
    add("--date-order", choices=("DMY", "MDY", "YMD"))
    add("--decimal-mark", choices=(".", ","), metavar="SIGN", help="full stop or comma")
    add("--dataset", metavar="ID", help="a customer base of the database, instead of a file")
    add("--database", type=Path, default=database_path())
    add("--out", type=Path, metavar="FILE", help="write the rows there: .csv, .jsonl or .parquet")


def _recommend(arguments: argparse.Namespace) -> Any:  # noqa: ANN401
    from personalization import campaign  # noqa: PLC0415

    if arguments.out:
        campaign.recommendation_format(writable(arguments.out))
    if arguments.k < 1:
        raise InputError(f"--k {arguments.k} is no number of items. Ask for 1 or more.")
    if bool(arguments.interactions) == bool(arguments.dataset):
        raise InputError("Name one of --interactions FILE and --dataset ID.")
    if arguments.interactions:
        found = _of_file(arguments)
        store, run_id, summary = found.store, found.run_id, found.summary()
        arguments.error = found.left_out()
    else:
        store, run_id = _of_base(arguments)
        summary = campaign.recommendation_summary(store, run_id)
    if arguments.out is None:
        return campaign.recommendation_rows(store, run_id)
    campaign.write_recommendations(store, run_id, arguments.out)
    return {"out": str(arguments.out), **summary}


def _of_file(arguments: argparse.Namespace) -> Any:  # noqa: ANN401
    from personalization import campaign  # noqa: PLC0415

    asked = ("date_order", "decimal_mark")
    return campaign.recommend_from_files(
        arguments.interactions,
        products=arguments.products,
        wanted=arguments.k,
        strategy=arguments.strategy,
        exclude_seen=arguments.exclude_seen,
        policy=_policy(arguments.policy),
        as_of=_moment(arguments.as_of),
        users=tuple(arguments.user),
        mapping=_mapping(arguments.map),
        answers={name: value for name in asked if (value := getattr(arguments, name))},
    )


def _of_base(arguments: argparse.Namespace) -> tuple[Store, str]:
    from personalization import campaign  # noqa: PLC0415

    if arguments.products or arguments.policy or not arguments.exclude_seen:
        raise InputError(
            "A customer base has its own catalogue and rules, also for what was seen. Leave out "
            "--products, --policy and --allow-seen."
        )
    store, settings = stored(arguments.database), settings_in_force()
    known = dict(store.read(_BASES))
    if arguments.dataset not in known:
        raise InputError(
            f"There is no customer base {arguments.dataset!r}. There are: "
            f"{', '.join(f'{key} ({name})' for key, name in known.items()) or 'none'}."
        )
    campaign.refuse_unknown_users(store, arguments.dataset, tuple(arguments.user))
    run_id = campaign.recommend(
        store, settings, arguments.dataset, strategy=arguments.strategy, wanted=arguments.k,
        customers=campaign.Asked(customer_ids=tuple(arguments.user)),
        as_of=_moment(arguments.as_of), actor=_ACTOR,
    )  # fmt: skip
    return store, run_id


def _mapping(pairs: Iterable[str]) -> dict[str, str] | None:
    parted = [pair.partition("=") for pair in pairs]
    if bad := [name for name, equals, field in parted if not (equals and field)]:
        raise InputError(f"--map {bad[0]!r} is no COLUMN=FIELD.")
    return {name: field for name, _, field in parted} or None


def _policy(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _moment(text: str | None) -> datetime | None:
    from datetime import UTC, datetime  # noqa: PLC0415

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"--as-of {text!r} is no time. Write 2011-12-09 or 2011-12-09T12:00."
        ) from error


COMMANDS: Final[dict[str, Command]] = {
    "recommend": Command("products for every user, with the reasons", _arguments, _recommend),
}
