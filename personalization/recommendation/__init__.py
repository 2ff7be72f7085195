"""The right products for each customer, with the reasons that the events give."""

from personalization.domain import STRATEGIES
from personalization.recommendation.asking import EVERYBODY, Asked
from personalization.recommendation.content_similarity import content_model
from personalization.recommendation.explaining import explain_customer, why_not
from personalization.recommendation.handing_over import HandOver, hand_over_run
from personalization.recommendation.policies import policy_history, policy_of, save_policy
from personalization.recommendation.policy import Gate, Policy, default_policy, read_policy
from personalization.recommendation.reasons import reason_words
from personalization.recommendation.recounting import Recount, recount_run
from personalization.recommendation.rules import RULE_WORDS
from personalization.recommendation.running import build_models, recommend
from personalization.recommendation.shelves import (
    Card,
    Excluded,
    Explanation,
    Shelf,
    shelf_for,
)
from personalization.recommendation.similarity import newest_event, newest_model
from personalization.recommendation.trying import PolicyTrial, try_policy

__all__ = [
    "EVERYBODY",
    "RULE_WORDS",
    "STRATEGIES",
    "Asked",
    "Card",
    "Excluded",
    "Explanation",
    "Gate",
    "HandOver",
    "Policy",
    "PolicyTrial",
    "Recount",
    "Shelf",
    "build_models",
    "content_model",
    "default_policy",
    "explain_customer",
    "hand_over_run",
    "newest_event",
    "newest_model",
    "policy_history",
    "policy_of",
    "read_policy",
    "reason_words",
    "recommend",
    "recount_run",
    "save_policy",
    "shelf_for",
    "try_policy",
    "why_not",
]
