"""Rules at work: everybody against every rule in one statement, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.segmentation.history import HISTORY, statement
from personalization.segmentation.rules import (
    ATTRIBUTE,
    OPERATORS,
    REST,
    Condition,
    Rule,
    attributes_of,
    is_number,
    label_of,
    read_rules,
    rules_as_json,
)
from personalization.segmentation.values import Fitted, Group
from personalization.segmentation.wording import listed, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.segmentation.values import Base
    from personalization.store import Store

_SEPARATOR: Final = "\x1f"

# The rules come in as lists, one element a condition; on Spark the same rows are two views.
CONDITIONS: Final = """
    , conditions AS (
        SELECT unnest($rules::INTEGER[]) AS rule,
               unnest($positions::INTEGER[]) AS position,
               unnest($fields::VARCHAR[]) AS field,
               unnest($attributes::VARCHAR[]) AS attribute,
               unnest($operators::VARCHAR[]) AS operator,
               unnest($numbers::DOUBLE[]) AS number,
               unnest($texts::VARCHAR[]) AS text
    )
"""

NAMES: Final = """
    , names AS (
        SELECT unnest($name_rules::INTEGER[]) AS rule, unnest($names::VARCHAR[]) AS segment
    )
"""

JUDGED: Final = """
    , facts AS (
        SELECT history.customer_id, rule, position, operator, number, text,
               CASE field WHEN 'recency_days' THEN recency_days
                          WHEN 'orders' THEN n_orders
                          WHEN 'total_spent' THEN spent
                          WHEN 'signup_days' THEN extract(DAY FROM CAST($as_of AS TIMESTAMP)
                                                          - CAST(signup_on AS TIMESTAMP))
                          WHEN 'age' THEN age
                          ELSE TRY_CAST(attributes.value AS DOUBLE) END AS own_number,
               trim(CASE field WHEN 'country' THEN country
                               WHEN 'city' THEN city
                               WHEN 'locale' THEN locale
                               WHEN 'tier' THEN tier
                               WHEN 'tags' THEN tags
                               WHEN 'currency' THEN currency
                               WHEN 'favourite_category' THEN favourite_category
                               WHEN 'consent_email'
                                   THEN CASE WHEN consent_email THEN 'yes' ELSE 'no' END
                               WHEN 'has_email'
                                   THEN CASE WHEN email IS NULL THEN 'no' ELSE 'yes' END
                               WHEN 'has_first_name'
                                   THEN CASE WHEN first_name IS NULL THEN 'no' ELSE 'yes' END
                               ELSE attributes.value END) AS own_text
        FROM history
        CROSS JOIN conditions
        LEFT JOIN customer_attributes AS attributes
            ON attributes.dataset_id = history.dataset_id
           AND attributes.customer_id = history.customer_id
           AND attributes.attribute = conditions.attribute
    ), judged AS (
        SELECT customer_id, rule, position, own_number, own_text,
               CASE operator
                   WHEN '>=' THEN coalesce(own_number >= number, false)
                   WHEN '<=' THEN coalesce(own_number <= number, false)
                   WHEN '>' THEN coalesce(own_number > number, false)
                   WHEN '<' THEN coalesce(own_number < number, false)
                   WHEN 'known' THEN coalesce(own_text <> '', own_number IS NOT NULL)
                   WHEN 'unknown' THEN NOT coalesce(own_text <> '', own_number IS NOT NULL)
                   WHEN 'contains' THEN coalesce(contains(lower(own_text), text), false)
                   WHEN '!=' THEN CASE WHEN number IS NULL
                       THEN coalesce(lower(own_text) <> text, true)
                       ELSE coalesce(own_number <> number, true) END
                   ELSE CASE WHEN number IS NULL
                       THEN coalesce(contains(text, chr(31) || lower(own_text) || chr(31)), false)
                       ELSE coalesce(own_number = number, false) END
               END AS holds
        FROM facts
    )
"""

MATCHES: Final = """
    , fits AS (
        SELECT customer_id, rule, min(CASE WHEN holds THEN 1 ELSE 0 END) AS all_hold
        FROM judged
        GROUP BY customer_id, rule
    ), firsts AS (
        SELECT customer_id, min(CASE WHEN all_hold = 1 THEN rule END) AS rule
        FROM fits
        GROUP BY customer_id
    ), members AS (
        SELECT history.*, coalesce(names.segment, $rest) AS segment
        FROM history
        LEFT JOIN firsts ON firsts.customer_id = history.customer_id
        LEFT JOIN names ON names.rule = firsts.rule
    )
"""

MEMBERS: Final = statement(HISTORY, CONDITIONS, NAMES, JUDGED, MATCHES)

JUDGEMENTS: Final = statement(
    HISTORY,
    CONDITIONS,
    JUDGED,
    """
    SELECT rule, position, own_number, own_text, holds
    FROM judged
    WHERE customer_id = $customer_id
    ORDER BY rule, position, own_text
""",
)


def fit_rules(store: Store, base: Base, rules: tuple[Rule, ...]) -> Fitted:
    """Check rules against the customers at hand, and put them into words; nothing is estimated.

    Raises:
        InputError: There is no rule, two have one name, or one asks for an unknown attribute.
    """
    names = [rule.name.strip().casefold() for rule in rules]
    if not rules:
        raise InputError("There is no rule yet. Add one, or let RFM group the customers.")
    if twice := [rule.name for rule in rules if names.count(rule.name.strip().casefold()) > 1]:
        raise InputError(f"Two rules are called {twice[0]!r}. Give each one a name of its own.")
    _refuse_unknown_attributes(rules, attributes_of(store, base.dataset_id))
    groups = tuple(
        Group(rule.name, rule_words(rule, is_first=not n), f"{_who(rule)}.", (REST,))
        for n, rule in enumerate(rules)
    )
    last_first = tuple(rule.name for rule in reversed(rules))
    rest = Group(
        REST, "fits none of the rules", "All customers that no rule singles out.", last_first
    )
    return Fitted("rules", {"rules": rules_as_json(rules)}, (*groups, rest))


def bind(parameters: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, object]:
    """Return what ``MEMBERS`` is bound to; ``names`` says what each group is called by now."""
    rules = read_rules(parameters["rules"])
    return {
        **bind_conditions(rules),
        "name_rules": list(range(1, len(rules) + 1)),
        "names": [names.get(rule.name, rule.name) for rule in rules],
        "rest": names.get(REST, REST),
    }


def bind_conditions(rules: tuple[Rule, ...]) -> dict[str, object]:
    """Return what ``JUDGEMENTS`` is bound to beside the customer: one element a condition."""
    rows = [
        (place, position, condition)
        for place, rule in enumerate(rules, 1)
        for position, condition in enumerate(rule.conditions, 1)
    ]
    compared = [_compared(condition) for _, _, condition in rows]
    return {
        "rules": [place for place, _, _ in rows],
        "positions": [position for _, position, _ in rows],
        "fields": [condition.field for _, _, condition in rows],
        "attributes": [_attribute(condition) for _, _, condition in rows],
        "operators": [condition.operator for _, _, condition in rows],
        "numbers": [number_ for number_, _ in compared],
        "texts": [text for _, text in compared],
    }


def _attribute(condition: Condition) -> str | None:
    if not condition.field.startswith(ATTRIBUTE):
        return None
    return condition.field.removeprefix(ATTRIBUTE)


def _compared(condition: Condition) -> tuple[float | None, str | None]:
    """Return what a customer's value is held against: a number, or a text in small letters."""
    value = condition.value
    if value is None:
        return None, None
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if is_number(value) and not isinstance(value, str | tuple):
        return float(value), None
    texts = value if isinstance(value, tuple) else (str(value),)
    small = [text.strip().lower() for text in texts]
    if condition.operator in ("=", "in"):
        return None, _SEPARATOR + _SEPARATOR.join(small) + _SEPARATOR
    return None, small[0]


def _refuse_unknown_attributes(rules: tuple[Rule, ...], known: tuple[str, ...]) -> None:
    for rule in rules:
        for condition in rule.conditions:
            if condition.field.startswith(ATTRIBUTE) and condition.field not in known:
                has = ", ".join(known) or "no extra columns"
                raise InputError(
                    f"Rule {rule.name!r} asks for {condition.field!r}, which this customer base "
                    f"does not have. It has: {has}."
                )


def rule_words(rule: Rule, *, is_first: bool) -> str:
    """Say what a rule asks for, and that the rules above it come first.

    Example:
        >>> often = Condition("orders", ">=", 4)
        >>> rule = Rule("Often", (often, Condition("country", "in", ("UK", "IE"))))
        >>> rule_words(rule, is_first=True)
        'number of orders is at least 4 and country is one of UK or IE'
    """
    words = " and ".join(condition_words(condition) for condition in rule.conditions)
    return words if is_first else f"{words}, and no rule above fits"


def condition_words(condition: Condition) -> str:
    """Say one comparison in words."""
    said = f"{label_of(condition.field)} {OPERATORS[condition.operator][0]}"
    value = condition.value
    if value is None:
        return said
    if isinstance(value, bool):
        return f"{said} {'yes' if value else 'no'}"
    if isinstance(value, tuple):
        return f"{said} {listed(value, 'or')}"
    return f"{said} {value if isinstance(value, str) else number(value, 2)}"


def _who(rule: Rule) -> str:
    return f"Customers whose {' and whose '.join(condition_words(c) for c in rule.conditions)}"
