from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.customers.layout import find_delimiter, lay_out, split_fields

cells = st.text(st.sampled_from('ab ,;"\n'), max_size=6)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8)
)


@given(tables)
def test_records_are_those_that_python_reads(table: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)

    layout = lay_out(text.getvalue().encode(), ",")

    assert layout.widths.tolist() == [len(row) for row in table]
    assert [layout.fields(i) for i in range(len(table))] == [
        [cell.strip() for cell in row] for row in table
    ]


@given(tables)
def test_lines_are_counted_as_an_editor_counts_them(table: list[list[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    starts = []
    for row in table:
        starts.append(text.getvalue().count("\n") + 1)
        writer.writerow(row)

    assert lay_out(text.getvalue().encode(), ",").lines.tolist() == starts


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        pytest.param("a,b,c", ["a", "b", "c"], id="plain"),
        pytest.param('1,5" pipe,x', ["1", '5" pipe', "x"], id="inch mark"),
        pytest.param('1,"Ann "the" Lee",x', ["1", 'Ann "the" Lee', "x"], id="quotes not doubled"),
        pytest.param('1, "Smith, John" ,x', ["1", "Smith, John", "x"], id="space before a quote"),
        pytest.param('1,"open,x', ["1", '"open', "x"], id="quote that is never closed"),
        pytest.param(r'1,"say \"hi\"",x', ["1", 'say "hi"', "x"], id="backslash"),
        pytest.param('1,"",x', ["1", "", "x"], id="empty in quotes"),
    ],
)
def test_quotes_out_of_order_are_forgiven(record: str, fields: list[str]) -> None:
    assert split_fields(record, ",") == fields
    layout = lay_out(f"{record}\nnext,row,here\n".encode(), ",")
    assert layout.fields(0) == fields
    assert layout.fields(1) == ["next", "row", "here"]


def test_an_open_quote_does_not_swallow_the_file() -> None:
    layout = lay_out(b'a,"b' + b"\nx,y" * 5_000 + b"\n", ",")

    assert len(layout.starts) == 5_001


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        pytest.param("a,b\n1,2\n", ",", id="comma"),
        pytest.param("a;b\n1,5;2,5\n", ";", id="semicolon with decimal commas"),
        pytest.param("a\tb\n1\t2\n", "\t", id="tab"),
        pytest.param("a|b\n1|2\n", "|", id="bar"),
        pytest.param("a~b\n1~2\n", "~", id="tilde"),
        pytest.param("sep=;\na;b,c\n", ";", id="named by the file"),
        pytest.param('a,b\n"x;y;z",1\n"x;y;z",2\n', ",", id="semicolons in quotes"),
        pytest.param("Report\nGenerated today\n\na;b;c\n1;2;3\n4;5;6\n", ";", id="preamble"),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str) -> None:
    assert find_delimiter(text.encode()) == delimiter
