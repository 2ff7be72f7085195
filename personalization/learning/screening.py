"""The samples behind the effects: by arm and level for the screen, by all levels for the model.

Where an arm's share beside the control's differs from segment to segment, arm and control are
different mixes of people.  Its levels are then put to one mix, segment by segment, and the joint
model knows the segments.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import CONTROL
from personalization.statistics.levels import Cell, cells_of, together
from personalization.statistics.linear_model import JointCell, Wald, joint_model
from personalization.statistics.moderation import Effect
from personalization.statistics.samples import Counts, Moments, Ratio, standardised_pair

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.learning.joint_counts import JointCounts
    from personalization.statistics.samples import Sample

_KINDS: Final = {"click": "binary", "conversion": "binary", "revenue": "mean",
                 "revenue_capped": "mean", "revenue_per_click": "ratio"}  # fmt: skip
SEGMENT: Final = "segment"


def kind_of(metric: str) -> str:
    """Return binary, mean or ratio; empty for a metric that is not looked at."""
    return _KINDS.get(metric, "")


def sample_of(row: Mapping[str, Any], metric: str) -> Sample:
    """Return what one row of counts says of a metric."""
    n = int(row["n"])
    if _KINDS[metric] == "binary":
        return Counts(n, int(row[metric]))
    buyers, spread = int(row["buyers"]), float(row["revenue_variance"] or 0.0)
    if metric == "revenue_capped":
        return Moments(n, row["revenue_capped"], row["capped_variance"] or 0.0, buyers)
    if metric == "revenue":
        return Moments(n, row["revenue"], spread, buyers)
    rate = row["click"] / n
    return Ratio(n, row["revenue"], rate, spread, rate * (1 - rate) * n / max(n - 1, 1),
                 row["click_revenue"] or 0.0, buyers)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Screen:
    """All counts of one experiment.

    Attributes:
        counts: Rows of ``arm_statistics``, by attribute, level and arm.
        joint_counts: By all attributes at once; with segments where an arm is uneven.
        shown: By attribute, what each of its levels is shown as.
        uneven: By arm, whether its share beside the control's differs between segments.
    """

    counts: Sequence[Mapping[str, Any]]
    joint_counts: JointCounts
    shown: Mapping[str, Mapping[str, str]]
    uneven: Mapping[str, bool]

    def effects(self, metric: str) -> list[Effect]:
        """Return an effect for each arm and attribute, with its cells and without any test."""
        samples: dict[tuple[str, str], dict[str, Sample]] = defaultdict(dict)
        for row in self.counts:
            samples[row["attribute"], row["arm"]][row["level"]] = sample_of(row, metric)
        return [
            Effect(metric, arm, attribute, self._standardised(metric, arm, attribute))
            if is_uneven and attribute != SEGMENT
            else Effect(metric, arm, attribute,
                        cells_of(samples[attribute, arm], samples[attribute, CONTROL], shown))
            for arm, is_uneven in self.uneven.items()
            for attribute, shown in self.shown.items()
        ]  # fmt: skip

    def joint(self, metric: str) -> dict[tuple[str, str], Wald]:
        """Return what the joint model says of each arm and attribute, or why it says nothing."""
        attributes = self.joint_counts.attributes
        found = {
            (arm, attribute): Wald(0, None, None, _left_out(attribute))
            for arm in self.uneven
            for attribute in self.shown
        }
        together_or_apart = [[arm] for arm in self.uneven]
        if SEGMENT not in attributes:
            together_or_apart = [list(self.uneven)]
        for arms in together_or_apart if attributes else []:
            cells = [
                JointCell(row["arm"], row["levels"], sample_of(row, metric))
                for row in self._comparable(arms)
            ]
            found |= joint_model(cells, attributes, control=CONTROL)
        return found

    def _comparable(self, arms: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return the joint rows of the arms and of the control, in segments that have them all."""
        rows = [row for row in self.joint_counts.rows if row["arm"] in (*arms, CONTROL)]
        if SEGMENT not in self.joint_counts.attributes:
            return rows
        place = self.joint_counts.attributes.index(SEGMENT)
        segments = [{row["levels"][place] for row in rows if row["arm"] == name}
                    for name in (*arms, CONTROL)]  # fmt: skip
        shared = set.intersection(*segments)
        return [row for row in rows if row["levels"][place] in shared]

    def _standardised(self, metric: str, arm: str, attribute: str) -> tuple[Cell, ...]:
        """Put both sides of each level to one mix of segments."""
        attributes = self.joint_counts.attributes
        if attribute not in attributes:
            return ()
        place, segment_place = attributes.index(attribute), attributes.index(SEGMENT)
        parts: dict[str, dict[str, dict[str, Sample]]] = defaultdict(lambda: defaultdict(dict))
        for row in self._comparable([arm]):
            sides = parts[row["levels"][place]][row["levels"][segment_place]]
            sample = sample_of(row, metric)
            known = sides.get(row["arm"])
            sides[row["arm"]] = together(known, sample) if known else sample
        return tuple(_one_mix(level, segments, arm) for level, segments in parts.items())


def _one_mix(level: str, segments: Mapping[str, Mapping[str, Sample]], arm: str) -> Cell:
    both = {s: sides for s, sides in segments.items() if arm in sides and CONTROL in sides}
    if not both:
        nobody = Moments(0, 0.0, 0.0, 0)
        return Cell(level, nobody, nobody)
    shares = {s: float(sides[arm].n + sides[CONTROL].n) for s, sides in both.items()}
    pair = standardised_pair(
        {s: sides[arm] for s, sides in both.items()},
        {s: sides[CONTROL] for s, sides in both.items()},
        shares,
    )
    return Cell(level, *pair)


def _left_out(attribute: str) -> str:
    if attribute == SEGMENT:
        return "segments are made of the other attributes"
    return "there are too many attributes for one model"
