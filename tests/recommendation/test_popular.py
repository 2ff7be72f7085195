"""What is popular reaches everybody: whatever they looked at, own, or which families lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalization import recommendation
from personalization.settings import Settings
from tests.recommendation.shops import SHOP, lists, open_shop, product, use_policy

if TYPE_CHECKING:
    from personalization.store import Store

REASON = "SELECT given, reason FROM recommendation_shortfalls WHERE customer_id = 'ann'"
NO_CAP = "[ranking]\ncategory_cap = 0\n"


def sold(store: Store, counts: dict[str, int], *, ann: tuple[Any, ...], **families: str) -> None:
    """Open a shop where so many bought each product, and Ann did what is said."""
    listed = [product(name, category=families.get(name, "mugs")) for name in counts]
    bought = [
        (f"b{n:03}", name, "purchase", 200 if families.get("when") == "long ago" else 10)
        for name, buyers in counts.items() for n in range(buyers)
    ]  # fmt: skip
    open_shop(store, listed, [*bought, *ann])


def test_a_look_of_today_does_not_make_purchases_of_last_year_unpopular(store: Store) -> None:
    sold(store, {"mug": 3, "pen": 0}, ann=(("ann", "pen", "view", 0),), when="long ago")

    assert lists(store, "popular")["ann"] == ["mug"]


def test_who_owns_every_bestseller_is_given_what_comes_after_them(store: Store) -> None:
    owned = [f"p{n:03}" for n in range(300)]
    counts = dict.fromkeys(owned, 2) | {f"q{n}": 1 for n in range(4)}
    sold(store, counts, ann=tuple(("ann", name, "purchase", 50) for name in owned))
    use_policy(store, NO_CAP)

    assert lists(store, "popular", wanted=4)["ann"] == ["q0", "q1", "q2", "q3"]


def test_a_family_of_bestsellers_leaves_room_for_the_others(store: Store) -> None:
    mugs = {f"m{n:02}": 3 for n in range(40)}
    sold(
        store, mugs | {"bag": 1, "pen": 1}, ann=(("ann", "bag", "view", 5),), bag="bags", pen="pens"
    )
    use_policy(store, "[ranking]\ncategory_cap = 2\n")

    assert lists(store, "popular", wanted=4)["ann"] == ["m00", "m01", "bag", "pen"]
    assert lists(store, "cross_sell", wanted=4)["ann"] == ["m00", "m01", "bag", "pen"]


def test_who_owns_the_first_of_every_family_is_given_the_next_of_them(store: Store) -> None:
    counts = {f"{family}{n:02}": 3 for family in ("m", "b") for n in range(30)}
    families = {name: "mugs" if name[0] == "m" else "bags" for name in counts}
    owned = [name for name in counts if name[1:] < "25"]
    sold(store, counts, ann=tuple(("ann", name, "purchase", 50) for name in owned), **families)
    use_policy(store, "[ranking]\ncategory_cap = 2\n")

    assert lists(store, "popular", wanted=4)["ann"] == ["b25", "b26", "m25", "m26"]


def test_a_cap_on_families_that_makes_a_list_short_is_named(store: Store) -> None:
    sold(store, {f"m{n}": 3 for n in range(9)}, ann=(("ann", "m8", "view", 5),))
    use_policy(store, "[ranking]\ncategory_cap = 2\n")

    recommendation.recommend(store, Settings(), SHOP, strategy="popular", wanted=4, actor="mia")

    ((given, reason),) = store.read(REASON)
    assert given == 2
    assert "more than 2 of one family" in reason
