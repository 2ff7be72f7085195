"""Products in messages: the plan of a campaign, working them out, and who has a full set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization import generation, recommendation, segmentation
from personalization.campaign.journal import campaign_of, journal, refuse_if_launched
from personalization.domain import ProductPlan
from personalization.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store

ProductCoverage = generation.ProductCoverage
ArmCoverage = generation.ArmCoverage

product_plan = generation.product_plan
product_coverage = generation.product_coverage

_FROZEN: Final = """
    SELECT count(*) FROM experiments
    WHERE campaign_id = $campaign_id AND approved_at IS NOT NULL
"""


def plan_products(
    store: Store,
    campaign_id: str,
    *,
    arms: Mapping[str, str],
    items: int = 2,
    is_split: bool = False,
    fills_up: bool = False,
    actor: str,
) -> ProductPlan:
    """Say which strategy chooses the products of each arm; nothing is worked out yet.

    Messages of arms that name other products now are retired, and have to be written anew.  The
    same plan again changes nothing.

    Args:
        store: Holds the campaign.
        campaign_id: Which campaign.
        arms: Strategy by arm, such as ``{"A": "for_you", "B": "buy_again"}``; the same for all
            tests texts, different ones test the strategies.
        items: Products in each message, 1 to 4.
        is_split: Whether segments are split by family of the first product.
        fills_up: Whether popular products fill up what a strategy leaves, so that nearly everybody
            has a full set; texts then do not say how products were chosen.
        actor: Who plans it.

    Raises:
        InputError: The number, an arm or a strategy is none, or a split has several strategies.
        StateError: The design is approved, or the campaign was launched.
    """
    _refuse_if_frozen(store, campaign_id)
    plan = ProductPlan(items, tuple(sorted(arms.items())), is_split, fills_up=fills_up)
    with store.transaction():
        generation.keep_product_plan(store, campaign_id, plan, actor=actor)
        if not is_split:
            segmentation.join_segments(store, campaign_id, actor=actor)
    return plan


def drop_products(store: Store, campaign_id: str, *, actor: str) -> None:
    """Let the campaign's messages name no products any more; its segments are whole again."""
    _refuse_if_frozen(store, campaign_id)
    with store.transaction():
        generation.drop_product_plan(store, campaign_id, actor=actor)
        segmentation.join_segments(store, campaign_id, actor=actor)


def refresh_products(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    actor: str,
    as_of: datetime | None = None,
    progress: Progress | None = None,
) -> ProductCoverage:
    """Work out the products of every arm anew, and freeze the words that messages show of them.

    Once the design is approved the segments stay as they are; what was signed off has changed
    then, and wants a new sign-off.

    Args:
        store: Writes ``recommendation_runs`` and what belongs to them, ``campaign_products``,
            ``segments`` and ``segment_members`` where they are split, and the audit rows.
        settings: Of which ``brand`` says where links may lead.
        campaign_id: It has to have a plan and segments.
        actor: Who asked for it.
        as_of: Events up to here count; by default all that the base has.
        progress: Is told how far it is.

    Returns:
        How many customers have a full set.

    Raises:
        StateError: There is no plan or no segment, or the campaign was launched.
    """
    refuse_if_launched(store, campaign_id, "its products")
    plan = _plan_of(store, campaign_id)
    dataset_id = campaign_of(store, campaign_id).dataset_id
    runs: dict[str, str] = {}
    for place, strategy in enumerate(plan.strategies):
        if progress:
            told = strategy.replace("_", " ")
            progress.report(place, len(plan.strategies), f"Choosing products: {told}")
        arm = next(arm for arm, of_arm in plan.arms if of_arm == strategy)
        runs[strategy] = recommendation.recommend(
            store, settings, dataset_id, strategy=strategy, wanted=plan.items,
            campaign_id=campaign_id, arm=arm, as_of=as_of, actor=actor,
        )  # fmt: skip
    return keep_products(store, settings, campaign_id, runs, actor=actor)


def keep_products(
    store: Store, settings: Settings, campaign_id: str, runs: Mapping[str, str], *, actor: str
) -> ProductCoverage:
    """Freeze what runs recommended as the products of the campaign's messages.

    Args:
        store: As for ``refresh_products``.
        settings: Likewise.
        campaign_id: Whose messages.
        runs: Run by strategy; every strategy of the plan has to have one.
        actor: Who asked for it.
    """
    refuse_if_launched(store, campaign_id, "its products")
    plan = _plan_of(store, campaign_id)
    with store.transaction():
        generation.freeze_products(store, settings, campaign_id, runs, actor=actor)
        if plan.is_split and not _is_frozen(store, campaign_id):
            segmentation.split_segments(store, settings, campaign_id, actor=actor)
        found = generation.product_coverage(store, campaign_id)
        journal(store, campaign_id, "products", found.full, actor)
    return replace(found, worked_out_at=store.now())


def inherit_products(
    store: Store, campaign_id: str, *, parent_id: str, arms: set[str], actor: str
) -> bool:
    """Give a follow-up the product plan of its parent, for the arms whose messages it carries on.

    Its segments are those of the parent, so they are not split again.  Inside a transaction.

    Returns:
        Whether its messages name products.
    """
    before = generation.product_plan(store, parent_id)
    kept = tuple(pair for pair in before.arms if pair[0] in arms) if before else ()
    if before is None or not kept:
        return False
    plan = ProductPlan(before.items, kept, fills_up=before.fills_up)
    generation.keep_product_plan(store, campaign_id, plan, actor=actor)
    return True


def start_refreshing(
    jobs: JobRunner, store: Store, settings: Settings, campaign_id: str, *, actor: str
) -> str:
    """Start ``refresh_products`` as a job, and return the job's id."""
    refuse_if_launched(store, campaign_id, "its products")
    _plan_of(store, campaign_id)

    def refresh(progress: Progress) -> str:
        found = refresh_products(store, settings, campaign_id, actor=actor, progress=progress)
        return found.sentence

    return jobs.submit(campaign_id, "products", refresh)


def refuse_unsplit(store: Store, campaign_id: str) -> None:
    """Raise StateError where segments are to be split by products that are not worked out yet.

    What was written for whole segments would be retired by the split.
    """
    plan = generation.product_plan(store, campaign_id)
    if plan and plan.is_split and not plan.fields_sha256:
        raise StateError(
            "The segments are to be split by the products of their people, and these are not "
            "worked out yet. Work them out on the Content page first."
        )


def _plan_of(store: Store, campaign_id: str) -> ProductPlan:
    plan = generation.product_plan(store, campaign_id)
    if plan is None:
        raise StateError(
            "The campaign's messages name no products yet. Choose a strategy on the Content page."
        )
    return plan


def _is_frozen(store: Store, campaign_id: str) -> bool:
    return store.read(_FROZEN, campaign_id=campaign_id) != [(0,)]


def _refuse_if_frozen(store: Store, campaign_id: str) -> None:
    refuse_if_launched(store, campaign_id, "its products")
    if _is_frozen(store, campaign_id):
        raise StateError(
            "The experiment of this campaign is approved, and which products its arms name is "
            "frozen with it. Withdraw the approval of the design first, on the Experiment page."
        )
