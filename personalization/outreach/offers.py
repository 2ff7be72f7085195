"""Which texts are offered to whom: their forms, roles and languages, and the replies guessed.

Texts are few, so all that follows from a text alone is worked out once for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization.outreach import scoring
from personalization.providers.outreach_texts import NOTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.outreach.scoring import Belief, Skeleton
    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.settings import Outreach
    from personalization.store import Store

_OFFER: Final = """
    CREATE OR REPLACE TEMP TABLE offered_texts AS
    SELECT unnest($numbers::INTEGER[]) AS skeleton, unnest($variant_ids::VARCHAR[]) AS variant_id,
           unnest($versions::INTEGER[]) AS version, unnest($shas::VARCHAR[]) AS content_sha256,
           unnest($channels::VARCHAR[]) AS channel, unnest($tones::VARCHAR[]) AS tone,
           unnest($angles::VARCHAR[]) AS angle, unnest($lengths::VARCHAR[]) AS length,
           unnest($languages::VARCHAR[]) AS language, unnest($needs_facts::BOOLEAN[]) AS needs_fact,
           unnest($priors::DOUBLE[]) AS prior, unnest($places::INTEGER[]) AS place,
           unnest($readabilities::DOUBLE[]) AS readability, unnest($fits::DOUBLE[]) AS length_fit,
           unnest($citations::DOUBLE[]) AS citation, unnest($own_words::BIGINT[]) AS own_words
"""
# Each text for each set of fields filled: its slots are the signs chr(1) to chr(7).
_FORMS: Final = """
    CREATE OR REPLACE TEMP TABLE filled_forms AS
    WITH told AS (
        SELECT offered.skeleton, offered.channel, offered.needs_fact, forms.fact_kinds,
               CAST(concat('0b', forms.filled) AS INTEGER) AS filled,
               CAST(concat('0b', forms.addressed) AS INTEGER) AS addressed,
               forms.subject, forms.body, forms.call_to_action, forms.link, forms.footer,
               CASE WHEN list_contains($notes::VARCHAR[], offered.channel) THEN ' '
                    ELSE repeat(chr(10), 2) END AS gap,
               concat_ws(gap, nullif(forms.body, ''), nullif(forms.call_to_action, ''),
                         nullif(forms.link, ''), nullif(forms.footer, '')) AS counted
        FROM offered_texts AS offered
        JOIN skeleton_forms AS forms ON forms.variant_id = offered.variant_id
                                    AND forms.version = offered.version
        WHERE forms.campaign_id = $campaign_id
    )
    SELECT told.*, limits.measure, limits.most, limits.subject_most,
           outreach_units(limits.measure, translate(counted, $slots, '')) AS base,
           outreach_units('signs', translate(subject, $slots, '')) AS subject_base,
           length(counted) - length(replace(counted, chr(1), '')) AS slots_1,
           length(counted) - length(replace(counted, chr(2), '')) AS slots_2,
           length(counted) - length(replace(counted, chr(3), '')) AS slots_3,
           length(counted) - length(replace(counted, chr(4), '')) AS slots_4,
           length(counted) - length(replace(counted, chr(5), '')) AS slots_5,
           length(counted) - length(replace(counted, chr(6), '')) AS slots_6,
           length(counted) - length(replace(counted, chr(7), '')) AS slots_7,
           length(subject) - length(translate(subject, $slots, '')) AS subject_slots
    FROM told
    JOIN (SELECT unnest($channels::VARCHAR[]) AS channel, unnest($measures::VARCHAR[]) AS measure,
                 unnest($mosts::INTEGER[]) AS most, unnest($subject_mosts::INTEGER[]) AS
                     subject_most)
         AS limits ON limits.channel = told.channel
"""
_SLOTS: Final = "".join(map(chr, range(1, 8)))
_AUDIENCES: Final = """
    SELECT DISTINCT role, locale FROM addressees WHERE role IS NOT NULL ORDER BY role, locale
"""
_TEXTS: Final = """
    CREATE OR REPLACE TEMP TABLE audience_texts AS
    SELECT unnest($roles::VARCHAR[]) AS role, unnest($locales::VARCHAR[]) AS locale,
           unnest($numbers::INTEGER[]) AS skeleton, unnest($are_own::BOOLEAN[]) AS is_own,
           unnest($codes::VARCHAR[]) AS code
"""
_GUESSES: Final = """
    CREATE OR REPLACE TEMP TABLE reply_guesses AS
    SELECT role, skeleton, generate_subscripts(guessed, 1) - 1 AS bucket,
           CAST(unnest(guessed) AS BIGINT) AS reply
    FROM (SELECT unnest($roles::VARCHAR[]) AS role, unnest($numbers::INTEGER[]) AS skeleton,
                 unnest($guesses::BIGINT[][]) AS guessed) AS told
"""


def offer_texts(
    store: Store,
    skeletons: Sequence[Skeleton],
    limits: Mapping[str, tuple[str, int, int]],
    *,
    campaign_id: str,
    strategy: PersonalizationStrategy,
) -> None:
    """Put the texts, their own parts of the score and their forms into temporary tables.

    Args:
        store: Has to be in the transaction of the choice.
        skeletons: Numbered from 1.
        limits: By channel: the measure, how much of it a text may have, signs of a subject; 0: any.
        campaign_id: Whose they are.
        strategy: The user's weights.
    """
    wanted = str(strategy.formatting_rules.get("length", ""))
    ranks = {
        text.number: place
        for place, text in enumerate(sorted(skeletons, key=scoring.default_rank), start=1)
    }
    store.run(
        _OFFER,
        numbers=[text.number for text in skeletons],
        variant_ids=[text.variant_id for text in skeletons],
        versions=[text.version for text in skeletons],
        shas=[text.content_sha256 for text in skeletons],
        channels=[text.channel for text in skeletons],
        tones=[text.tone for text in skeletons],
        angles=[text.angle for text in skeletons],
        lengths=[text.length for text in skeletons],
        languages=[text.language for text in skeletons],
        needs_facts=[text.needs_fact for text in skeletons],
        priors=[
            scoring.prior_of(text, strategy) + scoring.own_words(text, strategy)
            for text in skeletons
        ],
        own_words=[scoring.own_words(text, strategy) for text in skeletons],
        places=[ranks[text.number] for text in skeletons],
        readabilities=[round(scoring.readability_of(text), 2) for text in skeletons],
        fits=[round(scoring.length_of(text, wanted), 2) for text in skeletons],
        citations=[0.6 if text.has_citation else 0.3 for text in skeletons],
    )
    store.run(
        _FORMS,
        campaign_id=campaign_id,
        slots=_SLOTS,
        notes=list(NOTES),
        channels=list(limits),
        measures=[measure for measure, _, _ in limits.values()],
        mosts=[most for _, most, _ in limits.values()],
        subject_mosts=[most for _, _, most in limits.values()],
    )


def offer_to_audiences(
    store: Store,
    skeletons: Sequence[Skeleton],
    beliefs: Mapping[tuple[str, str, str, str], Belief],
    *,
    options: Outreach,
    strategy: PersonalizationStrategy,
    locale: str,
    seed: str,
) -> None:
    """Say which texts each role and language is offered, and what is guessed of the answers.

    Args:
        store: Has to be in the transaction of the choice.
        skeletons: Numbered from 1.
        beliefs: By role, channel, tone and angle.
        options: Weights and draws.
        strategy: The user's weights.
        locale: The campaign's, for readers in whose language there is no text.
        seed: Salt of the draws.
    """
    audiences = [(str(role), str(spoken)) for role, spoken in store.read(_AUDIENCES)]
    pairs = [
        (role, spoken, text)
        for role, spoken in audiences
        for text in _texts_for(skeletons, role, spoken, locale)
    ]
    store.run(
        _TEXTS,
        roles=[role for role, _, _ in pairs],
        locales=[spoken for _, spoken, _ in pairs],
        numbers=[text.number for _, _, text in pairs],
        are_own=[text.role == role for role, _, text in pairs],
        codes=[_closed(beliefs, role, text, options, strategy) for role, _, text in pairs],
    )
    drawn = sorted({(role, text.number): text for role, _, text in pairs}.items())
    texts = [(role, text) for (role, _), text in drawn]
    found = scoring.guesses(beliefs, texts, options=options, strategy=strategy, seed=seed)
    weight = scoring.weights_of(options, strategy)["reply"]
    store.run(
        _GUESSES,
        roles=[role for role, _ in texts],
        numbers=[text.number for _, text in texts],
        guesses=[[scoring.micro(weight * guess) for guess in row] for row in found],
    )


def _texts_for(
    skeletons: Sequence[Skeleton], role: str, spoken: str, locale: str
) -> list[Skeleton]:
    """Return the texts for a role in the reader's language, or else in the campaign's."""
    found: list[Skeleton] = []
    for channel in sorted({text.channel for text in skeletons}):
        known = [
            text for text in skeletons if text.channel == channel and text.role in (role, "other")
        ]
        exact = [text for text in known if text.locale == spoken]
        near = [text for text in known if spoken and text.language == spoken[:2].casefold()]
        rest = [text for text in known if text.locale == locale]
        found += exact or near or rest
    return found


def _closed(
    beliefs: Mapping[tuple[str, str, str, str], Belief],
    role: str,
    text: Skeleton,
    options: Outreach,
    strategy: PersonalizationStrategy,
) -> str:
    """Return the gate that keeps a text from a role; empty where none does."""
    if not scoring.prior_of(text, strategy):
        return "not_wanted"
    return "vetoed" if scoring.belief_of(beliefs, role, text, options).is_vetoed else ""
