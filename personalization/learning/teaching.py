"""Learning from all past campaigns: effects are fitted anew, and said as lessons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.learning.contrasts import contrasts, effect_of
from personalization.learning.effects import fit_effects, group_of
from personalization.learning.evidence import gather_cells
from personalization.learning.wording import between, gained, rivals, trait
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.learning.contrasts import Contrast
    from personalization.learning.effects import Effects
    from personalization.learning.evidence import Kind
    from personalization.settings import Settings
    from personalization.store import Store


def sentence_of(
    contrast: Contrast, kind: Kind, confidence: float, *, titles: Mapping[str, str]
) -> str:
    """Say a contrast for a marketer.

    Args:
        contrast: What was found.
        kind: Its metric and unit.
        confidence: Of the interval in brackets.
        titles: Of documents by id.
    """
    low, high = contrast.interval(confidence)
    within = f"Among '{contrast.segment}', in" if contrast.segment else "In"
    n = "one campaign" if contrast.n_campaigns == 1 else f"{contrast.n_campaigns} campaigns"
    where = f", most among '{contrast.most}'" if contrast.most else ""
    found = (
        f"{trait(contrast.factor, contrast.level, titles)} brought "
        f"{gained(kind.metric, kind.unit, contrast.effect)} than "
        f"{rivals(contrast.factor, contrast.versus, titles)} "
        f"({between(kind.metric, kind.unit, low, high)}){where}."
    )
    if low > 0:
        return f"{within} {n} {found}"
    if contrast.effect <= 0:
        return f"{within} {n} no {contrast.factor} did better than another."
    return f"{within} {n} no {contrast.factor} stood out: {found}"


_FORGET_EFFECTS = "DELETE FROM effects"
_FORGET_LESSONS = "DELETE FROM lessons"
_EFFECT = """
    INSERT INTO effects VALUES ($is_sample, $metric, $unit, $factor, $level, $segment, $effect,
                                $error, $tau, $n_campaigns, $n_cells, $now)
"""
_LESSON = """
    INSERT INTO lessons VALUES ($is_sample, $metric, $unit, $factor, $segment, $position, $level,
                                $versus, $effect, $low, $high, $chance, $n_campaigns, $is_clear,
                                $sentence, $now)
"""
_TITLES = "SELECT document_id, title FROM current_documents ORDER BY document_id"


def learn(store: Store, settings: Settings, *, campaign_id: str, actor: str) -> int:
    """Fit the effects of all past campaigns anew, and write down what they teach.

    Args:
        store: Reads the evidence; replaces ``effects`` and ``lessons`` as a whole.
        settings: ``learning.half_life`` and ``experiments.confidence``.
        campaign_id: The one that was measured; it stands in the audit trail.
        actor: Who asked for it.

    Returns:
        How many lessons there are now; 0 as long as no campaign was read on its date.
    """
    evidence = gather_cells(store, today=store.now().date(), half_life=settings.learning.half_life)
    fitted = {kind: fit_effects(cells) for kind, cells in evidence.items()}
    titles = dict(store.read(_TITLES))
    with store.transaction():
        store.run(_FORGET_EFFECTS)
        store.run(_FORGET_LESSONS)
        for kind, effects in fitted.items():
            _keep_effects(store, kind, effects)
        lessons = sum(
            _keep_lessons(store, kind, effects, settings.experiments.confidence, titles)
            for kind, effects in fitted.items()
        )
        record(
            store, "lessons.learned", campaign_id, actor=actor, campaign_id=campaign_id,
            effects=sum(len(effects.keys) for effects in fitted.values()), lessons=lessons,
        )  # fmt: skip
    return lessons


def _keep_effects(store: Store, kind: Kind, effects: Effects) -> None:
    for key, n_campaigns in zip(effects.keys, effects.campaigns, strict=True):
        effect, error = effect_of(effects, *key)
        store.run(
            _EFFECT, is_sample=kind.is_sample, metric=kind.metric, unit=kind.unit, factor=key[0],
            level=key[1], segment=key[2], effect=effect, error=error,
            tau=effects.taus[group_of(key)], n_campaigns=n_campaigns, n_cells=effects.n_cells,
            now=store.now(),
        )  # fmt: skip


def _keep_lessons(
    store: Store, kind: Kind, effects: Effects, confidence: float, titles: Mapping[str, str]
) -> int:
    found = contrasts(effects)
    found.sort(key=lambda c: (c.interval(confidence)[0] <= 0, c.segment != "", -c.effect, c.factor))
    for position, contrast in enumerate(found):
        low, high = contrast.interval(confidence)
        store.run(
            _LESSON, is_sample=kind.is_sample, metric=kind.metric, unit=kind.unit,
            factor=contrast.factor, segment=contrast.segment, position=position,
            level=contrast.level, versus=contrast.versus, effect=contrast.effect, low=low,
            high=high, chance=contrast.chance, n_campaigns=contrast.n_campaigns,
            is_clear=low > 0, now=store.now(),
            sentence=sentence_of(contrast, kind, confidence, titles=titles),
        )  # fmt: skip
    return len(found)
