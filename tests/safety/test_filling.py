from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from personalization.domain import MERGE_FIELDS
from personalization.safety.filling import filled

PLAIN = st.text("abc {}|.\n", max_size=12)
TAGS = st.builds("{{{{{}|{}}}}}".format, st.sampled_from(MERGE_FIELDS), st.text("xyz ", max_size=5))


def test_only_fields_that_customers_have_are_filled() -> None:
    assert filled("{{surname|x}} {{first_name}} {{city|your town}}").text == (
        "{{surname|x}} {{first_name}} your town"
    )


def test_only_fields_that_prospects_have_are_filled_for_them() -> None:
    stored = "{{prospect.salary|x}} {{first_name|x}} {{prospect.city|your town}}: {{fact.text}}"

    assert filled(stored, is_for_prospects=True).text == (
        "{{prospect.salary|x}} {{first_name|x}} your town: …"
    )


def test_an_empty_fallback_leaves_nothing_behind() -> None:
    assert filled("Hi {{first_name|}}, hello").text == "Hi , hello"


@given(st.lists(st.one_of(st.text("abc .", max_size=8), TAGS), max_size=6))
def test_every_character_stands_for_one_of_the_stored_text(parts: list[str]) -> None:
    stored = "".join(parts)
    result = filled(stored)

    assert len(result.starts) == len(result.ends) == len(result.text)
    for at, sign in enumerate(result.text):
        start, end = result.span(at, at + 1)
        assert stored[start:end] == sign or stored[start:end].startswith("{{")


@given(PLAIN)
def test_a_text_without_tags_is_left_as_it_is(text: str) -> None:
    result = filled(text)

    assert result.text == text
    assert result.span(0, len(text)) == (0, len(text))
