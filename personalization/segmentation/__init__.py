"""Who belongs together: RFM, k-means or the team's own rules, every customer in one segment."""

from personalization.segmentation.explaining import explain_member, sample_members
from personalization.segmentation.fitting import fit_segments, method_words
from personalization.segmentation.keeping import inherit_segments, keep_segments
from personalization.segmentation.part_merging import merge_parts
from personalization.segmentation.rules import (
    FIELDS,
    OPERATORS,
    STARTER_RULES,
    Condition,
    Rule,
    attributes_of,
    read_rules,
    rules_as_json,
)
from personalization.segmentation.splitting import join_segments, split_segments
from personalization.segmentation.values import METHODS, Segmentation

__all__ = [
    "FIELDS",
    "METHODS",
    "OPERATORS",
    "STARTER_RULES",
    "Condition",
    "Rule",
    "Segmentation",
    "attributes_of",
    "explain_member",
    "fit_segments",
    "inherit_segments",
    "join_segments",
    "keep_segments",
    "merge_parts",
    "method_words",
    "read_rules",
    "rules_as_json",
    "sample_members",
    "split_segments",
]
