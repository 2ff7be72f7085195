"""Who reads which text on their own products, and why somebody reads none.

The words of products were frozen when they were worked out.  What is handed over is held to the
catalogue of today, product by product, and to what the text says of each: nobody is shown a price
that has changed, a product that the rules may no longer let through, or a blank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import PRODUCT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.store import Store

LEFT_OUT: Final[Mapping[str, str]] = {
    "suppressed": "objected to mailing",
    "no consent": "no e-mail: no consent that holds today",
    "no valid e-mail": "no e-mail: no valid address",
    "objected address": "no e-mail: somebody objected under that address",
    "global holdout": "no e-mail: in the group that gets no message of any campaign",
    "duplicate address": "no e-mail: the address is another customer's too, who gets it",
    "few": "fewer products than the text names",
    "gone": "a product that is no longer in the catalogue",
    "inactive": "a product that is no longer sold",
    "stock": "a product that is out of stock",
    "price": "a product that is at another price now",
    "name": "a product that is called otherwise now",
    "category": "a product that is in another category now",
    "facts": "a product whose age limit, currency, margin, tags or family changed",
    "bought": "a product that they have bought since",
    "rules": "products chosen by other rules than those of today",
    "unfit": "a blank in place of a name, price, reason, category or link",
}
"""Why somebody reads no text, in words; in the order in which it is told."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Customers who do not read a text that is meant for them.

    Attributes:
        customers: How many there are for each reason, a key of LEFT_OUT, in its order.
    """

    customers: tuple[tuple[str, int], ...] = ()

    @property
    def sentence(self) -> str:
        """Say it in a sentence; empty where nobody is left out."""
        told = [f"{LEFT_OUT[reason]} ({count:,})" for reason, count in self.customers]
        return f"Customers left out: {'; '.join(told)}." if told else ""


# Of several texts the one for the customer's segment counts before the one for everybody, and that
# for the family of the first product before the general one; one that has to be withheld counts
# after those that have not.  A letter is for those who may be mailed as of today, and of several
# with one address for the lowest id: as view ``audience`` has it, which asks for a segment and a
# full set of products as well, and so says nothing of who lacks them.  A place is where a word
# of a product stands among its twenty.
_JUDGE: Final = """
    CREATE OR REPLACE TEMP TABLE judged_readers AS
    WITH base AS (
        SELECT dataset_id FROM text_sets WHERE campaign_id = $campaign_id
    ), texts AS (
        SELECT usable.*,
               coalesce(json_extract_string(attributes, '$.family'), '') AS family,
               [CAST(said[1] AS INTEGER) * 5 - 5 + list_position($fields::VARCHAR[], said[3:])
                FOR said IN regexp_extract_all(
                    concat_ws(' ', subject, preheader, body, call_to_action),
                    '\\{\\{\\s*product_([1-4]\\.[a-z]+)', 1)] AS places
        FROM usable_texts(CAST($today AS DATE)) AS usable
        WHERE campaign_id = $campaign_id AND product_id IS NULL
    ), people AS (
        SELECT customers.customer_id, coalesce(members.segment, '') AS segment,
               merge_value(first_name) AS first_name, merge_value(city) AS city,
               merge_value(country) AS country,
               merge_value(favourite_category) AS favourite_category, merge_value(tier) AS tier,
               objected.customer_id IS NOT NULL AS has_objected
        FROM customers
        JOIN base ON base.dataset_id = customers.dataset_id
        LEFT JOIN segment_members AS members ON members.customer_id = customers.customer_id
                                            AND members.campaign_id = $campaign_id
        LEFT JOIN (SELECT DISTINCT customer_id FROM suppression_list
                   JOIN base ON base.dataset_id = suppression_list.dataset_id) AS objected
            ON objected.customer_id = customers.customer_id
        WHERE len($readers::VARCHAR[]) = 0
           OR list_contains($readers::VARCHAR[], customers.customer_id)
    ), named AS (
        SELECT arm, customer_id, rank, product_id, run_id, strategy, name, category, list_price
        FROM campaign_products
        WHERE campaign_id = $campaign_id
          AND (len($readers::VARCHAR[]) = 0 OR list_contains($readers::VARCHAR[], customer_id))
    ), compared AS (
        SELECT told.*, coalesce(sold.is_replenishable, false) AS is_replenishable,
               told.category <> ''
                   AND visible_value(sold.category) IS DISTINCT FROM told.category AS is_moved,
               CASE WHEN sold.product_id IS NULL THEN 'gone'
                    WHEN NOT coalesce(sold.is_active, true) THEN 'inactive'
                    WHEN sold.stock <= 0 THEN 'stock'
                    WHEN sold.price IS DISTINCT FROM told.list_price THEN 'price'
                    WHEN visible_value(sold.name) IS DISTINCT FROM told.name THEN 'name'
                    WHEN kept.facts IS DISTINCT FROM rule_facts(
                             sold.currency, sold.gate, sold.margin, sold.tags,
                             sold.variant_group, sold.is_replenishable, sold.category_path)
                    THEN 'facts'
                    WHEN trim(runs.policy) <> trim(coalesce(
                        (SELECT max_by(policy, number) FROM recommendation_policies
                         WHERE dataset_id = (FROM base)), ''))
                    THEN 'rules' ELSE '' END AS fault
        FROM (SELECT DISTINCT product_id, run_id, name, category, list_price FROM named) AS told
        LEFT JOIN products AS sold ON sold.dataset_id = (FROM base)
                                  AND sold.product_id = told.product_id
        LEFT JOIN campaign_product_facts AS kept ON kept.campaign_id = $campaign_id
                                                AND kept.product_id = told.product_id
        LEFT JOIN recommendation_runs AS runs ON runs.run_id = told.run_id
    ), bought AS (
        SELECT DISTINCT named.arm, named.customer_id, named.rank
        FROM named
        JOIN product_events AS events ON events.customer_id = named.customer_id
                                     AND events.product_id = named.product_id
        JOIN recommendation_runs AS runs ON runs.run_id = named.run_id
        WHERE events.dataset_id = (FROM base) AND events.event = 'purchase'
          AND events.happened_at > runs.as_of AND named.strategy <> 'buy_again'
    ), standing AS (
        SELECT named.arm, named.customer_id, named.rank, is_moved,
               CASE WHEN fault = '' AND bought.rank IS NOT NULL AND NOT is_replenishable
                    THEN 'bought' ELSE fault END AS fault
        FROM named
        JOIN compared ON compared.product_id = named.product_id
                     AND compared.run_id = named.run_id AND compared.name = named.name
                     AND compared.category = named.category
                     AND compared.list_price IS NOT DISTINCT FROM named.list_price
        LEFT JOIN bought ON bought.arm = named.arm AND bought.customer_id = named.customer_id
                        AND bought.rank = named.rank
    ), sets AS (
        SELECT arm, customer_id,
               [max(CASE WHEN rank = 1 THEN fault END), max(CASE WHEN rank = 2 THEN fault END),
                max(CASE WHEN rank = 3 THEN fault END), max(CASE WHEN rank = 4 THEN fault END)]
                   AS faults,
               list(rank) FILTER (is_moved) AS moved
        FROM standing GROUP BY arm, customer_id
    ), letters AS (
        SELECT customer_id, email, CASE
                   WHEN NOT is_mailable OR expires_on < CAST($today AS DATE) THEN 'no consent'
                   WHEN email IS NULL THEN 'no valid e-mail'
                   WHEN email IN (SELECT email FROM suppression_list WHERE email IS NOT NULL)
                   THEN 'objected address'
                   WHEN EXISTS (FROM global_holdouts AS held WHERE held.until IS NULL
                                AND substr(md5(concat(held.salt, ':', customer_id)), 1, 8)
                                    < held.below)
                   THEN 'global holdout' ELSE '' END AS hindrance
        FROM mailability
        WHERE campaign_id = $campaign_id AND EXISTS (FROM texts WHERE kind = 'email')
          AND (len($readers::VARCHAR[]) = 0 OR list_contains($readers::VARCHAR[], customer_id))
    ), matched AS (
        SELECT people.*, texts.variant_id, texts.version, texts.content_sha256, texts.kind,
               texts.channel, texts.arm, texts.link, words.words, texts.family, texts.places,
               texts.segment AS text_segment, texts.customer_id IS NULL AS is_for_many,
               sets.moved, letters.email,
               CASE WHEN texts.kind = 'email'
                    THEN coalesce(letters.hindrance, 'no consent') END AS hindrance,
               [coalesce(sets.faults[(place + 4) // 5], 'few') FOR place IN texts.places]
                   AS faults
        FROM people
        JOIN texts ON texts.segment IN (people.segment, $everyone)
                  AND (texts.customer_id IS NULL OR texts.customer_id = people.customer_id)
        LEFT JOIN letters ON letters.customer_id = people.customer_id
        LEFT JOIN sets ON sets.customer_id = people.customer_id AND sets.arm = texts.arm
        LEFT JOIN product_words($campaign_id, $readers::VARCHAR[]) AS words
            ON words.customer_id = people.customer_id AND words.arm = texts.arm
        WHERE texts.family IN ('', words.words[4])
    ), judged AS (
        SELECT * EXCLUDE (faults, moved, places), CASE
                   WHEN has_objected THEN 'suppressed'
                   WHEN kind = 'email' AND hindrance <> '' THEN hindrance
                   WHEN len(list_filter(faults, lambda fault: fault <> '')) > 0
                   THEN list_filter(faults, lambda fault: fault <> '')[1]
                   WHEN (family <> '' AND list_contains(moved, 1))
                     OR list_has_any(moved, [place // 5 + 1 FOR place IN places
                                             IF place % 5 = 4])
                   THEN 'category'
                   WHEN list_contains([coalesce(words[place], '') FOR place IN places], '')
                   THEN 'unfit' END AS fault
        FROM matched
    ), chosen AS (
        SELECT * FROM judged
        QUALIFY row_number() OVER (
            PARTITION BY customer_id, arm, kind, channel
            ORDER BY fault IS NOT NULL, is_for_many, text_segment = $everyone, family = '',
                     variant_id) = 1
    )
    SELECT * EXCLUDE (email, hindrance) REPLACE (
               CASE WHEN kind = 'email' AND fault IS NULL
                     AND customer_id <> min(customer_id) OVER (
                             PARTITION BY kind, email, fault IS NULL)
                    THEN 'duplicate address' ELSE fault END AS fault)
    FROM chosen
"""
_LEFT_OUT: Final = """
    SELECT fault, count(DISTINCT customer_id) FROM judged_readers
    WHERE fault IS NOT NULL GROUP BY fault ORDER BY fault
"""


def judge_readers(
    store: Store, campaign_id: str, *, everybody: str, customer_id: str = ""
) -> LeftOut:
    """Find who reads which text of a set, and tell who reads none and why.

    Inside a transaction, as long as which the temporary table ``judged_readers`` lives: one row a
    customer, strategy, kind and channel, with the text and, where it must not be read, the
    ``fault``, a key of LEFT_OUT.

    Args:
        store: Reads ``usable_texts``, ``campaign_products``, ``customers``, ``mailability``,
            ``products``, the global holdout and the rules of recommendations.
        campaign_id: The text set.
        everybody: What the segment of a text for all is called.
        customer_id: Only this customer; all where it is empty.
    """
    store.run(
        _JUDGE, campaign_id=campaign_id, everyone=everybody, fields=list(PRODUCT_FIELDS),
        readers=[customer_id] if customer_id else [], today=store.now().date(),
    )  # fmt: skip
    counts = dict(store.read(_LEFT_OUT))
    return LeftOut(tuple((reason, int(counts[reason])) for reason in LEFT_OUT if reason in counts))
