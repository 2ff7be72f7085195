"""The register of speakers' consents: who agreed that their delivery is used, for what, until when.

A person's delivery is used with a standing consent whose scope covers the use, and never without.
A synthetic speaker needs none.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization.errors import InputError, PermissionDenied
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from personalization.store import Store

KINDS: Final = ("prosody_only", "voice")
"""What may be used: pitch, pace, pausing and dynamics; or the voice itself, at a provider."""

EVERYTHING: Final = "*"
"""In a scope: all channels, campaigns, languages or territories.  An empty list is none."""

STATEMENT_VERSION: Final = "2026-11"
STATEMENT: Final = (
    "I, {name}, agree that {company} measures how I speak in this recording (pitch level and "
    "movement, pace, pausing and dynamics) and uses these figures to have a synthetic voice "
    "deliver messages in that manner. It does not copy the sound of my voice. I can take this back "
    "at any time; nothing made with it is used from then on."
)
"""What a speaker reads out or signs, unless a team has words of its own."""

_SHA256: Final = 64  # hexadecimal digits
_GAP: Final = re.compile(r"\bI, *(?:…|\.\.\.|_+|\{\w*\})")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a consent covers; ``*`` in a list is everything, an empty list nothing.

    Attributes:
        channels: Of domain.OUTREACH_CHANNELS, or email.
        campaigns: Ids.
        languages: Such as ``en``; a country after it is not looked at.
        territories: Countries, ISO 3166-1 alpha-2.
    """

    channels: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    territories: tuple[str, ...] = (EVERYTHING,)

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Scope:
        """Read it as it was kept."""
        return cls(**{name: tuple(values) for name, values in found.items()})

    def missing(self, *, channel: str, campaign_id: str, locale: str) -> str:
        """Return what of a use it does not cover, in words; empty where it covers all."""
        languages = {_language(each) for each in self.languages}
        asked = (
            (f"the channel {channel!r}", channel, set(self.channels)),
            ("this campaign", campaign_id, set(self.campaigns)),
            (f"the language of {locale}", _language(locale), languages),
        )
        lacks = (what for what, value, covered in asked if not covered & {EVERYTHING, value})
        return ", ".join(lacks)

    def covers_country(self, country: str | None) -> bool:
        """Tell whether it covers listeners in a country; an unknown one only with all of them."""
        return EVERYTHING in self.territories or (country or "") in self.territories


def _language(locale: str) -> str:
    return locale.split("-", 1)[0].casefold()


@dataclass(frozen=True, slots=True)
class SpeakerConsent:
    """What a speaker agreed to, as it is entered.

    Attributes:
        speaker_id: Whose delivery.
        subject: The person's name.
        contact: How the person is reached.
        statement: The words that were agreed to.
        language: Of the statement.
        recording_sha256: Of the recording or the signed form; it is not kept here.
        recorded_at: When it was given.
        verifier: Who checked that it was this person.
        scope: What it covers.
        kind: One of KINDS.
        expires_on: Last day; None: until it is revoked.
        statement_version: Of the wording.
        provider_consent_id: Of a hosted voice.
        provider_voice_id: Likewise.
    """

    speaker_id: str
    subject: str
    contact: str
    statement: str
    language: str
    recording_sha256: str
    recorded_at: datetime
    verifier: str
    scope: Scope
    kind: str = "prosody_only"
    expires_on: date | None = None
    statement_version: str = STATEMENT_VERSION
    provider_consent_id: str = ""
    provider_voice_id: str = ""

    def __post_init__(self) -> None:
        """Refuse what would be no evidence.

        Raises:
            InputError: Something is missing, or the scope covers nothing.
        """
        if self.kind not in KINDS:
            raise InputError(f"There is no consent of kind {self.kind!r}. Use: {', '.join(KINDS)}.")
        for name in ("subject", "contact", "statement", "language", "verifier"):
            if not str(getattr(self, name)).strip():
                raise InputError(
                    f"The consent has no {name}. It is evidence only with who agreed, how the "
                    "person is reached, the words, their language and who checked it."
                )
        if _GAP.search(self.statement):
            raise InputError(
                "The statement has a gap where a name belongs. Enter it as it was read out or "
                "signed."
            )
        if len(self.recording_sha256) != _SHA256:
            raise InputError(
                "The consent has no recording or form. Upload it; only its fingerprint is kept."
            )
        if not (self.scope.channels and self.scope.campaigns and self.scope.languages):
            raise InputError(
                "The consent covers no channel, no campaign or no language. Choose what the "
                "speaker agreed to; an empty list covers nothing."
            )


_SPEAKER: Final = "SELECT name, is_person FROM speakers WHERE speaker_id = $speaker_id"
_KEEP: Final = """
    INSERT INTO speaker_consents
    VALUES ($consent_id, $speaker_id, $kind, $subject, $contact, $statement, $statement_version,
            $language, $recording_sha256, $recorded_at, $verifier, $scope, $expires_on,
            $provider_consent_id, $provider_voice_id, $kept_at, $kept_by)
"""


def keep_consent(store: Store, consent: SpeakerConsent, *, actor: str) -> str:
    """Enter a consent, and return its id.

    Args:
        store: Writes ``speaker_consents`` and one audit row, which names nobody.
        consent: What was agreed to.
        actor: Who enters it.

    Raises:
        InputError: There is no such speaker, it is a synthetic one, or the date lies ahead.
    """
    row = store.read_one(_SPEAKER, speaker_id=consent.speaker_id)
    if row is None:
        raise InputError(f"There is no speaker {consent.speaker_id!r}. Measure one first.")
    if not row[1]:
        raise InputError(f"{row[0]} is a synthetic voice, which needs no consent.")
    if consent.recorded_at > store.now():
        raise InputError("The consent is dated in the future. Enter the day on which it was given.")
    consent_id = f"sc{uuid4().hex[:10]}"
    values = {**asdict(consent), "scope": json.dumps(asdict(consent.scope))}
    with store.transaction():
        store.run(_KEEP, consent_id=consent_id, **values, kept_at=store.now(), kept_by=actor)
        record(
            store, "speaker.consented", consent_id, actor=actor, speaker_id=consent.speaker_id,
            covers=consent.kind, scope=asdict(consent.scope),
            recording_sha256=consent.recording_sha256,
            expires_on=consent.expires_on.isoformat() if consent.expires_on else None,
        )  # fmt: skip
    return consent_id


_STANDING: Final = """
    SELECT consent_id, scope FROM standing_speaker_consents($day)
    WHERE speaker_id = $speaker_id
      AND ($copy = '' OR (kind = 'voice' AND provider_voice_id = $copy))
    ORDER BY recorded_at DESC, consent_id
"""
_COPIES: Final = {"openai": re.compile(r"voice_"), "azure": re.compile(r"(?![a-z]{2,3}-\w)")}


def copied_voice(engine: str, voice: str) -> str:
    """Return a provider's voice that was made from a person's; empty where it is a stock voice.

    Example:
        >>> copied_voice("openai", "voice_17"), copied_voice("azure", "en-GB-RyanNeural")
        ('voice_17', '')
    """
    made = _COPIES.get(engine)
    return voice if voice and made and made.match(voice) else ""


def consent_for(
    store: Store, speaker_id: str, *, channel: str, campaign_id: str, locale: str, copy: str = ""
) -> tuple[str, Scope] | None:
    """Return the standing consent that covers a use; None for a synthetic speaker, who needs none.

    Args:
        store: Reads ``speakers`` and ``standing_speaker_consents``.
        speaker_id: Whose delivery.
        channel: Where it is heard.
        campaign_id: For which campaign.
        locale: Of the words.
        copy: The provider's voice if it is one made from a person's: it takes a consent to that
            very voice, for figures of how somebody speaks are not the sound of the voice.

    Raises:
        InputError: There is no such speaker.
        PermissionDenied: A person's delivery or voice, and no consent stands that covers this use.
    """
    row = store.read_one(_SPEAKER, speaker_id=speaker_id)
    if row is None:
        raise InputError(f"There is no speaker {speaker_id!r}. Measure one first.")
    name, is_person = row
    if not is_person and copy:
        raise PermissionDenied(
            f"The voice {copy!r} was made from a person's, and {name} is nobody. Choose the "
            "speaker whose voice it is, with a consent to it, or a stock voice in the settings."
        )
    if not is_person:
        return None
    lacks = ""
    for found in store.records(_STANDING, day=store.now().date(), speaker_id=speaker_id, copy=copy):
        scope = Scope.of(json.loads(found["scope"]))
        lacks = scope.missing(channel=channel, campaign_id=campaign_id, locale=locale)
        if not lacks:
            return str(found["consent_id"]), scope
    which = f" to the voice {copy!r}" if copy else ""
    why = f"what stands{which} does not cover {lacks}" if lacks else f"none{which} stands"
    raise PermissionDenied(
        f"{name} has to agree before anything is spoken in this delivery, and {why}. Enter the "
        "consent in the register of the Voice studio, or choose a synthetic voice."
    )


_STANDS: Final = """
    SELECT count(*) FROM standing_speaker_consents($day) WHERE consent_id = $consent_id
"""


def still_stands(store: Store, consent_id: str | None) -> bool:
    """Tell whether a consent counts now; that none was needed counts for ever."""
    if consent_id is None:
        return True
    row = store.read_one(_STANDS, day=store.now().date(), consent_id=consent_id)
    return bool(row and row[0])


_REVOKE: Final = """
    INSERT INTO speaker_revocations
    SELECT consent_id, $reason, $now, $actor FROM speaker_consents
    WHERE speaker_id = $speaker_id
      AND consent_id NOT IN (SELECT consent_id FROM speaker_revocations)
"""
_MADE: Final = """
    SELECT count(*) FROM voice_assets AS assets
    JOIN voice_runs AS runs ON runs.run_id = assets.run_id
    WHERE runs.speaker_id = $speaker_id AND assets.status = 'ready'
"""


def revoke_consents(store: Store, speaker_id: str, *, reason: str, actor: str) -> tuple[int, int]:
    """Take all consents of a speaker back; every asset in that delivery is held from then on.

    What was handed over before has to be called back by whoever has it; the audit row and
    ``voice_publications`` say what that was.  Running it twice changes nothing more.

    Args:
        store: Writes ``speaker_revocations`` and one audit row.
        speaker_id: Whose.
        reason: In the record.
        actor: Who enters it.

    Returns:
        How many consents were taken back, and how many assets are held for it.

    Raises:
        InputError: There is no such speaker, or no reason.
    """
    if store.read_one(_SPEAKER, speaker_id=speaker_id) is None:
        raise InputError(f"There is no speaker {speaker_id!r}.")
    if not reason.strip():
        raise InputError("Say why the consent ends: it stands in the record.")
    with store.transaction():
        revoked = store.run(
            _REVOKE, speaker_id=speaker_id, reason=reason.strip(), now=store.now(), actor=actor
        )
        made = int((store.read_one(_MADE, speaker_id=speaker_id) or (0,))[0])
        if revoked:
            record(
                store, "speaker.revoked", speaker_id, actor=actor, consents=revoked, assets=made,
                reason=reason.strip(),
            )  # fmt: skip
    return revoked, made
