"""What campaigns teach: which customers a lift depends on, and which messages do well with whom."""

from personalization.learning.attributes import attribute_effects
from personalization.learning.choosing import value_choices
from personalization.learning.lessons import (
    ArmWeight,
    Hint,
    hints_for,
    is_on,
    known_lessons,
    switch,
    weights_of,
)
from personalization.learning.teaching import learn
from personalization.learning.weighing import forget_weights, weigh_arms

__all__ = [
    "ArmWeight",
    "Hint",
    "attribute_effects",
    "forget_weights",
    "hints_for",
    "is_on",
    "known_lessons",
    "learn",
    "switch",
    "value_choices",
    "weigh_arms",
    "weights_of",
]
