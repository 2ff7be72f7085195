"""On which channels a prospect may be written to: the law, consents, stops and addresses.

What is missing holds: no country, no law on record, no address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from personalization.outreach.lawful_basis import BasisTable
    from personalization.store import Store

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
        SELECT number, channel, min(reason) AS reason
        FROM (SELECT addressees.number, stopped.channel, stopped.reason
              FROM outreach_stops AS stopped
              JOIN addressees ON stopped.subject = addressees.prospect_id
              WHERE stopped.scope = 'person' AND stopped.dataset_id = $dataset_id
              UNION ALL
              SELECT addressees.number, stopped.channel, stopped.reason
              FROM outreach_stops AS stopped
              JOIN addressees ON stopped.subject = addressees.account
              WHERE stopped.scope = 'account'
                AND (stopped.dataset_id = $dataset_id
                     OR addressees.account <> addressees.prospect_id)
              UNION ALL
              SELECT number, channel, reason FROM objections)
        WHERE channel IS NOT NULL
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
