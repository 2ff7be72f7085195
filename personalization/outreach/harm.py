"""Harm apart from reward: who draws refusals, unsubscribes and complaints is taken out.

A text that gets many answers may get them because it annoys.  So harm has a posterior of its
own, and an arm is not offered any more where its true share of harm is surely above the cap,
however many kind answers it brings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def chances_above(alphas: Sequence[float], betas: Sequence[float], cap: float) -> list[float]:
    """Return for each Beta posterior the chance that its rate is above ``cap``, in [0, 1]."""
    from scipy.special import betaincc  # noqa: PLC0415

    return [float(chance) for chance in betaincc(alphas, betas, cap)]


def is_vetoed(alpha: float, beta: float, *, cap: float, certainty: float) -> bool:
    """Tell whether a rate is so surely above ``cap`` that its arm is not offered.

    Example:
        >>> is_vetoed(1 + 10, 49 + 20, cap=0.05, certainty=0.9)  # 10 refusals in 30 messages
        True
        >>> is_vetoed(1 + 1, 49 + 20, cap=0.05, certainty=0.9)
        False
    """
    return chances_above([alpha], [beta], cap)[0] > certainty
