from __future__ import annotations

import pytest

from personalization.statistics.post_length import hashtags, post_length


# The examples of docs.x.com, "Counting characters".
@pytest.mark.parametrize(
    ("text", "length"),
    [
        pytest.param("café", 4, id="a letter with an accent"),
        pytest.param("cafe\u0301", 4, id="the same of two signs"),
        pytest.param("\u04d1", 1, id="Cyrillic"),
        pytest.param("\u1ed2", 2, id="Vietnamese"),
        pytest.param("日本", 4, id="Japanese"),
        pytest.param("\U0001f47e", 2, id="an emoji"),
        pytest.param("\U0001f64b\U0001f3fd", 2, id="with a tone of skin"),
        pytest.param("\U0001f468\u200d\U0001f3a4", 2, id="joined of two"),
        pytest.param(
            "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", 2, id="a family"
        ),
        pytest.param("https://x.example", 23, id="a short address"),
        pytest.param("https://shop.example/" + "a" * 90, 23, id="a long address"),
        pytest.param("a" * 280, 280, id="a full post"),
        pytest.param("“Tea” – it’s £3", 15, id="typographic quotes and a dash count once"),
    ],
)
def test_x_counts_by_weight(text: str, length: int) -> None:
    assert post_length(text, "x") == length


def test_other_platforms_count_characters() -> None:
    assert post_length("日本 https://x.example", "linkedin") == 20


def test_a_number_is_no_hashtag() -> None:
    text = "Our #1 bag. #LunchBag a&#39;b x#y #2026tea"

    assert [text[start:end] for start, end in hashtags(text)] == ["#LunchBag", "#2026tea"]
