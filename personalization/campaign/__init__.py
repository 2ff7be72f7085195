"""A campaign: the stages in their order, and what a user can ask of each.

Every function is one thing that somebody does, on a page or on the command line: it asks one
stage to move the campaign's rows on, and journals that.  Who may go when is decided here; how
it is done, only in the stage.  Read ``audience``, ``messages`` and ``launch`` in this order.
"""

from personalization.campaign.audience import (
    brief_from,
    check_file,
    create_campaign,
    fit_segments,
    import_files,
    keep_segments,
    load_sample,
)
from personalization.campaign.journal import STEPS, campaign_of
from personalization.campaign.launch import (
    Assumptions,
    approve_design,
    design_experiment,
    export_campaign,
    launch_gate,
    measure,
    plan_experiment,
    record_engagements,
    scale_winner,
    simulate_campaign,
    withdraw_design,
)
from personalization.campaign.messages import (
    approve_all,
    choose_passage,
    decide,
    edit_message,
    field_coverage,
    find_content,
    import_content,
    preview_customers,
    put_policy_in_force,
    regenerate_message,
    render_for,
    screen_messages,
    set_document_status,
    start_finding,
    start_writing,
    undo_decision,
    write_messages,
)

__all__ = [
    "STEPS",
    "Assumptions",
    "approve_all",
    "approve_design",
    "brief_from",
    "campaign_of",
    "check_file",
    "choose_passage",
    "create_campaign",
    "decide",
    "design_experiment",
    "edit_message",
    "export_campaign",
    "field_coverage",
    "find_content",
    "fit_segments",
    "import_content",
    "import_files",
    "keep_segments",
    "launch_gate",
    "load_sample",
    "measure",
    "plan_experiment",
    "preview_customers",
    "put_policy_in_force",
    "record_engagements",
    "regenerate_message",
    "render_for",
    "scale_winner",
    "screen_messages",
    "set_document_status",
    "simulate_campaign",
    "start_finding",
    "start_writing",
    "undo_decision",
    "withdraw_design",
    "write_messages",
]
