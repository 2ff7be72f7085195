"""Which text each prospect gets: of all that may be said, scored, the best one drawn.

Prospects who may be told the same things for the same reasons make one set, and what would win
under each guess is worked out once for the set.  So the chance of every choice is known exactly,
and a hundred thousand prospects take hardly longer than their sets do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.outreach.strategy import PersonalizationStrategy
    from personalization.store import Store

# The variations of each prospect and channel: the likeliest by the user's weights, up to a number;
# what does not differ between them is as in the first one.  The holdout has the default alone.
_FIT: Final = """
    CREATE OR REPLACE TEMP TABLE fit_options AS
    WITH fit AS (
        SELECT options.number, options.skeleton, options.static, people.role, people.is_default,
               offered.channel, offered.tone, offered.angle, offered.length, offered.prior,
               offered.place
        FROM options
        JOIN addressees AS people ON people.number = options.number
        JOIN offered_texts AS offered ON offered.skeleton = options.skeleton
        LEFT JOIN long_options AS long ON long.number = options.number
                                      AND long.skeleton = options.skeleton
        WHERE options.code = '' AND long.number IS NULL
    ), alike AS (
        SELECT fit.*, first_value(tone) OVER likeliest AS first_tone,
               first_value(angle) OVER likeliest AS first_angle,
               first_value(length) OVER likeliest AS first_length
        FROM fit
        WINDOW likeliest AS (PARTITION BY number, channel ORDER BY prior DESC, place)
    )
    SELECT number, skeleton, static, role, is_default
    FROM alike
    WHERE is_default
       OR ((list_contains($types::VARCHAR[], 'tone') OR tone = first_tone)
           AND (list_contains($types::VARCHAR[], 'angle') OR angle = first_angle)
           AND (list_contains($types::VARCHAR[], 'length') OR length = first_length))
    QUALIFY CASE WHEN is_default
                 THEN row_number() OVER (PARTITION BY number
                                         ORDER BY list_position($channels::VARCHAR[], channel),
                                             place) = 1
                 ELSE row_number() OVER (PARTITION BY number, channel ORDER BY prior DESC, place)
                          <= $variation_count END
"""
_SETS: Final = """
    CREATE OR REPLACE TEMP TABLE people_sets AS
    WITH signed AS (
        SELECT number, role, count(*) AS n_options, bit_xor(hash(skeleton, static)) AS one,
               sum(hash(static, skeleton)::HUGEINT) AS other
        FROM fit_options GROUP BY number, role
    )
    SELECT signed.number, signed.role, people.bucket,
           min(signed.number) OVER (PARTITION BY signed.role, n_options, one, other) AS leader
    FROM signed JOIN addressees AS people ON people.number = signed.number
"""
_CHANCES: Final = """
    CREATE OR REPLACE TEMP TABLE set_chances AS
    WITH winners AS (
        SELECT fit.number AS leader, guesses.bucket,
               arg_max(fit.skeleton, (fit.static + guesses.reply, -fit.skeleton)) AS skeleton
        FROM fit_options AS fit
        JOIN reply_guesses AS guesses ON guesses.role = fit.role AND guesses.skeleton = fit.skeleton
        WHERE fit.number IN (SELECT DISTINCT leader FROM people_sets)
        GROUP BY fit.number, guesses.bucket
    )
    SELECT leader, skeleton, count(*) / $draws::DOUBLE AS propensity
    FROM winners GROUP BY leader, skeleton
"""
_RANKED: Final = """
    CREATE OR REPLACE TEMP TABLE ranked_options AS
    WITH used AS (SELECT DISTINCT leader, bucket FROM people_sets)
    SELECT used.leader, used.bucket, fit.skeleton, guesses.reply, fit.static + guesses.reply AS
        score,
           row_number() OVER (PARTITION BY used.leader, used.bucket
                              ORDER BY fit.static + guesses.reply DESC, fit.skeleton) AS rank
    FROM used
    JOIN fit_options AS fit ON fit.number = used.leader
    JOIN reply_guesses AS guesses ON guesses.role = fit.role AND guesses.skeleton = fit.skeleton
                                 AND guesses.bucket = used.bucket
    QUALIFY rank <= $kept
"""


def draw_messages(
    store: Store,
    strategy: PersonalizationStrategy,
    *,
    channels: Sequence[str],
    draws: int,
    kept: int,
) -> None:
    """Choose for everybody: ``ranked_options`` has the best of each set and guess.

    Args:
        store: Has to be in the transaction of the choice.
        strategy: How many variations, and in what they differ.
        channels: In the order of the plan: the holdout is written to on the first one that is open.
        draws: How many guesses there are.
        kept: How many of the best are kept.
    """
    types = ["angle" if name == "content" else name for name in strategy.variation_types]
    store.run(
        _FIT, types=types, channels=list(channels), variation_count=strategy.variation_count
    )  # fmt: skip
    store.run(_SETS)
    store.run(_CHANCES, draws=draws)
    store.run(_RANKED, kept=kept)
