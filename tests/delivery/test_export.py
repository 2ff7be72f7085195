from __future__ import annotations

import csv
import hashlib
import json
import shutil
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personalization.delivery import (
    Export,
    export_campaign,
    export_of,
    render_for,
    verify_export,
    write_archive,
)
from personalization.delivery.certificate import write_certificate
from personalization.delivery.export import uncovered_texts
from personalization.delivery.files import write_files
from personalization.delivery.launch import find_launch
from personalization.delivery.package import changed_files, partial_of
from personalization.delivery.recipients import deliver
from personalization.delivery.simulation import simulate_campaign
from personalization.domain import Message
from personalization.errors import StateError
from personalization.store import Store, verify_chain
from tests.delivery.ready import HYPOTHESIS, activate_policy, copy_campaign, message, screen, sign

if TYPE_CHECKING:
    from personalization.settings import Settings

FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def export(store: Store, settings: Settings, request_id: str = "r1") -> Export:
    return export_campaign(store, settings, "spring", actor="mia", request_id=request_id)


def recipients(made: Export) -> list[dict[str, str]]:
    """Read the recipient files with Python's own reader, not with the engine that wrote them."""
    rows: list[dict[str, str]] = []
    for path in made.files:
        if path.suffix == ".csv" and path.name != "suppressed.csv":
            with path.open(encoding="utf-8", newline="") as file:
                rows += csv.DictReader(file)
    return rows


def text_of(row: dict[str, str]) -> Message:
    names = ("subject", "preheader", "body", "call_to_action", "link", "footer")
    return Message(*(row[name] for name in names))


def later(store: Store) -> Store:
    """The same store an hour on."""
    return replace(store, clock=lambda: store.clock() + timedelta(hours=1))


def test_everybody_assigned_is_in_one_file_with_the_text_of_the_arm(
    campaign: Store, settings: Settings
) -> None:
    made = export(campaign, settings)

    rows = recipients(made)
    assigned = campaign.read("SELECT customer_id, segment, arm FROM assignments ORDER BY ALL")
    assert sorted((r["customer_id"], r["segment"], r["arm"]) for r in rows) == assigned
    assert all(row["email"] == f"c{int(row['customer_id'][1:])}@example.com" for row in rows)
    for row in rows[::5]:
        variant_id = f"{row['segment']}/{row['arm']}"
        assert text_of(row) == render_for(campaign, variant_id, row["customer_id"])


def test_the_fingerprints_are_those_of_the_bytes_in_the_file(
    campaign: Store, settings: Settings
) -> None:
    """Worked out again in Python, from the file alone and from the approved texts."""
    made = export(campaign, settings)

    rows = recipients(made)
    assert {row["rendered_sha256"] for row in rows} == {text_of(row).content_sha256 for row in rows}
    assert all(row["rendered_sha256"] == text_of(row).content_sha256 for row in rows)
    assert {row["content_sha256"] for row in rows} == {
        message(row["segment"], row["arm"]).content_sha256 for row in rows
    }
    assert sorted((r["customer_id"], r["rendered_sha256"]) for r in rows) == campaign.read(
        "SELECT customer_id, rendered_sha256 FROM deliveries WHERE NOT is_simulated ORDER BY ALL"
    )


def test_the_manifest_lists_every_file_with_its_hash_and_its_records(
    campaign: Store, settings: Settings
) -> None:
    made = export(campaign, settings)

    listed = json.loads((made.folder / "manifest.json").read_text("utf-8"))
    assert listed == made.manifest
    assert {path.name for path in made.folder.iterdir()} == {path.name for path in made.files}
    for file in listed["files"]:
        content = (made.folder / file["name"]).read_bytes()
        assert (file["sha256"], file["bytes"]) == (
            hashlib.sha256(content).hexdigest(),
            len(content),
        )
    texts = [file for file in listed["files"] if "arm" in file]
    assert sum(file["recipients"] for file in texts) == made.recipients == 60
    assert all(file["screening_id"] and file["approval_id"] for file in texts)
    assert listed["experiment"] == {
        "id": "e1",
        "hypothesis_sha256": hashlib.sha256(HYPOTHESIS.encode()).hexdigest(),
    }
    assert listed["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_what_was_exported_is_part_of_what_was_screened_and_passed(
    campaign: Store, settings: Settings
) -> None:
    made = export(campaign, settings)

    passed = {
        sha
        for (sha,) in campaign.read(
            "SELECT content_sha256 FROM screenings WHERE decision = 'pass' AND policy_version = $p",
            p=made.manifest["coverage"]["policy_version"],
        )
    }
    assert set(made.manifest["coverage"]["exported"]) <= passed
    assert {row["content_sha256"] for row in recipients(made)} <= passed


def test_the_certificate_names_a_text_that_no_screening_in_force_covers(
    campaign: Store, settings: Settings
) -> None:
    made = export(campaign, settings)
    exported = made.manifest["coverage"]["exported"]
    assert made.manifest["coverage"]["uncovered"] == uncovered_texts(campaign, exported) == []

    assert uncovered_texts(campaign, [*exported, "never screened"]) == ["never screened"]
    blocked = message("Loyal", "A").content_sha256
    screen(campaign, "Loyal", "A", version=1, sha=blocked, decision="block")
    assert uncovered_texts(campaign, exported) == [blocked]
    activate_policy(campaign, "p2")
    assert uncovered_texts(campaign, exported) == exported


def test_an_export_that_is_not_covered_is_refused_as_a_whole(
    campaign: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "personalization.delivery.export.uncovered_texts", lambda _, exported: exported[:1]
    )

    with pytest.raises(StateError, match="1 texts that were written never passed"):
        export(campaign, settings)
    assert campaign.read("SELECT count(*) FROM deliveries") == [(0,)]
    assert not [path for path in Path(settings.delivery.folder).rglob("*") if path.is_file()]


def test_the_launch_the_export_and_the_trail_are_written_together(
    campaign: Store, settings: Settings
) -> None:
    made = export(campaign, settings)

    assert campaign.read("SELECT mode, launched_by FROM experiments") == [("export", "mia")]
    [(ref, payload)] = campaign.read(
        "SELECT ref, payload FROM audit_log WHERE kind = 'campaign.exported'"
    )
    assert ref == made.export_id
    assert json.loads(payload)["manifest_sha256"] == made.manifest_sha256
    assert verify_chain(campaign).is_whole
    assert export_of(campaign, "spring") == made


def test_a_double_click_exports_once(campaign: Store, settings: Settings) -> None:
    made = export(campaign, settings)

    assert export(later(campaign), settings) == made
    assert campaign.read("SELECT count(*) FROM exports") == [(1,)]
    assert campaign.read("SELECT count(*) FROM deliveries") == [(60,)]
    assert campaign.read("SELECT count(*) FROM audit_log WHERE kind = 'campaign.exported'") == [
        (1,)
    ]


def test_a_request_of_another_campaign_is_not_taken_for_this_one(
    campaign: Store, settings: Settings
) -> None:
    copy_campaign(campaign, "autumn")
    first = export(campaign, settings)

    other = export_campaign(campaign, settings, "autumn", actor="mia", request_id="r1")

    assert other.experiment_id == "autumn"
    assert other.folder != first.folder
    assert dict(
        campaign.read("SELECT experiment_id, count(*) FROM deliveries GROUP BY experiment_id")
    ) == {"e1": 60, "autumn": 60}
    assert export_campaign(campaign, settings, "autumn", actor="mia", request_id="r1") == other
    assert export(campaign, settings) == first


def test_nobody_is_exported_twice(campaign: Store, settings: Settings) -> None:
    export(campaign, settings)

    with pytest.raises(StateError, match=r"Everybody in campaign 'Spring' .* exported before"):
        export(later(campaign), settings, "r2")
    assert campaign.read("SELECT count(*) FROM deliveries") == [(60,)]


def test_who_had_to_be_left_out_and_agrees_later_is_exported_alone(
    campaign: Store, settings: Settings
) -> None:
    campaign.run("UPDATE customers SET consent_email = false WHERE customer_id = 'c000001'")
    export(campaign, settings)
    campaign.run("UPDATE customers SET consent_email = true WHERE customer_id = 'c000001'")

    made = export(later(campaign), settings, "r2")

    assert [row["customer_id"] for row in recipients(made)] == ["c000001"]


def test_who_leaves_between_assignment_and_export_gets_nothing(
    campaign: Store, settings: Settings
) -> None:
    campaign.run("UPDATE customers SET consent_email = false WHERE customer_id = 'c000001'")
    campaign.run("INSERT INTO suppressions VALUES ('shop', 'c000002', NULL, 'complaint', now())")
    campaign.run(
        "INSERT INTO suppressions VALUES ('other', 'z', 'c3@example.com', 'objected', now())"
    )

    made = export(campaign, settings)

    gone = {"c000001", "c000002", "c000003"}
    assert not gone & {row["customer_id"] for row in recipients(made)}
    assert made.recipients == 57
    assert made.manifest["held_back"] == {"suppressed": 2, "no consent": 1}
    assert "c000002" in (made.folder / "suppressed.csv").read_text("utf-8")


def test_a_holdout_gets_nothing(campaign: Store, settings: Settings) -> None:
    campaign.run("INSERT INTO arms VALUES ('e1', 'Loyal', 'holdout', 9, 0.1, NULL, NULL, NULL)")
    campaign.run("UPDATE assignments SET arm = 'holdout' WHERE customer_id = 'c000001'")
    sign(campaign)

    made = export(campaign, settings)

    assert made.recipients == 59
    assert "c000001" not in {row["customer_id"] for row in recipients(made)}


@pytest.mark.parametrize(
    ("customer_id", "cell"),
    [
        pytest.param("=1+1", "'=1+1", id="equals"),
        pytest.param("+cmd|calc", "'+cmd|calc", id="plus"),
        pytest.param("-2+3", "'-2+3", id="minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("\tx", "'\tx", id="tab"),
        pytest.param("\rx", "'\rx", id="carriage return"),
        pytest.param("  =1", "'  =1", id="behind spaces"),
        pytest.param("＝1", "'＝1", id="wide letters"),
        pytest.param("\u00a0=1+1", "'\u00a0=1+1", id="behind a hard space"),
        pytest.param("\u200b=1+1", "'\u200b=1+1", id="behind a sign without width"),
        pytest.param("-17", "-17", id="a number stays a number"),
        pytest.param('a"b,c\nd', 'a"b,c\nd', id="quotes, commas and breaks"),
    ],
)
def test_no_cell_is_a_formula(
    campaign: Store, settings: Settings, customer_id: str, cell: str
) -> None:
    for table in ("customers", "segment_members", "assignments"):
        campaign.run(
            f"UPDATE {table} SET customer_id = $new WHERE customer_id = 'c000001'",  # noqa: S608
            new=customer_id,
        )
    campaign.run("UPDATE customers SET first_name = '=2*3' WHERE customer_id = $id", id=customer_id)
    sign(campaign)

    rows = recipients(export(campaign, settings))

    [row] = [row for row in rows if row["email"] == "c1@example.com"]
    assert row["customer_id"] == cell
    assert row["first_name"] == ""
    cells = [value for row in rows for value in row.values() if value != "-17"]
    assert not [value for value in cells if value.startswith(FORMULAS)]


class Tampered(Store):
    """A store whose recipient files somebody changes as soon as they are written."""

    def write_csv(self, path: Path, sql: str, **parameters: object) -> None:
        Store.write_csv(self, path, sql, **parameters)
        content = path.read_text("utf-8")
        path.write_text(content.replace("new candles", "free candles", 1), "utf-8")


def test_tampered_bytes_are_refused_and_leave_nothing_behind(
    campaign: Store, settings: Settings
) -> None:
    tampered = Tampered(campaign.root, campaign.clock, campaign.lock, campaign.local)

    with pytest.raises(StateError, match="6 rows of the written files do not say"):
        export(tampered, settings)

    assert not [path for path in Path(settings.delivery.folder).rglob("*") if path.is_file()]
    for table in ("deliveries", "exports", "audit_log WHERE kind = 'campaign.exported'"):
        assert campaign.read(f"SELECT count(*) FROM {table}") == [(0,)]  # noqa: S608
    assert campaign.read("SELECT mode FROM experiments") == [(None,)]


def test_what_a_killed_export_leaves_proves_nothing_and_is_put_away(
    campaign: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What lies on disk when all files are written, and the power goes before the commit."""
    place, left = Path(settings.delivery.folder) / "spring", tmp_path / "left"

    def killed(*given: Any) -> Export:  # noqa: ANN401
        write_certificate(*given)
        shutil.copytree(place, left)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("personalization.delivery.export.write_certificate", killed)
        with pytest.raises(KeyboardInterrupt):
            export(campaign, settings)
    [partial] = left.iterdir()
    assert (partial / "certificate.json").is_file()
    assert partial.name.startswith(".")
    assert verify_export.main(str(partial)) == 1
    assert not list(place.iterdir())

    shutil.copytree(left, place, dirs_exist_ok=True)
    made = export(campaign, settings, "r2")

    assert [path.name for path in place.iterdir()] == [made.export_id]
    assert verify_export.main(str(made.folder), made.head) == 0


@pytest.mark.parametrize("again", ["read", "clicked", "another"])
def test_an_export_that_was_killed_after_its_commit_comes_into_its_place(
    campaign: Store, settings: Settings, again: str
) -> None:
    made = export(campaign, settings)
    made.folder.rename(partial_of(made.folder))

    if again == "read":
        assert export_of(campaign, "spring") == made
    elif again == "clicked":
        assert export(later(campaign), settings) == made
    else:
        with pytest.raises(StateError, match="exported before"):
            export(later(campaign), settings, "r2")

    assert changed_files(made) == ()
    assert not partial_of(made.folder).exists()


def test_a_delivery_of_unscreened_text_is_never_written(campaign: Store, tmp_path: Path) -> None:
    """Even where a row is put into ``deliveries`` by hand, past the gate."""
    campaign.run(
        "INSERT INTO deliveries VALUES ('e1', 'c000001', 'Loyal', 'A', 'Loyal/A', 1, 'other', 'x',"
        " false, $now)",
        now=campaign.now(),
    )

    with pytest.raises(StateError, match="Loyal, arm A: the text is no longer one that"):
        write_files(campaign, find_launch(campaign, "spring"), tmp_path, campaign.now())


def test_an_arm_whose_design_names_other_bytes_is_sent_nothing(campaign: Store) -> None:
    """The statement itself holds it, whoever calls it."""
    campaign.run("UPDATE arms SET content_sha256 = 'other' WHERE segment = 'Loyal' AND arm = 'A'")

    launch = find_launch(campaign, "spring")
    sent = deliver(campaign, launch, is_simulated=False, delivered_at=campaign.now())

    assert sent == 50
    assert ("Loyal", "A") not in campaign.read("SELECT DISTINCT segment, arm FROM deliveries")


def test_the_archive_holds_the_very_files(campaign: Store, settings: Settings) -> None:
    made = export(campaign, settings)

    archive = write_archive(made)

    with zipfile.ZipFile(archive) as packed:
        for path in made.files:
            assert packed.read(f"{made.export_id}/{path.name}") == path.read_bytes()


@pytest.mark.parametrize(
    "name", [pytest.param(0, id="a recipient file"), pytest.param(-1, id="the manifest")]
)
def test_a_file_that_was_changed_later_is_not_packed(
    campaign: Store, settings: Settings, name: int
) -> None:
    made = export(campaign, settings)
    path = made.files[name]
    path.write_bytes(path.read_bytes() + b" ")

    assert changed_files(made) == (path.name,)
    with pytest.raises(StateError, match=f"{path.name} of export .* was changed"):
        write_archive(made)


def test_a_simulated_campaign_cannot_be_exported(campaign: Store, settings: Settings) -> None:
    simulate_campaign(campaign, settings, "spring", actor="mia", request_id="s1")

    with pytest.raises(StateError, match="was simulated, and real results are never mixed"):
        export(campaign, settings)
    assert campaign.read("SELECT count(*) FROM deliveries WHERE NOT is_simulated") == [(0,)]
