"""The policy on cases in plain words: what has to be found, and look-alikes that have to pass.

Both files are own fixtures of this project.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from personalization.domain import Decision
from personalization.safety import screen_lines
from tests.safety.scripted import Scripted

DATA = Path(__file__).parents[1] / "data"


def cases(name: str) -> list[Any]:
    document = json.loads((DATA / name).read_text("utf-8"))
    common = document.get("context", {})
    found = [{**case, "context": common | case.get("context", {})} for case in document["cases"]]
    return [
        pytest.param(case, id=f"{case['id']} {case['rule']} {case['expect']}") for case in found
    ]


@pytest.mark.parametrize("case", [*cases("policy_cases.json"), *cases("policy_lookalikes.json")])
def test_what_the_policy_finds(case: dict[str, Any]) -> None:
    [outcome] = screen_lines([case], classifier=Scripted())

    actions = [(f["rule"], Decision(f["action"]).rank) for f in outcome["findings"]]
    if case["expect"] == "pass":
        assert [rule for rule, rank in actions if rank >= Decision.REVIEW.rank] == []
    else:
        needed = Decision(case["min_action"]).rank
        assert [rule for rule, rank in actions if rule == case["rule"] and rank >= needed]


def test_there_are_more_than_sixty_look_alikes_of_our_own() -> None:
    look_alikes = [c for c in cases("policy_lookalikes.json") if c.values[0]["expect"] == "pass"]

    assert len(look_alikes) >= 60
