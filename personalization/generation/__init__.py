"""Writing: messages for each segment, and what bears out every claim in them."""

from personalization.generation.carrying import carry_over
from personalization.generation.claim_free import lines_with_claims
from personalization.generation.control import control_message
from personalization.generation.editing import edit_variant
from personalization.generation.gaps import content_gaps, gap_lines
from personalization.generation.ground_lines import ground_lines
from personalization.generation.grounding import ground
from personalization.generation.partly import regenerate_part
from personalization.generation.parts import PARTS
from personalization.generation.spending import on_account
from personalization.generation.writing import regenerate, write_variants
from personalization.providers.gaps import ContentGap

__all__ = [
    "PARTS",
    "ContentGap",
    "carry_over",
    "content_gaps",
    "control_message",
    "edit_variant",
    "gap_lines",
    "ground",
    "ground_lines",
    "lines_with_claims",
    "on_account",
    "regenerate",
    "regenerate_part",
    "write_variants",
]
