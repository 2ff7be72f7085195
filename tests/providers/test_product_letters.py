from __future__ import annotations

import re
from dataclasses import replace

import pytest

from personalization.domain import Brief, Decision, ProductPlan, product_tags
from personalization.generation import ground
from personalization.generation.sources import citable
from personalization.providers.composer import Composer
from personalization.providers.product_letters import suitable
from tests.providers.fern_and_fig import content, request

ONE_EACH = ProductPlan(2, (("A", "for_you"), ("B", "buy_again"), ("C", "bought_together")))
SAME = ProductPlan(1, (("A", "for_you"), ("B", "for_you"), ("C", "for_you")))


def tags(text: str) -> list[str]:
    return [tag.field for tag in product_tags(text)]


@pytest.mark.parametrize("plan", [ONE_EACH, SAME], ids=["a strategy each", "one strategy"])
def test_every_arm_names_its_products_and_asserts_nothing_of_them(plan: ProductPlan) -> None:
    asked = request(products=plan)

    drafts = Composer().write(asked)

    assert [draft.arm for draft in drafts] == ["A", "B", "C"]
    for draft in drafts:
        strategy = plan.strategy_of(draft.arm)
        fields = ["name", "price"] + ["reason"] * (strategy != "buy_again") + ["link"]
        wanted = [f"product_{n}.{f}" for n in range(1, plan.items + 1) for f in fields]
        assert tags(draft.message.body) == wanted
        assert dict(draft.attributes)["strategy"] == strategy
        claims = ground(
            draft.message, citable(asked.passages, brand=asked.brand_name), cited=draft.claims,
            brand=asked.brand_name,
        )  # fmt: skip
        assert {claim.decision for claim in claims} <= {Decision.PASS}


def test_words_that_the_brief_rules_out_are_in_no_line_around_products() -> None:
    brief = Brief(must_not_say=("picked", "thought of you"))

    drafts = Composer().drafts(request(products=SAME, brief=brief))

    assert drafts
    for draft in drafts:
        said = " ".join(text for _, text in draft.message.fields())
        assert "picked" not in said
        assert "thought of you" not in said


def test_an_arm_without_a_strategy_names_no_products() -> None:
    plan = ProductPlan(2, (("A", "for_you"),))

    drafts = Composer().write(request(products=plan))

    assert [bool(tags(draft.message.body)) for draft in drafts] == [True, False, False]


def test_where_popular_products_fill_up_no_text_says_how_they_were_chosen() -> None:
    plan = replace(ONE_EACH, fills_up=True)

    drafts = Composer().write(request(products=plan))

    for draft in drafts:
        said = " ".join(text for _, text in draft.message.fields()).casefold()
        assert not re.search(r"favourite|before|go with|running low|order again", said)
        assert "product_1.reason" in tags(draft.message.body)


def test_beside_products_of_any_kind_stands_only_what_is_about_the_whole_shop() -> None:
    passages = content()

    anybody = suitable(passages, "", frozenset())
    of_family = suitable(passages, "kitchen", frozenset())
    promoted = suitable(passages, "", frozenset({"gift"}))

    assert anybody
    assert not any(p.products for p in anybody)
    assert of_family == list(passages)
    assert [p.document_id for p in promoted if p.products] == ["gift"]


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR", "es-ES"])
def test_other_languages_have_messages_with_products_without_any_content(locale: str) -> None:
    drafts = Composer().write(request(products=ONE_EACH, passages=(), locale=locale))

    assert len(drafts) == 3
    assert all("{{product_2.name}}" in draft.message.body for draft in drafts)
