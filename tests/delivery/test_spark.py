"""The statements that touch every customer give the same rows on DuckDB and on Spark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import SparkSession

from personalization.delivery import Assumptions, simulate_campaign
from personalization.delivery.product_words import PRODUCT_COLUMNS
from personalization.delivery.recipients import _DELIVER, _STANDING
from personalization.delivery.simulation import _ENGAGE
from tests.delivery.goods import rewrite, with_products
from tests.delivery.ready import SEGMENTS, message, sign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.settings import Settings
    from personalization.store import Store

PEOPLE = "dataset_id, customer_id, email, first_name, city, country, favourite_category, tier"
TABLES = {
    "assignments": "SELECT experiment_id, customer_id, segment, arm FROM assignments",
    "arms": "SELECT experiment_id, segment, arm, variant_id, version, content_sha256 FROM arms",
    "sendable_variants": "SELECT variant_id, version, content_sha256 FROM sendable_variants",
    "message_fields": "SELECT * FROM message_fields",
    "message_forms": "SELECT * FROM message_forms",
    "audience": "SELECT * FROM audience",
    "customers": f"SELECT {PEOPLE} FROM customers",  # noqa: S608
    "letter_products": """SELECT arm, customer_id, words FROM product_words('spring', [])""",
    "deliveries": "SELECT experiment_id, customer_id, segment, arm, is_simulated FROM deliveries",
    "simulated_rates": "SELECT * FROM simulated_rates",
}
TYPES = {"VARCHAR": "string", "BIGINT": "bigint", "INTEGER": "int", "DOUBLE": "double",
         "BOOLEAN": "boolean", "VARCHAR[]": "array<string>"}  # fmt: skip

PRODUCTS_FILLED = "body"
for place, column in enumerate(PRODUCT_COLUMNS):
    slot = f"concat(char(14), '{column[8]}.{column[10:]}', char(14))"
    PRODUCTS_FILLED = f"replace({PRODUCTS_FILLED}, {slot}, words[{place}])"

# The macros of schema.sql in Spark's words.
FUNCTIONS = (
    r"""
    CREATE OR REPLACE TEMPORARY FUNCTION visible_value(own STRING) RETURNS STRING RETURN
    regexp_replace(regexp_replace(regexp_replace(own,
        concat(r'[\x{AD}\x{034F}\x{061C}\x{115F}\x{1160}\x{180E}\x{200B}\x{200E}\x{200F}',
               r'\x{202A}-\x{202E}\x{2060}-\x{206F}\x{3164}\x{FEFF}\x{FFA0}',
               r'\x{FFF9}-\x{FFFB}]'), ''),
        concat(r'[\x00-\x20\x7F-\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}',
               r'\x{205F}\x{3000}]+'), ' '),
        r'^[ \x{200C}\x{200D}\x{FE00}-\x{FE0F}]+|[ \x{200C}\x{200D}\x{FE00}-\x{FE0F}]+$', '')
    """,
    r"""
    CREATE OR REPLACE TEMPORARY FUNCTION readable_value(own STRING) RETURNS STRING RETURN
    regexp_replace(visible_value(own), r'[\x{200C}\x{200D}\x{FE00}-\x{FE0F}]', '')
    """,
    r"""
    CREATE OR REPLACE TEMPORARY FUNCTION merge_value(own STRING) RETURNS STRING RETURN
    CASE WHEN own IS NULL OR length(own) > 60
           OR readable_value(own) RLIKE r'[{}<@\x{FF1C}\x{FF20}]|://|www\.|[^\s.]\.[^\s.0-9]{2,}'
           OR readable_value(own) RLIKE
                concat(r'[^\s][\x{3002}\x{FF0E}\x{FF61}\x{2024}][^\s]|//|\\\\|\pL{2}[:\x{FF1A}][^\s]|',
                       r'\p{Nd}(?:[^\pL\p{Nd}]{0,3}\p{Nd}){6}|',
                       r'(^|[^\p{Nd}.])\p{Nd}{1,3}(?:\.\p{Nd}{1,3}){3}')
           OR readable_value(own) RLIKE
                concat(r'^[=+\-\x{FF1D}\x{FF0B}\x{FF0D}\x{207A}\x{207C}\x{208A}\x{208C}',
                       r'\x{FE62}\x{FE63}\x{FE66}\x{2A75}\x{2A76}\x{FB29}]')
           OR readable_value(own) RLIKE r'^(nan|NaN|NAN|null|NULL|None|undefined|N/A|n/a|#N/A)$'
         THEN '' ELSE visible_value(own) END
    """,
    """
    CREATE OR REPLACE TEMPORARY FUNCTION
        fields_filled(first_name STRING, city STRING, country STRING, favourite_category STRING,
                      tier STRING) RETURNS STRING RETURN
    concat(CASE WHEN first_name = '' THEN '0' ELSE '1' END,
           CASE WHEN city = '' THEN '0' ELSE '1' END,
           CASE WHEN country = '' THEN '0' ELSE '1' END,
           CASE WHEN favourite_category = '' THEN '0' ELSE '1' END,
           CASE WHEN tier = '' THEN '0' ELSE '1' END)
    """,
    """
    CREATE OR REPLACE TEMPORARY FUNCTION
        fill_form(body STRING, first_name STRING, city STRING, country STRING,
                  favourite_category STRING, tier STRING) RETURNS STRING RETURN
    replace(replace(replace(replace(replace(body, char(1), first_name), char(2), city), char(3),
        country), char(4), favourite_category), char(5), tier)
    """,
    f"""
    CREATE OR REPLACE TEMPORARY FUNCTION fill_products(body STRING, words ARRAY<STRING>)
    RETURNS STRING RETURN
    CASE WHEN words IS NULL THEN body ELSE {PRODUCTS_FILLED} END
    """,
    "CREATE OR REPLACE TEMPORARY FUNCTION sha256(a STRING) RETURNS STRING RETURN sha2(a, 256)",
)


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    """One small session; Spark needs a Java runtime."""
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    for function in FUNCTIONS:
        session.sql(function)
    yield session
    session.stop()


@pytest.fixture
def both(spark: SparkSession, campaign: Store, settings: Settings) -> Engines:
    """Hold one campaign on both engines, with people that are difficult to address."""
    for number, name in enumerate(("{{city|x}}", "Ann\nMarie", "=1", "nan", " Zoë ", "\u3000=1")):
        campaign.run(
            "UPDATE customers SET first_name = $name WHERE customer_id = $id",
            name=name, id=f"c{number:06}",
        )  # fmt: skip
    campaign.run("UPDATE customers SET consent_email = false WHERE customer_id = 'c000010'")
    campaign.run("INSERT INTO suppressions VALUES ('shop', 'c000011', NULL, 'objected', now())")
    campaign.run("DELETE FROM assignments WHERE customer_id = 'c000012'")
    assign = "UPDATE assignments SET customer_id = 'gone' WHERE customer_id = 'c000013'"
    simulate_first(campaign, settings)
    campaign.run(assign)
    return Engines(spark, campaign)


def name_products(store: Store) -> None:
    """Let variant A name two products of each reader, whoever has them."""
    store.run(
        "INSERT INTO campaign_products SELECT 'spring', 'A', customer_id, rank, 'p', 'r',"
        " 'popular', concat('Mug & saucer ', rank), '£4.95', concat('For ', customer_id), 'Cups',"
        " '', 4.95"
        " FROM customers, range(1, 3) AS ranks(rank) WHERE customer_id <> 'c000021'"
    )
    for segment in SEGMENTS:
        rewrite(store, segment, "A", with_products(message(segment, "A")), version=2)


def simulate_first(store: Store, settings: Settings) -> None:
    """Fill ``deliveries`` and ``simulated_rates``, so that the draws have something to stand on."""
    store.run("INSERT INTO assignments VALUES ('e1', 'c000012', 'Loyal', 'A', 0.3, 'hash')")
    sign(store)
    simulate_campaign(
        store, settings, "spring", actor="mia", request_id="s1",
        assumptions=Assumptions(0.5, 0.25, 0.4, 40.0, 0.2, 0.1, "seed"),
    )  # fmt: skip
    store.run("DELETE FROM assignments WHERE customer_id = 'c000012'")


class Engines:
    """Runs one statement on both engines, over the same rows."""

    def __init__(self, spark: SparkSession, store: Store) -> None:
        self.spark, self.store = spark, store

    def copy(self) -> None:
        """Bring the tables to Spark as they are now."""
        for name, query in TABLES.items():
            columns = self.store.read(f"DESCRIBE {query}")
            schema = ", ".join(f"{column[0]} {TYPES[column[1]]}" for column in columns)
            frame = self.spark.createDataFrame(self.store.read(query), schema)
            frame.createOrReplaceTempView(name)

    def run(self, statement: str, **parameters: object) -> tuple[list[Any], list[Any]]:
        """Return the rows of the statement's SELECT from DuckDB and from Spark, in one order."""
        select = re.sub(r"INSERT INTO \w+", "", statement, count=1)
        here = self.store.read(select, **parameters)
        there = self.spark.sql(re.sub(r"\$(\w+)", r":\1", select), args=parameters).collect()
        return sorted(map(tuple, here), key=repr), sorted(map(tuple, there), key=repr)


@pytest.mark.parametrize("has_products", [False, True])
def test_every_customer_gets_the_same_bytes(both: Engines, has_products: bool) -> None:  # noqa: FBT001
    both.store.run("DELETE FROM deliveries")
    if has_products:
        name_products(both.store)
    both.store.run(
        "CREATE OR REPLACE TABLE letter_products AS SELECT arm, customer_id, words"
        " FROM product_words('spring', [])"
    )
    both.copy()

    here, there = both.run(
        _DELIVER, experiment_id="e1", campaign_id="spring", dataset_id="shop",
        is_simulated=False, delivered_at="now",
    )  # fmt: skip

    assert here == there
    assert len(here) == 56 - (1 if has_products else 0)
    assert len({row[7] for row in here}) > 20


def test_everybody_stands_in_the_same_place(both: Engines) -> None:
    both.copy()

    here, there = both.run(_STANDING, experiment_id="e1", campaign_id="spring")

    assert here == there
    assert dict(here) == {
        "recipient": 56, "waiting": 2, "gone": 1, "suppressed": 1, "no consent": 1,
    }  # fmt: skip


def test_every_draw_is_the_same(both: Engines) -> None:
    sent_at = both.store.now().replace(tzinfo=None)
    both.copy()

    here, there = both.run(_ENGAGE, experiment_id="e1", seed="seed", sent_at=sent_at)

    assert here == there
    assert {row[2] for row in here} == {"delivered", "open", "click", "conversion", "unsubscribe"}
