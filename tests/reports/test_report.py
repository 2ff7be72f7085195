from __future__ import annotations

import json
import re
from datetime import date
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization import delivery, experiments, learning
from personalization.delivery import Assumptions
from personalization.errors import InputError
from personalization.reports import report_words as words
from personalization.reports.forest import Estimate, forest_plot
from personalization.reports.report import SECTIONS, campaign_report
from personalization.reports.settled import settling_plot
from personalization.settings import Delivery, Settings
from tests.delivery.ready import BRAND, fill_campaign, message, sign
from tests.unguarded import unguarded

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

VOID = {"meta", "line", "path", "circle", "rect", "br"}
NASTY = "<script>alert('x')</script> & \"co\""


class Page(HTMLParser):
    """Reads a page as a browser does: its headings, captions, words and whatever it loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.text: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [str(value) for name, value in attrs if name in ("src", "href", "data")]
        if tag not in VOID:
            self.open.append(tag)
            self.text.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.text[tag][-1] += data

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", self.text["body"][0])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path)))


@pytest.fixture
def campaign(store: Store) -> Store:
    """Hold a ready campaign with a cited claim, segments and a hostile name."""
    fill_campaign(store, 6_000)
    store.run("UPDATE campaigns SET name = $name", name=NASTY)
    store.run("INSERT INTO segmentations VALUES ('spring', 'rfm', '{}', '{}', '2026-11-01', now())")
    store.run(
        "INSERT INTO documents VALUES ('candles', 2, 'benefit', 'Our candles', '[]', '{}', 'en-GB',"
        " '[]', NULL, NULL, NULL, 'approved', 'rob', NULL, NULL, '[]', '[]', 'x', 'x', 'c.md',"
        " now())"
    )
    store.run(
        "INSERT INTO statements VALUES ('candles@2#s1', 'candles@2#p1', 'candles', 2, 1, 'lead',"
        " 'New candles.', '[]', '[]', true)"
    )
    store.run(
        "INSERT INTO claims VALUES ('Loyal/A', 1, 1, 'body', 0, 11, 'new candles', 'candles@2#s1',"
        " 0, 12, 'New candles.', 'pass', 'word for word')"
    )
    sign(store)
    return store


def simulate(store: Store, settings: Settings) -> None:
    delivery.simulate_campaign(
        store, settings, "spring", actor="mia", request_id="s1",
        assumptions=Assumptions(0.6, 0.2, 0.5, 40.0, lift=0.5, seed="spring"),
    )  # fmt: skip
    experiments.measure(store, settings, "e1", actor="mia")
    learning.attribute_effects(store, "e1", actor="mia")


def send(store: Store, settings: Settings) -> None:
    """Export for real, and let a third of A's and a sixth of everybody else's readers click."""
    delivery.export_campaign(store, settings, "spring", actor="mia", request_id="r1")
    store.run(
        "INSERT INTO engagements"
        " SELECT 'e1', customer_id, 'click', 0, TIMESTAMP '2026-12-01 12:00', false FROM deliveries"
        " WHERE substr(md5(customer_id), 1, 1) < CASE WHEN arm = 'A' THEN '5' ELSE '3' END"
    )
    experiments.measure(store, settings, "e1", actor="mia")


def test_the_page_loads_nothing_and_runs_nothing(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings)

    html = campaign_report(campaign, "spring")

    page = Page(html)
    assert page.open == []
    assert page.links == []
    assert not page.tags & {"script", "link", "img", "iframe", "object", "form", "input"}
    assert not re.search(r"url\(|@import|\bon\w+=", html)


def test_what_comes_from_outside_stands_as_text(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings)
    for table, column in (
        ("variants", "subject"), ("claims", "source_text"), ("segments", "description"),
        ("documents", "title"), ("verdicts", "sentence"), ("health_findings", "message"),
    ):  # fmt: skip
        with unguarded(campaign, "claims"):
            campaign.run(f"UPDATE {table} SET {column} = $text", text=NASTY)  # noqa: S608

    page = Page(campaign_report(campaign, "spring"))

    assert "script" not in page.tags
    assert page.text["h1"] == [NASTY]
    assert page.words.count(NASTY) > 10


def test_simulated_results_are_marked_on_every_section_table_and_chart(
    campaign: Store, settings: Settings
) -> None:
    simulate(campaign, settings)

    page = Page(campaign_report(campaign, "spring"))

    assert page.text["p"][1].startswith("SIMULATED: nobody was written to.")
    assert len(page.text["h2"]) >= len(SECTIONS) - 2  # no days and no choice were worked out
    assert all(heading.endswith("SIMULATED") for heading in page.text["h2"])
    evidence = [c for c in page.text["caption"] if c != "What its claims rest on"]
    assert len(evidence) >= 12
    assert all(caption.startswith("SIMULATED") for caption in evidence)
    assert len(page.text["svg"]) >= 3
    assert all("SIMULATED" in svg for svg in page.text["svg"])
    assert all("SIMULATED" in heading for heading in page.text["h3"])


def test_real_results_carry_no_mark(campaign: Store, settings: Settings) -> None:
    send(campaign, settings)

    assert "SIMULATED" not in campaign_report(campaign, "spring").upper()


def test_one_simulated_row_is_enough_to_mark_the_page(campaign: Store, settings: Settings) -> None:
    send(campaign, settings)
    campaign.run("UPDATE results SET is_simulated = true WHERE metric = 'open'")

    assert "SIMULATED: nobody was written to" in campaign_report(campaign, "spring")


def test_the_verdict_comes_first_and_the_best_arm_leads_it(
    campaign: Store, settings: Settings
) -> None:
    send(campaign, settings)

    page = Page(campaign_report(campaign, "spring"))

    assert page.text["h2"][:4] == [
        "What came of it", "Can the data be trusted?", "Clicks against the control text",
        "By segment",
    ]  # fmt: skip
    [(best,)] = campaign.read("SELECT sentence FROM verdicts WHERE segment = '' AND arm = ''")
    assert re.match(r"Variant A lifts clicks by \d+ %", best)
    assert page.text["p"][2] == words.said(best)
    assert " %" not in page.words


def test_the_figures_are_those_of_the_tables(campaign: Store, settings: Settings) -> None:
    send(campaign, settings)

    page = Page(campaign_report(campaign, "spring"))

    [row] = campaign.records(
        "SELECT * FROM results WHERE segment = 'Loyal' AND arm = 'A' AND metric = 'click'"
    )
    shown = next(text for text in page.text["tr"] if text.startswith("LoyalVariant A"))
    assert f"{row['n_treatment']:,}" in shown
    assert f"{100 * row['mean_treatment']:.2f}%" in shown
    assert f"{100 * row['difference']:+.2f} points" in shown
    corrected = words.difference(row, "difference_low_adjusted", "difference_high_adjusted")
    assert f"Loyal: Variant A{corrected}" in page.text["svg"][1]
    assert [svg.count("[") for svg in page.text["svg"][:2]] == [2, 4]  # arms, in two segments
    [(n, clicks)] = campaign.read(
        "SELECT n, click FROM arm_statistics WHERE attribute = '' AND arm = 'control'"
    )
    assert f"Control text{n:,}{clicks:,}{clicks / n:.2%}" in page.text["tr"]


def test_every_text_is_printed_with_its_sources_screening_and_approval(
    campaign: Store, settings: Settings
) -> None:
    send(campaign, settings)

    page = Page(campaign_report(campaign, "spring"))

    sent = message("Loyal", "A")
    assert sent.subject in page.words
    assert "{{city|your town}}" in page.words
    assert BRAND.sender_address in page.words
    assert "new candlesNew candles.Our candlescandles@2#s1" in page.words
    assert (
        "Screened by embedded 1 under policy p1: pass. Approved by rob on 1 December" in page.words
    )
    assert page.words.count("1,000 recipients") == 6


def test_design_coverage_and_trail_can_be_held_against_the_records(
    campaign: Store, settings: Settings
) -> None:
    send(campaign, settings)

    page = Page(campaign_report(campaign, "spring"))

    [(frozen,)] = campaign.read("SELECT hypothesis_sha256 FROM experiments")
    [(manifest,)] = campaign.read("SELECT manifest_sha256 FROM exports")
    [(head,)] = campaign.read("SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1")
    for proof in (frozen, manifest, head):
        assert proof in page.words
    assert "Screened and passed36 (100%)" in page.words
    assert "whole: every row fits" in page.words
    assert "Eligible6,000" in page.words


def test_the_assumptions_of_a_simulation_are_stated(campaign: Store, settings: Settings) -> None:
    simulate(campaign, settings)

    page = Page(campaign_report(campaign, "spring"))

    [(kept,)] = campaign.read("SELECT assumptions FROM simulations")
    assert json.loads(kept)["open_rate"] == 0.6
    assert "open rate0.6" in page.words
    assert "seedspring" in page.words


def test_a_campaign_at_its_very_start_has_a_report_too(store: Store) -> None:
    store.run("INSERT INTO datasets VALUES ('shop', 'Shop', false, now(), 'mia', NULL)")
    store.run(
        "INSERT INTO campaigns VALUES ('new', 'New', 'shop', NULL, '{}', '2026-12-01', 'en-GB',"
        " 's', now(), 'mia', NULL)"
    )

    page = Page(campaign_report(store, "new"))

    assert "There is no result yet: the campaign has not been launched." in page.words
    assert "No test has been designed yet." in page.words
    assert "No message has been written yet." in page.words
    assert "0 (nothing to send)" in page.words


def test_before_its_day_a_real_result_holds_no_lift(campaign: Store, settings: Settings) -> None:
    send(campaign, settings)
    campaign.run("UPDATE experiments SET analysis_on = DATE '2099-01-01'")

    page = Page(campaign_report(campaign, "spring"))

    assert page.text["p"][1].startswith("The results are closed until 1 January 2099 is over")
    assert "svg" not in page.tags
    assert "lifts clicks" not in page.words


def test_the_method_names_the_source_of_each_formula_and_shows_the_statement(
    campaign: Store, settings: Settings
) -> None:
    send(campaign, settings)

    page = Page(campaign_report(campaign, "spring"))

    assert "Newcombe (1998)" in page.words
    assert "Benjamini and Hochberg (1995)" in page.words
    assert "GROUPING SETS" in page.text["pre"][0]


def test_before_the_launch_the_texts_are_shown_and_no_result_is(campaign: Store) -> None:
    page = Page(campaign_report(campaign, "spring"))

    assert page.text["p"][1] == "There is no result yet: the campaign has not been launched."
    assert page.words.count("not sent") == 6
    assert "svg" not in page.tags


def test_a_broken_chain_is_told(campaign: Store, settings: Settings) -> None:
    send(campaign, settings)
    campaign.run("DROP TRIGGER audit_no_update ON audit_log")
    campaign.run("UPDATE audit_log SET actor = 'eve' WHERE seq = 1")

    assert "BROKEN at row 1" in campaign_report(campaign, "spring")


def test_an_unknown_campaign_is_told(store: Store) -> None:
    with pytest.raises(InputError, match="no campaign 'autumn'"):
        campaign_report(store, "autumn")


# The plot ---------------------------------------------------------------------------------

fractions = st.floats(-1, 5, allow_nan=False)
estimates = st.builds(
    lambda ends, verdict: Estimate("A", sorted(ends)[1], min(ends), max(ends), verdict, "x"),
    st.tuples(fractions, fractions, fractions),
    st.sampled_from(["better", "worse", "not_enough_data"]),
)


@given(st.lists(estimates, min_size=1, max_size=8))
def test_nothing_is_drawn_outside_of_the_plot(rows: list[Estimate]) -> None:
    svg = forest_plot(rows)

    Page(svg)
    ends = [float(x) for x in re.findall(r' (?:x1|x2|cx)="([-\d.]+)"', svg)]
    assert all(250 <= x <= 640 for x in ends)


@given(estimates)
def test_an_interval_lies_where_the_axis_says(row: Estimate) -> None:
    """Worked out again from two labelled ticks of the picture itself."""
    svg = forest_plot([row])

    ticks = [
        (0.0 if label == "no lift" else float(label.replace("−", "-").rstrip("%")) / 100, float(x))
        for x, label in re.findall(r'<text x="([\d.]+)"[^>]*class="tick">([^<]+)<', svg)
    ]
    (low, left), (high, right) = ticks[0], ticks[-1]
    [ends] = re.findall(r'<line x1="([\d.]+)"[^>]*x2="([\d.]+)"[^>]*stroke-width="2.5"', svg)
    for value, x in zip((row.low, row.high), map(float, ends), strict=True):
        assert value is not None
        expected = left + (min(max(value, low), high) - low) / (high - low) * (right - left)
        assert x == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize(
    ("verdict", "shape"),
    [
        pytest.param("better", 'Z" fill', id="a diamond for better"),
        pytest.param("worse", 'stroke-width="3.5"', id="a cross for worse"),
        pytest.param("no_difference", "<rect", id="a square for no difference"),
        pytest.param("not_enough_data", "<circle", id="an open circle for not enough data"),
    ],
)
def test_a_verdict_has_a_shape_and_not_only_a_colour(verdict: str, shape: str) -> None:
    plots = {
        name: forest_plot([Estimate("A", 0.1, 0.0, 0.2, name, "x")])
        for name in ("better", "worse", "no_difference", "not_enough_data")
    }

    assert [name for name, svg in plots.items() if shape in svg] == [verdict]


def test_differences_of_shares_are_drawn_in_points_and_amounts_as_they_are() -> None:
    row = Estimate("A", 0.02, 0.01, 0.03, "better", "x")

    labels = {
        unit: re.findall(r'class="tick">([^<]+)<', forest_plot([row], unit))
        for unit in ("points", "amount")
    }

    assert labels["points"][-1] == "+3 pts"
    assert labels["amount"][-1] == "+0.03"
    assert all("0" in shown for shown in labels.values())


def test_how_it_settled_is_drawn_with_both_bands_and_the_day_of_reading() -> None:
    rows = [
        {"day": date(2026, 6, day), "difference": 0.02, "difference_low": 0.01,
         "difference_high": 0.03, "sequence_low": -0.01, "sequence_high": 0.05}
        for day in (1, 2, 3)
    ]  # fmt: skip

    svg = settling_plot(rows, "points", reading_on=date(2026, 6, 3), mark="SIMULATED")

    Page(svg)
    assert svg.count("fill-opacity") == 2
    assert "Read after 3 June 2026" in svg
    assert "SIMULATED" in svg
    assert settling_plot(rows[:1], "points", reading_on=None) == ""


def test_what_lies_beyond_the_scale_is_an_arrow_and_no_marker_at_a_wrong_place() -> None:
    svg = forest_plot([Estimate("A", 2.5, 0.2, 9.0, "better", "+250 %")])

    assert svg.count("<path") == 1
    assert "M632.0 " in svg  # the arrow's back, eight points before the right end


def test_without_enough_data_there_are_words_and_no_interval() -> None:
    svg = forest_plot([Estimate("A & B", None, None, None, "not_enough_data", "Not enough data")])

    assert "Not enough data" in svg
    assert "A &amp; B" in svg
    assert 'stroke-width="2.5"' not in svg
    assert forest_plot([]) == ""


@pytest.mark.parametrize(
    ("row", "lift", "difference"),
    [
        pytest.param(
            {"kind": "binary", "lift": 0.1234, "lift_low": -0.02, "lift_high": None,
             "difference": 0.0123, "difference_low": -0.002, "difference_high": 0.0266},
            "+12% [−2.0%, …]", "+1.23 points [−0.20, +2.66]", id="a rate",
        ),
        pytest.param(
            {"kind": "mean", "lift": None, "verdict": "not_enough_data", "difference": -1.5,
             "difference_low": None, "difference_high": None},
            "Not enough data yet", "−1.50 [too few for an interval]", id="an amount",
        ),
    ],
)  # fmt: skip
def test_numbers_are_written_as_a_marketer_reads_them(
    row: dict[str, object], lift: str, difference: str
) -> None:
    assert (words.lift(row), words.difference(row)) == (lift, difference)
    assert [words.p_value(p) for p in (None, 0.0004, 0.0414)] == ["–", "< 0.001", "0.041"]


RESULT: dict[str, object] = {
    "arm": "A", "segment": "", "kind": "binary", "lift": 0.36, "lift_low": 0.022,
    "lift_high": 0.81, "difference": 0.026, "deciding_low": 0.004, "deciding_high": 0.05,
    "lift_shrunk": 0.2, "shrunk_low": 0.01, "shrunk_high": 0.4, "mean_control": 0.07,
    "rho_squared": 0.3, "difference_unadjusted": 0.03, "unadjusted_low": 0.01,
    "unadjusted_high": 0.05,
}  # fmt: skip


def test_a_lift_and_what_to_expect_of_it_stand_in_one_unit() -> None:
    assert words.observed(RESULT, is_early=False) == ("lift", "+36%", "+2.2% to +81%")
    assert words.expected(RESULT, is_early=False) == ("+20%", "+1.0% to +40%")


def test_a_lift_whose_interval_says_other_than_the_verdict_is_told_as_a_difference() -> None:
    unclear = {**RESULT, "deciding_low": -0.0031, "deciding_high": 0.0556}

    assert words.observed(unclear, is_early=False) == (
        "difference", "+2.60 points", "−0.31 to +5.56",
    )  # fmt: skip
    assert words.expected(unclear, is_early=False) == ("+1.40 points", "+0.07 to +2.80")


def test_read_early_nothing_is_shown_that_holds_for_one_day_only() -> None:
    assert words.observed(RESULT, is_early=True) == ("lift", "+36%", "")
    assert words.expected(RESULT, is_early=True) == ("+20%", "")
    assert words.adjustments([RESULT], is_early=True).endswith("(CUPED, ρ² = 0.30).")
    assert words.adjustments([RESULT], is_early=False).endswith(
        "; unadjusted: Variant A +3.00 points [+1.00, +5.00]."
    )


def test_a_control_too_small_to_relate_to_is_said_so() -> None:
    huge = {**RESULT, "lift": 1040.57}

    assert words.lift(huge) == words.lift_alone(huge) == "control too small to relate to"
    assert words.observed(huge, is_early=False)[:2] == ("difference", "+2.60 points")
    assert words.expected(huge, is_early=False) == ("", "")
    assert words.change(1040.57) == ">+1,000%"


def test_margin_and_bound_that_round_alike_get_more_digits() -> None:
    assert words.steps_apart("binary", 0.005, 0.00502) == ("+0.500", "+0.502")
    assert words.steps_apart("binary", 0.005, 0.005) == ("+0.50", "+0.50")
    assert words.step("mean", -0.0) == words.step("mean", -1e-9) == "0.00"
