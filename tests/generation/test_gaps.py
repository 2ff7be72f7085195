"""The report on content: read from the tables, for each segment, and nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.generation import content_gaps, gap_lines
from tests.generation.campaigns import SETTINGS, fill
from tests.providers.fern_and_fig import content

if TYPE_CHECKING:
    from personalization.store import Store


def test_each_segment_is_told_what_to_add_and_nothing_is_written(store: Store) -> None:
    fill(store, ("Loyal", "New"), passages=content()[:1])

    gaps = content_gaps(store, SETTINGS, "c1")

    assert [gap.segment for gap in gaps] == ["Loyal", "New"]
    assert all(gap.is_short and "1 approved proof" in gap.advice[0] for gap in gaps)
    assert store.read("SELECT count(*) FROM variants") == [(0,)]
    assert [gap.segment for gap in content_gaps(store, SETTINGS, "c1", only="New")] == ["New"]


def test_the_report_s_lines_leave_out_segments_that_lack_nothing(store: Store) -> None:
    fill(store, ("Loyal",))
    gaps = content_gaps(store, SETTINGS, "c1")

    assert gap_lines(gaps) == []
    assert gaps[0].n_written == gaps[0].n_wanted


def test_before_anything_was_looked_for_nothing_is_said(store: Store) -> None:
    fill(store, ("Loyal",))
    store.run("DELETE FROM segment_passages")

    assert content_gaps(store, SETTINGS, "c1") == []


def test_what_stands_against_a_whole_segment_is_said_in_its_own_words(store: Store) -> None:
    fill(store, ("Loyal",), offer="no-such-offer")

    lines = gap_lines(content_gaps(store, SETTINGS, "c1"))

    assert lines[0] == "Loyal: content for 0 of 3 messages."
    assert "promotes 'no-such-offer'" in lines[1]
