"""The brand of the whole team: its profile tried, saved by version, and brought back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization import content, generation, safety
from personalization.campaign.inputs import with_engine
from personalization.email_design import design_faults
from personalization.errors import InputError
from personalization.settings import corpus_folder

if TYPE_CHECKING:
    from personalization.domain import BrandProfile, Brief
    from personalization.settings import Settings
    from personalization.store import Store

brand_profile = content.profile_in_force
read_brand_profile = content.read_profile
read_brand_file = content.read_profile_file
judge_brand_samples = content.judge_samples


@dataclass(frozen=True, slots=True)
class ProfileCheck:
    """What stands against a profile that somebody is about to save.

    Attributes:
        faults: Why it is not kept, a sentence each.
        doubts: What has to be confirmed, a sentence each.
        samples: What it makes of its own examples.
    """

    faults: tuple[str, ...]
    doubts: tuple[str, ...]
    samples: tuple[content.SampleVerdict, ...]


_APPROVED = """
    SELECT DISTINCT statements.text, documents.title
    FROM statements
    JOIN library_documents AS documents ON documents.document_id = statements.document_id
                                       AND documents.version = statements.version
    WHERE documents.status = 'approved' AND starts_with(documents.locale, 'en')
    ORDER BY statements.text, documents.title
"""


def check_brand_profile(store: Store, settings: Settings, profile: BrandProfile) -> ProfileCheck:
    """Hold a profile against itself, the rules for untrusted texts, and what is approved.

    Its examples and its own words are told to writers and may be repeated to anybody, so they hold
    no claims, no code and no orders to a language model.
    """
    lines = (profile.personality, *profile.do, *profile.dont, *profile.on_brand)
    vocabulary = (word for pair in profile.vocabulary for word in pair)
    words = (*profile.forbidden, *profile.off_brand, *vocabulary)
    texts = (*lines, *words, profile.design.logo_alt)
    unsafe = safety.unsafe_lines(texts, safety.policy_of(store, with_engine(settings)))
    claims = generation.lines_with_claims(profile.on_brand, brand=settings.brand.name)
    faults = (
        *content.faults_of(profile),
        *(f"‘{line}’ may not be told to a writer: {why}" for line, why in unsafe),
        *(_CLAIMS.format(line=line) for line in claims),
        *design_faults(profile.design, settings.brand.allowed_domains),
    )
    doubts = (*content.doubts_of(profile), *_unsayable(store, profile))
    return ProfileCheck(faults, doubts, tuple(content.judge_samples(profile)))


_CLAIMS = (
    "‘{line}’ is given as an example of the brand and claims something (a figure, a date, a "
    "superlative or a guarantee). Writers repeat examples, and an example has no source: say it "
    "without the claim."
)


def _unsayable(store: Store, profile: BrandProfile) -> list[str]:
    approved = [(title, text) for text, title in store.read(_APPROVED)]
    found = content.ruled_out_in(profile, approved)
    if not found:
        return []
    title, text, word = found[0]
    n = f"{len(found)} approved statements hold" if len(found) > 1 else "1 approved statement holds"
    told = f"words that this profile forbids, so no message can quote them: ‘{word}’ in ‘{text}’"
    return [f"{n} {told} ({title}), for one."]


def save_brand_profile(
    store: Store,
    settings: Settings,
    profile: BrandProfile,
    *,
    based_on: int,
    actor: str,
    note: str,
    is_confirmed: bool = False,
) -> int:
    """Keep a profile as the next version; messages have to be screened by it before they go out.

    Args:
        store: Writes ``brand_profiles`` and an audit row.
        settings: The brand's name and the hosts of its logo.
        profile: The new one.
        based_on: The version that the change was begun from.
        actor: Who saves it.
        note: What was changed, and why.
        is_confirmed: Whether somebody has read the doubts and wants it all the same.

    Returns:
        The new version.

    Raises:
        InputError: The profile is at fault, has a doubt that nobody confirmed, or lacks a note.
        StateError: Somebody else saved another version meanwhile.
    """
    found = check_brand_profile(store, settings, profile)
    if found.faults:
        raise InputError(" ".join(found.faults))
    if found.doubts and not is_confirmed:
        raise InputError(f"{' '.join(found.doubts)} Confirm that you want it all the same.")
    return content.save_profile(store, profile, based_on=based_on, actor=actor, note=note)


def restore_brand_profile(
    store: Store, settings: Settings, version: int, *, based_on: int, actor: str
) -> int:
    """Save what an earlier version said as the next one; what its doubts were is known."""
    return save_brand_profile(
        store, settings, content.profile_of_version(store, version), based_on=based_on,
        actor=actor, note=f"Version {version} again.", is_confirmed=True,
    )  # fmt: skip


def try_brand(
    profile: BrandProfile, text: str, *, locale: str = "en-GB", brief: Brief | None = None
) -> content.TextVerdict:
    """Say line by line what a profile makes of a text; see ``content.try_text``."""
    if brief is None:
        return content.try_text(profile, text, locale=locale)
    return content.try_text(profile, text, locale=locale, brief=brief)


def take_shipped_profile(store: Store, settings: Settings, *, actor: str) -> int | None:
    """Keep the profile that came with the content as version 1, where none was ever saved.

    Raises:
        InputError: It is at fault.
    """
    path = corpus_folder(settings.content) / content.BRAND_FILE
    if not path.is_file() or brand_profile(store).version:
        return None
    return save_brand_profile(
        store, settings, content.read_profile_file(path), based_on=0, actor=actor,
        note="The profile that came with the content.", is_confirmed=True,
    )  # fmt: skip
