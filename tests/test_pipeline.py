"""The whole way: the sample data through every stage, as the command line runs it."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personalization import PersonalizationPipeline
from personalization.cli import main
from personalization.errors import InputError
from personalization.store import Store, open_store, record, verify_chain

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]


def configuration(folder: Path, **run: object) -> dict[str, Any]:
    """Return a configuration that keeps everything in ``folder``."""
    return {
        "run": {"name": "Winter lights", "send_on": "2026-12-01", "database": "run.duckdb", **run},
        "brief": {"key_message": "Small gifts and warm lights for the dark months."},
        "content": {"corpus": str(ROOT / "content_corpus"), "index": str(folder / "index")},
        "delivery": {"folder": str(folder / "exports")},
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("headless")


@pytest.fixture(scope="module")
def outcome(folder: Path) -> dict[str, Any]:
    """Run the sample campaign once for the module; its database stays in ``folder``."""
    pipeline = PersonalizationPipeline(configuration(folder))
    pipeline.folder = folder
    return pipeline.run()


@pytest.fixture
def state(folder: Path, outcome: dict[str, Any]) -> Iterator[Store]:  # noqa: ARG001
    store = open_store(folder / "run.duckdb")
    yield store
    store.close()


def test_the_run_returns_what_the_team_asks_for(outcome: dict[str, Any]) -> None:
    assert outcome["experiment_id"]
    assert isinstance(outcome["lift_percent"], float)
    assert outcome["is_simulated"] is True
    assert outcome["sentence"].startswith("Simulated")


def test_everybody_is_in_one_of_three_or_more_segments(
    state: Store, outcome: dict[str, Any]
) -> None:
    assert outcome["counts"]["customers"] == 4372
    assert outcome["counts"]["segments"] >= 3
    members = "SELECT count(*), count(DISTINCT customer_id) FROM segment_members"
    assert state.read(members) == [(4372, 4372)]


def test_each_segment_has_three_variants_and_a_control_text(state: Store) -> None:
    arms = state.read("""
        SELECT segment, count(*) FILTER (arm <> 'control'), count(*) FILTER (arm = 'control'),
               count(DISTINCT subject) FILTER (arm <> 'control')
        FROM current_variants GROUP BY segment
    """)

    assert {(variants, controls, subjects) for _, variants, controls, subjects in arms} == {
        (3, 1, 3)
    }


def test_every_sendable_string_was_screened_and_more_than_nine_in_ten_passed_at_first(
    state: Store,
) -> None:
    screened = state.read("""
        SELECT count(*), count(screenings.screening_id),
               count(*) FILTER (screenings.decision IN ('pass', 'warn')), min(n_strings)
        FROM variants LEFT JOIN screenings USING (variant_id, version, content_sha256)
        WHERE variants.version = 1
    """)

    n, n_screened, n_passed, n_strings = screened[0]
    assert n_screened == n
    assert n_passed / n > 0.9
    assert n_strings == 6


def test_each_claim_cites_an_approved_statement_word_for_word(state: Store) -> None:
    claims = state.read("""
        SELECT count(*), count(*) FILTER (claims.decision = 'pass' AND statements.text IS NOT NULL),
               count(*) FILTER (claims.text <> substr(CASE claims.field
                   WHEN 'subject' THEN subject WHEN 'preheader' THEN preheader
                   WHEN 'body' THEN body ELSE call_to_action END,
                   claims.span_start + 1, claims.span_end - claims.span_start))
        FROM claims JOIN current_variants USING (variant_id, version)
        LEFT JOIN statements USING (statement_id)
    """)

    n, n_cited, n_misplaced = claims[0]
    assert n > 50
    assert n_cited == n
    assert n_misplaced == 0


def test_everybody_who_may_be_written_to_has_one_arm_and_one_message(state: Store) -> None:
    counts = state.read("""
        SELECT (SELECT count(*) FROM audience WHERE bucket = 'eligible'),
               (SELECT count(DISTINCT customer_id) FROM assignments),
               (SELECT count(*) FROM assignments), (SELECT count(*) FROM deliveries)
    """)

    assert len(set(counts[0])) == 1


def test_what_went_out_was_screened_and_approved_in_those_very_bytes(state: Store) -> None:
    unproved = state.read("""
        SELECT count(*) FROM deliveries
        WHERE NOT EXISTS (SELECT 1 FROM sendable_variants AS gate
                          WHERE gate.variant_id = deliveries.variant_id
                            AND gate.content_sha256 = deliveries.content_sha256)
    """)

    assert unproved == [(0,)]


def test_the_record_is_whole(state: Store, outcome: dict[str, Any]) -> None:
    chain = verify_chain(state)

    assert chain.is_whole
    assert chain.head == outcome["audit"]["head"]


def test_the_same_seed_gives_the_same_campaign_again(folder: Path, outcome: dict[str, Any]) -> None:
    again = PersonalizationPipeline(configuration(folder, database=""), open_store()).run()

    assert again["lift_percent"] == outcome["lift_percent"]
    assert again["sentence"] == outcome["sentence"]


def test_the_report_opens_without_a_network(
    folder: Path, outcome: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    page = folder / "report.html"

    code = main(["report", outcome["campaign_id"], "--out", str(page),
                 "--database", str(folder / "run.duckdb")])  # fmt: skip

    text = page.read_text("utf-8")
    assert code == 0
    assert "SIMULATED" in text.upper()
    assert "src=" not in text
    assert "@import" not in text
    assert capsys.readouterr().err == ""


def test_the_officers_file_covers_every_screening(folder: Path, outcome: dict[str, Any]) -> None:
    file = folder / "audit.csv"

    code = main(["audit", outcome["campaign_id"], "--csv", str(file), "--json",
                 "--database", str(folder / "run.duckdb")])  # fmt: skip

    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))
    assert code == 0
    assert len(rows) >= outcome["counts"]["variants"]
    assert {row["reviewer_ref"] for row in rows if row["is_current"] == "True"} == {"pipeline"}


def test_a_changed_record_fails_the_check_of_the_command_line(
    folder: Path, outcome: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes((folder / "run.duckdb").read_bytes())
    store = open_store(copy)
    store.run("DROP TRIGGER audit_no_update ON audit_log")
    store.run("UPDATE audit_log SET payload = '{}' WHERE seq = 5")
    store.close()

    code = main(["audit", "--verify", "--json", "--database", str(copy)])

    assert code == 2
    assert json.loads(capsys.readouterr().out)["first_broken"] == 5
    assert outcome["audit"]["is_whole"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"mode": "send"}, "mode = 'send' is unknown", id="an unknown mode"),
        pytest.param({"mood": "x"}, r"\[run\] has no 'mood'", id="a misspelt key"),
        pytest.param({"seed": 3}, "seed = 3 is no str", id="a number for a text"),
    ],
)
def test_a_faulty_configuration_is_refused_before_anything_runs(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        PersonalizationPipeline(configuration(tmp_path, **change))


def test_what_nobody_watched_is_marked_as_self_approved(
    state: Store, outcome: dict[str, Any]
) -> None:
    assert outcome["sign_off"] == {"by": "pipeline", "is_self_approved": True}
    assert state.read("SELECT sealed_by, is_self_approved FROM current_seals") == [
        ("pipeline", True)
    ]


def test_a_program_does_not_sign_in_the_name_of_a_person(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="sign_off_by = 'system' is a program"):
        PersonalizationPipeline(configuration(tmp_path, sign_off_by="system"))


def test_an_export_by_itself_wants_a_name_as_soon_as_people_are_on_record(
    store: Store, tmp_path: Path
) -> None:
    """Refused before anything runs: no customer is read and no campaign is made."""
    with store.transaction():
        record(store, "note.written", "x", actor="Ann")

    with pytest.raises(InputError, match=r'sends for real, .* sign_off_by = "Ann"'):
        PersonalizationPipeline(configuration(tmp_path, mode="export"), store).run()

    assert store.read("SELECT count(*) FROM campaigns") == [(0,)]


def test_a_brief_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    faulty = configuration(tmp_path) | {"brief": {"gaol": "Sell more."}}

    with pytest.raises(InputError, match="no 'gaol'"):
        PersonalizationPipeline(faulty)


def test_a_date_may_be_written_as_a_date(tmp_path: Path) -> None:
    pipeline = PersonalizationPipeline(configuration(tmp_path, send_on=date(2026, 12, 1)))

    assert pipeline.options.send_on == "2026-12-01"


def test_paths_of_a_file_are_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[content]\ncorpus = "texts"\n', "utf-8")

    pipeline = PersonalizationPipeline(file)

    assert pipeline.settings.content.corpus == str(tmp_path / "texts")
