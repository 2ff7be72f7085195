from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from pages.ui.spending import author, in_words, version_of, written
from personalization.reports.review import Reviewed
from personalization.reports.spending import Spending
from personalization.settings import Generation, HostedModel

PRICED = Generation(
    model="m", campaign_budget=5.0,
    models=(HostedModel("m", prompt_price=1.0, completion_price=4.0, currency="USD",
                        prices_on="2026-11-01"),),
)  # fmt: skip
SPENT = Spending(18, 3, 40_000, 30_720, 12_000, "USD", 0.21, 0.2134, 52_000, 0)


@pytest.mark.parametrize(
    ("spent", "settings", "expected"),
    [
        pytest.param(
            SPENT, PRICED,
            "18 calls to hosted models, and 3 answers from earlier ones at no cost; 52,000 of "
            "2,000,000 tokens, 30,720 of them from the service’s cache; 0.2134 of 5.00 USD.",
            id="with prices and a budget",
        ),
        pytest.param(
            replace(SPENT, n_calls=1, n_cached=0, cached_tokens=0, cost=None),
            Generation(model="m"),
            "1 call to hosted models; 52,000 of 2,000,000 tokens; no prices are set, so there is "
            "no cost.",
            id="without prices no money",
        ),
        pytest.param(
            replace(SPENT, n_cached=0, cached_tokens=0, n_unbilled=2),
            replace(PRICED, campaign_budget=0.0),
            "18 calls to hosted models; 52,000 of 2,000,000 tokens; 0.2134 USD. 2 calls broke off, "
            "and counted at the most that it may cost.",
            id="with bills that are not known",
        ),
    ],
)  # fmt: skip
def test_what_a_campaign_spent_is_said_in_a_sentence(
    spent: Spending, settings: Generation, expected: str
) -> None:
    assert in_words(spent, settings) == expected


FACTS = {
    "model": "m-2026", "prompt_tokens": "2400", "completion_tokens": "360", "cost": "0.0063",
    "currency": "USD", "prices_on": "2026-11-01", "cached": "no", "prompt_version": "v2-0a1b2c3d",
    "request_id": "req-7",
}  # fmt: skip


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(
            FACTS,
            "model m-2026 · 2400 tokens read and 360 written · 0.0063 USD at prices of 2026-11-01 "
            "· prompts v2-0a1b2c3d · request req-7",
            id="by a hosted model",
        ),
        pytest.param(
            {"prompt_tokens": "1", "completion_tokens": "2", "model": "m", "cached": "yes"},
            "model m · 1 tokens read and 2 written · answered from an earlier run at no cost",
            id="from what was kept",
        ),
        pytest.param(
            {"model": "composer", "first_origin": "azure", "first_fault": "It was cut off."},
            "A first draft by Azure OpenAI was not used: It was cut off.",
            id="by the composer in its place",
        ),
        pytest.param({"model": "composer"}, "", id="composed"),
    ],
)  # fmt: skip
def test_how_a_message_was_written_stands_under_it(told: dict[str, str], expected: str) -> None:
    assert written(told).replace("\\", "") == expected


def test_who_wrote_it_is_said_by_name() -> None:
    assert [author(name) for name in ("human", "composer", "openai", "azure")] == [
        "by hand", "by the composer", "by OpenAI", "by Azure OpenAI",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "origin", "told", "expected"),
    [
        pytest.param(1, "composer", {}, "Version 1, written by the composer", id="first"),
        pytest.param(1, "human", {}, "Version 1, written by hand", id="control text"),
        pytest.param(2, "human", {}, "Version 2, written by hand, Ann", id="edited"),
        pytest.param(
            2, "openai", {}, "Version 2, written by OpenAI, asked for by Ann", id="all of it",
        ),
        pytest.param(
            3, "human", {"part": "subject", "part_by": "composer"},
            "Version 3: another subject line by the composer, asked for by Ann; the rest written "
            "by hand",
            id="a part of what was edited",
        ),
    ],
)  # fmt: skip
def test_a_version_says_what_wrote_it_and_who_asked(
    version: int, origin: str, told: dict[str, str], expected: str
) -> None:
    values: dict[str, Any] = dict.fromkeys((field.name for field in fields(Reviewed)), None)
    found = Reviewed(**values | {"version": version, "origin": origin, "written_by": "Ann"})

    assert version_of(found, told, {"subject": "subject line"}) == expected
