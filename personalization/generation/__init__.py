"""Writing: messages for each segment, and what bears out every claim in them."""

from personalization.generation.carrying import carry_over
from personalization.generation.catalogue_documents import products_for
from personalization.generation.claim_free import lines_with_claims
from personalization.generation.control import control_message
from personalization.generation.editing import edit_variant
from personalization.generation.gaps import content_gaps, gap_lines
from personalization.generation.ground_lines import ground_lines
from personalization.generation.grounding import ground
from personalization.generation.outreach_writing import (
    drafted_skeleton,
    grounded,
    outreach_passages,
    place_of,
)
from personalization.generation.partly import regenerate_part
from personalization.generation.parts import PARTS
from personalization.generation.product_coverage import (
    ArmCoverage,
    ProductCoverage,
    product_coverage,
)
from personalization.generation.product_plans import (
    drop_product_plan,
    keep_product_plan,
    product_plan,
)
from personalization.generation.product_texts import (
    EVERYBODY,
    Place,
    WrittenText,
    drafted_text,
    keep_text,
    keep_text_failure,
    keep_texts,
    standing_of,
)
from personalization.generation.products import freeze_products
from personalization.generation.sources import footer_of, segments_of
from personalization.generation.spending import on_account
from personalization.generation.text_editing import edit_text, refuse_unfillable
from personalization.generation.text_export import FilledFile, write_filled_file, write_texts_file
from personalization.generation.text_filling import (
    families_of,
    filled_for,
    left_out_of,
    products_of,
    segment_of_customer,
    text_set_of,
)
from personalization.generation.text_readers import LeftOut
from personalization.generation.text_sources import (
    approved_passages,
    passages_about,
    sales_of,
    step_up_of,
)
from personalization.generation.writing import regenerate, write_variants
from personalization.providers.gaps import ContentGap
from personalization.providers.outreach_frames import outreach_lines

__all__ = [
    "EVERYBODY",
    "PARTS",
    "ArmCoverage",
    "ContentGap",
    "FilledFile",
    "LeftOut",
    "Place",
    "ProductCoverage",
    "WrittenText",
    "approved_passages",
    "carry_over",
    "content_gaps",
    "control_message",
    "drafted_skeleton",
    "drafted_text",
    "drop_product_plan",
    "edit_text",
    "edit_variant",
    "families_of",
    "filled_for",
    "footer_of",
    "freeze_products",
    "gap_lines",
    "ground",
    "ground_lines",
    "grounded",
    "keep_product_plan",
    "keep_text",
    "keep_text_failure",
    "keep_texts",
    "left_out_of",
    "lines_with_claims",
    "on_account",
    "outreach_lines",
    "outreach_passages",
    "passages_about",
    "place_of",
    "product_coverage",
    "product_plan",
    "products_for",
    "products_of",
    "refuse_unfillable",
    "regenerate",
    "regenerate_part",
    "sales_of",
    "segment_of_customer",
    "segments_of",
    "standing_of",
    "step_up_of",
    "text_set_of",
    "write_filled_file",
    "write_texts_file",
    "write_variants",
]
