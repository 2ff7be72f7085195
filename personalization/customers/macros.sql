-- How the text of one cell is read.  Loaded into the scratch store of a check, never into the product's.

-- A cell as it was meant: without outer spaces, Excel's text marks and typed-in apostrophes.
CREATE MACRO tidy_text(x) AS
    CASE WHEN x[1] <> '=' AND x[1] <> '''' THEN trim(x)
         WHEN regexp_full_match(x, '="[^"]*"') THEN regexp_extract(x, '"(.*)"', 1)
         WHEN regexp_matches(x, '^''[-=+@0-9(]') THEN trim(x[2:])
         ELSE trim(x) END;

-- No IN list: the engine would make a join of it, which forgets the order of the rows.
CREATE MACRO is_null_word(x) AS
    strlen(x) <= 9 AND regexp_full_match(x,
        '(?i)|na|n/a|#n/a|n\.a\.|\(?null\)?|<null>|#null!|none|nan|-{1,3}|–|—|\.|\?|\\n|#ref!|#value!|undefined');
CREATE MACRO cell(x) AS CASE WHEN is_null_word(x) THEN NULL ELSE x END;

-- People are called Null, None and Na; nobody is called N/A.
CREATE MACRO name_cell(x) AS
    CASE WHEN is_null_word(x) AND NOT regexp_full_match(x, 'Null|None|Na') THEN NULL ELSE x END;

CREATE MACRO plain_words(x) AS
    trim(regexp_replace(regexp_replace(lower(x), '[^\p{L} ]', '', 'g'), ' +', ' ', 'g'));

CREATE MACRO row_key(kind, customer_id, email, product_id, prospect_id, linkedin_url) AS
    CASE kind WHEN 'email' THEN coalesce(email, linkedin_url) WHEN 'product_id' THEN product_id
         WHEN 'prospect_id' THEN prospect_id WHEN 'linkedin_url' THEN linkedin_url
         ELSE customer_id END;

-- Ids are text.  A trailing .0 goes only where every value of the column has one.
CREATE MACRO bare_id(x, is_float) AS CASE WHEN is_float THEN regexp_replace(x, '\.0+$', '') ELSE x END;
CREATE MACRO is_scientific(x) AS
    contains(lower(x), 'e') AND regexp_full_match(x, '[0-9]+([.,][0-9]+)?[eE]\+[0-9]+|[0-9][.,][0-9]+[eE][0-9]+');

-- Tags as shops write them: parted by comma, semicolon, bar or line, or as a list of JSON.
CREATE MACRO tag_list(x) AS
    nullif(array_to_string(list_filter(list_transform(
        string_split_regex(CASE WHEN x[1] = '[' AND x[-1] = ']' THEN x[2:-2] ELSE replace(x, '&amp;', '&') END,
                           '[,;|\n\x{3001}\x{FF0C}\x{FF1B}]'),
        lambda tag: trim(tag, ' "''')), lambda tag: tag <> ''), ', '), '');

CREATE MACRO bare_email(x) AS
    CASE WHEN contains(x, '<') OR lower(x[1:7]) = 'mailto:' OR x[1] IN ('''', '"')
         THEN lower(trim(regexp_replace(x, '(?i)^mailto:|^.*<([^<>]+)>$', '\1'), ' ''"<>;,'))
         ELSE lower(x) END;
CREATE MACRO is_email(x) AS
    regexp_full_match(x,
        '[\p{L}\p{N}!#$%&''*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&''*+/=?^_`{|}~-]+)*@([\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+(\p{L}{2,}|xn--[a-z0-9-]+)')
    AND length(x) <= 254;

-- A number with the decimal mark of its column: currency, group marks, (x) and x- are understood.
-- Whether it is one is matched without captures, which are twenty times as slow.
CREATE MACRO is_amount(x) AS regexp_full_match(x,
    '(?i)\(?\s*[-+−–]?\s*([a-z]{0,3}\p{Sc}|AED|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PLN|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR'
    || '|kr\.?|zł|kč|ft|fr\.?|lei|руб\.?|р\.)?\s*[-+−–]?\s*([0-9][0-9.,''’ ]*|[.,][0-9]+)\s*(\p{Sc}[a-z]{0,3}|AED|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PLN|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR'
    || '|kr\.?|zł|kč|ft|fr\.?|lei|руб\.?|р\.|euros?|,-)?\s*[-−–]?\s*\)?');
CREATE MACRO number_body(x) AS
    CASE WHEN is_amount(x) THEN trim(regexp_replace(x, '^[^0-9]*[^0-9.,]|[^0-9]*[^0-9., ][^0-9]*$', '', 'g'), ' ''’') END;
CREATE MACRO point_number(body) AS
    CASE WHEN regexp_full_match(body, '[0-9]*\.?[0-9]+|[0-9]+\.|[0-9]{1,3}([, ''’][0-9]{2,3})*[, ''’][0-9]{3}(\.[0-9]*)?')
         THEN try_cast(regexp_replace(body, '[, ''’]', '', 'g') AS DOUBLE) END;
CREATE MACRO comma_number(body) AS
    CASE WHEN regexp_full_match(body, '[0-9]*,?[0-9]+|[0-9]+,|[0-9]{1,3}([. ''’][0-9]{3})+(,[0-9]*)?')
         THEN try_cast(replace(regexp_replace(body, '[. ''’]', '', 'g'), ',', '.') AS DOUBLE) END;
CREATE MACRO is_negative(x) AS
    regexp_matches(x, '^\s*\(.*\)$|^[^0-9.,]*[-−–]|[0-9][^0-9,]*[-−–]\s*$');
CREATE MACRO number_of(x, mark) AS
    CASE WHEN mark = '.' AND regexp_full_match(x, '-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?') THEN try_cast(x AS DOUBLE)
         WHEN mark = ',' AND regexp_full_match(x, '-?[0-9]+(,[0-9]+)?') THEN try_cast(replace(x, ',', '.') AS DOUBLE)
         ELSE CASE WHEN is_negative(x) THEN -1 ELSE 1 END
              * CASE mark WHEN ',' THEN comma_number(number_body(x)) WHEN '.' THEN point_number(number_body(x)) END
    END;
CREATE MACRO whole_of(x, mark) AS
    CASE WHEN number_of(x, mark) = floor(number_of(x, mark)) AND abs(number_of(x, mark)) < 1e15
         THEN number_of(x, mark)::BIGINT END;
CREATE MACRO currency_mark(x) AS
    upper(trim(regexp_replace(x, '[0-9.,''’()+−–-]', '', 'g')));

-- A moment is a day and a time of day; both are looked up among the distinct texts of the columns.
CREATE MACRO day_text(x) AS
    CASE WHEN contains(x, ':') THEN regexp_replace(x, '[T ,]+[0-9]{1,2}:[0-9]{2}.*$', '') ELSE x END;
CREATE MACRO time_text(x) AS substr(x, length(day_text(x)) + 1);
CREATE MACRO time_parts(x) AS regexp_extract(x,
    '^[T ,]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*(?:([AaPp])\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|([-+])([0-9]{2}):?([0-9]{2})?)?\s*(?:\[.*\])?$',
    ['hour', 'minute', 'second', 'fraction', 'half', 'sign', 'zone_hour', 'zone_minute']);
CREATE MACRO hour_of(parts) AS
    CASE WHEN parts.half = '' THEN try_cast(parts.hour AS INTEGER)
         WHEN try_cast(parts.hour AS INTEGER) NOT BETWEEN 1 AND 12 THEN NULL
         ELSE try_cast(parts.hour AS INTEGER) % 12 + CASE WHEN lower(parts.half) = 'p' THEN 12 ELSE 0 END END;
CREATE MACRO clock_seconds(parts) AS
    CASE WHEN hour_of(parts) <= 23 AND parts.minute <= '59' AND coalesce(nullif(parts.second, ''), '0') <= '60'
         THEN hour_of(parts) * 3600 + try_cast(parts.minute AS INTEGER) * 60
              + coalesce(try_cast(parts.second AS INTEGER), 0) END;
CREATE MACRO zone_seconds(parts) AS
    CASE WHEN parts.sign = '' THEN 0
         ELSE CASE WHEN parts.sign = '-' THEN -1 ELSE 1 END
              * (try_cast(parts.zone_hour AS INTEGER) * 3600 + coalesce(try_cast(parts.zone_minute AS INTEGER), 0) * 60) END;

-- What people and programs write for yes, no and nothing decided; all else is no consent, and told.
CREATE TABLE consent_words AS
SELECT unnest([
        'yes', 'y', 'true', 't', '1', 'ja', 'j', 'oui', 'o', 'si', 'sí', 's', 'sim', 'tak', 'да', 'д', 'igen',
        'kyllä', 'ano', 'evet', 'ναι', 'da', 'hai', 'はい', '是', 'on', 'wahr', 'vrai', 'verdadero', 'vero', 'waar', 'prawda',
        'sant', 'истина', 'opt-in', 'opt in', 'optin', 'opted in', 'opted-in', 'opted_in', 'subscribed', 'subscribe',
        'active subscriber', 'granted', 'accepted', 'agreed', 'confirmed', 'consented', 'allowed', 'double opt-in', 'abonniert', 'angemeldet',
        'abonné', 'inscrit', 'accepté', 'suscrito', 'aceptado', 'iscritto', 'aangemeld', '1.0', '✓', '✔', '☑']) AS word, true AS says
UNION ALL SELECT unnest([
        'no', 'n', 'false', 'f', '0', 'nein', 'non', 'não', 'nao', 'nie', 'нет', 'н', 'nem', 'ei', 'e', 'ne', 'hayır',
        'hayir', 'όχι', 'nee', 'nej', 'nei', 'nu', 'いいえ', '否', 'off', 'falsch', 'faux', 'falso', 'onwaar', 'fałsz', 'falskt', 'ложь',
        'opt-out', 'opt out', 'optout', 'opted out', 'opted-out', 'opted_out', 'unsubscribed', 'not subscribed', 'not_subscribed',
        'never subscribed', 'never_subscribed', 'never', 'denied', 'declined', 'refused', 'revoked', 'withdrawn', 'rejected', 'cleaned',
        'bounced', 'inactive', 'not granted', 'not_granted', 'abgemeldet', 'désabonné', 'désinscrit', 'baja', 'disiscritto',
        'afgemeld', '0.0', '✗', '✘', '☐']), false
UNION ALL SELECT unnest([
     'unknown', 'unbekannt', 'inconnu', 'desconocido', 'sconosciuto', 'onbekend', 'pending', 'not set', 'unset', 'tbd', 'maybe',
     'unconfirmed', 'no answer', 'not asked', 'keine angabe', 'k.a.', 'неизвестно', '不明', '未知']), NULL;

-- Facts of products: a path of categories, plain words of a flag, text without markup, a link.
CREATE MACRO is_path(x) AS coalesce(regexp_matches(x, '[>»|→›]|::'), false);
CREATE MACRO path_of(x) AS
    list_filter(list_transform(string_split_regex(x, '[>»|→›]|::'), lambda step: trim(step)),
                lambda step: step <> '');
CREATE MACRO is_sort_of_article(x) AS  -- what WooCommerce calls a type is no category
    regexp_full_match(lower(x), '(simple|variable|variation|grouped|external|virtual|downloadable)(, ?[a-z]+)*');
CREATE MACRO flag_text(x) AS trim(regexp_replace(lower(x), '[_ -]+', ' ', 'g'));
CREATE MACRO bare_text(x) AS
    CASE WHEN contains(x, '<') OR contains(x, '&')
         THEN nullif(trim(regexp_replace(
                  replace(replace(replace(replace(replace(replace(
                      regexp_replace(regexp_replace(x, '(?is)<(script|style)\b.*?</(script|style)\s*>', ' ', 'g'),
                                     '<[/!?a-zA-Z][^>]*>', ' ', 'g'),
                      '&nbsp;', ' '), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&#39;', ''''), '&amp;', '&'),
                  '\s+', ' ', 'g')), '')
         ELSE x END;
CREATE MACRO is_web_address(x) AS regexp_full_match(x, '(?i)https?://[^\s/@:]+\.[^\s/@:]+([:/?#]\S*)?');

CREATE TABLE product_words AS
SELECT 'active' AS about, unnest([
        'active', 'published', 'publish', 'live', 'enabled', 'enable', 'available', 'visible', 'listed', 'current',
        'aktiv', 'sichtbar', 'lieferbar', 'actif', 'activo', 'attivo', 'actief', 'ativo', 'aktywny', 'активен']) AS word,
       true AS says
UNION ALL SELECT 'active', unnest([
        'draft', 'archived', 'archive', 'discontinued', 'inactive', 'disabled', 'disable', 'unpublished', 'hidden',
        'invisible', 'retired', 'delisted', 'unlisted', 'end of life', 'eol', 'obsolete', 'private', 'trash', 'deleted',
        'not available', 'unavailable', 'inaktiv', 'ausgelaufen', 'eingestellt', 'auslauf', 'inactif', 'arrêté',
        'inactivo', 'descatalogado', 'descontinuado', 'inattivo', 'fuori produzione', 'inactief', 'inativo',
        'nieaktywny', 'неактивен']), false
UNION ALL SELECT 'stock', unnest([
        'in stock', 'instock', 'available', 'limited availability', 'low stock', 'on hand', 'backorder', 'onbackorder',
        'on backorder', 'preorder', 'pre order', 'auf lager', 'vorrätig', 'lieferbar', 'verfügbar', 'sofort lieferbar',
        'en stock', 'disponible', 'disponibile', 'in magazzino', 'op voorraad', 'em estoque', 'disponível',
        'w magazynie', 'dostępny', 'i lager', 'på lager', 'в наличии']), true
UNION ALL SELECT 'stock', unnest([
        'out of stock', 'outofstock', 'sold out', 'soldout', 'unavailable', 'not available', 'discontinued', 'oos',
        'ausverkauft', 'nicht auf lager', 'nicht lieferbar', 'nicht verfügbar', 'vergriffen', 'rupture',
        'rupture de stock', 'en rupture de stock', 'épuisé', 'indisponible', 'agotado', 'sin stock', 'sin existencias',
        'no disponible', 'esaurito', 'non disponibile', 'uitverkocht', 'niet op voorraad', 'esgotado', 'fora de estoque',
        'brak', 'niedostępny', 'slut', 'slutsåld', 'ikke på lager', 'udsolgt', 'нет в наличии']), false;

-- Prospects: hosts, sizes and profiles as customer relations software writes them.
CREATE MACRO host_of(x) AS
    nullif(regexp_extract(lower(trim(x)), '^(?:[a-z]+://)?(?:www\.)?([^/?#:@ ]+\.[^/?#:@ .]{2,})', 1), '');
CREATE MACRO headcount(x) AS
    CASE WHEN regexp_matches(lower(x), 'myself|self.?employed|sole|freelanc') THEN 1
         ELSE try_cast(regexp_replace(regexp_extract(x, '[0-9]+([.,'' ][0-9]{3})*'), '[^0-9]', '', 'g') AS BIGINT)
              * CASE WHEN regexp_matches(lower(x), '[0-9] ?k') THEN 1000 ELSE 1 END END;
CREATE MACRO linkedin_profile(x) AS
    CASE WHEN regexp_matches(lower(x), 'linkedin\.com/(in|sales|pub)/')
         THEN 'https://www.' || regexp_extract(x, '(?i)(linkedin\.com/[^?#\s]+[^?#\s/])', 1) END;
CREATE MACRO x_name(x) AS
    nullif(regexp_extract(x, '(?i)^(?:(?:https?://)?(?:www\.)?(?:x|twitter)\.com/)?@?([a-z0-9_]{1,15})/?$', 1), '');
CREATE MACRO folded_company(x) AS
    nullif(trim(regexp_replace(regexp_replace(strip_accents(lower(x)), '[^\p{L}0-9]+', ' ', 'g'),
        '\b(gmbh|co|kg|ag|se|ltd|limited|inc|llc|llp|plc|corp|sarl|sas|sa|srl|spa|sl|bv|nv|ab|oy|as|sp z o o)\b', '', 'g')), '');

-- What a spreadsheet would take for a formula; plain numbers and telephone numbers are none.
CREATE MACRO is_formula(x) AS
    x[1] IN ('=', '+', '-', '@', E'\t', E'\r') AND NOT regexp_full_match(x, '[-+][0-9 ()./,-]+([eE][-+]?[0-9]+)?');
CREATE MACRO spreadsheet_safe(x) AS CASE WHEN is_formula(x) THEN '''' || x ELSE x END;

-- Every field of every target as a column, so that one statement serves files that have few of them.
CREATE TABLE every_field (
    customer_id VARCHAR, email VARCHAR, first_name VARCHAR, last_name VARCHAR, full_name VARCHAR, phone VARCHAR,
    city VARCHAR, country VARCHAR, locale VARCHAR, age VARCHAR, tier VARCHAR, signup_date VARCHAR,
    first_order_date VARCHAR, last_order_date VARCHAR, orders VARCHAR, total_spent VARCHAR, consent_email VARCHAR,
    opt_out VARCHAR, tags VARCHAR, currency VARCHAR, favourite_category VARCHAR, order_id VARCHAR, product_id VARCHAR,
    product_name VARCHAR, category VARCHAR, quantity VARCHAR, unit_price VARCHAR, amount VARCHAR, ordered_at VARCHAR,
    name VARCHAR, description VARCHAR, price VARCHAR, event VARCHAR, happened_at VARCHAR, value VARCHAR,
    basis VARCHAR, recorded_at VARCHAR, confirmed_at VARCHAR, expires_on VARCHAR, wording VARCHAR, mechanism VARCHAR,
    evidence VARCHAR, channel VARCHAR, objected_at VARCHAR, objection_reason VARCHAR,
    category_path VARCHAR, margin VARCHAR, cost VARCHAR, stock VARCHAR, replenishable VARCHAR, variant_group VARCHAR,
    active VARCHAR, gate VARCHAR, url VARCHAR, availability VARCHAR,
    reply_text VARCHAR, reply_subject VARCHAR, message_id VARCHAR, event_id VARCHAR,
    prospect_id VARCHAR, title VARCHAR, company VARCHAR, website VARCHAR, company_type VARCHAR, industry VARCHAR,
    employees VARCHAR, time_zone VARCHAR, linkedin_url VARCHAR, x_handle VARCHAR, owner VARCHAR, fact_news VARCHAR,
    fact_news_source VARCHAR, fact_news_date VARCHAR, fact_hiring VARCHAR, fact_hiring_source VARCHAR,
    fact_hiring_date VARCHAR, fact_event VARCHAR, fact_event_source VARCHAR, fact_event_date VARCHAR,
    fact_product VARCHAR, fact_product_source VARCHAR, fact_product_date VARCHAR, fact_technology VARCHAR,
    fact_technology_source VARCHAR, fact_technology_date VARCHAR, fact_location VARCHAR, fact_location_source VARCHAR,
    fact_location_date VARCHAR, fact_post VARCHAR, fact_post_source VARCHAR, fact_post_date VARCHAR,
    fact_mutual VARCHAR, fact_mutual_source VARCHAR, fact_mutual_date VARCHAR, signal_opted_out VARCHAR,
    signal_do_not_contact VARCHAR, signal_hard_bounced VARCHAR, signal_competitor VARCHAR, signal_own_use VARCHAR,
    signal_icp_excluded VARCHAR, signal_trial_active VARCHAR, signal_open_opportunity VARCHAR,
    signal_product_users VARCHAR);

CREATE TABLE file_columns (field VARCHAR, column_name VARCHAR);
CREATE TABLE days (field VARCHAR, text VARCHAR, day_at TIMESTAMP);
CREATE TABLE clocks (text VARCHAR, seconds INTEGER, zone INTEGER);  -- NULL seconds: no time of day
CREATE TABLE currency_marks (mark VARCHAR, code VARCHAR);
CREATE TABLE problems (outcome VARCHAR, line BIGINT, column_name VARCHAR, value VARCHAR, reason VARCHAR, ids VARCHAR[]);
