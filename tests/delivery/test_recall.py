from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from personalization import content, customers
from personalization.delivery import archive_for_sending, export_campaign, recall_of, stops_of
from personalization.errors import StateError
from tests.delivery.ready import message, screen

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.delivery import Export
    from personalization.settings import Settings
    from personalization.store import Store


@pytest.fixture
def made(campaign: Store, settings: Settings) -> Export:
    return export_campaign(campaign, settings, "spring", actor="mia", request_id="r1")


def hold(store: Store) -> str:
    return content.report_incident(
        store, "Price error", campaign_id="spring", reason="£4 for £40", actor="mia"
    )


def test_an_archive_names_who_objected_or_was_erased_since_and_still_proves_itself(
    campaign: Store, made: Export, tmp_path: Path
) -> None:
    (erased, address), (objector, _) = campaign.read(
        "SELECT customer_id, email FROM deliveries JOIN customers USING (customer_id) "
        "ORDER BY customer_id LIMIT 2"
    )
    customers.object_to_mailing(
        campaign, customer_id=objector, reason="Asked on the phone", actor="mia",
        received_at=campaign.now(),
    )  # fmt: skip
    customers.erase_person(campaign, erased, confirmed=erased, actor="mia")

    packed = zipfile.ZipFile(io.BytesIO(archive_for_sending(campaign, made)))
    rows = list(csv.DictReader(io.StringIO(packed.read("do_not_send.csv").decode())))

    assert [(row["customer_id"], row["reason"]) for row in rows] == [
        (erased, "erased"), (objector, "objected"),
    ]  # fmt: skip
    assert rows[0]["email"] == address
    assert recall_of(campaign, made).n_people == 2
    told = packed.read("READ-FIRST.txt").decode()
    assert "2 of the people" in told
    assert "written in this syntax: own." in told
    packed.extractall(tmp_path / "there")
    folder = tmp_path / "there" / made.export_id
    proved = subprocess.run(
        [sys.executable, folder / "verify_export.py", folder, made.head],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert proved.returncode == 0, proved.stdout


def test_a_held_campaign_is_not_downloaded_until_it_is_released(
    campaign: Store, made: Export
) -> None:
    incident_id = hold(campaign)

    with pytest.raises(StateError, match="on hold for the incident ‘Price error’"):
        archive_for_sending(campaign, made)

    content.release_campaign(campaign, incident_id, "spring", reason="It was right", actor="rob")
    assert archive_for_sending(campaign, made)


def test_a_text_that_screening_blocks_since_stops_the_download(
    campaign: Store, made: Export
) -> None:
    sha = message("Loyal", "A").content_sha256
    screen(campaign, "Loyal", "A", version=1, sha=sha, decision="block")

    assert list(stops_of(campaign, "spring")) == [("Loyal/A", 1)]
    with pytest.raises(StateError, match="1 text: the screening blocks it now"):
        archive_for_sending(campaign, made)
