from __future__ import annotations

import json
from typing import Any

import pytest

from personalization.domain import ProductPlan
from personalization.errors import InputError
from personalization.providers.openai_draft import with_products
from personalization.providers.openai_schema import read_answer
from tests.providers.fern_and_fig import request
from tests.providers.hosted import answer, writing
from tests.providers.openai_stub import completion

PLAN = ProductPlan(2, (("A", "for_you"), ("B", "buy_again")))
MARK = {"sentences": [{"text": "{{products}}", "cites": []}]}
LINES = (
    "{{product_1.name}}, {{product_1.price}}\n{{product_1.reason}}\n{{product_1.link}}\n\n"
    "{{product_2.name}}, {{product_2.price}}\n{{product_2.reason}}\n{{product_2.link}}"
)


def told(*products: dict[str, Any]) -> str:
    """Return an answer with these paragraphs after what leads to the products."""
    paragraphs = json.loads(answer())["paragraphs"]
    leads = {"sentences": [{"text": "We picked these for you:", "cites": []}]}
    return answer(paragraphs=[*paragraphs[:2], leads, *products, paragraphs[-1]])


def test_the_products_stand_where_the_model_put_the_mark() -> None:
    with writing(completion(told(MARK))) as (writer, stub, _):
        [draft] = writer.write(request(arms=("A",), products=PLAN))

    body = draft.message.body
    assert f"We picked these for you:\n\n{LINES}\n\nWarm wishes" in body
    assert dict(draft.attributes)["strategy"] == "for_you"
    for claim in draft.claims:
        assert dict(draft.message.fields())[claim.field][
            claim.span_start : claim.span_end
        ] == claim.text  # fmt: skip
    asked = "\n".join(message["content"] for message in stub.seen[0].body["messages"])
    assert '"how many": 2' in asked
    assert "by what the reader chose before" in asked


def test_a_model_that_forgets_the_products_is_asked_once_more() -> None:
    with writing(completion(told()), completion(told(MARK))) as (writer, stub, _):
        [draft] = writer.write(request(arms=("A",), products=PLAN))

    assert LINES in draft.message.body
    assert "has to stand once" in stub.seen[1].body["messages"][-1]["content"]


def test_a_draft_with_products_is_shown_to_the_model_with_the_mark_again() -> None:
    with writing(completion(told(MARK)), completion(told(MARK))) as (writer, stub, _):
        asked = request(arms=("A",), products=PLAN)
        [draft] = writer.write(asked)

        writer.write(request(
            arms=("A",), products=PLAN, feedback=("Too dull.",), rejected=draft.message
        ))  # fmt: skip

    shown = json.loads(stub.seen[1].body["messages"][-2]["content"])
    assert "{{products}}" in shown["body"]
    assert "product_1" not in shown["body"]


@pytest.mark.parametrize(
    ("paragraphs", "plan", "arm"),
    [
        pytest.param((MARK, MARK), PLAN, "A", id="twice"),
        pytest.param((MARK,), PLAN, "C", id="in an arm that names none"),
        pytest.param((MARK,), None, "A", id="without a plan"),
        pytest.param(
            ({"sentences": [{"text": "Look: {{products}}", "cites": []}]},), PLAN, "A",
            id="within a sentence",
        ),
        pytest.param(
            (MARK, {"sentences": [{"text": "Get {{product_1.name}}.", "cites": []}]}), PLAN, "A",
            id="a tag of its own",
        ),
    ],
)  # fmt: skip
def test_products_in_any_other_place_are_refused(
    paragraphs: tuple[dict[str, Any], ...], plan: ProductPlan | None, arm: str
) -> None:
    with pytest.raises(InputError):
        with_products(read_answer(told(*paragraphs), 60), plan, arm)
