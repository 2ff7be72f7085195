"""How long it takes to screen the messages of sample campaigns, in a process of its own.

The campaigns are made by the product from the sample customers and the shipped library.  The
clock of the first sight starts before the process does, so that loading the model counts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

AIM_FIRST: Final = 30.0
AIM_AGAIN: Final = 2.0
N_VARIANTS: Final = 100
_TONES: Final = ("friendly", "formal", "professional", "promotional", "informative")
_MESSAGES: Final = """
    SELECT subject, preheader, body, call_to_action, link, footer
    FROM current_variants JOIN campaigns USING (campaign_id) ORDER BY name, variant_id
"""


def fill(database: Path) -> None:
    """Write a campaign in each tone to a database, with nothing screened yet."""
    from personalization import campaign, content, generation
    from personalization.domain import Brief
    from personalization.providers.composer import Composer
    from personalization.settings import Settings
    from personalization.store import open_store

    store, settings = open_store(database), Settings()
    dataset_id = campaign.load_sample(store, actor="benchmark")
    campaign.import_content(store, settings, actor="benchmark")
    for tone in _TONES:
        campaign_id = campaign.create_campaign(
            store, name=tone, dataset_id=dataset_id, brief=Brief(tone=tone),
            send_on=date(2026, 12, 1), actor="benchmark", request_id=tone, seed=tone,
        )  # fmt: skip
        proposal = campaign.fit_segments(store, settings, campaign_id)
        if proposal.small:
            merges = dict(proposal.small)
            proposal = campaign.fit_segments(store, settings, campaign_id, merges=merges)
        campaign.keep_segments(store, campaign_id, proposal, actor="benchmark")
        content.find_for_campaign(store, settings, campaign_id, encoder=None)
        generation.write_variants(
            store, settings, campaign_id, actor="benchmark", writer=Composer()
        )
    store.close()


def messages_in(database: Path) -> list[tuple[str, ...]]:
    """Return the fields of each message, campaign by campaign."""
    from personalization.store import open_store

    store = open_store(database)
    rows = [tuple(map(str, row)) for row in store.read(_MESSAGES)]
    store.close()
    return rows


def measure() -> dict[str, Any]:
    """Return seconds on first sight, again, and for the same sentences in other messages."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "messages.json"
        fill(Path(folder) / "campaigns.duckdb")
        messages = messages_in(Path(folder) / "campaigns.duckdb")
        file.write_text(json.dumps(messages), "utf-8")
        environ = {**os.environ, "OMP_NUM_THREADS": "2"}
        found: dict[str, Any] = json.loads(
            subprocess.run(
                [sys.executable, __file__, "--screen", str(file), "--begun", str(time.time())],
                check=True, capture_output=True, text=True, env=environ, cwd=ROOT,
            ).stdout.splitlines()[-1]
        )  # fmt: skip
    found["messages"] = messages
    return found


def screen_in_this_process(file: Path, begun: float) -> dict[str, Any]:
    """Screen the first hundred, the same again, and all others; seconds of each."""
    from personalization.domain import Message
    from personalization.providers.encoders import minilm
    from personalization.providers.local_screener import LocalScreener
    from personalization.safety import read_policy, screen
    from personalization.safety.reading import Context
    from personalization.settings import Brand

    brand, policy, classifier = Brand(), read_policy(), LocalScreener(minilm())
    context = Context(brand.sender_name, brand.sender_address, brand.allowed_domains)
    messages = [Message(*fields) for fields in json.loads(file.read_text("utf-8"))]
    first, others = messages[:N_VARIANTS], messages[N_VARIANTS:]
    seconds: dict[str, Any] = {"n_first": len(first), "n_others": len(others)}
    for name, batch in (("first_sight", first), ("again", first), ("sentences_repeat", others)):
        started = begun if name == "first_sight" else time.time()
        cpu = 0.0 if name == "first_sight" else time.process_time()
        for message in batch:
            screen(message, context, classifier, policy)
        seconds[name] = round(time.time() - started, 2)
        seconds[f"{name}_processor"] = round(time.process_time() - cpu, 2)
    return seconds


def main() -> None:
    """Run as the measured process, or print what it measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screen", type=Path)
    parser.add_argument("--begun", type=float, default=0.0)
    options = parser.parse_args()
    if options.screen:
        print(json.dumps(screen_in_this_process(options.screen, options.begun)))
    else:
        print(json.dumps({k: v for k, v in measure().items() if k != "messages"}, indent=1))


if __name__ == "__main__":
    main()
