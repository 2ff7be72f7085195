"""A small outreach campaign with approved words to speak, and an engine that follows a script."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from personalization.campaign.voice import (
    AssetOptions,
    Scope,
    SpeakerConsent,
    make_voice_assets,
)
from personalization.domain import Message
from personalization.errors import ProviderError
from personalization.providers.speech import Speech, Utterance, Word, words_of
from personalization.settings import Settings, Voice

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from personalization.store import Store
    from personalization.voice import VoiceRun

RATE = 16_000
PLAIN = AssetOptions(forms=("wav",), is_signed=False)
BODY = (
    "Hi {{prospect.first_name|there}}, we wrap and post gifts for teams of every size. "
    "Shall we send a sample box to {{prospect.company|your team}}?"
)
PEOPLE = (("p1", "Anna", "Miller & Sons", "GB"), ("p2", "Tom", "Oak Hotel", "GB"),
          ("p3", None, None, "US"))  # fmt: skip


@dataclass
class Scripted:
    """Says a tone for each word, always the same; fails where it is told to."""

    fails_on: str = "\0"
    calls: list[str] = field(default_factory=list)
    on_call: object = None
    name: str = "espeak"
    version: str = "scripted 1"

    def speak(self, utterance: Utterance) -> Speech:
        self.calls.append(utterance.text)
        if callable(self.on_call):
            self.on_call()
        if self.fails_on in utterance.text:
            raise ProviderError("The engine broke off.")
        words, sounds, begins = [], [], 0.0
        for start, end in words_of(utterance.text):
            text = utterance.text[start:end]
            seconds = 0.045 * len(text)
            time = np.arange(round(seconds * RATE)) / RATE
            pitch = 110 + int(hashlib.sha256(text.encode()).hexdigest()[:2], 16) / 2
            sounds += [0.3 * np.sin(2 * np.pi * pitch * time), np.zeros(round(0.02 * RATE))]
            words.append(Word(text, start, end, begins, begins + seconds))
            begins += seconds + 0.02
        pcm = (np.concatenate(sounds) * 32_767).astype("<i2").tobytes()
        return Speech(pcm, RATE, tuple(words), "scripted 1")


def settings_for(folder: Path, *, officers: tuple[str, ...] = ()) -> Settings:
    return Settings(
        voice=Voice(folder=str(folder), formats=(), compliance_officers=officers, listened_files=0)
    )


def fill(store: Store, *, channel: str = "video_script", body: str = BODY) -> None:
    """Put a base of three prospects into the store, with a script that is approved for each."""
    now = store.now()
    store.run("INSERT INTO datasets VALUES ('people', 'People', false, $now, 'mia', NULL)", now=now)
    store.run(
        "INSERT INTO campaigns VALUES ('gifts', 'Gifts', 'people', NULL, '{}', $day, 'en-GB',"
        " 'salt', $now, 'mia', NULL)",
        day=date(2026, 12, 1), now=now,
    )  # fmt: skip
    store.run("INSERT INTO outreach_plans VALUES ('gifts', 'people', '{}', $now, 'mia')", now=now)
    store.run(
        "INSERT INTO policies (policy_version, policy, activated_at, activated_by)"
        " VALUES ('p1', '{}', $now, 'rob')", now=now,
    )  # fmt: skip
    for person_id, name, company, country in PEOPLE:
        store.run(
            "INSERT INTO prospects (dataset_id, prospect_id, email, first_name, company, account,"
            " country) VALUES ('people', $id, $email, $name, $company, $id || '.example',"
            " $country)",
            id=person_id, email=f"{person_id}@oak.example", name=name, company=company,
            country=country,
        )  # fmt: skip
    add_script(store, channel=channel, body=body)
    choose(store)


def add_script(
    store: Store, *, version: int = 1, channel: str = "video_script", body: str = BODY
) -> None:
    """Store a version of the script that is screened and approved."""
    text = Message("A gift", "", body, "", "", "")
    keys = {"version": version, "sha": text.content_sha256, "now": store.now()}
    store.run(
        "INSERT INTO variants VALUES ('s1', $version, 'gifts', 'sales', 'direct/offer/short',"
        " 'A gift', '', $body, '', '', '', 'en-GB', '{}', 'composer', '{}', $sha, $now, 'mia')",
        body=body, **keys,
    )  # fmt: skip
    if version == 1:
        store.run(
            "INSERT INTO variant_channels VALUES ('s1', $channel, 'opening', NULL, NULL)",
            channel=channel,
        )
    store.run(
        "INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision,"
        " engine, engine_version, policy_version, categories, n_strings, screened_at, readers,"
        " house_sha256) VALUES ('s1', $version, 'gifts', $sha, 'pass', 'embedded', '1', 'p1',"
        " '{}', 6, $now, 'other',"
        " (SELECT house_sha256 FROM house_rules WHERE campaign_id = 'gifts'))",
        **keys,
    )
    store.run(
        "INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, decision, note,"
        " actor, is_self_approved, screening_id, decided_at) SELECT 's1', $version, 'gifts', $sha,"
        " 'approved', '', 'rob', false, max(screening_id), $now FROM screenings",
        **keys,
    )


_CHOOSE = """
    INSERT INTO outreach_messages (message_id, run_id, campaign_id, dataset_id, prospect_id, step,
        status, code, reason, channel, variant_id, version, skeleton_sha256, fact_ids, body,
        is_default, made_at)
    SELECT 'm' || prospect_id, 'r1', 'gifts', 'people', prospect_id, 1, 'ready', '', '',
           'video_script', 's1', variants.version, variants.content_sha256, '',
           fill_prospect(prospect_form(body, prospect_filled(first, '', firm, '', '', '')),
                         first, '', firm, '', '', '', ''), false, $now
    FROM (SELECT *, prospect_value(first_name) AS first, prospect_value(company) AS firm
          FROM prospects) AS people
    CROSS JOIN (SELECT * FROM current_variants WHERE variant_id = 's1') AS variants
"""


def choose(store: Store) -> None:
    """Write the messages that the core would have chosen, filled as it fills them."""
    store.run("DELETE FROM outreach_messages")
    store.run(_CHOOSE, now=store.now())


def add_speaker(store: Store, speaker_id: str = "claire") -> None:
    """Add a person whose delivery was measured."""
    now = store.now()
    store.run(
        "INSERT INTO speakers VALUES ($id, 'Claire', true, 'en', $now, 'mia')",
        id=speaker_id, now=now,
    )  # fmt: skip
    store.run(
        "INSERT INTO speaker_profiles (speaker_id, version, reference_sha256, reference_seconds,"
        " measures, engine, dials, errors, error, fitted_at, fitted_by)"
        " VALUES ($id, 1, 'x', 61, '{}', 'espeak', $dials, '{}', 0.4, $now, 'mia')",
        id=speaker_id, dials=json.dumps({"rate": 180}), now=now,
    )  # fmt: skip


def consent(*, now: datetime, **changes: object) -> SpeakerConsent:
    """Return a consent of Claire's to video scripts in English; ``now`` is when it was given."""
    told: dict[str, Any] = {
        "speaker_id": "claire", "subject": "Claire Whitmore", "contact": "claire@hr.example",
        "statement": "I agree.", "language": "en", "recording_sha256": "a" * 64,
        "recorded_at": now, "verifier": "Rob",
        "scope": Scope(("video_script",), ("*",), ("en",)),
    }  # fmt: skip
    return SpeakerConsent(**{**told, **changes})


def speak(store: Store, folder: Path, engine: Scripted | None = None, **wanted: object) -> VoiceRun:
    """Have the script spoken by an engine that follows a script."""
    told: dict[str, Any] = {
        "options": PLAIN, "actor": "mia", "variant_id": "s1", "campaign_id": "gifts", **wanted,
    }  # fmt: skip
    settings = settings_for(folder, officers=("Ola",))
    return make_voice_assets(store, settings, engine=engine or Scripted(), **told)
