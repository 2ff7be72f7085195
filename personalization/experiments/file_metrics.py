"""What is asked of a foreign file: its outcomes, each with its kind and options.

Written as ``NAME:kind`` with options behind it: ``spend:mean:cap=200``, ``spend:mean:pre=before``,
``revenue:ratio:per=clicks``, ``unsubscribed:binary:guardrail=0.005``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.experiments.declared import GUARDRAIL, PRIMARY, SECONDARY
from personalization.experiments.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS: Final = ("binary", "mean", "ratio")

SLOTS: Final = 8
"""Outcomes that one statement counts; a capped one takes two, as its raw form is shown too."""

_WRITTEN = re.compile(
    r"(?P<column>.+?):(?P<kind>[a-z]+)(?P<options>(?::(?:cap|pre|per|guardrail)=.*)?)"
)
_NEXT_OPTION = re.compile(r":(?=(?:cap|pre|per|guardrail)=)")
_ABLE: Final = {
    "cap": ("mean",),
    "pre": ("binary", "mean"),
    "per": ("ratio",),
    "guardrail": ("binary",),
}


@dataclass(frozen=True, slots=True)
class FileMetric:
    """One outcome that a file is asked about.

    Attributes:
        column: Of the outcome.
        kind: binary, mean or ratio.
        cap: Each customer counts with this much at most, above 0; None for uncapped.
        pre: Column of the same outcome before the test, that CUPED adjusts by.
        per: Column that a ratio divides by.
        margin: Of a guardrail: share of customers, in (0, 1), that may be harmed more.
        is_raw: The uncapped form beside a capped one.
    """

    column: str
    kind: str
    cap: float | None = None
    pre: str | None = None
    per: str | None = None
    margin: float | None = None
    is_raw: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"A metric cannot be {self.kind!r}. It is one of: {', '.join(KINDS)}.")
        given = {"cap": self.cap, "pre": self.pre, "per": self.per, "guardrail": self.margin}
        for option, value in given.items():
            if value is not None and self.kind not in _ABLE[option]:
                able = " or ".join(_ABLE[option])
                raise InputError(
                    f"{self.column!r} is {self.kind}; {option}= goes with {able} only."
                )
        if self.pre is not None and self.margin is not None:
            raise InputError(
                f"{self.column!r} has both pre= and guardrail=: a guardrail is judged by counts, "
                "which an adjusted rate no longer has. Leave one of them out."
            )
        if self.kind == "ratio" and not self.per:
            raise InputError(
                f"The ratio {self.column!r} lacks what it is per: {self.column}:ratio:per=COLUMN."
            )
        if self.cap is not None and not 0 < self.cap < inf:
            raise InputError(f"A cap of {self.cap:g} on {self.column!r} is not above 0.")
        if self.margin is not None and not 0 < self.margin < 1:
            raise InputError(
                f"A margin of {self.margin:g} on {self.column!r} is not a share between 0 and 1, "
                "such as 0.005."
            )

    @property
    def name(self) -> str:
        """Return what the results call it: the column, marked where it is the raw form."""
        if self.is_raw:
            return f"{self.column} (raw)"
        return f"{self.column} per {self.per}" if self.per else self.column

    @property
    def form(self) -> str:
        """Return how the statement reads it, see ``files.sql``."""
        form = "flag" if self.kind == "binary" else "amount"
        return f"paired {form}" if self.pre or self.per else form

    @property
    def beside(self) -> str | None:
        """Return the column that goes with the outcome, if one does."""
        return self.pre or self.per

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it is read from."""
        return (self.column, self.beside) if self.beside else (self.column,)

    @property
    def metric(self) -> Metric:
        """Return it as the sentences know a metric; of a guardrail less is better."""
        noun = f"{self.column} (capped)" if self.cap else self.name
        return Metric(self.name, self.kind, noun, is_wanted=self.margin is None)


def parse_metric(text: str) -> FileMetric:
    """Read ``NAME:kind`` with its options.

    A name may hold a colon itself: the kind is the last word before the options.

    Raises:
        InputError: It is not written so, or an option does not go with its kind.

    Example:
        >>> parse_metric("spend:mean:cap=200").cap
        200.0
        >>> parse_metric("revenue:ratio:per=clicks").name
        'revenue per clicks'
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise InputError(
            f"--metric {text!r} is no COLUMN:binary, COLUMN:mean or COLUMN:ratio:per=COLUMN."
        )
    written = [part.partition("=") for part in _NEXT_OPTION.split(found["options"])[1:]]
    options = {name: value for name, _, value in written}
    if len(options) < len(written) or not all(options.values()):
        raise InputError(f"--metric {text!r} has an option twice, or one without a value.")
    return FileMetric(
        found["column"],
        found["kind"],
        cap=_number(text, options.get("cap")),
        pre=options.get("pre"),
        per=options.get("per"),
        margin=_number(text, options.get("guardrail")),
    )


def _number(text: str, value: str | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError as error:
        raise InputError(f"--metric {text!r}: {value!r} is not a number.") from error


def with_raw(metrics: Sequence[FileMetric]) -> list[FileMetric]:
    """Return all that is counted: the metrics, and behind each capped one its raw form.

    Raises:
        InputError: None, too many, one twice, or a guardrail where a metric has to decide.
    """
    if not metrics:
        raise InputError("Name at least one column to compare, with its kind: binary or mean.")
    if metrics[0].margin is not None:
        raise InputError(
            f"The first metric decides, and {metrics[0].column!r} is a guardrail. Name another."
        )
    counted = [
        part
        for metric in metrics
        for part in ([metric] if metric.cap is None else [metric, _raw(metric)])
    ]
    names = [metric.name for metric in counted]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"The metric {twice[0]!r} is named twice. Name each one once.")
    if len(counted) > SLOTS:
        raise InputError(
            f"These are {len(counted)} metrics (a capped one counts twice); {SLOTS} go at once."
        )
    return counted


def _raw(metric: FileMetric) -> FileMetric:
    return replace(metric, cap=None, is_raw=True)


def roles_of(metrics: Sequence[FileMetric]) -> dict[str, str]:
    """Return each metric's role by name: the first one decides."""
    return {
        metric.name: PRIMARY if place == 0 else GUARDRAIL if metric.margin else SECONDARY
        for place, metric in enumerate(metrics)
    }
