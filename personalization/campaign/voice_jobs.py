"""Files of a whole campaign in one run, and the jobs that make files while a page is left.

A campaign speaks several scripts, each to the people for whom it was chosen.  All of them are made
one script after the other; what is there already is kept, so that going on makes the rest only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personalization import voice
from personalization.campaign.voice import make_voice_assets
from personalization.errors import InputError, PermissionDenied, PersonalizationError, StateError
from personalization.jobs import Progress
from personalization.providers import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from personalization.jobs import JobRunner
    from personalization.providers.speech import SpeechEngine
    from personalization.settings import Settings
    from personalization.store import Store
    from personalization.voice import AssetOptions, VoiceRun

_REFUSED = (StateError, PermissionDenied, InputError)


@dataclass(frozen=True, slots=True)
class CampaignVoice:
    """What the files of a campaign came to.

    Attributes:
        people: Whom all the scripts are for; somebody with two scripts counts twice.
        runs: One for each script that was spoken, in their order.
        left_out: People of scripts that may not be spoken like that.
        why_left_out: Why the first of those scripts may not.
        stopped: Why it ended before everybody's turn; empty where it did not.
    """

    people: int
    runs: tuple[VoiceRun, ...]
    left_out: int = 0
    why_left_out: str = ""
    stopped: str = ""

    def count(self, name: str) -> int:
        """Return the sum over the runs of one of their counts, such as ``ready``."""
        return sum(int(getattr(run, name)) for run in self.runs)

    @property
    def sentence(self) -> str:
        """Say it in a few sentences."""
        ready, held, failed = (self.count(name) for name in ("ready", "held", "failed"))
        told = [f"{ready:,} of {self.people:,} files are ready"]
        if reused := self.count("reused"):
            told[0] += f", {reused:,} of them from before"
        told[0] += f"; {held:,} held, {failed:,} failed." if held + failed else "."
        told += [run.first_reason for run in self.runs if run.first_reason][:1]
        if self.left_out:
            were = "was" if self.left_out == 1 else "were"
            told.append(f"{self.left_out:,} {were} not spoken. {self.why_left_out}")
        return " ".join([*told, self.stopped]).rstrip()


def make_campaign_voice(
    store: Store,
    settings: Settings,
    campaign_id: str,
    *,
    channels: Sequence[str] = (),
    speaker_id: str = voice.HOUSE,
    options: AssetOptions | None = None,
    actor: str,
    progress: Progress | None = None,
    engine: SpeechEngine | None = None,
) -> CampaignVoice:
    """Speak every approved script of a campaign for each person for whom it was chosen.

    Running it again makes what is missing and keeps the rest.  A script that the speaker did not
    agree to, or that cannot be spoken, is left out with its reason, and the others are made.

    Args:
        store: As for ``make_voice_assets``.
        settings: Likewise.
        campaign_id: Whose scripts.
        channels: Only scripts of these; empty is all.
        speaker_id: In whose delivery.
        options: How files are made; what the settings say where it is None.
        actor: Who asks.
        progress: Is told how far it is over all scripts, and asked whether to stop.
        engine: Speaks; what the settings name where it is None.

    Raises:
        InputError: No script is for anybody, or there is no such speaker.
        StateError, PermissionDenied: None of them may be spoken like that; the first reason.
        ProviderError: The engine is not there at all.
    """
    scripts = voice.scripts_for_people(store, campaign_id, channels=channels)
    if not scripts:
        raise InputError(
            "No approved script of this campaign is for anybody. Approve its texts, then choose "
            "messages on the Outreach page. Of a campaign to customers make one message's files at "
            "a time: its others are for the other groups of the test."
        )
    engine = engine or registry.speech_engine(settings.voice)
    people, before, left_out = sum(each.people for each in scripts), 0, 0
    runs: list[VoiceRun] = []
    refusals: list[PersonalizationError] = []
    for script in scripts:
        try:
            run = make_voice_assets(
                store, settings, campaign_id, variant_id=script.variant_id, speaker_id=speaker_id,
                options=options, actor=actor, engine=engine,
                progress=_shifted(progress, before, people),
            )  # fmt: skip
        except _REFUSED as error:
            refusals.append(error)
            left_out += script.people
        else:
            runs.append(run)
            if run.stopped:
                break
        before += script.people
    if not runs:
        raise refusals[0]
    return CampaignVoice(
        people, tuple(runs), left_out, str(refusals[0]) if refusals else "",
        _stopped(runs[-1], people - left_out - sum(run.assets for run in runs)),
    )  # fmt: skip


def _shifted(progress: Progress | None, before: int, people: int) -> Progress | None:
    """Return a place where one script tells how far it is, counted over all of them."""
    if progress is None:
        return None

    def report(done: int, total: int, message: str) -> None:
        del total, message
        progress.report(before + done, people, f"{before + done:,} of {people:,} files")

    return Progress(report, progress.is_cancelled)


def _stopped(run: VoiceRun, left: int) -> str:
    if not run.stopped:
        return ""
    why = run.stopped.split(".", maxsplit=1)[0]
    people = "1 person is" if left == 1 else f"{left:,} people are"
    return f"{why}. {people} left; make the missing files to go on."


def start_making_voice(
    jobs: JobRunner,
    store: Store,
    settings: Settings,
    campaign_id: str,
    **wanted: Any,  # noqa: ANN401
) -> str:
    """Start ``make_voice_assets`` as a job of the campaign, and return the job's id.

    Raises:
        StateError: Files of this campaign are being made already; nothing was started.
    """

    def work(progress: Progress) -> str:
        found = make_voice_assets(store, settings, campaign_id, progress=progress, **wanted)
        return found.sentence

    return _started(jobs, campaign_id, work)


def start_making_campaign_voice(
    jobs: JobRunner,
    store: Store,
    settings: Settings,
    campaign_id: str,
    **wanted: Any,  # noqa: ANN401
) -> str:
    """Start ``make_campaign_voice`` as a job of the campaign, and return the job's id.

    Raises:
        StateError: Files of this campaign are being made already; nothing was started.
    """

    def work(progress: Progress) -> str:
        found = make_campaign_voice(store, settings, campaign_id, progress=progress, **wanted)
        return found.sentence

    return _started(jobs, campaign_id, work)


def _started(jobs: JobRunner, campaign_id: str, work: Callable[[Progress], str]) -> str:
    """Start a job, unless files of the campaign are being made; one that waits can be stopped."""

    def unless_stopped(progress: Progress) -> str:
        if progress.is_cancelled():
            return "It was stopped before anything was made."
        return work(progress)

    known = frozenset(jobs.stops)
    job_id = jobs.submit(campaign_id, "voice", unless_stopped)
    if job_id in known:
        raise StateError(
            "Files of this campaign are being made already, so nothing more was started. Wait "
            "until that has ended, or stop it first."
        )
    return job_id
