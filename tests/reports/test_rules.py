from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError
from personalization.reports.rules import field_labels, rows_of_rules, rules_of_rows
from personalization.segmentation import STARTER_RULES, Condition, Rule

if TYPE_CHECKING:
    from personalization.store import Store


def row(segment: str, field: str, operator: str, value: str = "") -> dict[str, str | None]:
    return {"segment": segment, "field": field, "operator": operator, "value": value}


def test_rules_come_back_from_their_rows_as_they_were() -> None:
    rules = (
        *STARTER_RULES,
        Rule("British", (Condition("country", "in", ("United Kingdom", "Jersey")),)),
        Rule("Reachable", (Condition("consent_email", "=", value=True),)),
        Rule("Shoes known", (Condition("attribute:shoe_size", "known"),)),
    )

    assert rules_of_rows(rows_of_rules(rules)) == rules


def test_rows_of_one_name_have_to_hold_together() -> None:
    rules = rules_of_rows(
        [
            row("Best", "number of orders", "is at least", "4"),
            row("Rest", "number of orders", "is at least", "1"),
            row("Best", "amount spent in all", "is more than", "£1,250.50"),
        ]
    )

    assert [rule.name for rule in rules] == ["Best", "Rest"]
    assert rules[0].conditions[1] == Condition("total_spent", ">", 1250.5)


def test_empty_rows_are_left_out() -> None:
    rules = rules_of_rows([row("", "", ""), row("Best", "number of orders", "is at least", "4")])

    assert len(rules) == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param([], "no rule yet", id="nothing at all"),
        pytest.param(
            [row("", "number of orders", "is", "1")], "Row 1 has no segment name", id="no name"
        ),
        pytest.param([row("Best", "", "is", "1")], "Row 1 has no field", id="no field"),
        pytest.param(
            [row("Best", "number of orders", "", "1")],
            "Row 1 has no comparison",
            id="no comparison",
        ),
        pytest.param(
            [row("Best", "number of orders", "is", "many")],
            "number of orders needs a number, not 'many'",
            id="a word for a number",
        ),
        pytest.param(
            [row("Best", "consent to e-mail", "is", "perhaps")],
            "is answered by yes or no, not 'perhaps'",
            id="neither yes nor no",
        ),
        pytest.param(
            [row("Best", "country", "is at least", "France")], "cannot be compared", id="odd pair"
        ),
    ],
)
def test_a_row_that_says_nothing_is_refused_in_words(
    rows: list[dict[str, str | None]], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        rules_of_rows(rows)


def test_extra_columns_of_the_file_can_be_asked_for(store: Store) -> None:
    store.run("INSERT INTO customer_attributes VALUES ('base', 'p1', 'shoe_size', '42')")

    labels = field_labels(store, "base")

    assert labels[0] == "days since the last order"
    assert labels[-1] == "shoe_size"
    assert "shoe_size" not in field_labels(store, "another base")
