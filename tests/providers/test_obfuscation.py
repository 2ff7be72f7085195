from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.providers.obfuscation import (
    bare,
    boldly_decoded,
    decoded,
    plain,
    readings,
    sentence_spans,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("k1ll y0urself", "kill yourself", id="digits for letters"),
        pytest.param("h@te", "hate", id="signs for letters"),
        pytest.param("h a t e", "hate", id="spaced letters"),
        pytest.param("h.a.t.e", "hate", id="dotted letters"),
        pytest.param("hаtе", "hate", id="Cyrillic letters"),
        pytest.param("ｈａｔｅ", "hate", id="full-width letters"),
        pytest.param("ha\u200bte", "hate", id="an invisible sign"),
        pytest.param("h\u00ada\u2060te", "hate", id="soft hyphen and word joiner"),
        pytest.param("ʜᴀᴛᴇ", "hate", id="small capitals"),
        pytest.param("🅷🅰🆃🅴", "hate", id="letters in black squares"),
        pytest.param("s3x", "sex", id="a digit between two letters"),
        pytest.param("h a n g y o u r s e l f", "hang yourself", id="two words letter by letter"),
    ],
)
def test_a_disguised_word_is_read(written: str, meant: str) -> None:
    assert decoded(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A 50ml bottle, 3rd edition, 2x faster", id="quantities"),
        pytest.param("mp3, A4, CO2 and 4k", id="names with a digit"),
        pytest.param("2-for-1 until 24-12-2026", id="an offer and a date"),
        pytest.param("care@shop.example", id="an e-mail address"),
        pytest.param("https://shop.example/l33t", id="a link"),
        pytest.param("Wow! Only £12.50?!", id="marks at the end"),
        pytest.param("An e-mail from J. R. Smith", id="initials"),
        pytest.param("YO1 7AB and W1A 1AA", id="postcodes"),
    ],
)
def test_an_honest_text_stays_as_it_is(text: str) -> None:
    assert decoded(text) == text


def test_an_honest_text_has_one_reading() -> None:
    assert readings("Winter is here.") == ("Winter is here.",)


def test_two_disguised_words_unmask_the_others() -> None:
    assert boldly_decoded("K1ll th3m 4ll t0day") == "Kill them all today"


def test_one_disguised_word_leaves_quantities_alone() -> None:
    assert boldly_decoded("4all by S0ap, 50ml") == "4all by Soap, 50ml"


def test_a_bare_text_has_no_accents_and_small_letters() -> None:
    assert bare("KÍLL yoürself, crème brûlée") == "kill yourself, creme brulee"


def test_swapped_letters_are_one_more_reading() -> None:
    assert readings("I will klil you") == ("I will klil you", "I will kill you")


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    assert readings(text)[0] == text
    assert bare(text) == bare(text.replace("e", "e\u200b"))


@given(st.text(max_size=60))
def test_a_plain_text_is_plain(text: str) -> None:
    assert plain(plain(text)) == plain(text)


@given(st.text('ab. !?\n)"', max_size=80))
def test_sentences_come_in_order_and_hold_every_letter(text: str) -> None:
    spans = sentence_spans(text)

    assert all(a < b for a, b in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    inside = "".join(text[a:b] for a, b in spans)
    assert [s for s in inside if s.isalnum()] == [s for s in text if s.isalnum()]
