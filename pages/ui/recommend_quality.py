"""How well the strategies foresaw what customers then bought, in figures and in honest words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import recommend_jobs, shell, words
from pages.ui.words import plain
from personalization.reports import recommendations as reports

if TYPE_CHECKING:
    from personalization.reports.recommendations import Measured

_METHOD: Final = {
    "for_you": "For you",
    "buy_again": "Buy again",
    "popular": "Most popular (the same for everybody)",
}
_TARGET: Final = {
    "new": (
        "What they bought for the first time",
        "The harder question, and the one that recommendations are for.",
    ),
    "all": (
        "Whatever they bought, again or for the first time",
        "Most of it is buying again, so that strategy is hard to beat here.",
    ),
}
_OF_CUSTOMERS: Final = {
    "ndcg": ("Quality of the list", "nDCG: hits count the more, the higher they stand. 1 is best."),
    "precision": ("Right, of those shown", "Precision: products of the list that were bought."),
    "recall": ("Found, of those bought", "Recall: what was bought that was on the list."),
    "hit_rate": ("Customers with a hit", "At least one product of their list was bought."),
}
_OF_LISTS: Final = {
    "coverage": ("Catalogue shown", "Products that are on anybody's list."),
    "novelty": ("Surprise", "Bits: the higher, the fewer customers had bought such products."),
    "diversity": ("Variety in a list", "How unlike the products of one list are, from 0 to 1."),
    "popularity_share": (
        "Bestsellers in a list", "Of the tenth of the catalogue that is bought most.",
    ),
}  # fmt: skip


def show(dataset_id: str, actor: str) -> None:
    """Show the newest measurement, or offer one; then what campaigns tell their readers."""
    if not recommend_jobs.is_working(dataset_id):
        found = reports.evaluation_of(shell.store(), dataset_id)
        if found is not None:
            _measured(found)
        _offer(dataset_id, actor, is_first=found is None)
    _told(dataset_id)


def _offer(dataset_id: str, actor: str, *, is_first: bool) -> None:
    if is_first:
        st.markdown(
            "**How well would these strategies have done?** What customers bought in the last "
            "weeks is set aside, every strategy makes its lists from what was known before, and "
            "the lists are held against what was then bought, beside two simple rivals: showing "
            "everybody the bestsellers, and showing each what they buy anyway."
        )
    label = "Measure it" if is_first else "Measure it again"
    kind = "primary" if is_first else "secondary"
    if st.button(label, type=kind, icon=":material/speed:", key="evaluate_recommendations"):
        recommend_jobs.start_evaluation(dataset_id, actor)


def _measured(found: Measured) -> None:
    _verdict(found)
    for target, (title, note) in _TARGET.items():
        rows = [_row(found, target, method) for method in _METHOD
                if (target, method, "ndcg") in found.figures]  # fmt: skip
        if rows:
            st.markdown(f"**{title}**  \n:gray[{note}]")
            st.dataframe(
                rows, hide_index=True, key=f"quality_{target}", placeholder=words.NOTHING,
                alt=f"Measures of each strategy: {title.lower()}", column_config=_columns(),
            )  # fmt: skip
    st.caption(
        f"Up to {words.day(found.split_at)} everything was known; what was bought from then until "
        f"{words.day(found.until_at)} was to be found. {words.plural(found.customers, 'customer')} "
        f"who bought both before and after, {found.wanted} products each, out of "
        f"{found.products:,}. In brackets: 95% intervals. "
        f"Measured on {words.moment(found.made_at)} by {plain(found.made_by)}."
    )
    with st.expander("What these figures say, and what they do not", icon=":material/help:"):
        st.markdown(
            "- **They split by time.** Splitting purchases at random would let the strategies "
            "look into the future, and flatters all of them two- to threefold.\n"
            "- **They say what customers would have bought anyway**, not what a message brings. "
            "Only a test tells that: give the arms of an experiment different strategies "
            "(Content, Products in the messages).\n"
            "- **Low figures are normal.** Out of thousands of products a list of "
            f"{found.wanted} seldom holds what somebody buys next; hold the strategies against "
            "each other and against the bestsellers.\n"
            "- **Rules of today are left out** (stock, prices, lists of products): nobody knows "
            "what they were then."
        )


def _verdict(found: Measured) -> None:
    """Say in a sentence whether the lists for each are better than one list for all."""
    ours, most = (found.figures.get(("new", name, "ndcg")) for name in ("for_you", "popular"))
    over = found.figures.get(("new", "for_you", "over_popular"))
    if ours is None or most is None or over is None:
        return
    times = f"{ours[0] / most[0]:.1f} times" if most[0] else "more than"
    figures = f"({_figure(ours)} against {_figure(most)})"
    if over[1] > 0:
        st.success(
            f"For what they had never bought, lists made for each customer are {times} as good as "
            f"the bestsellers for everybody {figures}.",
            icon=":material/check_circle:", title="Better than the bestsellers",
        )  # fmt: skip
    elif over[2] < 0:
        st.error(
            f"For what they had never bought, showing everybody the bestsellers would have done "
            f"better {figures}. Use Popular until there is a longer history.",
            icon=":material/trending_down:", title="Worse than the bestsellers",
        )  # fmt: skip
    else:
        st.info(
            f"Nobody can tell lists for each customer and the bestsellers apart here {figures}: "
            "there are too few customers or too short a history.",
            icon=":material/help:", title="Not shown to be better than the bestsellers",
        )  # fmt: skip


def _row(found: Measured, target: str, method: str) -> dict[str, Any]:
    row: dict[str, Any] = {"Strategy": _METHOD[method]}
    for name in _OF_CUSTOMERS:
        row[name] = _figure(found.figures.get((target, method, name)))
    for name in _OF_LISTS:
        value = found.figures.get((target, method, name))
        row[name] = value[0] if value else None
    return row


def _figure(value: tuple[float, float, float] | None) -> str:
    if value is None:
        return words.NOTHING
    return f"{value[0]:.3f} ({max(value[1], 0):.3f} to {value[2]:.3f})"


def _columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "Strategy": st.column_config.TextColumn(width=200),
        **{
            name: st.column_config.TextColumn(label, help=note, width=160)
            for name, (label, note) in _OF_CUSTOMERS.items()
        },
        **{
            name: number(label, help=note, format=_FORMAT.get(name, "percent"))
            for name, (label, note) in _OF_LISTS.items()
        },
    }


_FORMAT: Final = {"novelty": "%.1f", "diversity": "%.2f"}


def _told(dataset_id: str) -> None:
    """Say of campaigns with products how alike their lists are, and what the catalogue denies."""
    rows = reports.told_in_campaigns(shell.store(), dataset_id)
    if not rows:
        return
    st.markdown(
        "**What campaigns say**  \n:gray[How alike the products are that readers are shown, and "
        "whether the catalogue still bears out what their messages say of them.]"
    )
    st.dataframe(
        [
            {
                "Campaign": row["campaign"],
                "Arm": words.arm(row["arm"]),
                "Strategy": words.STRATEGY.get(row["strategy"], row["strategy"]),
                "Customers": row["customers"],
                "Different lists": row["lists"],
                "Share the commonest": row["most_share"],
                "Contradicted": row["stale"],
            }
            for row in rows
        ],
        hide_index=True, key="told", alt="What campaigns say of products",
        column_config={
            "Campaign": st.column_config.TextColumn(width=200),
            "Share the commonest": st.column_config.NumberColumn(
                format="percent", help="Customers who read the very same list of products"
            ),
            "Contradicted": st.column_config.NumberColumn(
                help="Customers whose message would name a product by a name or price that the "
                "catalogue no longer has. The launch stays shut until they are refreshed."
            ),
        },
    )  # fmt: skip
