"""No variant leaves unscreened, and no screening goes unrecorded."""

from personalization.safety.lines import screen_lines
from personalization.safety.recording import activate_policy, screen_campaign, screen_variant
from personalization.safety.screening import screen

__all__ = ["activate_policy", "screen", "screen_campaign", "screen_lines", "screen_variant"]
