"""Product files: from cells of text to typed rows, and all that is to be told about them."""

from __future__ import annotations

from typing import Final

# A path may stand in the column of the category.  A share above one on the whole is in percent.
READ_PRODUCTS: Final = """
    CREATE TABLE judged AS
    WITH trimmed AS (
        SELECT *, CASE WHEN is_path(category) THEN category
                       WHEN category_path IS NOT NULL AND NOT is_path(category_path)
                       THEN regexp_replace(category_path, '\\s*[/\\\\]\\s*', ' > ', 'g')
                       ELSE coalesce(category_path, category) END AS path_text,
               flag_text(stock) AS stock_text, flag_text(availability) AS there_text,
               flag_text(active) AS active_text,
               flag_text(replenishable) AS refill_text, flag_text(gate) AS gate_text
        FROM cells WHERE NOT EXISTS (FROM no_rows WHERE no_rows.line = cells.line)
    ), read AS (
        SELECT cells.line, fingerprint, bare_id(product_id, ($floats).product_id) AS key,
               bare_id(variant_group, ($floats).variant_group) AS family_of_variants,
               number_of(price, ($decimals).price) AS list_price,
               number_of(cost, ($decimals).cost) AS unit_cost,
               number_of(rtrim(margin, '% '), ($decimals).margin) AS stated_margin,
               coalesce(contains(margin, '%'), false) AS is_percent,
               coalesce(number_of(stock, ($decimals).stock),
                        CASE WHEN yes_there.word IS NULL THEN whole_of(availability, '.') END)
                   AS pieces,
               coalesce(stocks.says, yes_stock.says) AS has_stock,
               coalesce(theres.says, yes_there.says) AS is_there,
               coalesce(actives.says, yes_active.says) AS is_sold,
               yes_refill.says AS is_used_up, yes_gate.says AS is_gated,
               path_of(path_text) AS steps,
               coalesce(marks.code, stated.code, $currency) AS row_currency,
               NULL::BOOLEAN AS says_yes, NULL::BOOLEAN AS says_no, -- a product consents to nothing
               COLUMNS($texts)
        FROM trimmed AS cells
        LEFT JOIN currency_marks AS marks ON marks.mark = currency_mark(cells.price)
        LEFT JOIN currency_marks AS stated ON stated.mark = upper(cells.currency)
        LEFT JOIN product_words AS stocks ON stocks.about = 'stock' AND stocks.word = stock_text
        LEFT JOIN product_words AS actives
            ON actives.about = 'active' AND actives.word = active_text
        LEFT JOIN product_words AS theres ON theres.about = 'stock' AND theres.word = there_text
        LEFT JOIN consent_words AS yes_there ON yes_there.word = there_text
        LEFT JOIN consent_words AS yes_stock ON yes_stock.word = stock_text
        LEFT JOIN consent_words AS yes_active ON yes_active.word = active_text
        LEFT JOIN consent_words AS yes_refill ON yes_refill.word = refill_text
        LEFT JOIN consent_words AS yes_gate ON yes_gate.word = gate_text
    )
    SELECT *, CASE WHEN bool_or(is_percent) OVER () OR median(abs(stated_margin)) OVER () > 1
                   THEN stated_margin / 100 ELSE stated_margin END AS share,
           is_no_product(key, name, 0) AS is_no_product,
           CASE WHEN is_scientific(product_id) THEN ['product_id', 'id_scientific_notation']
                WHEN key IS NULL THEN ['product_id', 'missing_product_id']
                WHEN name IS NULL AND $has_name THEN ['name', 'missing_name'] END AS rejection
    FROM read
"""

TELL_PRODUCTS: Final = """
    INSERT INTO problems
    WITH accepted AS (FROM typed WHERE outcome = 'accepted'), found AS (
        SELECT outcome, line, coalesce(rejection[1], 'product_id') AS field,
               CASE WHEN rejection[1] = 'name' THEN name ELSE product_id END AS value, reason
        FROM typed WHERE outcome <> 'accepted'
        UNION ALL
        SELECT 'warning', line, 'price', price,
               CASE WHEN list_price IS NULL THEN 'bad_price' ELSE 'impossible_price' END
        FROM accepted WHERE price IS NOT NULL
          AND (list_price < 0 OR (list_price IS NULL AND ($decimals).price <> 'ambiguous'))
        UNION ALL
        SELECT 'warning', line, 'price', price,
               CASE WHEN price IS NULL THEN 'missing_price' ELSE 'zero_price' END FROM accepted
        WHERE NOT is_no_product AND EXISTS (FROM file_columns WHERE field = 'price')
          AND (price IS NULL OR list_price = 0)
        UNION ALL
        SELECT 'warning', line, CASE WHEN stock IS NULL THEN 'availability' ELSE 'stock' END,
               coalesce(stock, availability), 'negative_stock' FROM accepted
        WHERE pieces < 0
        UNION ALL
        SELECT 'warning', line, 'margin', margin, 'bad_margin' FROM accepted
        WHERE margin IS NOT NULL AND ($decimals).margin <> 'ambiguous'
          AND (share IS NULL OR share > 1)
        UNION ALL
        SELECT 'warning', line, 'cost', cost, 'bad_cost' FROM accepted
        WHERE cost IS NOT NULL AND ($decimals).cost <> 'ambiguous'
          AND (unit_cost IS NULL OR unit_cost < 0)
        UNION ALL
        SELECT 'warning', line, 'stock', stock, 'bad_stock' FROM accepted
        WHERE stock IS NOT NULL AND pieces IS NULL AND has_stock IS NULL
          AND ($decimals).stock <> 'ambiguous'
        UNION ALL
        SELECT 'warning', line, 'availability', availability, 'bad_stock' FROM accepted
        WHERE availability IS NOT NULL AND pieces IS NULL AND is_there IS NULL
        UNION ALL
        SELECT 'warning', line, 'active', active, 'bad_active' FROM accepted
        WHERE active IS NOT NULL AND is_sold IS NULL
        UNION ALL
        SELECT 'warning', line, 'replenishable', replenishable, 'bad_replenishable' FROM accepted
        WHERE replenishable IS NOT NULL AND is_used_up IS NULL
        UNION ALL
        SELECT 'warning', line, 'url', url, 'bad_url' FROM accepted
        WHERE url IS NOT NULL AND NOT is_web_address(url)
        UNION ALL
        SELECT 'warning', line, 'product_id', product_id, 'no_product' FROM accepted
        WHERE is_no_product
        UNION ALL
        SELECT 'warning', max(line), 'product_id', max_by(product_id, line), 'id_differs_in_case'
        FROM accepted GROUP BY upper(key) HAVING count(*) > 1
    )
    SELECT found.outcome, line, column_name, left(value, 300), reason, NULL
    FROM found LEFT JOIN file_columns USING (field)
"""

# What cannot be read is not sold and not in stock: nothing is recommended on a guess.
ACCEPTED_PRODUCTS: Final = """
    SELECT key AS product_id, name, bare_text(description) AS description,
           CASE WHEN is_path(category) OR category IS NULL OR is_sort_of_article(category)
                THEN steps[-1] ELSE category END AS category,
           nullif(array_to_string(steps, ' > '), '') AS category_path,
           CASE WHEN list_price >= 0 THEN list_price END AS price, row_currency AS currency,
           coalesce(CASE WHEN share <= 1 THEN share END,
                    CASE WHEN unit_cost >= 0 AND list_price > 0
                         THEN round((list_price - unit_cost) / list_price, 4) END) AS margin,
           CASE WHEN NOT is_there THEN 0
                WHEN pieces IS NOT NULL THEN pieces
                WHEN stock IS NOT NULL AND NOT coalesce(has_stock, false) THEN 0
                WHEN availability IS NOT NULL AND NOT coalesce(is_there, false) THEN 0 END AS stock,
           tag_list(tags) AS tags, is_used_up AS replenishable, family_of_variants AS variant_group,
           NOT is_no_product AND (active IS NULL OR coalesce(is_sold, false)) AS active,
           CASE WHEN gate IS NULL OR NOT is_gated THEN NULL WHEN is_gated THEN 'age_18'
                WHEN regexp_matches(gate, '[0-9]{1,2}')
                THEN 'age_' || regexp_extract(gate, '[0-9]{1,2}')
                ELSE replace(flag_text(gate), ' ', '_') END AS gate,
           CASE WHEN is_web_address(url) THEN url END AS url, COLUMNS($extras)
    FROM typed WHERE outcome = 'accepted' ORDER BY line
"""
