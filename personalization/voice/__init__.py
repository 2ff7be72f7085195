"""Spoken assets: approved words written as they are said, delivered as a speaker delivers them.

Scripts come from approved messages; engines are ``providers``.  The delivery of a speaker is
measured and matched (pitch level, movement, pace, pausing and dynamics), never the timbre.
"""

from personalization.voice.assets import (
    Asset,
    Bench,
    delete_made,
    make_asset,
    plain_name,
    withheld,
)
from personalization.voice.consents import (
    EVERYTHING,
    STATEMENT,
    Scope,
    SpeakerConsent,
    consent_for,
    copied_voice,
    keep_consent,
    revoke_consents,
    still_stands,
)
from personalization.voice.delivery import HOUSE, Delivery, delivery_of, keep_house_voice
from personalization.voice.disclosure import disclosure, refuse_silence
from personalization.voice.filling import (
    Filled,
    Listener,
    Script,
    approved_script,
    count_listeners,
    listeners,
)
from personalization.voice.gate import states_of
from personalization.voice.hearing import Heard, hear, style_errors_of
from personalization.voice.lexicon import (
    Lexicon,
    Pronunciation,
    keep_pronunciation,
    lexicon_of,
    pronunciations,
)
from personalization.voice.listened import Listening
from personalization.voice.profiles import WHAT_IS_MATCHED
from personalization.voice.publishing import (
    Publication,
    current_manifest,
    files_of,
    publish,
)
from personalization.voice.retention import (
    Removal,
    delete_files,
    due_assets,
    files_of_people,
    remove_due,
)
from personalization.voice.runs import (
    VoiceRun,
    count_run,
    earlier_assets,
    keep_assets,
    keep_run,
    run_of,
)
from personalization.voice.saying import Piece, Sayer
from personalization.voice.speakable import (
    SpeakableScript,
    scripts_for_people,
    speakable_scripts,
)
from personalization.voice.speakers import (
    add_speaker,
    keep_profile,
    profile_of,
    speaker_language,
)
from personalization.voice.studio import AssetOptions, Studio
from personalization.voice.tagging import Provenance, signer_of

__all__ = [
    "EVERYTHING",
    "HOUSE",
    "STATEMENT",
    "WHAT_IS_MATCHED",
    "Asset",
    "AssetOptions",
    "Bench",
    "Delivery",
    "Filled",
    "Heard",
    "Lexicon",
    "Listener",
    "Listening",
    "Piece",
    "Pronunciation",
    "Provenance",
    "Publication",
    "Removal",
    "Sayer",
    "Scope",
    "Script",
    "SpeakableScript",
    "SpeakerConsent",
    "Studio",
    "VoiceRun",
    "add_speaker",
    "approved_script",
    "consent_for",
    "copied_voice",
    "count_listeners",
    "count_run",
    "current_manifest",
    "delete_files",
    "delete_made",
    "delivery_of",
    "disclosure",
    "due_assets",
    "earlier_assets",
    "files_of",
    "files_of_people",
    "hear",
    "keep_assets",
    "keep_consent",
    "keep_house_voice",
    "keep_profile",
    "keep_pronunciation",
    "keep_run",
    "lexicon_of",
    "listeners",
    "make_asset",
    "plain_name",
    "profile_of",
    "pronunciations",
    "publish",
    "refuse_silence",
    "remove_due",
    "revoke_consents",
    "run_of",
    "scripts_for_people",
    "signer_of",
    "speakable_scripts",
    "speaker_language",
    "states_of",
    "still_stands",
    "style_errors_of",
    "withheld",
]
