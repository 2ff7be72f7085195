from __future__ import annotations

import pytest

from personalization.errors import InputError
from personalization.experiments.file_metrics import FileMetric, parse_metric, roles_of, with_raw


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        pytest.param("visit:binary", FileMetric("visit", "binary"), id="a yes or no"),
        pytest.param("spend:mean:cap=99.5", FileMetric("spend", "mean", cap=99.5), id="a cap"),
        pytest.param("spend:mean:pre=spend 2025", FileMetric("spend", "mean", pre="spend 2025"),
                     id="before"),
        pytest.param("spend:mean:cap=99:pre=old", FileMetric("spend", "mean", cap=99, pre="old"),
                     id="both"),
        pytest.param("x:ratio:per=a:b", FileMetric("x", "ratio", per="a:b"), id="colon in a value"),
        pytest.param("left:binary:guardrail=0.005", FileMetric("left", "binary", margin=0.005),
                     id="a guardrail"),
        pytest.param("time: mean:mean", FileMetric("time: mean", "mean"), id="colon in a name"),
        pytest.param("a:binary:mean", FileMetric("a:binary", "mean"), id="a kind in a name"),
        pytest.param("cap=1:mean", FileMetric("cap=1", "mean"), id="an option in a name"),
    ],
)  # fmt: skip
def test_a_metric_is_read_as_it_is_written(text: str, metric: FileMetric) -> None:
    assert parse_metric(text) == metric


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("visit", "is no COLUMN:binary", id="no kind"),
        pytest.param(":binary", "is no COLUMN:binary", id="no column"),
        pytest.param("visit:median", "cannot be 'median'", id="unknown kind"),
        pytest.param("visit:binary:cap=3", "cap= goes with mean only", id="a capped yes or no"),
        pytest.param("spend:mean:per=x", "per= goes with ratio only", id="a mean per something"),
        pytest.param("spend:mean:guardrail=0.1", "guardrail= goes with binary only", id="no rate"),
        pytest.param(
            "spend:ratio:pre=x", "pre= goes with binary or mean only", id="adjusted ratio"
        ),
        pytest.param("spend:ratio", "lacks what it is per", id="a ratio per nothing"),
        pytest.param("spend:mean:cap=much", "'much' is not a number", id="a cap in words"),
        pytest.param("spend:mean:cap=0", "is not above 0", id="a cap of nothing"),
        pytest.param("spend:mean:cap=nan", "is not above 0", id="a cap that is none"),
        pytest.param("spend:mean:cap=inf", "is not above 0", id="an endless cap"),
        pytest.param("left:binary:guardrail=5", "is not a share", id="a margin in percent"),
        pytest.param("left:binary:guardrail=0", "is not a share", id="no margin"),
        pytest.param(
            "left:binary:pre=x:guardrail=0.01", "judged by counts", id="an adjusted guardrail"
        ),
        pytest.param("spend:mean:cap=", "without a value", id="an empty option"),
        pytest.param("spend:mean:cap=1:cap=2", "an option twice", id="two caps"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parse_metric(text)


def test_a_capped_metric_keeps_its_name_and_the_raw_one_is_marked() -> None:
    names = [metric.name for metric in with_raw([parse_metric("spend:mean:cap=200")])]

    assert names == ["spend", "spend (raw)"]


def test_the_first_metric_decides_and_guardrails_only_block() -> None:
    asked = with_raw(
        [parse_metric("spend:mean:cap=9"), parse_metric("left:binary:guardrail=0.01"),
         parse_metric("visit:binary")]
    )  # fmt: skip

    assert roles_of(asked) == {
        "spend": "primary", "spend (raw)": "secondary", "left": "guardrail", "visit": "secondary",
    }  # fmt: skip
    assert [metric.metric.is_wanted for metric in asked] == [True, True, False, True]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        pytest.param([], "at least one column", id="none"),
        pytest.param(["left:binary:guardrail=0.01"], "is a guardrail", id="guardrails alone"),
        pytest.param(["a:binary", "a:mean"], "named twice", id="one twice"),
        pytest.param([f"a{i}:binary" for i in range(9)], "8 go at once", id="nine"),
        pytest.param([f"a{i}:mean:cap=1" for i in range(5)], "10 metrics", id="five capped ones"),
    ],
)
def test_a_list_that_cannot_be_counted_is_refused(texts: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        with_raw([parse_metric(text) for text in texts])
