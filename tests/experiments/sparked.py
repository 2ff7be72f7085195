"""A Spark session that holds a store's tables, and views as the schema states them."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personalization import store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from personalization.store import Store

SCHEMA = (Path(store.__file__).parent / "schema.sql").read_text("utf-8")


@contextmanager
def session_of(
    filled: Store, folder: Path, *, tables: Sequence[str], views: Sequence[str]
) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    for table in tables:
        path = folder / f"{table}.parquet"
        filled.write_parquet(path, f"SELECT * FROM {table}")  # noqa: S608
        session.read.parquet(str(path)).createOrReplaceTempView(table)
    for view in views:
        found = re.search(rf"CREATE OR REPLACE VIEW {view} AS\n(.*?);\n", SCHEMA, re.DOTALL)
        assert found is not None
        session.sql(f"CREATE OR REPLACE TEMPORARY VIEW {view} AS {found[1]}")
    yield session
    session.stop()


def on_spark(spark: Any, sql: str, **parameters: object) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Run the statement's own text; only the mark of a parameter is written differently."""
    text = re.sub(r"\$(\w+)", r":\1", sql)
    return [tuple(row) for row in spark.sql(text, args=parameters).collect()]
