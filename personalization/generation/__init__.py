"""Writing: messages for each segment, and what bears out every claim in them."""

from personalization.generation.carrying import carry_over
from personalization.generation.control import control_message
from personalization.generation.editing import edit_variant
from personalization.generation.ground_lines import ground_lines
from personalization.generation.grounding import ground
from personalization.generation.writing import regenerate, write_variants

__all__ = [
    "carry_over",
    "control_message",
    "edit_variant",
    "ground",
    "ground_lines",
    "regenerate",
    "write_variants",
]
