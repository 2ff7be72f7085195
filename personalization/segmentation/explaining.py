"""One customer at a time: why this person is here, and who else is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, StateError
from personalization.segmentation import rfm, rfm_words
from personalization.segmentation.history import HISTORY, base_of, statement
from personalization.segmentation.kmeans import distances_of
from personalization.segmentation.membership import segment_now
from personalization.segmentation.rules import REST, read_rules
from personalization.segmentation.rules_membership import (
    JUDGEMENTS,
    bind_conditions,
    condition_words,
)
from personalization.segmentation.wording import counted, day, days_long, listed, number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalization.segmentation.values import Base
    from personalization.store import Store

_SEGMENTATION: Final = """
    SELECT method, CAST(parameters AS VARCHAR), as_of FROM segmentations
    WHERE campaign_id = $campaign_id
"""

_MEMBER: Final = """
    SELECT segment FROM segment_members
    WHERE campaign_id = $campaign_id AND customer_id = $customer_id
"""

_OWN_HISTORY: Final = statement(
    HISTORY,
    """
    SELECT recency_days, n_orders, spent FROM history WHERE customer_id = $customer_id
""",
)

# A hash of the id draws the same people each time, and not only the ones imported first.
_SAMPLE: Final = statement(
    HISTORY,
    """
    SELECT history.customer_id, first_name, country, last_order_at, recency_days,
           n_orders AS orders, spent AS total_spent, favourite_category, consent_email
    FROM segment_members AS members
    JOIN history ON history.customer_id = members.customer_id
    WHERE members.campaign_id = $campaign_id AND members.segment = $segment
    ORDER BY md5(concat_ws(':', $campaign_id, history.customer_id)), history.customer_id
    LIMIT $limit
""",
)

_SEGMENTS: Final = """
    SELECT segment FROM segments WHERE campaign_id = $campaign_id ORDER BY position
"""

_PARENT_ARM: Final = """
    SELECT campaigns.name,
           (SELECT max(assignments.arm) FROM assignments
            JOIN experiments ON experiments.experiment_id = assignments.experiment_id
            WHERE experiments.campaign_id = campaigns.campaign_id
              AND assignments.customer_id = $customer_id)
    FROM campaigns WHERE campaigns.campaign_id = $parent_id
"""


def explain_member(store: Store, campaign_id: str, customer_id: str) -> str:
    """Say why a customer is in their segment, with their own numbers against the rule.

    Args:
        store: Reads the campaign's segmentation and this one customer.
        campaign_id: A campaign whose segments have been kept.
        customer_id: As it stands in ``customers``.

    Returns:
        A few sentences. If the customer's numbers have changed since the segments were kept,
        they say so and name the segment of today.

    Raises:
        InputError: The campaign or the customer does not exist.
        StateError: The campaign has no segments yet.
    """
    base, method, parameters = _kept(store, campaign_id)
    member = store.read_one(_MEMBER, campaign_id=campaign_id, customer_id=customer_id)
    now = segment_now(store, base, method, parameters, customer_id)
    reason = _REASONS[method](store, base, parameters, customer_id)
    if member is None:
        return f"Customer {customer_id} is in no segment of this campaign. {reason}"
    changed = "" if now == member[0] else (
        " Their numbers have changed since the segments were kept: by those of today they would "
        f"be in {now!r}."
        if now else " By what is known today they would be in no segment any more."
    )  # fmt: skip
    return f"Customer {customer_id} is in {member[0]!r}. {reason}{changed}"


def sample_members(
    store: Store, campaign_id: str, segment: str, limit: int = 10
) -> list[dict[str, Any]]:
    """Show some people of a segment, the same ones each time.

    Returns:
        At most ``limit`` rows of customer_id, first_name, country, last_order_at,
        recency_days, orders, total_spent, favourite_category and consent_email.

    Raises:
        InputError: The campaign has no such segment.
        StateError: The campaign has no segments yet.
    """
    base, _, _ = _kept(store, campaign_id)
    known = [name for (name,) in store.read(_SEGMENTS, campaign_id=campaign_id)]
    if segment not in known:
        raise InputError(f"There is no segment {segment!r}. There is: {', '.join(known)}.")
    return store.records(
        _SAMPLE, campaign_id=campaign_id, segment=segment, limit=limit,
        dataset_id=base.dataset_id, as_of=base.as_of,
    )  # fmt: skip


def _kept(store: Store, campaign_id: str) -> tuple[Base, str, dict[str, Any]]:
    base = base_of(store, campaign_id)
    row = store.read_one(_SEGMENTATION, campaign_id=campaign_id)
    if row is None:
        raise StateError("This campaign has no segments yet. Choose them on the Segments page.")
    method, parameters, as_of = row
    return replace(base, as_of=as_of), method, json.loads(parameters)


def _history_of(store: Store, base: Base, customer_id: str) -> tuple[float | None, float, float]:
    row = store.read_one(
        _OWN_HISTORY, dataset_id=base.dataset_id, as_of=base.as_of, customer_id=customer_id
    )
    if row is None:
        raise InputError(f"Customer {customer_id!r} is not in this customer base.")
    recency_days, n_orders, spent = row
    return recency_days, float(n_orders), float(spent)


def _without_history(n_orders: float) -> str:
    if n_orders:
        return f"{counted(n_orders, 'order')} on record, but no date of any of them."
    return "No order on record."


def _merged(group: str, parameters: Mapping[str, Any]) -> str:
    into = parameters.get("merges", {}).get(group)
    return f"{group!r}, which was merged into {into!r}" if into else f"{group!r}"


def _by_rfm(store: Store, base: Base, parameters: Mapping[str, Any], customer_id: str) -> str:
    recency_days, n_orders, spent = _history_of(store, base, customer_id)
    if recency_days is None:
        return _without_history(n_orders)
    values, cuts = (recency_days, n_orders, spent), parameters["cut_points"]
    scores = rfm.scores_of(*values, cuts)
    why = rfm_words.why_words(values, scores, cuts, base.as_of)
    box = _merged(rfm.box_of(*scores[:2]).name, parameters)
    return f"{why} Recency {scores[0]} with frequency {scores[1]} is {box}."


def _by_kmeans(store: Store, base: Base, parameters: Mapping[str, Any], customer_id: str) -> str:
    recency_days, n_orders, spent = _history_of(store, base, customer_id)
    if recency_days is None:
        return _without_history(n_orders)
    (near, group), (next_near, other), *_ = distances_of(recency_days, n_orders, spent, parameters)
    return (
        f"The last order was {days_long(number(recency_days, 1))} before {day(base.as_of)}, with "
        f"{counted(n_orders, 'order')} and {number(spent)} spent in all. The nearest group is "
        f"{_merged(group, parameters)}, at a distance of {number(near, 2)}; the next one is "
        f"{other!r}, at {number(next_near, 2)}."
    )


def _by_rules(store: Store, base: Base, parameters: Mapping[str, Any], customer_id: str) -> str:
    _history_of(store, base, customer_id)
    rules = read_rules(parameters["rules"])
    judged = store.read(
        JUDGEMENTS, customer_id=customer_id, dataset_id=base.dataset_id, as_of=base.as_of,
        **bind_conditions(rules),
    )  # fmt: skip
    said: list[str] = []
    for place, rule in enumerate(rules, 1):
        own = [row for row in judged if row[0] == place]
        missed = [row for row in own if not row[4]]
        reasons = [
            f"{condition_words(rule.conditions[position - 1])} (theirs: {_own(own_number, text)})"
            for _, position, own_number, text, _ in missed or own
        ]
        if not missed:
            return " ".join(
                [*said, f"Rule {_merged(rule.name, parameters)} fits: {listed(reasons)}."]
            )
        said.append(f"Rule {rule.name!r} does not fit, as it asks that {reasons[0]}.")
    return " ".join([*said, f"No rule fits, which is {_merged(REST, parameters)}."])


def _own(own_number: float | None, own_text: str | None) -> str:
    if own_text is not None:
        return own_text
    return "not known" if own_number is None else number(own_number, 1)


def _by_inheritance(
    store: Store, base: Base, parameters: Mapping[str, Any], customer_id: str
) -> str:
    _history_of(store, base, customer_id)
    parent_id = parameters["parent_id"]
    row = store.read_one(_PARENT_ARM, parent_id=parent_id, customer_id=customer_id)
    name, arm = row or (parent_id, None)
    got = f"got arm {arm!r}" if arm else "were in no arm"
    before = explain_member(store, parent_id, customer_id)
    return f"In the campaign {name!r} they {got}. There: {before}"


_REASONS: Final[Mapping[str, Callable[[Store, Base, Mapping[str, Any], str], str]]] = {
    "rfm": _by_rfm,
    "kmeans": _by_kmeans,
    "rules": _by_rules,
    "inherited": _by_inheritance,
}
