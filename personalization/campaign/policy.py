"""The policy of the whole team: tried on what was screened before, put in force, screened again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personalization import safety
from personalization.campaign.journal import campaign_of
from personalization.campaign.messages import screen_messages
from personalization.providers import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store

EVERYWHERE = ""
"""Stands for no single campaign, where a job belongs to all of them."""


def replay_policy(
    store: Store,
    settings: Settings,
    overlay: str,
    *,
    campaign_id: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> safety.Replay:
    """Show what a draft of the policy would make of every message that was ever screened."""
    if campaign_id:
        campaign_of(store, campaign_id)
    return safety.replay(
        store, _with_engine(settings), overlay, campaign_id=campaign_id, progress=progress
    )


def check_policy(settings: Settings, overlay: str) -> safety.Policy:
    """Read a draft of the policy; InputError says where it is at fault."""
    return safety.policy_with(_with_engine(settings), overlay)


def policy_in_effect(store: Store, settings: Settings) -> safety.Policy:
    """Return the policy that holds for whatever is screened next."""
    return safety.policy_of(store, _with_engine(settings))


def policy_draft(store: Store, settings: Settings, *, actor: str) -> safety.Draft:
    """Return the person's draft of the policy, or the policy in force to begin with."""
    return safety.draft_of(store, settings, actor=actor)


def save_policy_draft(store: Store, settings: Settings, overlay: str, *, actor: str) -> None:
    """Keep the person's draft as it is, right or wrong; it changes nothing else."""
    safety.save_draft(store, settings, overlay, actor=actor)


def amend_threshold(
    store: Store,
    settings: Settings,
    category: str,
    *,
    block_above: int,
    review_from: int,
    actor: str,
) -> None:
    """Change the thresholds of a category in the person's draft."""
    known = safety.draft_of(store, settings, actor=actor).overlay
    changed = safety.with_threshold(
        known, category, block_above=block_above, review_from=review_from
    )
    check_policy(settings, changed)
    safety.save_draft(store, settings, changed, actor=actor)


def amend_rule(
    store: Store,
    settings: Settings,
    rule: str,
    values: dict[str, str | int | list[Any]],
    *,
    actor: str,
) -> None:
    """Change values of one rule in the person's draft: its action, its limit, words to add."""
    changed = safety.draft_of(store, settings, actor=actor).overlay
    changed = safety.with_rule(changed, rule, **values)
    check_policy(settings, changed)
    safety.save_draft(store, settings, changed, actor=actor)


def drop_policy_draft(store: Store, *, actor: str) -> None:
    """Forget the person's draft."""
    safety.drop_draft(store, actor=actor)


def publish_policy(
    store: Store, settings: Settings, overlay: str, *, actor: str, note: str, based_on: str
) -> str:
    """Put the team's policy in force; what was screened under another one has to be again."""
    return safety.publish_policy(
        store, _with_engine(settings), overlay, actor=actor, note=note, based_on=based_on
    )


_TO_SCREEN = """
    SELECT campaigns.campaign_id, campaigns.name, count(*) AS messages
    FROM current_variants AS current
    JOIN campaigns ON campaigns.campaign_id = current.campaign_id
    LEFT JOIN screenings_in_force AS screened
        ON screened.variant_id = current.variant_id AND screened.version = current.version
       AND screened.content_sha256 = current.content_sha256
       AND screened.decision <> 'error'
    WHERE screened.screening_id IS NULL
      AND campaigns.campaign_id NOT IN
          (SELECT campaign_id FROM experiments WHERE launched_at IS NOT NULL)
    GROUP BY campaigns.campaign_id, campaigns.name
    ORDER BY campaigns.name, campaigns.campaign_id
"""


def unscreened_campaigns(store: Store) -> list[tuple[str, str, int]]:
    """List the campaigns not launched yet with messages that the policy in force has not judged.

    Returns:
        Id, name, and how many messages.
    """
    return [(campaign_id, name, int(n)) for campaign_id, name, n in store.read(_TO_SCREEN)]


def rescreen(
    store: Store, settings: Settings, *, actor: str, progress: Progress | None = None
) -> str:
    """Screen what the policy in force has not judged yet, campaign by campaign.

    New screenings are written beside the old ones, which never change.  Campaigns that have been
    launched are left alone: what was sent stays judged as it was then.
    """
    screened, campaigns = 0, unscreened_campaigns(store)
    total = sum(n for _, _, n in campaigns)
    if progress:
        progress.report(0, total, "Loading the screener")
    for campaign_id, _, _ in campaigns:
        if progress and progress.is_cancelled():
            break
        screened += screen_messages(
            store, settings, campaign_id, actor=actor,
            progress=_within(progress, screened, total) if progress else None,
        )  # fmt: skip
    of = "1 campaign" if len(campaigns) == 1 else f"{len(campaigns)} campaigns"
    return f"{screened} messages screened in {of}."


def _within(progress: Progress, before: int, total: int) -> Progress:
    """Return the progress of one campaign as a part of all of them."""
    return replace(
        progress, report=lambda done, _, message: progress.report(before + done, total, message)
    )


def start_rescreening(jobs: JobRunner, store: Store, settings: Settings, *, actor: str) -> str:
    """Start ``rescreen`` as a job, and return the job's id."""
    return jobs.submit(
        EVERYWHERE,
        "rescreen",
        lambda progress: rescreen(store, settings, actor=actor, progress=progress),
    )


label_finding = safety.label_finding


def _with_engine(settings: Settings) -> Settings:
    """Return the settings with the engine that serves here and now."""
    engine = registry.classifier_name(settings.safety)
    return replace(settings, safety=replace(settings.safety, engine=engine))
