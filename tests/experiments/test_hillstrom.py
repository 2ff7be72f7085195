"""Hillstrom's e-mail test (2008) through the command line, rebuilt from facts.

The file of customers carries no licence and is not here: ``hillstrom_cells.csv`` counts customers
and visits by arm and attributes (see HILLSTROM.md), and the spend below is by arm.  Customers are
made of it, one row each, so that every count, and every mean and variance by arm, is the true one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from personalization.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

CELLS = Path(__file__).parents[1] / "data" / "experiments" / "hillstrom_cells.csv"
ARMS = {"none": "No E-Mail", "mens": "Mens E-Mail", "womens": "Womens E-Mail"}

# Counted from the file whose sha256 begins 0e5893329d8b93ce: buyers, mean and sample variance of
# the spend of each arm's customers, in dollars.  Every buyer is a visitor.
SPEND = {
    "none": (122, 0.6527893551112361, 134.28637185302105),
    "mens": (267, 1.422616511005773, 315.21179886555507),
    "womens": (189, 1.0772015710478327, 228.49667483465936),
}

_CUSTOMERS = """
    CREATE TABLE customers AS
    SELECT arm, mens_bought, womens_bought, newbie, channel, area, last_order, spent,
           CASE WHEN number < CAST(visits AS INTEGER) THEN 1 ELSE 0 END AS visit,
           0 AS conversion, 0e0 AS spend,
           row_number() OVER () AS id
    FROM read_csv($path, all_varchar = true) AS cells,
         (SELECT range AS number FROM range(1000)) AS numbers
    WHERE number < CAST(n AS INTEGER)
"""
# The first visitors buy: half of them (but one, of an odd number) a little more than the mean of
# the buyers, half as much less, so that mean and variance come out as they were.
_BUY = """
    WITH buyers AS (
        SELECT id, row_number() OVER (ORDER BY id) AS place FROM customers
        WHERE arm = $arm AND visit = 1 QUALIFY place <= $n
    )
    UPDATE customers SET conversion = 1, spend = $mean + CASE
        WHEN place = 1 AND $n % 2 = 1 THEN 0 WHEN place % 2 = 0 THEN $step ELSE -$step END
    FROM buyers WHERE buyers.id = customers.id
"""
_SHOWN = """
    SELECT CASE arm WHEN 'none' THEN 'No E-Mail' WHEN 'mens' THEN 'Mens E-Mail'
                ELSE 'Womens E-Mail' END AS segment, * EXCLUDE (arm, id)
    FROM customers ORDER BY id
"""


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64,000 rows that have every figure of the real ones."""
    path = tmp_path_factory.mktemp("hillstrom") / "hillstrom.csv"
    with duckdb.connect() as connection:
        connection.execute(_CUSTOMERS, {"path": str(CELLS)})
        sizes = dict(connection.sql("SELECT arm, count(*) FROM customers GROUP BY arm").fetchall())
        for arm, (n_buyers, mean, variance) in SPEND.items():
            n = sizes[arm]
            of_buyer = mean * n / n_buyers
            squares = variance * (n - 1) + n * mean**2 - n_buyers * of_buyer**2
            step = (squares / (n_buyers - n_buyers % 2)) ** 0.5
            connection.execute(_BUY, {"arm": arm, "n": n_buyers, "mean": of_buyer, "step": step})
        connection.sql(_SHOWN).write_csv(str(path))
    return path


@pytest.fixture
def analysed(customers: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run the command on it, and return what it prints."""

    def run(*words: str) -> dict[str, Any]:
        told = ["analyze", str(customers), "--arm", "segment", "--control", "No E-Mail", "--json"]
        assert main([*told, *words]) == 0
        document: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
        return document

    return run


def rows(document: dict[str, Any], metric: str) -> dict[str, dict[str, Any]]:
    return {row["arm"]: row for row in document["results"] if row["metric"] == metric}


def test_visits_come_out_as_published(analysed: Callable[..., Any]) -> None:
    """Cases hill-01 and srm-02: Hillstrom 2008; README of Rizzzyyy1/hillstrom-ab-testing-analysis.

    The intervals of the relative lift (Koopman) were worked out from the same counts.
    """
    found = analysed("--metric", "visit:binary")

    mens, womens = (rows(found, "visit")[f"{who} E-Mail"] for who in ("Mens", "Womens"))
    assert {row["arm"]: row["n"] for row in found["arms"]} == {
        "No E-Mail": 21_306, "Mens E-Mail": 21_307, "Womens E-Mail": 21_387,
    }  # fmt: skip
    assert found["health"]["srm"]["chi2"] == pytest.approx(0.2025, abs=5e-5)
    assert found["health"]["srm"]["p"] == pytest.approx(0.9037, abs=5e-5)
    rates = (mens["mean_control"], mens["mean_treatment"], womens["mean_treatment"])
    assert rates == pytest.approx((0.1062, 0.1828, 0.1514), abs=5e-5)
    assert [mens["lift"], *mens["lift_ci"]] == pytest.approx([0.721, 0.640, 0.807], abs=1e-3)
    assert [womens["lift"], *womens["lift_ci"]] == pytest.approx([0.426, 0.356, 0.500], abs=1e-3)
    assert mens["difference_ci_adjusted"] == pytest.approx([0.0691, 0.0841], abs=5e-5)
    assert mens["family_size"] == 2
    assert found["verdict"]["state"] == "ship"
    assert found["verdict"]["sentence"].startswith("Mens E-Mail lifts visit by 72 % (64 % to 81 %)")


def test_purchases_come_out_as_published(analysed: Callable[..., Any]) -> None:
    """Case hill-03: 6.81 and 3.11 additional conversions per 1,000 (README of Rizzzyyy1)."""
    found = rows(analysed("--metric", "conversion:binary"), "conversion")

    assert found["Mens E-Mail"]["difference"] == pytest.approx(0.00681, abs=6e-6)
    assert found["Womens E-Mail"]["difference"] == pytest.approx(0.00311, abs=6e-6)


def test_spend_comes_out_as_published(analysed: Callable[..., Any]) -> None:
    """Case hill-02: differences and Holm's p as published (README of Rizzzyyy1).

    Of two arms Holm doubles the smaller p and keeps the larger one.  We correct by Dunnett, on
    purpose: its p goes with an interval.
    """
    found = rows(analysed("--metric", "spend:mean"), "spend")

    mens, womens = found["Mens E-Mail"], found["Womens E-Mail"]
    assert (mens["difference"], womens["difference"]) == pytest.approx((0.7698, 0.4244), abs=5e-5)
    assert (2 * mens["p"], womens["p"]) == pytest.approx((2.33e-7, 0.00113), rel=0.005)
    assert mens["lift_ci"] == pytest.approx([0.644, 1.977], abs=1e-3)  # Fieller
    assert womens["p"] < womens["p_adjusted"] < 2 * womens["p"]


def test_equal_rows_are_customers_and_no_duplicates(analysed: Callable[..., Any]) -> None:
    """Case hill-05: the file names no customer, so equal rows are kept, all 64,000."""
    found = analysed("--metric", "visit:binary")

    assert sum(row["n"] for row in found["arms"]) == 64_000
    assert found["health"]["customers"]["alert"] is False
    assert "no column of customers" in found["health"]["customers"]["reason"]


def test_past_category_moves_the_womens_email_and_being_new_does_not(
    analysed: Callable[..., Any],
) -> None:
    """Q of women's products 94.2, p 2.8e-22: worked out from the same counts."""
    asked = ("mens_bought", "womens_bought", "newbie", "channel", "area", "spent", "last_order")
    found = analysed("--metric", "visit:binary", *(f"--attribute={name}" for name in asked))

    effects = {(row["arm"], row["attribute"]): row for row in found["attributes"]}
    past = effects["Womens E-Mail", "womens_bought"]
    assert past["q"] == pytest.approx(94.2, abs=0.05)
    assert past["p"] < 1e-20
    assert past["p_holm"] < 1e-18
    assert past["joint_p"] < 1e-4
    assert past["verdict"] == "moderates"
    lifts = {level["level"]: level["difference"] for level in past["levels"]}
    assert lifts == pytest.approx({"yes": 0.0731, "no": 0.0111}, abs=5e-5)
    for arm in ("Mens E-Mail", "Womens E-Mail"):
        flat = [effects[arm, name] for name in ("newbie", "channel", "area", "spent", "last_order")]
        assert {row["verdict"] for row in flat} == {"no_evidence"}
    assert effects["Womens E-Mail", "newbie"]["p"] == pytest.approx(0.111, abs=5e-4)
    # What men's products add beside women's is nothing, although alone they seem to move it.
    mens = effects["Womens E-Mail", "mens_bought"]
    assert mens["p_holm"] < 1e-12
    assert mens["joint_p"] > 0.5


def test_segments_are_a_family_of_their_own(analysed: Callable[..., Any]) -> None:
    found = analysed("--metric", "visit:binary", "--segment", "womens_bought")

    cells = [row for row in found["results"] if row["segment"]]
    assert len(cells) == 4
    assert {row["family_size"] for row in cells} == {4}
    for row in cells:
        low, high = row["difference_ci_adjusted"]
        assert (low > 0 or high < 0) == (row["p_adjusted"] < 0.05)
    assert sum(row["n_treatment"] for row in cells) == 21_307 + 21_387


def test_retention_of_a_game_comes_out_as_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Case prop-11: rates printed in Anatskevich/cookie-cats-ab-test; z and p recomputed.

    Counts alone: players of each gate, and those who came back after a week.  The split of this
    test is off (p .0086 against equal shares), though not by as much as our alert asks for.
    """
    path = tmp_path / "cats.csv"
    with duckdb.connect() as connection:
        connection.sql(
            "SELECT 'gate_30' AS gate, range < 8502 AS back FROM range(44700) "
            "UNION ALL SELECT 'gate_40', range < 8279 FROM range(45489)"
        ).write_csv(str(path))

    assert main(["analyze", str(path), "--arm", "gate", "--control", "gate_30", "--metric",
                 "back:binary", "--json"]) == 0  # fmt: skip

    found = json.loads(capsys.readouterr().out)
    row = found["results"][0]
    assert (row["mean_control"], row["mean_treatment"]) == pytest.approx((0.1902, 0.182), abs=5e-5)
    assert row["p"] == pytest.approx(0.001554249975614329, abs=1e-9)
    assert found["health"]["srm"]["p"] == pytest.approx(0.0086, abs=5e-5)
    assert found["verdict"]["state"] == "stop"
