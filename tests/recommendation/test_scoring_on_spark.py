"""The statement that scores customers on Spark: the very same text, the very same products."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from personalization.recommendation import scoring
from personalization.recommendation.histories import find_sent_back
from personalization.recommendation.similarity import build_model
from tests.recommendation.deeds import DAY, add_deeds, crowd
from tests.recommendation.test_scoring import EVERY_PAIR, lay_out

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

pytest.importorskip("pyspark")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # PySpark on pandas 3

TABLES = (
    "held_keys", "near_keys", "blocked_keys", "scored_customers", "source_keys", "target_keys",
)  # fmt: skip
ASKED = {"first": 1, "last": 1_000, "kept": 20, "of_a_family": 3, "wanted": 5}


def test_both_engines_choose_the_same_products_for_everybody(store: Store, tmp_path: Path) -> None:
    from pyspark.sql import SparkSession

    add_deeds(store, crowd())
    model_id = build_model(store, "shop", as_of=DAY, actor="mia", parameters=EVERY_PAIR)
    with store.transaction():
        lay_out(store)
        find_sent_back(store)
        scoring.gather_histories(store, as_of=DAY)
        scoring.for_you(store, model_id, kept=20)
        for table in TABLES:
            store.write_parquet(tmp_path / f"{table}.parquet", f"SELECT * FROM {table}")  # noqa: S608
        ours = store.read(scoring.FOR_YOU, **ASKED)
    session = (
        SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.warehouse.dir", str(tmp_path / "warehouse")).getOrCreate()
    )  # fmt: skip
    try:
        for table in TABLES:
            path = str(tmp_path / f"{table}.parquet")
            session.read.parquet(path).createOrReplaceTempView(table)
        text = re.sub(r"\$(\w+)", r":\1", scoring.FOR_YOU)
        theirs: list[Any] = [tuple(row) for row in session.sql(text, args=ASKED).collect()]
    finally:
        session.stop()

    assert len(ours) > 200
    assert sorted(theirs) == sorted(ours)
