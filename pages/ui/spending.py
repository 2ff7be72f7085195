"""What hosted models cost, in words: a campaign's line on Content, a message's line on Review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.ui import shell, words
from personalization.reports import spending as reports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.reports.review import Reviewed
    from personalization.reports.spending import Spending
    from personalization.settings import Generation

SERVICE: Final = {"openai": "OpenAI", "azure": "Azure OpenAI"}


def line(campaign_id: str) -> None:
    """Say what the campaign's calls came to, of which limits, and why none can be made."""
    settings = shell.settings().generation
    if refusal := reports.refusal(shell.store()):
        service = SERVICE.get(refusal.service, words.plain(refusal.service))
        st.warning(
            f"{service} takes no more calls. {words.plain(refusal.reason)} The next run asks "
            "again.",
            icon=":material/power_off:",
        )
    spent = reports.spending(shell.store(), campaign_id, settings.hosted.currency)
    if spent.n_calls or spent.n_cached:
        st.caption(f":material/payments: {words.plain(in_words(spent, settings))}")


def in_words(spent: Spending, settings: Generation) -> str:
    """Return a campaign's spending as a sentence or two; without prices it has tokens only."""
    calls = words.plural(spent.n_calls, "call")
    told = [f"{calls} to hosted models" + _free(spent.n_cached)]
    tokens = f"{spent.counted_tokens:,} of {settings.campaign_tokens:,} tokens"
    cached = f", {spent.cached_tokens:,} of them from the service’s cache"
    told.append(tokens + (cached if spent.cached_tokens else ""))
    if spent.cost is not None:
        budget = settings.campaign_budget
        of = f" of {budget:,.2f}" if budget else ""
        told.append(f"{spent.counted_cost:,.4f}{of} {spent.currency}")
    elif not settings.hosted.is_priced:
        told.append("no prices are set, so there is no cost")
    sentence = "; ".join(told) + "."
    if spent.n_unbilled:
        broke = words.plural(spent.n_unbilled, "call")
        sentence += f" {broke} broke off, and counted at the most that it may cost."
    return sentence


def _free(n_cached: int) -> str:
    if not n_cached:
        return ""
    return f", and {words.plural(n_cached, 'answer')} from earlier ones at no cost"


def author(origin: str) -> str:
    """Say who wrote a message."""
    if origin == "human":
        return "by hand"
    return f"by {SERVICE.get(origin, f'the {words.plain(origin)}')}"


def version_of(found: Reviewed, told: Mapping[str, str], parts: Mapping[str, str]) -> str:
    """Say which version it is, what wrote it, and who asked where a part was worded anew.

    Args:
        found: The message.
        told: The provenance of its version.
        parts: What the parts that can be worded anew are called.
    """
    asked = f"asked for by {words.plain(found.written_by)}"
    if part := told.get("part"):
        by, named = author(told.get("part_by", found.origin)), parts.get(part, part)
        return (
            f"Version {found.version}: another {words.plain(named)} {by}, {asked}; the rest "
            f"written {author(found.origin)}"
        )
    if found.origin == "human":
        who = f", {words.plain(found.written_by)}" if found.version > 1 else ""
        return f"Version {found.version}, written by hand{who}"
    again = f", {asked}" if found.version > 1 else ""
    return f"Version {found.version}, written {author(found.origin)}{again}"


def under(variant_id: str, version: int) -> None:
    """Say how a message was written, where a hosted model had a hand in it."""
    if told := written(reports.provenance(shell.store(), variant_id, version)):
        st.caption(told)


def written(told: Mapping[str, str]) -> str:
    """Return how a message was written, for the line under it; empty where no model was asked.

    Args:
        told: The provenance of its version.
    """
    parts = []
    if "prompt_tokens" in told:
        parts.append(f"model {told.get('first_model', told.get('model', 'unknown'))}")
        parts.append(
            f"{told['prompt_tokens']} tokens read and {told.get('completion_tokens', '0')} written"
        )
    if told.get("cached") == "yes":
        parts.append("answered from an earlier run at no cost")
    elif "cost" in told:
        parts.append(f"{told['cost']} {told.get('currency', '')} at prices of {told['prices_on']}")
    if "prompt_version" in told:
        parts.append(f"prompts {told['prompt_version']}")
    if "request_id" in told:
        parts.append(f"request {told['request_id']}")
    lines = [words.plain(" · ".join(parts))] if parts else []
    if origin := told.get("first_origin"):
        service = SERVICE.get(origin, words.plain(origin))
        fault = words.plain(told.get("first_fault", ""))
        lines.append(f"A first draft by {service} was not used: {fault}")
    return "  \n".join(lines)
