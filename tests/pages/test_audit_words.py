from __future__ import annotations

import json

from pages.ui import audit_explorer


def test_facts_are_told_without_the_marks_of_a_program() -> None:
    facts = {"files": {"a.csv": "d957"}, "is_self": True, "note": None, "sources": ["x", "y"]}

    told = audit_explorer._facts(json.dumps(facts))

    assert told == "files: a.csv d957 · is self: yes · note: – · sources: x, y"


def test_where_a_text_comes_from_is_told_in_words() -> None:
    assert audit_explorer._origin("human", "composer") == (
        "edited by hand, from a text of the composer"
    )
    assert audit_explorer._origin("composer", None) == "by the composer"
