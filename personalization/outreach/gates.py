"""Who may not be written to, and why: every gate before a text is looked at.

The gates of a person come first, then those of each channel.  Each is a set of rows that names the
reason; whoever is in none of them goes on.  What is missing holds: no routing, no address, no
country.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.outreach.lawful_basis import BasisTable
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
    SELECT row_number() OVER (ORDER BY prospect_id) AS number, prospect_id, email, first_name,
           full_name, company, city, industry, title, phone, linkedin_url, x_handle, account,
           upper(trim(country)) AS country, coalesce(locale, '') AS locale, role, seniority,
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
        SELECT number, 1, 'suppressed', concat('Stopped in another base: ', stops.reason)
        FROM outreach_stops AS stops
        JOIN prospects AS others ON others.dataset_id = stops.dataset_id
                                AND others.prospect_id = stops.subject
        JOIN addressees ON addressees.email = others.email
        WHERE stops.scope = 'person' AND stops.channel IS NULL
        UNION ALL
        SELECT number, 1, 'suppressed', concat('The account was stopped: ', stops.reason)
        FROM addressees JOIN outreach_stops AS stops
            ON stops.dataset_id = $dataset_id AND stops.channel IS NULL
           AND stops.scope = 'account' AND stops.subject = addressees.account
        UNION ALL
        SELECT number, 2, 'suppressed', motion_reason FROM addressees WHERE motion = 'suppress'
        UNION ALL
        SELECT number, 2, 'suppressed', concat('Marked in the base: ', signals.signal)
        FROM addressees JOIN prospect_signals AS signals
            ON signals.dataset_id = $dataset_id AND signals.prospect_id = addressees.prospect_id
        WHERE signals.signal IN ('opted_out', 'unsubscribed', 'do_not_contact')
          AND is_signalled(signals.value)
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
    WHERE number NOT IN (SELECT number FROM person_gates)
"""

# A consent counts as the law of the country says; where the law is not on record only a confirmed
# double opt-in does.  What was withdrawn needs a newer record, and counts under the address too.
_CHANNEL_GATES: Final = """
    CREATE OR REPLACE TEMP TABLE channel_gates AS
    WITH channels AS (SELECT unnest($channels::VARCHAR[]) AS channel
    ), bases AS (
        SELECT unnest($basis_channels::VARCHAR[]) AS channel,
               unnest($basis_countries::VARCHAR[]) AS country,
               unnest($basis_subscribers::VARCHAR[]) AS subscriber,
               unnest($bases::VARCHAR[]) AS basis
    ), ways AS (
        SELECT unnest($consent_channels::VARCHAR[]) AS channel,
               unnest($consent_names::VARCHAR[]) AS name
    ), keys AS (
        SELECT number, country, prospect_id AS key, true AS is_own FROM addressees
        UNION ALL
        SELECT number, country, email, false FROM addressees
        WHERE email IS NOT NULL AND email <> prospect_id
    ), refused AS (
        SELECT keys.number, consents.channel AS name, max(consents.recorded_at) AS refused_at
        FROM consents JOIN keys ON keys.key = consents.customer_id
        WHERE consents.basis = 'withdrawn'
          AND (NOT keys.is_own OR consents.dataset_id = $dataset_id)
        GROUP BY ALL
    ), agreed AS (
        SELECT keys.number, consents.channel AS name
        FROM consents
        JOIN keys ON keys.key = consents.customer_id
        LEFT JOIN jurisdiction_names AS spellings ON spellings.spelling = lower(keys.country)
        LEFT JOIN jurisdictions AS law
            ON law.jurisdiction = coalesce(spellings.jurisdiction, 'other')
        LEFT JOIN jurisdiction_rules AS rules ON rules.jurisdiction = law.jurisdiction
                                             AND rules.basis = consents.basis
        LEFT JOIN refused ON refused.number = keys.number AND refused.name = consents.channel
        WHERE consents.dataset_id = $dataset_id
          AND consents.basis IN ('express', 'double_opt_in', 'soft_opt_in', 'implied_purchase',
                                 'implied_enquiry')
          AND (rules.basis IS NOT NULL
               OR (law.jurisdiction IS NULL AND consents.basis = 'double_opt_in'))
          AND (consents.basis <> 'double_opt_in' OR consents.confirmed_at IS NOT NULL)
          AND consents.recorded_at <= $moment::TIMESTAMPTZ
          AND coalesce(consents.expires_on >= $today::DATE, true)
          AND coalesce(CAST(consents.recorded_at AS DATE) + rules.months * INTERVAL '1' MONTH
                           >= $today::DATE, true)
          AND coalesce(greatest(consents.recorded_at, consents.confirmed_at)
                           > refused.refused_at, true)
        GROUP BY ALL
    ), agreements AS (
        SELECT DISTINCT agreed.number, ways.channel FROM agreed JOIN ways ON ways.name = agreed.name
    ), refusals AS (
        SELECT DISTINCT refused.number, ways.channel
        FROM refused JOIN ways ON ways.name = refused.name
    ), stops AS (
        SELECT addressees.number, stopped.channel, min(stopped.reason) AS reason
        FROM outreach_stops AS stopped
        JOIN addressees ON (stopped.scope = 'person' AND stopped.subject = addressees.prospect_id)
                        OR (stopped.scope = 'account' AND stopped.subject = addressees.account)
        WHERE stopped.dataset_id = $dataset_id AND stopped.channel IS NOT NULL
        GROUP BY ALL
    ), judged AS (
        SELECT people.number, channels.channel, people.country, people.subscriber,
               CASE channels.channel
                   WHEN 'cold_email' THEN people.email IS NOT NULL
                   WHEN 'video_script' THEN people.email IS NOT NULL
                   WHEN 'sms' THEN regexp_full_match(people.phone, '\\+[1-9][0-9]{6,14}')
                   WHEN 'call_snippet' THEN people.phone IS NOT NULL
                   WHEN 'linkedin_note' THEN people.linkedin_url IS NOT NULL
                   WHEN 'linkedin_inmail' THEN people.linkedin_url IS NOT NULL
                   WHEN 'x_message' THEN people.x_handle IS NOT NULL
                   ELSE false END AS is_reached,
               stops.reason AS stop, coalesce(bases.basis, 'unknown') AS basis,
               agreements.number IS NOT NULL AS is_agreed, refusals.number IS NOT NULL AS is_refused
        FROM addressees AS people
        CROSS JOIN channels
        LEFT JOIN bases ON bases.channel = channels.channel AND bases.country = people.country
                       AND bases.subscriber = people.subscriber
        LEFT JOIN agreements ON agreements.number = people.number
                            AND agreements.channel = channels.channel
        LEFT JOIN refusals ON refusals.number = people.number
                          AND refusals.channel = channels.channel
        LEFT JOIN stops ON stops.number = people.number AND stops.channel = channels.channel
    )
    SELECT number, channel,
           CASE WHEN stop IS NOT NULL THEN 'stopped'
                WHEN is_refused AND NOT is_agreed THEN 'not_permitted'
                WHEN basis = 'opt_in' AND NOT is_agreed THEN 'not_permitted'
                WHEN list_contains($closed::VARCHAR[], channel) AND NOT is_agreed
                THEN 'cannot_open'
                WHEN NOT coalesce(is_reached, false) THEN 'no_address'
                WHEN basis <> 'opt_out' AND NOT is_agreed THEN 'unknown_basis'
                ELSE '' END AS code,
           CASE WHEN stop IS NOT NULL THEN concat('Stopped there: ', stop)
                WHEN is_refused AND NOT is_agreed THEN 'Took back a consent.'
                WHEN basis = 'opt_in' AND NOT is_agreed
                THEN concat(country, ' asks for a consent of ', subscriber,
                            ' subscribers, and there is none on record.')
                WHEN list_contains($closed::VARCHAR[], channel) AND NOT is_agreed
                THEN 'Nobody may open a conversation there.'
                WHEN NOT coalesce(is_reached, false)
                THEN concat('There is no address for ', replace(channel, '_', ' '), '.')
                WHEN basis <> 'opt_out' AND NOT is_agreed
                THEN concat('What the law of ', coalesce(nullif(country, ''), 'an unknown country'),
                            ' asks for is not on record.')
                ELSE '' END AS reason
    FROM judged
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

    Args:
        store: Has to be in the transaction of the choice.
        options: Caps of an account.
        values: What the choice is made for.
        erased: Pads of the key by which erased people are known; None where nobody was erased.
    """
    names = ("dataset_id", "campaign_id", "step", "is_simulated", "moment")
    store.run(
        _PERSON_GATES, **{name: values[name] for name in names},
        account_days=options.account_days, account_people=options.account_people,
    )  # fmt: skip
    if erased is not None:
        store.run(_ERASED, dataset_id=values["dataset_id"], **erased)


def close_channels(
    store: Store,
    table: BasisTable,
    *,
    dataset_id: str,
    channels: Sequence[str],
    closed: Sequence[str],
    moment: datetime,
) -> None:
    """Put every person and channel into ``channel_gates``; an empty code lets it through.

    Args:
        store: Has to be in the transaction of the choice.
        table: Lawful bases.
        dataset_id: The base.
        channels: On which there are texts.
        closed: Channels on which a business opens no conversation.
        moment: By which consents are judged.
    """
    store.run(
        _CHANNEL_GATES,
        dataset_id=dataset_id,
        channels=list(channels),
        closed=list(closed),
        moment=moment,
        today=moment.date(),
        basis_channels=[row.channel for row in table.rows],
        basis_countries=[row.country for row in table.rows],
        basis_subscribers=[row.subscriber for row in table.rows],
        bases=[row.basis for row in table.rows],
        consent_channels=[channel for channel, _ in table.consents],
        consent_names=[name for _, name in table.consents],
    )


def open_channels(store: Store, *, is_draft: bool) -> None:
    """Put into the temporary table ``open_channels`` on what each prospect is offered texts.

    Of a draft these may be channels behind a soft gate, for whoever has no other: what is drawn up
    for them stays held.
    """
    store.run(_OPEN, soft=list(SOFT_GATES) if is_draft else [])
