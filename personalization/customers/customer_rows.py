"""Customer files: from cells of text to typed rows, and all that is to be told about them."""

from __future__ import annotations

from typing import Final

# One row of the file, read.  The key is the customer number, or the address where a file has none.
READ: Final = """
    CREATE TABLE judged AS
    WITH trimmed AS (
        SELECT *, bare_email(email) AS bare, day_text(signup_date) AS signup_text,
               day_text(first_order_date) AS first_text, day_text(last_order_date) AS last_text,
               CASE WHEN $has_marks THEN currency_mark(total_spent) END AS spent_mark
        FROM cells WHERE NOT EXISTS (FROM no_rows WHERE no_rows.line = cells.line)
    ), read AS (
        SELECT cells.line, fingerprint,
               bare_id(customer_id, ($floats).customer_id) AS given_id,
               coalesce(is_scientific(customer_id), false) AS is_scientific,
               CASE WHEN is_email(bare) THEN bare END AS address,
               signup.day_at AS signup_day,
               first.day_at + to_seconds(first_time.seconds) AS first_order_at,
               last.day_at + to_seconds(last_time.seconds) AS last_order_at,
               whole_of(orders, ($decimals).orders) AS n_orders,
               number_of(total_spent, ($decimals).total_spent) AS spent,
               whole_of(age, ($decimals).age) AS years,
               consents.says AS says_yes, opt_outs.says AS says_no,
               consents.word IS NULL AS is_odd_consent, opt_outs.word IS NULL AS is_odd_opt_out,
               coalesce(marks.code, stated.code, $currency) AS row_currency,
               COLUMNS($texts)
        FROM trimmed AS cells
        LEFT JOIN days AS signup ON signup.field = 'signup_date' AND signup.text = signup_text
        LEFT JOIN days AS first ON first.field = 'first_order_date' AND first.text = first_text
        LEFT JOIN days AS last ON last.field = 'last_order_date' AND last.text = last_text
        LEFT JOIN clocks AS first_time
            ON first_time.text = substr(first_order_date, length(first_text) + 1)
        LEFT JOIN clocks AS last_time
            ON last_time.text = substr(last_order_date, length(last_text) + 1)
        LEFT JOIN consent_words AS consents ON consents.word = lower(consent_email)
        LEFT JOIN consent_words AS opt_outs ON opt_outs.word = lower(opt_out)
        LEFT JOIN currency_marks AS marks ON marks.mark = spent_mark
        LEFT JOIN currency_marks AS stated ON stated.mark = upper(cells.currency)
    ), keyed AS (
        SELECT *, CASE WHEN $key = 'email' THEN address ELSE given_id END AS key,
               CASE WHEN $key = 'email' THEN email ELSE customer_id END AS key_text
        FROM read
    )
    SELECT *, CASE WHEN is_scientific AND $key <> 'email' THEN 'id_scientific_notation'
                   WHEN key IS NULL THEN 'missing_customer_id' END AS rejection,
           ($has_money AND $allowed_currency IS NOT NULL
            AND coalesce(row_currency <> $allowed_currency, false)) AS is_other_currency
    FROM keyed
"""

# Of rows with one key the last one stands; it is held against the ones before it.  A refusal in
# any of them stands too: consent that contradicts itself is no consent.
LAST: Final = """
    CREATE TABLE last_rows AS
    SELECT key, max(line) AS last_line, max_by(fingerprint, line) AS last_fingerprint,
           bool_or(coalesce(NOT says_yes, false) OR coalesce(says_no, false)) AS has_refused
    FROM judged WHERE rejection IS NULL GROUP BY key HAVING count(*) > 1
"""

# Of products and prospects the last row of a key counts.
JUDGE_NEWEST: Final = """
    CREATE VIEW typed AS
    SELECT judged.*,
           CASE WHEN rejection IS NOT NULL THEN 'rejected'
                WHEN line < last_line THEN 'merged' ELSE 'accepted' END AS outcome,
           CASE WHEN rejection IS NOT NULL THEN rejection[2]
                WHEN line >= last_line OR last_line IS NULL THEN NULL
                WHEN fingerprint = last_fingerprint THEN 'duplicate_exact'
                ELSE 'duplicate_superseded' END AS reason
    FROM judged LEFT JOIN last_rows USING (key)
"""
JUDGE: Final = """
    CREATE VIEW typed AS
    SELECT judged.*,
           CASE WHEN rejection IS NOT NULL THEN 'rejected'
                WHEN line < last_line THEN 'merged' ELSE 'accepted' END AS outcome,
           CASE WHEN rejection IS NOT NULL THEN rejection
                WHEN line >= last_line OR last_line IS NULL THEN NULL
                WHEN fingerprint = last_fingerprint THEN 'duplicate_exact'
                ELSE 'duplicate_superseded' END AS reason,
           coalesce(has_refused, false) AS has_refused
    FROM judged LEFT JOIN last_rows USING (key)
"""

# A doubtful value is told of once, beside what it says; the value itself is left out (NULL).
TELL: Final = """
    INSERT INTO problems
    WITH accepted AS (FROM typed WHERE outcome = 'accepted'), found AS (
        SELECT outcome, line, $key AS field, key_text AS value, reason FROM typed
        WHERE outcome <> 'accepted'
        UNION ALL
        SELECT 'warning', line, 'email', email, 'invalid_email' FROM typed
        WHERE email IS NOT NULL AND address IS NULL
          AND (outcome = 'accepted' OR (outcome = 'rejected' AND $key = 'email'))
        UNION ALL
        SELECT 'warning', line, 'email', email, 'missing_email' FROM accepted
        WHERE email IS NULL AND $has_email AND $key <> 'email'
        UNION ALL
        SELECT 'warning', line, 'signup_date', signup_date, 'bad_signup_date' FROM accepted
        WHERE signup_date IS NOT NULL AND signup_day IS NULL AND ($dates).signup_date <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'first_order_date', first_order_date, 'bad_first_order_date'
        FROM accepted WHERE first_order_date IS NOT NULL AND first_order_at IS NULL
          AND ($dates).first_order_date <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'last_order_date', last_order_date, 'bad_last_order_date'
        FROM accepted WHERE last_order_date IS NOT NULL AND last_order_at IS NULL
          AND ($dates).last_order_date <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'signup_date', signup_date, 'future_signup_date' FROM accepted
        WHERE signup_day > $latest
        UNION ALL
        SELECT 'warning', line, 'first_order_date', first_order_date, 'future_first_order_date'
        FROM accepted WHERE first_order_at > $latest
        UNION ALL
        SELECT 'warning', line, 'last_order_date', last_order_date, 'future_last_order_date'
        FROM accepted WHERE last_order_at > $latest
        UNION ALL
        SELECT 'warning', line, 'orders', orders,
               CASE WHEN n_orders IS NULL THEN 'bad_orders' ELSE 'impossible_orders' END
        FROM accepted WHERE orders IS NOT NULL AND (n_orders IS NULL OR n_orders < 0)
        UNION ALL
        SELECT 'warning', line, 'age', age,
               CASE WHEN years IS NULL THEN 'bad_age' ELSE 'impossible_age' END
        FROM accepted WHERE age IS NOT NULL AND (years IS NULL OR years NOT BETWEEN 1 AND 120)
        UNION ALL
        SELECT 'warning', line, 'total_spent', total_spent, 'bad_total_spent' FROM accepted
        WHERE total_spent IS NOT NULL AND spent IS NULL AND ($decimals).total_spent <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'total_spent', total_spent, 'other_currency' FROM accepted
        WHERE is_other_currency AND total_spent IS NOT NULL
        UNION ALL
        SELECT 'warning', line, 'consent_email', consent_email, 'bad_consent_email' FROM accepted
        WHERE consent_email IS NOT NULL AND is_odd_consent
        UNION ALL
        SELECT 'warning', line, 'opt_out', opt_out, 'bad_consent_email' FROM accepted
        WHERE opt_out IS NOT NULL AND is_odd_opt_out
        UNION ALL
        SELECT 'warning', line, 'consent_email', consent_email, 'conflicting_consent' FROM accepted
        WHERE has_refused AND says_yes
    )
    SELECT found.outcome, line, column_name, left(value, 300), reason, NULL
    FROM found LEFT JOIN file_columns USING (field)
"""

TELL_SHARED: Final = """
    INSERT INTO problems
    WITH shared AS (
        SELECT address FROM typed
        WHERE outcome = 'accepted' AND address IS NOT NULL AND $key <> 'email'
        GROUP BY address HAVING count(*) > 1
    )
    SELECT 'warning', max(line), any_value(column_name), address, 'email_shared_by_ids',
           list(key ORDER BY line)
    FROM typed JOIN shared USING (address) JOIN file_columns ON file_columns.field = 'email'
    WHERE outcome = 'accepted'
    GROUP BY address
"""

# Consent needs an explicit yes; a column that says who opted out needs an explicit no.
ACCEPTED: Final = """
    SELECT key AS customer_id, address AS email, first_name, last_name, full_name, phone, city,
           country, locale, CASE WHEN years BETWEEN 1 AND 120 THEN years END::INTEGER AS age, tier,
           CASE WHEN signup_day <= $latest THEN signup_day END::DATE AS signup_date,
           CASE WHEN first_order_at <= $latest THEN first_order_at END AS first_order_date,
           CASE WHEN last_order_at <= $latest THEN last_order_at END AS last_order_date,
           CASE WHEN n_orders >= 0 THEN n_orders END AS orders,
           CASE WHEN NOT is_other_currency THEN spent END AS total_spent,
           coalesce(CASE WHEN NOT $has_opt_out THEN says_yes
                         WHEN $has_consent
                             THEN says_yes AND NOT coalesce(says_no, opt_out IS NOT NULL)
                         ELSE NOT says_no END, false) AND NOT has_refused AS consent_email,
           has_refused OR coalesce(NOT says_yes, false) OR coalesce(says_no, false)
               AS refuses_email,
           tags, CASE WHEN $has_money THEN row_currency END AS currency, favourite_category,
           COLUMNS($extras)
    FROM typed WHERE outcome = 'accepted' ORDER BY line
"""
