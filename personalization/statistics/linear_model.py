"""The joint model: does an attribute move the lift beside all other attributes?

The outcome is a straight line in arm x (all attributes): a linear-probability model where it is
yes or no.  Everything is computed from customers counted by arm and by the levels of all
attributes, exactly, so 300 customers and 300 million come to a table of the same size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Final

from personalization.statistics.levels import Cell
from personalization.statistics.samples import Counts, Moments, Ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from personalization.statistics.samples import Sample

    Vector = NDArray[np.float64]
    Matrix = NDArray[np.float64]

_DEPENDENT: Final = 1e-10  # share of a column's length that others leave of it, by rounding
_PER_COEFFICIENT: Final = 10  # customers that an arm needs for each of its coefficients


@dataclass(frozen=True, slots=True)
class JointCell:
    """The customers of one arm who share the levels of all attributes.

    Attributes:
        arm: Or the control's name.
        levels: One for each attribute, in one order for all cells.
        sample: Of the outcome among them; of one kind for all cells.
    """

    arm: str
    levels: tuple[str, ...]
    sample: Sample


@dataclass(frozen=True, slots=True)
class Wald:
    """The test of one attribute's interactions with one arm.

    Attributes:
        df: Interactions that can be told from everything else in the model.
        statistic: Wald's chi-squared; None where it cannot be said.
        p: Its tail; None where it cannot be said.
        reason: Why it cannot, as a part of a sentence; empty if it can.
    """

    df: int
    statistic: float | None
    p: float | None
    reason: str = ""


def joint_model(
    cells: Sequence[JointCell], attributes: Sequence[str], *, control: str
) -> dict[tuple[str, str], Wald]:
    """Test each attribute x arm beside all other attributes: y ~ arm * (all attributes), HC1.

    A model in which everything goes with the arm is a regression for each arm, and a customer
    matters by levels and outcome only: a cell adds (n - 1) variance + n (mean - fit)^2 to the
    squared residuals.  So the result is that of ordinary least squares on the customers.

    Levels that cannot be read (see ``levels.Cell.reason``) are put together, or join the largest,
    because a coefficient of a few customers fits them and then looks certain.  An attribute is
    tested by what its interactions add to the space of all other terms, so one that is made of
    others loses degrees of freedom, and has no p where nothing is left.

    Args:
        cells: Disjoint; several with the same arm and levels are added up.
        attributes: Names of the levels' places.
        control: The arm that the others are held against.

    Returns:
        By arm and attribute, without the control.

    References:
        MacKinnon and White (1985), Journal of Econometrics 29, 305-325: HC1.
        Angrist and Pischke (2009), Mostly Harmless Econometrics, section 3.4.2: linear models of
        rates.
    """
    arms = sorted({cell.arm for cell in cells} - {control})
    if any(isinstance(cell.sample, Ratio) for cell in cells):
        unsaid = Wald(0, None, None, "a ratio has no joint model")
        return dict.fromkeys(((arm, name) for arm in arms for name in attributes), unsaid)
    table = _table(cells, len(attributes))
    base = table.of_arm(control)
    return {
        (arm, attribute): wald
        for arm in arms
        for attribute, wald in zip(attributes, _tested(table.of_arm(arm), base), strict=True)
    }


@dataclass(frozen=True, slots=True)
class _Table:
    """The cells as columns, each of shape (cells,).

    Attributes:
        arm: Name.
        codes: Levels as numbers, of shape (cells, attributes).
        n: Customers.
        mean: Of the outcome.
        squares: About the cell's own mean.
        answers: Successes, or customers with an amount.
        is_rate: Whether all samples are counts.
    """

    arm: NDArray[np.str_]
    codes: NDArray[np.int64]
    n: Vector
    mean: Vector
    squares: Vector
    answers: Vector
    is_rate: bool

    def of_arm(self, arm: str) -> _Table:
        at = self.arm == arm
        return _Table(self.arm[at], self.codes[at], self.n[at], self.mean[at], self.squares[at],
                      self.answers[at], self.is_rate)  # fmt: skip

    def margin(self, place: int, n_levels: int) -> list[Sample]:
        """Return the sample of each level of one attribute."""
        import numpy as np  # noqa: PLC0415

        codes = self.codes[:, place]

        def total(of: Vector) -> Vector:
            return np.bincount(codes, of, n_levels).astype(float)

        n = total(self.n)
        mean = total(self.n * self.mean) / np.maximum(n, 1)
        squares = total(self.squares + self.n * (self.mean - mean[codes]) ** 2)
        variance = squares / np.maximum(n - 1, 1)
        answers = total(self.answers)
        if self.is_rate:
            return [Counts(int(k), int(x)) for k, x in zip(n, answers, strict=True)]
        rows = zip(n, mean, variance, answers, strict=True)
        return [Moments(int(k), float(m), float(v), int(x)) for k, m, v, x in rows]


def _table(cells: Sequence[JointCell], n_attributes: int) -> _Table:
    import numpy as np  # noqa: PLC0415

    samples = [cell.sample for cell in cells]
    codes = np.zeros((len(cells), n_attributes), dtype=np.int64)
    for place in range(n_attributes):
        number: dict[str, int] = {}
        for level in sorted({cell.levels[place] for cell in cells}):
            number[level] = len(number)
        codes[:, place] = [number[cell.levels[place]] for cell in cells]
    rows = [_row(sample) for sample in samples]
    n, mean, squares, answers = np.array(rows, dtype=float).reshape(-1, 4).T
    is_rate = all(isinstance(sample, Counts) for sample in samples)
    arm = np.array([cell.arm for cell in cells], dtype=str)
    return _Table(arm, codes, n, mean, squares, answers, is_rate)


def _row(sample: Sample) -> tuple[float, float, float, float]:
    """Return customers, mean, squares about it, and successes or customers with an amount."""
    if isinstance(sample, Counts):
        n, x = sample.n, sample.successes
        return n, x / max(n, 1), x * (n - x) / max(n, 1), x
    moments = sample.linearised if isinstance(sample, Ratio) else sample
    return moments.n, moments.mean, moments.variance * max(moments.n - 1, 0), moments.n_nonzero


@dataclass(frozen=True, slots=True)
class _Fit:
    """One arm's own regression on the attributes: all that the tests need of it.

    Attributes:
        n: Customers.
        gram: Sum over customers of x x', of shape (p, p).
        moment: Sum of x y, of shape (p,).
        meat: Sum of e^2 x x', e being what the line leaves unexplained.
    """

    n: int
    gram: Matrix
    moment: Vector
    meat: Matrix


def _tested(own: _Table, other: _Table) -> list[Wald]:
    """Return the test of each attribute's interactions with one arm."""
    columns, n_columns = [], 1  # column 0 is the intercept
    for place in range(own.codes.shape[1]):
        names = _readable(own, other, place)
        first, *rest = sorted(set(names))
        column = {first: 0} | {name: n_columns + at for at, name in enumerate(rest)}
        columns.append([column[name] for name in names])
        n_columns += len(rest)
    origin = float(other.n @ other.mean / max(other.n.sum(), 1))  # large amounts lose no digits
    fit, base = (_fit(side, columns, n_columns, origin) for side in (own, other))
    return [_wald(fit, base, sorted(set(block) - {0})) for block in columns]


def _readable(own: _Table, other: _Table, place: int) -> list[int]:
    """Return the level that each level of one attribute counts as; what is put together is -1."""
    n_levels = 1 + int(
        max(own.codes[:, place].max(initial=0), other.codes[:, place].max(initial=0))
    )
    sides = zip(own.margin(place, n_levels), other.margin(place, n_levels), strict=True)
    cells = [Cell(str(level), *pair) for level, pair in enumerate(sides)]
    rest = [cell for cell in cells if not cell.is_enough]
    if not rest:
        return list(range(n_levels))
    largest = max(range(n_levels), key=lambda level: (cells[level].is_enough, cells[level].n))
    name = -1 if reduce(add, rest).is_enough else largest
    return [level if cell.is_enough else name for level, cell in enumerate(cells)]


def _fit(side: _Table, columns: Sequence[Sequence[int]], n_columns: int, origin: float) -> _Fit:
    """Regress one arm's outcome, less ``origin``, on its levels."""
    import numpy as np  # noqa: PLC0415

    rows = np.zeros((len(side.n), n_columns))
    for place, column in enumerate(columns):
        rows[np.arange(len(rows)), np.array(column)[side.codes[:, place]]] = 1.0
    rows[:, 0] = 1.0
    mean = side.mean - origin
    gram, moment = (rows.T * side.n) @ rows, rows.T @ (side.n * mean)
    kept = _independent(gram, range(n_columns))
    slopes = np.linalg.solve(gram[np.ix_(kept, kept)], moment[kept])
    squares = side.squares + side.n * (mean - rows[:, kept] @ slopes) ** 2
    return _Fit(int(side.n.sum()), gram, moment, (rows.T * squares) @ rows)


def _wald(own: _Fit, other: _Fit, block: Sequence[int]) -> Wald:
    """Test the interactions in ``block``, columns of one attribute, beside all other terms."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import chdtrc  # noqa: PLC0415

    if not block:
        return Wald(0, None, None, "fewer than two levels have enough customers")
    width = len(own.gram)
    inner = [width + column for column in block]
    order = [column for column in range(2 * width) if column not in inner] + inner
    gram = np.block([[own.gram + other.gram, own.gram], [own.gram, own.gram]])
    meat = np.block([[own.meat + other.meat, own.meat], [own.meat, own.meat]])
    kept = _independent(gram, order)
    n, df = own.n + other.n, len(set(kept) & set(inner))
    if not df:
        return Wald(0, None, None, "the other attributes together say the same")
    if 2 * min(own.n, other.n) < _PER_COEFFICIENT * len(kept):
        return Wald(df, None, None, "too few customers for so many attributes side by side")
    bread = np.linalg.inv(gram[np.ix_(kept, kept)])
    slopes = (bread @ np.concatenate([own.moment + other.moment, own.moment])[kept])[-df:]
    variance = (bread @ meat[np.ix_(kept, kept)] @ bread)[-df:, -df:] * n / (n - len(kept))
    widths = np.linalg.eigvalsh(variance)
    if widths[0] <= _DEPENDENT * widths[-1]:
        return Wald(df, None, None, "the outcomes hardly vary")
    statistic = float(slopes @ np.linalg.solve(variance, slopes))
    return Wald(df, statistic, float(chdtrc(df, statistic)))


def _independent(gram: Matrix, order: Iterable[int]) -> list[int]:
    """Return the columns, in this order, that those before them do not make up."""
    rest, kept = gram.copy(), []
    for column in order:
        if rest[column, column] > _DEPENDENT * gram[column, column]:
            kept.append(column)
            line = rest[column] / rest[column, column]
            rest -= rest[:, [column]] * line
    return kept
