"""From a campaign to a proposal: fit, count, and say what is too small."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Segment
from personalization.errors import InputError
from personalization.segmentation import rfm_words
from personalization.segmentation.history import base_of
from personalization.segmentation.kmeans import fit_kmeans
from personalization.segmentation.membership import count_members
from personalization.segmentation.merging import (
    merged_rule,
    propose_merges,
    resolve,
    smallest_size,
)
from personalization.segmentation.rfm import fit_rfm
from personalization.segmentation.rules import STARTER_RULES, Rule, read_rules
from personalization.segmentation.rules_membership import fit_rules
from personalization.segmentation.values import METHODS, Segmentation
from personalization.segmentation.wording import counted, day, listed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from personalization.segmentation.membership import Count
    from personalization.segmentation.values import Base, Fitted, Group
    from personalization.settings import Segmentation as Options
    from personalization.settings import Settings
    from personalization.store import Store

_SAVED_RULES: Final = """
    SELECT CAST(parameters AS VARCHAR) FROM segmentations
    WHERE campaign_id = $campaign_id AND method = 'rules'
"""

_CUSTOMERS: Final = "SELECT count(*) FROM customers WHERE dataset_id = $dataset_id"


def fit_segments(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    method: str | None = None,
    rules: tuple[Rule, ...] | None = None,
    n_clusters: int | None = None,
    merges: Mapping[str, str] | None = None,
) -> Segmentation:
    """Group the campaign's customers, and count what that makes; nothing is written.

    Args:
        store: Reads ``campaigns``, ``customers`` and ``customer_attributes``.
        settings: Of which ``segmentation`` says method, sizes, sample and seed.
        campaign_id: Whose customers.
        method: rfm, kmeans or rules; None for the one in the settings.
        rules: For method rules; None for the campaign's saved ones, or else the starters.
        n_clusters: For method kmeans, 2 to 10; None lets the data choose.
        merges: Segments to put into others, small name to large name; ``small`` of an
            earlier proposal is what it may be.

    Returns:
        The proposal. The same customers give the same one, whatever the order of their rows.

    Raises:
        InputError: There is no such campaign, method or segment, or too little to go by.
    """
    base = base_of(store, campaign_id)
    chosen = method or settings.segmentation.method
    if chosen not in METHODS:
        raise InputError(f"There is no method {chosen!r}. Choose one of: {', '.join(METHODS)}.")
    if chosen == "rules":
        fitted = fit_rules(store, base, rules or _saved_rules(store, campaign_id))
    else:
        fitted = _fit_history(store, base, settings.segmentation, chosen, n_clusters)
    proposal = propose(store, base, fitted, settings.segmentation, merges or {})
    if not proposal.segments:
        raise InputError("This customer base is empty. Import a file of customers first.")
    return proposal


def _fit_history(
    store: Store, base: Base, options: Options, method: str, n_clusters: int | None
) -> Fitted:
    if method == "rfm":
        return fit_rfm(store, base, sample=options.sample, seed=options.seed)
    return fit_kmeans(
        store, base, sample=options.sample, seed=options.seed,
        most_clusters=options.most_clusters, n_clusters=n_clusters,
    )  # fmt: skip


def _saved_rules(store: Store, campaign_id: str) -> tuple[Rule, ...]:
    row = store.read_one(_SAVED_RULES, campaign_id=campaign_id)
    return read_rules(json.loads(row[0])["rules"]) if row else STARTER_RULES


def propose(
    store: Store, base: Base, fitted: Fitted, options: Options, merges: Mapping[str, str]
) -> Segmentation:
    """Count a method's groups after the merges asked for, and propose the merges still missing."""
    resolved = resolve(merges, fitted.groups)
    parameters = {**fitted.parameters, "merges": resolved}
    counts, total = count_members(store, base, fitted.method, parameters)
    groups = tuple(group for group in fitted.groups if group.name in counts)
    needed = smallest_size(
        total.people,
        minimum_customers=options.minimum_customers, minimum_share=options.minimum_share,
    )  # fmt: skip
    sizes = {name: count.customers for name, count in counts.items()}
    small = propose_merges(sizes, groups, needed)
    return Segmentation(
        fitted.method,
        parameters,
        _quality(store, base, fitted, counts, total),
        base.as_of,
        tuple(_segment(group, fitted.groups, resolved, counts[group.name]) for group in groups),
        small,
        (*fitted.notes, *_empty_notes(fitted, resolved, counts)),
    )


def _segment(
    group: Group, groups: tuple[Group, ...], merges: Mapping[str, str], count: Count
) -> Segment:
    taken_in = tuple(other for other in groups if merges.get(other.name) == group.name)
    rule = merged_rule(group, taken_in)
    return Segment(group.name, rule, group.description, count.customers, count.profile)


def _quality(
    store: Store, base: Base, fitted: Fitted, counts: Mapping[str, Count], total: Count
) -> dict[str, float | None]:
    """Hold the counts against the dataset: who is in no segment, and who is in two."""
    n_customers = store.read(_CUSTOMERS, dataset_id=base.dataset_id)[0][0]
    return {
        "coverage": total.people / n_customers if n_customers else 0.0,
        "overlap": float(total.customers - total.people),
        "silhouette": fitted.silhouette,
        "bootstrap_agreement": fitted.bootstrap_agreement,
        "smallest_share": min(
            (count.customers / total.customers for count in counts.values()), default=None
        ),
    }


def _empty_notes(
    fitted: Fitted, merges: Mapping[str, str], counts: Mapping[str, Count]
) -> tuple[str, ...]:
    """Name the rules that nobody fits: likely a slip, while an empty box of RFM is none."""
    if fitted.method != "rules":
        return ()
    empty = [g.name for g in fitted.groups[:-1] if g.name not in counts and g.name not in merges]
    return tuple(f"Nobody is in {name!r}, so it makes no segment." for name in empty)


def method_words(method: str, parameters: Mapping[str, Any], as_of: date) -> str:
    """Explain in a few sentences how a segmentation was made.

    Args:
        method: rfm, kmeans, rules or inherited.
        parameters: Those of the proposal, or of ``segmentations.parameters``.
        as_of: The day from which recency is counted.
    """
    if method == "rfm":
        said = rfm_words.method_sentence(parameters["cut_points"], as_of)
    elif method == "kmeans":
        said = (
            f"k-means puts {counted(parameters['customers_fitted'], 'buyer')} into "
            f"{parameters['n_clusters']} groups of similar recency (counted to {day(as_of)}), "
            "number of orders and spend, each on a log scale so that a few very large buyers do "
            "not pull the groups apart; everybody joins the nearest group."
        )
    elif method == "rules":
        names = listed([repr(rule["name"]) for rule in parameters["rules"]], "then")
        said = f"Your rules are tried in this order: {names}. The first one that fits decides."
    else:
        said = (
            "These are the segments of the campaign before, without everybody who has already "
            "had the winning message."
        )
    merges = [f"{small!r} into {into!r}" for small, into in parameters.get("merges", {}).items()]
    return f"{said} Merged: {listed(merges)}." if merges else said
