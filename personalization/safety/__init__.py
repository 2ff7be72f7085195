"""No variant leaves unscreened, and no screening goes unrecorded."""

from personalization.safety.amending import with_rule, with_threshold
from personalization.safety.consent_law import ConsentLaw, keep_consent_law, read_consent_law
from personalization.safety.drafts import Draft, draft_of, drop_draft, save_draft
from personalization.safety.html_screening import screen_html_part
from personalization.safety.input_records import InputCheck
from personalization.safety.inputs import (
    check_brief,
    check_customers,
    check_passages,
    check_profiles,
    unsafe_lines,
)
from personalization.safety.labels import label_finding
from personalization.safety.lines import screen_lines
from personalization.safety.policies import (
    activate_policy,
    own_policy,
    policy_of,
    policy_with,
    publish_policy,
)
from personalization.safety.policy import Policy, read_policy
from personalization.safety.recording import screen_campaign, screen_variant
from personalization.safety.rejudging import Flip
from personalization.safety.replay import CampaignFlips, Replay, replay
from personalization.safety.screening import screen

__all__ = [
    "CampaignFlips",
    "ConsentLaw",
    "Draft",
    "Flip",
    "InputCheck",
    "Policy",
    "Replay",
    "activate_policy",
    "check_brief",
    "check_customers",
    "check_passages",
    "check_profiles",
    "draft_of",
    "drop_draft",
    "keep_consent_law",
    "label_finding",
    "own_policy",
    "policy_of",
    "policy_with",
    "publish_policy",
    "read_consent_law",
    "read_policy",
    "replay",
    "save_draft",
    "screen",
    "screen_campaign",
    "screen_html_part",
    "screen_lines",
    "screen_variant",
    "unsafe_lines",
    "with_rule",
    "with_threshold",
]
