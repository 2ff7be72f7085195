from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from personalization.domain import Statement
from personalization.generation import ground_lines
from personalization.generation.evidence import Source, source_of
from personalization.generation.retelling import is_report

HELD_OUT = Path(__file__).parents[1] / "data" / "grounding" / "marketing_held_out.jsonl"

# Made up, in the manner of an encyclopaedia and its sources.
ARTICLE = [
    "Marta Lindqvist was born in Kalmar in 1931 as the daughter of a lighthouse keeper.",
    (
        "She studied botany in Uppsala and joined the Royal Garden in 1956, where she later led "
        "the herbarium for nineteen years."
    ),
    "In 1974 her flora of the Baltic islands was published in three volumes.",
    "The work described 1,240 species and was reprinted twice.",
    "Lindqvist retired in 1991 and moved back to Kalmar, where she died in 2008.",
]
GAZETTEER = [
    "Ostervik is a town on the northern shore of Lake Aln in the province of Halvar.",
    "Its harbour is the largest of the lake, and ferries cross to Brenna and Saltholm.",
    "The council has 21 members, who are elected for four years and choose the mayor.",
    "Your ticket is valid on all ferries. Trains to Halvar were introduced in 1893.",
]
ENCYCLOPAEDIC = [
    "Lindqvist retired in 1991.",
    "Marta Lindqvist is a Swedish botanist from Kalmar.",
    "The herbarium of the garden is on show in the old orangery of the town.",
    "She came third in 1957, making two saves and offering her rival the cup.",
    "It is also kept in the gardens of Uppsala, Lund and Kalmar.",
    'In 1980 her memoir "Our Garden and You" was read on the radio.',
    "About 88% of the species grow on the islands to this day.",
    "Its flowers are white or yellow and open at night.",
]
OF_THE_GAZETTEER = [
    "The town of Ostervik was connected to Halvar by a railway in 1893.",
    "Ferries from Ostervik, on the northern shore, cross Lake Aln to Brenna and Saltholm.",
]
STATEMENT = ["The Marlow shears weigh 410 g and were made in Sheffield in 2024."]


def decision(claim: str, texts: list[str], field: str = "claim") -> Any:  # noqa: ANN401
    sources = [{"id": str(n), "text": text} for n, text in enumerate(texts)]
    [line] = ground_lines([{"id": "1", field: claim, "sources": sources}])
    return line["decision"]


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        pytest.param(
            "Lindqvist, who was born in Kalmar in 1931, led the herbarium of the Royal Garden for "
            "19 years.", "pass", id="summed up"),
        pytest.param(
            "Lindqvist, who was born in Kalmar in 1932, led the herbarium of the Royal Garden.",
            "block", id="another year"),
        pytest.param(
            "Lindqvist led the herbarium of the Royal Garden for twenty-nine years until she "
            "retired.", "block", id="another number in words"),
        pytest.param(
            "Her flora of the Baltic islands was awarded the Linnaeus Medal by the Academy of "
            "Stockholm.", "block", id="new names"),
        pytest.param(
            "Lindqvist was never born in Kalmar as the daughter of a lighthouse keeper.",
            "block", id="denied"),
        pytest.param(
            "Lindqvist, who did not leave the Royal Garden before 1991, was a woman of Kalmar.",
            "pass", id="another wording with a not in it"),
        pytest.param(
            "It was in Uppsala's gardens that the Lindqvists and other Baltics studied botany.",
            "pass", id="names in another inflection"),
        pytest.param(
            "It was Upsilon who studied botany and joined the Royal Garden in 1956.",
            "block", id="a name that begins alike"),
        pytest.param(
            "It was a woman of the Royal Garden who left poems, letters, songs and plays behind.",
            "review", id="more than half of the words are new"),
        pytest.param(
            "She was a keen sailor who crossed several oceans with friends and wrote poems.",
            "review", id="too little in common"),
    ],
)  # fmt: skip
def test_a_report_is_held_to_figures_and_names_of_a_long_text(claim: str, found: str) -> None:
    assert decision(claim, ARTICLE) == found


@pytest.mark.parametrize(
    ("country", "people"),
    [("Canada", "Canadian"), ("Japan", "Japanese"), ("Italy", "Italians")],
)
def test_a_country_and_its_people_stand_for_each_other(country: str, people: str) -> None:
    def born(name: str) -> str:
        return f"Her father was born in {name} and kept a lighthouse for nineteen years."

    def called(name: str) -> str:
        return f"Her father was a {name} who kept a lighthouse for nineteen years."

    assert decision(called(people), [*ARTICLE, born(country)]) == "pass"
    assert decision(born(country), [*ARTICLE, called(people)]) == "pass"
    assert decision(called(people), [*ARTICLE, born("Norway")]) == "block"


def test_a_short_statement_is_no_text_to_sum_up() -> None:
    claim = "The Marlow shears were made with great care by hand in Sheffield in 2024."

    assert decision(claim, STATEMENT) != "pass"


@pytest.mark.parametrize(
    ("claim", "is_one"),
    [
        ("Lindqvist led the herbarium of the Royal Garden until she retired in 1991.", True),
        ("You can see the herbarium that Lindqvist led until she retired in 1991.", False),
        ("Lindqvist led the garden until 1991, and the delivery of her flora was free.", False),
        ("Lindqvist retired in 1991, and her flora is 20% off until the end of May.", False),
        ("The flora of the Baltic islands comes with a guarantee against foxing.", False),
    ],
)
def test_a_report_speaks_of_the_past_and_neither_addresses_nor_sells(
    claim: str, *, is_one: bool
) -> None:
    assert is_report(claim, prepared(ARTICLE)) is is_one


def prepared(texts: list[str]) -> list[Source]:
    return [source_of(Statement(text, "a", "detail", text), "en") for text in texts]


def test_what_an_encyclopaedia_says_is_a_report_and_no_line_of_a_shop_is() -> None:
    lines = [json.loads(line) for line in HELD_OUT.read_text("utf-8").splitlines()]
    english = [line for line in lines if line["locale"].startswith("en")]
    blocks = prepared(sorted({line["source"] for line in english}))
    article, gazetteer = prepared(ARTICLE), prepared(GAZETTEER)

    reports = [claim for claim in ENCYCLOPAEDIC if is_report(claim, article)]
    others = [claim for claim in OF_THE_GAZETTEER if is_report(claim, gazetteer)]
    of_shops = [
        line["claim"]
        for line in english
        if is_report(line["claim"], prepared([line["source"]])) or is_report(line["claim"], blocks)
    ]

    assert (reports, others) == (ENCYCLOPAEDIC, OF_THE_GAZETTEER)
    assert (len(english), of_shops) == (105, [])


@pytest.mark.parametrize(
    "claim",
    [
        "Every bottle is tested to British Standard BS 1970 and comes in a cover of its own.",
        "Bulbs that are ordered by 14 November 2026 are posted within 4 working days.",
        "The padded kneeler makes an hour in the flower bed easier on the knees.",
        "The Seaview Inn in Whitby has 18 rooms with views of the sea and a heated pool.",
    ],
)
def test_a_text_that_sells_bears_out_no_line_about_a_product(claim: str) -> None:
    shop = "Your order is free of delivery from £30, and you save 15% with our offers. "

    assert not is_report(claim, prepared([shop + "Customers found it in 2024. ", claim, shop * 2]))


def test_a_message_is_never_judged_as_a_report() -> None:
    claim = (
        "The daughter of a lighthouse keeper, Lindqvist began her career in Uppsala as a botanist."
    )

    assert decision(claim, ARTICLE) == "pass"
    assert decision(claim, ARTICLE, "message") in {"review", "block"}
