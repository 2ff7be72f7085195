"""What a campaign teaches: which attributes of customers move the lift."""

from personalization.learning.attributes import attribute_effects

__all__ = ["attribute_effects"]
