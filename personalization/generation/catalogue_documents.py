"""Facts of the catalogue as documents, so that a text about a product can cite them.

A document is made when somebody writes about its product, and a new version of it when a fact has
changed since.  What cites an older version may not be used any more; ``catalogue_faults`` sees to
that even before a new version is made.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Passage, Statement
from personalization.errors import InputError
from personalization.providers.product_facts import CatalogueEntry, Fact, Told, facts_of
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from personalization.settings import Brand
    from personalization.store import Store

KIND: Final = "catalogue"
SOURCE: Final = "catalogue"

_ENTRIES: Final = """
    WITH currencies AS (
        SELECT upper(trim(currency)) AS currency, 1 AS place, count(*) AS times
        FROM products WHERE dataset_id = $dataset_id AND trim(currency) <> '' GROUP BY ALL
        UNION ALL
        SELECT upper(trim(currency)), 2, count(*)
        FROM transactions WHERE dataset_id = $dataset_id AND trim(currency) <> '' GROUP BY ALL
    )
    SELECT product_id, name, coalesce(category, '') AS category, price,
           coalesce(nullif(upper(trim(currency)), ''),
                    (SELECT currency FROM currencies ORDER BY place, times DESC, currency LIMIT 1),
                    '') AS currency,
           coalesce(description, '') AS description,
           coalesce(CAST(attributes AS VARCHAR), '{}') AS attributes, coalesce(gate, '') AS gate,
           coalesce(link_value(url), '') AS link,
           coalesce(is_active, true) AND coalesce(stock, 1) > 0 AS is_for_sale,
           catalogue_fingerprint(name, category, price, currency, description, attributes, gate,
                                 url) AS fingerprint
    FROM products
    WHERE dataset_id = $dataset_id AND list_contains($product_ids::VARCHAR[], product_id)
    ORDER BY product_id
"""
# Words that may not be shown are blank, so that no text can hold them; each is judged once.
_FIT: Final = """
    SELECT own, CASE WHEN input_key(own) IN (SELECT key FROM held_inputs
                                             WHERE what = 'customer field') THEN ''
                     ELSE fit_value(own, most) END AS shown
    FROM (SELECT DISTINCT unnest($owns::VARCHAR[]) AS own, unnest($most::INTEGER[]) AS most)
"""
_LONGEST: Final = 160  # characters of a name or a value, as in the macro product_value
_LONGEST_DESCRIPTION: Final = 1200
_NEWEST: Final = """
    SELECT version, evidence, locale FROM current_documents WHERE document_id = $document_id
"""
_SAID: Final = """
    SELECT role, text, alternates FROM statements
    WHERE document_id = $document_id AND version = $version ORDER BY position
"""
_ADD: Final = """
    INSERT INTO documents
        (document_id, version, kind, title, products, audience, locale, channels, jurisdiction,
         valid_from, valid_until, status, approved_by, approved_at, evidence, tags, subject_lines,
         body, content_sha256, source, imported_at)
    VALUES ($document_id, $version, 'catalogue', $title, $products, '{}', $locale, '[]', NULL,
            NULL, NULL, 'approved', 'the product catalogue', $day, $evidence, '[]', '[]', $body,
            sha256($body), $source, $imported_at)
"""
_ADD_PASSAGE: Final = """
    INSERT INTO passages (passage_id, document_id, version, position, text)
    VALUES ($passage_id, $document_id, $version, 1, $body)
"""
_ADD_STATEMENT: Final = """
    INSERT INTO statements
        (statement_id, passage_id, document_id, version, position, role, text, alternates,
         requires, subject_ok)
    VALUES ($statement_id, $passage_id, $document_id, $version, $position, $role, $text,
            $alternates, '[]', $subject_ok)
"""


def products_for(
    store: Store,
    brand: Brand,
    dataset_id: str,
    product_ids: Iterable[str],
    *,
    locale: str,
    unsafe: Callable[[Sequence[str]], Iterable[str]],
    actor: str,
) -> list[Told]:
    """Return products with their documents, made or brought up to date, in the order asked for.

    Has to be called inside a transaction.  Reads ``products``; writes ``documents``, ``passages``,
    ``statements`` and an audit row for each new version; running it again changes nothing.

    Args:
        store: Holds the catalogue.
        brand: Says where links may lead.
        dataset_id: Whose catalogue.
        product_ids: Which products, in the catalogue's spelling.
        locale: Language of the texts.
        unsafe: Names those lines that may not be used, such as orders to a language model.
        actor: Who asked for the texts.

    Raises:
        InputError: A product is not in the catalogue, has no name that can be shown, or is not for
            sale.
        ProviderError: Product texts are not written in that language.
    """
    wanted = list(dict.fromkeys(product_ids))
    rows = store.records(_ENTRIES, dataset_id=dataset_id, product_ids=wanted)
    known = {row["product_id"]: row for row in _shown(store, rows)}
    for product_id in wanted:
        _refuse_unfit(product_id, known.get(product_id))
    return [
        _product(
            store, brand, dataset_id, known[product_id], locale=locale, unsafe=unsafe, actor=actor
        )
        for product_id in wanted
    ]


def _refuse_unfit(product_id: str, row: dict[str, Any] | None) -> None:
    if row is None:
        raise InputError(
            f"Product {product_id!r} is not in the catalogue. The Catalogue page lists what is."
        )
    if not row["name"]:
        raise InputError(
            f"The name of product {product_id!r} cannot be shown to customers. Correct it in the "
            "catalogue file and upload that again."
        )
    if not row["is_for_sale"]:
        raise InputError(
            f"‘{row['name']}’ is not for sale at the moment: it is not active, or out of stock. "
            "Choose another product, or upload the catalogue as it is now."
        )


def _product(
    store: Store,
    brand: Brand,
    dataset_id: str,
    row: dict[str, Any],
    *,
    locale: str,
    unsafe: Callable[[Sequence[str]], Iterable[str]],
    actor: str,
) -> Told:
    entry = _entry(brand, row)
    facts = facts_of(entry, locale)
    barred = set(unsafe([words for fact in facts for words in fact.wordings.values()]))
    facts = tuple(fact for fact in facts if not barred & set(fact.wordings.values()))
    if not facts or facts[0].name != "name":
        raise InputError(
            f"The name of product {entry.product_id!r} holds what may not stand in a text. Correct "
            "it in the catalogue file and upload that again."
        )
    document_id = document_id_of(dataset_id, entry.product_id)
    passage = keep_document(
        store, document_id, title=entry.name, facts=facts, evidence=row["fingerprint"],
        locale=locale, source=SOURCE, actor=actor,
    )  # fmt: skip
    return Told(entry, facts, passage)


def document_id_of(dataset_id: str, product_id: str) -> str:
    """Return the id of the document that holds a product's facts."""
    return f"catalogue:{dataset_id}:{product_id}"


def _shown(store: Store, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blank what may not be shown, in all products at once; attributes become pairs."""
    owns: dict[str, int] = {}
    for row in rows:
        row["attributes"] = [
            (_plain(name), _plain(value)) for name, value in json.loads(row["attributes"]).items()
        ]
        for own in (row["name"], row["category"], *(o for pair in row["attributes"] for o in pair)):
            owns[_plain(own)] = _LONGEST
        owns.setdefault(_plain(row["description"]), _LONGEST_DESCRIPTION)
    told = store.read(_FIT, owns=list(owns), most=list(owns.values()))
    shown = {own: fit or "" for own, fit in told}
    for row in rows:
        for name in ("name", "category", "description"):
            row[name] = shown[_plain(row[name])]
        row["attributes"] = [(shown[name], shown[value]) for name, value in row["attributes"]]
    return rows


def _plain(own: object) -> str:
    return " ".join(str(own).split())


def _entry(brand: Brand, row: dict[str, Any]) -> CatalogueEntry:
    attributes = tuple((name, value) for name, value in row["attributes"] if name and value)
    own = brand.shop_url.split("/")[:3] == row["link"].split("/")[:3]
    return CatalogueEntry(
        row["product_id"], row["name"], row["category"], row["price"], row["currency"],
        row["description"], attributes, row["gate"], row["link"] if own else brand.shop_url,
    )  # fmt: skip


def keep_document(
    store: Store,
    document_id: str,
    *,
    title: str,
    facts: Sequence[Fact],
    evidence: str,
    locale: str,
    source: str,
    actor: str,
) -> Passage:
    """Keep facts as the newest version of a document, a new one where a word has changed.

    Inside a transaction.  ``evidence`` is what the facts were read from, as a fingerprint.
    """
    newest = store.read_one(_NEWEST, document_id=document_id)
    version = newest[0] if newest else 0
    said = [
        (role, text, tuple(json.loads(alternates)))
        for role, text, alternates in store.read(_SAID, document_id=document_id, version=version)
    ]
    wanted = [(fact.role, fact.wordings["text"], fact.alternates) for fact in facts]
    if newest is None or newest[1:] != (evidence, locale) or said != wanted:
        version += 1
        passage = _passage(document_id, version, title, facts)
        _add(store, passage, version, evidence=evidence, locale=locale, source=source, actor=actor)
    return _passage(document_id, version, title, facts)


def _add(
    store: Store,
    passage: Passage,
    version: int,
    *,
    evidence: str,
    locale: str,
    source: str,
    actor: str,
) -> None:
    now, key = store.now(), {"document_id": passage.document_id, "version": version}
    store.run(
        _ADD, **key, title=passage.title, locale=locale, body=passage.text, evidence=evidence,
        products=json.dumps(list(passage.products), ensure_ascii=False), source=source,
        day=f"{now:%Y-%m-%d}", imported_at=now,
    )  # fmt: skip
    store.run(_ADD_PASSAGE, passage_id=passage.passage_id, **key, body=passage.text)
    for position, statement in enumerate(passage.statements, start=1):
        store.run(
            _ADD_STATEMENT, statement_id=statement.statement_id, passage_id=passage.passage_id,
            **key, position=position, role=statement.role, text=statement.text,
            alternates=json.dumps(list(statement.alternates), ensure_ascii=False),
            subject_ok=statement.subject_ok,
        )  # fmt: skip
    record(
        store, "catalogue.documented", passage.document_id, actor=actor, version=version,
        statements=len(passage.statements), evidence=evidence,
    )  # fmt: skip


def _passage(document_id: str, version: int, title: str, facts: Sequence[Fact]) -> Passage:
    statements = tuple(
        Statement(
            f"{document_id}@{version}#s{position}", document_id, fact.role, fact.wordings["text"],
            fact.alternates, (), fact.name == "name",
        )
        for position, fact in enumerate(facts, start=1)
    )  # fmt: skip
    return Passage(
        f"{document_id}@{version}#p1", document_id, KIND, title,
        "\n".join(s.text for s in statements), statements, (title,),
    )  # fmt: skip
