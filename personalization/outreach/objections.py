"""Whom an objection reaches: whoever has the same address, profile, handle or number, in any base.

An e-mail address, a profile and a handle tell a person.  A number that several people of a base
have is a switchboard: what one of them says of it says nothing of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from personalization.store import Store

_OBJECTORS: Final = """
    CREATE OR REPLACE TEMP TABLE objectors AS
    WITH said AS (
        SELECT dataset_id, subject AS prospect_id, channel, concat('Stopped: ', reason) AS reason
        FROM outreach_stops WHERE scope = 'person'
        UNION
        SELECT dataset_id, customer_id, NULL, concat('Objected: ', reason) FROM suppressions
        UNION
        SELECT dataset_id, prospect_id, NULL,
               concat('Marked in a base: ', replace(signal, '_', ' '))
        FROM prospect_signals WHERE is_objection(signal) AND is_signalled(value)
    )
    SELECT said.channel, said.reason, people.dataset_id, lower(trim(people.email)) AS email,
           profile_key(people.linkedin_url) AS profile, handle_key(people.x_handle) AS handle,
           phone_key(people.phone) AS phone
    FROM said JOIN prospects AS people ON people.dataset_id = said.dataset_id
                                      AND people.prospect_id = said.prospect_id
"""
# A stop on one channel is one of the address that is used there: a mailbox that bounces says
# nothing of a profile.
_REACHED: Final = """
    CREATE OR REPLACE TEMP TABLE objections AS
    WITH switchboards AS (
        SELECT DISTINCT dataset_id, phone FROM (
            SELECT dataset_id, phone_key(phone) AS phone FROM prospects
            WHERE phone_key(phone) IN (SELECT phone FROM objectors)
            GROUP BY ALL HAVING count(*) > 1)
    )
    SELECT people.number, told.channel, told.reason
    FROM addressees AS people JOIN objectors AS told ON told.email = lower(trim(people.email))
    WHERE coalesce(told.channel IN ('cold_email', 'video_script'), true)
    UNION
    SELECT people.number, told.channel, told.reason
    FROM addressees AS people JOIN objectors AS told
        ON told.profile = profile_key(people.linkedin_url)
    WHERE coalesce(told.channel IN ('linkedin_note', 'linkedin_inmail'), true)
    UNION
    SELECT people.number, told.channel, told.reason
    FROM addressees AS people JOIN objectors AS told ON told.handle = handle_key(people.x_handle)
    WHERE coalesce(told.channel = 'x_message', true)
    UNION
    SELECT people.number, told.channel, told.reason
    FROM addressees AS people JOIN objectors AS told ON told.phone = phone_key(people.phone)
    WHERE coalesce(told.channel IN ('sms', 'call_snippet'), true)
      AND (told.dataset_id, told.phone) NOT IN (SELECT (dataset_id, phone) FROM switchboards)
"""


def gather_objections(store: Store) -> None:
    """Put into ``objections`` whom a stop or an objection of any base reaches: number and channel.

    No channel means all of them.  Reads ``addressees``.
    """
    store.run(_OBJECTORS)
    store.run(_REACHED)
