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
from personalization.generation.product_plans import (
    drop_product_plan,
    keep_product_plan,
    product_plan,
)
from personalization.generation.products import (
    ArmCoverage,
    ProductCoverage,
    freeze_products,
    product_coverage,
)
from personalization.generation.spending import on_account
from personalization.generation.writing import regenerate, write_variants
from personalization.providers.gaps import ContentGap

__all__ = [
    "PARTS",
    "ArmCoverage",
    "ContentGap",
    "ProductCoverage",
    "carry_over",
    "content_gaps",
    "control_message",
    "drop_product_plan",
    "edit_variant",
    "freeze_products",
    "gap_lines",
    "ground",
    "ground_lines",
    "keep_product_plan",
    "lines_with_claims",
    "on_account",
    "product_coverage",
    "product_plan",
    "regenerate",
    "regenerate_part",
    "write_variants",
]
