"""A customer file's rows into ``customers``, and what follows from them for consent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.customers.consents import adopt_consents, withdraw_refused
from personalization.customers.fields import ATTRIBUTE, IGNORE
from personalization.customers.forgotten import suppress_forgotten
from personalization.customers.intake import Arrival, Intake, extra_names

if TYPE_CHECKING:
    from personalization.store import Store

# The last row wins, field by field: what the newer file does not have at all stays as it was.
_UPDATE_CUSTOMERS: Final = """
    UPDATE customers AS old SET
        email = if(list_contains($fields, 'email'), new.email, old.email),
        first_name = if(list_contains($fields, 'first_name'), new.first_name, old.first_name),
        last_name = if(list_contains($fields, 'last_name'), new.last_name, old.last_name),
        full_name = if(list_contains($fields, 'full_name'), new.full_name, old.full_name),
        phone = if(list_contains($fields, 'phone'), new.phone, old.phone),
        city = if(list_contains($fields, 'city'), new.city, old.city),
        country = if(list_contains($fields, 'country'), new.country, old.country),
        locale = if(list_contains($fields, 'locale'), new.locale, old.locale),
        age = if(list_contains($fields, 'age'), new.age, old.age),
        tier = if(list_contains($fields, 'tier'), new.tier, old.tier),
        tags = if(list_contains($fields, 'tags'), new.tags, old.tags),
        consent_email =
            if(list_contains($fields, 'consent_email'), new.consent_email, old.consent_email),
        signup_on = if(list_contains($fields, 'signup_date'), new.signup_date, old.signup_on),
        first_order_at = if(list_contains($fields, 'first_order_date'),
                            new.first_order_date, old.first_order_at),
        last_order_at =
            if(list_contains($fields, 'last_order_date'), new.last_order_date, old.last_order_at),
        orders = if(list_contains($fields, 'orders'), new.orders, old.orders),
        total_spent = if(list_contains($fields, 'total_spent'), new.total_spent, old.total_spent),
        favourite_category = if(list_contains($fields, 'favourite_category'),
                                new.favourite_category, old.favourite_category),
        currency = coalesce(new.currency, old.currency)
    FROM read_parquet($staged) AS new
    WHERE old.dataset_id = $dataset_id AND old.customer_id = new.customer_id
"""
_ADD_CUSTOMERS: Final = """
    INSERT INTO customers (dataset_id, customer_id, email, first_name, last_name, full_name, phone,
        city, country, locale, age, tier, tags, currency, consent_email, signup_on, first_order_at,
        last_order_at, orders, total_spent, favourite_category)
    SELECT $dataset_id, fresh.customer_id, fresh.email, fresh.first_name, fresh.last_name,
           fresh.full_name, fresh.phone, fresh.city, fresh.country, fresh.locale, fresh.age,
           fresh.tier, fresh.tags, fresh.currency, fresh.consent_email, fresh.signup_date,
           fresh.first_order_date, fresh.last_order_date, fresh.orders, fresh.total_spent,
           fresh.favourite_category
    FROM read_parquet($staged) AS fresh
    WHERE NOT EXISTS (FROM customers AS known WHERE known.dataset_id = $dataset_id
                                                AND known.customer_id = fresh.customer_id)
    ORDER BY fresh.line
"""
_FORGET_ATTRIBUTES: Final = """
    DELETE FROM customer_attributes
    WHERE dataset_id = $dataset_id AND list_contains($names, attribute)
      AND customer_id IN (SELECT customer_id FROM read_parquet($staged))
"""
_ADD_ATTRIBUTES: Final = """
    INSERT INTO customer_attributes (dataset_id, customer_id, attribute, value)
    WITH names AS (
        SELECT unnest($generic::VARCHAR[]) AS generic, unnest($names::VARCHAR[]) AS attribute
    )
    SELECT $dataset_id, customer_id, names.attribute, text
    FROM (UNPIVOT (SELECT customer_id, COLUMNS('^x[0-9]+$') FROM read_parquet($staged))
          ON COLUMNS('^x[0-9]+$') INTO NAME generic VALUE text)
    JOIN names USING (generic)
"""


# What a file that names customers by address brought before they were customers is theirs.
_ADOPT_ORDERS: Final = """
    UPDATE transactions SET customer_id = addresses.customer_id
    FROM (SELECT email, min(customer_id) AS customer_id FROM customers
          WHERE dataset_id = $dataset_id AND email IS NOT NULL GROUP BY email) AS addresses
    WHERE transactions.dataset_id = $dataset_id AND contains(transactions.customer_id, '@')
      AND transactions.customer_id = addresses.email
      AND NOT EXISTS (FROM customers AS known WHERE known.dataset_id = $dataset_id
                                                AND known.customer_id = transactions.customer_id)
"""
_ADOPT_INTERACTIONS: Final = """
    UPDATE interactions SET customer_id = addresses.customer_id
    FROM (SELECT email, min(customer_id) AS customer_id FROM customers
          WHERE dataset_id = $dataset_id AND email IS NOT NULL GROUP BY email) AS addresses
    WHERE interactions.dataset_id = $dataset_id AND contains(interactions.customer_id, '@')
      AND interactions.customer_id = addresses.email
      AND NOT EXISTS (FROM customers AS known WHERE known.dataset_id = $dataset_id
                                                AND known.customer_id = interactions.customer_id)
"""


def write_customers(store: Store, intake: Intake, arrival: Arrival) -> None:
    """Add the file's customers, or bring those who are known up to date, field by field.

    Whoever was erased before stays suppressed, and an explicit no withdraws what the register
    holds.
    """
    place = {"dataset_id": arrival.dataset_id, "staged": str(arrival.staged)}
    filled = {field for field in intake.mapping.values() if field not in {ATTRIBUTE, IGNORE}}
    fields = sorted(filled | ({"consent_email"} if "opt_out" in filled else set()))
    store.run(_UPDATE_CUSTOMERS, fields=fields, **place)
    store.run(_ADD_CUSTOMERS, **place)
    for adopt in (_ADOPT_ORDERS, _ADOPT_INTERACTIONS):
        store.run(adopt, dataset_id=arrival.dataset_id)
    if extras := extra_names(intake):
        store.run(_FORGET_ATTRIBUTES, names=list(extras.values()), **place)
        store.run(_ADD_ATTRIBUTES, generic=list(extras), names=list(extras.values()), **place)
    suppress_forgotten(store, arrival)
    adopt_consents(store, arrival)
    withdraw_refused(store, arrival, intake.file_name)
