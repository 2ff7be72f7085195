"""How well the strategies foresaw what customers then bought, in figures and in honest words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import streamlit as st

from pages.ui import recommend_jobs, shell, words
from pages.ui.words import plain
from personalization.reports import recommendation_quality as reports
from personalization.reports import recommendations

if TYPE_CHECKING:
    from personalization.reports.recommendation_quality import Measured

_METHOD: Final = {
    "for_you": "For you",
    "buy_again": "Buy again",
    "popular": "Bestsellers for all",
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
_MEASURE: Final = {
    "ndcg": ("Quality of the list", "nDCG: hits count the more, the higher they stand; 1 is best."),
    "precision": ("Right, of those shown", "Precision: products of the list that were bought."),
    "recall": ("Found, of those bought", "Recall: what was bought that was on the list."),
    "hit_rate": ("Customers with a hit", "At least one product of their list was bought."),
    "coverage": ("Catalogue shown", "Products that are on anybody's list."),
    "popularity_share": ("Bestsellers in a list", "Of the tenth that is bought most."),
    "diversity": ("Variety in a list", "How unlike its products are; 1 is wholly unlike."),
    "novelty": ("Surprise", "In bits: the higher, the fewer customers had bought such products."),
}


def show(dataset_id: str, actor: str) -> None:
    """Show the newest measurement, or offer one; then what campaigns tell their readers."""
    if not recommend_jobs.is_working(dataset_id):
        found = reports.evaluation_of(shell.store(), dataset_id)
        if found is not None:
            _measured(found)
        _offer(dataset_id, actor, is_first=found is None)
        _tables(dataset_id, actor)
    _told(dataset_id)


_KIND: Final = {
    "cosine": "Customers in common",
    "ease": "Customers in common (EASE)",
    "basket": "Orders in common",
    "content": "Alike in attributes and words",
    "families": "Families that go together",
    "family_products": "What sells most in each family",
}


def _tables(dataset_id: str, actor: str) -> None:
    """List what was counted beforehand, and have it brought up to date."""
    rows = recommendations.models_of(shell.store(), dataset_id)
    with st.expander("What the strategies go by", icon=":material/table_chart:", key="tables"):
        st.caption(
            "Counted beforehand from all events, and anew whenever a strategy is asked for and "
            "orders have come in. Bringing all up to date also compares the meaning of names and "
            "descriptions, which takes a minute."
        )
        if rows:
            st.dataframe(
                [
                    {
                        "Table": _KIND.get(row["kind"], row["kind"]), "Pairs": row["pairs"],
                        "Products": row["products"], "Customers": row["customers"],
                        "Events": row["events"], "Counted": row["built_at"],
                    }
                    for row in rows
                ],
                hide_index=True, key="models", alt="Tables that strategies go by",
                column_config={
                    "Counted": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm"),
                    **dict.fromkeys(("Pairs", "Products", "Customers", "Events"), _WHOLE),
                },
            )  # fmt: skip
        if st.button("Bring all up to date", icon=":material/refresh:", key="build_tables"):
            recommend_jobs.start_building(dataset_id, actor)


def _offer(dataset_id: str, actor: str, *, is_first: bool) -> None:
    if is_first:
        st.markdown(
            "**How well would these strategies have done?** What customers bought in the last "
            "weeks is set aside, every strategy makes its lists from what was known before, and "
            "the lists are held against what was then bought, beside two simple rivals: showing "
            "everybody the bestsellers, and showing each what they buy anyway."
        )
    label = "Measure it" if is_first else "Measure it again"
    kind: Literal["primary", "secondary"] = "primary" if is_first else "secondary"
    if st.button(label, type=kind, icon=":material/speed:", key="evaluate_recommendations"):
        recommend_jobs.start_evaluation(dataset_id, actor)


def _measured(found: Measured) -> None:
    _verdict(found)
    _again(found)
    for target, (title, note) in _TARGET.items():
        methods = [name for name in _METHOD if (target, name, "ndcg") in found.figures]
        if methods:
            st.markdown(f"**{title}**  \n:gray[{note}]")
            st.dataframe(
                [_row(found, target, methods, measure) for measure in _MEASURE],
                hide_index=True, key=f"quality_{target}", height="content",
                alt=f"Measures of each strategy: {title.lower()}",
                column_config={
                    "Measure": st.column_config.TextColumn(width=160, pinned=True),
                    **{_METHOD[name]: st.column_config.TextColumn(width=175) for name in methods},
                    "What it says": st.column_config.TextColumn(width=430),
                },
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
    figures = (
        f"({ours[0]:.3f} against {most[0]:.3f}, a difference of {over[0]:.3f}; 95% interval "
        f"{over[1]:.3f} to {over[2]:.3f})"
    ).replace("-", "−")
    if over[1] > 0:
        st.success(
            f"For what they had never bought, lists made for each customer are {times} as good as "
            f"the bestsellers for everybody {figures}.",
            icon=":material/check_circle:", title="Better than the bestsellers for first purchases",
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


def _again(found: Measured) -> None:
    """Say in a sentence what holds once buying again counts too."""
    ours, again, most = (
        found.figures.get(("all", name, "ndcg")) for name in ("for_you", "buy_again", "popular")
    )
    over = found.figures.get(("all", "for_you", "over_popular"))
    if ours is None or again is None or most is None or over is None or over[1] > 0:
        return
    advice = " For that, use Buy again." if again[0] > max(ours[0], most[0]) else ""
    st.warning(
        "Counting what customers buy again as well, For you is not shown to be better "
        f"than the bestsellers ({ours[0]:.3f} against {most[0]:.3f}); Buy again reaches "
        f"{again[0]:.3f}.{advice}",
        icon=":material/replay:", title="Not shown to be better for everything they buy",
    )  # fmt: skip


def _row(found: Measured, target: str, methods: list[str], measure: str) -> dict[str, Any]:
    label, note = _MEASURE[measure]
    told = {
        _METHOD[method]: _figure(measure, found.figures.get((target, method, measure)))
        for method in methods
    }
    return {"Measure": label, **told} | ({"What it says": note} if target == "new" else {})


def _figure(measure: str, value: tuple[float, float, float] | None) -> str:
    """Say a figure with its interval, where it has one."""
    if value is None:
        return words.NOTHING
    if measure == "novelty":
        return f"{value[0]:.1f}"
    told = [f"{max(each, 0):.3f}" if measure in _PLAIN else words.percent(each) for each in value]
    return told[0] if value[1] == value[2] else f"{told[0]} ({told[1]} to {told[2]})"


_WHOLE: Final = st.column_config.NumberColumn(format="localized")
_PLAIN: Final = frozenset({"ndcg", "diversity"})


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
            "Customers": _WHOLE,
            "Different lists": _WHOLE,
            "Share the commonest": st.column_config.NumberColumn(
                format="percent", help="Customers who read the very same list of products"
            ),
            "Contradicted": st.column_config.NumberColumn(
                help="Customers whose message would name a product by a name or price that the "
                "catalogue no longer has. The launch stays shut until they are refreshed."
            ),
        },
    )  # fmt: skip
