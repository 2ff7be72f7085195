"""Setting a trigger: what it waits for, when, whom it spares, and which messages it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, trigger_words, words
from personalization import campaign
from personalization.domain import MOST_PRODUCTS, STRATEGIES

if TYPE_CHECKING:
    from personalization.campaign import Trigger, TriggerPlan
    from personalization.reports.triggers import Base, Sender

NO_PRODUCTS: Final = ""


def show(base: Base, senders: list[Sender], trigger: Trigger | None, actor: str) -> None:
    """Draw the form for a new trigger, or to change one."""
    of = trigger.trigger_id if trigger else "new"
    with st.container(border=True, key="trigger_form"):
        st.subheader(
            f"Change ‘{words.plain(trigger.name)}’" if trigger else "Add a trigger", anchor=False
        )
        event = trigger.event if trigger else _event()
        st.caption(trigger_words.EVENT_HELP[event])
        plan = trigger.plan if trigger else campaign.USUAL_PLANS[event]
        key = f"{of}_{event}"
        name = st.text_input(
            "Name", trigger.name if trigger else trigger_words.EVENT[event], key=f"name_{key}",
            max_chars=80, width=420,
        )  # fmt: skip
        chosen = _sender(senders, plan, key)
        changed = _plan(base, event, plan, chosen, key)
        is_on = st.toggle(
            "Switched on", trigger.is_on if trigger else bool(senders), key=f"on_{key}",
            help="While it is off nothing fires, and what has fired is not handed over.",
        )  # fmt: skip
        with st.container(horizontal=True):
            if st.button("Save the trigger", type="primary", key="save_trigger"):
                _save(base.dataset_id, name, event, changed, trigger, is_on=is_on, actor=actor)
            if st.button("Cancel", key="cancel_trigger"):
                st.session_state.pop("trigger_open", None)
                st.rerun()


def _event() -> str:
    return st.selectbox(
        "Waits for", campaign.TRIGGER_EVENTS, key="trigger_event", width=420,
        format_func=lambda one: trigger_words.EVENT[one],
    )  # fmt: skip


def _sender(senders: list[Sender], plan: TriggerPlan, key: str) -> tuple[str, str]:
    """Ask for the campaign and the variant that are sent, and return both."""
    if not senders:
        st.info(
            "There is no campaign on this customer base yet. A trigger sends a campaign's approved "
            "messages, each segment its own: make one, have its messages approved, and come back."
        )
        return "", plan.arm
    known = {one.campaign_id: one for one in senders}
    ids = list(known)
    left, right = st.columns([3, 2])
    with left:
        chosen = st.selectbox(
            "Sends the messages of", ids, key=f"campaign_{key}",
            index=ids.index(plan.campaign_id) if plan.campaign_id in known else 0,
            format_func=lambda one: (
                f"{known[one].name} · until {words.short_day(known[one].send_on)}"
            ),
            help="Texts and consents are judged for the send date of the campaign, so a trigger "
            "sends until that day. Launch the campaign or not: the trigger does not mind.",
        )  # fmt: skip
    arms = dict(known[chosen].arms)
    names = list(arms) or [plan.arm]
    with right:
        arm = st.selectbox(
            "Variant", names, key=f"arm_{key}_{chosen}",
            index=names.index(plan.arm) if plan.arm in names else 0,
            format_func=lambda one: (
                f"{words.arm(one)} · approved for {arms.get(one, 0)} of {known[chosen].segments}"
            ),
            help="For how many segments there is an approved message of it. Who is in another "
            "segment waits until there is one.",
        )  # fmt: skip
    return chosen, arm


def _plan(
    base: Base, event: str, plan: TriggerPlan, sender: tuple[str, str], key: str
) -> TriggerPlan:
    first, second, third, fourth = st.columns(4)
    with first:
        wait = st.number_input(
            "Wait, hours", 0, 1440, plan.wait_hours, key=f"wait_{key}",
            help="After the event, before it fires.",
        )  # fmt: skip
    with second:
        window = st.number_input(
            "May still fire for, hours", 1, 1440, plan.window_hours, key=f"window_{key}",
            help="What is older never fires, so that nobody gets a message about last month.",
        )  # fmt: skip
    with third:
        cool = st.number_input(
            "At most once in, days", 0, 1000, plan.cool_down_days, key=f"cool_{key}",
            help="For each customer.",
        )  # fmt: skip
    with fourth:
        priority = st.number_input(
            "Priority, 1 first", 1, 9, plan.priority, key=f"priority_{key}",
            help="Who has several reasons for a message gets that of the most important trigger.",
        )  # fmt: skip
    strategy, items = _products(plan, key)
    idle, category, interest, drop = _own(base, event, plan, key)
    return campaign.TriggerPlan(
        wait_hours=int(wait), window_hours=int(window), cool_down_days=int(cool),
        priority=int(priority), campaign_id=sender[0], arm=sender[1], strategy=strategy,
        items=items, idle_days=idle, category=category, interest_days=interest, least_drop=drop,
    )  # fmt: skip


def _products(plan: TriggerPlan, key: str) -> tuple[str, int]:
    left, right = st.columns([3, 1])
    with left:
        strategy = st.selectbox(
            "Products that go with the message", (NO_PRODUCTS, *STRATEGIES), key=f"strategy_{key}",
            index=(NO_PRODUCTS, *STRATEGIES).index(plan.strategy),
            format_func=lambda one: words.STRATEGY.get(one, "None"),
            help="Columns of the hand-over file, for tools that draw products themselves. They "
            "keep to the rules of the Recommendations page.",
        )  # fmt: skip
    with right:
        items = st.number_input("How many", 1, MOST_PRODUCTS, plan.items, key=f"items_{key}")
    return strategy, int(items)


def _own(base: Base, event: str, plan: TriggerPlan, key: str) -> tuple[int, str, int, float]:
    """Ask for what only this event has; the rest stays as it is."""
    idle, category = plan.idle_days, plan.category
    interest, drop = plan.interest_days, plan.least_drop
    if event == "inactivity":
        idle = int(st.number_input("Days without anything", 1, 1000, idle, key=f"idle_{key}"))
    if event == "purchase":
        families = ("", *base.categories)
        category = st.selectbox(
            "Only orders with", families, key=f"category_{key}", width=420,
            index=families.index(category) if category in families else 0,
            format_func=lambda one: one or "Any product",
        )  # fmt: skip
    if event in ("back_in_stock", "price_drop"):
        interest = int(st.number_input(
            "Who looked at it in the last, days", 1, 1000, interest, key=f"interest_{key}",
            help="Views, clicks, carts and wish lists count.",
        ))  # fmt: skip
    if event == "price_drop":
        drop = st.number_input(
            "From so much off, %", 0, 99, round(100 * drop), key=f"drop_{key}"
        ) / 100  # fmt: skip
    return idle, category, interest, drop


def _save(
    dataset_id: str,
    name: str,
    event: str,
    plan: TriggerPlan,
    trigger: Trigger | None,
    *,
    is_on: bool,
    actor: str,
) -> None:
    with shell.told():
        saved = campaign.save_trigger(
            shell.store(), dataset_id, name, event, plan, is_on=is_on, actor=actor,
            changes=trigger,
        )  # fmt: skip
        st.session_state.pop("trigger_open", None)
        shell.say(f"‘{saved.name}’ is saved" + ("." if is_on else ", and switched off."))
        st.rerun()
