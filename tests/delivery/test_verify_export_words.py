from __future__ import annotations

import json
from typing import TYPE_CHECKING

from personalization.delivery import verify_export

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_help_says_how_the_script_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify_export.main("--help") == 0

    told = capsys.readouterr().out
    assert "python verify_export.py [FOLDER] [ANCHORED_HEAD]" in told
    assert "NOT PROVEN" not in told


def test_reasons_beyond_the_first_twenty_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "certificate.json").write_text(json.dumps({"statement": {"texts": []}}))
    monkeypatch.setattr(verify_export, "proof_problems", lambda *_: ["wrong"] * 136)
    monkeypatch.setattr(verify_export, "row_problems", lambda *_: [])

    assert verify_export.main(str(tmp_path)) == 1

    told = capsys.readouterr().out.splitlines()
    assert (told.count("wrong"), told[-1]) == (20, "... and 116 more.")
