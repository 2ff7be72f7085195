"""No variant leaves unscreened, and no screening goes unrecorded."""

from personalization.safety.drafts import Draft, draft_of, drop_draft, save_draft
from personalization.safety.labels import label_finding
from personalization.safety.lines import screen_lines
from personalization.safety.policies import activate_policy, policy_of, publish_policy
from personalization.safety.policy import Policy, read_policy
from personalization.safety.recording import screen_campaign, screen_variant
from personalization.safety.rejudging import Flip
from personalization.safety.replay import CampaignFlips, Replay, replay
from personalization.safety.screening import screen

__all__ = [
    "CampaignFlips",
    "Draft",
    "Flip",
    "Policy",
    "Replay",
    "activate_policy",
    "draft_of",
    "drop_draft",
    "label_finding",
    "policy_of",
    "publish_policy",
    "read_policy",
    "replay",
    "save_draft",
    "screen",
    "screen_campaign",
    "screen_lines",
    "screen_variant",
]
