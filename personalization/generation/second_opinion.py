"""A second opinion on what the rules let pass: it can only demote.

What stands word for word in an approved statement needs none, and what the rules doubt gets none.
A service that doubts a claim hands it to a reviewer; one that gives no answer blocks it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from personalization.domain import Claim, Decision
from personalization.errors import PersonalizationError
from personalization.generation.judging import VERBATIM
from personalization.providers.metering import StoppedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.domain import Statement
    from personalization.providers.protocols import GroundednessChecker


def with_opinion(
    claims: Sequence[Claim], statements: Sequence[Statement], checker: GroundednessChecker | None
) -> list[Claim]:
    """Ask ``checker`` once about each sentence that passed in other words than approved ones.

    Args:
        claims: Judged by the rules; their order is kept.
        statements: Those that may be cited; all wordings of the cited ones are shown to it.
        checker: None leaves everything as it is.
    """
    if checker is None:
        return list(claims)
    by_id = {s.statement_id: s for s in statements}
    places = {_place(c) for c in claims if c.decision is Decision.PASS and c.reason != VERBATIM}
    said: dict[tuple[str, int, int], tuple[Decision, str] | None] = {}
    for place in sorted(places):
        same = [c for c in claims if _place(c) == place]
        cited = [by_id[c.statement_id] for c in same if c.statement_id in by_id]
        texts = [wording for s in cited for wording in (s.text, *s.alternates)]
        said[place] = opinion_on(same[0].text, texts, checker)
    return [_demoted(claim, said.get(_place(claim))) for claim in claims]


def opinion_on(
    text: str, sources: Sequence[str], checker: GroundednessChecker
) -> tuple[Decision, str] | None:
    """Return to what a claim is demoted, and why; None where the checker agrees.

    Raises:
        StoppedError: The user asked to stop, so the claim was not judged.
    """
    try:
        opinion = checker.check(text, sources)
    except StoppedError:
        raise
    except PersonalizationError as error:
        return Decision.BLOCK, f"No second opinion could be had. {error}"
    except Exception as error:  # noqa: BLE001 - a check that crashes blocks
        return Decision.BLOCK, f"{checker.name} broke down ({type(error).__name__})."
    if opinion.is_grounded is True:
        return None
    return Decision.REVIEW, opinion.reason or f"{checker.name} doubts it."


def _place(claim: Claim) -> tuple[str, int, int]:
    return claim.field, claim.span_start, claim.span_end


def _demoted(claim: Claim, found: tuple[Decision, str] | None) -> Claim:
    if found is None or found[0].rank <= claim.decision.rank:
        return claim
    return replace(claim, decision=found[0], reason=found[1])
