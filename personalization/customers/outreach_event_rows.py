"""Files of what prospects answered: from cells of text to typed rows, and what is to be told."""

from __future__ import annotations

from typing import Final

from personalization.customers.engagement_rows import EVENT_WORDS

# A row with an answer and no word for it is a reply.  Whoever leaves has left, so that an
# unsubscribe, a complaint or an answer needs no readable time: whoever records it fills that in.
READ_OUTREACH_EVENTS: Final = """
    CREATE TABLE typed AS
    WITH events AS (
        SELECT unnest($outreach_words::VARCHAR[]) AS word,
               unnest($outreach_names::VARCHAR[]) AS event_name
    ), channels AS (
        SELECT unnest($outreach_channel_words::VARCHAR[]) AS word,
               unnest($outreach_channel_names::VARCHAR[]) AS channel_name
    ), read AS (
        SELECT cells.line, fingerprint,
               CASE WHEN $key = 'email'
                    THEN CASE WHEN is_email(bare_email(email)) THEN bare_email(email) END
                    ELSE bare_id(customer_id, ($floats).customer_id) END AS given_key,
               CASE WHEN is_email(bare_email(email)) THEN bare_email(email) END AS address,
               CASE WHEN $key = 'email' THEN email ELSE customer_id END AS key_text,
               CASE WHEN cells.event IS NULL AND cells.reply_text IS NOT NULL THEN 'reply'
                    ELSE event_name END AS kind,
               channel_name, moments.day_at + to_seconds(clocks.seconds - clocks.zone) AS happened,
               COLUMNS($texts)
        FROM cells
        LEFT JOIN events
            ON events.word = regexp_replace(lower(cells.event), '[^\\p{L}]', '', 'g')
        LEFT JOIN channels
            ON channels.word = regexp_replace(lower(cells.channel), '[^\\p{L}]', '', 'g')
        LEFT JOIN days AS moments
            ON moments.field = 'happened_at' AND moments.text = day_text(cells.happened_at)
        LEFT JOIN clocks ON clocks.text = time_text(cells.happened_at)
        WHERE NOT EXISTS (FROM no_rows WHERE no_rows.line = cells.line)
    ), fit AS (
        SELECT *, CASE WHEN is_scientific(key_text) THEN address
                       ELSE coalesce(given_key, address) END AS key,
               coalesce(kind IN ('unsubscribe', 'complaint', 'reply'), false) AS is_heard
        FROM read
    ), judged AS (
        SELECT *, CASE
                WHEN key IS NULL AND is_scientific(key_text) THEN [$key, 'id_scientific_notation']
                WHEN key IS NULL THEN [$key, 'missing_customer_id']
                WHEN kind IS NULL THEN ['event', 'bad_event']
                WHEN happened IS NULL AND NOT is_heard AND ($dates).happened_at <> 'ambiguous'
                    THEN ['happened_at', 'bad_happened_at']
                WHEN happened > $latest AND NOT is_heard
                    THEN ['happened_at', 'future_happened_at'] END AS rejection
        FROM fit
    ), counted AS (
        SELECT *, row_number() OVER (
                      PARTITION BY key, kind, happened, reply_text, channel_name, event_id,
                                   rejection IS NULL ORDER BY line DESC) AS place
        FROM judged
    )
    SELECT *, CASE WHEN rejection IS NOT NULL THEN 'rejected' WHEN place > 1 THEN 'merged'
                   ELSE 'accepted' END AS outcome
    FROM counted
"""

TELL_OUTREACH_EVENTS: Final = """
    INSERT INTO problems
    WITH found AS (
        SELECT outcome, line, coalesce(rejection[1], $key) AS field,
               CASE rejection[1] WHEN 'event' THEN event WHEN 'happened_at' THEN happened_at
                   ELSE key_text END AS value,
               coalesce(rejection[2], 'duplicate_exact') AS reason
        FROM typed WHERE outcome <> 'accepted'
        UNION ALL
        SELECT 'warning', line, 'happened_at', happened_at,
               CASE WHEN happened IS NULL THEN 'bad_happened_at' ELSE 'future_happened_at' END
        FROM typed WHERE outcome = 'accepted' AND (happened IS NULL OR happened > $latest)
          AND ($dates).happened_at <> 'ambiguous'
    )
    SELECT found.outcome, line, column_name, left(value, 300), reason, NULL
    FROM found LEFT JOIN file_columns USING (field)
"""

ACCEPTED_OUTREACH_EVENTS: Final = """
    SELECT line, key AS prospect_id, address AS email, kind AS event,
           CASE WHEN happened <= $latest THEN happened END AS happened_at, event_id, message_id,
           channel_name AS channel, reply_text AS text,
           reply_subject AS subject
    FROM typed WHERE outcome = 'accepted' ORDER BY line
"""

OUTREACH_EVENT_WORDS: Final = {
    **{word: event for word, event in EVENT_WORDS.items() if event != "conversion"},
    **{
        word: event
        for event, words in {
            "reply": "reply replied replies emailreply emailreplied responded response answer "
            "answered antwort geantwortet beantwortet réponse répondu respuesta respondido "
            "risposta risposto antwoord beantwoord inmailreply linkedinreply smsreply inbound",
            "meeting": "meeting meetingbooked meetings booked bookedmeeting demobooked termin "
            "termingebucht rendezvous réunion reunión riunione afspraak appointment",
            "bounce": "bounce bounced hardbounce hardbounced softbounce undeliverable unzustellbar "
            "rebond rebote rimbalzo",
        }.items()
        for word in words.split()
    },
}
"""What files call an event, in small letters without signs."""

OUTREACH_CHANNEL_WORDS: Final = {
    word: channel
    for channel, words in {
        "cold_email": "email mail coldemail courriel correo posta",
        "linkedin_note": "linkedinnote linkedininvitation linkedinconnection linkedinconnect note "
        "invitation connectionrequest linkedin linkedinmessage",
        "linkedin_inmail": "linkedininmail inmail",
        "x_message": "x xmessage twitter tweet xpost",
        "sms": "sms textmessage mobile",
        "video_script": "video videoscript videomessage",
        "call_snippet": "call phone callsnippet voicemail telefon téléphone teléfono telefono",
    }.items()
    for word in words.split()
}
"""What files call a channel of outreach, likewise."""
