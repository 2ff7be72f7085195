"""A text set of the made-up shop in the tables, with its products; screened by a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalization.approval import decide
from personalization.generation import Place, drafted_text, keep_text, products_for
from personalization.providers.product_composing import ProductComposer
from personalization.safety import screen_campaign
from personalization.settings import Brand, Settings
from tests.providers.product_facts import request
from tests.safety.scripted import Scripted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.providers.product_facts import Told
    from personalization.store import Store

SETTINGS = Settings(
    brand=Brand(
        name="Fern & Fig",
        sender_name="Fern & Fig",
        sender_address="Fern & Fig Ltd, 3 High Street, Leeds LS1 1AA",
        shop_url="https://fernfig.example/",
        unsubscribe_url="https://fernfig.example/bye",
        allowed_domains=("fernfig.example",),
        own_emails=("hello@fernfig.example",),
        contact="hello@fernfig.example",
    )
)

_PRODUCT = """
    INSERT INTO products (dataset_id, product_id, name, category, price, currency, stock, url,
                          description, attributes)
    VALUES ('d1', $product_id, $name, 'kitchen', $price, 'GBP', $stock, $url, $description,
            '{"colour": "red"}')
"""


def fill(store: Store) -> None:
    """Put a base, its text set and three products into the tables."""
    store.run("INSERT INTO datasets (dataset_id, name, is_sample, created_at, created_by) "
              "VALUES ('d1', 'Fern & Fig', false, $now, 'mia')", now=store.now())  # fmt: skip
    store.run(
        "INSERT INTO campaigns VALUES ('t1', 'Product texts: Fern & Fig', 'd1', NULL, '{}', "
        "$today, 'en-GB', 't1', $now, 'mia', NULL)", today=store.now().date(), now=store.now(),
    )  # fmt: skip
    store.run("INSERT INTO text_sets VALUES ('t1', 'd1', $now, 'mia')", now=store.now())
    for product_id, name in (("mug", "Heron mug"), ("jug", "Heron jug"), ("pan", "Copper pan")):
        add_product(store, product_id, name)


def add_product(store: Store, product_id: str, name: str, **changes: Any) -> None:  # noqa: ANN401
    usual = {
        "price": 4.5, "stock": 10.0, "url": f"https://fernfig.example/p/{product_id}",
        "description": None,
    }  # fmt: skip
    store.run(_PRODUCT, product_id=product_id, name=name, **usual | changes)


def products(store: Store, *product_ids: str, unsafe: Sequence[str] = ()) -> list[Told]:
    """Return products with their documents, as the stage keeps them."""
    with store.transaction():
        return products_for(
            store, SETTINGS.brand, "d1", product_ids, locale="en-GB", actor="mia",
            unsafe=lambda lines: [line for line in lines if line in unsafe],
        )  # fmt: skip


def write(store: Store, product_id: str = "mug", **changes: Any) -> str:  # noqa: ANN401
    """Write a text with the embedded writer, keep and screen it; return its id."""
    told = products(store, product_id)
    asked = request(text_set="t1", **{"link": SETTINGS.brand.shop_url, **changes})
    asked = type(asked)(**{n: getattr(asked, n) for n in asked.__dataclass_fields__} | {
        "products": tuple(told)})  # fmt: skip
    return keep(store, asked, Place("Everybody", asked.tone, asked.kind, asked.channel, product_id))


def keep(store: Store, asked: Any, place: Place) -> str:  # noqa: ANN401
    """Have a request written, keep and screen the text, and return its id."""
    written = drafted_text(ProductComposer(), asked)
    with store.transaction():
        variant_id = keep_text(
            store, "t1", place, written, locale="en-GB", sources=asked.sources, actor="mia"
        )
    screen(store)
    return variant_id


def screen(store: Store) -> None:
    screen_campaign(store, SETTINGS, "t1", actor="mia", classifier=Scripted())


def approve(store: Store, variant_id: str, version: int = 1) -> None:
    decide(store, variant_id, version=version, decision="approved", note="", actor="leo")


def usable(store: Store) -> list[str]:
    """Return the ids of the texts that may be used today."""
    rows = store.read(
        "SELECT variant_id FROM usable_texts(CAST($today AS DATE)) ORDER BY variant_id",
        today=store.now().date(),
    )
    return [variant_id for (variant_id,) in rows]


def faults(store: Store) -> list[str]:
    return [kind for (kind,) in store.read("SELECT kind FROM source_faults ORDER BY kind")]
