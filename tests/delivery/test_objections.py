"""An objection counts at the moment of the export, whatever was signed off before."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from personalization import campaign as workflow
from personalization import safety
from personalization.delivery import export_campaign, launch_gate
from personalization.reports import consent as reports
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.settings import Settings
    from personalization.store import Store


def recipients(folder: Path) -> set[str]:
    """Return everybody who is in a recipient file of the export."""
    found: set[str] = set()
    for file in folder.rglob("0*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as rows:
            found |= {row["customer_id"] for row in csv.DictReader(rows)}
    return found


def export(store: Store, settings: Settings) -> set[str]:
    made = export_campaign(store, settings, "spring", actor="mia", request_id="r1")
    return recipients(made.folder)


def object_by_number(store: Store) -> None:
    workflow.object_to_mailing(
        store, customer_id="c000007", reason="objected", actor="olga", received_at=NOW
    )


def object_by_address(store: Store) -> None:
    workflow.object_to_mailing(
        store, email="C7@example.com", reason="objected", actor="olga", received_at=NOW
    )


def object_in_another_base(store: Store) -> None:
    store.run("INSERT INTO customers (dataset_id, customer_id, email, consent_email) "
              "VALUES ('archive', 'old', 'c7@example.com', true)")  # fmt: skip
    workflow.object_to_mailing(
        store, customer_id="old", reason="objected", actor="olga", received_at=NOW
    )


def withdraw_in_the_register(store: Store) -> None:
    store.run("INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, imported_by,"
              " imported_at) VALUES ('shop', 'c000007', 'withdrawn', $now, 'olga', $now)",
              now=NOW)  # fmt: skip


def move_to_germany(store: Store) -> None:
    safety.keep_consent_law(store, safety.read_policy())
    store.run("UPDATE customers SET country = 'Germany' WHERE customer_id = 'c000007'")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(object_by_number, id="an objection by the number"),
        pytest.param(object_by_address, id="an objection by the address"),
        pytest.param(object_in_another_base, id="an objection in another customer base"),
        pytest.param(withdraw_in_the_register, id="consent withdrawn"),
        pytest.param(move_to_germany, id="a law that demands a record"),
    ],
)
def test_who_objects_between_sign_off_and_export_is_left_out(
    campaign: Store, settings: Settings, change: Callable[[Store], None]
) -> None:
    assert all(check.is_green for check in launch_gate(campaign, settings, "spring"))

    change(campaign)
    sent = export(campaign, settings)

    assert sent == {f"c{i:06}" for i in range(60)} - {"c000007"}


def test_an_objection_is_open_until_the_sending_tool_has_the_list(
    campaign: Store, settings: Settings
) -> None:
    object_by_number(campaign)
    before = list(reports.objections(campaign)["state"])

    export(campaign, settings)

    assert before == ["open"]
    assert list(reports.objections(campaign)["state"]) == ["in time"]
