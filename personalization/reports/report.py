"""The report of a campaign: one HTML page that holds everything and loads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.reports import report_design as designs
from personalization.reports import report_evidence as evidence
from personalization.reports import report_proofs as proofs
from personalization.reports import report_sections as sections
from personalization.reports import report_words as words
from personalization.reports.report_facts import Facts, read_facts
from personalization.reports.report_html import Html, joined, page
from personalization.reports.report_messages import messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.store import Store

SECTIONS: Final[tuple[Callable[[Facts], Html], ...]] = (
    sections.verdict,
    sections.health,
    sections.lifts,
    sections.other_metrics,
    evidence.over_time,
    evidence.chances_of_best,
    evidence.attributes,
    evidence.policy,
    designs.design,
    designs.audience,
    proofs.method,
    proofs.coverage,
    proofs.trail,
    messages,
)
"""The sections in their order: what it came to first, then what that rests on, texts last."""

_WARNING: Final = (
    "SIMULATED: nobody was written to. Every response below was drawn at random from stated "
    "assumptions and says nothing about real customers."
)


def campaign_report(store: Store, campaign_id: str) -> str:
    """Return the campaign's report as one HTML document that prints well and needs no network.

    It can be asked for at any time; what has not happened yet is said in words.  Where any of it
    was simulated, every section, table and chart is marked.  A real result holds no lift before
    the day that its design set for reading, unless it was opened early.

    Args:
        store: Reads ``verdicts``, ``results``, ``result_days``, ``health_findings``,
            ``attribute_effects``, ``policy_values``, ``experiments``, ``arms``, ``variants``,
            ``claims``, ``simulations``, ``exports`` and ``audit_log``.
        campaign_id: Which campaign.

    Raises:
        InputError: There is no campaign of that id.
    """
    found = read_facts(store, campaign_id)
    campaign = found.campaign
    subtitle = " · ".join(
        (
            f"Campaign report of {words.day(found.read_at)}",
            f"day of sending {words.day(campaign['send_on'])}",
            *(("not launched",) if campaign["launched_at"] is None else ()),
            *((f"scales {campaign['parent']}",) if campaign["parent"] else ()),
        )
    )
    return page(
        campaign["name"],
        subtitle,
        joined(show(found) for show in SECTIONS),
        mark=found.mark,
        warning=_WARNING if found.mark else "",
    )
