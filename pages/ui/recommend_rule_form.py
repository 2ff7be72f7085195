"""The rules of recommendations as a form: each value as its type wants, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import recommend_rule_words as told
from pages.ui import words
from pages.ui.words import plain
from personalization.domain import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    Place = tuple[str, ...]
    Known = Mapping[str, Mapping[str, int]]

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Products": ("products",),
    "Customers": ("customers",),
    "Lists": ("ranking",),
    "Strategies": STRATEGIES,
}
"""The views of the form, and the sections of the policy that each shows."""


def show(view: str, values: Mapping[Place, Any], known: Known, turn: int) -> dict[Place, Any]:
    """Draw the fields of a view, and return all values as they are now.

    Args:
        view: One of SECTIONS.
        values: Of the draft, by place.
        known: The families, tags and gates of the catalogue, as ``reports.catalogue_words``.
        turn: Part of every widget's key: a new one makes the form begin anew.
    """
    typed = dict(values)
    for section in SECTIONS[view]:
        if not any(place[0] == section for place in values):
            continue
        if view == "Strategies":
            st.markdown(f"**{words.STRATEGY[section]}**  \n:gray[{words.STRATEGY_HELP[section]}]")
        places = [place for place in values if place[0] == section]
        switches = [place for place in places if isinstance(values[place], bool)]
        if switches:
            with st.grid("auto", min_column_width=300, key=f"switches_{section}"):
                for place in switches:
                    typed[place] = _field(place, values[place], known, turn)
        with st.grid("auto", min_column_width=300, gap="medium", key=f"rules_{section}"):
            for place in places:
                if place not in switches:
                    typed[place] = _field(place, values[place], known, turn)
    if view == "Customers":
        typed.update(_gates(values, known["gates"], turn))
    return typed


def _field(place: Place, value: Any, known: Known, turn: int) -> Any:  # noqa: ANN401
    """Draw one value of the policy as its type wants, and return what is typed."""
    label, note = told.FIELD[place]
    key = f"rule_{'.'.join(place)}_{turn}"
    if isinstance(value, bool):
        return st.toggle(label, value, key=key, help=note or None)
    if isinstance(value, str):
        options = told.CHOICES[place]
        return st.selectbox(
            label, list(options), index=list(options).index(value), key=key, help=note or None,
            format_func=options.__getitem__,
        )  # fmt: skip
    if isinstance(value, tuple):
        return _words(place, value, known, key)
    return _number(place, value, label, key, note or None)


def _number(place: Place, value: float, label: str, key: str, note: str | None) -> float:
    if place in told.SHARES:
        return st.slider(label, 0.0, 1.0, float(value), 0.05, format="percent", key=key, help=note)
    if isinstance(value, int):
        return int(st.number_input(label, 0, value=value, key=key, help=note))
    step = told.STEPS.get(place, 1.0)
    return float(
        st.number_input(label, 0.0, value=value, step=step, format="%g", key=key, help=note)
    )


def _words(place: Place, value: tuple[str, ...], known: Known, key: str) -> tuple[str, ...]:
    """Let families, tags, products or countries be chosen, or typed where there is no list."""
    label, note = told.FIELD[place]
    offered = known.get(told.OFFERED.get(place, ""), {})
    options = list(dict.fromkeys([*value, *offered]))
    return tuple(
        st.multiselect(
            label, options, list(value), key=key, help=note or None, accept_new_options=True,
            placeholder="None" if place in told.OFFERED else "None; type a number, then Enter",
            format_func=lambda word: f"{word} ({offered[word]:,})" if word in offered else word,
        )
    )  # fmt: skip


def _gates(values: Mapping[Place, Any], known: Mapping[str, int], turn: int) -> dict[Place, Any]:
    """Draw who may be shown what is behind a gate; gates of the catalogue that nobody opens too."""
    st.markdown(
        "**Gates**  \n:gray[Who may be shown a product that the catalogue puts behind a gate. Who "
        "does not meet it, or of whom it is not known, is not shown the product.]"
    )
    names = list(dict.fromkeys(place[1] for place in values if place[0] == "gates"))
    if shut := [name for name in known if name not in names]:
        st.warning(
            f"The catalogue has products behind {plain(words.listed(shut))}, which no rule opens: "
            "nobody is shown them. Name the gate under As text to let somebody through.",
            icon=":material/lock:",
        )  # fmt: skip
    typed: dict[Place, Any] = {}
    for name in names:
        used = f", {words.plural(known[name], 'product')}" if name in known else ", no product"
        with (
            st.expander(f"{plain(told.gate(name))}{used}", key=f"gate_{name}"),
            st.grid(3, min_column_width=220, key=f"gate_fields_{name}"),
        ):
            for key in told.GATE:
                place = ("gates", name, key)
                typed[place] = _gate_field(place, values[place], f"rule_{name}_{key}_{turn}")
    return typed


def _gate_field(place: Place, value: Any, key: str) -> Any:  # noqa: ANN401
    label, note = told.GATE[place[-1]]
    if isinstance(value, int):
        return int(st.number_input(label, 0, 120, value, key=key, help=note or None))
    return tuple(
        st.multiselect(
            label, value, list(value), key=key, help=note or None, accept_new_options=True,
            placeholder="Type a country, then Enter",
        )
    )  # fmt: skip
