"""The learnt shares of a campaign's own messages, kept as long as its lessons are on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from personalization.learning.allocation import Share, allocate
from personalization.learning.effects import PERSONAL, fit_effects
from personalization.learning.evidence import Kind, gather_cells, traits_of
from personalization.learning.wording import gained, trait
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.learning.effects import Effects
    from personalization.settings import Settings
    from personalization.store import Store

_KIND = "SELECT is_sample, metric, unit FROM campaign_kinds WHERE campaign_id = $campaign_id"
_MESSAGES = """
    SELECT variants.segment, variants.arm, variants.variant_id, variants.version, campaigns.seed,
           json_extract_string(variants.attributes, '$.tone') AS tone,
           json_extract_string(variants.attributes, '$.plan') AS plan,
           json_extract_string(variants.attributes, '$.opener') AS opener,
           json_extract_string(variants.attributes, '$.length') AS length,
           json_extract_string(variants.attributes, '$.topic') AS topic
    FROM current_variants AS variants
    JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
    WHERE variants.campaign_id = $campaign_id AND variants.arm NOT IN ('control', 'holdout')
    ORDER BY variants.segment, variants.arm
"""
_KEPT = """
    SELECT segment, arm, variant_id, version, weight, probability_best, reason FROM arm_weights
    WHERE campaign_id = $campaign_id ORDER BY segment, arm
"""
_CLEAR = "DELETE FROM arm_weights WHERE campaign_id = $campaign_id"
_KEEP = """
    INSERT INTO arm_weights
    VALUES ($campaign_id, $segment, $arm, $variant_id, $version, $weight, $probability_best,
            $reason, $now)
"""
_ALIKE: Final = 0.002  # shares closer than this are equal: the draws alone could part them


def kind_of(store: Store, campaign_id: str) -> Kind | None:
    """Return what a campaign can learn from; None where there is no such campaign."""
    row = store.read_one(_KIND, campaign_id=campaign_id)
    return Kind(bool(row[0]), str(row[1]), str(row[2])) if row else None


def weigh_arms(store: Store, settings: Settings, campaign_id: str, *, actor: str) -> int:
    """Work out the learnt shares of the campaign's messages, and keep them.

    Asked again while nothing changed, it writes nothing.  A segment with one message, or one
    whose messages nothing of what was learnt tells apart, has no rows: they share equally.

    Args:
        store: Reads ``current_variants`` and the evidence; replaces rows of ``arm_weights``.
        settings: ``learning.floor`` and ``learning.half_life``.
        campaign_id: Its design has to be open still; the caller sees to that.
        actor: Who asked for it.

    Returns:
        How many messages have a learnt share now.
    """
    messages = store.records(_MESSAGES, campaign_id=campaign_id)
    kind = kind_of(store, campaign_id)
    evidence = gather_cells(store, today=store.now().date(), half_life=settings.learning.half_life)
    cells = evidence.get(kind, []) if kind else []
    rows = _rows(fit_effects(cells), kind, messages, settings.learning.floor) if kind else []
    return _keep_weights(store, campaign_id, rows, actor=actor)


def forget_weights(store: Store, campaign_id: str, *, actor: str) -> int:
    """Take the learnt shares away, so that all messages of a segment share equally again."""
    return _keep_weights(store, campaign_id, [], actor=actor)


def _keep_weights(
    store: Store, campaign_id: str, rows: Sequence[Mapping[str, Any]], *, actor: str
) -> int:
    """Make ``rows`` the campaign's learnt shares; writes and journals only what is new."""
    kept = store.records(_KEPT, campaign_id=campaign_id)
    if _is_same(rows, kept):
        return len(kept)
    with store.transaction():
        store.run(_CLEAR, campaign_id=campaign_id)
        for row in rows:
            store.run(_KEEP, campaign_id=campaign_id, now=store.now(), **row)
        record(
            store, "lessons.weighed", campaign_id, actor=actor, campaign_id=campaign_id,
            arms=len(rows), segments=len({row["segment"] for row in rows}),
        )  # fmt: skip
    return len(rows)


def _is_same(rows: Sequence[Mapping[str, Any]], kept: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether the same messages have the same shares, but for a day's ageing."""
    names = ("segment", "arm", "variant_id", "version")
    if [[row[n] for n in names] for row in rows] != [[row[n] for n in names] for row in kept]:
        return False
    return all(abs(a["weight"] - b["weight"]) < _ALIKE for a, b in zip(rows, kept, strict=True))


def _rows(
    effects: Effects, kind: Kind, messages: Sequence[Mapping[str, Any]], floor: float
) -> list[dict[str, Any]]:
    """Weigh each segment's messages; segments that learn nothing are left out."""
    segments: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for row in messages:
        segments[row["segment"]][row["arm"]] = row
    rows = []
    for segment, arms in segments.items():
        traits = {arm: dict(traits_of(row)) for arm, row in arms.items()}
        seed = next(iter(arms.values()))["seed"]
        shares = allocate(effects, segment, traits, floor=floor, seed=seed)
        if max(s.weight for s in shares.values()) - min(s.weight for s in shares.values()) < _ALIKE:
            continue
        rows += [
            {
                "segment": segment, "arm": arm, "variant_id": row["variant_id"],
                "version": row["version"], "weight": shares[arm].weight,
                "probability_best": shares[arm].probability_best,
                "reason": _reason(effects, kind, segment, traits[arm], shares[arm]),
            }
            for arm, row in arms.items()
        ]  # fmt: skip
    return rows


def _reason(
    effects: Effects, kind: Kind, segment: str, traits: Mapping[str, str], share: Share
) -> str:
    """Say what is expected of a message, and which of its traits nobody has tried yet."""
    told = [trait(f, traits[f], {}) for f in ("tone", "plan", "length") if f in traits]
    new = [f for f in PERSONAL if f in traits and (f, traits[f], "") not in effects.keys]
    untried = f" Its {' and '.join(new)} is new." if new else ""
    expected = gained(kind.metric, kind.unit, share.gain)
    what = ", ".join(told) or "Its traits"
    return (
        f"{what[:1].upper()}{what[1:]}: {expected} expected than from the mean variant of "
        f"'{segment}'; the best of them with a chance of {share.probability_best:.0%}.{untried}"
    ).replace("%", " %")
