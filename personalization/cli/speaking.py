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

    from personalization.reports.voice import SpeakableScript
    from personalization.store import Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Without --script it lists the approved messages that may be spoken, the speakers, and the "
        "runs there were. With one it makes a file for each of its people, or only for those named "
        "with --person: what an earlier run made is not made again. --out hands over what may be "
        "used now as a ZIP with its manifest and captions."
    )
    parser.add_argument("--script", default="", metavar="ID", help="an approved message")
    parser.add_argument("--speaker", default="house", metavar="ID", help="in whose delivery")
    parser.add_argument("--person", action="append", default=[], metavar="ID", help="only this one")
    parser.add_argument("--channels", type=int, choices=(1, 2), default=1)
    parser.add_argument("--format", action="append", default=[], choices=("mp3", "opus", "flac"),
                        help="beside WAV; without it what the settings say")  # fmt: skip
    parser.add_argument("--whole", action="store_true", help="say all anew for each person")
    parser.add_argument("--unsigned", action="store_true", help="no Content Credentials")
    parser.add_argument("--no-spoken-disclosure", default="", metavar="WHY",
                        help="the voice does not say that it is AI-generated, and why; by those "
                        "only whom [voice] compliance_officers names")  # fmt: skip
    parser.add_argument("--run", default="", metavar="ID", help="hand this run over with --out")
    parser.add_argument("--out", type=Path, metavar="FILE.zip")
    parser.add_argument("--purpose", choices=("video", "link", "dialler"), default="video")
    parser.add_argument("--by", metavar="NAME", default="command line", help="for the record")
    parser.add_argument("--database", type=Path, default=database_path())


def _speak(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.out and not (arguments.run or arguments.script):
        raise InputError("Say what to hand over: --script ID, or --run ID of an earlier run.")
    with closing(stored(arguments.database)) as store:
        if not (arguments.script or arguments.run):
            return _listed(store)
        told = _made(store, arguments) if arguments.script else {"run_id": arguments.run}
        if arguments.out:
            told |= _handed_over(store, arguments, str(told["run_id"]))
        return told


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

    settings, script = settings_in_force(), _script(store, arguments.script)
    others: dict[str, Any] = {
        "is_spliced": not arguments.whole, "is_signed": not arguments.unsigned,
        "has_disclosure": not arguments.no_spoken_disclosure,
        "why_not": arguments.no_spoken_disclosure,
    }  # fmt: skip
    if arguments.format:
        others["forms"] = ("wav", *arguments.format)
    options = campaign.AssetOptions.of(settings.voice, channels=arguments.channels, **others)
    run = campaign.make_voice_assets(
        store, settings, script.campaign_id, variant_id=script.variant_id,
        speaker_id=arguments.speaker, people=arguments.person, options=options,
        actor=arguments.by,
    )  # fmt: skip
    if run.failed or run.stopped:
        arguments.exit_code = 2
    return {**asdict(run), "told": run.sentence,
            "manifest": campaign.voice_manifest(store, run.run_id)}  # fmt: skip


def _script(store: Store, variant_id: str) -> SpeakableScript:
    from personalization.reports import voice as reports  # noqa: PLC0415

    found = {script.variant_id: script for script in reports.scripts(store)}
    if variant_id not in found:
        known = ", ".join(list(found)[:10]) or "none yet; approve one on the Review page"
        raise InputError(f"{variant_id!r} is no approved message to speak. There are: {known}.")
    return found[variant_id]


def _handed_over(store: Store, arguments: argparse.Namespace, run_id: str) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415

    path = writable(arguments.out)
    found = campaign.publish_voice_assets(
        store, run_id, path, purpose=arguments.purpose, actor=arguments.by
    )
    return {"out": str(path), "published": asdict(found)}


def _text(document: dict[str, Any], _: argparse.Namespace) -> str:
    """Write it as it is read."""
    lines: list[str] = []
    if "scripts" in document:
        lines += ["Scripts that may be spoken:"]
        lines += [
            f"  {each['variant_id']}  {each['channel']}, {each['segment']}, {each['people']} people"
            for each in document["scripts"]
        ] or ["  none; approve a message first"]
        lines += ["Speakers:"]
        lines += [f"  {each['speaker_id']}  {each['name']}" for each in document["speakers"]]
        lines += [f"Runs: {len(document['runs'])}"]
    if "told" in document:
        lines += [f"Run {document['run_id']}: {document['told']}"]
    if "published" in document:
        found = document["published"]
        lines += [f"{found['assets']} files in {document['out']}, {found['left_out']} left out. "
                  f"{found['first_reason']}".rstrip()]  # fmt: skip
    return "\n".join(lines)


COMMANDS: Final = {
    "speak": Command("approved scripts said for each person", _arguments, _speak, _text),
}
