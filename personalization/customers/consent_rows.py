"""Consent files and objection files: from cells of text to typed rows, and what is to be told."""

from __future__ import annotations

from typing import Final

# A record without a readable date, or with an end that cannot be read, proves nothing: it is
# rejected.  Whoever takes a consent back has done so, whatever day, channel or number stands
# there: it counts from the import at the latest, and by the address where the number is missing.
# A confirmation that cannot be read is none, which is told.  An end in another century,
# such as 9999-12-31, is how registers write that there is none.
READ_CONSENTS: Final = """
    CREATE TABLE typed AS
    WITH words AS (
        SELECT unnest($basis_words::VARCHAR[]) AS word, unnest($basis_names::VARCHAR[]) AS name
    ), channels AS (
        SELECT unnest($channel_words::VARCHAR[]) AS word, unnest($channel_names::VARCHAR[]) AS name
    ), read AS (
        SELECT cells.line, fingerprint,
               CASE WHEN is_email(bare_email(email)) THEN bare_email(email) END AS address,
               CASE WHEN $key <> 'email' THEN bare_id(customer_id, ($floats).customer_id) END
                   AS given_id,
               CASE WHEN $key = 'email' THEN email ELSE customer_id END AS key_text,
               CASE WHEN words.name = 'objected' THEN 'withdrawn' ELSE words.name END
                   AS basis_name,
               coalesce(words.name = 'objected', false) AS objects,
               coalesce(words.name IN ('objected', 'withdrawn'), false) AS refuses,
               channels.name AS channel_name,
               recorded.day_at + to_seconds(recorded_clock.seconds - recorded_clock.zone)
                   AS recorded,
               confirmed.day_at + to_seconds(confirmed_clock.seconds - confirmed_clock.zone)
                   AS confirmed,
               ends.day_at::DATE AS ends_on,
               coalesce(regexp_matches(expires_on,
                        '(^|[^0-9])(2[1-9]|[3-9][0-9])[0-9]{2}([^0-9]|$)'), false) AS is_endless,
               COLUMNS($texts)
        FROM cells
        LEFT JOIN words
            ON words.word = regexp_replace(lower(cells.basis), '[^\\p{L}0-9]', '', 'g')
        LEFT JOIN channels
            ON channels.word = regexp_replace(lower(cells.channel), '[^\\p{L}]', '', 'g')
        LEFT JOIN days AS recorded
            ON recorded.field = 'recorded_at' AND recorded.text = day_text(cells.recorded_at)
        LEFT JOIN clocks AS recorded_clock ON recorded_clock.text = time_text(cells.recorded_at)
        LEFT JOIN days AS confirmed
            ON confirmed.field = 'confirmed_at' AND confirmed.text = day_text(cells.confirmed_at)
        LEFT JOIN clocks AS confirmed_clock ON confirmed_clock.text = time_text(cells.confirmed_at)
        LEFT JOIN days AS ends
            ON ends.field = 'expires_on' AND ends.text = day_text(cells.expires_on)
        WHERE NOT EXISTS (FROM no_rows WHERE no_rows.line = cells.line)
    ), keyed AS (
        SELECT *, CASE WHEN refuses AND is_scientific(key_text) THEN address
                       ELSE coalesce(given_id, address) END AS key
        FROM read
    ), judged AS (
        SELECT *, CASE
                WHEN $key <> 'email' AND is_scientific(key_text) AND key IS DISTINCT FROM address
                    THEN [$key, 'id_scientific_notation']
                WHEN key IS NULL THEN [$key, 'missing_customer_id']
                WHEN basis_name IS NULL THEN ['basis', 'bad_basis']
                WHEN refuses THEN NULL
                WHEN recorded IS NULL AND ($dates).recorded_at <> 'ambiguous'
                    THEN ['recorded_at', 'bad_recorded_at']
                WHEN recorded > $latest THEN ['recorded_at', 'future_recorded_at']
                WHEN expires_on IS NOT NULL AND ends_on IS NULL AND NOT is_endless
                 AND ($dates).expires_on <> 'ambiguous' THEN ['expires_on', 'bad_expires_on']
               END AS rejection
        FROM keyed
    ), counted AS (
        SELECT *, row_number() OVER (PARTITION BY fingerprint, rejection IS NULL
                                     ORDER BY line DESC) AS place
        FROM judged
    )
    SELECT *, CASE WHEN rejection IS NOT NULL THEN 'rejected' WHEN place > 1 THEN 'merged'
                   ELSE 'accepted' END AS outcome
    FROM counted
"""

TELL_CONSENTS: Final = """
    INSERT INTO problems
    WITH accepted AS (FROM typed WHERE outcome = 'accepted'), found AS (
        SELECT outcome, line, coalesce(rejection[1], $key) AS field,
               CASE rejection[1] WHEN 'basis' THEN basis WHEN 'recorded_at' THEN recorded_at
                   WHEN 'expires_on' THEN expires_on ELSE key_text END AS value,
               coalesce(rejection[2], 'duplicate_exact') AS reason
        FROM typed WHERE outcome <> 'accepted'
        UNION ALL
        SELECT 'warning', line, 'confirmed_at', confirmed_at, 'bad_confirmed_at' FROM accepted
        WHERE confirmed_at IS NOT NULL AND (confirmed IS NULL OR confirmed > $latest)
          AND ($dates).confirmed_at <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'confirmed_at', confirmed_at, 'unconfirmed_opt_in' FROM accepted
        WHERE basis_name = 'double_opt_in' AND confirmed_at IS NULL
        UNION ALL
        SELECT 'warning', line, 'wording', wording, 'missing_wording' FROM accepted
        WHERE wording IS NULL AND NOT refuses
        UNION ALL
        SELECT 'warning', line, 'recorded_at', recorded_at, 'undated_withdrawal' FROM accepted
        WHERE refuses AND (recorded IS NULL OR recorded > $latest)
          AND ($dates).recorded_at <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'channel', channel, 'unknown_channel' FROM accepted
        WHERE channel IS NOT NULL AND channel_name IS NULL
    )
    SELECT found.outcome, line, column_name, left(value, 300), reason, NULL
    FROM found LEFT JOIN file_columns USING (field)
"""

ACCEPTED_CONSENTS: Final = """
    SELECT line, key AS customer_id, address AS email,
           coalesce(channel_name, CASE WHEN NOT refuses THEN lower(channel) END, 'email')
               AS channel,
           basis_name AS basis, wording, mechanism,
           CASE WHEN NOT refuses OR recorded <= $latest THEN recorded END AS recorded_at,
           CASE WHEN confirmed <= $latest THEN confirmed END AS confirmed_at,
           ends_on AS expires_on, evidence,
           objects AND coalesce(channel_name, 'email') = 'email' AS objects
    FROM typed WHERE outcome = 'accepted' ORDER BY line
"""

# Whoever objects has objected: no date is needed, and an address is enough.
READ_SUPPRESSIONS: Final = """
    CREATE TABLE typed AS
    WITH read AS (
        SELECT cells.line, fingerprint,
               CASE WHEN is_email(bare_email(email)) THEN bare_email(email) END AS address,
               CASE WHEN $key <> 'email' AND NOT is_scientific(customer_id)
                    THEN bare_id(customer_id, ($floats).customer_id) END AS given_id,
               CASE WHEN $key = 'email' THEN email ELSE customer_id END AS key_text,
               moments.day_at + to_seconds(clocks.seconds - clocks.zone) AS moment,
               COLUMNS($texts)
        FROM cells
        LEFT JOIN days AS moments
            ON moments.field = 'objected_at' AND moments.text = day_text(cells.objected_at)
        LEFT JOIN clocks ON clocks.text = time_text(cells.objected_at)
        WHERE NOT EXISTS (FROM no_rows WHERE no_rows.line = cells.line)
    ), judged AS (
        SELECT *, coalesce(given_id, address) AS key,
               CASE WHEN given_id IS NULL AND address IS NULL THEN [$key, 'missing_objector'] END
                   AS rejection
        FROM read
    ), counted AS (
        SELECT *, row_number() OVER (PARTITION BY key, address, rejection IS NULL
                                     ORDER BY moment NULLS LAST, line) AS place
        FROM judged
    )
    SELECT *, CASE WHEN rejection IS NOT NULL THEN 'rejected' WHEN place > 1 THEN 'merged'
                   ELSE 'accepted' END AS outcome
    FROM counted
"""

TELL_SUPPRESSIONS: Final = """
    INSERT INTO problems
    WITH found AS (
        SELECT outcome, line, $key AS field, key_text AS value,
               coalesce(rejection[2], 'duplicate_objection') AS reason
        FROM typed WHERE outcome <> 'accepted'
        UNION ALL
        SELECT 'warning', line, 'objected_at', objected_at, 'bad_objected_at' FROM typed
        WHERE outcome = 'accepted' AND objected_at IS NOT NULL
          AND (moment IS NULL OR moment > $latest) AND ($dates).objected_at <> 'ambiguous'
    )
    SELECT found.outcome, line, column_name, left(value, 300), reason, NULL
    FROM found LEFT JOIN file_columns USING (field)
"""

ACCEPTED_SUPPRESSIONS: Final = """
    SELECT line, key AS customer_id, address AS email,
           coalesce(objection_reason, 'objected') AS objection_reason,
           CASE WHEN moment <= $latest THEN moment END AS objected_at
    FROM typed WHERE outcome = 'accepted' ORDER BY line
"""

BASIS_WORDS: Final = {
    "express": "express", "explicit": "express", "expressconsent": "express",
    "explicitconsent": "express", "optin": "express", "optedin": "express",
    "singleoptin": "express", "soi": "express", "consent": "express", "consented": "express",
    "subscribed": "express", "einwilligung": "express", "ausdrücklich": "express",
    "consentement": "express",
    "doubleoptin": "double_opt_in", "doi": "double_opt_in", "confirmedoptin": "double_opt_in",
    "coi": "double_opt_in", "confirmed": "double_opt_in", "doubleoptinconfirmed": "double_opt_in",
    "softoptin": "soft_opt_in", "existingcustomer": "soft_opt_in",
    "bestandskunde": "soft_opt_in", "73uwg": "soft_opt_in",
    "impliedpurchase": "implied_purchase", "impliedbypurchase": "implied_purchase",
    "purchase": "implied_purchase", "inferredpurchase": "implied_purchase",
    "impliedenquiry": "implied_enquiry", "impliedinquiry": "implied_enquiry",
    "impliedbyenquiry": "implied_enquiry", "enquiry": "implied_enquiry",
    "inquiry": "implied_enquiry", "inferredenquiry": "implied_enquiry",
    "corporate": "corporate", "corporatesubscriber": "corporate", "b2b": "corporate",
    "legitimateinterest": "legitimate_interest", "legitimateinterests": "legitimate_interest",
    "berechtigtesinteresse": "legitimate_interest", "intérêtlégitime": "legitimate_interest",
    "withdrawn": "withdrawn", "withdrawal": "withdrawn", "revoked": "withdrawn",
    "optout": "objected", "optedout": "objected", "unsubscribed": "objected",
    "unsubscribe": "objected", "objected": "objected", "objection": "objected",
    "abgemeldet": "objected", "widerspruch": "objected", "désabonné": "objected",
    "widerrufen": "withdrawn", "widerruf": "withdrawn",
    "retiré": "withdrawn",
}  # fmt: skip
"""What files call a basis, in small letters without signs; one that is not here is rejected."""

CHANNEL_WORDS: Final = {
    "email": "email", "emails": "email", "emailmarketing": "email", "mail": "email",
    "newsletter": "email", "newsletters": "email", "emailnewsletter": "email",
    "courriel": "email", "correo": "email", "correoelectrónico": "email", "epost": "email",
    "all": "email", "any": "email", "every": "email", "allchannels": "email", "alle": "email",
    "tous": "email", "todos": "email",
    "sms": "sms", "text": "sms", "textmessage": "sms", "mobile": "sms", "whatsapp": "whatsapp",
    "phone": "phone", "telephone": "phone", "telefon": "phone", "call": "phone", "calls": "phone",
    "post": "post", "postal": "post", "directmail": "post", "letter": "post", "brief": "post",
    "push": "push", "pushnotification": "push", "app": "push", "fax": "fax",
}  # fmt: skip
"""What files call a channel; what is not here counts for a withdrawal and not for a consent."""
