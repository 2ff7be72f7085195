"""Runs of spoken files: who gets one, what is kept, and what holds it back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from personalization.campaign.voice import make_voice_assets
from personalization.voice import AssetOptions
from tests.voice.spoken import Scripted, fill, settings_for

if TYPE_CHECKING:
    from personalization.store import Store

PLAIN = AssetOptions(forms=("wav",), is_signed=False)


def made(store: Store, folder: Path, engine: Scripted | None = None, **wanted: object):
    return make_voice_assets(
        store, settings_for(folder), "gifts", variant_id="s1", actor="mia",
        engine=engine or Scripted(), **{"options": PLAIN, **wanted},
    )  # fmt: skip


def test_everybody_gets_a_file_of_their_own(store: Store, tmp_path: Path) -> None:
    fill(store)
    run = made(store, tmp_path)
    print(run, list(tmp_path.rglob("*")))
    assert run.ready == 3, run
