"""What the built-in screener finds and misses stands where its levels are read."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from personalization.providers.local_screener import HONEST_SENTENCE


def _finding(rule: str) -> None:
    from pages.ui import message

    row: dict[str, Any] = {
        "rule": rule, "action": "review", "field": "body", "text": "A sentence.",
        "message": "Why.", "advice": "What instead.",
    }  # fmt: skip
    message.findings([row])


def _levels_of_audit() -> None:
    from pages.ui import audit_views

    audit_views.about_levels()


def shown(page: AppTest) -> str:
    assert not page.exception
    return " ".join(part.value for part in (*page.markdown, *page.caption)).replace("\\", "")


@pytest.mark.parametrize(("rule", "is_said"), [("harm.hate", True), ("urgency.pressure", False)])
def test_a_finding_of_the_screener_comes_with_what_its_level_is_worth(
    rule: str, *, is_said: bool
) -> None:
    page = AppTest.from_function(_finding, args=(rule,)).run(timeout=30)

    assert (HONEST_SENTENCE in shown(page)) is is_said


def test_the_audit_page_says_what_the_levels_are_worth() -> None:
    assert HONEST_SENTENCE in shown(AppTest.from_function(_levels_of_audit).run(timeout=30))
