from __future__ import annotations

import pytest

from personalization.generation.bearing_out import missing_fact
from personalization.generation.facts import facts


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Save 15%", [("percent", "15", "")], id="percent sign"),
        pytest.param("15 per cent off", [("percent", "15", "")], id="per cent"),
        pytest.param("for £1,500.50", [("money", "GBP 1500.5", "")], id="pounds and pence"),
        pytest.param("costs 55p each", [("money", "GBP 0.55", "")], id="pence"),
        pytest.param("ab 12,50 €", [("money", "EUR 12.5", "at least")], id="decimal comma"),
        pytest.param("1.234,50 EUR", [("money", "EUR 1234.5", "")], id="German thousands"),
        pytest.param("8,400 items", [("count", "8400", "")], id="thousands"),
        pytest.param("a two-year guarantee", [("count", "2", "")], id="in words"),
        pytest.param("up to 14 kg", [("count", "14", "at most")], id="at most"),
        pytest.param("over £40", [("money", "GBP 40", "at least")], id="over"),
        pytest.param("£30 or more", [("money", "GBP 30", "at least")], id="or more"),
        pytest.param("until 3 October", [("date", "10-03", "end")], id="end"),
        pytest.param("from October 3rd, 2026", [("date", "10-03", "start")], id="start"),
        pytest.param("on 2026-10-03", [("date", "10-03", "")], id="ISO"),
        pytest.param("ends Sunday", [("moment", "sunday", "end")], id="weekday"),
        pytest.param("You may like this.", [], id="may is no month"),
        pytest.param("the code RIBBON5", [], id="a code is no number"),
        pytest.param("£12,345.67", [("money", "GBP 12345.67", "")], id="to the cent"),
        pytest.param("123,456.1 litres", [("count", "123456.1", "")], id="to the decimal"),
        pytest.param(
            "at 7 am or 7.30 p.m.", [("time", "420", ""), ("time", "1170", "")], id="times"
        ),
        pytest.param("rated to −15 °C", [("count", "-15", "")], id="minus sign"),
        pytest.param("a balance of -£500", [("money", "GBP -500", "")], id="negative money"),
        pytest.param("now -20 %", [("percent", "20", "")], id="a reduction is no minus"),
        pytest.param("3 to 5 days", [("count", "3", ""), ("count", "5", "")], id="a range"),
    ],
)
def test_figures_are_read_with_kind_and_bound(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [(f.kind, f.value, f.bound) for f in facts(text)] == found


@pytest.mark.parametrize(
    ("claim", "source", "wrong"),
    [
        pytest.param("Save 15%.", "Members save 15%.", "", id="borne out"),
        pytest.param("Save 20%.", "Members save 15%.", "it says 15%", id="another figure"),
        pytest.param("Save £15.", "Members save 15%.", "does not stand", id="another kind"),
        pytest.param("It carries 14 kg.", "It carries up to 14 kg.", "another bound", id="bound"),
        pytest.param("Until 3 May 2027.", "Until 3 May 2026.", "does not stand", id="another year"),
        pytest.param("Until 3 May.", "Until 3 May 2026.", "", id="year left out"),
        pytest.param("From 3 May.", "Until 3 May.", "‘start’", id="start for end"),
        pytest.param("30 weeks.", "Within 30 days of delivery.", "does not stand", id="unit"),
        pytest.param("30 days.", "Within 30 days of delivery.", "", id="same unit"),
        pytest.param("At £10,000.04.", "At £10,000.01.", "does not stand", id="three pence more"),
        pytest.param("Opens at 7 am.", "Opens at 7 pm.", "does not stand", id="am for pm"),
        pytest.param("Opens at 7:30.", "Opens at 19:30.", "", id="either half of the day"),
        pytest.param("9 pm to 5 am.", "9 am to 5 pm.", "does not stand", id="night for day"),
        pytest.param("Down to 15 °C.", "Down to −15 °C.", "does not stand", id="lost minus"),
        pytest.param("Down to minus 15 °C.", "Down to −15 °C.", "", id="minus in words"),
        pytest.param("5 mg of zinc.", "5 µg of zinc.", "does not stand", id="mg for µg"),
        pytest.param("5 mg of zinc.", "5,000 µg of zinc.", "", id="another unit, the same"),
    ],
)
def test_a_figure_is_missing_unless_kind_value_bound_and_unit_agree(
    claim: str, source: str, wrong: str
) -> None:
    reason = missing_fact(facts(claim)[0], facts(source))

    assert wrong in reason
    assert bool(wrong) == bool(reason)
