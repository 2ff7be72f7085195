"""The offer clock: what is said to be ending has to end then, and not for the second time.

Words of urgency need an offer that the message cites: in force on the day of sending, ending on
the very day that the words name, and never promised to end before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision
from personalization.safety.bearing import Verdict, verbatim
from personalization.safety.dates import dates_in, deadlines_in
from personalization.safety.policy import read_policy
from personalization.safety.reading import Hit, folded, overlaps, pattern_hits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from personalization.safety.cited import Cited, CitedDocument
    from personalization.safety.policy import Policy, Rule
    from personalization.safety.reading import Context

RULE: Final = "offer.clock"
_PRESSURE: Final = "urgency.pressure"
# About goods that run out and not about time: no end date can bear these out.
_SCARCITY: Final = re.compile(
    r"\b(?:left(?! to)|remain\w*|in stock|out of stock|sold out|selling|available|flying|shelves"
    r"|looking|viewing|watching|buying|bought|added|grabb?\w*|snap\w*|gone)\b",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"\b(?:hours?|days?|weeks?|minutes?|today|tonight|tomorrow|now)\b", re.IGNORECASE
)
_FAR_DAYS: Final = 31  # a date further ahead states the terms, and hurries nobody


def rule_of(policy: Policy, name: str) -> Rule:
    """Return a rule of the policy, as it ships where the policy has switched it off."""
    return policy.rules.get(name) or read_policy().rules[name]


def urgencies(text: str, policy: Policy, context: Context) -> Iterator[tuple[int, int, Verdict]]:
    """Yield each urgent phrase of a folded text, and whether a cited offer bears it out."""
    cited, today = context.cited, context.send_on
    if cited is None:
        return
    for hit, is_pressure in _phrases(text, policy):
        words = text[hit.start : hit.end]
        if today is None:
            verdict = Verdict(Decision.BLOCK, "The day of sending is not known.")
        elif _SCARCITY.search(words) and not _TIME.search(words):
            verdict = _stock(text, hit, cited)
        else:
            limit = rule_of(policy, RULE).limit
            verdict = _by_offers(words, cited, today, limit=limit, is_pressure=is_pressure)
            if verdict.decision is not Decision.PASS and _is_timeless(words, today):
                verdict = _elsewhere(text, hit, cited) or verdict
        yield hit.start, hit.end, verdict


def _phrases(text: str, policy: Policy) -> list[tuple[Hit, bool]]:
    """Return what is urgent, and whether it presses the reader or only names an end."""
    found = [(hit, False) for hit in pattern_hits(text, rule_of(policy, RULE))]
    taken = [(hit.start, hit.end) for hit, _ in found]
    found += [
        (hit, True)
        for hit in pattern_hits(text, rule_of(policy, _PRESSURE))
        if not overlaps(taken, hit.start, hit.end)
    ]
    return sorted(found, key=lambda one: one[0].start)


def _stock(text: str, hit: Hit, cited: Cited) -> Verdict:
    quoted = verbatim(text, hit, cited.in_force)
    return quoted or Verdict(Decision.BLOCK, "No cited statement says how much is left.")


def _is_timeless(words: str, today: date) -> bool:
    """Tell whether words mean the same whenever they are read: a date does, tonight does not."""
    return bool(dates_in(words)) or not deadlines_in(words, today)


def _elsewhere(text: str, hit: Hit, cited: Cited) -> Verdict | None:
    """Return the statement that says the very words and is no offer's: the terms of a service."""
    offers = {offer.key for offer in cited.offers}
    others = tuple(w for w in cited.in_force if w.document not in offers)
    return verbatim(text, hit, others)


def _by_offers(words: str, cited: Cited, today: date, *, limit: int, is_pressure: bool) -> Verdict:
    """Return the kindest that any cited offer has to say of the words."""
    verdicts = [
        _by_offer(offer, words, cited, today, limit=limit, is_pressure=is_pressure)
        for offer in cited.offers
    ]
    nothing = Verdict(Decision.BLOCK, "The message cites no offer that ends.")
    return min(verdicts, key=lambda verdict: verdict.decision.rank, default=nothing)


def _by_offer(
    offer: CitedDocument, words: str, cited: Cited, today: date, *, limit: int, is_pressure: bool
) -> Verdict:
    name, end = f"‘{offer.title}’", offer.valid_until
    if offer.fault:
        return Verdict(Decision.BLOCK, f"{name} may not be promised: {offer.fault}.")
    if end is None:
        return Verdict(Decision.BLOCK, f"{name} has no last day.")
    deadlines = deadlines_in(words, today)
    if not all(end in meant for meant in deadlines):
        return Verdict(Decision.BLOCK, f"{name} ends on {_said(end)}, and this says another day.")
    is_far = bool(dates_in(words)) and not is_pressure and (end - today).days > _FAR_DAYS
    if offer.earlier_end:
        reason = (
            f"This offer has been extended before: it was to end on {_said(offer.earlier_end)} "
            f"({offer.earlier_source})."
        )
        return Verdict(Decision.REVIEW if is_far else Decision.BLOCK, reason)
    if not deadlines and (end - today).days > limit:
        days = (end - today).days
        reason = f"{name} ends only on {_said(end)}, {days} days after the day of sending."
        return Verdict(Decision.REVIEW, reason)
    return _borne_out(offer, end, cited)


def _borne_out(offer: CitedDocument, end: date, cited: Cited) -> Verdict:
    """Point at the words of the offer that name its end, or else at its last day on record."""
    reason = f"‘{offer.title}’ ends on {_said(end)} and was not extended."
    for wording in cited.in_force:
        if wording.document == offer.key:
            for named in dates_in(folded(wording.text)):
                if named.is_on(end):
                    return Verdict(Decision.PASS, reason, wording, (named.start, named.end))
    return Verdict(Decision.PASS, reason, offer.last_day)


def _said(day: date) -> str:
    return f"{day:%-d %B %Y}"
