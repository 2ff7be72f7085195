from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.statistics.message_length import counted_length, septets, sms_segments

# 3GPP TS 23.040: 160 septets alone, 153 each in parts; UCS-2 70 and 67 units.


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        pytest.param("", 0, id="nothing"),
        pytest.param("a" * 160, 1, id="one full SMS"),
        pytest.param("a" * 161, 2, id="one letter more"),
        pytest.param("a" * 306, 2, id="two full parts"),
        pytest.param("a" * 307, 3, id="a third part"),
        pytest.param("é" * 160, 1, id="an accent that the alphabet has"),
        pytest.param("€" * 80, 1, id="the euro sign costs two"),
        pytest.param("€" * 81, 2, id="eighty-one of them"),
        pytest.param("ç" * 70, 1, id="a small c with cedilla is not in it"),
        pytest.param("ç" * 71, 2, id="one more of them"),
        pytest.param("ç" * 134, 2, id="two full parts of UCS-2"),
        pytest.param("ç" * 135, 3, id="a third part of UCS-2"),
        pytest.param("a" * 69 + "…", 1, id="an ellipsis makes it UCS-2"),
        pytest.param("🎁" * 35, 1, id="an emoji takes two units"),
        pytest.param("🎁" * 36, 2, id="thirty-six of them"),
        pytest.param("🎁" * 67, 3, id="and is not torn between two parts"),
        pytest.param("e\u0301" * 160, 1, id="a letter and its accent are one sign"),
    ],
)
def test_an_sms_is_as_many_as_the_network_sends(text: str, segments: int) -> None:
    assert sms_segments(text) == segments


@pytest.mark.parametrize("sign", list("^{}\\[~]|€"))
def test_signs_of_the_extension_cost_two(sign: str) -> None:
    assert septets(sign) == 2


@given(st.text(max_size=400))
def test_another_letter_never_makes_it_shorter(text: str) -> None:
    assert sms_segments(text + "a") >= sms_segments(text)


@pytest.mark.parametrize(
    ("channel", "text", "counted"),
    [
        pytest.param("linkedin_note", "a" * 200, 200, id="every sign is one"),
        pytest.param("x_message", "🎁 https://www.hearthandribbon.example/a", 26, id="X by weight"),
        pytest.param("x_message", "茶" * 140, 280, id="X counts Chinese twice"),
        pytest.param("sms", "10 € off", 9, id="septets"),
    ],
)
def test_each_channel_counts_in_its_own_way(channel: str, text: str, counted: int) -> None:
    assert counted_length(channel, text) == counted
