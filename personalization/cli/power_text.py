"""What a test of a given size can show, in a few sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalization.experiments.metrics import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def power_text(document: Mapping[str, Any]) -> str:
    """Write the document of ``power`` for a reader; the curve is in the JSON only."""
    told = [*_needed(document), *_given(document)]
    return "\n".join([*told, "The smallest lift for a range of sizes: --json."])


def _needed(document: Mapping[str, Any]) -> Iterator[str]:
    if document["metric"] == "binary":
        base = f"on a base rate of {percent(document['base_rate'])}"
    else:
        base = f"on a mean of {document['mean']:g} (standard deviation {document['sd']:g})"
    sure = f"{percent(document['wanted_power'])} power and {percent(document['confidence'])}"
    yield (
        f"To notice a lift of {percent(document['lift'])} {base} with {sure} confidence, each arm "
        f"needs {document['needed_per_arm']:,} customers: {document['needed_customers']:,} for "
        f"{_variants(document['variants'])} and the control."
    )
    if document["variants"] > 1:
        yield (
            "To notice it with all variants held against the control at once, each arm needs "
            f"{document['needed_for_winner']:,}."
        )


def _given(document: Mapping[str, Any]) -> Iterator[str]:
    if not document["n_per_arm"]:
        return
    yield (
        f"With {document['n_per_arm']:,} customers per arm the chance to notice that lift in one "
        f"comparison is {percent(document['power'])}."
    )
    if document["detectable_lift"] is None:
        yield "No lift, however large, would be noticed with so few."
    else:
        yield (
            f"The smallest lift that so many notice with {percent(document['wanted_power'])} "
            f"power is {percent(document['detectable_lift'])}."
        )


def _variants(n: int) -> str:
    return "1 variant" if n == 1 else f"{n} variants"
