"""Engagement files: from cells of text to typed rows, and what is to be told."""

from __future__ import annotations

from typing import Final

# The event words of the usual senders; a row that says something else is rejected, never guessed.
# Whoever leaves has left, so an unsubscribe or a complaint needs no readable time, and an address
# is enough where the number is missing: both stay open, and whoever records it fills them.
READ_ENGAGEMENTS: Final = """
    CREATE TABLE typed AS
    WITH events AS (
        SELECT unnest($event_words::VARCHAR[]) AS word,
               unnest($event_names::VARCHAR[]) AS event_name
    ), read AS (
        SELECT cells.line, fingerprint,
               CASE WHEN $key = 'email'
                    THEN CASE WHEN is_email(bare_email(email)) THEN bare_email(email) END
                    ELSE bare_id(customer_id, ($floats).customer_id) END AS given_key,
               CASE WHEN is_email(bare_email(email)) THEN bare_email(email) END AS address,
               CASE WHEN $key = 'email' THEN email ELSE customer_id END AS key_text,
               event_name,
               coalesce(event_name IN ('unsubscribe', 'complaint'), false) AS is_leaving,
               moments.day_at + to_seconds(clocks.seconds - clocks.zone) AS given_moment,
               number_of(value, ($decimals).value) AS worth, COLUMNS($texts)
        FROM cells
        LEFT JOIN events
            ON events.word = regexp_replace(lower(cells.event), '[^\\p{L}]', '', 'g')
        LEFT JOIN days AS moments
            ON moments.field = 'happened_at' AND moments.text = day_text(cells.happened_at)
        LEFT JOIN clocks ON clocks.text = time_text(cells.happened_at)
        WHERE NOT EXISTS (FROM no_rows WHERE no_rows.line = cells.line)
    ), fit AS (
        SELECT *, CASE WHEN is_leaving AND (given_key IS NULL OR is_scientific(key_text))
                       THEN coalesce(address, given_key) ELSE given_key END AS key,
               CASE WHEN NOT is_leaving OR given_moment <= $latest THEN given_moment END AS happened
        FROM read
    ), judged AS (
        SELECT *, CASE
                WHEN $key <> 'email' AND is_scientific(key_text) AND key IS DISTINCT FROM address
                    THEN [$key, 'id_scientific_notation']
                WHEN key IS NULL THEN [$key, 'missing_customer_id']
                WHEN event IS NULL OR event_name IS NULL THEN ['event', 'bad_event']
                WHEN happened IS NULL AND NOT is_leaving AND ($dates).happened_at <> 'ambiguous'
                    THEN ['happened_at', 'bad_happened_at']
                WHEN happened > $latest THEN ['happened_at', 'future_happened_at'] END AS rejection
        FROM fit
    ), counted AS (
        SELECT *, row_number() OVER (
                      PARTITION BY key, event_name, happened, worth, rejection IS NULL
                      ORDER BY line DESC) AS place
        FROM judged
    )
    SELECT *, CASE WHEN rejection IS NOT NULL THEN 'rejected' WHEN place > 1 THEN 'merged'
                   ELSE 'accepted' END AS outcome
    FROM counted
"""

TELL_ENGAGEMENTS: Final = """
    INSERT INTO problems
    WITH found AS (
        SELECT outcome, line, coalesce(rejection[1], $key) AS field,
               CASE rejection[1] WHEN 'event' THEN event WHEN 'happened_at' THEN happened_at
                   ELSE key_text END AS value,
               coalesce(rejection[2], 'duplicate_exact') AS reason
        FROM typed WHERE outcome <> 'accepted'
        UNION ALL
        SELECT 'warning', line, 'value', value, 'bad_value' FROM typed
        WHERE outcome = 'accepted' AND value IS NOT NULL AND worth IS NULL
          AND ($decimals).value <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'happened_at', happened_at,
               CASE WHEN given_moment IS NULL THEN 'bad_happened_at' ELSE 'future_happened_at' END
        FROM typed WHERE outcome = 'accepted' AND is_leaving AND happened IS NULL
          AND ($dates).happened_at <> 'ambiguous'
    )
    SELECT found.outcome, line, column_name, left(value, 300), reason, NULL
    FROM found LEFT JOIN file_columns USING (field)
"""

ACCEPTED_ENGAGEMENTS: Final = """
    SELECT line, key AS customer_id, address AS email, event_name AS event,
           happened AS happened_at, coalesce(worth, 0) AS value
    FROM typed WHERE outcome = 'accepted' ORDER BY line
"""

EVENT_WORDS: Final = {
    "delivered": "delivered", "delivery": "delivered", "sent": "delivered", "send": "delivered",
    "received": "delivered", "zugestellt": "delivered",
    "open": "open", "opened": "open", "opens": "open", "emailopen": "open", "openedemail": "open",
    "emailopened": "open", "geöffnet": "open", "ouvert": "open", "ouverture": "open",
    "abierto": "open", "aperto": "open", "geopend": "open",
    "click": "click", "clicked": "click", "clicks": "click", "emailclick": "click",
    "clickedemail": "click", "emailclicked": "click", "linkclicked": "click", "geklickt": "click",
    "klick": "click", "clic": "click", "cliqué": "click", "geklikt": "click",
    "conversion": "conversion", "converted": "conversion", "purchase": "conversion",
    "purchased": "conversion", "order": "conversion", "ordered": "conversion",
    "revenue": "conversion", "sale": "conversion", "bought": "conversion",
    "placedorder": "conversion", "kauf": "conversion",
    "achat": "conversion", "compra": "conversion", "acquisto": "conversion",
    "bestellung": "conversion",
    "unsubscribe": "unsubscribe", "unsubscribed": "unsubscribe", "optout": "unsubscribe",
    "optedout": "unsubscribe",
    "abgemeldet": "unsubscribe", "abmeldung": "unsubscribe", "désabonnement": "unsubscribe",
    "désabonné": "unsubscribe", "baja": "unsubscribe", "disiscrizione": "unsubscribe",
    "complaint": "complaint", "complained": "complaint", "complaints": "complaint",
    "spam": "complaint", "spamcomplaint": "complaint", "spamreport": "complaint",
    "markedasspam": "complaint", "abuse": "complaint", "abusereport": "complaint",
    "beschwerde": "complaint", "plainte": "complaint", "queja": "complaint",
}  # fmt: skip
"""What files call an event, in small letters without signs."""
