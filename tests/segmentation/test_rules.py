from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError
from personalization.segmentation import (
    FIELDS,
    OPERATORS,
    STARTER_RULES,
    Condition,
    Rule,
    attributes_of,
    explain_member,
    fit_segments,
    keep_segments,
    read_rules,
    rules_as_json,
)
from personalization.settings import Settings
from tests.segmentation.shops import Person, everyday_people

if TYPE_CHECKING:
    from personalization.segmentation.rules import Value
    from tests.segmentation.shops import Shop

ANNA = Person(
    "anna", days=0.5, orders=4, spent=120.0, country="Ireland", tier="Gold", age=41,
    signup_on=date(2026, 11, 10),
)  # fmt: skip
UNKNOWN = Person(
    "unknown", country=None, tier=None, consent=False, email=None, first_name=None
)  # fmt: skip


def grouped(shop: Shop, *rules: Rule) -> dict[str, str]:
    proposal = fit_segments(shop.store, Settings(), "spring", method="rules", rules=rules)
    keep_segments(shop.store, "spring", proposal, actor="Ada")
    return shop.members()


@pytest.mark.parametrize(
    ("field", "operator", "value", "fits"),
    [
        pytest.param("orders", ">=", 4, {"anna"}, id="at least reaches the number itself"),
        pytest.param("orders", ">", 4, set(), id="more than leaves it out"),
        pytest.param("orders", "<=", 4, {"anna", "unknown"}, id="nobody's orders are unknown"),
        pytest.param("recency_days", "<", 0.5, set(), id="less than leaves it out"),
        pytest.param("recency_days", "<=", 0.5, {"anna"}, id="half a day counts"),
        pytest.param("recency_days", "unknown", None, {"unknown"}, id="no order has no day"),
        pytest.param("total_spent", "=", 120, {"anna"}, id="a number equals itself"),
        pytest.param("age", "!=", 40, {"anna", "unknown"}, id="an unknown age is not 40 either"),
        pytest.param("signup_days", "=", 10, {"anna"}, id="days since signing up"),
        pytest.param("country", "=", "ireland", {"anna"}, id="case does not matter"),
        pytest.param("country", "=", "Ire", set(), id="a part is not the whole"),
        pytest.param("country", "contains", "LAND", {"anna"}, id="a part is contained"),
        pytest.param("country", "in", ("Spain", "Ireland"), {"anna"}, id="one of several"),
        pytest.param("country", "!=", "Spain", {"anna", "unknown"}, id="unknown is not Spain"),
        pytest.param("country", "known", None, {"anna"}, id="known"),
        pytest.param("tier", "unknown", None, {"unknown"}, id="unknown"),
        pytest.param("tier", "=", "%", set(), id="a sign is no wildcard"),
        pytest.param("tier", "=", "' OR 1=1 --", set(), id="what looks like SQL is a text"),
        pytest.param("consent_email", "=", True, {"anna"}, id="said yes"),
        pytest.param("consent_email", "=", False, {"unknown"}, id="did not say yes"),
        pytest.param("has_email", "=", False, {"unknown"}, id="no address"),
        pytest.param("has_first_name", "=", True, {"anna"}, id="has a first name"),
        pytest.param("attribute:shoe size", ">=", 38, {"anna"}, id="an extra column as number"),
        pytest.param("attribute:shoe size", "=", "38.5", {"anna"}, id="an extra column as text"),
        pytest.param("attribute:shoe size", "=", 38.5, {"anna"}, id="equal as number"),
        pytest.param("attribute:shoe size", "unknown", None, {"unknown"}, id="extra and unknown"),
    ],
)
def test_a_condition_fits(
    shop: Shop, field: str, operator: str, value: Value, fits: set[str]
) -> None:
    shop.fill([ANNA, UNKNOWN])
    shop.mark("anna", "shoe size", "38.5")

    members = grouped(shop, Rule("Fits", (Condition(field, operator, value),)))

    assert {customer for customer, segment in members.items() if segment == "Fits"} == fits
    assert len(members) == 2


def test_the_first_rule_that_fits_wins_and_the_rest_is_everyone_else(shop: Shop) -> None:
    shop.fill([Person(f"c{n}", days=5.0, orders=n, spent=1.0) for n in range(1, 7)])

    members = grouped(
        shop,
        Rule("Often", (Condition("orders", ">=", 5),)),
        Rule("Sometimes", (Condition("orders", ">=", 3),)),
    )

    assert members == {
        "c1": "Everyone else", "c2": "Everyone else", "c3": "Sometimes", "c4": "Sometimes",
        "c5": "Often", "c6": "Often",
    }  # fmt: skip


def test_all_conditions_of_a_rule_have_to_hold(shop: Shop) -> None:
    shop.fill([ANNA, Person("ben", days=5.0, orders=9, spent=9.0, country="Spain")])

    members = grouped(
        shop, Rule("Irish", (Condition("orders", ">=", 2), Condition("country", "=", "Ireland")))
    )

    assert members == {"anna": "Irish", "ben": "Everyone else"}


def test_a_rule_is_described_in_words(shop: Shop) -> None:
    shop.fill(everyday_people())

    found = fit_segments(
        shop.store, Settings(), "spring", method="rules",
        rules=(
            Rule("Big", (Condition("total_spent", ">", 400),)),
            Rule("British", (Condition("country", "in", ("United Kingdom", "Ireland")),
                             Condition("consent_email", "=", value=True))),
        ),
    )  # fmt: skip

    british = (
        "country is one of United Kingdom or Ireland and consent to e-mail is yes, and no rule "
        "above fits"
    )
    assert [segment.rule for segment in found.segments] == [
        "amount spent in all is more than 400",
        british,
    ]


def test_a_rule_that_nobody_fits_makes_no_segment_and_is_said(shop: Shop) -> None:
    shop.fill(everyday_people())

    found = fit_segments(
        shop.store, Settings(), "spring", method="rules",
        rules=(Rule("Nobody", (Condition("orders", ">", 1_000),)),),
    )  # fmt: skip

    assert [segment.name for segment in found.segments] == ["Everyone else"]
    assert found.notes == ("Nobody is in 'Nobody', so it makes no segment.",)


def test_kept_rules_are_where_the_team_goes_on(shop: Shop) -> None:
    shop.fill(everyday_people())
    first = fit_segments(shop.store, Settings(), "spring", method="rules")
    assert read_rules(first.parameters["rules"]) == STARTER_RULES

    grouped(shop, Rule("Often", (Condition("orders", ">=", 5),)))
    again = fit_segments(shop.store, Settings(), "spring", method="rules")

    assert [rule["name"] for rule in again.parameters["rules"]] == ["Often"]


def test_rules_survive_being_written_as_plain_values() -> None:
    rules = (
        Rule("A", (Condition("country", "in", ("Spain", "Italy")), Condition("age", "known"))),
        Rule("B", (Condition("has_email", "=", value=True), Condition("orders", ">=", 2))),
    )

    assert read_rules(rules_as_json(rules)) == rules


def test_the_extra_columns_of_a_base_are_listed_as_fields(shop: Shop) -> None:
    shop.mark("anna", "shoe size", "38")
    shop.mark("ben", "colour", "red")

    assert attributes_of(shop.store, "shop") == ("attribute:colour", "attribute:shoe size")
    assert attributes_of(shop.store, "another") == ()


def test_every_field_can_stand_in_a_condition(shop: Shop) -> None:
    """A field without its line in the statement would be taken for an extra column."""
    shop.fill([ANNA])
    shop.store.run("""
        UPDATE customers SET city = 'Cork', locale = 'en-IE', tags = 'vip', currency = 'EUR',
                             favourite_category = 'lights'
    """)
    for field, (_, kind) in FIELDS.items():
        is_asked = kind == "yes or no"
        known = Condition(field, "=", value=True) if is_asked else Condition(field, "known")

        assert grouped(shop, Rule("Known", (known,))) == {"anna": "Known"}, field


@pytest.mark.parametrize(
    ("field", "operator", "value", "message"),
    [
        pytest.param("shoe", "=", "x", "no field 'shoe'", id="unknown field"),
        pytest.param("orders", "contains", "x", "cannot be compared by", id="number as text"),
        pytest.param("orders", ">=", "four", "Give a number", id="words for a number"),
        pytest.param("orders", ">=", True, "Give a number", id="yes is no number"),
        pytest.param("orders", ">=", float("nan"), "Give a number", id="not a number"),
        pytest.param("country", "=", " ", "Give a text", id="an empty text"),
        pytest.param("country", "in", (), "Give a list of texts", id="an empty list"),
        pytest.param("consent_email", "=", "yes", "Give true or false", id="yes as a text"),
        pytest.param("country", "known", "x", "Give none", id="a value too many"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(
    field: str, operator: str, value: Value, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Condition(field, operator, value)


@pytest.mark.parametrize(
    ("name", "conditions", "message"),
    [
        pytest.param(" ", (Condition("age", "known"),), "1 to 60 characters", id="no name"),
        pytest.param("everyone ELSE", (Condition("age", "known"),), "another name", id="the rest"),
        pytest.param("Empty", (), "no condition", id="no condition"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    name: str, conditions: tuple[Condition, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Rule(name, conditions)


def test_two_rules_of_one_name_are_refused(shop: Shop) -> None:
    rule = STARTER_RULES[0]

    with pytest.raises(InputError, match="Two rules are called 'Recent repeat buyers'"):
        fit_segments(shop.store, Settings(), "spring", method="rules", rules=(rule, rule))


def test_an_extra_column_that_nobody_has_is_refused_with_those_known(shop: Shop) -> None:
    shop.fill([ANNA])
    shop.mark("anna", "colour", "red")
    rule = Rule("Size", (Condition("attribute:size", "=", "L"),))

    with pytest.raises(InputError, match="It has: attribute:colour"):
        fit_segments(shop.store, Settings(), "spring", method="rules", rules=(rule,))


def test_every_operator_is_decided_by_the_statement(shop: Shop) -> None:
    """An operator without its line in the statement would be taken for equality."""
    shop.fill([ANNA, UNKNOWN])
    shop.mark("anna", "size", "5")
    values: dict[str, Value] = {"known": None, "unknown": None, "in": ("7", "5"), "contains": "5"}
    expected = {">=": True, "<=": True, ">": False, "<": False, "=": True, "!=": False,
                "in": True, "contains": True, "known": True, "unknown": False}  # fmt: skip

    for operator in OPERATORS:
        rule = Rule("Fits", (Condition("attribute:size", operator, values.get(operator, 5)),))

        assert (grouped(shop, rule)["anna"] == "Fits") is expected[operator], operator


def test_a_member_is_explained_by_the_rules_that_were_tried(shop: Shop) -> None:
    shop.fill([ANNA, UNKNOWN])
    grouped(
        shop,
        Rule("Often", (Condition("orders", ">=", 9),)),
        Rule("Gold", (Condition("tier", "=", "gold"), Condition("age", ">", 40))),
    )

    assert explain_member(shop.store, "spring", "anna") == (
        "Customer anna is in 'Gold'. Rule 'Often' does not fit, as it asks that number of orders "
        "is at least 9 (theirs: 4). Rule 'Gold' fits: tier is gold (theirs: Gold) and age is "
        "more than 40 (theirs: 41)."
    )
    assert explain_member(shop.store, "spring", "unknown").endswith(
        "tier is gold (theirs: not known). No rule fits, which is 'Everyone else'."
    )
