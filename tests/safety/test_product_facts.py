from __future__ import annotations

import pytest

from personalization.domain import Decision, Message
from personalization.safety.cited import Cited
from personalization.safety.product_facts import product_entries
from personalization.safety.reading import Context

BODY = "Hello {{first_name|there}}\n\n{{product_1.name}}, {{product_1.price}}\n{{product_2.reason}}"


def entries(body: str, items: int) -> list[tuple[str, str, str, Decision]]:
    context = Context(cited=Cited(), product_items=items)
    message = Message("Picked for you", "", body, "", "https://x/{{product_1.link}}", "")
    return [(e.kind, e.text, str(e.source_field), e.decision) for e in product_entries(
        message, context
    )]  # fmt: skip


def test_tags_within_the_plan_are_facts_that_the_catalogue_or_the_events_bear_out() -> None:
    assert entries(BODY, 2) == [
        ("product", "{{product_1.name}}", "catalogue", Decision.PASS),
        ("price", "{{product_1.price}}", "catalogue", Decision.PASS),
        ("reason", "{{product_2.reason}}", "events", Decision.PASS),
    ]


def test_a_fact_points_at_its_tag_each_time_it_stands_there() -> None:
    body = "{{product_1.name}} and {{product_1.name}}"
    context = Context(cited=Cited(), product_items=1)

    found = list(product_entries(Message("", "", body, "", "", ""), context))

    assert [body[e.span_start : e.span_end] for e in found] == ["{{product_1.name}}"] * 2
    assert [e.span_start for e in found] == [0, 23]


@pytest.mark.parametrize("items", [0, 1])
def test_a_tag_that_nothing_would_fill_blocks(items: int) -> None:
    found = {text: decision for _, text, _, decision in entries(BODY, items)}

    assert found["{{product_2.reason}}"] is Decision.BLOCK
    assert found["{{product_1.name}}"] is (Decision.PASS if items else Decision.BLOCK)
