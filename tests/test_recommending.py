"""The door for Python: data frames in, a data frame out."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pandas as pd
import pytest

from personalization import recommend
from personalization.errors import InputError

# Ten people have a tea pot; those who also have cups are six, those with a lamp are two.
PEOPLE = {f"u{n}": ("pot", "cup") if n < 6 else ("pot", "lamp") if n < 8 else ("pot",)
          for n in range(10)}  # fmt: skip
EVENTS = pd.DataFrame(
    [(user, item, f"2026-01-{10 + place:02d}")
     for user, items in PEOPLE.items() for place, item in enumerate(items)],
    columns=["user", "item", "time"],
)  # fmt: skip


def test_a_data_frame_of_user_item_and_time_gives_ranked_items_with_evidence() -> None:
    found = recommend(EVENTS, k=1)

    assert list(found.columns) == [
        "user_id", "rank", "item_id", "score", "strategy", "source_item", "evidence",
    ]  # fmt: skip
    last = found[found["user_id"] == "u9"].iloc[0]
    assert (last["rank"], last["item_id"], last["source_item"]) == (1, "cup", "pot")
    assert (last["evidence"]["together"], last["evidence"]["base"]) == (6, 10)
    seen = {(row.user_id, row.item_id) for row in found.itertuples()}
    assert not seen & {(user, item) for user, items in PEOPLE.items() for item in items}


def test_what_the_catalogue_says_is_sold_out_is_not_recommended() -> None:
    products = pd.DataFrame(
        [("pot", "Pot", 9, 1), ("cup", "Cup", 4, 0), ("lamp", "Lamp", 7, 3)],
        columns=["sku", "name", "price", "stock"],
    )

    found = recommend(EVENTS, products=products, k=2, users=("u9",))

    assert list(found["item_id"]) == ["lamp"]


def test_a_table_without_a_time_is_refused_with_the_question() -> None:
    with pytest.raises(InputError):
        recommend(EVENTS[["user", "item"]])


def test_a_user_whom_no_row_names_is_told() -> None:
    with pytest.raises(InputError, match="Nothing is known of 'nobody'"):
        recommend(EVENTS, users=("u9", "nobody"))


def test_a_moment_with_a_zone_is_the_same_moment_in_utc() -> None:
    """At five o'clock five hours east of Greenwich it is midnight: nobody has a second item yet."""
    east = datetime(2026, 1, 10, 5, tzinfo=timezone(timedelta(hours=5)))

    found = recommend(EVENTS, k=1, as_of=east, exclude_seen=False, strategy="popular")

    assert {tuple(row["evidence"].values())[:2] for _, row in found.iterrows()} == {(10, 10)}
    late = east + timedelta(hours=24)
    again = recommend(EVENTS, k=2, as_of=late, exclude_seen=False, strategy="popular")
    assert set(again["item_id"]) == {"pot", "cup"}


def test_rows_that_are_not_read_are_warned_of() -> None:
    more = pd.DataFrame([("NA", "cup", "2026-01-11")], columns=list(EVENTS.columns))

    with pytest.warns(UserWarning, match="1 missing customer id"):
        recommend(pd.concat([EVENTS, more]), k=1, users=("u9",))
