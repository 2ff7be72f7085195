"""Files of consents and of objections: every row is taken in, merged or rejected with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization import campaign, customers
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.store import Store

HEAD = "id,email,basis,given on,confirmed on,ends after,wording\n"
Checked = tuple[list[tuple[int, str]], list[tuple[int, str]]]


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., customers.Intake]:
    def checked(text: str, target: str = "consents", name: str = "file.csv") -> customers.Intake:
        (tmp_path / name).write_text(text, "utf-8")
        return customers.check_file(tmp_path / name, target=target)

    return checked


@pytest.fixture
def base(store: Store, check: Callable[..., customers.Intake]) -> str:
    dataset_id = customers.create_dataset(store, "Base", actor="ann", request_id="base")
    text = "id,email,consent\n1,a@example.com,yes\n2,b@example.com,yes\n3,a@example.com,yes\n"
    customers.import_intake(
        store, check(text, "customers", "people.csv"), dataset_id, actor="ann", request_id="people"
    )
    return dataset_id


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        pytest.param("1,,Double Opt-In,2026-01-31,2026-01-31,,Yes", None, id="a whole record"),
        pytest.param("1,,nod,2026-01-31,,,Yes", ("rejected", "bad_basis"), id="no such basis"),
        pytest.param("1,,,2026-01-31,,,Yes", ("rejected", "bad_basis"), id="no basis"),
        pytest.param("1,,express,2026-02-30,,,Yes", ("rejected", "bad_recorded_at"), id="no day"),
        pytest.param("1,,express,,,,Yes", ("rejected", "bad_recorded_at"), id="no date"),
        pytest.param(
            "1,,express,2049-01-01,,,Yes", ("rejected", "future_recorded_at"), id="in the future"
        ),
        pytest.param("1,,express,2026-01-31,,9999-12-31,Yes", None, id="an end that means none"),
        pytest.param(
            "1,,express,2026-01-31,,soon,Yes", ("rejected", "bad_expires_on"), id="an odd end"
        ),
        pytest.param(",,express,2026-01-31,,,Yes", ("rejected", "missing_customer_id"), id="whose"),
        pytest.param(
            "1,,doi,2026-01-31,,,Yes", ("warning", "unconfirmed_opt_in"), id="not confirmed"
        ),
        pytest.param("1,,express,2026-01-31,,,", ("warning", "missing_wording"), id="no wording"),
    ],
)
def test_each_row_of_a_consent_file_is_accounted_for(
    check: Callable[..., customers.Intake], row: str, outcome: tuple[str, str] | None
) -> None:
    good = "2,,express,2026-01-31,,2027-01-31,Yes\n9,,express,2025-12-31,2026-01-01,,Yes\n"

    intake = check(HEAD + good + row + "\n")

    told = [(one["outcome"], one["reason"]) for one in customers.problems_of(intake)]
    assert intake.rows_total == intake.accepted + intake.rejected + intake.merged == 3
    assert told == ([outcome] if outcome else [])


def test_a_word_for_leaving_is_read_as_withdrawn_and_never_as_consent(
    store: Store, base: str, check: Callable[..., customers.Intake]
) -> None:
    rows = "".join(f"2,,{word},2026-01-31,,,x{i}\n" for i, word in
                   enumerate(("opt-out", "Unsubscribed", "revoked", "OPTED OUT")))  # fmt: skip

    campaign.add_files(store, base, [check(HEAD + rows)], actor="ann", request_id="r")

    assert store.read("SELECT DISTINCT basis FROM consents") == [("withdrawn",)]


def test_a_record_of_an_address_belongs_to_all_who_have_it_and_comes_in_once(
    store: Store, base: str, check: Callable[..., customers.Intake]
) -> None:
    text = (
        "e-mail,basis,date\nA@Example.com,express,2026-01-31\nnew@example.com,express,2026-01-31\n"
    )

    for request in ("first", "first", "second"):
        campaign.add_files(store, base, [check(text)], actor="ann", request_id=request)
    late = check("id,email\n9,new@example.com\n", "customers", "late.csv")
    customers.import_intake(store, late, base, actor="ann", request_id="late")

    found = store.read("SELECT customer_id FROM consents ORDER BY customer_id")
    assert found == [("1",), ("3",), ("9",), ("new@example.com",)]


def test_a_tool_s_list_suppresses_by_number_and_by_address_and_nobody_is_lost(
    store: Store, base: str, check: Callable[..., customers.Intake]
) -> None:
    rows = ("2,,2026-01-31 10:00,too many", ",A@example.com,,", ",stranger@example.com,odd,",
            "2,,2026-02-01,again", ",nonsense,,")  # fmt: skip
    text = "\n".join(("id,email,unsubscribed at,reason", *rows, ""))
    intake = check(text, "suppressions")

    campaign.add_files(store, base, [intake], actor="ann", request_id="r")

    told = {(one["outcome"], one["reason"]) for one in customers.problems_of(intake)}
    assert (intake.rows_total, intake.accepted, intake.rejected, intake.merged) == (5, 3, 1, 1)
    assert told == {
        ("rejected", "missing_objector"), ("merged", "duplicate_objection"),
        ("warning", "bad_objected_at"),
    }  # fmt: skip
    assert store.read("SELECT customer_id, reason FROM suppressions ORDER BY customer_id") == [
        ("1", "objected"), ("2", "too many"), ("3", "objected"),
        ("stranger@example.com", "objected"),
    ]  # fmt: skip
    late = check("id,email,consent\n8,stranger@example.com,yes\n", "customers", "late.csv")
    customers.import_intake(store, late, base, actor="ann", request_id="late")
    store.run("INSERT INTO campaigns VALUES ('c', 'C', $base, NULL, '{}', DATE '2026-12-01',"
              " 'en-GB', 's', now(), 'ann', NULL)", base=base)  # fmt: skip
    store.run("INSERT INTO segment_members SELECT 'c', 's', customer_id FROM customers")
    assert set(store.read("SELECT DISTINCT bucket FROM audience")) <= {
        ("suppressed",), ("duplicate address",),
    }  # fmt: skip


def test_only_files_about_consent_come_in_by_this_door(
    store: Store, base: str, check: Callable[..., customers.Intake]
) -> None:
    intake = check("id,email\n4,d@example.com\n", "customers", "more.csv")

    with pytest.raises(InputError, match="was checked as customers"):
        campaign.add_files(store, base, [intake], actor="ann", request_id="r")
