"""The word ``brand``: the profile that is in force, and what it makes of a text or of itself."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.cli.command import Command
from personalization.cli.places import stored
from personalization.errors import InputError
from personalization.settings import settings_in_force

if TYPE_CHECKING:
    import argparse

    from personalization.content import LineVerdict
    from personalization.domain import BrandProfile

_LONGEST: Final = 200_000


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "show prints the brand's profile. check FILE holds a text against it, line by line: "
        "forbidden words, words for which the house has another, and how it sounds; or, where FILE "
        "ends in .toml, the profile in it against its own examples. Exit code 2 where a line or a "
        "profile breaks; the tone alone leaves it at 0."
    )
    parser.add_argument("deed", choices=("show", "check"))
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE")
    parser.add_argument("--profile", type=Path, metavar="FILE.toml", help="instead of the brand's")
    parser.add_argument("--locale", default="en-GB")
    parser.add_argument(
        "--database", type=Path, metavar="FILE",
        help="take the profile in force there; without it the brand.toml beside the content",
    )  # fmt: skip


def _brand(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.deed == "show":
        profile, source = _profile(arguments)
        return {"source": source, **asdict(profile)}
    if arguments.file is None:
        raise InputError("Name the file to check: personalize brand check FILE.")
    if arguments.file.suffix == ".toml":
        return _check_profile(arguments)
    return _check_text(arguments)


def _profile(arguments: argparse.Namespace) -> tuple[BrandProfile, str]:
    from personalization import campaign  # noqa: PLC0415

    settings = settings_in_force()
    if arguments.profile:
        return campaign.read_brand_file(arguments.profile), str(arguments.profile)
    if arguments.database is None:
        path = Path(settings.content.corpus) / "brand.toml"
        return campaign.read_brand_file(path), str(path)
    with closing(stored(arguments.database)) as store:
        return campaign.brand_profile(store), str(arguments.database)


def _check_text(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415

    profile, source = _profile(arguments)
    found = campaign.try_brand(profile, _read(arguments.file), locale=arguments.locale)
    if found.verdict == "breaks":
        arguments.exit_code = 2
    return {
        "file": str(arguments.file),
        "profile": {"version": profile.version, "source": source},
        "verdict": found.verdict,
        "reason": found.reason,
        "lines": [_line(line) for line in found.lines],
        "measures": asdict(found.measures),
        "distances": [asdict(row) for row in found.distances],
    }


def _check_profile(arguments: argparse.Namespace) -> dict[str, Any]:
    from personalization import campaign  # noqa: PLC0415
    from personalization.store import open_store  # noqa: PLC0415

    profile = campaign.read_brand_file(arguments.file)
    store = open_store()
    try:
        found = campaign.check_brand_profile(store, settings_in_force(), profile)
    finally:
        store.close()
    if found.faults:
        arguments.exit_code = 2
    return {
        "file": str(arguments.file),
        "verdict": "breaks" if found.faults else "asks" if found.doubts else "fits",
        "faults": list(found.faults),
        "doubts": list(found.doubts),
        "examples": [
            {"is_on_brand": each.is_on_brand, "is_told": each.is_told, **_line(each.line)}
            for each in found.samples
        ],
    }


def _read(path: Path) -> str:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if len(text) > _LONGEST:
        raise InputError(f"{path} has {len(text):,} characters; {_LONGEST:,} are the most.")
    return text


def _line(line: LineVerdict) -> dict[str, Any]:
    return {
        "text": line.text,
        "verdict": line.verdict,
        "reasons": list(line.reasons),
        "words": [
            {
                "rule": each.rule, "span": [each.start, each.end],
                "text": line.text[each.start : each.end], "term": each.term,
                "instead": each.instead,
            }
            for each in line.words
        ],
    }  # fmt: skip


def _text(document: dict[str, Any], arguments: argparse.Namespace) -> str:
    if arguments.deed == "show":
        return _shown(document)
    if "lines" not in document:
        said = [*document["faults"], *(f"Asked: {doubt}" for doubt in document["doubts"])]
        told = sum(each["is_told"] for each in document["examples"])
        return "\n".join((*said, f"{told} of {len(document['examples'])} examples as given."))
    rows = [
        f"{row['verdict']:7}{row['text']}" + "".join(f"\n       - {why}" for why in row["reasons"])
        for row in document["lines"]
    ]
    return "\n".join((*rows, document["reason"]))


def _shown(document: dict[str, Any]) -> str:
    pairs = [f"{own}, not {other}" for own, other in document["vocabulary"]]
    parts = {
        f"Version {document['version']}, from {document['source']}": (
            document["personality"].splitlines()
        ),
        "What we do": document["do"], "What we never do": document["dont"],
        "Vocabulary": pairs, "Forbidden words": document["forbidden"],
        "Sounds like us": document["on_brand"], "Does not sound like us": document["off_brand"],
        "E-mail design": [f"{name}: {value}" for name, value in document["design"].items()],
    }  # fmt: skip
    return "\n".join(
        line for title, lines in parts.items() for line in (title, *(f"  {one}" for one in lines))
    )


COMMANDS: Final = {
    "brand": Command("the brand's profile, and a text held against it", _arguments, _brand, _text),
}
