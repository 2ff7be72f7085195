"""How every figure was worked out, in words, with the source of its formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Note:
    """One formula.

    Attributes:
        what: What it is used for.
        how: The method, in a sentence.
        source: Where it was published.
        needs: What has to be in the results for it to have been used; '' is always.
    """

    what: str
    how: str
    source: str
    needs: str = ""


NOTES: Final = (
    Note(
        "Shares",
        "Pooled two-proportion z test; hybrid score interval of the difference.",
        "Newcombe (1998), Statistics in Medicine 17, 873–890",
        "binary",
    ),
    Note(
        "Lift of a share",
        "Score interval of the ratio of two shares.",
        "Koopman (1984), Biometrics 40, 513–517",
        "binary",
    ),
    Note(
        "Amounts",
        "Test for two means whose variances differ.",
        "Welch (1947), Biometrika 34, 28–35",
        "mean",
    ),
    Note(
        "Lift of an amount",
        "Interval of a ratio of means; none where the control's mean could be 0 (g of 1 or more).",
        "Fieller (1954), Journal of the Royal Statistical Society B 16, 175–185",
        "mean",
    ),
    Note(
        "Ratio of two sums",
        "Revenue per click is made linear customer by customer (delta method).",
        "Deng, Knoblich and Lu (2018), KDD, 233–242",
        "ratio",
    ),
    Note(
        "Several arms",
        "One correction for all comparisons with the same control; p and interval agree.",
        "Dunnett (1955), Journal of the American Statistical Association 50, 1096–1121",
    ),
    Note(
        "Corrected interval of shares",
        "Score interval at the corrected critical value: it leaves out 0 exactly when p says so.",
        "Mee (1984), Biometrics 40, 1175–1176",
        "binary",
    ),
    Note(
        "Segments",
        "The share of false finds among all finds is held, over every segment and arm.",
        "Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57, 289–300",
        "segments",
    ),
    Note(
        "Corrected interval of segments",
        "As wide as the number of finds asks for: it leaves out 0 exactly when p says so.",
        "Benjamini and Yekutieli (2005), Journal of the American Statistical Association 100, "
        "71–81",
        "segments",
    ),
    Note(
        "Read early",
        "Asymptotic confidence sequence: it holds on whichever day one looks.",
        "Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021), arXiv 2103.06476",
        "sequence",
    ),
    Note(
        "Guardrails",
        "One-sided test that the harm stays below a margin that was set before the launch.",
        "Farrington and Manning (1990), Statistics in Medicine 9, 1447–1454",
        "guardrail",
    ),
    Note(
        "Less noise",
        "What people did before the launch is taken out of the metric (CUPED).",
        "Deng, Xu, Kohavi and Walker (2013), WSDM, 123–132",
        "rho_squared",
    ),
    Note(
        "Expected lift",
        "The observed lift is drawn towards the lifts that are usual, by how uncertain it is.",
        "Efron and Morris (1975), Journal of the American Statistical Association 70, 311–319",
        "lift_shrunk",
    ),
    Note(
        "Chance to be best",
        "Draws from the posterior of every arm; the loss is what a wrong choice would cost.",
        "Stucchio (2015), Bayesian A/B Testing at VWO",
        "probability_best",
    ),
    Note(
        "Group sizes",
        "Chi-squared test of the sizes of the groups against the planned weights.",
        "Fabijan et al. (2019), KDD, 2156–2164",
    ),
    Note(
        "Groups alike",
        "Standardised difference of every attribute between an arm and the control.",
        "Austin (2009), Statistics in Medicine 28, 3083–3107",
    ),
    Note(
        "What moves the lift",
        "Cochran's Q over the differences by level, in percentage points and never in odds.",
        "Cochran (1954), Biometrics 10, 101–129",
        "attributes",
    ),
    Note(
        "Several attributes",
        "Step-down correction over all attributes and arms.",
        "Holm (1979), Scandinavian Journal of Statistics 6, 65–70",
        "attributes",
    ),
    Note(
        "All attributes at once",
        "Wald test in a linear model with all of them; robust standard errors (HC1).",
        "MacKinnon and White (1985), Journal of Econometrics 29, 305–325",
        "attributes",
    ),
)


def notes_for(
    rows: Sequence[Mapping[str, Any]], *, has_attributes: bool, is_early: bool
) -> list[Note]:
    """Choose the notes on what was really used.

    Args:
        rows: The results that are shown.
        has_attributes: Whether attributes were looked at.
        is_early: Whether the results are read before their day.
    """
    used = {""} | {str(row["kind"]) for row in rows} | {str(row["role"]) for row in rows}
    used |= {"segments"} if any(row["segment"] for row in rows) else set()
    used |= {"attributes"} if has_attributes else set()
    used |= (
        {"sequence"} if is_early or any(row["sequence_low"] is not None for row in rows) else set()
    )
    for column in ("rho_squared", "lift_shrunk", "probability_best"):
        used |= {column} if any(row[column] is not None for row in rows) else set()
    return [note for note in NOTES if note.needs in used]


def recorded(rows: Sequence[Mapping[str, Any]]) -> str:
    """List the methods that the results themselves name, each once."""
    return "; ".join(dict.fromkeys(part for row in rows for part in row["method"].split("; ")))
