"""The word ``speaker``: how somebody speaks in a recording, and the dials that come near it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import stored
from personalization.errors import InputError
from personalization.settings import Settings, load_settings

if TYPE_CHECKING:
    import argparse

    from personalization.voice.profiles import SpeakerProfile
    from personalization.voice.reference import Reference


def _arguments(parser: argparse.ArgumentParser) -> None:
    from personalization.voice.profiles import WHAT_IS_MATCHED  # noqa: PLC0415

    parser.description = (
        "Measures a recording of 20 seconds or more, better 60, and turns the dials of the voice "
        f"that is set up until what it says measures the same. {WHAT_IS_MATCHED} Errors are in "
        "tolerances: 1 is about what a listener notices."
    )
    parser.add_argument("file", type=Path, metavar="FIT.wav", help="WAV, FLAC, MP3, Ogg or Opus")
    parser.add_argument("--language", default="en-GB", help="of the recording, such as de-DE")
    parser.add_argument("--voice", default="", help="of the engine; without it the nearest")
    parser.add_argument("--measure-only", action="store_true", help="fit nothing")
    parser.add_argument("--config", type=Path, help="settings: which engine speaks")
    parser.add_argument("--name", default="", help="keep it as this speaker, in --database")
    parser.add_argument("--database", type=Path, metavar="FILE")
    parser.add_argument("--synthetic", action="store_true", help="the speaker is no person")


def _speaker(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415

    if bool(arguments.name) != bool(arguments.database):
        raise InputError("To keep a speaker give both: --name NAME and --database FILE.")
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        raise InputError(f"{arguments.file} cannot be read: {error.strerror}.") from error
    settings = load_settings(arguments.config) if arguments.config else Settings()
    found = campaign.measure_speaker(content)
    told = _measured(found, arguments.file)
    if arguments.measure_only:
        return told
    if not arguments.name:
        profile = campaign.try_fit(
            settings, found, language=arguments.language, voice_name=arguments.voice
        )
        return told | fitted_as_json(profile)
    with closing(stored(arguments.database)) as store:
        speaker_id, profile, _ = campaign.fit_speaker(
            store, settings, content, name=arguments.name, is_person=not arguments.synthetic,
            language=arguments.language, actor="command line",
        )  # fmt: skip
    return told | {"speaker_id": speaker_id} | fitted_as_json(profile)


def _measured(found: Reference, path: Path) -> dict[str, Any]:
    return {
        "file": str(path),
        "sha256": found.sha256,
        "seconds": round(found.seconds, 2),
        "warnings": list(found.warnings),
        "measures": found.measures.as_json(),
    }


def fitted_as_json(profile: SpeakerProfile) -> dict[str, Any]:
    """Return what the command prints of a fit."""
    from personalization.voice.profiles import WHAT_IS_MATCHED  # noqa: PLC0415

    return {
        "engine": profile.engine,
        "voice": profile.voice,
        "dials": profile.dials.as_json(),
        "errors": {
            error.measure: {
                "wanted": round(error.wanted, 3),
                "reached": round(error.reached, 3),
                "tolerances": round(error.tolerances, 3),
                "out_of_reach": error.out_of_reach,
            }
            for error in profile.errors
        },
        "error_before": round(profile.before, 3),
        "error": round(profile.error, 3),
        "renderings": profile.iterations,
        "what": WHAT_IS_MATCHED,
    }


def _text(told: dict[str, Any], _: argparse.Namespace) -> str:
    from personalization.voice.style_error import NAMES  # noqa: PLC0415

    lines = [f"{told['file']}: {told['seconds']:.1f} seconds", *told["warnings"], ""]
    if "errors" not in told:
        lines += [f"{name:20} {value:>9}" for name, value in told["measures"].items()]
        return "\n".join(lines)
    lines.append(f"{'':20} {'speaker':>9} {'voice':>9} {'tolerances':>11}")
    for measure, found in told["errors"].items():
        row = f"{NAMES[measure]:20} {found['wanted']:9.2f} {found['reached']:9.2f} "
        lines.append(f"{row}{found['tolerances']:11.2f}  {found['out_of_reach']}".rstrip())
    mean = f"Mean error {told['error']:.2f} tolerances; {told['error_before']:.2f} before the fit."
    return "\n".join([*lines, "", f"{mean} {told['engine']}, {told['voice']}.", told["what"]])


COMMANDS: Final = {
    "speaker": Command("how somebody speaks, and a voice fitted to it", _arguments, _speaker, _text)
}
