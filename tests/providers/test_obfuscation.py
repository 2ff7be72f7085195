from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.providers.obfuscation import decoded, plain, readings, sentence_spans


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
        pytest.param("YO1 7AB", id="a postcode"),
    ],
)
def test_an_honest_text_stays_as_it_is(text: str) -> None:
    assert decoded(text) == text


def test_an_honest_text_has_one_reading() -> None:
    assert readings("Winter is here.") == ("Winter is here.",)


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
