"""The form of a design: what decides, what is watched, the shares, and the day of reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from personalization.reports import experiment as reports
from personalization.reports import intake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.delta_generator import DeltaGenerator

    from personalization.reports.campaigns import CampaignState

METRICS: Final = ("click", "conversion", "revenue")
GUARDRAILS: Final = ("unsubscribe", "complaint")
_ADJUSTABLE: Final = ("conversion", "revenue")
_DAYS: Final = 14  # e-mail responses have practically all come in by then
_PRE_DAYS: Final = 90
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form says; shares and lifts as fractions.

    Attributes:
        variants: Which of the written variants take part.
        margins: Of each guardrail, as a share of recipients.
        cap: What a customer's revenue counts with at most, or None.
    """

    metric: str
    secondary: tuple[str, ...]
    margins: tuple[tuple[str, float], ...]
    relevant_lift: float
    control_weight: float
    holdout_weight: float
    variants: tuple[str, ...]
    analysis_on: date
    cap: float | None
    is_adjusted: bool


def form(
    state: CampaignState, found: reports.Design | None, variants: tuple[str, ...]
) -> tuple[Choices, DeltaGenerator]:
    """Draw the form, filled as the design stands or as the settings say.

    Args:
        state: The campaign.
        found: Its design, if one was made before.
        variants: The arms that messages were written for.

    Returns:
        What was chosen, and the place where ``hints`` go once it is planned.
    """
    _fill(state, found, variants)
    with st.grid(4, min_column_width=180, key="choices"):
        metric = st.selectbox(
            "What decides", METRICS, key="metric", format_func=words.METRIC.__getitem__,
            persist_state="session",
            help="The one number that the verdict rests on.",
        )  # fmt: skip
        control = st.slider(
            "Control text", 1, 99, step=1, format="%d%%", key="control", persist_state="session",
            help="Share of each segment that gets the control text.",
        )  # fmt: skip
        holdout = st.slider(
            "No message", 0, 90, step=1, format="%d%%", key="holdout", persist_state="session",
            help="Share that gets nothing from this campaign, to see what mailing itself brings.",
        )  # fmt: skip
        analysis_on = st.date_input(
            "Responses count until", key="analysis_on", min_value=state.send_on,
            format="DD/MM/YYYY", persist_state="session",
            help="The result is read the day after. Looking earlier and stopping at a good moment "
            "makes chance look like success.",
        )  # fmt: skip
    summary = st.empty()
    with st.expander("More choices", icon=":material/tune:", key="more_choices"):
        secondary, relevant, variants = _measured(metric, variants)
        margins = _margins()
        with st.grid(2, min_column_width=220, key="amounts"):
            cap = _cap(metric, secondary, state.dataset_id)
            place = st.container()
    chosen = Choices(
        metric, secondary, margins, relevant, control / _PERCENT, holdout / _PERCENT, variants,
        analysis_on, cap, is_adjusted=st.session_state["is_adjusted"] and metric in _ADJUSTABLE,
    )  # fmt: skip
    summary.caption(_in_short(chosen))
    return chosen, place


def as_plan(chosen: Choices, written: tuple[str, ...]) -> dict[str, Any]:
    """Return the choices as ``campaign.plan_experiment`` takes them; ``written`` are all arms."""
    return {
        "metric": chosen.metric,
        "secondary": chosen.secondary,
        "guardrails": dict(chosen.margins),
        "relevant_lift": chosen.relevant_lift,
        "control_weight": chosen.control_weight,
        "holdout_weight": chosen.holdout_weight,
        "variants": None if chosen.variants == written else chosen.variants,
        "analysis_on": chosen.analysis_on,
        "cap": chosen.cap,
        "pre_days": _PRE_DAYS if chosen.is_adjusted else 0,
    }


def leaves_nobody(chosen: Choices) -> bool:
    """Say so where two shares leave nobody for the variants, with the way out; True if they do."""
    if chosen.control_weight + chosen.holdout_weight < 1:
        return False
    usual = shell.settings().experiments
    control, holdout = (
        words.percent(share, 0) for share in (chosen.control_weight, chosen.holdout_weight)
    )
    st.error(
        f"“Control text” takes {control} and “No message” {holdout}, which leaves nobody for the "
        "variants. Move one of the two sliders down, until both together stay below 100%.",
        icon=":material/tune:", title="Nobody is left for the variants",
    )  # fmt: skip
    fields = {
        "control": round(_PERCENT * usual.control_weight),
        "holdout": round(_PERCENT * usual.holdout_weight),
    }
    st.button("Put both back to usual", icon=":material/undo:", key="usual_shares",
              on_click=change, args=(fields,))  # fmt: skip
    return True


def hints(place: DeltaGenerator, plan: reports.Plan) -> None:
    """Offer to sharpen the reading where that is possible, with what the orders on record say."""
    order, known = plan.order, plan.foresight
    can_adjust = known is not None and bool(known.buyers_before)
    if st.session_state["is_adjusted"] and not can_adjust:
        st.session_state["is_adjusted"] = False
        st.rerun()
    said = "Possible where purchases or revenue decide: nobody clicked this campaign before."
    if known is not None:
        said = "Nobody in the test bought shortly before, so there is nothing to go by."
    if known is not None and known.buyers_before and known.rho_squared is not None:
        said = (
            f"{words.plural(known.buyers_before, 'person', 'people')} bought in the "
            f"{known.pre_days} days before. Knowing that takes about "
            f"{words.percent(known.rho_squared, 0)} off the noise."
        )
    if order is not None and order.high is not None:
        high = order.money(order.high, 0)
        said += f" 99 of 100 orders on record stay below {high}: a sensible limit."
    with place:
        st.space("xsmall")
        st.toggle(
            "Use what people bought before to sharpen the reading", key="is_adjusted",
            persist_state="session", disabled=not can_adjust,
            help=f"Purchases in the {_PRE_DAYS} days before tell part of how much somebody buys "
            "anyway, and that part is taken out (CUPED).",
        )  # fmt: skip
        st.caption(words.plain(said))


def fields_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the form that stand for arguments of ``campaign.plan_experiment``."""
    fields: dict[str, Any] = {
        name: arguments[name] for name in ("metric", "cap") if name in arguments
    }
    if "secondary" in arguments:
        fields["secondary"] = [name for name in arguments["secondary"] if name in METRICS]
    if "variants" in arguments:
        fields["variants"] = list(arguments["variants"])
    if "pre_days" in arguments:
        fields["is_adjusted"] = arguments["pre_days"] > 0
    if "guardrails" in arguments:
        margins = arguments["guardrails"]
        fields |= {
            name: _PERCENT * margins[name] if name in margins else None for name in GUARDRAILS
        }
    for name in ("control", "holdout"):
        if f"{name}_weight" in arguments:
            fields[name] = round(_PERCENT * arguments[f"{name}_weight"])
    return fields


def change(fields: Mapping[str, Any]) -> None:
    """Set fields of the form; for a button's ``on_click``."""
    st.session_state.update(fields)


def _fill(state: CampaignState, found: reports.Design | None, variants: tuple[str, ...]) -> None:
    """Give each field its first value; another campaign begins anew."""
    own = st.session_state
    first = _first_values(state, found, variants)
    if own.get("designs") != state.campaign_id:
        own["designs"] = state.campaign_id
        own.update(first)
    for name, value in first.items():
        own.setdefault(name, value)
    own["secondary"] = [name for name in own["secondary"] if name != own["metric"]]
    own["variants"] = [arm for arm in variants if arm in own["variants"]] or list(variants)
    own["analysis_on"] = max(own["analysis_on"], state.send_on)


def _first_values(
    state: CampaignState, found: reports.Design | None, variants: tuple[str, ...]
) -> dict[str, Any]:
    usual = shell.settings().experiments
    margins: dict[str, float | None] = {"unsubscribe": usual.unsubscribe_margin}
    values: dict[str, Any] = {
        "metric": state.brief.metric,
        "secondary": list(METRICS),
        "relevant": _PERCENT * usual.relevant_lift,
        "cap": None,
        "is_adjusted": False,
        "control": round(_PERCENT * usual.control_weight),
        "holdout": round(_PERCENT * usual.holdout_weight),
        "variants": list(variants),
        "analysis_on": state.send_on + timedelta(days=_DAYS),
    }
    if found is not None:
        fixed = reports.declared(found)
        values |= {
            "metric": fixed.decides, "secondary": list(fixed.secondary) or list(METRICS),
            "relevant": _PERCENT * fixed.relevant_lift, "cap": fixed.cap,
            "is_adjusted": fixed.pre_days > 0, "analysis_on": fixed.analysis_on,
        }  # fmt: skip
        margins = dict(fixed.guardrails)
    in_points = {name: _PERCENT * margin for name, margin in margins.items() if margin is not None}
    return values | {name: in_points.get(name) for name in GUARDRAILS}


def _measured(
    metric: str, variants: tuple[str, ...]
) -> tuple[tuple[str, ...], float, tuple[str, ...]]:
    with st.grid(3, min_column_width=220, key="measured"):
        secondary = st.multiselect(
            "Also measured", [name for name in METRICS if name != metric], key="secondary",
            format_func=words.METRIC.__getitem__, persist_state="session",
            help="Reported with its interval. It cannot turn the verdict.",
        )  # fmt: skip
        relevant = st.number_input(
            "Smallest lift that matters (%)", 0.1, 1000.0, step=1.0, format="%g", key="relevant",
            persist_state="session",
            help="Below it, a difference would not change what you do. The test ends with "
            "'no difference' once it can rule out anything larger.",
        )  # fmt: skip
        chosen = st.multiselect(
            "Variants in the test", variants, key="variants", format_func=words.arm,
            persist_state="session",
            help="Fewer variants leave more people for each, so that smaller lifts are noticed.",
        )  # fmt: skip
    return tuple(secondary), relevant / _PERCENT, tuple(chosen) or variants


def _margins() -> tuple[tuple[str, float], ...]:
    said = {"unsubscribe": "Unsubscribes may rise by", "complaint": "Complaints may rise by"}
    with st.grid(2, min_column_width=220, key="guardrails"):
        entered = {
            name: st.number_input(
                # Without a value of its own, so that the field can be emptied again.
                f"{said[name]} (points)", 0.001, 99.0, None, 0.1, format="%g", key=name,
                persist_state="session", placeholder="No guardrail",
                help="Percentage points over the control text. A variant wins only once it is "
                "shown to do less harm than this. Empty the field for no such guardrail.",
            )
            for name in GUARDRAILS
        }  # fmt: skip
    return tuple((name, each / _PERCENT) for name, each in entered.items() if each is not None)


def _cap(metric: str, secondary: tuple[str, ...], dataset_id: str) -> float | None:
    has_revenue = "revenue" in {metric, *secondary}
    currency = intake.currency_of(shell.store(), dataset_id)
    unit = f" ({currency})" if currency else ""
    cap = st.number_input(
        f"Count each person's revenue up to{unit}", 1.0, None, None, 50.0, format="%.2f", key="cap",
        placeholder="No limit", persist_state="session", disabled=not has_revenue,
        help="One very large order can decide a whole test. The revenue as it was is shown "
        "beside it. Empty the field for no limit.",
    )  # fmt: skip
    return cap if has_revenue else None


def _points(margin: float) -> str:
    points = f"{_PERCENT * margin:g}"
    return f"{points} point" if points == "1" else f"{points} points"


def _in_short(chosen: Choices) -> str:
    """Say what the folded choices come to."""
    also = [words.METRIC[name].lower() for name in chosen.secondary]
    margins = [
        f"{words.METRIC[name].lower()} may rise by up to {_points(margin)}"
        for name, margin in chosen.margins
    ]
    said = [
        f"Also measured: {words.listed(also)}." if also else "",
        f"Guardrails: {words.listed(margins)}." if margins else "",
        "Opens are listed as a diagnostic only: mail programs open mail by themselves.",
    ]
    return words.plain(" ".join(filter(None, said)))
