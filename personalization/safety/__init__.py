"""No variant leaves unscreened, and no screening goes unrecorded."""

from personalization.safety.lines import screen_lines
from personalization.safety.policies import activate_policy, policy_of, publish_policy
from personalization.safety.policy import read_policy
from personalization.safety.recording import screen_campaign, screen_variant
from personalization.safety.screening import screen

__all__ = [
    "activate_policy",
    "policy_of",
    "publish_policy",
    "read_policy",
    "screen",
    "screen_campaign",
    "screen_lines",
    "screen_variant",
]
