"""The brand's profile on record: read from TOML or a form, and kept by version.

Versions are append-only, and the last one is in force.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from personalization.content.brand import faults_of
from personalization.domain import BrandProfile, EmailDesign
from personalization.errors import InputError, StateError
from personalization.providers.brand_profile import profile_in_force
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from personalization.store import Store

FILE: Final = "brand.toml"
"""Name of the profile that ships with a corpus."""

LINES: Final = ("do", "dont", "forbidden", "on_brand", "off_brand")
MOST_LINES: Final = 200
LONGEST_LINE: Final = 400
LONGEST_PERSONALITY: Final = 2_000

_OF_VERSION = "SELECT version, profile FROM brand_profiles WHERE version = $version"
_KEEP = """
    INSERT INTO brand_profiles (version, profile, note, saved_at, saved_by)
    VALUES ($version, $profile, $note, $now, $actor)
"""
_DIGEST = """
    SELECT sha256(CAST(profile AS VARCHAR)) FROM brand_profiles WHERE version = $version
"""


def profile_of_version(store: Store, version: int) -> BrandProfile:
    """Return an earlier profile; ``InputError`` where there is none of that number."""
    row = store.read_one(_OF_VERSION, version=version)
    if row is None:
        raise InputError(f"The brand profile has no version {version}. The Brand page lists them.")
    return BrandProfile.of(row[0], json.loads(row[1]))


def read_profile(told: Mapping[str, Any], place: str = "The brand profile") -> BrandProfile:
    """Read a profile from a mapping, as TOML or JSON gives it; blanks and repeats are left out.

    Raises:
        InputError: A key is unknown, or a value is not of its kind or too long.
    """
    known = {"personality", "vocabulary", "design", *LINES}
    if unknown := sorted(told.keys() - known):
        raise InputError(f"{place} has no {unknown[0]!r}. It knows: {', '.join(sorted(known))}.")
    personality = told.get("personality", "")
    if not isinstance(personality, str) or len(personality) > LONGEST_PERSONALITY:
        raise InputError(
            f"{place}: personality has to be a text of at most {LONGEST_PERSONALITY:,} characters."
        )
    lines = {name: _lines(place, name, told.get(name, ())) for name in LINES}
    return BrandProfile(
        personality=personality.strip(),
        do=lines["do"],
        dont=lines["dont"],
        forbidden=lines["forbidden"],
        on_brand=lines["on_brand"],
        off_brand=lines["off_brand"],
        vocabulary=_vocabulary(place, told.get("vocabulary", ())),
        design=_design(place, told.get("design", {})),
    )


def read_profile_file(path: Path) -> BrandProfile:
    """Read a profile from a TOML file; ``InputError`` says where it is at fault."""
    try:
        told = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return read_profile(told, path.name)


def _lines(place: str, name: str, told: object) -> tuple[str, ...]:
    if not isinstance(told, list | tuple) or not all(isinstance(line, str) for line in told):
        raise InputError(f"{place}: {name} has to be a list of texts.")
    lines = tuple(dict.fromkeys(" ".join(line.split()) for line in told if line.strip()))
    if len(lines) > MOST_LINES:
        raise InputError(f"{place}: {name} has {len(lines)} lines; {MOST_LINES} are the most.")
    if too_long := next((line for line in lines if len(line) > LONGEST_LINE), ""):
        raise InputError(
            f"{place}: a line of {name} is longer than {LONGEST_LINE} characters: "
            f"‘{too_long[:60]}…’. Say it in several."
        )
    return lines


def _vocabulary(place: str, told: object) -> tuple[tuple[str, str], ...]:
    pairs = list(told.items()) if isinstance(told, dict) else told
    if not isinstance(pairs, list | tuple):
        raise InputError(f"{place}: vocabulary has to be a list of pairs.")
    found: dict[tuple[str, str], None] = {}
    for pair in pairs:
        words = pair if isinstance(pair, list | tuple) else ()
        if len(words) != 2 or not all(isinstance(w, str) and w.strip() for w in words):  # noqa: PLR2004
            raise InputError(
                f"{place}: {pair!r} is no line of the vocabulary. Give the word of the house and "
                'what is not said in its place: ["basket", "cart"].'
            )
        found[" ".join(words[0].split()), " ".join(words[1].split())] = None
    return tuple(found)


def _design(place: str, told: object) -> EmailDesign:
    if not isinstance(told, dict):
        raise InputError(f"{place}: design has to be a table of colours, font and logo.")
    known = set(EmailDesign.__slots__)
    if unknown := sorted(told.keys() - known):
        raise InputError(f"{place} [design] has no {unknown[0]!r}: {', '.join(sorted(known))}.")
    if wrong := next((name for name, value in told.items() if not isinstance(value, str)), ""):
        raise InputError(f"{place} [design]: {wrong} has to be a text.")
    return EmailDesign(**told)


def told_of(profile: BrandProfile) -> dict[str, Any]:
    """Return a profile as JSON and TOML have it, without its version."""
    told = asdict(profile)
    del told["version"]
    return told


def save_profile(
    store: Store, profile: BrandProfile, *, based_on: int, actor: str, note: str
) -> int:
    """Keep a profile as the next version, which is in force from then on.

    Every message that was screened before has to be again; ``outdated_screenings`` says so.

    Args:
        store: Writes ``brand_profiles`` and one audit row, with no words of the profile.
        profile: The new one; its version does not matter.
        based_on: The version that the change was begun from.
        actor: Who saves it.
        note: What was changed, and why.

    Raises:
        InputError: There is no note, nothing was changed, or the profile contradicts itself.
        StateError: Somebody else saved another version meanwhile.
    """
    if not note.strip():
        raise InputError("Say in a note what was changed and why, for whoever looks later.")
    if faults := faults_of(profile):
        raise InputError(" ".join(faults))
    with store.transaction():
        known = profile_in_force(store)
        if known.version != based_on:
            raise StateError(
                f"Somebody else saved version {known.version} of the brand profile while you were "
                f"changing version {based_on}. Reload the page, and make your change in theirs."
            )
        if known.version and replace(profile, version=known.version) == known:
            raise InputError("Nothing was changed, so there is nothing to save.")
        return _keep(store, profile, version=known.version + 1, actor=actor, note=note.strip())


def _keep(store: Store, profile: BrandProfile, *, version: int, actor: str, note: str) -> int:
    told = json.dumps(told_of(profile), ensure_ascii=False)
    store.run(_KEEP, version=version, profile=told, note=note, now=store.now(), actor=actor)
    row = store.read_one(_DIGEST, version=version)
    record(
        store, "brand.saved", f"version {version}", actor=actor, version=version,
        profile_sha256=row[0] if row else None, forbidden=len(profile.forbidden),
        vocabulary=len(profile.vocabulary), examples=len(profile.on_brand + profile.off_brand),
    )  # fmt: skip
    return version
