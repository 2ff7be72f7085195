"""Screening what is stored: a campaign's messages many at a time, or one that was changed.

Engines are asked first, while no transaction is open; then what they found is written down.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import StateError
from personalization.safety.evidence import evidence_of, evidence_of_many, readers_of
from personalization.safety.on_record import current_messages, judgements
from personalization.safety.policies import activate_policy, policy_of
from personalization.safety.screening import read_ahead, screen
from personalization.safety.screening_records import (
    EditedMeanwhileError,
    EndedMeanwhileError,
    Judged,
    keep_screenings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from personalization.domain import Screening
    from personalization.providers.protocols import HarmClassifier
    from personalization.safety.evidence import Key
    from personalization.safety.on_record import Current
    from personalization.safety.policy import Policy
    from personalization.safety.reading import Context
    from personalization.settings import Settings
    from personalization.store import Store

__all__ = ["EditedMeanwhileError", "EndedMeanwhileError", "screen_campaign", "screen_variant"]

_AT_ONCE: Final = 24
"""Texts that an engine which reads ahead is given at once, and that are written down together.
Another engine, which may cost money, is asked text by text, and what it said is kept each time."""

# An error is no judgement: it is tried again.  Another engine judges anew.
_PENDING = """
    SELECT variants.variant_id, variants.version, variants.segment, variants.arm
    FROM current_variants AS variants
    WHERE variants.campaign_id = $campaign_id
      AND NOT EXISTS (
          SELECT 1 FROM latest_screenings AS screened
          WHERE screened.variant_id = variants.variant_id AND screened.version = variants.version
            AND screened.content_sha256 = variants.content_sha256
            AND screened.policy_version = $policy_version AND screened.decision <> 'error'
            AND screened.engine = $engine AND screened.engine_version = $engine_version
            AND list_has_all(string_split(screened.readers, ','), CAST($readers AS VARCHAR[]))
            AND screened.screening_id NOT IN (SELECT screening_id FROM outdated_screenings))
    ORDER BY variants.segment, variants.arm, variants.variant_id
"""


def screen_campaign(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    classifier: HarmClassifier,
    progress: Callable[[int, int, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Screen each current variant that has no judgement of its exact bytes yet.

    A judgement counts when it was made under the policy in force by this very engine; one that
    ended in ``error`` is made again.  Running it twice writes nothing the second time.

    Args:
        store: Reads ``current_variants``, ``claims``, ``statements``; writes ``screenings``,
            ``findings`` and one audit row for each variant.
        settings: Thresholds, and the brand that has to be named in the footer.
        campaign_id: Whose variants.
        actor: Who asked for it.
        classifier: Rates each string by category of harm.
        progress: Told done, total and what was looked at, after each one that is on record, or
            after some of them where the engine reads many at once.
        cancelled: Asked before each one; what is done stays done.

    Returns:
        How many variants were screened.
    """
    policy_version = activate_policy(store, settings, actor=actor)
    readers = readers_of(store, campaign_id)  # first: whoever joins from here on was not seen
    pending = store.read(
        _PENDING,
        campaign_id=campaign_id,
        policy_version=policy_version,
        engine=classifier.name,
        engine_version=classifier.version,
        readers=readers,
    )
    keys = [(variant_id, version) for variant_id, version, _, _ in pending]
    evidence = evidence_of_many(store, settings.brand, keys, policy=policy_of(store, settings))
    job = _Job(store, settings, actor, classifier, readers, evidence, cancelled)
    done = 0
    for some in _in_parts(pending, classifier):
        if cancelled and cancelled():
            break
        done += job.screen_again_if_overtaken([variant_id for variant_id, *_ in some])
        if progress:
            _, _, segment, arm = some[-1]
            progress(done, len(pending), f"{segment}, {arm}")
    return done


def _in_parts(
    pending: Sequence[tuple[Any, ...]], classifier: HarmClassifier
) -> Iterator[Sequence[tuple[Any, ...]]]:
    at_once = _AT_ONCE if hasattr(classifier, "prefetch") else 1
    return (pending[start : start + at_once] for start in range(0, len(pending), at_once))


def screen_variant(
    store: Store,
    settings: Settings,
    variant_id: str,
    *,
    actor: str,
    classifier: HarmClassifier,
) -> Screening:
    """Screen the current version of one variant, and put the outcome on record.

    Where its exact bytes were judged before, by this engine and under the policy in force, that
    judgement is returned and nothing is written.

    Args:
        store: Reads the variant and its evidence; writes its screening.
        settings: Thresholds, and the brand that has to be named in the footer.
        variant_id: Which one.
        actor: Who asked for it.
        classifier: Rates each string by category of harm.

    Raises:
        StateError: There is no such variant.
        EditedMeanwhileError: It was edited while the engine was looking, or a source of it was
            brought to an earlier end.
    """
    came = _Job(store, settings, actor, classifier).screen([variant_id])
    if variant_id in came.overtaken:
        raise came.overtaken[variant_id]
    if variant_id not in came.outcomes:
        raise StateError(f"Variant {variant_id!r} does not exist any more. Reload the Review page.")
    return came.outcomes[variant_id]


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of screening some variants, by their ids: an outcome, or why there is none."""

    outcomes: dict[str, Screening]
    overtaken: dict[str, EditedMeanwhileError]


@dataclass(frozen=True, slots=True)
class _Job:
    """Screens variants of one campaign.

    Attributes:
        store: Where they are, and where the outcomes go.
        settings: Thresholds, and the sender.
        actor: Who asked for it.
        classifier: Rates each string.
        readers: Codes of the countries they go to, where somebody looked them up.
        evidence: By id and version, where somebody gathered it.
        cancelled: Asked before each one.
    """

    store: Store
    settings: Settings
    actor: str
    classifier: HarmClassifier
    readers: tuple[str, ...] | None = None
    evidence: Mapping[Key, Context] = field(default_factory=dict)
    cancelled: Callable[[], bool] | None = None

    def screen_again_if_overtaken(self, variant_ids: Sequence[str]) -> int:
        """Screen variants, anew where the evidence was overtaken; return how many have a judgement.

        One that was edited meanwhile is left out: whoever edited it has it screened.
        """
        came = self.screen(variant_ids)
        done = len(came.outcomes)
        for variant_id, error in came.overtaken.items():
            if isinstance(error, EndedMeanwhileError):
                with suppress(EditedMeanwhileError):
                    screen_variant(
                        self.store, self.settings, variant_id, actor=self.actor,
                        classifier=self.classifier,
                    )  # fmt: skip
                    done += 1
        return done

    def screen(self, variant_ids: Sequence[str]) -> _Came:
        """Screen the current versions of variants and put the outcomes on record, all at once.

        However it ends, what was found until then is recorded.
        """
        activate_policy(self.store, self.settings, actor=self.actor)
        policy = policy_of(self.store, self.settings)
        current = current_messages(self.store, variant_ids)
        if not current:
            return _Came({}, {})
        campaign_id = next(iter(current.values())).campaign_id
        readers = readers_of(self.store, campaign_id) if self.readers is None else self.readers
        known = judgements(
            self.store, current, readers=readers, policy=policy, classifier=self.classifier
        )
        wanted = [each for each in variant_ids if each in current and each not in known]
        judged: list[Judged] = []
        overtaken: dict[str, EditedMeanwhileError] = {}
        try:
            judged.extend(self._judged({key: current[key] for key in wanted}, policy))
        finally:
            overtaken = keep_screenings(
                self.store, campaign_id, judged, readers=readers, actor=self.actor
            )
        found = {each.outcome.variant_id: each.outcome for each in judged}
        kept = {key: outcome for key, outcome in found.items() if key not in overtaken}
        return _Came(known | kept, overtaken)

    def _judged(self, wanted: Mapping[str, Current], policy: Policy) -> Iterator[Judged]:
        """Ask the engine and the rules about one after the other, until somebody cancels."""
        contexts = {key: self._context(key, now.version, policy) for key, now in wanted.items()}
        started = time.monotonic()
        read_ahead(((now.message, contexts[key]) for key, now in wanted.items()), self.classifier)
        ahead = (time.monotonic() - started) / max(len(wanted), 1)
        for variant_id, now in wanted.items():
            if self.cancelled and self.cancelled():
                return
            started = time.monotonic()
            outcome = screen(
                now.message, contexts[variant_id], self.classifier, policy,
                variant_id=variant_id, version=now.version,
            )  # fmt: skip
            took = round(1000 * (ahead + time.monotonic() - started))
            yield Judged(replace(outcome, duration_ms=took), contexts[variant_id])

    def _context(self, variant_id: str, version: int, policy: Policy) -> Context:
        return self.evidence.get((variant_id, version)) or evidence_of(
            self.store, self.settings.brand, variant_id, version, policy=policy
        )
