"""The word ``speak``: approved scripts said for each of their people, as files with a manifest."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import stored, writable
from personalization.errors import InputError
from personalization.settings import database_path, settings_in_force

if TYPE_CHECKING:
    import argparse

    from personalization.campaign import AssetOptions
    from personalization.reports.voice import SpeakableScript
    from personalization.store import Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Without --script or --campaign it lists the approved messages that may be spoken, the "
        "speakers, and the runs there were. With --script it makes a file for each of its people, "
        "or only for those named with --person; with --campaign those of all its scripts. What an "
        "earlier run made is not made again. --out hands over what may be used now as a ZIP with "
        "its manifest and captions."
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--script", default="", metavar="ID", help="an approved message")
    what.add_argument("--campaign", default="", metavar="ID", help="all scripts of this campaign")
    what.add_argument("--run", default="", metavar="ID", help="hand this run over with --out")
    parser.add_argument("--channel", action="append", default=[],
                        choices=("video_script", "call_snippet"),
                        help="of --campaign only these scripts")  # fmt: skip
    parser.add_argument("--speaker", default="house", metavar="ID", help="in whose delivery")
    parser.add_argument("--person", action="append", default=[], metavar="ID", help="only this one")
    parser.add_argument("--channels", type=int, choices=(1, 2), default=1,
                        help="1 is mono, 2 is stereo")  # fmt: skip
    parser.add_argument("--format", action="append", default=[], choices=("mp3", "opus", "flac"),
                        help="beside WAV; without it what the settings say")  # fmt: skip
    parser.add_argument("--whole", action="store_true", help="say all anew for each person")
    parser.add_argument("--unsigned", action="store_true", help="no Content Credentials")
    parser.add_argument("--no-spoken-disclosure", default="", metavar="WHY",
                        help="the voice does not say that it is AI-generated, and why; by those "
                        "only whom [voice] compliance_officers names")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FILE.zip")
    parser.add_argument("--purpose", choices=("video", "link", "dialler"), default="video",
                        help="what --out is for; a dialler gets call snippets only")  # fmt: skip
    parser.add_argument("--by", metavar="NAME", default="command line", help="for the record")
    parser.add_argument("--database", type=Path, default=database_path())


def _speak(arguments: argparse.Namespace) -> dict[str, Any]:
    _refuse_unfit(arguments)
    with closing(stored(arguments.database)) as store:
        if arguments.campaign:
            told = _made_all(store, arguments)
        elif arguments.script:
            told = _made(store, arguments)
        elif arguments.run:
            told = {"run_id": arguments.run}
        else:
            return _listed(store)
        if arguments.out:
            made = {run["run_id"] for run in told.get("runs", [told])}
            told |= _handed_over(store, arguments, made)
        return told


def _refuse_unfit(arguments: argparse.Namespace) -> None:
    """Refuse words that say nothing together, before anything is opened or made."""
    if arguments.out:
        writable(arguments.out)
        if not (arguments.run or arguments.script or arguments.campaign):
            raise InputError(
                "Say what to hand over: --campaign ID, --script ID, or --run ID of an earlier run."
            )
    if arguments.run and not arguments.out:
        raise InputError("Say where the files of the run go: --out FILE.zip.")
    if arguments.person and not arguments.script:
        raise InputError("--person goes with --script: whose file of which script is to be made.")
    if arguments.channel and not arguments.campaign:
        raise InputError("--channel goes with --campaign: which of its scripts are spoken.")


def _listed(store: Store) -> dict[str, Any]:
    from personalization.reports import voice as reports  # noqa: PLC0415

    return {
        "scripts": [asdict(script) for script in reports.scripts(store)],
        "speakers": [
            {"speaker_id": each.speaker_id, "name": each.name, "is_person": each.is_person,
             "error": each.error, "may_speak": each.may_speak}
            for each in reports.speakers(store)
        ],
        "runs": [{**run, "made_at": run["made_at"].isoformat()} for run in reports.runs(store)],
    }  # fmt: skip


def _made(store: Store, arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415

    script = _script(store, arguments.script)
    run = campaign.make_voice_assets(
        store, settings_in_force(), script.campaign_id, variant_id=script.variant_id,
        speaker_id=arguments.speaker, people=arguments.person, options=_options(arguments),
        actor=arguments.by,
    )  # fmt: skip
    if run.failed or run.stopped:
        arguments.exit_code = 2
    return {**asdict(run), "told": run.sentence,
            "manifest": campaign.voice_manifest(store, run.run_id)}  # fmt: skip


def _made_all(store: Store, arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415
    from personalization.reports import voice as reports  # noqa: PLC0415

    known = reports.campaigns(store)
    if arguments.campaign not in known:
        there = ", ".join(f"{key} ({name})" for key, name in list(known.items())[:10])
        raise InputError(
            f"{arguments.campaign!r} is no campaign with approved scripts. There are: "
            f"{there or 'none yet; approve texts under Outreach first'}."
        )
    made = campaign.make_campaign_voice(
        store, settings_in_force(), arguments.campaign, channels=arguments.channel,
        speaker_id=arguments.speaker, options=_options(arguments), actor=arguments.by,
    )  # fmt: skip
    if made.count("failed") or made.stopped or made.left_out:
        arguments.exit_code = 2
    return {**asdict(made), "campaign_id": arguments.campaign, "told": made.sentence}


def _options(arguments: argparse.Namespace) -> AssetOptions:
    from personalization import campaign  # noqa: PLC0415

    others: dict[str, Any] = {
        "is_spliced": not arguments.whole, "is_signed": not arguments.unsigned,
        "has_disclosure": not arguments.no_spoken_disclosure,
        "why_not": arguments.no_spoken_disclosure,
    }  # fmt: skip
    if arguments.format:
        others["forms"] = ("wav", *arguments.format)
    voice = settings_in_force().voice
    return campaign.AssetOptions.of(voice, channels=arguments.channels, **others)


def _script(store: Store, variant_id: str) -> SpeakableScript:
    from personalization.reports import voice as reports  # noqa: PLC0415

    found = {script.variant_id: script for script in reports.scripts(store)}
    if variant_id not in found:
        known = (
            ", ".join(list(found)[:10])
            or "none yet; approve scripts under Outreach, messages under Review"
        )
        raise InputError(f"{variant_id!r} is no approved message to speak. There are: {known}.")
    return found[variant_id]


def _handed_over(store: Store, arguments: argparse.Namespace, made: set[str]) -> dict[str, Any]:
    """Hand over what was made and is for the purpose: calls go to a dialler, and nothing else."""
    from personalization import campaign  # noqa: PLC0415
    from personalization.reports import voice as reports  # noqa: PLC0415

    path, is_call = arguments.out, arguments.purpose == "dialler"
    first, *others = [
        run["run_id"]
        for run in reports.runs(store)
        if run["run_id"] in made and (run["channel"] == "call_snippet") == is_call
    ] or sorted(made)
    found = campaign.publish_voice_assets(
        store, first, path, purpose=arguments.purpose, actor=arguments.by, others=others
    )
    return {"out": str(path), "published": asdict(found)}


def _text(document: dict[str, Any], _: argparse.Namespace) -> str:
    """Write it as it is read."""
    lines: list[str] = []
    if "scripts" in document:
        lines += ["Scripts that may be spoken:"]
        lines += [_script_line(each) for each in document["scripts"]] or [
            "  none; approve scripts under Outreach, or messages under Review"
        ]
        lines += ["Speakers:"]
        lines += [
            f"  {each['speaker_id']}  {each['name']}"
            f"{'' if each['may_speak'] else ' (no consent stands)'}"
            for each in document["speakers"]
        ] or ["  house  the synthetic voice that is always there"]
        lines += ["Runs:"]
        lines += [
            f"  {each['run_id']}  {each['made_at'][:16]}  {each['campaign']}, {each['channel']}: "
            f"{each['usable']:,} of {each['assets']:,} files may be used now"
            for each in document["runs"]
        ] or ["  none yet"]
    if "told" in document:
        name = document.get("run_id") or document["campaign_id"]
        lines += [f"{name}: {document['told']}"]
    if "published" in document:
        found = document["published"]
        lines += [f"{found['assets']} files in {document['out']}, {found['left_out']} left out. "
                  f"{found['first_reason']}".rstrip()]  # fmt: skip
    return "\n".join(lines)


def _script_line(script: dict[str, Any]) -> str:
    people = f"{script['people']:,} {'person' if script['people'] == 1 else 'people'}"
    return (
        f"  {script['variant_id']}  {script['campaign_id']}  {script['channel']}, "
        f"{script['segment']}, {script['arm']}, {script['locale']}: {people}, "
        f"{script['made']:,} made"
    )


COMMANDS: Final = {
    "speak": Command("approved scripts said for each person", _arguments, _speak, _text),
}
