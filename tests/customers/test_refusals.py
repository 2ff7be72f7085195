from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from personalization.customers import check_file, write_accepted, write_problems
from personalization.errors import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.customers import Intake

    Check = Callable[..., Intake]

XLSX = b"PK\x03\x04" + bytes(26) + b"xl/workbook.xml" + bytes(99)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(XLSX, "Excel workbook .*Save as .*CSV UTF-8", id="xlsx"),
        pytest.param(b"PK\x03\x04" + b"a" * 60, "ZIP archive. Unpack it", id="zip"),
        pytest.param(b"\xd0\xcf\x11\xe0" + b"a" * 60, "old Excel workbook", id="xls"),
        pytest.param(b"%PDF-1.7 stuff", "PDF. Export the list as CSV", id="pdf"),
        pytest.param(b"\x1f\x8b\x08" + b"a" * 60, "gzip archive. Unpack it", id="gzip"),
        pytest.param(b'[{"id": 1}]', "JSON, not a table. Export", id="json"),
        pytest.param(b'{"id": 1}\n{"id": 2}\n', "JSON, not a table", id="json lines"),
        pytest.param('{"id": 1}'.encode("utf-16"), "JSON, not a table", id="json in UTF-16"),
        pytest.param(b"<!DOCTYPE html><table></table>", "web page", id="html"),
        pytest.param(b'<?xml version="1.0"?><a/>', "web page .HTML or XML", id="xml"),
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"\xef\xbb\xbf\n \n", "is empty", id="blank lines"),
        pytest.param(b"customer_id,email\n", "has no rows below its first line", id="header only"),
        pytest.param(b"Dear all,\nno table here.\nRegards\n", "is no table", id="a letter"),
        pytest.param(bytes(range(256)) * 9, "is no text file", id="binary"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_the_way_out(
    check: Check, data: bytes, told: str, tmp_path: Path
) -> None:
    intake = check(data)

    assert intake.refuse is not None
    assert re.search(told, intake.refuse)
    assert intake.as_json()["refuse"] == intake.refuse
    assert (intake.rows_total, intake.staged) == (0, None)
    with pytest.raises(StateError, match="no rows"):
        write_accepted(intake, tmp_path / "out.csv")
    with pytest.raises(StateError, match="no rows"):
        write_problems(intake, tmp_path / "out.csv")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[id],[email]\n1,a@example.com\n", id="names in brackets"),
        pytest.param("email\na@example.com\n", id="one column"),
        pytest.param("a@example.com\nb@example.com\n", id="addresses alone"),
    ],
)
def test_an_odd_table_is_still_a_table(check: Check, text: str) -> None:
    assert check(text).refuse is None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(
            {"target": "people"}, "cannot be read as 'people'. Use: customers", id="target"
        ),
        pytest.param({"answers": {"colour": "red"}}, "no question 'colour'", id="question"),
        pytest.param(
            {"answers": {"date_order": "DYM"}}, "cannot be 'DYM'. It can be: DMY or", id="answer"
        ),
    ],
)
def test_a_question_that_makes_no_sense_is_an_error(
    check: Check, options: dict[str, object], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        check("id,email\n1,a@example.com\n", **options)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.csv cannot be read: No such file"):
        check_file(tmp_path / "nowhere.csv")
