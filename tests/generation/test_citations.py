from __future__ import annotations

import pytest

from personalization.generation.citations import (
    Citation,
    CitedClaim,
    adding,
    citation_precision,
    citation_recall,
    way_of,
    ways_of,
)

MUG = Citation("mug@1#s1", "The mug holds 350 ml.", ("There is room for 350 ml in it.",))
POST = Citation("post@1#s1", "Delivery is free on orders over £40.")
LEEDS = Citation("bench@1#s1", "Every order is packed in Leeds.")


def claim(text: str, *citations: Citation, is_borne_out: bool = True) -> CitedClaim:
    return CitedClaim(text, is_borne_out, citations)


def test_recall_is_the_share_of_claims_that_are_borne_out() -> None:
    claims = [
        claim(MUG.text, MUG),
        claim("It holds 400 ml.", MUG, is_borne_out=False),
        claim("We are the best.", is_borne_out=False),
        claim(POST.text, POST),
    ]

    assert citation_recall(claims) == 0.5
    assert citation_recall([]) is None


def test_a_citation_that_gives_nothing_of_its_own_lowers_the_precision() -> None:
    """By hand: of three citations, the bench says nothing of the mug."""
    claims = [claim("The mug holds 350 ml.", MUG, LEEDS), claim(POST.text, POST)]

    assert adding(claims[0]) == (MUG,)
    assert citation_precision(claims) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Over £40 it comes free.", (POST,), id="a figure"),
        pytest.param("Packed for you in Leeds, free over £40.", (POST, LEEDS), id="both give"),
        pytest.param("Good tea is rare.", (), id="nothing of either"),
    ],
)
def test_a_citation_adds_a_figure_a_name_or_a_stem(
    text: str, expected: tuple[Citation, ...]
) -> None:
    assert adding(claim(text, POST, LEEDS)) == expected


def test_two_citations_of_the_same_words_add_nothing_to_each_other() -> None:
    twin = Citation("twin@1#s1", "Parcels are packed in Leeds with every order.")

    assert adding(claim("Orders are packed up in Leeds.", LEEDS, twin)) == ()


def test_what_cites_for_a_claim_that_is_not_borne_out_adds_nothing() -> None:
    claims = [claim("It holds 400 ml.", MUG, is_borne_out=False)]

    assert citation_precision(claims) == 0.0
    assert citation_precision([claim("Hello.")]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("The mug holds 350 ml", "verbatim", id="without its full stop"),
        pytest.param("There is room for 350 ml in it.", "alternate", id="another wording"),
        pytest.param("Room for 350 ml of tea.", "rewritten", id="words of its own"),
    ],
)
def test_the_way_of_a_claim_is_how_freely_it_is_worded(text: str, expected: str) -> None:
    assert way_of(text, MUG) == expected


def test_the_shares_of_the_ways_are_of_claims_and_add_up_to_all() -> None:
    shares = ways_of([claim(MUG.text, LEEDS, MUG), claim("Hello."), claim(MUG.alternates[0], MUG)])

    assert shares == {"verbatim": 1 / 3, "alternate": 1 / 3, "rewritten": 1 / 3}
    assert ways_of([]) is None
