"""Spoken assets: approved words, said for each person in a speaker's delivery, and handed over.

A run may stop at any moment: what was made is kept, and the next run makes the rest only.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization import voice
from personalization.campaign.voice_handover import publish_voice_assets, voice_manifest
from personalization.errors import InputError
from personalization.providers import registry
from personalization.voice import (
    AssetOptions,
    Bench,
    Sayer,
    Scope,
    SpeakerConsent,
    Studio,
    VoiceRun,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from personalization.jobs import Progress
    from personalization.providers.speech import SpeechEngine
    from personalization.settings import Settings
    from personalization.store import Store
    from personalization.voice import Asset, Listener, Script

__all__ = [
    "AssetOptions",
    "Desk",
    "Scope",
    "SpeakerConsent",
    "desk_for",
    "keep_speaker_consent",
    "make_voice_assets",
    "publish_voice_assets",
    "remove_voice_files",
    "revoke_speaker",
    "voice_manifest",
]

keep_speaker_consent = voice.keep_consent

_BATCH: Final = 20
"""People whose files are made before their rows are written."""

_MOST_FAILURES: Final = 5
"""Failures one after the other after which an engine is taken to be down."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What is the same for everybody of a run."""

    store: Store
    bench: Bench
    desk: Desk
    actor: str

    @property
    def consent_id(self) -> str | None:
        return self.desk.consent[0] if self.desk.consent else None

    @property
    def told(self) -> dict[str, Any]:
        """The columns of the run's row that are known from its beginning."""
        bench, script = self.bench, self.desk.script
        settings = bench.studio.options.as_json()
        if bench.listening:
            settings["listened"] = bench.listening.as_json()
        return {
            "campaign_id": script.campaign_id, "variant_id": script.variant_id,
            "version": script.version, "content_sha256": script.fingerprint,
            "speaker_id": self.desk.delivery.speaker_id,
            "profile_version": self.desk.delivery.version, "consent_id": self.consent_id,
            "engine": bench.provenance.engine, "settings": settings,
            "folder": str(bench.folder),
        }  # fmt: skip

    def make(self, listener: Listener) -> Asset:
        """Make one person's files, or say why there are none."""
        pieces, held = self.desk.sayer.pieces(listener)
        consent = self.desk.consent
        if consent and not consent[1].covers_country(listener.country):
            country = listener.country or "an unknown country"
            held = held or f"The speaker's consent does not cover listeners in {country}."
        return voice.make_asset(self.bench, listener, pieces, listener.fault or held)


def make_voice_assets(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    variant_id: str,
    speaker_id: str = voice.HOUSE,
    people: Sequence[str] = (),
    options: AssetOptions | None = None,
    actor: str,
    progress: Progress | None = None,
    engine: SpeechEngine | None = None,
) -> VoiceRun:
    """Speak an approved message for each of its people; what is there already is not made again.

    Args:
        store: Reads ``speakable_variants`` and the people; writes ``voice_assets``, ``voice_runs``
            and one audit row.
        settings: Say which engine, where files go, and how long one may be.
        campaign_id: Whose message.
        variant_id: Which.
        speaker_id: In whose delivery; the synthetic house voice needs no consent.
        people: Ids; empty is everybody whom the message is for.
        options: How files are made; what the settings say where it is None.
        actor: Who asks.
        progress: Is told how far it is, and asked whether to stop.
        engine: Speaks; what the settings name where it is None.

    Raises:
        StateError: The message is not approved as it stands, or the speaker was never measured.
        PermissionDenied: The speaker did not agree to this use, or the spoken disclosure is left
            out by somebody who may not.
        InputError: Nobody is meant, or the language has no sentence that tells of the voice.
        ProviderError: The engine is not there at all.
    """
    script = voice.approved_script(store, campaign_id, variant_id)
    desk = desk_for(
        store, settings, script, speaker_id, options=options, actor=actor, engine=engine
    )
    work = _work(store, settings, desk, actor=actor)
    run_id, made, failures, reused = f"vr{uuid4().hex[:10]}", 0, 0, 0
    total, stopped = voice.count_listeners(store, script, people), ""
    if not total:
        raise InputError(
            "This message is for none of these people. Choose messages for prospects first; "
            "customers are those of its segment who may be written to."
        )
    with store.transaction():
        voice.count_run(store, run_id, work.told, actor=actor)
    with ThreadPoolExecutor(settings.voice.workers, thread_name_prefix="voice") as pool:
        for batch in _batches(voice.listeners(store, script, people)):
            ready = _prepared(work, batch, sample=settings.voice.listened_files - made)
            assets = list(pool.map(ready.make, batch))
            assets, stopped = _keep(work, run_id, assets)
            made, reused = made + len(batch), reused + sum(each.is_reused for each in assets)
            failures = _failures_in_a_row(assets, failures)
            if progress:
                progress.report(made, total, f"{made:,} of {total:,} people")
            if not stopped and failures >= _MOST_FAILURES:
                stopped = f"The engine failed {failures} times in a row, so it was not asked again."
            if not stopped and progress and progress.is_cancelled():
                stopped = "It was stopped."
            if stopped:
                break
    if stopped:
        stopped += f" {total - made:,} people are left; speak it again to go on."
    return voice.keep_run(store, run_id, work.told, reused=reused, stopped=stopped, actor=actor)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a script is spoken with, whether files are kept of it or not."""

    script: Script
    delivery: voice.Delivery
    consent: tuple[str, Scope] | None
    studio: Studio
    sayer: Sayer


def desk_for(
    store: Store, settings: Settings, script: Script, speaker_id: str, *,
    options: AssetOptions | None, actor: str, engine: SpeechEngine | None,
) -> Desk:  # fmt: skip
    """Lay out what a script is spoken with, once all who have to agree did.

    Raises:
        PermissionDenied: The speaker did not agree to this use, or the spoken disclosure is left
            out by somebody who may not.
        InputError: There is no such speaker or engine.
    """
    options = options or AssetOptions.of(settings.voice)
    if speaker_id == voice.HOUSE:
        voice.keep_house_voice(store, actor=actor)
    if not options.has_disclosure:
        voice.refuse_silence(actor, options.why_not, settings.voice.compliance_officers)
    line = voice.disclosure(script.locale) if options.has_disclosure else ""
    engine = engine or registry.speech_engine(settings.voice)
    delivery = voice.delivery_of(store, speaker_id, engine=engine.name)
    named = delivery.voice or settings.voice.voice
    consent = voice.consent_for(
        store, speaker_id, channel=script.channel, campaign_id=script.campaign_id,
        locale=script.locale, copy=voice.copied_voice(engine.name, named),
    )  # fmt: skip
    studio = Studio(engine, named, delivery.dials, options)
    sayer = Sayer(
        script.locale, voice.lexicon_of(store), line,
        is_line_first=script.channel == "call_snippet", is_spliced=options.is_spliced,
    )  # fmt: skip
    return Desk(script, delivery, consent, studio, sayer)


def _work(store: Store, settings: Settings, desk: Desk, *, actor: str) -> _Work:
    """Make the place where files are written, and what each says of itself."""
    root = Path(settings.voice.folder)
    script = desk.script
    folder = root / voice.plain_name(script.campaign_id) / voice.plain_name(script.variant_id)
    folder.mkdir(parents=True, exist_ok=True)
    engine, now = desk.studio.engine, store.now()
    provenance = voice.Provenance(
        f"{engine.name} {engine.version}", "Spoken message", settings.brand.name,
        voice.disclosure(script.locale), now.date().isoformat(),
    )  # fmt: skip
    signer = None
    if desk.studio.options.is_signed:
        signer = voice.signer_of(root / "signing", producer=settings.brand.name, now=now)
    files = settings.voice.listened_files
    profile = voice.profile_of(store, desk.delivery.speaker_id) if files else None
    listening = voice.Listening(files, script.locale, profile.measures if profile else None)
    bench = Bench(desk.studio, folder.resolve(), provenance, signer, {}, listening)
    return _Work(store, bench, desk, actor)


def _prepared(work: _Work, batch: Sequence[Listener], *, sample: int) -> _Work:
    """Look up what there is already for a batch, of whose first files some are listened to."""
    people = [listener.person_id for listener in batch]
    earlier = voice.earlier_assets(work.store, people)
    heard = frozenset(people[: max(0, sample)])
    return replace(work, bench=replace(work.bench, earlier=earlier, sample=heard))


def _batches(groups: Iterable[Sequence[Listener]]) -> Iterator[Sequence[Listener]]:
    for group in groups:
        for start in range(0, len(group), _BATCH):
            yield group[start : start + _BATCH]


def _keep(work: _Work, run_id: str, assets: list[Asset]) -> tuple[list[Asset], str]:
    """Write a batch's rows, unless the speaker's consent ended while it was made."""
    with work.store.transaction():
        if voice.still_stands(work.store, work.consent_id):
            voice.keep_assets(work.store, run_id, assets)
            voice.count_run(work.store, run_id, work.told, actor=work.actor)
            return assets, ""
        told = "The speaker's consent ended while the files were made."
        held = [voice.withheld(asset, told) for asset in assets]
        voice.keep_assets(work.store, run_id, held)
        voice.count_run(work.store, run_id, work.told, actor=work.actor)
    voice.delete_made(work.bench.folder, assets)
    return held, told


def _failures_in_a_row(assets: Sequence[Asset], before: int) -> int:
    count = before
    for asset in assets:
        count = count + 1 if asset.status == "failed" else 0
    return count


def revoke_speaker(store: Store, speaker_id: str, *, reason: str, actor: str) -> str:
    """Take a speaker's consents back, and say what is held for it.

    Raises:
        InputError: There is no such speaker, or no reason.
    """
    revoked, assets = voice.revoke_consents(store, speaker_id, reason=reason, actor=actor)
    if not revoked:
        return "No consent of this speaker stood, so nothing changed."
    return (
        f"{revoked:,} {'consent' if revoked == 1 else 'consents'} revoked. All {assets:,} files "
        "made in this delivery are held from now on; whoever has files from before is to delete "
        "them."
    )


def remove_voice_files(store: Store, settings: Settings, *, actor: str) -> int:
    """Delete the spoken files whose time is over by the settings, and say how many."""
    return voice.remove_due(store, days=settings.voice.asset_days, actor=actor).files
