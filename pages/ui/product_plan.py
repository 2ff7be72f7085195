"""Products in the messages of a campaign: which strategy in which arm, and who has a full set."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from personalization import campaign
from personalization.domain import MOST_PRODUCTS, STRATEGIES
from personalization.reports import campaigns

if TYPE_CHECKING:
    from personalization.campaign import ProductCoverage
    from personalization.domain import ProductPlan
    from personalization.reports.campaigns import CampaignState

_NONE: Final = ""
_NAMES: Final = ("no", "one", "two", "three", "four")


def panel(state: CampaignState, actor: str) -> None:
    """Say what products the messages name and for whom they are there, and let it be changed."""
    job = campaigns.job_of(shell.store(), state.campaign_id)
    if job and job.is_active:
        return
    plan = campaign.product_plan(shell.store(), state.campaign_id)
    with st.container(border=True, key="products"):
        if plan is None:
            _nothing_planned(state, actor)
            return
        found = campaign.product_coverage(shell.store(), state.campaign_id)
        _told(plan, found, is_launched=state.launched_at is not None)
        if state.launched_at is None:
            _buttons(state, plan, found, actor)


def legend(campaign_id: str) -> None:
    """Say in a line how each variant's products are chosen; nothing where none are named."""
    plan = campaign.product_plan(shell.store(), campaign_id)
    if plan is None:
        return
    if len(plan.strategies) == 1:
        told = f"Every variant names products chosen as ‘{_strategy(plan.strategies[0])}’."
    else:
        arms = [f"{words.arm(arm)}: ‘{_strategy(strategy)}’" for arm, strategy in plan.arms]
        told = f"How products are chosen: {', '.join(arms)}."
    st.caption(f":material/redeem: {told} The control text names none.")


def _strategy(name: str) -> str:
    return words.STRATEGY.get(name, words.plain(name.replace("_", " ")))


def _nothing_planned(state: CampaignState, actor: str) -> None:
    st.markdown("**Messages can show each customer products of their own.**")
    st.caption(
        "Name, price and reason are filled in for each reader; the text around them is written "
        "once for a segment, screened and approved like any other."
    )
    if state.launched_at is None and st.button(
        "Show products in the messages…", icon=":material/redeem:", key="plan_products"
    ):
        _form(state, None, actor)


def _told(plan: ProductPlan, found: ProductCoverage, *, is_launched: bool) -> None:
    noun = "product" if plan.items == 1 else "products"
    st.markdown(f"**Each message shows {_NAMES[plan.items]} {noun} of the reader's own.**")
    if not found.is_worked_out:
        st.info(
            "The products are not worked out yet, so nobody could be written to.",
            icon=":material/hourglass_empty:",
        )
        return
    st.markdown("\n".join(_lines(plan, found, noun)))
    st.markdown(f"**{found.sentence}** {_left_out(plan, found, is_launched=is_launched)}")
    if found.worked_out_at:
        since = f", from what customers did up to {words.day(found.as_of)}" if found.as_of else ""
        st.caption(f"Worked out on {words.moment(found.worked_out_at)}{since}.")
    if found.is_split_due:
        st.warning(
            "The segments were chosen anew and are whole again. Refresh the products to split "
            "them.", icon=":material/call_split:",
        )  # fmt: skip


def _lines(plan: ProductPlan, found: ProductCoverage, noun: str) -> list[str]:
    """Say for each strategy who has a full set; arms with the same one have the same products."""
    lines = []
    for strategy in plan.strategies:
        arms = [arm for arm in found.arms if arm.strategy == strategy]
        first, names = arms[0], words.listed([words.arm(arm.arm) for arm in arms])
        filled = f", {first.with_fallback:,} of them with popular ones" if plan.fills_up else ""
        people = words.plural(first.complete, "customer")
        lines.append(
            f"- {names}: **{_strategy(strategy)}**. {people} with {_NAMES[plan.items]} {noun}"
            f"{filled}; {words.plural(first.products, 'different product')} in all."
        )
    return lines


def _left_out(plan: ProductPlan, found: ProductCoverage, *, is_launched: bool) -> str:
    """Say what becomes of the others, and what would reach more of them."""
    missing = found.members - found.full
    if not missing:
        return ""
    others = "customer gets" if missing == 1 else f"{missing:,} get"
    told = f"The other {others} no message of this campaign."
    if not is_launched and not plan.fills_up and found.filled_up > found.full:
        told += f" Filling up with popular products would reach up to {found.filled_up:,}."
    return told


def _buttons(
    state: CampaignState, plan: ProductPlan, found: ProductCoverage, actor: str
) -> None:  # fmt: skip
    label = "Refresh products" if found.is_worked_out else "Work out the products"
    with st.container(horizontal=True):
        if st.button(
            label, icon=":material/refresh:", key="refresh_products",
            help="Asks orders, events and catalogue of today. After a sign-off it wants a new one.",
        ):  # fmt: skip
            _refresh(state, actor)
        if st.button("Change…", icon=":material/tune:", key="change_products"):
            _form(state, plan, actor)
        if st.button("Show no products", icon=":material/close:", key="drop_products"):
            with shell.told():
                campaign.drop_products(shell.store(), state.campaign_id, actor=actor)
                shell.say("The messages name no products any more.")
                st.rerun()


def _refresh(state: CampaignState, actor: str) -> None:
    with shell.told():
        campaign.start_refreshing(
            shell.jobs(), shell.store(), shell.settings(), state.campaign_id, actor=actor
        )
        st.rerun()


@st.dialog("Products in the messages", icon=":material/redeem:")
def _form(state: CampaignState, plan: ProductPlan | None, actor: str) -> None:
    """Ask for a strategy for each variant, how many products, and what becomes of the rest."""
    with st.form("product_plan", border=False):
        st.caption(
            "The same for every variant tests the texts. A different one for each tests how "
            "products are chosen."
        )
        chosen = {
            arm: st.selectbox(
                words.arm(arm), (_NONE, *STRATEGIES), key=f"strategy_{arm}",
                index=_place(plan.strategy_of(arm) if plan else "for_you"),
                format_func=lambda name: _strategy(name) if name else "No products",
            )
            for arm in ascii_uppercase[: shell.settings().generation.variants]
        }  # fmt: skip
        with st.expander("What each strategy does", icon=":material/help:"):
            st.markdown(
                "\n".join(
                    f"- **{_strategy(name)}**: {words.STRATEGY_HELP[name]}" for name in STRATEGIES
                )
            )
        items = st.number_input(
            "Products in each message", 1, MOST_PRODUCTS, plan.items if plan else 2, key="items"
        )
        fills_up = st.checkbox(
            "Fill up with popular products", value=plan.fills_up if plan else False, key="fills_up",
            help="More customers have a full set. The texts then do not say how products were "
            "chosen, since that would not be true of everybody.",
        )  # fmt: skip
        is_split = st.checkbox(
            "Write for each product family", value=plan.is_split if plan else False, key="is_split",
            help="Splits the segments by the family of the first product, so that texts and "
            "sources suit it. All variants need the same strategy. It takes more messages.",
        )  # fmt: skip
        if plan:
            st.caption("Messages of variants that change are retired and written anew.")
        if st.form_submit_button("Work out the products", type="primary"):
            _keep(state, chosen, int(items), (is_split, fills_up), actor)


def _place(strategy: str) -> int:
    return (_NONE, *STRATEGIES).index(strategy)


def _keep(
    state: CampaignState,
    chosen: dict[str, str],
    items: int,
    options: tuple[bool, bool],
    actor: str,
) -> None:
    is_split, fills_up = options
    with shell.told():
        campaign.plan_products(
            shell.store(), state.campaign_id, items=items, is_split=is_split, fills_up=fills_up,
            arms={arm: strategy for arm, strategy in chosen.items() if strategy}, actor=actor,
        )  # fmt: skip
        campaign.start_refreshing(
            shell.jobs(), shell.store(), shell.settings(), state.campaign_id, actor=actor
        )
        st.rerun()
