"""Order lines: from cells of text to typed rows, and all that is to be told about them."""

from __future__ import annotations

from typing import Final

READ: Final = """
    CREATE TABLE judged AS
    WITH trimmed AS (
        SELECT *, day_text(ordered_at) AS ordered_text,
               CASE WHEN $key = 'email' THEN bare_email(email) END AS bare,
               CASE WHEN $has_marks THEN currency_mark(unit_price) END AS price_mark,
               CASE WHEN $has_marks THEN currency_mark(amount) END AS amount_mark
        FROM cells WHERE NOT EXISTS (FROM no_rows WHERE no_rows.line = cells.line)
    ), read AS (
        SELECT cells.line, fingerprint,
               CASE WHEN $key = 'email' THEN CASE WHEN is_email(bare) THEN bare END
                    ELSE bare_id(customer_id, ($floats).customer_id) END AS key,
               CASE WHEN $key = 'email' THEN email ELSE customer_id END AS key_text,
               bare_id(order_id, ($floats).order_id) AS given_order,
               bare_id(product_id, ($floats).product_id) AS given_product,
               number_of(quantity, ($decimals).quantity) AS units,
               number_of(unit_price, ($decimals).unit_price) AS price_each,
               number_of(amount, ($decimals).amount) AS line_amount,
               ordered.day_at + to_seconds(clocks.seconds - clocks.zone) AS ordered,
               coalesce(prices.code, amounts.code, stated.code, $currency) AS row_currency,
               COLUMNS($texts)
        FROM trimmed AS cells
        LEFT JOIN days AS ordered ON ordered.field = 'ordered_at' AND ordered.text = ordered_text
        LEFT JOIN clocks ON clocks.text = substr(ordered_at, length(ordered_text) + 1)
        LEFT JOIN currency_marks AS prices ON prices.mark = price_mark
        LEFT JOIN currency_marks AS amounts ON amounts.mark = amount_mark
        LEFT JOIN currency_marks AS stated ON stated.mark = upper(cells.currency)
    )
    SELECT *, coalesce(row_currency <> $allowed_currency, false) AS is_other_currency,
        CASE
            WHEN $key <> 'email' AND is_scientific(key_text) THEN [$key, 'id_scientific_notation']
            WHEN key IS NULL THEN [$key, 'missing_customer_id']
            WHEN is_scientific(order_id) THEN ['order_id', 'id_scientific_notation']
            WHEN is_scientific(product_id) THEN ['product_id', 'id_scientific_notation']
            WHEN units IS NULL AND $has_quantity AND ($decimals).quantity <> 'ambiguous'
                THEN ['quantity', 'bad_quantity']
            WHEN line_amount IS NULL AND price_each IS NULL AND $has_price
                 AND ($decimals).unit_price <> 'ambiguous' THEN ['unit_price', 'bad_unit_price']
            WHEN line_amount IS NULL AND price_each IS NULL AND NOT $has_price
                 AND ($decimals).amount <> 'ambiguous' THEN ['amount', 'bad_amount']
            WHEN ordered IS NULL AND ($dates).ordered_at <> 'ambiguous'
                THEN ['ordered_at', 'bad_ordered_at']
            WHEN ordered > $latest THEN ['ordered_at', 'future_ordered_at']
            WHEN coalesce(row_currency <> $allowed_currency, false)
                THEN ['currency', 'other_currency']
        END AS rejection
    FROM read
"""

LAST: Final = """
    CREATE TABLE first_rows AS
    SELECT fingerprint, min(line) AS first_line FROM judged
    WHERE rejection IS NULL GROUP BY fingerprint HAVING count(*) > 1
"""
JUDGE: Final = """
    CREATE VIEW typed AS
    SELECT judged.*, CASE WHEN rejection IS NULL THEN 'accepted' ELSE 'rejected' END AS outcome,
           coalesce(rejection IS NULL AND line > first_line, false) AS is_repeated
    FROM judged LEFT JOIN first_rows USING (fingerprint)
"""

# Codes of what is no product: postage, fees, discounts, corrections.  UCI Online Retail has most.
TELL: Final = """
    INSERT INTO problems
    WITH accepted AS (FROM typed WHERE outcome = 'accepted'), found AS (
        SELECT outcome, line, rejection[1] AS field,
               CASE rejection[1] WHEN 'order_id' THEN order_id WHEN 'product_id' THEN product_id
                   WHEN 'quantity' THEN quantity WHEN 'unit_price' THEN unit_price
                   WHEN 'amount' THEN amount WHEN 'ordered_at' THEN ordered_at
                   WHEN 'currency' THEN row_currency ELSE key_text END AS value,
               rejection[2] AS reason
        FROM typed WHERE outcome = 'rejected'
        UNION ALL
        SELECT 'warning', line, NULL, NULL, 'possible_duplicate_line' FROM accepted
        WHERE is_repeated
        UNION ALL
        SELECT 'warning', line, CASE WHEN units < 0 THEN 'quantity' ELSE 'amount' END,
               CASE WHEN units < 0 THEN quantity ELSE amount END, 'refund'
        FROM accepted WHERE units < 0 OR line_amount < 0
        UNION ALL
        SELECT 'warning', line, 'unit_price', unit_price, 'impossible_unit_price'
        FROM accepted WHERE price_each < 0
        UNION ALL
        SELECT 'warning', line, 'unit_price', unit_price, 'bad_unit_price' FROM accepted
        WHERE price_each IS NULL AND unit_price IS NOT NULL
          AND ($decimals).unit_price <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'amount', amount, 'bad_amount' FROM accepted
        WHERE line_amount IS NULL AND amount IS NOT NULL AND ($decimals).amount <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'product_id', product_id, 'non_product_line' FROM accepted
        WHERE regexp_full_match(lower(product_id),
            'post|postage|dot|m|d|s|b|c2|pads|cruk|manual|amazonfee|bank ?charges|adjust[0-9]*'
            || '|test[0-9]*|ship|shipping.*|delivery.*|freight.*|carriage|versand.*|porto|livraison'
            || '|frais.*|envio|gastos.*|discount.*|rabatt|remise|descuento|voucher.*|coupon.*'
            || '|gift.?(card|voucher|wrap).*|fee|fees|.*[-_ ]fee|commission|samples?|tax|vat'
            || '|rounding|deposit|tip|donation|insurance')
    )
    SELECT found.outcome, line, column_name, left(value, 300), reason, NULL
    FROM found LEFT JOIN file_columns USING (field)
"""

# Where the file has no quantity a line is one; where it has no price, the price is amount per unit.
ACCEPTED: Final = """
    WITH counted AS (
        SELECT *, CASE WHEN $has_quantity THEN units ELSE 1 END AS n FROM typed
        WHERE outcome = 'accepted'
    )
    SELECT line, given_order AS order_id, key AS customer_id, given_product AS product_id,
           product_name, category, n AS quantity,
           coalesce(price_each, line_amount / nullif(n, 0)) AS unit_price,
           coalesce(line_amount, round(n * price_each, 6)) AS amount, row_currency AS currency,
           ordered AS ordered_at
    FROM counted ORDER BY line
"""
