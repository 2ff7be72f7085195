"""The membership statements on Spark: the very same text, the very same rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from personalization.segmentation import Condition, Rule, fit_segments
from personalization.segmentation.history import HISTORY, SAMPLE, base_of, statement
from personalization.segmentation.membership import SELECT, bound
from personalization.segmentation.rfm import CUT_POINTS
from personalization.segmentation.rules_membership import JUDGED, MATCHES
from personalization.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

    from tests.segmentation.shops import Shop

pytest.importorskip("pyspark")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # PySpark on pandas 3

RULES = (
    Rule("Often", (Condition("orders", ">=", 4), Condition("country", "contains", "united"))),
    Rule("Rich or near", (Condition("total_spent", ">", 1_000.5),)),
    Rule("Abroad", (Condition("country", "in", ("France", "Germany", "EIRE")),)),
    Rule("New here", (Condition("signup_days", "<=", 200), Condition("tier", "!=", "Gold"))),
    Rule("Quiet", (Condition("recency_days", "unknown"),)),
    Rule("Said no", (Condition("consent_email", "=", value=False),)),
)

RULE_LISTS = {
    "conditions": """
        SELECT unnest($rules::INTEGER[]) AS rule, unnest($positions::INTEGER[]) AS position,
               unnest($fields::VARCHAR[]) AS field, unnest($attributes::VARCHAR[]) AS attribute,
               unnest($operators::VARCHAR[]) AS operator, unnest($numbers::DOUBLE[]) AS number,
               unnest($texts::VARCHAR[]) AS text
    """,
    "names": """
        SELECT unnest($name_rules::INTEGER[]) AS rule, unnest($names::VARCHAR[]) AS segment
    """,
}


@pytest.fixture(scope="module")
def spark(sample_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A local Spark that sees the sample shop's customers."""
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(folder / "warehouse"))
        .getOrCreate()
    )
    for table in ("customers", "customer_attributes"):
        show(session, sample_shop, folder, table)
    yield session
    session.stop()


def show(session: SparkSession, shop: Shop, folder: Path, table: str) -> None:
    path = folder / f"{table}.parquet"
    shop.store.write_parquet(path, f"SELECT * FROM {table}")  # noqa: S608
    session.read.parquet(str(path)).createOrReplaceTempView(table)


def on_spark(session: SparkSession, sql: str, **values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Run a statement on Spark, which marks a named parameter by a colon."""
    found = session.sql(re.sub(r"\$(\w+)", r":\1", sql), args=values)
    return [tuple(row) for row in found.collect()]


def on_duckdb(shop: Shop, sql: str, **values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    return shop.store.read(sql, **values)


@pytest.mark.parametrize("method", ["rfm", "kmeans"])
def test_both_engines_put_everybody_into_the_same_segment(
    sample_shop: Shop, spark: SparkSession, method: str
) -> None:
    proposal = fit_segments(
        sample_shop.store, Settings(), "spring", method=method,
        n_clusters=6 if method == "kmeans" else None,
    )  # fmt: skip
    values = bound(base_of(sample_shop.store, "spring"), method, proposal.parameters)

    ours = on_duckdb(sample_shop, SELECT[method], **values)
    theirs = on_spark(spark, SELECT[method], **values)

    assert len(ours) > 4_000
    assert sorted(theirs) == sorted(ours)


def test_both_engines_take_the_same_cut_points(sample_shop: Shop, spark: SparkSession) -> None:
    base = base_of(sample_shop.store, "spring")
    values = {"dataset_id": base.dataset_id, "as_of": base.as_of}

    assert on_spark(spark, CUT_POINTS, **values) == on_duckdb(sample_shop, CUT_POINTS, **values)


def test_both_engines_draw_the_same_sample(sample_shop: Shop, spark: SparkSession) -> None:
    base = base_of(sample_shop.store, "spring")
    values = {"dataset_id": base.dataset_id, "as_of": base.as_of, "seed": "7", "sample": 500}

    assert on_spark(spark, SAMPLE, **values) == on_duckdb(sample_shop, SAMPLE, **values)


def test_rules_are_decided_alike_when_spark_is_given_them_as_views(
    sample_shop: Shop, spark: SparkSession, tmp_path: Path
) -> None:
    """Only the lists of the rules themselves are DuckDB's own; Spark has them as two views."""
    proposal = fit_segments(sample_shop.store, Settings(), "spring", method="rules", rules=RULES)
    values = bound(base_of(sample_shop.store, "spring"), "rules", proposal.parameters)
    for view, columns in RULE_LISTS.items():
        path = tmp_path / f"{view}.parquet"
        used = {name: values[name] for name in re.findall(r"\$(\w+)", columns)}
        sample_shop.store.write_parquet(path, columns, **used)
        spark.read.parquet(str(path)).createOrReplaceTempView(view)
    shared = {name: values[name] for name in ("dataset_id", "as_of", "rest")}

    ours = on_duckdb(sample_shop, SELECT["rules"], **values)
    text = statement(HISTORY, JUDGED, MATCHES, "SELECT customer_id, segment FROM members")
    theirs = on_spark(spark, text, **shared)

    assert {segment for _, segment in ours} >= {"Often", "Rich or near", "Abroad", "Quiet"}
    assert sorted(theirs) == sorted(ours)
