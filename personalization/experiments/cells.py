"""How many customers each arm of each segment will get, and what a comparison of them is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import CONTROL, HOLDOUT, Arm
from personalization.experiments.assignment import cell_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_MOST_SHARED: Final = 0.999  # as in ``statistics.multiplicity``


@dataclass(frozen=True, slots=True)
class Cells:
    """The planned customers by segment and arm.

    Attributes:
        by_segment: Each segment's arms with their customers, in the order of assignment.
        eligible: Customers of each segment.
    """

    by_segment: Mapping[str, Mapping[str, int]]
    eligible: Mapping[str, int]

    def total(self, arm: str) -> int:
        """Count an arm's customers over all segments."""
        return sum(sizes.get(arm, 0) for sizes in self.by_segment.values())

    @property
    def variants(self) -> tuple[str, ...]:
        """Return the variants' names."""
        names = dict.fromkeys(name for sizes in self.by_segment.values() for name in sizes)
        return tuple(name for name in names if name not in (CONTROL, HOLDOUT))

    def contrast(self, arm: str) -> tuple[float, float]:
        """Return how many customers of arm and control the comparison is worth.

        Segments count by their share of the audience.  Where the arms have the same shares in all
        of them that is simply how many there are; else it is fewer.  A segment that is too small
        to have somebody in both compares nothing and is left out.
        """
        own = {
            segment: sizes
            for segment, sizes in self.by_segment.items()
            if sizes.get(arm, 0) and sizes.get(CONTROL, 0)
        }
        people = sum(self.eligible[segment] for segment in own)
        parts = [
            (self.eligible[segment] / people, sizes[arm], sizes[CONTROL])
            for segment, sizes in own.items()
        ]
        if not parts:
            return 0.0, 0.0
        return (
            1 / sum(share**2 / n for share, n, _ in parts),
            1 / sum(share**2 / control for share, _, control in parts),
        )

    @property
    def weakest(self) -> tuple[float, float]:
        """Return ``contrast`` of the variant that can show least; zeros where one shows nothing."""
        pairs = [self.contrast(arm) for arm in self.variants]
        if not pairs or any(not n for n, _ in pairs):
            return 0.0, 0.0
        return max(pairs, key=lambda pair: 1 / pair[0] + 1 / pair[1])

    @property
    def shared(self) -> tuple[float, ...]:
        """Return how much of each comparison's variance is the control's, in [0, 1).

        As far as all customers vary alike; to three digits, and 0.5 where nothing is compared.
        """
        pairs = (self.contrast(arm) for arm in self.variants)
        return tuple(
            min(round(own / (own + control), 3), _MOST_SHARED) if own and control else 0.5
            for own, control in pairs
        )


def cells_of(arms: Sequence[Arm], eligible: Mapping[str, int]) -> Cells:
    """Work out how many customers each arm of each segment will get."""
    by_segment: dict[str, dict[str, int]] = {}
    for segment in dict.fromkeys(arm.segment for arm in arms):
        own = [arm for arm in arms if arm.segment == segment]
        sizes = cell_sizes(eligible.get(segment, 0), [arm.weight for arm in own])
        by_segment[segment] = {arm.name: size for arm, size in zip(own, sizes, strict=True)}
    return Cells(by_segment, {segment: eligible.get(segment, 0) for segment in by_segment})
