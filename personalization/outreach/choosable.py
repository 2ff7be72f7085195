"""What a choice is made for, and the texts that it is made among."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import OUTREACH_CHANNELS
from personalization.errors import InputError
from personalization.outreach.posterior import posterior_in_force
from personalization.outreach.scoring import Skeleton
from personalization.outreach.sequences import sequence_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.settings import Settings
    from personalization.store import Store

_PLAN: Final = """
    SELECT plans.dataset_id, plans.plan, campaigns.seed, campaigns.locale
    FROM outreach_plans AS plans JOIN campaigns USING (campaign_id)
    WHERE campaign_id = $campaign_id
"""
_POSTERIOR: Final = """
    SELECT is_simulated FROM outreach_posteriors
    WHERE version = $version AND dataset_id = $dataset_id
"""
_MISSING: Final = """
    SELECT id FROM (SELECT unnest($ids::VARCHAR[]) AS id) AS asked
    WHERE id NOT IN (SELECT prospect_id FROM prospects WHERE dataset_id = $dataset_id)
    ORDER BY id LIMIT 1
"""
# Sources are judged by the day on which the message is chosen, as well as by the campaign's own.
_READABLE: Final = """
    SELECT variant_id, version, content_sha256, segment, channel, arm, attributes, locale, origin,
           body, call_to_action,
           EXISTS (FROM claims WHERE claims.variant_id = texts.variant_id
                     AND claims.version = texts.version AND claims.statement_id IS NOT NULL),
           fields.needs_fact
    FROM (SELECT variant_id, version, content_sha256, segment, channel, arm, attributes, locale,
                 origin, body, call_to_action, kind
          FROM sendable_skeletons WHERE campaign_id = $campaign_id
          UNION
          SELECT variant_id, version, content_sha256, segment, channel, arm, attributes, locale,
                 origin, body, call_to_action, kind
          FROM passed_skeletons WHERE $with_drafts AND campaign_id = $campaign_id) AS texts
    JOIN skeleton_fields AS fields USING (variant_id, version)
    WHERE kind = $kind
      AND list_contains($channels::VARCHAR[], channel)
      AND NOT EXISTS (
          FROM quoted_statements AS quoted
          JOIN statements USING (statement_id)
          JOIN current_documents AS documents ON documents.document_id = statements.document_id
          WHERE quoted.variant_id = texts.variant_id AND quoted.version = texts.version
            AND ($today::DATE < documents.valid_from OR $today::DATE > documents.valid_until))
    ORDER BY variant_id, version
"""


def base_of_plan(store: Store, campaign_id: str) -> str:
    """Return the base that an outreach campaign writes to.

    Raises:
        InputError: The campaign writes to no prospects.
    """
    plan = store.read_one(_PLAN, campaign_id=campaign_id)
    if plan is None:
        raise InputError(
            f"Campaign {campaign_id!r} writes to no prospects. Make one on the Outreach page."
        )
    return str(plan[0])


def gather_values(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    prospects: Sequence[str] | None,
    step: int,
    posterior: str | None,
    as_of: datetime | None,
    actor: str,
) -> dict[str, Any]:
    """Gather what the choice is made for.

    Raises:
        InputError: The campaign writes to no prospects, has no such step, an id is not in its base,
            or there is no such posterior.
    """
    plan = store.read_one(_PLAN, campaign_id=campaign_id)
    steps = sequence_of(store, campaign_id).steps
    if plan is None or not 1 <= step <= len(steps):
        raise InputError(
            f"Campaign {campaign_id!r} has no step {step}. Its sequence has {len(steps)}."
        )
    dataset_id, told, seed, locale = plan
    ids = sorted(set(prospects or ()))
    if missing := store.read_one(_MISSING, ids=ids, dataset_id=dataset_id):
        raise InputError(
            f"Prospect {missing[0]!r} is not in the campaign's base. Import it there first."
        )
    version = posterior or posterior_in_force(store, settings.outreach, dataset_id, actor=actor)
    known = store.read_one(_POSTERIOR, version=version, dataset_id=dataset_id)
    if known is None:
        raise InputError(f"What was learnt has no version {version!r} for this base.")
    planned = json.loads(told).get("channels", OUTREACH_CHANNELS)
    return {
        "campaign_id": campaign_id, "dataset_id": dataset_id, "seed": seed, "locale": locale,
        "everybody": prospects is None, "ids": ids, "step": step,
        "kind": steps[step - 1].kind, "posterior": version, "is_simulated": bool(known[0]),
        "channels": [one for one in planned if one in (steps[step - 1].channels or planned)],
        "moment": as_of or store.now(), "draws": settings.outreach.draws,
        "holdout": settings.outreach.holdout,
    }  # fmt: skip


def choosable_texts(store: Store, values: dict[str, Any], *, approved_only: bool) -> list[Skeleton]:
    """Read the texts that may be chosen from; drafts are those that passed, approved or not."""
    asked = {
        "campaign_id": values["campaign_id"], "kind": values["kind"],
        "channels": values["channels"], "today": values["moment"].date(),
    }  # fmt: skip
    rows = store.read(_READABLE, with_drafts=not approved_only, **asked)
    return [_skeleton(number, row) for number, row in enumerate(rows, 1)]


def _skeleton(number: int, row: Sequence[Any]) -> Skeleton:
    variant_id, version, sha, role, channel, arm, told, locale, origin, body, ask, cites, fact = row
    attributes = json.loads(told)
    parts = (*str(arm).split("/"), "", "")
    is_arm = str(arm).count("/") == 2  # noqa: PLR2004 - tone/angle/length
    tone, angle, length = (
        str(attributes.get(name, parts[place] if is_arm else ""))
        for place, name in enumerate(("tone", "angle", "length"))
    )
    return Skeleton(
        number, variant_id, int(version), sha, role, channel, tone, angle, length, locale, origin,
        body, ask, bool(cites), bool(fact),
    )  # fmt: skip
