from __future__ import annotations

import pytest

from personalization.domain import FACT_TAG, merge_tags, refuse_tags_for_others
from personalization.errors import InputError


@pytest.mark.parametrize(
    ("text", "stand_in"),
    [
        pytest.param("{{prospect.first_name|there}}", "there", id="a field"),
        pytest.param("{{ prospect.company | your team }}", "your team", id="with blanks"),
        pytest.param(FACT_TAG, "…", id="a fact"),
    ],
)
def test_prospects_have_fields_of_their_own(text: str, stand_in: str) -> None:
    [tag] = merge_tags(text)

    assert tag.is_of_prospect
    assert tag.stand_in == stand_in
    assert tag.rank == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("{{prospect.first_name}}", "cannot be filled", id="no fallback"),
        pytest.param("{{prospect.first_name| }}", "cannot be filled", id="an empty fallback"),
        pytest.param("{{prospect.salary|x}}", "cannot be filled", id="no such field"),
        pytest.param("{{fact.text|your news}}", "without a fallback", id="a made-up fact"),
        pytest.param("{{fact.source}}", "no fact", id="another part of a fact"),
    ],
)
def test_a_field_that_nobody_can_fill_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        merge_tags(text)


@pytest.mark.parametrize(
    ("text", "is_for_prospects"),
    [
        pytest.param("{{prospect.city|here}}", False, id="a prospect's in a mailing"),
        pytest.param(FACT_TAG, False, id="a fact in a mailing"),
        pytest.param("{{first_name|there}}", True, id="a customer's in outreach"),
        pytest.param("{{product_1.name}}", True, id="a product's in outreach"),
    ],
)
def test_nobody_is_written_to_with_the_fields_of_others(
    *, text: str, is_for_prospects: bool
) -> None:
    refuse_tags_for_others(text, is_for_prospects=not is_for_prospects)
    with pytest.raises(InputError, match="only, and this goes to"):
        refuse_tags_for_others(text, is_for_prospects=is_for_prospects)
