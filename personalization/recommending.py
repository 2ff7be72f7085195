"""Recommendations in Python: from files or data frames to a data frame, without a database."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from personalization import campaign

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import pandas as pd

COLUMNS: Final = ("user_id", "rank", "item_id", "score", "strategy", "source_item", "evidence")
"""Of the data frame that comes back; evidence is a dictionary of what was counted."""


def recommend(
    interactions: pd.DataFrame | Path | str,
    *,
    products: pd.DataFrame | Path | str | None = None,
    k: int = 10,
    strategy: str = "for_you",
    exclude_seen: bool = True,
    policy: str = "",
    as_of: datetime | None = None,
    users: tuple[str, ...] = (),
    mapping: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Recommend ``k`` items to every user, with the evidence; the rules come before the ranking.

    Args:
        interactions: A table with a user, an item and a time, by these or other usual names; event,
            quantity, price and order are used where there are any.
        products: The catalogue: what is not in it, not sold or out of stock is not recommended.
        k: Items for each user.
        strategy: One of ``domain.STRATEGIES``.
        exclude_seen: Leave out what a user has already.
        policy: TOML of a team's own rules, over the default ones.
        as_of: Events up to here count; all of them where it is not said.  Without a zone it is UTC.
        users: Only for these; empty is everybody.
        mapping: Column -> field of the interactions, where it is not found by itself.
        answers: To what ``check_file`` asks, such as ``{"date_order": "DMY"}``.

    Returns:
        One row an item, by user and rank, with ``COLUMNS``.  Who gets fewer than ``k`` gets them
        because the rules left no more.  Rows that cannot be read, such as those whose user is
        called NA, are warned of with their number and reason.

    Raises:
        InputError: A table cannot be read or leaves a question open, or a user is in none of its
            rows; the message says which.
        StateError: There are no events to go by.
    """
    import pandas as pd  # noqa: PLC0415

    with TemporaryDirectory(prefix="personalization-") as folder:
        run = campaign.recommend_from_files(
            _file(interactions, Path(folder) / "interactions.csv"),
            products=None if products is None else _file(products, Path(folder) / "products.csv"),
            wanted=k,
            strategy=strategy,
            exclude_seen=exclude_seen,
            policy=policy,
            as_of=as_of,
            users=users,
            mapping=mapping,
            answers=answers,
        )
        try:
            rows = list(campaign.recommendation_rows(run.store, run.run_id))
            not_read = run.summary()["not_read"]
        finally:
            run.store.close()
    if not_read:
        told = [f"{count:,} {reason.replace('_', ' ')}" for reason, count in not_read.items()]
        warnings.warn(f"Rows that were not read: {', '.join(told)}.", stacklevel=2)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _file(table: pd.DataFrame | Path | str, path: Path) -> Path:
    """Return where the table lies; a data frame is written there."""
    if isinstance(table, (str, Path)):
        return Path(table)
    table.to_csv(path, index=False)
    return path
