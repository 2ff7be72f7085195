"""What the officer takes away: each screening once, no customer by name, all of it checkable."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from personalization.cli import main
from personalization.errors import StateError
from personalization.reports import (
    audit,
    audit_explorer,
    audit_files,
    coverage,
    evidence_pack,
    handing_out,
    verify_evidence,
)
from personalization.reports.audit_explorer import Filters
from personalization.store import (
    approval_digests,
    campaign_key,
    destroy_key,
    open_store,
    record,
    rotate_key,
    verify_chain,
)
from tests.store import filled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalization.store import Store

# Guide to the audit trail, the officer's columns, in their order.
GUIDE = [
    "seq",
    "screened_at",
    "campaign_id",
    "segment",
    "variant_id",
    "message_id",
    "subject_ref",
    "content_fp",
    "engine",
    "engine_version",
    "model_or_api_version",
    "policy_version",
    "threshold_block",
    "threshold_review",
    "severity_kind",
    "sev_hate",
    "sev_self_harm",
    "sev_sexual",
    "sev_violence",
    "max_severity",
    "rule_findings",
    "blocklist_hits",
    "decision",
    "decision_reason",
    "reviewer_ref",
    "review_reason",
    "reviewed_at",
    "is_current",
    "request_id",
    "chunks",
    "duration_ms",
    "prev_hash",
    "hash",
]


@pytest.fixture(scope="module")
def spring() -> Iterator[Store]:
    """The campaign of ``filled``, in memory."""
    store = open_store(clock=filled.Clock())
    filled.fill(store)
    yield store
    store.close()


@pytest.fixture(scope="module")
def files(spring: Store) -> audit_files.OfficerFiles:
    return audit_files.officer_files(spring, "spring", actor="ofelia")


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_officers_file_begins_with_the_columns_that_officers_know(
    files: audit_files.OfficerFiles,
) -> None:
    header = next(csv.reader(io.StringIO(files.csv.decode("utf-8-sig"))))

    assert header[: len(GUIDE)] == GUIDE
    assert files.csv.startswith(b"\xef\xbb\xbf")
    assert files.csv.count(b"\r\n") == 7


def test_each_screening_has_one_row_blocked_and_failed_ones_too(
    files: audit_files.OfficerFiles,
) -> None:
    assert [row["decision"] for row in rows_of(files.csv)] == list(filled.DECISIONS)


def test_a_row_carries_the_entry_of_the_trail_that_it_can_be_held_against(
    spring: Store, files: audit_files.OfficerFiles
) -> None:
    known = dict(spring.read("SELECT seq, (prev_hash, hash) FROM audit_log"))

    for row in rows_of(files.csv):
        assert known[int(row["seq"])] == (row["prev_hash"], row["hash"])


def test_levels_thresholds_and_reviewers_stand_beside_each_decision(
    files: audit_files.OfficerFiles,
) -> None:
    blocked = rows_of(files.csv)[2]
    reviewed = rows_of(files.csv)[1]

    assert (blocked["sev_violence"], blocked["max_severity"]) == ("6", "6")
    assert (blocked["threshold_block"], blocked["severity_kind"]) == ("4", "band")
    assert blocked["rule_findings"] == "urgency.pressure"
    assert (reviewed["reviewer_ref"], reviewed["review_reason"]) == ("rob", "Read it.")


def test_the_manifest_counts_covers_and_names_the_head(
    spring: Store, files: audit_files.OfficerFiles
) -> None:
    said = json.loads(files.manifest)

    assert said["decisions"] == {"block": 1, "error": 1, "pass": 2, "review": 1, "warn": 1}
    assert said["audit_csv"] == {"sha256": hashlib.sha256(files.csv).hexdigest(), "rows": 6}
    assert (said["coverage"]["covered"], said["coverage"]["uncovered"]) == (2, 0)
    assert said["chain"]["is_whole"] is True
    assert spring.read(
        "SELECT count(*) FROM audit_log WHERE seq = $seq AND hash = $hash",
        seq=said["chain"]["seq"], hash=said["chain"]["head"],
    ) == [(1,)]  # fmt: skip
    assert "subject_ref is empty" in said["unit"]


def test_there_is_nothing_to_take_away_of_a_campaign_that_is_not_there(spring: Store) -> None:
    with pytest.raises(StateError, match="There is no campaign 'autumn'"):
        audit_files.officer_files(spring, "autumn", actor="ofelia")


def test_a_person_in_the_delivery_file_is_known_to_whoever_holds_the_key(spring: Store) -> None:
    rows = rows_of(audit_files.deliveries_csv(spring, "spring"))

    key = campaign_key(spring, "spring")
    assert key.key is not None
    refs = {
        hmac.new(key.key, f"subject\x1fc{n}".encode(), hashlib.sha256).hexdigest()[:32]
        for n in (1, 2)
    }
    assert {row["subject_ref"] for row in rows} == refs
    assert {row["key_id"] for row in rows} == {key.key_id}


def test_the_text_that_somebody_got_is_under_the_key_too(spring: Store) -> None:
    plain = {sha for (sha,) in spring.read("SELECT rendered_sha256 FROM deliveries")}

    rows = rows_of(audit_files.deliveries_csv(spring, "spring"))

    assert not plain & {row["rendered_fp"] for row in rows}


def test_nobody_is_listed_once_the_key_was_destroyed(store: Store) -> None:
    filled.fill(store)
    key = campaign_key(store, "spring")
    rotate_key(store, actor="ofelia")

    destroy_key(store, key.key_id, actor="ofelia")

    with pytest.raises(StateError, match=f"{key.key_id}.*was destroyed"):
        audit_files.deliveries_csv(store, "spring")


def test_what_was_handed_out_is_on_record_with_who_took_it(
    spring: Store, files: audit_files.OfficerFiles
) -> None:
    found = handing_out.handed_out_as(spring, files.csv)

    assert found is not None
    assert (found["actor"], found["campaign_id"]) == ("ofelia", "spring")
    assert handing_out.handed_out_as(spring, files.csv + b" ") is None


# The evidence pack --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pack(spring: Store) -> zipfile.ZipFile:
    content = evidence_pack.evidence_zip(spring, "spring", actor="ofelia")
    return zipfile.ZipFile(io.BytesIO(content))


def document(pack: zipfile.ZipFile, name: str) -> Any:  # noqa: ANN401
    return json.loads(pack.read(f"evidence-spring/{name}"))


def test_the_pack_answers_the_five_questions(pack: zipfile.ZipFile) -> None:
    names = {name.removeprefix("evidence-spring/") for name in pack.namelist()}

    assert {"README.txt", "verify_evidence.py", "audit.csv", "deliveries.csv", "manifest.json",
            "approvals.json", "sign-offs.json", "sources.json", "claims.json", "findings.json",
            "messages.json", "chain.jsonl", "heads.jsonl", "policies/p1.json",
            "policies/p1.overlay.toml", "exports/x1/manifest.json"} <= names  # fmt: skip
    assert pack.read("evidence-spring/README.txt").count(b"?\n") == 5


def test_the_policy_in_the_pack_is_the_one_of_each_screening(pack: zipfile.ZipFile) -> None:
    assert pack.read("evidence-spring/policies/p1.json").decode() == filled.POLICY
    assert {row["policy_version"] for row in rows_of(pack.read("evidence-spring/audit.csv"))} == {
        "p1"
    }


def test_the_trail_names_every_file_of_the_pack(pack: zipfile.ZipFile) -> None:
    rows = [json.loads(line) for line in pack.read("evidence-spring/chain.jsonl").splitlines()]

    told = json.loads(rows[-1]["payload"])["files"]

    listed = document(pack, "manifest.json")["files"]
    assert told == {name: sha for name, sha in listed.items()
                    if name not in ("chain.jsonl", "heads.jsonl")}  # fmt: skip
    assert document(pack, "manifest.json")["evidence"]["head"] == rows[-1]["hash"]


def test_the_script_in_the_pack_checks_it_alone(pack: zipfile.ZipFile, tmp_path: Path) -> None:
    pack.extractall(tmp_path)
    script = tmp_path / "evidence-spring" / "verify_evidence.py"
    head = document(pack, "manifest.json")["evidence"]["head"]

    whole = subprocess.run(
        [sys.executable, "-I", "-S", str(script), "--head", head], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    other = subprocess.run(
        [sys.executable, "-I", "-S", str(script), "--head", "0" * 64], capture_output=True,
        text=True, check=False,
    )  # fmt: skip

    assert (whole.returncode, whole.stdout.split(":")[0]) == (
        0,
        "All of it fits. Head of the trail",
    )
    assert (other.returncode, "made anew, or cut off" in other.stdout) == (1, True)
    assert "it is newer than this pack" in other.stdout


def test_the_page_names_a_head_that_the_last_pack_knows(store: Store) -> None:
    filled.fill(store)
    assert audit.last_pack(store) is None
    content = evidence_pack.evidence_zip(store, "spring", actor="ofelia")

    told = audit.last_pack(store)

    packed = document(zipfile.ZipFile(io.BytesIO(content)), "manifest.json")["evidence"]
    assert told
    assert told["hash"] == packed["head"] != audit.check(store).head


def test_a_pack_whose_deliveries_were_never_approved_does_not_fit(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled.fill(store)
    store.run("UPDATE deliveries SET variant_id = 'v3'")
    content = evidence_pack.evidence_zip(store, "spring", actor="ofelia")
    zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path)

    code = verify_evidence.main([str(tmp_path / "evidence-spring")])

    assert code == 1
    assert "v3 went out without screening and approval" in capsys.readouterr().out


def test_a_decision_after_the_launch_takes_nothing_from_what_was_approved_before(
    store: Store, tmp_path: Path
) -> None:
    filled.fill(store)
    sha = filled.text(1).content_sha256
    with store.transaction():
        store.run(
            "INSERT INTO approvals VALUES (7, 'v1', 1, 'spring', $sha, 'reopened', 'Undid.', 'rob',"
            " false, 1, $now, NULL)", sha=sha, now=store.now(),
        )  # fmt: skip
        record(store, "variant.reopened", "v1", actor="rob", campaign_id="spring", approval_id=7,
               content_sha256=sha, **approval_digests(store, 7))  # fmt: skip
    content = evidence_pack.evidence_zip(store, "spring", actor="ofelia")
    zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path)

    assert verify_evidence.main([str(tmp_path / "evidence-spring")]) == 0


def test_taking_files_away_leaves_the_trail_whole(spring: Store, pack: zipfile.ZipFile) -> None:
    assert pack.testzip() is None
    assert verify_chain(spring).is_whole


# Coverage and explorer ------------------------------------------------------------------------


def test_strings_are_counted_by_part_and_what_failed_counts_as_missing(spring: Store) -> None:
    rows = coverage.strings(spring, "spring")

    assert coverage.totals(spring, "spring") == {"strings": 36, "screened": 30, "missing": 6}
    assert sum(row["missing"] for row in rows) == 6
    assert {row["arm"] for row in rows if row["missing"]} == {"D"}


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        pytest.param(Filters(), [6, 5, 4, 3, 2, 1], id="everything"),
        pytest.param(Filters(campaign_id="autumn"), [], id="another campaign"),
        pytest.param(Filters(decision="block"), [3], id="what was blocked"),
        pytest.param(Filters(category="violence"), [3], id="a category of harm"),
        pytest.param(Filters(rule="urgency.pressure", decision="error"), [4], id="a rule"),
        pytest.param(Filters(actor="rob"), [6, 2, 1], id="a reviewer"),
        pytest.param(Filters(person="c2"), [2], id="a customer"),
        pytest.param(Filters(until=filled.START.date()), [6, 5, 4, 3, 2, 1], id="until that day"),
        pytest.param(Filters(since=filled.START.date().replace(day=2)), [], id="from the next"),
    ],
)
def test_screenings_are_found_by_what_is_asked(
    spring: Store, asked: Filters, ids: list[int]
) -> None:
    total, rows = audit_explorer.screenings(spring, asked)

    assert (total, list(rows["screening_id"])) == (len(ids), ids)


def test_the_record_of_a_screening_is_all_that_is_known_of_it(spring: Store) -> None:
    found = audit_explorer.record_of(spring, 2)

    assert found is not None
    assert found.screening["body"] == filled.text(2).body
    assert found.thresholds == {"hate": {"block_above": 4, "review_from": 4}}
    assert [each["rule"] for each in found.findings] == ["urgency.pressure"]
    assert [(each["actor"], each["note"]) for each in found.reviews] == [("rob", "Read it.")]
    assert (found.recipients, found.levels["hate"]) == (1, 0)


def test_a_screening_of_another_number_is_not_made_up(spring: Store) -> None:
    assert audit_explorer.record_of(spring, 99) is None


def test_the_trail_of_all_campaigns_can_be_read_by_day(spring: Store) -> None:
    whole, _ = audit.trail(spring, "")
    later, _ = audit.trail(spring, "", since=filled.START.date().replace(day=2))

    assert (whole >= 17, later) == (True, 0)


# The command line -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled.filled(tmp_path_factory.mktemp("database"))


def told(
    database: Path, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, dict[str, Any]]:
    code = main(["audit", *words, "--json", "--database", str(database)])
    return code, json.loads(capsys.readouterr().out)


def test_the_command_line_says_that_a_trail_is_whole(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = told(database, capsys, "--verify")

    assert (code, said["is_whole"], said["problems"], said["not_anchored_yet"]) == (0, True, [], 0)


def test_the_command_line_says_that_what_was_exported_was_covered(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = told(database, capsys, "spring")

    assert said["exported"]["messages"] == said["exported"]["covered"] > 0
    assert said["exported"]["uncovered"] == 0


def test_the_command_line_writes_the_files_and_knows_them_again(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, archive = tmp_path / "audit.csv", tmp_path / "evidence.zip"

    told(database, capsys, "spring", "--csv", str(file), "--evidence", str(archive))
    known, _ = told(database, capsys, "--check", str(archive))
    file.write_bytes(file.read_bytes().replace(b"block", b"pass", 1))
    changed, said = told(database, capsys, "--check", str(file))

    assert (tmp_path / "audit.manifest.json").exists()
    assert (known, changed, said["is_as_handed_out"]) == (0, 2, False)


def test_the_command_line_tells_what_retention_would_do_and_does_it_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = filled.filled(tmp_path)

    _, dry = told(database, capsys, "--retention")
    _, done = told(database, capsys, "--retention", "--apply", "--by", "ofelia")
    code, after = told(database, capsys, "--verify")

    assert (dry["retention"]["rows"], dry["retention"]["is_applied"]) == (17, False)
    assert (done["retention"]["rows"], done["retention"]["is_applied"]) == (17, True)
    assert (code, after["is_whole"], after["put_away"]) == (0, True, 17)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--apply"], "--retention is to be done"),
        (["--accept", ""], "--accept is empty"),
        (["--destroy-key", " "], "--destroy-key is empty"),
        (["spring", "--csv", "a.x", "--evidence", "a.x"], "two are the same"),
        (["spring", "--csv", "a.csv", "--evidence", "a.manifest.json"], "two are the same"),
        (["spring", "--csv", "."], "is a folder"),
        (["spring", "--csv", ""], "is a folder"),
        (["spring", "--evidence", "."], "is a folder"),
        (["spring", "--deliveries", "gone/a.csv"], "There is no folder gone"),
        (["--csv", "a.csv"], "Name the campaign"),
    ],
)
def test_what_is_not_clear_is_refused_before_anything_is_done(  # noqa: PLR0917
    database: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)

    code = main(["audit", *words, "--database", str(database)])

    assert code == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--verify"], ["--retention"]])
def test_a_database_of_another_program_is_refused_and_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    other = tmp_path / "other.duckdb"
    with duckdb.connect(str(other)) as root:
        root.execute("CREATE TABLE things (name VARCHAR)")

    code = main(["audit", *words, "--database", str(other)])

    assert (code, "holds no audit trail" in capsys.readouterr().err) == (2, True)
    with duckdb.connect(str(other)) as root:
        assert root.execute("SHOW TABLES").fetchall() == [("things",)]
    assert [each.name for each in tmp_path.iterdir()] == ["other.duckdb"]
