"""A/B/n experiments: who takes part, who gets which arm, and what each arm was worth."""

from personalization.experiments.assignment import assign_arms
from personalization.experiments.audience import BUCKETS, audience_waterfall
from personalization.experiments.design import (
    approve_design,
    design_experiment,
    experiment_of,
    withdraw_design,
)
from personalization.experiments.early import locked_until, open_early
from personalization.experiments.file_metrics import parse_metric
from personalization.experiments.files import Rule, analyze_file
from personalization.experiments.holdout_effect import (
    HoldoutEffect,
    HoldoutGain,
    holdout_effect,
)
from personalization.experiments.holdouts import (
    HoldoutPeriod,
    change_holdout,
    current_holdout,
    end_holdout,
    holdout_history,
    start_holdout,
)
from personalization.experiments.measurement import measure
from personalization.experiments.noise import NoiseMirror, noise_mirror
from personalization.experiments.plan import Choices, Plan
from personalization.experiments.planning import plan_experiment, plan_for
from personalization.experiments.recompute import Recomputed, recompute
from personalization.experiments.repairs import Repair, repairs_of
from personalization.experiments.sizing import GuardrailPlan, MetricPlan, SegmentPlan
from personalization.experiments.sufficient import outcomes_at_hand
from personalization.experiments.winners import Winners, winner
from personalization.statistics.power import power

__all__ = [
    "BUCKETS",
    "Choices",
    "GuardrailPlan",
    "HoldoutEffect",
    "HoldoutGain",
    "HoldoutPeriod",
    "MetricPlan",
    "NoiseMirror",
    "Plan",
    "Recomputed",
    "Repair",
    "Rule",
    "SegmentPlan",
    "Winners",
    "analyze_file",
    "approve_design",
    "assign_arms",
    "audience_waterfall",
    "change_holdout",
    "current_holdout",
    "design_experiment",
    "end_holdout",
    "experiment_of",
    "holdout_effect",
    "holdout_history",
    "locked_until",
    "measure",
    "noise_mirror",
    "open_early",
    "outcomes_at_hand",
    "parse_metric",
    "plan_experiment",
    "plan_for",
    "power",
    "recompute",
    "repairs_of",
    "start_holdout",
    "winner",
    "withdraw_design",
]
