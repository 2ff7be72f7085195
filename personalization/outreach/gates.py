"""Who may not be written to, and why: every gate before a text is looked at.

The gates of a person come first, then those of each channel.  Each is a set of rows that names the
reason; whoever is in none of them goes on.  What is missing holds: no routing, no address, no
country.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from personalization.outreach.objections import gather_objections

if TYPE_CHECKING:
    from personalization.settings import Outreach
    from personalization.store import Store

GATES: Final[dict[str, str]] = {
    "suppressed": "Asked not to be written to",
    "not_routed": "Not routed yet",
    "already_sent": "This step was handed over already",
    "sequence_over": "The sequence is over for this person",
    "account_throttled": "Enough people of the account were written to",
    "no_address": "Cannot be reached on the channel",
    "unknown_basis": "What the law asks for is not known",
    "stopped": "Stopped on the channel",
    "not_permitted": "No lawful basis to write",
    "cannot_open": "The channel lets nobody open a conversation",
    "no_text": "No text for this role and language",
    "not_wanted": "The strategy rules the tone or angle out",
    "vetoed": "Drew too many refusals before",
    "no_fact": "Nothing is known that the text could say",
    "not_screened": "No text was screened for the country",
    "too_long": "Longer than the channel takes once it is filled",
    "unfilled": "A field could not be filled",
}
"""Codes of all gates, in the order in which they are asked, each in a few words."""
SOFT_GATES: Final = ("no_address", "unknown_basis")
"""Gates behind which a draft may still be drawn up: something is missing, and nobody said no."""
_PEOPLE: Final = """
    CREATE OR REPLACE TEMP TABLE addressees AS
    WITH meant AS (
        SELECT people.*, routed.role, routed.seniority, routed.confidence, routed.motion,
               routed.motion_reason
        FROM prospects AS people
        LEFT JOIN routings AS routed ON routed.dataset_id = people.dataset_id
                                    AND routed.prospect_id = people.prospect_id
        WHERE people.dataset_id = $dataset_id
          AND ($everybody OR people.prospect_id IN (SELECT unnest($ids::VARCHAR[])))
    )
    SELECT row_number() OVER (ORDER BY prospect_id) AS number, prospect_id, email,
           greeted_as(first_name, full_name, meant.country) AS first_name,
           called(first_name, last_name, full_name) AS full_name,
           company, city, industry, title, phone, linkedin_url, x_handle, account,
           upper(trim(country)) AS country, coalesce(locale, '') AS locale, role, seniority,
           lower(trim(coalesce(country, substr(locale, 4), ''))) AS place,
           confidence, motion, motion_reason,
           CASE WHEN company IS NULL OR account = prospect_id OR employees <= 1
                  OR lower(company_type) IN ('sole_trader', 'sole trader', 'freelance',
                                             'freelancer', 'individual')
                  OR is_private_host(host_of_email(email))
                THEN 'individual' ELSE 'corporate' END AS subscriber,
           CAST(concat('0x', substr(md5(concat_ws(chr(31), $seed, 'guess', $posterior, $step,
                                                  prospect_id)), 1, 8)) AS UINTEGER)
               % $draws AS bucket,
           CAST(concat('0x', substr(md5(concat_ws(chr(31), $seed, 'holdout', prospect_id)), 1, 8))
                AS UINTEGER) < $holdout * 4294967296.0 AS is_default
    FROM meant
"""
_PERSON_GATES: Final = """
    CREATE OR REPLACE TEMP TABLE person_gates AS
    WITH named AS (
        SELECT number, 1 AS place, 'suppressed' AS code,
               concat('Objected: ', listed.reason) AS reason
        FROM addressees JOIN suppressions AS listed ON listed.dataset_id = $dataset_id
                                                   AND listed.customer_id = prospect_id
        UNION ALL
        SELECT number, 1, 'suppressed', concat('Objected under this address: ', listed.reason)
        FROM addressees JOIN suppression_list AS listed ON listed.email = addressees.email
        UNION ALL
        SELECT number, 1, 'suppressed', concat('Stopped: ', stops.reason)
        FROM addressees JOIN outreach_stops AS stops
            ON stops.dataset_id = $dataset_id AND stops.channel IS NULL
           AND stops.scope = 'person' AND stops.subject = prospect_id
        UNION ALL
        SELECT number, 1, 'suppressed', concat('Under the same address: ', reason)
        FROM objections WHERE channel IS NULL
        UNION ALL
        SELECT number, 1, 'suppressed', concat('The account was stopped: ', stops.reason)
        FROM addressees JOIN outreach_stops AS stops
            ON stops.channel IS NULL
           AND stops.scope = 'account' AND stops.subject = addressees.account
           AND (stops.dataset_id = $dataset_id OR addressees.account <> addressees.prospect_id)
        UNION ALL
        SELECT number, 2, 'suppressed', motion_reason FROM addressees WHERE motion = 'suppress'
        UNION ALL
        SELECT number, 2, 'suppressed',
               concat('Marked in the base: ', replace(signals.signal, '_', ' '))
        FROM addressees JOIN prospect_signals AS signals
            ON signals.dataset_id = $dataset_id AND signals.prospect_id = addressees.prospect_id
        WHERE is_objection(signals.signal) AND is_signalled(signals.value)
        UNION ALL
        SELECT number, 3, 'not_routed', 'Nobody read the title yet. Route the base first.'
        FROM addressees WHERE role IS NULL
        UNION ALL
        SELECT number, 4, 'already_sent', concat('Step ', $step::INTEGER, ' was handed over.')
        FROM addressees JOIN outreach_sends AS sends
            ON sends.campaign_id = $campaign_id AND sends.prospect_id = addressees.prospect_id
           AND sends.step = $step AND sends.is_simulated = $is_simulated
        UNION ALL
        SELECT number, 5, 'sequence_over', concat('The sequence ended: ', ended.reason)
        FROM addressees
        JOIN (SELECT prospect_id, arg_max(state, number) AS state, arg_max(reason, number) AS reason
              FROM sequence_changes WHERE campaign_id = $campaign_id GROUP BY prospect_id) AS ended
            ON ended.prospect_id = addressees.prospect_id
        WHERE ended.state IN ('finished', 'stopped')
        UNION ALL
        SELECT addressees.number, 6, 'account_throttled',
               concat(count(DISTINCT sends.prospect_id), ' people of ', any_value(sends.account),
                      ' were written to within ', $account_days::INTEGER, ' days.')
        FROM addressees JOIN outreach_sends AS sends
            ON sends.dataset_id = $dataset_id AND sends.account = addressees.account
           AND sends.prospect_id <> addressees.prospect_id
           AND sends.is_simulated = $is_simulated AND sends.sent_at <= $moment::TIMESTAMPTZ
           AND sends.sent_at
               > $moment::TIMESTAMPTZ - $account_days::INTEGER * INTERVAL '24' HOUR
        GROUP BY addressees.number
        HAVING count(DISTINCT sends.prospect_id) >= $account_people
    )
    SELECT number, arg_min(code, (place, reason)) AS code, min_by(reason, (place, reason)) AS reason
    FROM named GROUP BY number
"""
_ERASED: Final = """
    INSERT INTO person_gates
    WITH marked AS (
        SELECT number, unnest(['email:' || email, 'id:' || $dataset_id || ':' || prospect_id])
                   AS mark
        FROM addressees
    )
    SELECT DISTINCT number, 'suppressed', 'Was erased, and is never written to again.'
    FROM marked
    JOIN suppressed_hashes ON address_hash = keyed_hash(mark, $inner, $outer)
    WHERE number NOT IN (SELECT number FROM person_gates WHERE code = 'suppressed')
"""
# Each has one reason: that of a cap, which is asked for later, would hide that somebody was erased.
_ERASED_FIRST: Final = """
    DELETE FROM person_gates AS gates
    WHERE code <> 'suppressed'
      AND EXISTS (FROM person_gates AS closed
                  WHERE closed.number = gates.number AND closed.code = 'suppressed')
"""
_OPEN: Final = """
    CREATE OR REPLACE TEMP TABLE open_channels AS
    WITH near AS (
        SELECT number, channel, code, reason,
               min(CASE WHEN code = '' THEN 0 ELSE 1 END) OVER (PARTITION BY number) AS best
        FROM channel_gates
        WHERE number NOT IN (SELECT number FROM person_gates)
          AND (code = '' OR list_contains($soft::VARCHAR[], code))
    )
    SELECT number, channel, code, reason FROM near
    WHERE (CASE WHEN code = '' THEN 0 ELSE 1 END) = best
"""


def gather_people(store: Store, values: dict[str, Any]) -> None:
    """Put the prospects that are asked for into the temporary table ``addressees``."""
    names = ("dataset_id", "everybody", "ids", "seed", "posterior", "step", "draws", "holdout")
    store.run(_PEOPLE, **{name: values[name] for name in names})


def close_people(
    store: Store, options: Outreach, values: dict[str, Any], erased: dict[str, bytes] | None
) -> None:
    """Put into ``person_gates`` whom nothing may be sent, each with the first reason.

    An objection counts in every base, and so does the stop of an account; ``objections`` is left
    for the gates of channels.

    Args:
        store: Has to be in the transaction of the choice.
        options: Caps of an account.
        values: What the choice is made for.
        erased: Pads of the key by which erased people are known; None where nobody was erased.
    """
    names = ("dataset_id", "campaign_id", "step", "is_simulated", "moment")
    gather_objections(store)
    store.run(
        _PERSON_GATES, **{name: values[name] for name in names},
        account_days=options.account_days, account_people=options.account_people,
    )  # fmt: skip
    if erased is not None:
        store.run(_ERASED, dataset_id=values["dataset_id"], **erased)
        store.run(_ERASED_FIRST)


def open_channels(store: Store, *, is_draft: bool) -> None:
    """Put into the temporary table ``open_channels`` on what each prospect is offered texts.

    Of a draft these may be channels behind a soft gate, for whoever has no other: what is drawn up
    for them stays held.
    """
    store.run(_OPEN, soft=list(SOFT_GATES) if is_draft else [])
