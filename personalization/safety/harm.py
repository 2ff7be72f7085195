"""What an engine says of a message: each string is put to it once, and one failure is an error."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision, Finding
from personalization.errors import InputError
from personalization.providers.azure_options import read_options
from personalization.safety.policy import CATEGORIES
from personalization.safety.rules import crashed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from personalization.providers.protocols import HarmAnalysis, HarmClassifier
    from personalization.safety.filling import FilledText
    from personalization.safety.policy import Policy

ENGINE: Final = "harm.engine"
"""The rule under which a failure of the engine is found."""

BLOCKLIST: Final = "harm.blocklist"
_HIGHEST_BAND: Final = 6


@dataclass(frozen=True, slots=True)
class Harm:
    """What came of asking.

    Attributes:
        categories: The worst level of each category; None for all of them where a string was not
            rated, because the engine failed or a blocklist ended the analysis.
        findings: Levels above 0, words of blocklists, and a failure.
        request_ids: The service's own ids of the calls, those of failed ones too.
        chunks: In how many pieces the strings were rated.
        blocklist_hits: Names of the blocklists that matched.
    """

    categories: tuple[tuple[str, int | None], ...]
    findings: tuple[Finding, ...]
    request_ids: tuple[str, ...]
    chunks: int
    blocklist_hits: tuple[str, ...]


def harm_in(texts: Mapping[str, FilledText], classifier: HarmClassifier, policy: Policy) -> Harm:
    """Ask the engine once about each string that is not blank, and stop at the first failure.

    Args:
        texts: By field, as a reader sees them.
        classifier: Rates each string by category of harm.
        policy: Thresholds, and the blocklists that have to be asked for.
    """
    analyses: dict[str, HarmAnalysis] = {}
    failed: list[Finding] = []
    failed_ids: tuple[str, ...] = ()
    read_ahead((text.text for text in texts.values()), classifier)
    for field, text in texts.items():
        if not text.text.strip():
            continue
        try:
            analyses[field] = _asked(text.text, classifier, policy)
        except Exception as error:  # noqa: BLE001
            failed, failed_ids = [crashed(ENGINE, field, error)], getattr(error, "request_ids", ())
            break
    found = analyses.values()
    ids = [i for analysis in found for i in analysis.request_id.split(",") if i]
    hits = [name for analysis in found for name, _ in analysis.blocklist_hits]
    is_known = not failed and all(analysis.severities for analysis in found)
    return Harm(
        categories=tuple(_worst(analyses) if is_known else dict.fromkeys(CATEGORIES).items()),
        findings=(*_findings(texts, analyses, classifier, policy), *failed),
        request_ids=(*ids, *failed_ids),
        chunks=sum(analysis.chunks for analysis in found),
        blocklist_hits=tuple(dict.fromkeys(hits)),
    )


def read_ahead(texts: Iterable[str], classifier: HarmClassifier) -> None:
    """Let an engine that can take all strings in one go do so; it answers the same without.

    Where that fails, it fails again when the engine is asked, and that counts.
    """
    if prefetch := getattr(classifier, "prefetch", None):
        with suppress(Exception):
            prefetch(texts)


def _asked(text: str, classifier: HarmClassifier, policy: Policy) -> HarmAnalysis:
    """Return what the engine says, provided that it says all that it was to be asked."""
    asked = read_options(policy.azure).blocklists if classifier.name == "azure" else ()
    if missing := sorted(set(asked) - set(getattr(classifier, "blocklists", ()))):
        raise InputError(f"the engine was not asked about the blocklist {missing[0]!r}")
    analysis = classifier.analyze(text)
    if analysis.severities or not analysis.blocklist_hits:
        read_levels(analysis, highest_of(classifier, policy))
    return analysis


def read_levels(analysis: HarmAnalysis, highest: int) -> dict[str, int]:
    """Return the level of each category.

    Raises:
        ValueError: The engine did not give exactly four whole numbers from 0 to ``highest``.
    """
    levels = dict(analysis.severities)
    is_whole = len(analysis.severities) == len(CATEGORIES) and set(levels) == set(CATEGORIES)
    if not is_whole or any(
        type(level) is not int or not 0 <= level <= highest for level in levels.values()
    ):
        raise ValueError(f"the engine answered {analysis.severities!r}")
    return {category: levels[category] for category in CATEGORIES}


def highest_of(classifier: HarmClassifier, policy: Policy) -> int:
    """Return the highest level that the engine is able to give under this policy."""
    is_azure = classifier.name == "azure"
    return max(read_options(policy.azure).levels) if is_azure else _HIGHEST_BAND


def _worst(analyses: Mapping[str, HarmAnalysis]) -> Iterator[tuple[str, int]]:
    found = [dict(analysis.severities) for analysis in analyses.values()]
    return ((name, max((levels[name] for levels in found), default=0)) for name in CATEGORIES)


def _findings(
    texts: Mapping[str, FilledText],
    analyses: Mapping[str, HarmAnalysis],
    classifier: HarmClassifier,
    policy: Policy,
) -> Iterator[Finding]:
    highest = highest_of(classifier, policy)
    for field, analysis in analyses.items():
        text, spans = texts[field], {name: span for name, *span in analysis.spans}
        for name, words in analysis.blocklist_hits:
            start = text.text.lower().find(words.lower())
            end = min(start + len(words), len(text.text))
            span = (start, end) if start >= 0 else (0, len(text.text))
            yield _listed(name, words, field=field, text=text, span=span, policy=policy)
        for category, level in analysis.severities:
            if level > 0:
                start, end = spans.get(category, (0, len(text.text)))
                action = policy.harm_action(category, level)
                yield _finding(
                    f"harm.{category}", Decision.BLOCK if level >= highest else action, level,
                    field=field, text=text, span=(start, end), policy=policy,
                    detail=f"Level {level} of {highest}.",
                )  # fmt: skip


def _listed(
    name: str, words: str, *, field: str, text: FilledText, span: tuple[int, int], policy: Policy
) -> Finding:
    detail = f"The list is {name}, the entry “{words}”."
    return _finding(
        BLOCKLIST, Decision.BLOCK, _HIGHEST_BAND, field=field, text=text, span=span,
        policy=policy, detail=detail,
    )  # fmt: skip


def _finding(
    name: str,
    action: Decision,
    severity: int,
    *,
    field: str,
    text: FilledText,
    span: tuple[int, int],
    policy: Policy,
    detail: str,
) -> Finding:
    rule, (start, end) = policy.rules[name], text.span(*span)
    return Finding(
        rule=name,
        action=action,
        severity=severity,
        field=field,
        span_start=start,
        span_end=end,
        text=text.text[slice(*span)],
        message=f"{rule.message} {detail}",
        advice=rule.advice,
    )
