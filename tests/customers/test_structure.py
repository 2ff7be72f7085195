from __future__ import annotations

import pytest

from personalization.customers.header import column_names, field_of_name, find_header
from personalization.customers.layout import find_delimiter, lay_out
from personalization.customers.repair import mend
from personalization.customers.structure import (
    Structure,
    find_structure,
    is_card_number,
    is_total,
    shorten,
)


def structure_of(text: str, target: str = "customers") -> Structure:
    data = text.encode()
    return find_structure(lay_out(data, find_delimiter(data)), target)


def skipped(structure: Structure) -> list[tuple[int | None, str]]:
    return sorted((p.line, p.reason) for p in structure.problems if p.outcome == "skipped")


@pytest.mark.parametrize(
    ("text", "header"),
    [
        pytest.param("customer_id,email\n1,a@example.com\n", 0, id="first line"),
        pytest.param("Report,,\nMade today,,\nId,Name,Email\n1,A,a@b.de\n", 2, id="padded title"),
        pytest.param("Person,,Buys,\nid,email,orders,tier\n1,a@b.de,3,x\n", 1, id="two headers"),
        pytest.param("foo,bar\n1,2024-01-02\n2,2024-01-03\n", 0, id="unknown names above data"),
        pytest.param("1,a@example.com\n2,b@example.com\n", None, id="data at once"),
        pytest.param("Ann,Rome\nBob,Oslo\n", None, id="nothing tells"),
    ],
)
def test_the_header_is_found(text: str, header: int | None) -> None:
    layout = lay_out(text.encode(), ",")

    assert find_header(layout, "customers") == header


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("id,email\n1,a@b.de\n", ("id", "email"), id="as they are"),
        pytest.param("id,email,\n1,a@b.de,\n", ("id", "email", "#3"), id="delimiter at the end"),
        pytest.param("id,email\n1,a@b.de,\n2,b@b.de,\n", ("id", "email", "#3"), id="in data only"),
        pytest.param("id,email\n1,7,a@b.de\n2,8,b@b.de\n", ("#1", "id", "email"), id="row names"),
        pytest.param("id,tag,tag\n1,a,b\n", ("id", "tag", "tag #3"), id="a name twice"),
    ],
)
def test_every_column_has_one_name(text: str, names: tuple[str, ...]) -> None:
    layout = lay_out(text.encode(), ",")

    assert column_names(layout, find_header(layout, "customers")) == names


def test_what_is_no_row_is_counted_apart_with_its_reason() -> None:
    structure = structure_of(
        "Customer report\nMade 2025-01-01\n\nid,email,orders\n1,a@b.de,2\n\nid,email,orders\n"
        "2,b@b.de,3\n,,\nTotal\n(2 rows)\n"
    )

    assert skipped(structure) == [
        (1, "preamble"),
        (2, "preamble"),
        (3, "blank"),
        (6, "blank"),
        (7, "repeated_header"),
        (9, "blank"),
        (10, "total_line"),
        (11, "footer"),
    ]
    assert structure.sample(9) == [["1", "a@b.de", "2"], ["2", "b@b.de", "3"]]


def test_rulers_of_printed_tables_are_no_rows() -> None:
    structure = structure_of(" id | email \n----+-------\n 1 | a@b.de\n 2 | b@b.de\n(2 rows)\n")

    assert skipped(structure) == [(2, "separator"), (5, "footer")]


def test_values_never_move_into_another_column() -> None:
    structure = structure_of(
        "id,name,email\n1,Smith, John,a@b.de\n2,Ann\n3,Bob,b@b.de,,\n4,Cy,c@b.de\n"
    )

    found = [(p.line, p.reason) for p in structure.problems]
    assert found == [(2, "too_many_fields"), (3, "too_few_fields")]
    assert [row[0] for row in structure.sample(9)] == ["3", "4"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("Total", True),
        ("GRAND TOTAL:", True),
        ("Gesamtsumme", True),
        ("Totale", True),
        ("Итого", True),
        ("合計", True),
        ("Summe (12)", True),
        ("Total customers: 3", True),
        ("Total Wine Ltd", False),
        ("Tom", False),
        ("12", False),
    ],
)
def test_total_lines_are_known_by_their_first_word(cell: str, expected: bool) -> None:  # noqa: FBT001
    assert is_total(cell) is expected


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Cust. No.", "customer_id"),
        ("customerId", "customer_id"),
        ("N° client", "customer_id"),
        ("Default Address Country Code", "country"),
        ("E-Mail-Adresse", "email"),
        ("Umsatz in EUR", "total_spent"),
        ("totalSpentUsd", "total_spent"),
        ("Opted In", "consent_email"),
        ("Has Opted Out Of Email", "opt_out"),
        ("Дата последней покупки", "last_order_date"),
        ("最終購入日", "last_order_date"),
        ("Street Address", None),
        ("Company Name", None),
        ("updated", None),
        ("Accepts SMS Marketing", None),
    ],
)
def test_names_of_many_languages_stand_for_fields(name: str, field: str | None) -> None:
    match = field_of_name(name, "customers")

    assert (match[0] if match else None) == field


def test_card_numbers_are_known_by_their_check_digit() -> None:
    """Known answer: the test number of card schemes, and its neighbour."""
    assert is_card_number("4111 1111 1111 1111")
    assert not is_card_number("4111 1111 1111 1112")
    assert shorten("7,4111111111111111,x") == "7,…1111,x"
    assert shorten("9007199254740993") == "9007199254740993"


@pytest.mark.parametrize(
    ("text", "mended", "reasons"),
    [
        pytest.param("OrlÃ©ans", "Orléans", ["mojibake_repaired"], id="encoded twice"),
        pytest.param("â€œHiâ€\x9d", "“Hi”", ["mojibake_repaired"], id="quotes encoded twice"),
        pytest.param("Ba\x00d", "Bad", ["control_character_removed"], id="NUL"),
        pytest.param("Fran\ufffdois", "", ["replacement_character"], id="letter lost"),
        pytest.param("Zoë Müller", "Zoë Müller", [], id="nothing wrong"),
    ],
)
def test_broken_text_is_mended(text: str, mended: str, reasons: list[str]) -> None:
    assert mend(text) == (mended, reasons)
