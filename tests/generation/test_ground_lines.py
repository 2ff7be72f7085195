from __future__ import annotations

import pytest

from personalization.errors import InputError
from personalization.generation import ground_lines

SOURCES = [
    {"id": "a", "text": "The kettle holds 1.7 litres. It switches itself off."},
    {"id": "b", "text": "Delivery takes three days."},
]


def test_each_claim_of_a_message_comes_back_with_span_and_source() -> None:
    message = "Hello there,\nThe kettle holds 1.7 litres. Delivery takes two days."

    [line] = ground_lines([{"id": "m1", "message": message, "sources": SOURCES}])

    assert (line["id"], line["decision"]) == ("m1", "block")
    right, wrong = line["claims"]
    assert message[slice(*right["span"])] == right["text"] == "The kettle holds 1.7 litres."
    assert (right["supported"], right["source_id"], right["source_span"]) == (True, "a", [0, 28])
    assert (wrong["supported"], wrong["decision"], wrong["source_id"]) == (False, "block", "b")
    assert "three" in wrong["reason"] or "two" in wrong["reason"]


def test_a_claim_is_judged_as_it_stands_also_by_two_sources_together() -> None:
    claim = "The kettle switches itself off and delivery takes three days."

    [line] = ground_lines([{"id": "c1", "claim": claim, "sources": SOURCES}])

    assert line["decision"] == "pass"


def test_without_sources_nothing_is_supported() -> None:
    [line] = ground_lines([{"claim": "It is the best kettle."}])

    assert (line["id"], line["decision"]) == ("1", "block")
    assert line["claims"][0]["source_id"] is None


def test_a_message_of_courtesies_passes_without_claims() -> None:
    [line] = ground_lines([{"id": 7, "message": "Thank you for reading.", "sources": SOURCES}])

    assert (line["id"], line["decision"], line["claims"]) == (7, "pass", [])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"sources": SOURCES}, "Line 1 has neither a 'message' nor a 'claim'"),
        ({"claim": "x", "sources": [{"id": "a"}]}, "source 1, has no 'text'"),
    ],
)
def test_a_line_of_another_form_is_refused_by_its_number(
    line: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        list(ground_lines([line]))
