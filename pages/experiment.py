"""The test: what it could show, the design, the checks before the launch, and the launch."""

from __future__ import annotations

from pages.ui import design, frozen, holdout, launch, product_plan, shell
from personalization.reports import experiment as reports

ctx = shell.enter("experiment")
state = ctx.need_campaign()

if not state.n_variants:
    shell.empty(
        "No messages to test yet",
        "A test compares approved messages with a control text. Have them written and reviewed "
        "first.",
        page="content",
        label="Write messages",
    )

found = reports.design_of(shell.store(), state.campaign_id)
product_plan.legend(state.campaign_id)
if found is not None and found.launched_at is not None:
    launch.launched(state, found)
elif found is not None and found.approved_at is not None:
    launch.panel(state, ctx.actor)
    frozen.record(state, found, ctx.actor)
else:
    if found is not None:
        frozen.withdrawn(found)
        frozen.waiting(found, state.campaign_id)
    design.panel(state, found, ctx.actor)
holdout.panel(ctx.actor)
