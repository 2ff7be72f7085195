"""The word ``speak`` of the command line: what there is, files by the embedded voice, hand-over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from personalization.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.voice.conftest import Databases


@pytest.fixture
def database(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state.duckdb"
    path.write_bytes(databases["ready"])
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[voice]\nfolder = "{tmp_path}/voice"\nformats = []\n', "utf-8")
    monkeypatch.setenv("PERSONALIZATION_SETTINGS", str(settings))
    return path


def test_without_a_script_it_lists_what_may_be_spoken(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["speak", "--database", str(database), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [(s["variant_id"], s["people"]) for s in told["scripts"]] == [("s1", 3)]


def test_a_script_is_spoken_for_one_person_and_handed_over(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "gifts.zip"
    words = ["--script", "s1", "--person", "p1", "--out", str(out), "--json"]

    assert main(["speak", "--database", str(database), *words]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["ready"], told["published"]["assets"]) == (1, 1)
    with ZipFile(out) as archive:
        [wav] = [name for name in archive.namelist() if name.endswith(".wav")]
        assert len(archive.read(wav)) > 48_000


def test_all_scripts_of_a_campaign_are_spoken_and_what_is_wrong_is_said_before(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["speak", "--database", str(database)]
    for wrong, told in (
        (["--campaign", "nine"], "There are: gifts (Gifts)."),
        (["--person", "p1"], "--person goes with --script"),
        (["--script", "s1", "--channel", "video_script"], "--channel goes with --campaign"),
        (["--run", "vr1"], "--out FILE.zip"),
    ):
        assert main([*words, *wrong]) == 2
        assert told in capsys.readouterr().err
    out = tmp_path / "all.zip"

    assert main([*words, "--campaign", "gifts", "--unsigned", "--out", str(out)]) == 0

    told = capsys.readouterr().out
    assert "gifts: 3 of 3 files are ready." in told
    assert f"3 files in {out}, 0 left out." in told
    assert main(words) == 0
    listed = capsys.readouterr().out
    assert "video_script, sales, direct/offer/short, en-GB: 3 people, 3 made" in listed
    assert "Gifts, video_script: 3 of 3 files may be used now" in listed


def test_an_unknown_script_is_refused_with_those_that_there_are(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["speak", "--database", str(database), "--script", "s9"]) == 2

    assert "There are: s1." in capsys.readouterr().err
