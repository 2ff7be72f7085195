-- The tables, in the order in which data flows through them: the architecture on one page.
--
-- A table with a row per customer carries no PRIMARY KEY: its index would cost more than
-- the whole statement.  The key named beside it is kept by the one statement that writes it.

CREATE TABLE IF NOT EXISTS schema_migrations (
    number     INTEGER PRIMARY KEY,
    applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- 1. Customers ------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS datasets (             -- a customer base: one or more imported files
    dataset_id VARCHAR PRIMARY KEY,
    name       VARCHAR NOT NULL,
    is_sample  BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL,
    created_by VARCHAR NOT NULL,
    request_id VARCHAR UNIQUE
);

CREATE TABLE IF NOT EXISTS imports (              -- one file; rows_total = accepted + rejected + merged
    import_id   VARCHAR PRIMARY KEY,
    dataset_id  VARCHAR NOT NULL,
    target      VARCHAR NOT NULL CHECK (target IN ('customers', 'transactions', 'products', 'engagements',
                                                   'consents', 'suppressions', 'interactions', 'prospects')),
    file_name   VARCHAR NOT NULL,
    file_sha256 VARCHAR NOT NULL,
    detected    JSON    NOT NULL,                 -- encoding, delimiter, header line, dates, decimal
    mapping     JSON    NOT NULL,                 -- column of the file -> field
    rows_total  BIGINT  NOT NULL,
    accepted    BIGINT  NOT NULL,
    rejected    BIGINT  NOT NULL,
    merged      BIGINT  NOT NULL,
    imported_at TIMESTAMPTZ NOT NULL,
    imported_by VARCHAR NOT NULL,
    request_id  VARCHAR UNIQUE,
    CHECK (rows_total = accepted + rejected + merged)
);

CREATE TABLE IF NOT EXISTS intake_problems (      -- key: import_id, line, column_name, reason
    import_id   VARCHAR NOT NULL,
    outcome     VARCHAR NOT NULL CHECK (outcome IN ('rejected', 'merged', 'skipped', 'warning')),
    line        BIGINT,                           -- physical line in the file, first line is 1
    column_name VARCHAR,
    value       VARCHAR,
    reason      VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS customers (            -- key: dataset_id, customer_id
    dataset_id         VARCHAR NOT NULL,
    customer_id        VARCHAR NOT NULL,
    email              VARCHAR,                   -- normalised; NULL where it was missing or malformed
    first_name         VARCHAR,
    last_name          VARCHAR,
    full_name          VARCHAR,
    phone              VARCHAR,
    city               VARCHAR,
    country            VARCHAR,
    locale             VARCHAR,
    age                INTEGER,
    tier               VARCHAR,
    tags               VARCHAR,
    currency           VARCHAR,
    consent_email      BOOLEAN NOT NULL,          -- true only where the file says an explicit yes
    signup_on          DATE,
    first_order_at     TIMESTAMP,
    last_order_at      TIMESTAMP,
    orders             BIGINT,
    total_spent        DOUBLE,
    favourite_category VARCHAR
);

CREATE TABLE IF NOT EXISTS customer_attributes (  -- key: dataset_id, customer_id, attribute
    dataset_id  VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    attribute   VARCHAR NOT NULL,
    value       VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS transactions (         -- no key: two equal lines may both be true
    dataset_id   VARCHAR NOT NULL,
    order_id     VARCHAR,
    customer_id  VARCHAR NOT NULL,
    product_id   VARCHAR,
    product_name VARCHAR,
    category     VARCHAR,
    quantity     DOUBLE NOT NULL,                 -- below zero for a refund
    unit_price   DOUBLE,
    amount       DOUBLE NOT NULL,
    currency     VARCHAR,
    ordered_at   TIMESTAMP NOT NULL
);

CREATE TABLE IF NOT EXISTS products (             -- key: dataset_id, product_id
    dataset_id  VARCHAR NOT NULL,
    product_id  VARCHAR NOT NULL,
    name        VARCHAR NOT NULL,
    description VARCHAR,
    category    VARCHAR,                          -- its family: the last step of the path
    price       DOUBLE,
    currency    VARCHAR,
    category_path VARCHAR,                        -- from the widest to the narrowest: Home > Candles
    attributes  JSON,                             -- {"colour": "red", "set of": "6"}
    margin      DOUBLE,                           -- share of the price that is left, up to 1; NULL: unknown
    stock       DOUBLE,                           -- pieces at hand; NULL: not told, taken for in stock
    tags        VARCHAR,                          -- separated by commas
    is_replenishable BOOLEAN,                     -- used up and bought again; NULL: not told, taken for no
    variant_group VARCHAR,                        -- one product in several colours or sizes
    is_active   BOOLEAN DEFAULT true,             -- false: no longer sold
    gate        VARCHAR,                          -- who may be shown it, such as age_18; NULL: everybody
    url         VARCHAR
);

CREATE TABLE IF NOT EXISTS product_changes (      -- append-only: what an import changed in the catalogue
    dataset_id VARCHAR NOT NULL,
    product_id VARCHAR NOT NULL,
    field      VARCHAR NOT NULL CHECK (field IN ('price', 'stock', 'is_active')),
    old_value  DOUBLE,                            -- of is_active 0 or 1; NULL: was not known
    new_value  DOUBLE,
    changed_at TIMESTAMPTZ NOT NULL,
    import_id  VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS interactions (         -- no key: two equal lines may both be true
    dataset_id  VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    product_id  VARCHAR NOT NULL,
    event       VARCHAR NOT NULL CHECK (event IN ('purchase', 'view', 'click', 'cart', 'wishlist', 'return')),
    quantity    DOUBLE,
    price       DOUBLE,                           -- of one piece
    order_id    VARCHAR,                          -- the basket or session, where the file names one
    happened_at TIMESTAMP NOT NULL,
    import_id   VARCHAR NOT NULL
);

-- All that customers did with products: order lines and interactions.  The product is the catalogue's
-- own spelling of its id where the two differ in case only.  Returns have no positive quantity.
CREATE OR REPLACE VIEW product_events AS
WITH spellings AS (
    SELECT dataset_id, upper(product_id) AS folded, min(product_id) AS product_id
    FROM products GROUP BY ALL
), told AS (
    SELECT dataset_id, customer_id, product_id,
           CASE WHEN quantity > 0 AND amount >= 0 THEN 'purchase' ELSE 'return' END AS event,
           quantity, unit_price AS price, order_id, ordered_at AS happened_at
    FROM transactions WHERE product_id IS NOT NULL
    UNION ALL
    SELECT dataset_id, customer_id, product_id, event, coalesce(quantity, 1), price, order_id, happened_at
    FROM interactions
)
SELECT told.dataset_id, told.customer_id,
       coalesce(known.product_id, spellings.product_id, told.product_id) AS product_id,
       told.event, told.quantity, told.price, told.order_id, told.happened_at,
       coalesce(known.product_id, spellings.product_id) IS NOT NULL AS is_in_catalogue
FROM told
LEFT JOIN products AS known
    ON known.dataset_id = told.dataset_id AND known.product_id = told.product_id
LEFT JOIN spellings
    ON known.product_id IS NULL AND spellings.dataset_id = told.dataset_id
   AND spellings.folded = upper(told.product_id);

-- Lines of an order that are no product: postage, fees, discounts, corrections.  A single letter is a code
-- where numbers are otherwise longer.
CREATE OR REPLACE MACRO is_no_product(own, name, usual_length) AS
    coalesce(regexp_full_match(lower(own),
        'post|postage|dot|c2|pads|cruk|manual|amazonfee|bank ?charges|adjust[0-9]*|test[0-9]*|ship|shipping.*'
        || '|delivery|freight|carriage|versand.*|porto|livraison|discount|rabatt|remise|descuento|fees?'
        || '|commission|tax|vat|rounding|deposit|tip|donation|insurance'), false)
    OR coalesce(regexp_full_match(lower(trim(name)),
        '(dotcom )?postage|manual|discount|carriage|samples|adjust bad debt|bank charges|amazon fee'), false)
    OR (usual_length >= 3 AND regexp_full_match(own, '[MDSB]'));

CREATE TABLE IF NOT EXISTS suppressions (         -- append-only; key: dataset_id, customer_id
    dataset_id    VARCHAR NOT NULL,
    customer_id   VARCHAR NOT NULL,
    email         VARCHAR,
    reason        VARCHAR NOT NULL,
    suppressed_at TIMESTAMPTZ NOT NULL
);

CREATE SEQUENCE IF NOT EXISTS consent_ids;
CREATE TABLE IF NOT EXISTS consents (             -- append-only: who agreed to what, when and how
    consent_id     BIGINT  NOT NULL DEFAULT nextval('consent_ids'),
    dataset_id     VARCHAR NOT NULL,
    customer_id    VARCHAR NOT NULL,              -- an address where no customer is known by it yet
    channel        VARCHAR NOT NULL DEFAULT 'email',
    basis          VARCHAR NOT NULL CHECK (basis IN
                   ('express', 'double_opt_in', 'soft_opt_in', 'implied_purchase',
                    'implied_enquiry', 'corporate', 'legitimate_interest', 'withdrawn')),
    wording        VARCHAR,                       -- what the person agreed to, word for word
    wording_sha256 VARCHAR,
    mechanism      VARCHAR,                       -- the form, till or call where it was given
    recorded_at    TIMESTAMPTZ NOT NULL,
    confirmed_at   TIMESTAMPTZ,                   -- the click of a double opt-in
    expires_on     DATE,                          -- last day, where the record itself names one
    evidence       VARCHAR,                       -- where the proof lies: a ticket, a log, a scan
    import_id      VARCHAR,                       -- the file it came with; NULL: entered by hand
    imported_by    VARCHAR NOT NULL,
    imported_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS objections (           -- key: objection_id, dataset_id, customer_id
    objection_id VARCHAR NOT NULL,
    dataset_id   VARCHAR NOT NULL,                -- '' where no customer base has the address
    customer_id  VARCHAR NOT NULL,
    jurisdiction VARCHAR NOT NULL,
    reason       VARCHAR NOT NULL,
    received_at  TIMESTAMPTZ NOT NULL,            -- when the person said so
    recorded_at  TIMESTAMPTZ NOT NULL,            -- from here on nothing of ours is sent to them
    due_on       DATE    NOT NULL,                -- every sending tool has to know by then
    source       VARCHAR NOT NULL,                -- 'person', or the tool's file, which knows already
    recorded_by  VARCHAR NOT NULL
);

-- The day by which an objection has to be honoured.  Working days are Mondays to Fridays; holidays
-- are not known, so that a deadline is rather too early than too late.
CREATE OR REPLACE MACRO honour_by(received_on, days, in_working_days) AS
    CASE WHEN days = 0 THEN received_on
         WHEN in_working_days
         THEN list_filter(list_transform(range(1, 60), lambda n: received_on + n::INTEGER),
                          lambda day: isodow(day) < 6)[days]
         ELSE received_on + days END;

CREATE TABLE IF NOT EXISTS handovers (            -- append-only: the sending tool got the suppression list
    handover_id VARCHAR PRIMARY KEY,
    handed_at   TIMESTAMPTZ NOT NULL,             -- objections recorded before are done with
    handed_by   VARCHAR NOT NULL,
    note        VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS suppressed_hashes (    -- who was erased and must never be written to again
    address_hash  VARCHAR PRIMARY KEY,            -- keyed: HMAC of the address or of base and number
    reason        VARCHAR NOT NULL,
    suppressed_at TIMESTAMPTZ NOT NULL,
    key_id        VARCHAR NOT NULL                -- which key; another one would find nobody
);

-- What sending tools have to know: every address that was given, and those that the same customers
-- have by now.
CREATE OR REPLACE VIEW suppression_list AS
SELECT dataset_id, customer_id, email, reason, suppressed_at FROM suppressions
WHERE email IS NOT NULL
   OR NOT EXISTS (FROM customers WHERE customers.dataset_id = suppressions.dataset_id
                                   AND customers.customer_id = suppressions.customer_id
                                   AND customers.email IS NOT NULL)
UNION
SELECT customers.dataset_id, customers.customer_id, customers.email, suppressions.reason,
       suppressions.suppressed_at
FROM suppressions
JOIN customers ON customers.dataset_id = suppressions.dataset_id
              AND customers.customer_id = suppressions.customer_id
WHERE customers.email IS NOT NULL
UNION
SELECT customers.dataset_id, customers.customer_id, customers.email, suppressions.reason,
       suppressions.suppressed_at
FROM suppressions JOIN customers ON customers.email = suppressions.email;

CREATE TABLE IF NOT EXISTS list_downloads (       -- who took the suppression list, and when
    download_id VARCHAR PRIMARY KEY,
    made_at     TIMESTAMPTZ NOT NULL,             -- it holds the objections recorded until then
    made_by     VARCHAR NOT NULL,
    sha256      VARCHAR NOT NULL
);

-- HMAC-SHA-256 (RFC 2104) in the engine: the key's two pads are bound.
CREATE OR REPLACE MACRO keyed_hash(mark, inner_pad, outer_pad) AS
    sha256(outer_pad::BLOB || unhex(sha256(inner_pad::BLOB || encode(mark))));

CREATE TABLE IF NOT EXISTS erasures (             -- append-only: who was erased, by pseudonym
    erasure_id  VARCHAR PRIMARY KEY,
    subject_ref VARCHAR NOT NULL,                 -- as in the audit files
    erased_at   TIMESTAMPTZ NOT NULL,
    erased_by   VARCHAR NOT NULL,
    rows        JSON    NOT NULL,                 -- table -> rows deleted or blanked
    experiments JSON    NOT NULL                  -- whose stored results counted the person
);

-- The law on consent that is in force, as the policy states it; replaced as a whole with it.
CREATE TABLE IF NOT EXISTS jurisdictions (
    jurisdiction      VARCHAR PRIMARY KEY,        -- ISO code, EU, or other
    name              VARCHAR NOT NULL,
    needs_record      BOOLEAN NOT NULL,           -- a yes in a customer file does not suffice
    min_age           INTEGER NOT NULL,
    honour_days       INTEGER NOT NULL,
    is_in_working_days BOOLEAN NOT NULL,
    law               VARCHAR NOT NULL,
    source            VARCHAR NOT NULL,
    reviewed_on       DATE    NOT NULL,
    owner             VARCHAR NOT NULL,
    note              VARCHAR NOT NULL,
    law_sha256        VARCHAR NOT NULL            -- of all of it, the same in every row
);

CREATE TABLE IF NOT EXISTS jurisdiction_names (   -- how customer files spell a country
    spelling     VARCHAR PRIMARY KEY,             -- in small letters
    jurisdiction VARCHAR NOT NULL,                -- whose law on consent holds there
    own_code     VARCHAR NOT NULL                 -- whose law on footers and imprints holds there
);

CREATE TABLE IF NOT EXISTS jurisdiction_rules (   -- which bases suffice
    jurisdiction VARCHAR NOT NULL,
    basis        VARCHAR NOT NULL,
    months       INTEGER,                         -- how long it lasts; NULL: no term
    PRIMARY KEY (jurisdiction, basis)
);

-- 2. Campaigns ------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS campaigns (
    campaign_id VARCHAR PRIMARY KEY,
    name        VARCHAR NOT NULL,
    dataset_id  VARCHAR NOT NULL,
    parent_id   VARCHAR,                          -- the campaign whose winner this one scales
    brief       JSON    NOT NULL,                 -- goal, offer, key message, tone: see domain.Brief
    send_on     DATE    NOT NULL,                 -- eligibility of content is judged on this day
    locale      VARCHAR NOT NULL,
    seed        VARCHAR NOT NULL,                 -- salt of every draw
    created_at  TIMESTAMPTZ NOT NULL,
    created_by  VARCHAR NOT NULL,
    request_id  VARCHAR UNIQUE                    -- a double click creates one campaign
);

CREATE TABLE IF NOT EXISTS text_sets (            -- campaigns that hold product texts and are mailed to nobody
    campaign_id VARCHAR PRIMARY KEY,
    dataset_id  VARCHAR NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    made_by     VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS outreach_plans (       -- campaigns that write to prospects, one by one; mailed to no customer
    campaign_id VARCHAR PRIMARY KEY,
    dataset_id  VARCHAR NOT NULL,                 -- a base of prospects
    plan        JSON    NOT NULL,                 -- channels, tones, angles, lengths, roles, what is offered
    made_at     TIMESTAMPTZ NOT NULL,
    made_by     VARCHAR NOT NULL
);

-- Campaigns as people speak of them: what is made to be sent to customers.
CREATE OR REPLACE VIEW mailings AS
SELECT * FROM campaigns
WHERE campaign_id NOT IN (SELECT campaign_id FROM text_sets)
  AND campaign_id NOT IN (SELECT campaign_id FROM outreach_plans);

CREATE SEQUENCE IF NOT EXISTS earlier_brief_numbers;
CREATE TABLE IF NOT EXISTS earlier_briefs (       -- append-only: a brief as it was before a change
    number      BIGINT  NOT NULL DEFAULT nextval('earlier_brief_numbers'),
    campaign_id VARCHAR NOT NULL,
    brief       JSON    NOT NULL,
    send_on     DATE    NOT NULL,
    changed_at  TIMESTAMPTZ NOT NULL,             -- when it ceased to be the brief
    changed_by  VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS campaign_steps (       -- append-only: the journal
    campaign_id VARCHAR NOT NULL,
    step        VARCHAR NOT NULL,
    rows        BIGINT  NOT NULL,
    actor       VARCHAR NOT NULL,
    ran_at      TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS jobs (                 -- long work; pages poll it
    job_id       VARCHAR PRIMARY KEY,
    campaign_id  VARCHAR NOT NULL,
    kind         VARCHAR NOT NULL,
    state        VARCHAR NOT NULL CHECK (state IN
                 ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')),
    done         INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    message      VARCHAR NOT NULL,
    started_at   TIMESTAMPTZ NOT NULL,
    heartbeat_at TIMESTAMPTZ NOT NULL
);

-- 3. Segments -------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS segmentations (        -- one per campaign: how its segments were made
    campaign_id VARCHAR PRIMARY KEY,
    method      VARCHAR NOT NULL CHECK (method IN ('rfm', 'kmeans', 'rules', 'inherited')),
    parameters  JSON    NOT NULL,                 -- saved cut points, centroids or rules
    quality     JSON    NOT NULL,                 -- silhouette, bootstrap agreement, coverage
    as_of       DATE    NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS segments (
    campaign_id VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,                 -- its readable name, unique in the campaign
    position    INTEGER NOT NULL,
    rule        VARCHAR NOT NULL,                 -- the condition, in words
    description VARCHAR NOT NULL,                 -- one sentence for a marketer
    customers   BIGINT  NOT NULL,
    profile     JSON    NOT NULL,                 -- medians and shares
    PRIMARY KEY (campaign_id, segment)
);

CREATE TABLE IF NOT EXISTS segment_members (      -- key: campaign_id, customer_id
    campaign_id VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL
);

-- 4. Approved content -----------------------------------------------------------------

CREATE TABLE IF NOT EXISTS documents (            -- every version that was ever imported
    document_id    VARCHAR NOT NULL,
    version        INTEGER NOT NULL,
    kind           VARCHAR NOT NULL,              -- benefit proof offer faq legal cta story voice
    title          VARCHAR NOT NULL,
    products       JSON    NOT NULL,
    audience       JSON    NOT NULL,              -- {"segments": [...], "exclude": [...]}
    locale         VARCHAR NOT NULL,
    channels       JSON    NOT NULL,
    jurisdiction   VARCHAR,
    valid_from     DATE,
    valid_until    DATE,                          -- inclusive
    status         VARCHAR NOT NULL CHECK (status IN ('draft', 'approved', 'retired')),
    approved_by    VARCHAR,
    approved_at    VARCHAR,
    evidence       VARCHAR,
    tags           JSON    NOT NULL,
    subject_lines  JSON    NOT NULL,
    body           VARCHAR NOT NULL,
    content_sha256 VARCHAR NOT NULL,
    source         VARCHAR NOT NULL,              -- file it was read from
    imported_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (document_id, version)
);

CREATE TABLE IF NOT EXISTS document_expiries (    -- append-only: a version's end that was brought forward
    document_id VARCHAR NOT NULL,
    version     INTEGER NOT NULL,
    valid_until DATE    NOT NULL,                 -- inclusive; the earliest one counts
    last_screening_id BIGINT NOT NULL,            -- screenings up to this one did not know of it
    reason      VARCHAR NOT NULL,
    set_at      TIMESTAMPTZ NOT NULL,
    set_by      VARCHAR NOT NULL
);

CREATE OR REPLACE VIEW current_documents AS
SELECT documents.* REPLACE (least(documents.valid_until, ended.valid_until) AS valid_until)
FROM documents
LEFT JOIN (SELECT document_id, version, min(valid_until) AS valid_until FROM document_expiries
           GROUP BY document_id, version) AS ended
    ON ended.document_id = documents.document_id AND ended.version = documents.version
QUALIFY row_number() OVER (PARTITION BY documents.document_id ORDER BY documents.version DESC) = 1;

-- What people wrote and approved.  The facts of a product are a document too, of the kind catalogue, so
-- that a text can cite them; they are no content to choose from.
CREATE OR REPLACE VIEW library_documents AS
SELECT * FROM current_documents WHERE kind <> 'catalogue';

CREATE SEQUENCE IF NOT EXISTS document_event_numbers;
CREATE TABLE IF NOT EXISTS document_events (      -- append-only: who brought a version in, what was decided on it
    number      BIGINT  NOT NULL DEFAULT nextval('document_event_numbers'),
    document_id VARCHAR NOT NULL,
    version     INTEGER NOT NULL,
    kind        VARCHAR NOT NULL CHECK (kind IN
                ('imported', 'uploaded', 'written', 'approved', 'retired', 'reopened')),
    reason      VARCHAR NOT NULL,                 -- why; '' where nobody was asked
    actor       VARCHAR NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS passages (             -- what retrieval finds: a document or a part of one
    passage_id  VARCHAR PRIMARY KEY,              -- document_id@version#p1
    document_id VARCHAR NOT NULL,
    version     INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    text        VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS statements (           -- what a claim may cite: one approved sentence
    statement_id VARCHAR PRIMARY KEY,             -- document_id@version#s1
    passage_id   VARCHAR NOT NULL,
    document_id  VARCHAR NOT NULL,
    version      INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    role         VARCHAR NOT NULL,                -- lead detail condition proof cta answer
    text         VARCHAR NOT NULL,
    alternates   JSON    NOT NULL,                -- approved wordings of the same
    requires     JSON    NOT NULL,                -- statement ids that have to stand with it
    subject_ok   BOOLEAN NOT NULL
);

CREATE TABLE IF NOT EXISTS content_problems (     -- what could not be read at the last import
    source      VARCHAR NOT NULL,
    line        INTEGER,
    field       VARCHAR,
    message     VARCHAR NOT NULL,
    imported_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS segment_passages (     -- what retrieval found for a segment
    campaign_id VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,
    passage_id  VARCHAR NOT NULL,
    rank        INTEGER NOT NULL,
    score       DOUBLE  NOT NULL,
    bm25_rank   INTEGER,
    dense_rank  INTEGER,
    why         VARCHAR NOT NULL,
    PRIMARY KEY (campaign_id, segment, passage_id)
);

CREATE TABLE IF NOT EXISTS segment_queries (      -- what a user asks the library for a segment instead
    campaign_id VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,
    query       VARCHAR NOT NULL,
    edited_at   TIMESTAMPTZ NOT NULL,
    edited_by   VARCHAR NOT NULL,
    PRIMARY KEY (campaign_id, segment)
);

CREATE TABLE IF NOT EXISTS passage_choices (      -- what the user said of it; outlives a new search
    campaign_id VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,
    document_id VARCHAR NOT NULL,
    choice      VARCHAR NOT NULL CHECK (choice IN ('pinned', 'excluded')),
    chosen_by   VARCHAR NOT NULL,
    PRIMARY KEY (campaign_id, segment, document_id)
);

CREATE SEQUENCE IF NOT EXISTS brand_profile_numbers;
CREATE TABLE IF NOT EXISTS brand_profiles (       -- append-only; the last one is in force
    version  BIGINT  NOT NULL DEFAULT nextval('brand_profile_numbers'),
    profile  JSON    NOT NULL,                    -- see domain.BrandProfile
    note     VARCHAR NOT NULL,                    -- what was changed, and why
    saved_at TIMESTAMPTZ NOT NULL,
    saved_by VARCHAR NOT NULL
);

CREATE OR REPLACE VIEW brand_profile_in_force AS
SELECT * FROM brand_profiles QUALIFY row_number() OVER (ORDER BY version DESC) = 1;

-- 5. Variants -------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS writer_replies (       -- answers of hosted models, so that a re-run is free
    key        VARCHAR PRIMARY KEY,               -- fingerprint of service, model and all that was asked
    content    VARCHAR NOT NULL,
    facts      JSON    NOT NULL,                  -- model, tokens, request id, as they were
    replied_at TIMESTAMPTZ NOT NULL,
    campaign_id VARCHAR NOT NULL                  -- whose words they are: they go when its words go
);

CREATE TABLE IF NOT EXISTS writer_calls (         -- append-only: every call to a hosted model
    campaign_id       VARCHAR NOT NULL,
    segment           VARCHAR NOT NULL,
    arm               VARCHAR NOT NULL,
    service           VARCHAR NOT NULL,           -- openai, azure
    model             VARCHAR NOT NULL,           -- as it was asked for
    status            VARCHAR NOT NULL,           -- ok, truncated, filtered, refused, unreachable, lost ...
    reason            VARCHAR NOT NULL,           -- in our words, where it is not ok
    is_cached         BOOLEAN NOT NULL,           -- answered from writer_replies, at no cost
    prompt_tokens     BIGINT,
    cached_tokens     BIGINT,                     -- of the prompt's, at the service's lower price
    completion_tokens BIGINT,
    cost              DOUBLE,                     -- NULL where the settings state no price
    currency          VARCHAR,
    counted_cost      DOUBLE  NOT NULL,           -- against the budget: the worst case where the bill is not known
    counted_tokens    BIGINT  NOT NULL,           -- likewise
    seconds           DOUBLE  NOT NULL,
    request_id        VARCHAR,
    prompt_sha256     VARCHAR NOT NULL,
    asked_at          TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS writer_reservations (  -- calls that are under way, at their worst case
    call_id       VARCHAR PRIMARY KEY,
    process       VARCHAR NOT NULL,               -- of another one: it was ended during the call
    campaign_id   VARCHAR NOT NULL,
    segment       VARCHAR NOT NULL,
    arm           VARCHAR NOT NULL,
    service       VARCHAR NOT NULL,
    model         VARCHAR NOT NULL,
    cost          DOUBLE  NOT NULL,
    currency      VARCHAR,
    tokens        BIGINT  NOT NULL,
    prompt_sha256 VARCHAR NOT NULL,
    reserved_at   TIMESTAMPTZ NOT NULL
);

-- The exact bytes that would go out, as one fingerprint; domain.content_sha256 is its twin.
CREATE OR REPLACE MACRO content_fingerprint(subject, preheader, body, call_to_action, link, footer) AS
    sha256(concat_ws(chr(31), 'v1', subject, preheader, body, call_to_action, link, footer));

CREATE TABLE IF NOT EXISTS variants (             -- append-only: an edit is a new version
    variant_id     VARCHAR NOT NULL,
    version        INTEGER NOT NULL,
    campaign_id    VARCHAR NOT NULL,
    segment        VARCHAR NOT NULL,
    arm            VARCHAR NOT NULL,              -- control, A, B, C ...
    subject        VARCHAR NOT NULL,              -- merge fields read {{first_name|there}}
    preheader      VARCHAR NOT NULL,
    body           VARCHAR NOT NULL,
    call_to_action VARCHAR NOT NULL,
    link           VARCHAR NOT NULL,
    footer         VARCHAR NOT NULL,
    locale         VARCHAR NOT NULL,
    attributes     JSON    NOT NULL,              -- plan, tone, length, opener: what differs between arms
    origin         VARCHAR NOT NULL,              -- composer, openai, azure, human
    provenance     JSON    NOT NULL,              -- model, prompt hash, seed, tokens, cost, latency
    content_sha256 VARCHAR NOT NULL,
    written_at     TIMESTAMPTZ NOT NULL,
    written_by     VARCHAR NOT NULL,
    PRIMARY KEY (variant_id, version)
);

CREATE TABLE IF NOT EXISTS variant_channels (     -- product texts and outreach; a variant without a row is an e-mail
    variant_id VARCHAR PRIMARY KEY,
    channel    VARCHAR NOT NULL,                  -- email, web, x, instagram, facebook, linkedin, team; or one of
                                                  -- domain.OUTREACH_CHANNELS
    kind       VARCHAR NOT NULL,                  -- summary, description, email, social, highlights, team_summary; of
                                                  -- outreach opening, follow_up or closing
    product_id VARCHAR,                           -- what it is about; NULL: the products of each reader
    customer_id VARCHAR                           -- whom it was written for, where it was one person
);

CREATE TABLE IF NOT EXISTS retired_variants (     -- append-only: written for segments that are gone
    variant_id VARCHAR PRIMARY KEY,
    reason     VARCHAR NOT NULL,
    retired_at TIMESTAMPTZ NOT NULL
);

CREATE OR REPLACE VIEW current_variants AS
SELECT variants.* FROM variants
JOIN (SELECT variant_id, max(version) AS version FROM variants GROUP BY variant_id) AS newest
    USING (variant_id, version)
WHERE variant_id NOT IN (SELECT variant_id FROM retired_variants);

CREATE TABLE IF NOT EXISTS recommendation_evaluations ( -- append-only: strategies held against purchases
    evaluation_id VARCHAR PRIMARY KEY,
    dataset_id  VARCHAR NOT NULL,
    split_at    TIMESTAMP NOT NULL,               -- what happened up to here was known
    until_at    TIMESTAMP NOT NULL,               -- and purchases up to here were to be found
    wanted      INTEGER NOT NULL,                 -- products on each list
    customers   BIGINT  NOT NULL,
    products    BIGINT  NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    made_by     VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS recommendation_measures (
    evaluation_id VARCHAR NOT NULL,
    target      VARCHAR NOT NULL,                 -- new: bought for the first time; all: whatever was bought
    method      VARCHAR NOT NULL,                 -- for_you, buy_again, popular
    measure     VARCHAR NOT NULL,                 -- ndcg, precision, recall, hit_rate, over_popular, novelty ...
    value       DOUBLE  NOT NULL,
    low         DOUBLE  NOT NULL,                 -- 95 % interval; the value itself where there is none
    high        DOUBLE  NOT NULL,
    customers   BIGINT  NOT NULL,
    PRIMARY KEY (evaluation_id, target, method, measure)
);

CREATE TABLE IF NOT EXISTS product_plans (        -- a campaign whose messages name products
    campaign_id VARCHAR PRIMARY KEY,
    items       INTEGER NOT NULL CHECK (items BETWEEN 1 AND 4), -- products in each message
    is_split    BOOLEAN NOT NULL,                 -- its segments are split by strategy and product family
    fills_up    BOOLEAN NOT NULL,                 -- popular products fill up what a strategy leaves
    arms        JSON    NOT NULL,                 -- {"A": "for_you", "B": "buy_again"}; the control has none
    fields_sha256 VARCHAR NOT NULL,               -- of all rows of campaign_products; '' before there are any
    planned_at  TIMESTAMPTZ NOT NULL,
    planned_by  VARCHAR NOT NULL
);

-- What each customer would read of products in each arm, as worked out last: frozen words, so that what
-- was reviewed is what goes out.  The export holds name, price and stock to the catalogue again.
CREATE TABLE IF NOT EXISTS campaign_products (    -- key: campaign_id, arm, customer_id, rank
    campaign_id VARCHAR NOT NULL,
    arm         VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    rank        INTEGER NOT NULL,
    product_id  VARCHAR NOT NULL,
    run_id      VARCHAR NOT NULL,
    strategy    VARCHAR NOT NULL,
    name        VARCHAR NOT NULL,                 -- as a message shows it; likewise below
    price       VARCHAR NOT NULL,                 -- "£4.95"
    reason      VARCHAR NOT NULL,                 -- "Often bought with your cake stand"
    category    VARCHAR NOT NULL,
    link        VARCHAR NOT NULL,
    list_price  DOUBLE                            -- of the catalogue at that time
);

-- What rules go by of a product, as one fingerprint: where it changed after the products of a campaign
-- were worked out, the rules may no longer let them through.
CREATE OR REPLACE MACRO rule_facts(currency, gate, margin, tags, variant_group, is_replenishable, category_path) AS
    md5(concat_ws(chr(31), coalesce(currency, ''), coalesce(gate, ''), coalesce(margin::VARCHAR, ''),
                  coalesce(tags, ''), coalesce(variant_group, ''),
                  coalesce(is_replenishable::VARCHAR, ''), coalesce(category_path, '')));
CREATE TABLE IF NOT EXISTS campaign_product_facts ( -- key: campaign_id, product_id
    campaign_id VARCHAR NOT NULL,
    product_id  VARCHAR NOT NULL,
    facts       VARCHAR NOT NULL                  -- rule_facts at that time
);

CREATE TABLE IF NOT EXISTS split_segments (       -- segments as they were before they were split by products
    campaign_id VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,
    position    INTEGER NOT NULL,
    rule        VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    customers   BIGINT  NOT NULL,
    profile     JSON    NOT NULL,
    PRIMARY KEY (campaign_id, segment)
);

CREATE TABLE IF NOT EXISTS segment_parts (        -- what each was split into; a part is a row of segments
    campaign_id VARCHAR NOT NULL,
    part        VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,
    strategy    VARCHAR,                          -- that gave the first product; NULL in the rest
    family      VARCHAR,                          -- of the first product; NULL in the rest
    PRIMARY KEY (campaign_id, part)
);

CREATE TABLE IF NOT EXISTS claims (               -- what a version asserts, and what bears it out
    variant_id     VARCHAR NOT NULL,
    version        INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    field          VARCHAR NOT NULL,              -- subject, preheader, body, call_to_action
    span_start     INTEGER NOT NULL,              -- characters in the field
    span_end       INTEGER NOT NULL,
    text           VARCHAR NOT NULL,
    statement_id   VARCHAR,                       -- NULL: nothing was cited
    source_start   INTEGER,                       -- characters in the statement (or in its alternate)
    source_end     INTEGER,
    source_text    VARCHAR,                       -- the words of the source, as they stand there
    decision       VARCHAR NOT NULL CHECK (decision IN ('pass', 'review', 'block')),
    reason         VARCHAR NOT NULL,
    PRIMARY KEY (variant_id, version, position)
);

CREATE TABLE IF NOT EXISTS variant_sources (      -- whose words a version quotes, claim or courtesy
    variant_id   VARCHAR NOT NULL,
    version      INTEGER NOT NULL,
    statement_id VARCHAR NOT NULL,
    PRIMARY KEY (variant_id, version, statement_id)
);

-- The sources that a version stands on: what its claims cite, and whose words it quotes.
CREATE OR REPLACE VIEW quoted_statements AS
SELECT variant_id, version, statement_id FROM claims WHERE statement_id IS NOT NULL
UNION
SELECT variant_id, version, statement_id FROM variant_sources;

CREATE TABLE IF NOT EXISTS writing_failures (     -- what could not be written, to be tried again
    campaign_id VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,
    arm         VARCHAR NOT NULL,
    reason      VARCHAR NOT NULL,
    failed_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (campaign_id, segment, arm)
);

-- 6. Screening ------------------------------------------------------------------------

CREATE SEQUENCE IF NOT EXISTS policy_numbers;
CREATE TABLE IF NOT EXISTS policies (             -- append-only; the last one is in force
    number         BIGINT  NOT NULL DEFAULT nextval('policy_numbers'),
    policy_version VARCHAR NOT NULL,
    policy         JSON    NOT NULL,              -- thresholds, engine and rules, as they were
    activated_at   TIMESTAMPTZ NOT NULL,
    activated_by   VARCHAR NOT NULL,
    overlay        VARCHAR DEFAULT '',            -- the team's own TOML, read over the default
    note           VARCHAR DEFAULT '',            -- what was changed, and why
    is_from_file   BOOLEAN DEFAULT false          -- the overlay is that of a file, not one edited here
);

CREATE OR REPLACE VIEW policy_in_force AS
SELECT max_by(policy_version, number) AS policy_version FROM policies;

CREATE SEQUENCE IF NOT EXISTS screening_ids;
CREATE TABLE IF NOT EXISTS screenings (           -- append-only: one row per screening, errors included
    screening_id   BIGINT  NOT NULL DEFAULT nextval('screening_ids'),
    variant_id     VARCHAR NOT NULL,
    version        INTEGER NOT NULL,
    campaign_id    VARCHAR NOT NULL,
    content_sha256 VARCHAR NOT NULL,
    decision       VARCHAR NOT NULL CHECK (decision IN ('pass', 'warn', 'review', 'block', 'error')),
    engine         VARCHAR NOT NULL,              -- embedded, azure
    engine_version VARCHAR NOT NULL,
    policy_version VARCHAR NOT NULL,
    categories     JSON    NOT NULL,              -- {"hate": 0, "self_harm": 0, ...}; null on error
    n_strings      INTEGER NOT NULL,              -- sendable strings that were screened
    screened_at    TIMESTAMPTZ NOT NULL,
    chunks         INTEGER DEFAULT 0,             -- calls that the engine was asked in
    request_ids    VARCHAR DEFAULT '',            -- the service's own ids of the calls
    blocklist_hits VARCHAR DEFAULT '',            -- names of the blocklists that matched
    duration_ms    INTEGER,                       -- what the engine and the rules took
    readers        VARCHAR,                       -- codes of the countries it was judged for; NULL: unknown
    house_sha256   VARCHAR                        -- brand profile and brief it was judged by, see house_rules
);

CREATE TABLE IF NOT EXISTS findings (             -- append-only
    screening_id BIGINT  NOT NULL,
    position     INTEGER NOT NULL,
    rule         VARCHAR NOT NULL,
    action       VARCHAR NOT NULL CHECK (action IN ('info', 'warn', 'review', 'block', 'error')),
    severity     INTEGER NOT NULL,                -- 0 to 6
    field        VARCHAR NOT NULL,
    span_start   INTEGER NOT NULL,
    span_end     INTEGER NOT NULL,
    text         VARCHAR NOT NULL,                -- the words that gave cause
    message      VARCHAR NOT NULL,
    advice       VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS ledger_entries (       -- append-only: the typed facts that a screening found
    screening_id BIGINT  NOT NULL,
    position     INTEGER NOT NULL,
    kind         VARCHAR NOT NULL,                -- number price percent date time duration quantity
                                                  -- code product superlative guarantee urgency
    field        VARCHAR NOT NULL,                -- subject, preheader, body, call_to_action
    span_start   INTEGER NOT NULL,                -- characters in the field
    span_end     INTEGER NOT NULL,
    text         VARCHAR NOT NULL,
    statement_id VARCHAR,                         -- what bears it out; NULL: nothing cited does
    source_field VARCHAR,                         -- text, alternate, subject line, valid until, products
    source_start INTEGER,                         -- characters in the source's own words
    source_end   INTEGER,
    source_text  VARCHAR,                         -- the words of the source that bear it out
    decision     VARCHAR NOT NULL CHECK (decision IN ('pass', 'review', 'block')),
    reason       VARCHAR NOT NULL,
    PRIMARY KEY (screening_id, position)
);

CREATE TABLE IF NOT EXISTS policy_drafts (        -- what somebody is changing, until it is in force
    actor      VARCHAR PRIMARY KEY,
    overlay    VARCHAR NOT NULL,
    based_on   VARCHAR NOT NULL,                  -- fingerprint of the team's policy it was begun from
    changed_at TIMESTAMPTZ NOT NULL
);

CREATE SEQUENCE IF NOT EXISTS finding_label_ids;
CREATE TABLE IF NOT EXISTS finding_labels (       -- append-only: what reviewers say of findings
    label_id     BIGINT  NOT NULL DEFAULT nextval('finding_label_ids'),
    screening_id BIGINT  NOT NULL,
    position     INTEGER NOT NULL,                -- of the finding in its screening
    label        VARCHAR NOT NULL CHECK (label IN ('right', 'false_alarm')),
    note         VARCHAR NOT NULL,
    actor        VARCHAR NOT NULL,
    labelled_at  TIMESTAMPTZ NOT NULL
);

-- Findings that say the same of the same words are one: a sentence stands in many messages.
CREATE OR REPLACE VIEW distinct_findings AS
SELECT screening_id, position, rule, field, text,
       sha256(concat_ws(chr(31), rule, field, lower(trim(text)))) AS finding_key
FROM findings;

-- Of each reviewer the newest label of a finding counts; of several reviewers, most of them.
CREATE OR REPLACE VIEW judged_findings AS
WITH newest AS (
    SELECT found.finding_key, found.rule, labels.actor,
           max_by(labels.label, labels.label_id) AS label,
           max_by(labels.note, labels.label_id) AS note
    FROM finding_labels AS labels
    JOIN distinct_findings AS found
        ON found.screening_id = labels.screening_id AND found.position = labels.position
    GROUP BY found.finding_key, found.rule, labels.actor
)
SELECT finding_key, rule, count(*) AS reviewers,
       2 * count(*) FILTER (label = 'false_alarm') > count(*) AS is_false_alarm
FROM newest GROUP BY finding_key, rule;

CREATE OR REPLACE VIEW latest_screenings AS    -- of the exact bytes, newest first
SELECT * FROM screenings
QUALIFY row_number() OVER (PARTITION BY variant_id, version, content_sha256
                           ORDER BY screening_id DESC) = 1;

CREATE TABLE IF NOT EXISTS email_checks (         -- append-only: each text drawn as an e-mail, and what was found
    variant_id     VARCHAR NOT NULL,
    version        INTEGER NOT NULL,
    campaign_id    VARCHAR NOT NULL,
    content_sha256 VARCHAR NOT NULL,
    look_sha256    VARCHAR NOT NULL,              -- of the design, the sender and the renderer
    policy_version VARCHAR NOT NULL,
    decision       VARCHAR NOT NULL CHECK (decision IN ('pass', 'warn', 'review', 'block', 'error')),
    findings       JSON    NOT NULL,              -- [{"rule", "action", "message", "advice"}]
    n_bytes        INTEGER NOT NULL,              -- of the HTML part
    html_sha256    VARCHAR NOT NULL,
    text_sha256    VARCHAR NOT NULL,
    checked_at     TIMESTAMPTZ NOT NULL
);

CREATE OR REPLACE VIEW latest_email_checks AS
SELECT * FROM email_checks
QUALIFY row_number() OVER (PARTITION BY variant_id, version, content_sha256, look_sha256, policy_version
                           ORDER BY checked_at DESC, rowid DESC) = 1;

-- What customers, sources and briefs hold that may not be used: texts that give orders to a language
-- model, hold code, or hide signs.  The text itself is not kept, only its key.  A row with the
-- decision pass says that there is nothing against a text.
CREATE TABLE IF NOT EXISTS input_findings (       -- key: what, ref, field, key, rule
    what           VARCHAR NOT NULL CHECK (what IN ('customer field', 'passage', 'brief')),
    ref            VARCHAR NOT NULL,              -- the dataset, passage or campaign
    field          VARCHAR NOT NULL,
    key            VARCHAR NOT NULL,              -- input_key of the text
    rule           VARCHAR NOT NULL,
    engine         VARCHAR NOT NULL,              -- rules, or the service with its version
    policy_version VARCHAR NOT NULL,
    decision       VARCHAR NOT NULL CHECK (decision IN ('pass', 'warn', 'review', 'block', 'error')),
    reason         VARCHAR NOT NULL,
    customers      BIGINT  NOT NULL,              -- who have this value; 0 where it is nobody's
    checked_at     TIMESTAMPTZ NOT NULL
);

CREATE SEQUENCE IF NOT EXISTS input_check_numbers;
CREATE TABLE IF NOT EXISTS input_checks (         -- append-only: what was looked at, and when
    number         BIGINT  NOT NULL DEFAULT nextval('input_check_numbers'),
    what           VARCHAR NOT NULL,
    ref            VARCHAR NOT NULL,
    texts          BIGINT  NOT NULL,              -- different ones that there are
    texts_read     BIGINT  NOT NULL,              -- of them, held against every rule; the others cannot break one
    texts_held     BIGINT  NOT NULL,
    engine         VARCHAR NOT NULL,
    policy_version VARCHAR NOT NULL,
    checked_by     VARCHAR NOT NULL,
    checked_at     TIMESTAMPTZ NOT NULL
);

CREATE OR REPLACE VIEW held_inputs AS          -- what is not used until it is corrected
SELECT * FROM input_findings WHERE decision IN ('review', 'block', 'error');

CREATE OR REPLACE MACRO input_key(own) AS sha256(concat('input', chr(31), own));

-- What the house asks of a campaign's messages, as one fingerprint: the brand profile in force, the
-- brief and the day of sending.  A changed word of any of them makes earlier screenings outdated.
CREATE OR REPLACE VIEW house_rules AS
SELECT campaigns.campaign_id, brand.version AS profile_version, brand.profile, campaigns.brief,
       sha256(concat_ws(chr(31), 'v1', brand.version, CAST(brand.profile AS VARCHAR),
                        CAST(campaigns.brief AS VARCHAR), campaigns.send_on)) AS house_sha256
FROM campaigns LEFT JOIN brand_profile_in_force AS brand ON true;

-- Screenings that did not know that a source's end was brought forward, or that judged by another
-- brand profile or brief than the one in force.
CREATE OR REPLACE VIEW outdated_screenings AS
SELECT screened.screening_id
FROM screenings AS screened
LEFT JOIN house_rules ON house_rules.campaign_id = screened.campaign_id
WHERE screened.house_sha256 IS DISTINCT FROM house_rules.house_sha256
   OR house_rules.house_sha256 IS NULL
UNION
SELECT screened.screening_id
FROM document_expiries AS expiries
JOIN statements ON statements.document_id = expiries.document_id
               AND statements.version = expiries.version
JOIN quoted_statements AS quoted ON quoted.statement_id = statements.statement_id
JOIN screenings AS screened ON screened.variant_id = quoted.variant_id
                           AND screened.version = quoted.version
WHERE screened.screening_id <= expiries.last_screening_id;

-- Of each message the screening that counts: of these very bytes, under the policy in force, by the
-- brand profile, the brief and the sources' ends as they stand.
CREATE OR REPLACE VIEW screenings_in_force AS
SELECT * FROM latest_screenings
WHERE policy_version = (SELECT policy_version FROM policy_in_force)
  AND screening_id NOT IN (SELECT screening_id FROM outdated_screenings);

-- 7. Approval -------------------------------------------------------------------------

CREATE SEQUENCE IF NOT EXISTS approval_ids;
CREATE TABLE IF NOT EXISTS approvals (            -- append-only: the last one counts
    approval_id      BIGINT  NOT NULL DEFAULT nextval('approval_ids'),
    variant_id       VARCHAR NOT NULL,
    version          INTEGER NOT NULL,
    campaign_id      VARCHAR NOT NULL,
    content_sha256   VARCHAR NOT NULL,
    decision         VARCHAR NOT NULL CHECK (decision IN
                     ('approved', 'changes_asked', 'rejected', 'reopened')),
    note             VARCHAR NOT NULL,
    actor            VARCHAR NOT NULL,
    is_self_approved BOOLEAN NOT NULL,            -- the one who wrote it, or nobody else there to ask
    screening_id     BIGINT,                      -- the screening that the reviewer saw
    decided_at       TIMESTAMPTZ NOT NULL,
    request_id       VARCHAR                      -- a double click decides once
);

CREATE OR REPLACE VIEW latest_approvals AS
SELECT * FROM approvals
QUALIFY row_number() OVER (PARTITION BY variant_id, version ORDER BY approval_id DESC) = 1;

-- Something went wrong with what was said or is about to be: a source withdrawn, a price misprinted.
CREATE TABLE IF NOT EXISTS incidents (            -- append-only; what became of one stands in its events
    incident_id  VARCHAR PRIMARY KEY,
    kind         VARCHAR NOT NULL CHECK (kind IN ('withdrawn', 'expired', 'reported')),
    title        VARCHAR NOT NULL,
    document_id  VARCHAR,                         -- of a source that was withdrawn or brought to an end
    version      INTEGER,
    campaign_id  VARCHAR,                         -- of an incident that somebody reported
    blast        JSON    NOT NULL,                -- the blast radius as it was at that moment
    blast_sha256 VARCHAR NOT NULL,
    opened_at    TIMESTAMPTZ NOT NULL,
    opened_by    VARCHAR NOT NULL,
    request_id   VARCHAR UNIQUE                   -- a double click opens one
);

CREATE SEQUENCE IF NOT EXISTS incident_event_numbers;
CREATE TABLE IF NOT EXISTS incident_events (      -- append-only
    number      BIGINT  NOT NULL DEFAULT nextval('incident_event_numbers'),
    incident_id VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL CHECK (kind IN
                ('opened', 'note', 'task', 'done', 'held', 'released', 'closed', 'reopened')),
    ref         VARCHAR NOT NULL,                 -- of a task its key, of a hold its campaign, else ''
    text        VARCHAR NOT NULL,
    actor       VARCHAR NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL
);

CREATE OR REPLACE VIEW open_withdrawals AS     -- of sources that nobody has put back
SELECT document_id, incident_id, opened_by, opened_at FROM incidents
WHERE kind = 'withdrawn' AND incident_id NOT IN
    (SELECT incident_id FROM incident_events WHERE kind = 'note' AND ref = 'put back');

CREATE SEQUENCE IF NOT EXISTS hold_numbers;
CREATE TABLE IF NOT EXISTS holds (                -- append-only: the last row of an incident counts
    number      BIGINT  NOT NULL DEFAULT nextval('hold_numbers'),
    campaign_id VARCHAR NOT NULL,
    incident_id VARCHAR NOT NULL,
    is_held     BOOLEAN NOT NULL,
    reason      VARCHAR NOT NULL,
    actor       VARCHAR NOT NULL,
    decided_at  TIMESTAMPTZ NOT NULL
);

-- Campaigns of which nothing may go out, each with the incident that holds it.
CREATE OR REPLACE VIEW campaign_holds AS
SELECT latest.campaign_id, latest.incident_id, incidents.title, latest.reason,
       latest.actor AS held_by, latest.decided_at AS held_at
FROM (SELECT * FROM holds
      QUALIFY row_number() OVER (PARTITION BY campaign_id, incident_id ORDER BY number DESC) = 1)
     AS latest
LEFT JOIN incidents ON incidents.incident_id = latest.incident_id
WHERE latest.is_held;

-- What a document of the catalogue says of a product, as one fingerprint.
CREATE OR REPLACE MACRO catalogue_fingerprint(name, category, price, currency, description, attributes, gate, url) AS
    sha256(concat(name, chr(31), category, chr(31), price, chr(31), currency, chr(31), description, chr(31),
                  CAST(attributes AS VARCHAR), chr(31), gate, chr(31), url));

-- Documents of the catalogue that are no longer so, or whose product is not for sale any more.  They
-- are compared with the catalogue itself, so that a changed price needs nobody to say so.
CREATE OR REPLACE VIEW catalogue_faults AS
SELECT documents.document_id, documents.version,
       CASE WHEN sold.product_id IS NULL OR NOT coalesce(sold.is_active, true)
              OR coalesce(sold.stock, 1) <= 0 THEN 'not_for_sale' ELSE 'facts_changed' END AS kind
FROM current_documents AS documents
LEFT JOIN products AS sold
    ON concat('catalogue:', sold.dataset_id, ':', sold.product_id) = documents.document_id
WHERE documents.kind = 'catalogue' AND documents.source = 'catalogue'
  AND (sold.product_id IS NULL OR NOT coalesce(sold.is_active, true) OR coalesce(sold.stock, 1) <= 0
       OR documents.evidence IS DISTINCT FROM catalogue_fingerprint(sold.name, sold.category, sold.price,
              sold.currency, sold.description, sold.attributes, sold.gate, sold.url));

-- What stands against the sources of a version on its campaign's send date, one row for each source.
CREATE OR REPLACE VIEW source_faults AS
SELECT DISTINCT variants.variant_id, variants.version, documents.document_id, documents.title,
       CASE WHEN documents.status <> 'approved' THEN 'withdrawn'
            WHEN documents.version <> statements.version THEN 'replaced'
            WHEN held.ref IS NOT NULL THEN 'source_held'
            WHEN overtaken.kind IS NOT NULL THEN overtaken.kind ELSE 'not_valid' END AS kind
FROM variants
JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
JOIN quoted_statements AS quoted ON quoted.variant_id = variants.variant_id
                                AND quoted.version = variants.version
JOIN statements ON statements.statement_id = quoted.statement_id
JOIN current_documents AS documents ON documents.document_id = statements.document_id
LEFT JOIN (SELECT DISTINCT ref FROM held_inputs WHERE what = 'passage') AS held
    ON held.ref = statements.passage_id
LEFT JOIN catalogue_faults AS overtaken ON overtaken.document_id = documents.document_id
WHERE documents.status <> 'approved' OR documents.version <> statements.version
   OR held.ref IS NOT NULL OR overtaken.kind IS NOT NULL
   OR campaigns.send_on < documents.valid_from OR campaigns.send_on > documents.valid_until;

-- What may be used as it stands.  Any edit, any change of policy, any withdrawn or expired source
-- makes the row vanish by itself.
CREATE OR REPLACE VIEW cleared_variants AS
SELECT variants.*, screened.screening_id, approved.approval_id
FROM current_variants AS variants
JOIN campaigns ON campaigns.campaign_id = variants.campaign_id
JOIN screenings_in_force AS screened
    ON screened.variant_id = variants.variant_id AND screened.version = variants.version
   AND screened.content_sha256 = variants.content_sha256
JOIN latest_approvals AS approved
    ON approved.variant_id = variants.variant_id AND approved.version = variants.version
   AND approved.content_sha256 = variants.content_sha256
WHERE variants.content_sha256 = content_fingerprint(variants.subject, variants.preheader,
          variants.body, variants.call_to_action, variants.link, variants.footer)
  AND (screened.decision IN ('pass', 'warn')
       OR (screened.decision = 'review' AND approved.screening_id = screened.screening_id
           AND approved.note <> ''))
  AND approved.decision = 'approved'
  AND variants.campaign_id NOT IN (SELECT campaign_id FROM campaign_holds)
  AND NOT EXISTS (SELECT 1 FROM source_faults AS faults
                  WHERE faults.variant_id = variants.variant_id
                    AND faults.version = variants.version);

-- The gate: whatever is mailed is read from here, and from nowhere else.  Product texts are not mailed,
-- and what is written to prospects has a gate of its own.
CREATE OR REPLACE VIEW sendable_variants AS
SELECT * FROM cleared_variants
WHERE campaign_id NOT IN (SELECT campaign_id FROM text_sets)
  AND campaign_id NOT IN (SELECT campaign_id FROM outreach_plans);

-- The gate of outreach: whatever is written to a prospect, or spoken, is made from one of these.
CREATE OR REPLACE VIEW sendable_skeletons AS
SELECT cleared.*, told.channel, told.kind
FROM cleared_variants AS cleared
JOIN outreach_plans ON outreach_plans.campaign_id = cleared.campaign_id
JOIN variant_channels AS told ON told.variant_id = cleared.variant_id;

-- What is in force but for a person's approval: drafts are made from these, and nothing is handed over.
CREATE OR REPLACE VIEW passed_skeletons AS
SELECT variants.*, told.channel, told.kind
FROM current_variants AS variants
JOIN outreach_plans ON outreach_plans.campaign_id = variants.campaign_id
JOIN variant_channels AS told ON told.variant_id = variants.variant_id
JOIN screenings_in_force AS screened
    ON screened.variant_id = variants.variant_id AND screened.version = variants.version
   AND screened.content_sha256 = variants.content_sha256
LEFT JOIN latest_approvals AS decided
    ON decided.variant_id = variants.variant_id AND decided.version = variants.version
WHERE variants.content_sha256 = content_fingerprint(variants.subject, variants.preheader,
          variants.body, variants.call_to_action, variants.link, variants.footer)
  AND screened.decision IN ('pass', 'warn', 'review')
  AND coalesce(decided.decision NOT IN ('changes_asked', 'rejected'), true)
  AND variants.campaign_id NOT IN (SELECT campaign_id FROM campaign_holds)
  AND NOT EXISTS (SELECT 1 FROM source_faults AS faults
                  WHERE faults.variant_id = variants.variant_id
                    AND faults.version = variants.version);

-- The gate of product texts: what may be copied or handed over is read from here.
CREATE OR REPLACE VIEW sendable_texts AS
SELECT cleared.*, told.channel, told.kind, told.product_id, told.customer_id
FROM cleared_variants AS cleared
JOIN text_sets ON text_sets.campaign_id = cleared.campaign_id
JOIN variant_channels AS told ON told.variant_id = cleared.variant_id;

-- Of them those that may be used on a day: a set's sources were judged by the day of its last writing.
CREATE OR REPLACE MACRO usable_texts(on_day) AS TABLE
SELECT * FROM sendable_texts
WHERE NOT EXISTS (SELECT 1 FROM quoted_statements AS quoted
                  JOIN statements ON statements.statement_id = quoted.statement_id
                  JOIN current_documents AS documents ON documents.document_id = statements.document_id
                  WHERE quoted.variant_id = sendable_texts.variant_id
                    AND quoted.version = sendable_texts.version
                    AND (on_day < documents.valid_from OR on_day > documents.valid_until));

-- 8. Experiment -----------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS experiments (
    experiment_id     VARCHAR PRIMARY KEY,
    campaign_id       VARCHAR NOT NULL,
    hypothesis        JSON    NOT NULL,           -- metric, direction, correction, date, rule, weights
    hypothesis_sha256 VARCHAR NOT NULL,
    salt              VARCHAR NOT NULL,
    confidence        DOUBLE  NOT NULL,
    analysis_on       DATE,                       -- the result is read after this day; later events do not count
    revenue_cap       DOUBLE,                     -- each customer counts with this much at most; NULL: uncapped
    pre_days          INTEGER NOT NULL DEFAULT 0, -- days before the launch that CUPED adjusts by; 0: no adjustment
    machine_click_seconds INTEGER NOT NULL DEFAULT 10, -- a click so soon after delivery is a scanner's; 0 counts all
    designed_at       TIMESTAMPTZ NOT NULL,
    designed_by       VARCHAR NOT NULL,
    approved_at       TIMESTAMPTZ,                -- from here on the hypothesis is frozen
    approved_by       VARCHAR,
    launched_at       TIMESTAMPTZ,
    launched_by       VARCHAR,
    mode              VARCHAR CHECK (mode IN ('export', 'simulation')),
    opened_early_at   TIMESTAMPTZ,                -- somebody looked before analysis_on
    opened_early_by   VARCHAR,
    holdout_id        VARCHAR                     -- the global holdout that people were kept back by
);

CREATE TABLE IF NOT EXISTS arms (                 -- what each arm of each segment gets
    experiment_id  VARCHAR NOT NULL,
    segment        VARCHAR NOT NULL,
    arm            VARCHAR NOT NULL,              -- control, A, B, C ..., holdout (gets nothing)
    position       INTEGER NOT NULL,
    weight         DOUBLE  NOT NULL,              -- share of the segment's audience
    variant_id     VARCHAR,
    version        INTEGER,
    content_sha256 VARCHAR,
    PRIMARY KEY (experiment_id, segment, arm)
);

CREATE TABLE IF NOT EXISTS assignments (          -- key: experiment_id, customer_id
    experiment_id VARCHAR NOT NULL,
    customer_id   VARCHAR NOT NULL,
    segment       VARCHAR NOT NULL,
    arm           VARCHAR NOT NULL,
    propensity    DOUBLE  NOT NULL,
    method        VARCHAR NOT NULL                -- blocked, or hash for a late comer
);

-- Periods in which a share of all customers gets no message of any campaign, so that mailing itself
-- can be measured.  There is at most one at a time, and one that has ended never changes.
CREATE TABLE IF NOT EXISTS global_holdouts (
    holdout_id VARCHAR PRIMARY KEY,
    salt       VARCHAR NOT NULL,                  -- of its own: independent of every campaign's arms
    share      DOUBLE  NOT NULL CHECK (share > 0 AND share < 1),
    below      VARCHAR NOT NULL,                  -- in it: first 8 digits of md5(salt:customer_id) below this
    since      TIMESTAMPTZ NOT NULL,
    started_by VARCHAR NOT NULL,
    reason     VARCHAR NOT NULL,
    until      TIMESTAMPTZ,                       -- NULL while it lasts
    ended_by   VARCHAR,
    end_reason VARCHAR
);

CREATE TABLE IF NOT EXISTS held_out (             -- key: experiment_id, customer_id; who would have got an arm
    experiment_id VARCHAR NOT NULL,
    customer_id   VARCHAR NOT NULL,
    segment       VARCHAR NOT NULL,
    holdout_id    VARCHAR NOT NULL
);

-- On what basis each customer of a campaign may be written to on its send date, and why not.  Of
-- several records the one that lasts longest counts.  A term ends with the day that bears the
-- same number so many months later; an implied purchase is renewed by every later one.  What was
-- withdrawn needs a newer record.  A yes in a customer file counts as express and undated, where
-- the law of the country demands no record.
CREATE OR REPLACE VIEW mailability AS
WITH people AS (
    SELECT campaigns.campaign_id, campaigns.send_on, customers.dataset_id, customers.customer_id,
           customers.email, customers.consent_email, customers.age,
           CAST(customers.last_order_at AS DATE) AS last_order_on,
           coalesce(spellings.jurisdiction, 'other') AS jurisdiction
    FROM campaigns
    JOIN customers ON customers.dataset_id = campaigns.dataset_id
    LEFT JOIN jurisdiction_names AS spellings
        ON spellings.spelling
         = lower(trim(coalesce(customers.country, substr(customers.locale, 4))))
), refusals AS (
    SELECT dataset_id, customer_id, max(recorded_at) AS withdrawn_at FROM consents
    WHERE basis = 'withdrawn' AND channel = 'email'
    GROUP BY dataset_id, customer_id
), dated AS (
    SELECT people.campaign_id, people.customer_id, people.send_on, people.jurisdiction,
           consents.consent_id, consents.basis, consents.confirmed_at, consents.recorded_at,
           CAST(consents.recorded_at AS DATE) AS recorded_on, consents.expires_on,
           CASE WHEN consents.basis = 'implied_purchase'
                THEN greatest(CAST(consents.recorded_at AS DATE), people.last_order_on)
                ELSE CAST(consents.recorded_at AS DATE) END AS began_on,
           coalesce(greatest(consents.recorded_at, consents.confirmed_at)
                        <= refusals.withdrawn_at, false) AS is_withdrawn
    FROM consents
    JOIN people ON people.dataset_id = consents.dataset_id
               AND people.customer_id = consents.customer_id
    LEFT JOIN refusals ON refusals.dataset_id = consents.dataset_id
                      AND refusals.customer_id = consents.customer_id
    WHERE consents.basis <> 'withdrawn' AND consents.channel = 'email'
), termed AS (
    SELECT dated.campaign_id, dated.customer_id, dated.send_on, dated.consent_id, dated.basis,
           dated.recorded_at, dated.recorded_on, dated.is_withdrawn,
           least(dated.expires_on,
                 CAST(dated.began_on + rules.months * INTERVAL '1' MONTH AS DATE)) AS expires_on,
           dated.basis = 'double_opt_in' AND dated.confirmed_at IS NULL AS is_unconfirmed,
           rules.basis IS NULL AND (law.jurisdiction IS NOT NULL
                                    OR dated.basis NOT IN ('express', 'double_opt_in'))
               AS is_too_little
    FROM dated
    LEFT JOIN jurisdiction_rules AS rules
        ON rules.jurisdiction = dated.jurisdiction AND rules.basis = dated.basis
    LEFT JOIN jurisdictions AS law ON law.jurisdiction = dated.jurisdiction
), judged AS (
    SELECT campaign_id, customer_id, consent_id, basis, recorded_at, recorded_on, expires_on,
           CASE WHEN is_withdrawn THEN 'withdrawn'
                WHEN is_too_little THEN 'too little'
                WHEN is_unconfirmed THEN 'unconfirmed'
                WHEN recorded_on > send_on THEN 'too late'
                WHEN expires_on < send_on THEN 'expired'
                ELSE 'holds' END AS state
    FROM termed
), ranked AS (
    SELECT judged.*,
           row_number() OVER (PARTITION BY campaign_id, customer_id
                              ORDER BY CASE WHEN state = 'holds' THEN 0
                                            WHEN state = 'withdrawn' THEN 2 ELSE 1 END,
                                       coalesce(expires_on, DATE '9999-12-31') DESC,
                                       recorded_at DESC, consent_id DESC) AS place
    FROM judged
), files AS (
    SELECT dataset_id, max_by(file_name, imported_at) AS file_name FROM imports
    WHERE target = 'customers'
      AND (CAST(mapping AS STRING) LIKE '%consent_email%' OR CAST(mapping AS STRING) LIKE '%opt_out%')
    GROUP BY dataset_id
), weighed AS (
    SELECT people.campaign_id, people.customer_id, people.dataset_id, people.email,
           people.jurisdiction, people.consent_email, people.age, law.min_age, law.name AS country,
           coalesce(law.needs_record, false) AS needs_record, files.file_name,
           best.basis, best.state, best.recorded_on, best.expires_on,
           CAST(refusals.withdrawn_at AS DATE) AS withdrawn_on,
           coalesce(best.state = 'holds', false) AS is_recorded,
           people.consent_email AND NOT coalesce(law.needs_record, false)
               AND refusals.withdrawn_at IS NULL AS is_in_file,
           coalesce(people.age < law.min_age, false) AS is_too_young
    FROM people
    LEFT JOIN jurisdictions AS law ON law.jurisdiction = people.jurisdiction
    LEFT JOIN refusals ON refusals.dataset_id = people.dataset_id
                      AND refusals.customer_id = people.customer_id
    LEFT JOIN ranked AS best ON best.campaign_id = people.campaign_id
                            AND best.customer_id = people.customer_id AND best.place = 1
    LEFT JOIN files ON files.dataset_id = people.dataset_id
)
SELECT campaign_id, customer_id, dataset_id, email, jurisdiction,
       CASE WHEN is_recorded AND expires_on IS NULL OR NOT is_in_file THEN basis
            ELSE 'express' END AS basis,
       CASE WHEN is_recorded AND expires_on IS NULL OR NOT is_in_file THEN recorded_on END
           AS recorded_on,
       CASE WHEN NOT is_in_file THEN expires_on END AS expires_on,
       (is_recorded OR is_in_file) AND NOT is_too_young AS is_mailable,
       CASE WHEN is_too_young
            THEN concat('is ', age, ' years old; consent counts from the age of ', min_age)
            WHEN is_recorded AND (expires_on IS NULL OR NOT is_in_file)
            THEN concat(replace(basis, '_', ' '), ', on record since ', recorded_on,
                        CASE WHEN expires_on IS NULL THEN ''
                             ELSE concat(', ends after ', expires_on) END)
            WHEN is_in_file
            THEN concat('express, undated, from ', coalesce(file_name, 'the customer file'))
            WHEN withdrawn_on IS NOT NULL AND (state IS NULL OR state = 'withdrawn')
            THEN concat('consent withdrawn on ', withdrawn_on)
            WHEN state = 'expired'
            THEN concat(replace(basis, '_', ' '), ' of ', recorded_on, ' ended on ', expires_on)
            WHEN state = 'unconfirmed'
            THEN concat('double opt in of ', recorded_on, ' was never confirmed')
            WHEN state = 'too late'
            THEN concat(replace(basis, '_', ' '), ' is of ', recorded_on, ', after the send date')
            WHEN state = 'too little'
            THEN concat(replace(basis, '_', ' '), ' does not suffice in ',
                        coalesce(country, 'this country'))
            WHEN consent_email AND needs_record
            THEN concat('yes in ', coalesce(file_name, 'the customer file'), ', but ', country,
                        ' demands a record of it')
            ELSE 'no consent on file' END AS reason
FROM weighed;

-- Customers who have a full set of products in every arm of their campaign's plan: as many as are
-- planned, with all that its messages say of them.  Nobody else gets a message of such a campaign.
CREATE OR REPLACE VIEW product_sets AS
WITH said AS (
    SELECT campaign_id,
           bool_or(regexp_matches(words, '\{\{\s*product_[1-4]\.price\s*\}\}')) AS has_price,
           bool_or(regexp_matches(words, '\{\{\s*product_[1-4]\.reason\s*\}\}')) AS has_reason,
           bool_or(regexp_matches(words, '\{\{\s*product_[1-4]\.category\s*\}\}')) AS has_category,
           bool_or(regexp_matches(words, '\{\{\s*product_[1-4]\.link\s*\}\}')) AS has_link
    FROM (SELECT campaign_id, concat_ws(' ', subject, preheader, body, call_to_action) AS words
          FROM current_variants)
    GROUP BY campaign_id
), wanted AS (
    SELECT plans.campaign_id, items, json_keys(arms) AS arms, coalesce(has_price, false) AS has_price,
           coalesce(has_reason, false) AS has_reason, coalesce(has_category, false) AS has_category,
           coalesce(has_link, false) AS has_link
    FROM product_plans AS plans LEFT JOIN said ON said.campaign_id = plans.campaign_id
)
SELECT products.campaign_id, products.customer_id
FROM campaign_products AS products
JOIN wanted ON wanted.campaign_id = products.campaign_id
WHERE products.rank BETWEEN 1 AND items AND list_contains(wanted.arms, products.arm)
  AND name <> '' AND (price <> '' OR NOT has_price) AND (reason <> '' OR NOT has_reason)
  AND (products.category <> '' OR NOT has_category) AND (link <> '' OR NOT has_link)
GROUP BY products.campaign_id, products.customer_id
HAVING bit_count(bit_or(1::BIGINT << CAST(4 * list_position(wanted.arms, products.arm)
                                          + products.rank - 5 AS BIGINT)))
     = any_value(items * len(wanted.arms));

-- Every customer of a campaign's dataset in exactly one bucket, by the first reason that holds;
-- ``reason`` says it in words, and ``also`` names what else would have kept the customer out.
-- Of several customers with one address the lowest id is written to; who has objected under
-- any id, in any dataset, is not written to at that address again.  A campaign that was launched
-- keeps to the holdout of its launch, any other to the one that lasts.
CREATE OR REPLACE VIEW audience AS
WITH people AS (
    SELECT mailability.campaign_id, mailability.customer_id, mailability.email, members.segment,
           mailability.is_mailable, mailability.reason AS consent,
           CASE WHEN members.segment IS NULL THEN 'no segment'
                WHEN NOT mailability.is_mailable THEN 'no consent'
                WHEN mailability.email IS NULL THEN 'no valid e-mail'
                WHEN plans.campaign_id IS NOT NULL AND sets.customer_id IS NULL THEN 'no products'
                ELSE 'reachable' END AS reach
    FROM mailability
    LEFT JOIN segment_members AS members
        ON members.campaign_id = mailability.campaign_id
       AND members.customer_id = mailability.customer_id
    LEFT JOIN product_plans AS plans ON plans.campaign_id = mailability.campaign_id
    LEFT JOIN product_sets AS sets
        ON sets.campaign_id = mailability.campaign_id
       AND sets.customer_id = mailability.customer_id
), addresses AS (
    SELECT people.*,
           min(CASE WHEN reach = 'reachable' THEN customer_id END)
               OVER (PARTITION BY campaign_id, email) AS keeper
    FROM people
), objections AS (
    SELECT email FROM suppressions WHERE email IS NOT NULL
    UNION
    SELECT customers.email FROM suppressions
    JOIN customers ON customers.dataset_id = suppressions.dataset_id
                  AND customers.customer_id = suppressions.customer_id
    WHERE customers.email IS NOT NULL
), holdouts AS (
    SELECT campaigns.campaign_id, global_holdouts.salt, global_holdouts.below
    FROM campaigns
    LEFT JOIN experiments ON experiments.campaign_id = campaigns.campaign_id
                         AND experiments.launched_at IS NOT NULL
    JOIN global_holdouts
        ON (experiments.experiment_id IS NULL AND global_holdouts.until IS NULL)
        OR global_holdouts.holdout_id = experiments.holdout_id
)
SELECT addresses.campaign_id, addresses.customer_id, addresses.email, addresses.segment,
       CASE WHEN reach <> 'reachable' THEN reach
            WHEN customer_id <> keeper THEN 'duplicate address'
            WHEN objections.email IS NOT NULL THEN 'suppressed'
            WHEN holdouts.below IS NOT NULL
             AND substr(md5(concat(holdouts.salt, ':', customer_id)), 1, 8) < holdouts.below
            THEN 'global holdout'
            ELSE 'eligible' END AS bucket,
       consent AS reason,
       concat_ws(', ',
           CASE WHEN segment IS NULL AND NOT is_mailable THEN 'no consent' END,
           CASE WHEN addresses.email IS NULL AND reach <> 'no valid e-mail'
                THEN 'no valid e-mail' END,
           CASE WHEN objections.email IS NOT NULL
                 AND (reach <> 'reachable' OR customer_id <> keeper) THEN 'suppressed' END) AS also
FROM addresses
LEFT JOIN objections ON objections.email = addresses.email
LEFT JOIN holdouts ON holdouts.campaign_id = addresses.campaign_id;

-- Codes of the countries that a campaign's eligible customers live in, as its messages are judged.
CREATE OR REPLACE VIEW campaign_readers AS
SELECT DISTINCT audience.campaign_id, coalesce(spellings.own_code, 'other') AS code
FROM audience
JOIN campaigns ON campaigns.campaign_id = audience.campaign_id
JOIN customers ON customers.dataset_id = campaigns.dataset_id
              AND customers.customer_id = audience.customer_id
LEFT JOIN jurisdiction_names AS spellings
    ON spellings.spelling = lower(trim(coalesce(customers.country, substr(customers.locale, 4))))
WHERE audience.bucket = 'eligible';

-- 8b. Sign-off ------------------------------------------------------------------------

-- All that a sign-off covers, as it stands now: one row a thing.  ``said`` is for people, ``value``
-- is what must not change.  Whoever objects after the sign-off keeps the arm and is left out at the
-- delivery, so the people of an arm are those who were drawn for it.
CREATE OR REPLACE VIEW campaign_parts AS
WITH named_arms AS (
    SELECT experiments.campaign_id, arms.*,
           concat(segment, ': ', CASE arm WHEN 'control' THEN 'control text' WHEN 'holdout'
                  THEN 'holdout' ELSE concat('variant ', arm) END) AS item
    FROM arms JOIN experiments ON experiments.experiment_id = arms.experiment_id
), texts AS (
    SELECT named_arms.campaign_id, named_arms.item, variants.*
    FROM named_arms
    JOIN (SELECT * EXCLUDE (campaign_id) FROM current_variants) AS variants
        ON variants.variant_id = named_arms.variant_id
), people AS (
    SELECT experiments.campaign_id, segment, arm, count(*) AS customers,
           sha256(array_to_string(list_sort(list(customer_id)), chr(10))) AS customers_sha256
    FROM assignments JOIN experiments ON experiments.experiment_id = assignments.experiment_id
    GROUP BY experiments.campaign_id, segment, arm
), quoted AS (
    SELECT texts.campaign_id, statements.document_id,
           string_agg(DISTINCT statements.statement_id, ' ' ORDER BY statements.statement_id)
               AS statement_ids
    FROM texts
    JOIN quoted_statements
        ON quoted_statements.variant_id = texts.variant_id
       AND quoted_statements.version = texts.version
    JOIN statements ON statements.statement_id = quoted_statements.statement_id
    GROUP BY texts.campaign_id, statements.document_id
)
SELECT campaign_id, 'content' AS part, item, concat('version ', version) AS said,
       concat_ws('|', variant_id, version, content_fingerprint(subject, preheader, body,
                 call_to_action, link, footer)) AS value
FROM texts
UNION ALL
SELECT plans.campaign_id, 'content', concat('products of variant ', arm),
       concat(format('{:,}', count(*)), ' products for customers'),
       concat_ws('|', plans.items, count(*),
                 bit_xor(md5_number(concat_ws(chr(31), customer_id, rank, product_id, name, price,
                                              reason, category, link))))
FROM campaign_products AS named
JOIN product_plans AS plans ON plans.campaign_id = named.campaign_id
JOIN experiments ON experiments.campaign_id = named.campaign_id
GROUP BY plans.campaign_id, plans.items, arm
UNION ALL
SELECT campaign_id, 'audience', concat(segment, ': ', CASE arm WHEN 'control' THEN 'control text'
           WHEN 'holdout' THEN 'holdout' ELSE concat('variant ', arm) END),
       concat(format('{:,}', customers), CASE customers WHEN 1 THEN ' person' ELSE ' people' END),
       customers_sha256
FROM people
UNION ALL
SELECT experiments.campaign_id, 'audience', concat('rule of segment ', segments.segment),
       segments.rule, segments.rule
FROM segments JOIN experiments ON experiments.campaign_id = segments.campaign_id
UNION ALL
SELECT campaign_id, 'arms', item, format('{:.2f}%', 100 * weight),
       concat_ws('|', position, weight, variant_id, version, content_sha256)
FROM named_arms
UNION ALL
SELECT experiments.campaign_id, 'policy', 'screening policy', in_force.policy_version,
       in_force.policy_version
FROM experiments CROSS JOIN policy_in_force AS in_force
WHERE in_force.policy_version IS NOT NULL
UNION ALL
SELECT experiments.campaign_id, 'policy', 'brand profile', concat('version ', version),
       sha256(CAST(profile AS VARCHAR))
FROM experiments CROSS JOIN brand_profile_in_force
UNION ALL
SELECT experiments.campaign_id, 'policy', 'brief', 'brief',
       sha256(concat_ws(chr(31), CAST(campaigns.brief AS VARCHAR), campaigns.send_on))
FROM experiments JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
UNION ALL
SELECT quoted.campaign_id, 'sources', quoted.document_id,
       concat('version ', documents.version, ', ', documents.status,
              coalesce(', from ' || documents.valid_from, ''),
              coalesce(', until ' || documents.valid_until, '')),
       concat_ws('|', documents.version, documents.status, coalesce(documents.valid_from::VARCHAR, ''),
                 coalesce(documents.valid_until::VARCHAR, ''), documents.content_sha256,
                 quoted.statement_ids)
FROM quoted LEFT JOIN current_documents AS documents ON documents.document_id = quoted.document_id;

CREATE SEQUENCE IF NOT EXISTS seal_ids;
CREATE TABLE IF NOT EXISTS seals (                -- append-only: what somebody signed off, as it stood then
    seal_id          BIGINT  NOT NULL DEFAULT nextval('seal_ids'),
    campaign_id      VARCHAR NOT NULL,
    content          VARCHAR NOT NULL,            -- sha256 of each kind of part, see campaign_parts
    audience         VARCHAR NOT NULL,
    arms             VARCHAR NOT NULL,
    policy           VARCHAR NOT NULL,
    sources          VARCHAR NOT NULL,
    parts            JSON    NOT NULL,            -- the rows of campaign_parts, to show what changed since
    sealed_at        TIMESTAMPTZ NOT NULL,
    sealed_by        VARCHAR NOT NULL,
    note             VARCHAR NOT NULL,
    is_self_approved BOOLEAN NOT NULL,            -- the one who designed or worded it: nobody else was there
    request_id       VARCHAR                      -- a double click signs once
);

CREATE OR REPLACE VIEW current_seals AS        -- the last sign-off of each campaign, whole or void
SELECT * FROM seals
QUALIFY row_number() OVER (PARTITION BY campaign_id ORDER BY seal_id DESC) = 1;

CREATE TABLE IF NOT EXISTS send_backs (           -- append-only: a campaign that was not signed off
    number      BIGINT  NOT NULL DEFAULT nextval('seal_ids'), -- the next seal has a larger one
    campaign_id VARCHAR NOT NULL,
    decision    VARCHAR NOT NULL CHECK (decision IN ('changes_asked', 'rejected')),
    note        VARCHAR NOT NULL,
    actor       VARCHAR NOT NULL,
    decided_at  TIMESTAMPTZ NOT NULL,
    request_id  VARCHAR
);

CREATE OR REPLACE VIEW open_send_backs AS      -- nobody has signed the campaign off since
SELECT send_backs.* FROM send_backs
LEFT JOIN current_seals ON current_seals.campaign_id = send_backs.campaign_id
WHERE send_backs.number > coalesce(current_seals.seal_id, 0)
QUALIFY row_number() OVER (PARTITION BY send_backs.campaign_id ORDER BY number DESC) = 1;

-- What is not as it was signed off: a seal is whole while its campaign has no row here.
CREATE OR REPLACE VIEW seal_changes AS
WITH signed AS NOT MATERIALIZED (
    SELECT campaign_id, entry.part, entry.item, entry.said, entry.value
    FROM (SELECT campaign_id,
                 unnest(from_json(parts, '[{"part": "VARCHAR", "item": "VARCHAR", "said": "VARCHAR",
                                            "value": "VARCHAR"}]')) AS entry
          FROM current_seals) AS seals_in_force
), covered AS (                                   -- every campaign has a brief: a seal without one is older than this part
    SELECT campaign_id FROM signed WHERE part = 'policy' AND item = 'brief'
), compared AS (
    SELECT campaign_id, true AS is_signed, part, item, said, value FROM signed
    UNION ALL
    SELECT campaign_id, false, part, item, said, value FROM campaign_parts
    WHERE campaign_id IN (SELECT campaign_id FROM seals)
), things AS (
    SELECT campaign_id, part, item,
           max(said) FILTER (is_signed) AS before, max(said) FILTER (NOT is_signed) AS after,
           max(value) FILTER (is_signed) AS value_before,
           max(value) FILTER (NOT is_signed) AS value_after
    FROM compared GROUP BY campaign_id, part, item
)
SELECT campaign_id, part, item, before, after,
       CASE WHEN before IS NULL AND part = 'policy' AND item IN ('brief', 'brand profile')
             AND campaign_id NOT IN (SELECT campaign_id FROM covered)
            THEN concat('the sign-off did not cover the ', item, ' yet')
            ELSE concat(item, CASE WHEN before IS NULL THEN concat(' is new: ', after)
                         WHEN after IS NULL THEN concat(' is gone; it was: ', before)
                         WHEN before = after AND part = 'audience'
                         THEN concat(': as many as before (', after, '), but others')
                         WHEN before = after THEN concat(' is no longer the same ', after)
                         ELSE concat(' was ', before, ' and is ', after, ' now') END) END AS told
FROM things WHERE value_before IS DISTINCT FROM value_after
UNION ALL
SELECT open_send_backs.campaign_id, 'decision', actor, NULL, decision,
       concat(actor, CASE decision WHEN 'rejected' THEN ' rejected it: '
                                   ELSE ' asked for changes: ' END, open_send_backs.note)
FROM open_send_backs
WHERE open_send_backs.campaign_id IN (SELECT campaign_id FROM seals);

-- 9. Delivery -------------------------------------------------------------------------

-- A cell that no spreadsheet takes for a formula; numbers stay as they are.
CREATE OR REPLACE MACRO csv_cell(cell) AS
    CASE WHEN regexp_matches(cell, '^[\x00-\x20\x7F-\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{AD}\x{034F}\x{061C}\x{115F}\x{1160}\x{180E}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{206F}\x{3164}\x{FEFF}\x{FFA0}\x{FFF9}-\x{FFFB}\x{200C}\x{200D}\x{FE00}-\x{FE0F}]*[=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}\x{207A}\x{207C}\x{208A}\x{208C}\x{FE62}\x{FE63}\x{FE66}\x{FE6B}\x{2A75}\x{2A76}\x{FB29}]|^[\t\r\n]')
          AND NOT regexp_matches(cell, '^[+-]?[0-9]+([.,][0-9]+)?$')
         THEN concat('''', cell) ELSE cell END;

-- A value without signs that nobody sees: line breaks, control characters and blanks of any kind
-- become one space, signs without width go.
CREATE OR REPLACE MACRO visible_value(own) AS
    regexp_replace(regexp_replace(regexp_replace(own,
        '[\x{AD}\x{034F}\x{061C}\x{115F}\x{1160}\x{180E}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{206F}\x{3164}\x{FEFF}\x{FFA0}\x{FFF9}-\x{FFFB}]', '', 'g'),
        '[\x00-\x20\x7F-\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]+', ' ', 'g'),
        '^[ \x{200C}\x{200D}\x{FE00}-\x{FE0F}]+|[ \x{200C}\x{200D}\x{FE00}-\x{FE0F}]+$', '', 'g');

-- A customer's own value as a message may carry it, judged as a reader would see it: blank where
-- it holds markup, a link or host name (with a full stop of any script), an address, a telephone
-- number or the beginning of a formula, or is longer than a name can be.  The fallback is read in
-- its place.
CREATE OR REPLACE MACRO fit_value(own, most) AS
    CASE WHEN own IS NULL OR length(own) > most
           OR regexp_matches(regexp_replace(visible_value(own), '[\x{200C}\x{200D}\x{FE00}-\x{FE0F}]', '', 'g'), '[{}<@\x{FF1C}\x{FF20}]|://|www\.|[^\s.]\.[^\s.0-9]{2,}|[^\s][\x{3002}\x{FF0E}\x{FF61}\x{2024}][^\s]|//|\\\\|\pL{2}[:\x{FF1A}][^\s]|\p{Nd}(?:[^\pL\p{Nd}]{0,3}\p{Nd}){6}|(^|[^\p{Nd}.])\p{Nd}{1,3}(?:\.\p{Nd}{1,3}){3}|^[=+\-\x{FF1D}\x{FF0B}\x{FF0D}\x{207A}\x{207C}\x{208A}\x{208C}\x{FE62}\x{FE63}\x{FE66}\x{2A75}\x{2A76}\x{FB29}]|^(nan|NaN|NAN|null|NULL|None|undefined|N/A|n/a|#N/A)$')
         THEN ''
         ELSE visible_value(own) END;
CREATE OR REPLACE MACRO presentable_value(own) AS fit_value(own, 60);

-- The same, and blank as well where the value is held back: see input_findings.
CREATE OR REPLACE MACRO merge_value(own) AS
    CASE WHEN input_key(own) IN (SELECT key FROM held_inputs WHERE what = 'customer field') THEN ''
         ELSE presentable_value(own) END;

-- What a message may say of a product: its name, its category and the reason for it as a customer's
-- own value, but longer; a price; and an address, which the launch gate holds to the sender's own.
CREATE OR REPLACE MACRO product_value(own) AS
    CASE WHEN input_key(own) IN (SELECT key FROM held_inputs WHERE what = 'customer field') THEN ''
         ELSE fit_value(own, 160) END;
CREATE OR REPLACE MACRO price_value(own) AS
    CASE WHEN length(own) <= 24 AND regexp_full_match(own, '(?:(?:\p{Sc}|[A-Za-z]{1,3}\p{Sc}?)[ \x{A0}\x{202F}]?)?[0-9](?:[0-9.,\x{A0}\x{202F} ]*[0-9])?(?:[ \x{A0}\x{202F}]?(?:\p{Sc}|\pL{1,3}))?')
         THEN own ELSE '' END;
CREATE OR REPLACE MACRO link_value(own) AS
    CASE WHEN length(own) <= 400 AND regexp_full_match(own, 'https://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:[/?#][A-Za-z0-9/_.~%?&=;,:+#!$@-]*)?')
         THEN own ELSE '' END;

-- What messages show of products, word by word, blank where a word cannot be said: for some of a
-- campaign's customers or, where ``readers`` is empty, for all; ``campaign`` may be empty as well.
CREATE OR REPLACE MACRO judged_products(campaign, readers) AS TABLE
WITH named AS (
    SELECT * FROM campaign_products
    WHERE (campaign = '' OR campaign_id = campaign)
      AND (len(readers::VARCHAR[]) = 0 OR list_contains(readers::VARCHAR[], customer_id))
), unfit AS (
    SELECT coalesce(list(own), []) AS words
    FROM (SELECT DISTINCT unnest([name, reason, category]) AS own FROM named) AS told
    WHERE own <> '' AND product_value(own) <> own
)
SELECT named.* REPLACE (
           CASE WHEN list_contains(unfit.words, name) THEN '' ELSE name END AS name,
           price_value(price) AS price,
           CASE WHEN list_contains(unfit.words, reason) THEN '' ELSE reason END AS reason,
           CASE WHEN list_contains(unfit.words, category) THEN '' ELSE category END AS category,
           link_value(link) AS link)
FROM named CROSS JOIN unfit;

-- The same in one row for each arm and customer: ``words`` are twenty, the fields of
-- domain.PRODUCT_FIELDS for each of four products, blank where there is none.
CREATE OR REPLACE MACRO product_words(campaign, readers) AS TABLE
WITH packed AS (
    SELECT campaign_id, arm, customer_id, rank,
           concat_ws(chr(29), name, price, reason, category, link) AS own
    FROM judged_products(campaign, readers)
    WHERE name <> ''
)
SELECT campaign_id, arm, customer_id,
       string_split(concat_ws(chr(29),
           coalesce(max(CASE WHEN rank = 1 THEN own END), repeat(chr(29), 4)),
           coalesce(max(CASE WHEN rank = 2 THEN own END), repeat(chr(29), 4)),
           coalesce(max(CASE WHEN rank = 3 THEN own END), repeat(chr(29), 4)),
           coalesce(max(CASE WHEN rank = 4 THEN own END), repeat(chr(29), 4))), chr(29)) AS words
FROM packed GROUP BY campaign_id, arm, customer_id;

-- Which fields of a customer are there, one digit a field, in the order of domain.MERGE_FIELDS.
CREATE OR REPLACE MACRO fields_filled(first_name, city, country, favourite_category, tier) AS
    concat(CASE WHEN first_name = '' THEN '0' ELSE '1' END,
           CASE WHEN city = '' THEN '0' ELSE '1' END,
           CASE WHEN country = '' THEN '0' ELSE '1' END,
           CASE WHEN favourite_category = '' THEN '0' ELSE '1' END,
           CASE WHEN tier = '' THEN '0' ELSE '1' END);

-- A text in which the tags of the fields that are filled have become slots, and the others
-- their fallback.  A slot is a control character, which no value can hold: what a customer
-- is called is never read as a tag.  That of a product is its number and field between two signs
-- chr(14); they are found last, so that nothing becomes one by what was filled in before.
CREATE OR REPLACE MACRO with_slot(body, tag, digit, slot) AS
    regexp_replace(body, tag, CASE WHEN digit = '1' THEN slot ELSE '\1' END, 'g');
CREATE OR REPLACE MACRO product_form(body) AS
    regexp_replace(body, '\{\{\s*product_([1-4]\.(?:name|price|reason|category|link))\s*\}\}',
                   chr(14) || '\1' || chr(14), 'g');
CREATE OR REPLACE MACRO message_form(body, filled) AS
    product_form(with_slot(with_slot(with_slot(with_slot(with_slot(body,
        '\{\{\s*first_name\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 1, 1), chr(1)),
        '\{\{\s*city\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 2, 1), chr(2)),
        '\{\{\s*country\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 3, 1), chr(3)),
        '\{\{\s*favourite_category\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 4, 1), chr(4)),
        '\{\{\s*tier\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 5, 1), chr(5)));
CREATE OR REPLACE MACRO fill_form(body, first_name, city, country, favourite_category, tier) AS
    replace(replace(replace(replace(replace(body,
        chr(1), first_name), chr(2), city), chr(3), country), chr(4), favourite_category),
        chr(5), tier);
CREATE OR REPLACE MACRO fill_products(body, words) AS
    CASE WHEN words IS NULL THEN body ELSE
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(body,
        chr(14) || '1.name' || chr(14), words[1]), chr(14) || '1.price' || chr(14), words[2]),
        chr(14) || '1.reason' || chr(14), words[3]), chr(14) || '1.category' || chr(14), words[4]),
        chr(14) || '1.link' || chr(14), words[5]),
        chr(14) || '2.name' || chr(14), words[6]), chr(14) || '2.price' || chr(14), words[7]),
        chr(14) || '2.reason' || chr(14), words[8]), chr(14) || '2.category' || chr(14), words[9]),
        chr(14) || '2.link' || chr(14), words[10]),
        chr(14) || '3.name' || chr(14), words[11]), chr(14) || '3.price' || chr(14), words[12]),
        chr(14) || '3.reason' || chr(14), words[13]), chr(14) || '3.category' || chr(14), words[14]),
        chr(14) || '3.link' || chr(14), words[15]),
        chr(14) || '4.name' || chr(14), words[16]), chr(14) || '4.price' || chr(14), words[17]),
        chr(14) || '4.reason' || chr(14), words[18]), chr(14) || '4.category' || chr(14), words[19]),
        chr(14) || '4.link' || chr(14), words[20]) END;

CREATE OR REPLACE VIEW message_fields AS       -- which fields a variant addresses
SELECT variant_id, version, campaign_id,
       regexp_matches(words, '\{\{\s*first_name\s*\|') AS has_first_name,
       regexp_matches(words, '\{\{\s*city\s*\|') AS has_city,
       regexp_matches(words, '\{\{\s*country\s*\|') AS has_country,
       regexp_matches(words, '\{\{\s*favourite_category\s*\|') AS has_favourite_category,
       regexp_matches(words, '\{\{\s*tier\s*\|') AS has_tier,
       regexp_matches(words, '\{\{\s*product_[1-4]\.') AS has_products
FROM (SELECT variant_id, version, campaign_id,
             concat_ws(' ', subject, preheader, body, call_to_action) AS words FROM variants);

-- A variant for each set of fields filled; ``whole`` is all of it, joined as for its fingerprint.
CREATE OR REPLACE VIEW message_forms AS
WITH forms AS (
SELECT variants.variant_id, variants.version, variants.campaign_id, filled,
       message_form(subject, filled) AS subject, message_form(preheader, filled) AS preheader,
       message_form(body, filled) AS body, message_form(call_to_action, filled) AS call_to_action,
       link, footer
FROM variants
JOIN message_fields USING (variant_id, version)
CROSS JOIN (SELECT right(bin(32 + range), 5) AS filled FROM range(32))
WHERE (has_first_name OR substr(filled, 1, 1) = '0') AND (has_city OR substr(filled, 2, 1) = '0')
  AND (has_country OR substr(filled, 3, 1) = '0')
  AND (has_favourite_category OR substr(filled, 4, 1) = '0')
  AND (has_tier OR substr(filled, 5, 1) = '0')
)
SELECT forms.*, concat_ws(chr(31), 'v1', subject, preheader, body, call_to_action, link, footer)
           AS whole
FROM forms;

CREATE TABLE IF NOT EXISTS exports (
    export_id       VARCHAR PRIMARY KEY,
    experiment_id   VARCHAR NOT NULL,
    folder          VARCHAR NOT NULL,
    manifest        JSON    NOT NULL,
    manifest_sha256 VARCHAR NOT NULL,
    recipients      BIGINT  NOT NULL,
    exported_at     TIMESTAMPTZ NOT NULL,
    exported_by     VARCHAR NOT NULL,
    request_id      VARCHAR UNIQUE                -- a double click exports once
);

CREATE TABLE IF NOT EXISTS certificates (         -- what proves an export, as it lies beside the files
    export_id   VARCHAR PRIMARY KEY,
    certificate JSON    NOT NULL,                 -- statement and chain, see delivery.certificate
    sha256      VARCHAR NOT NULL,                 -- of certificate.json, which names all other files
    head_seq    BIGINT  NOT NULL,                 -- the row of audit_log that the proof ends at
    head        VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS deliveries (           -- key: experiment_id, customer_id
    experiment_id   VARCHAR NOT NULL,
    customer_id     VARCHAR NOT NULL,
    segment         VARCHAR NOT NULL,
    arm             VARCHAR NOT NULL,
    variant_id      VARCHAR NOT NULL,
    version         INTEGER NOT NULL,
    content_sha256  VARCHAR NOT NULL,             -- of the variant, merge fields unfilled
    rendered_sha256 VARCHAR NOT NULL,             -- of the very text that this customer got
    is_simulated    BOOLEAN NOT NULL,
    delivered_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS engagements (          -- key: experiment_id, customer_id, event, happened_at, value
    experiment_id VARCHAR NOT NULL,
    customer_id   VARCHAR NOT NULL,
    event         VARCHAR NOT NULL,               -- delivered open click conversion unsubscribe complaint
    value         DOUBLE  NOT NULL,               -- revenue of a conversion, else 0
    happened_at   TIMESTAMP NOT NULL,
    is_simulated  BOOLEAN NOT NULL                -- never pooled with real ones
);

-- Who an experiment is about, as assigned.  Who was not sent the message does not count, but for
-- the holdout.
CREATE OR REPLACE VIEW participants AS
WITH launched AS (
    SELECT experiment_id, revenue_cap, mode = 'simulation' AS is_simulated
    FROM experiments WHERE launched_at IS NOT NULL
)
SELECT assignments.experiment_id, assignments.customer_id, assignments.segment, assignments.arm,
       launched.is_simulated, launched.revenue_cap
FROM assignments JOIN launched ON launched.experiment_id = assignments.experiment_id
WHERE assignments.arm = 'holdout'
   OR EXISTS (SELECT 1 FROM deliveries
              WHERE deliveries.experiment_id = assignments.experiment_id
                AND deliveries.customer_id = assignments.customer_id
                AND deliveries.is_simulated = launched.is_simulated);

-- What counts of what people did: from the launch to the end of the day of analysis.  A date without
-- a time stands as its midnight, and counts on the day of the launch.  A click within seconds of
-- the person's own delivery report is a mail scanner's.
CREATE OR REPLACE VIEW counted_events AS
WITH launched AS (
    SELECT experiment_id, CAST(launched_at AS TIMESTAMP) AS launched_at,
           CAST(analysis_on AS TIMESTAMP) + INTERVAL '1' DAY AS closed_at,
           machine_click_seconds, mode = 'simulation' AS is_simulated
    FROM experiments WHERE launched_at IS NOT NULL
), reported AS (
    SELECT experiment_id, customer_id, is_simulated, min(happened_at) AS delivered_at
    FROM engagements
    WHERE event = 'delivered' AND happened_at <> date_trunc('day', happened_at)
    GROUP BY experiment_id, customer_id, is_simulated
)
SELECT engagements.experiment_id, engagements.customer_id, event, value, happened_at,
       coalesce(machine_click_seconds > 0 AND happened_at >= delivered_at AND happened_at
                    <= delivered_at + machine_click_seconds * INTERVAL '1' SECOND,
                false) AS is_scan
FROM engagements
JOIN launched ON launched.experiment_id = engagements.experiment_id
             AND launched.is_simulated = engagements.is_simulated
LEFT JOIN reported ON reported.experiment_id = engagements.experiment_id
                  AND reported.customer_id = engagements.customer_id
                  AND reported.is_simulated = engagements.is_simulated
                  AND engagements.event = 'click'
WHERE launched.is_simulated
   OR ((happened_at >= launched_at OR happened_at = date_trunc('day', launched_at))
       AND (closed_at IS NULL OR happened_at < closed_at));

-- What each customer of an experiment did: silence is zero.
CREATE OR REPLACE VIEW outcomes AS
WITH responses AS (
    SELECT experiment_id, customer_id,
           max(CASE WHEN event = 'open' THEN 1 ELSE 0 END) AS opened,
           max(CASE WHEN event = 'click' AND NOT is_scan THEN 1 ELSE 0 END) AS clicked,
           max(CASE WHEN event = 'click' THEN 1 ELSE 0 END) AS clicked_by_any,
           max(CASE WHEN event = 'conversion' THEN 1 ELSE 0 END) AS converted,
           max(CASE WHEN event = 'unsubscribe' THEN 1 ELSE 0 END) AS unsubscribed,
           max(CASE WHEN event = 'complaint' THEN 1 ELSE 0 END) AS complained,
           sum(CASE WHEN event = 'conversion' THEN value ELSE 0.0 END) AS revenue
    FROM counted_events
    GROUP BY experiment_id, customer_id
)
SELECT participants.experiment_id, participants.customer_id, participants.segment,
       participants.arm, participants.is_simulated, coalesce(opened, 0) AS opened,
       coalesce(clicked, 0) AS clicked, coalesce(clicked_by_any, 0) AS clicked_by_any,
       coalesce(converted, 0) AS converted, coalesce(unsubscribed, 0) AS unsubscribed,
       coalesce(complained, 0) AS complained, coalesce(revenue, 0.0) AS revenue,
       least(coalesce(revenue, 0.0), revenue_cap) AS revenue_capped
FROM participants
LEFT JOIN responses ON responses.experiment_id = participants.experiment_id
                   AND responses.customer_id = participants.customer_id;

CREATE TABLE IF NOT EXISTS simulations (          -- the assumptions behind simulated engagement
    experiment_id VARCHAR PRIMARY KEY,
    assumptions   JSON    NOT NULL,
    seed          VARCHAR NOT NULL,
    simulated_at  TIMESTAMPTZ NOT NULL,
    request_id    VARCHAR UNIQUE
);

CREATE TABLE IF NOT EXISTS simulated_rates (      -- what a simulation assumes of each arm, in [0, 1]
    experiment_id    VARCHAR NOT NULL,
    segment          VARCHAR NOT NULL,
    arm              VARCHAR NOT NULL,
    open_rate        DOUBLE  NOT NULL,            -- share of recipients
    click_rate       DOUBLE  NOT NULL,            -- share of recipients; whoever clicks has opened
    conversion_rate  DOUBLE  NOT NULL,            -- share of those who clicked
    unsubscribe_rate DOUBLE  NOT NULL,            -- share of recipients; whoever leaves has opened
    order_value      DOUBLE  NOT NULL,            -- mean, in the currency of the data
    PRIMARY KEY (experiment_id, segment, arm)
);

-- 10. Results -------------------------------------------------------------------------

-- All that the inference knows of an experiment: one statement fills it, everything else is a pure
-- function of these rows.  attribute '' is the whole audience, 'segment' the segments.
CREATE TABLE IF NOT EXISTS arm_statistics (
    experiment_id         VARCHAR NOT NULL,
    attribute             VARCHAR NOT NULL,
    level                 VARCHAR NOT NULL,
    arm                   VARCHAR NOT NULL,
    n                     BIGINT  NOT NULL,       -- customers, each once
    open                  BIGINT  NOT NULL,       -- customers who did; so are the next four
    click                 BIGINT  NOT NULL,
    conversion            BIGINT  NOT NULL,
    unsubscribe           BIGINT  NOT NULL,
    complaint             BIGINT  NOT NULL,
    revenue               DOUBLE  NOT NULL,       -- mean a customer, in the currency of the data
    revenue_variance      DOUBLE,                 -- var_samp; NULL for fewer than two customers
    buyers                BIGINT  NOT NULL,       -- customers whose revenue is not 0
    revenue_capped        DOUBLE  NOT NULL,       -- the same with each customer's revenue capped
    capped_variance       DOUBLE,
    click_revenue         DOUBLE,                 -- covar_samp of click and revenue
    pre_conversion        DOUBLE,                 -- mean before the launch; NULL without a pre-period
    pre_conversion_variance DOUBLE,
    conversion_pre        DOUBLE,                 -- covar_samp with the same metric before
    pre_revenue           DOUBLE,
    pre_revenue_variance  DOUBLE,
    revenue_pre           DOUBLE,
    capped_pre            DOUBLE,
    computed_at           TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (experiment_id, attribute, level, arm)
);

CREATE TABLE IF NOT EXISTS results (              -- the last measurement; '' is the whole audience
    experiment_id          VARCHAR NOT NULL,
    metric                 VARCHAR NOT NULL,      -- see experiments.metrics
    kind                   VARCHAR NOT NULL CHECK (kind IN ('binary', 'mean', 'ratio')),
    role                   VARCHAR NOT NULL CHECK (role IN
                           ('primary', 'secondary', 'guardrail', 'diagnostic', 'exploratory')),
    segment                VARCHAR NOT NULL,
    arm                    VARCHAR NOT NULL,
    n_treatment            BIGINT  NOT NULL,
    n_control              BIGINT  NOT NULL,
    mean_treatment         DOUBLE,
    mean_control           DOUBLE,
    difference             DOUBLE,
    difference_low         DOUBLE,
    difference_high        DOUBLE,
    lift                   DOUBLE,
    lift_low               DOUBLE,
    lift_high              DOUBLE,
    p                      DOUBLE,
    p_adjusted             DOUBLE,
    difference_low_adjusted  DOUBLE,              -- excludes 0 exactly when p_adjusted says so
    difference_high_adjusted DOUBLE,
    family                 VARCHAR NOT NULL,      -- which comparisons are corrected together, in words
    family_size            INTEGER NOT NULL,
    sequence_low           DOUBLE,                -- always-valid interval of the difference
    sequence_high          DOUBLE,
    lift_shrunk            DOUBLE,                -- what past campaigns make of the observed lift
    shrunk_low             DOUBLE,
    shrunk_high            DOUBLE,
    probability_best       DOUBLE,                -- of all arms and the control, for the business
    expected_loss          DOUBLE,                -- in the metric's unit, if this arm is taken
    rho_squared            DOUBLE,                -- variance that CUPED took away; NULL without it
    difference_unadjusted  DOUBLE,                -- before CUPED; NULL without it
    unadjusted_low         DOUBLE,
    unadjusted_high        DOUBLE,
    margin                 DOUBLE,                -- of a guardrail: the harm that is still bearable
    harm_bound             DOUBLE,                -- one-sided bound of a guardrail's harm
    needed_more            BIGINT,                -- customers more per arm that would settle it
    method                 VARCHAR NOT NULL,
    reason                 VARCHAR NOT NULL,      -- why something is NULL; '' where nothing is
    verdict                VARCHAR NOT NULL CHECK (verdict IN
                           ('better', 'worse', 'no_difference', 'not_enough_data', 'invalid',
                            'holds', 'breached', 'not_shown')),
    sentence               VARCHAR NOT NULL,
    is_simulated           BOOLEAN NOT NULL,
    computed_at            TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (experiment_id, metric, segment, arm)
);

CREATE TABLE IF NOT EXISTS verdicts (             -- what to do: by the frozen rule, nothing else
    experiment_id VARCHAR NOT NULL,
    segment       VARCHAR NOT NULL,               -- '' is the whole audience
    arm           VARCHAR NOT NULL,               -- '' (with segment '') is the experiment's one verdict
    state         VARCHAR NOT NULL CHECK (state IN
                  ('ship', 'stop', 'no_difference', 'not_enough_data', 'invalid')),
    sentence      VARCHAR NOT NULL,
    reason        VARCHAR NOT NULL,               -- which part of the rule decided
    is_early      BOOLEAN NOT NULL,               -- read before analysis_on, by the always-valid interval
    is_simulated  BOOLEAN NOT NULL,
    computed_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (experiment_id, segment, arm)
);

CREATE TABLE IF NOT EXISTS result_days (          -- the primary metric as it stood after each day
    experiment_id   VARCHAR NOT NULL,
    metric          VARCHAR NOT NULL,
    arm             VARCHAR NOT NULL,
    day             DATE    NOT NULL,
    mean_treatment  DOUBLE,
    mean_control    DOUBLE,
    difference      DOUBLE,
    difference_low  DOUBLE,
    difference_high DOUBLE,
    sequence_low    DOUBLE,
    sequence_high   DOUBLE,
    lift            DOUBLE,
    PRIMARY KEY (experiment_id, metric, arm, day)
);

CREATE TABLE IF NOT EXISTS health_findings (      -- looked at before any lift
    experiment_id VARCHAR NOT NULL,
    name          VARCHAR NOT NULL,               -- sample_ratio, balance, duplicates, missing_outcomes ...
    state         VARCHAR NOT NULL CHECK (state IN ('good', 'warning', 'bad', 'unknown')),
    message       VARCHAR NOT NULL,
    detail        JSON    NOT NULL,
    computed_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (experiment_id, name)
);

CREATE TABLE IF NOT EXISTS attribute_effects (    -- which customer attributes move the lift
    experiment_id   VARCHAR NOT NULL,
    metric          VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,             -- binary or mean: difference is a share or an amount
    arm             VARCHAR NOT NULL,
    attribute       VARCHAR NOT NULL,
    level           VARCHAR NOT NULL,
    n_treatment     BIGINT  NOT NULL,
    n_control       BIGINT  NOT NULL,
    difference      DOUBLE,
    difference_low  DOUBLE,
    difference_high DOUBLE,
    q               DOUBLE,                       -- Cochran's Q of the attribute
    df              INTEGER,
    p               DOUBLE,
    p_holm          DOUBLE,
    joint_p         DOUBLE,                       -- Wald (HC1) in the linear model with all attributes
    joint_p_holm    DOUBLE,
    joint_reason    VARCHAR NOT NULL DEFAULT '',  -- why joint_p is NULL; '' where it is not
    verdict         VARCHAR NOT NULL CHECK (verdict IN
                    ('moderates', 'no_evidence', 'not_enough_data')),
    sentence        VARCHAR NOT NULL DEFAULT '',  -- of the attribute and arm, as is the verdict
    position        INTEGER NOT NULL DEFAULT 0,   -- of the level, as it is read: lowest before highest
    level_reason    VARCHAR NOT NULL DEFAULT '',  -- why this level is not in Q; '' where it is
    PRIMARY KEY (experiment_id, metric, arm, attribute, level)
);

-- 10b. Learning -----------------------------------------------------------------------

-- What past campaigns taught, worked out as a whole from all that were launched for real and read
-- after their date with nothing wrong.  Sample data teaches campaigns on sample data only, and
-- amounts teach those in their own currency (unit; '' for shares).
CREATE OR REPLACE VIEW campaign_kinds AS
WITH asked AS (
    SELECT campaign_id, dataset_id,
           CASE WHEN json_extract_string(brief, '$.metric') LIKE 'revenue%' THEN 'revenue'
                WHEN json_extract_string(brief, '$.metric') = 'conversion' THEN 'conversion'
                ELSE 'click' END AS metric
    FROM campaigns
), currencies AS (                                -- read for revenue only: it takes all customers
    SELECT dataset_id, max(currency) AS unit FROM customers
    WHERE dataset_id IN (SELECT dataset_id FROM asked WHERE metric = 'revenue')
    GROUP BY dataset_id
)
SELECT asked.campaign_id, coalesce(datasets.is_sample, false) AS is_sample, asked.metric,
       CASE WHEN asked.metric = 'revenue' THEN coalesce(currencies.unit, '') ELSE '' END AS unit
FROM asked
LEFT JOIN datasets ON datasets.dataset_id = asked.dataset_id
LEFT JOIN currencies ON currencies.dataset_id = asked.dataset_id;

CREATE TABLE IF NOT EXISTS effects (              -- what a trait of a message adds to the metric
    is_sample   BOOLEAN NOT NULL,
    metric      VARCHAR NOT NULL,                 -- click, conversion, revenue
    unit        VARCHAR NOT NULL,
    factor      VARCHAR NOT NULL,                 -- tone, plan, opener, length, topic
    level       VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,                 -- by its name; '' is the mean of all segments
    effect      DOUBLE  NOT NULL,                 -- against the average message, in the metric's unit
    error       DOUBLE  NOT NULL,                 -- its posterior standard deviation
    tau         DOUBLE  NOT NULL,                 -- how much such effects differ; 0: they do not
    n_campaigns INTEGER NOT NULL,                 -- that sent it, to this segment
    n_cells     INTEGER NOT NULL,
    computed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (is_sample, metric, unit, factor, level, segment)
);

CREATE TABLE IF NOT EXISTS lessons (              -- the same as a sentence for a marketer
    is_sample   BOOLEAN NOT NULL,
    metric      VARCHAR NOT NULL,
    unit        VARCHAR NOT NULL,
    factor      VARCHAR NOT NULL,
    segment     VARCHAR NOT NULL,                 -- '' is everybody
    position    INTEGER NOT NULL,                 -- clear ones first, larger ones before smaller ones
    level       VARCHAR NOT NULL,                 -- what did best
    versus      VARCHAR NOT NULL,                 -- what it is compared with
    effect      DOUBLE  NOT NULL,                 -- difference between the two, shrunken
    low         DOUBLE  NOT NULL,
    high        DOUBLE  NOT NULL,
    chance      DOUBLE  NOT NULL,                 -- that the one beats the other, in [0, 1]
    n_campaigns INTEGER NOT NULL,                 -- that the sentence rests on
    is_clear    BOOLEAN NOT NULL,                 -- the interval lies above 0
    sentence    VARCHAR NOT NULL,
    computed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (is_sample, metric, unit, factor, segment)
);

-- What the writers of a campaign's messages try first: a segment's own lesson before the general one.
CREATE OR REPLACE VIEW campaign_hints AS
SELECT campaign_id, segment, position, factor, level, sentence
FROM (SELECT kinds.campaign_id, segments.segment, segments.position, lessons.factor, lessons.level,
             lessons.sentence, lessons.chance,
             row_number() OVER (PARTITION BY kinds.campaign_id, segments.segment, lessons.factor
                                ORDER BY lessons.segment DESC) AS place
      FROM campaign_kinds AS kinds
      JOIN segments ON segments.campaign_id = kinds.campaign_id
      JOIN lessons ON lessons.is_sample = kinds.is_sample AND lessons.metric = kinds.metric
                  AND lessons.unit = kinds.unit AND lessons.segment IN ('', segments.segment)
      WHERE lessons.factor IN ('tone', 'plan')) AS known
WHERE place = 1 AND chance >= 0.8;                -- likely enough to be worth trying first

-- Learnt shares of a campaign's own messages.  Rows are there only while lessons are on for it.
CREATE TABLE IF NOT EXISTS arm_weights (
    campaign_id      VARCHAR NOT NULL,
    segment          VARCHAR NOT NULL,
    arm              VARCHAR NOT NULL,            -- A, B, C ...; control and holdout keep their shares
    variant_id       VARCHAR NOT NULL,            -- the message it was worked out for
    version          INTEGER NOT NULL,
    weight           DOUBLE  NOT NULL,            -- of what the segment's variants share; sums to 1
    probability_best DOUBLE  NOT NULL,            -- of the segment's variants, as far as is known
    reason           VARCHAR NOT NULL,
    computed_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (campaign_id, segment, arm)
);

CREATE SEQUENCE IF NOT EXISTS lesson_switch_numbers;
CREATE TABLE IF NOT EXISTS lesson_switches (      -- append-only: the last one counts for its campaign
    number      BIGINT  NOT NULL DEFAULT nextval('lesson_switch_numbers'),
    campaign_id VARCHAR NOT NULL,
    is_on       BOOLEAN NOT NULL,
    actor       VARCHAR NOT NULL,
    switched_at TIMESTAMPTZ NOT NULL
);

-- Would it have paid to choose the arm by segment (or by another attribute)?  Worked out on
-- customers on whom the choice was not made.
CREATE TABLE IF NOT EXISTS policy_values (
    experiment_id    VARCHAR NOT NULL,
    metric           VARCHAR NOT NULL,
    attribute        VARCHAR NOT NULL,            -- segment, country, tier ...: what the arm is chosen by
    n                BIGINT  NOT NULL,            -- customers
    policy           JSON    NOT NULL,            -- level -> arm, as all customers together teach it
    single_arm       VARCHAR NOT NULL,            -- the best one for everybody
    sent             DOUBLE  NOT NULL,            -- mean of the metric as it was sent
    ips              DOUBLE,                      -- value of the policy by three estimators
    snips            DOUBLE,
    dr               DOUBLE,
    single_dr        DOUBLE,                      -- value of the best single arm
    difference       DOUBLE,                      -- dr less single_dr, over the same customers
    difference_low   DOUBLE,
    difference_high  DOUBLE,
    effective_sample DOUBLE  NOT NULL,
    least_propensity DOUBLE  NOT NULL,
    state            VARCHAR NOT NULL CHECK (state IN ('offered', 'best_single', 'refused')),
    sentence         VARCHAR NOT NULL,
    is_simulated     BOOLEAN NOT NULL,
    computed_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (experiment_id, metric, attribute)
);

-- 11. Products and recommendations ----------------------------------------------------

CREATE SEQUENCE IF NOT EXISTS recommendation_policy_numbers;
CREATE TABLE IF NOT EXISTS recommendation_policies ( -- append-only; the last one of a base is in force
    number     BIGINT  NOT NULL DEFAULT nextval('recommendation_policy_numbers'),
    dataset_id VARCHAR NOT NULL,
    policy     VARCHAR NOT NULL,                  -- TOML, read over recommendation/policy.toml
    note       VARCHAR NOT NULL,
    saved_at   TIMESTAMPTZ NOT NULL,
    saved_by   VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS similarity_models (    -- append-only: one built table of similarities
    model_id   VARCHAR PRIMARY KEY,
    dataset_id VARCHAR NOT NULL,
    kind       VARCHAR NOT NULL CHECK (kind IN ('cosine', 'ease', 'basket', 'content',
                                                'families', 'family_products')),
    parameters JSON    NOT NULL,                  -- half-life, caps, threshold, shrinkage, as-of
    events     BIGINT  NOT NULL,                  -- that it was built from
    customers  BIGINT  NOT NULL,
    products   BIGINT  NOT NULL,
    pairs      BIGINT  NOT NULL,
    built_at   TIMESTAMPTZ NOT NULL,
    built_by   VARCHAR NOT NULL
);

-- Of the kind families both sides are families of products, of family_products the source is one;
-- of the kind content the counts are of traits: steps of the category path, attributes and tags.
CREATE TABLE IF NOT EXISTS item_similarities (    -- key: model_id, source_id, target_id; newest models only
    model_id      VARCHAR NOT NULL,
    source_id     VARCHAR NOT NULL,               -- what the customer has
    target_id     VARCHAR NOT NULL,               -- what goes with it
    score         DOUBLE  NOT NULL,
    together      BIGINT  NOT NULL,               -- customers (of a basket model: baskets) with both
    source_count  BIGINT  NOT NULL,               -- with the source
    target_count  BIGINT  NOT NULL,
    lift          DOUBLE                          -- of a basket model
);

CREATE TABLE IF NOT EXISTS recommendation_runs (  -- append-only: one working-out of recommendations
    run_id      VARCHAR PRIMARY KEY,
    dataset_id  VARCHAR NOT NULL,
    campaign_id VARCHAR,                          -- NULL: for no campaign
    arm         VARCHAR,                          -- of that campaign
    strategy    VARCHAR NOT NULL,
    wanted      INTEGER NOT NULL,                 -- products for each customer
    as_of       TIMESTAMP NOT NULL,               -- events up to here count
    policy      VARCHAR NOT NULL,                 -- TOML in force
    model_ids   JSON    NOT NULL,
    customers   BIGINT  NOT NULL,                 -- asked for
    filled      BIGINT  NOT NULL,                 -- with as many as were wanted
    fallbacks   BIGINT  NOT NULL,                 -- rows that are the popular fallback
    made_at     TIMESTAMPTZ NOT NULL,
    made_by     VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS recommendations (      -- key: run_id, customer_id, rank
    run_id       VARCHAR NOT NULL,
    customer_id  VARCHAR NOT NULL,
    rank         INTEGER NOT NULL,                -- from 1
    product_id   VARCHAR NOT NULL,
    score        DOUBLE  NOT NULL,
    strategy     VARCHAR NOT NULL,                -- the one that gave it, fallbacks by their own name
    source_id    VARCHAR,                         -- the product of the customer's that it follows from
    together     BIGINT,                          -- "31 of 88 buyers of X also bought Y": 31
    base         BIGINT,                          -- and 88; of a fallback: customers counted
    detail       VARCHAR,                         -- what else the strategy goes by, as JSON
    is_fallback  BOOLEAN NOT NULL
);

CREATE TABLE IF NOT EXISTS recommendation_shortfalls ( -- key: run_id, customer_id
    run_id      VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    given       INTEGER NOT NULL,                 -- fewer than wanted
    reason      VARCHAR NOT NULL                  -- which rules left too little
);

CREATE TABLE IF NOT EXISTS recommendation_handovers ( -- append-only: files of a run were made
    run_id  VARCHAR NOT NULL,
    folder  VARCHAR NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    made_by VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS triggers (             -- append-only versions; the last one of an id counts
    trigger_id  VARCHAR NOT NULL,
    version     INTEGER NOT NULL,
    dataset_id  VARCHAR NOT NULL,
    name        VARCHAR NOT NULL,
    event       VARCHAR NOT NULL CHECK (event IN ('sign_up', 'purchase', 'inactivity', 'abandoned_cart',
                                                  'back_in_stock', 'price_drop')),
    settings    JSON    NOT NULL,                 -- delay, window, cool-down, priority, strategy, campaign
    is_on       BOOLEAN NOT NULL,
    saved_at    TIMESTAMPTZ NOT NULL,
    saved_by    VARCHAR NOT NULL,
    PRIMARY KEY (trigger_id, version)
);

CREATE TABLE IF NOT EXISTS trigger_runs (         -- append-only: one evaluation of all triggers of a base
    run_id     VARCHAR PRIMARY KEY,
    dataset_id VARCHAR NOT NULL,
    as_of      TIMESTAMPTZ NOT NULL,
    fired      BIGINT  NOT NULL,
    held       BIGINT  NOT NULL,
    ran_at     TIMESTAMPTZ NOT NULL,
    ran_by     VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS trigger_firings (      -- append-only; key: trigger_id, customer_id, event_key
    trigger_id  VARCHAR NOT NULL,
    version     INTEGER NOT NULL,
    dataset_id  VARCHAR NOT NULL,
    customer_id VARCHAR NOT NULL,
    event_key   VARCHAR NOT NULL,                 -- of the event that it answers: twice the same fires once
    run_id      VARCHAR NOT NULL,
    evidence    JSON    NOT NULL,                 -- the events and figures behind it
    outcome     VARCHAR NOT NULL,                 -- fired, or the rule that held it back
    product_id  VARCHAR,
    due_at      TIMESTAMPTZ,                      -- not before: quiet hours are over then
    fired_at    TIMESTAMPTZ NOT NULL
);

CREATE SEQUENCE IF NOT EXISTS contact_rule_numbers;
CREATE TABLE IF NOT EXISTS contact_rules (        -- append-only; the last one of a base is in force
    number     BIGINT  NOT NULL DEFAULT nextval('contact_rule_numbers'),
    dataset_id VARCHAR NOT NULL,
    rules      JSON    NOT NULL,                  -- messages in so many days, quiet hours, time zone
    saved_at   TIMESTAMPTZ NOT NULL,
    saved_by   VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS trigger_handovers (    -- append-only: a file of due firings was made
    handover_id VARCHAR PRIMARY KEY,
    dataset_id  VARCHAR NOT NULL,
    file_name   VARCHAR NOT NULL,
    sha256      VARCHAR NOT NULL,
    firings     BIGINT  NOT NULL,
    as_of       TIMESTAMPTZ NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    made_by     VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS handed_firings (       -- append-only; key: trigger_id, customer_id, event_key
    handover_id     VARCHAR NOT NULL,
    trigger_id      VARCHAR NOT NULL,
    dataset_id      VARCHAR NOT NULL,
    customer_id     VARCHAR NOT NULL,
    event_key       VARCHAR NOT NULL,
    variant_id      VARCHAR NOT NULL,             -- the sendable text, likewise below
    version         INTEGER NOT NULL,
    content_sha256  VARCHAR NOT NULL,
    rendered_sha256 VARCHAR NOT NULL,             -- of the very text that the file holds for the customer
    run_id          VARCHAR                       -- of the products beside it; NULL where there are none
);

CREATE TABLE IF NOT EXISTS campaign_templates (   -- append-only versions; the last one of an id counts
    template_id VARCHAR NOT NULL,
    version     INTEGER NOT NULL,
    dataset_id  VARCHAR NOT NULL,
    name        VARCHAR NOT NULL,
    settings    JSON    NOT NULL,                 -- brief, segments, product plan, how often
    is_on       BOOLEAN NOT NULL,
    saved_at    TIMESTAMPTZ NOT NULL,
    saved_by    VARCHAR NOT NULL,
    PRIMARY KEY (template_id, version)
);

CREATE TABLE IF NOT EXISTS template_runs (        -- append-only: a period is run once
    template_id VARCHAR NOT NULL,
    period      VARCHAR NOT NULL,                 -- 2026-11, 2026-W47, 2026-11-21
    campaign_id VARCHAR NOT NULL,
    ran_at      TIMESTAMPTZ NOT NULL,
    ran_by      VARCHAR NOT NULL,
    PRIMARY KEY (template_id, period)
);

-- One row a product, with what was sold of it and what is missing in its row of the catalogue.
CREATE OR REPLACE VIEW catalogue_overview AS
WITH sold AS (
    SELECT dataset_id, product_id, count(DISTINCT customer_id) AS buyers, sum(quantity) AS units,
           sum(quantity * price) AS revenue, max(happened_at) AS last_sold_at
    FROM product_events WHERE event = 'purchase' AND is_in_catalogue GROUP BY ALL
), doubled AS (
    SELECT dataset_id, upper(product_id) AS folded FROM products GROUP BY ALL HAVING count(*) > 1
), held AS (
    SELECT DISTINCT key FROM held_inputs WHERE what = 'customer field'
)
SELECT products.*, coalesce(buyers, 0) AS buyers, coalesce(units, 0) AS units,
       coalesce(revenue, 0) AS revenue, last_sold_at,
       list_filter([
           CASE WHEN price IS NULL OR price <= 0 THEN 'no price' END,
           CASE WHEN held.key IS NOT NULL THEN 'unsafe name' END,
           CASE WHEN category IS NULL THEN 'no category' END,
           CASE WHEN description IS NULL THEN 'no description' END,
           CASE WHEN stock IS NULL THEN 'stock not told' END,
           CASE WHEN stock <= 0 THEN 'out of stock' END,
           CASE WHEN margin IS NULL THEN 'no margin' END,
           CASE WHEN url IS NULL THEN 'no link' END,
           CASE WHEN sold.product_id IS NULL THEN 'never bought' END,
           CASE WHEN NOT is_active THEN 'no longer sold' END,
           CASE WHEN doubled.folded IS NOT NULL THEN 'number twice' END
       ], lambda gap: gap IS NOT NULL) AS gaps
FROM products
LEFT JOIN sold ON sold.dataset_id = products.dataset_id AND sold.product_id = products.product_id
LEFT JOIN doubled ON doubled.dataset_id = products.dataset_id
                 AND doubled.folded = upper(products.product_id)
LEFT JOIN held ON held.key = input_key(products.name);

-- 12. Prospects and outreach ----------------------------------------------------------

CREATE TABLE IF NOT EXISTS prospects (            -- key: dataset_id, prospect_id; a base of prospects is a dataset
    dataset_id   VARCHAR NOT NULL,
    prospect_id  VARCHAR NOT NULL,
    email        VARCHAR,                         -- normalised; NULL where it was missing or malformed
    first_name   VARCHAR,
    last_name    VARCHAR,
    full_name    VARCHAR,
    phone        VARCHAR,
    linkedin_url VARCHAR,
    x_handle     VARCHAR,
    title        VARCHAR,                         -- as the file has it
    company      VARCHAR,
    website      VARCHAR,
    account      VARCHAR NOT NULL,                -- who belongs together: the host of the website or the e-mail, else the
                                                  -- folded company; the prospect alone where neither is known
    company_type VARCHAR,                         -- in the words of routing.toml; NULL: unknown
    industry     VARCHAR,
    employees    BIGINT,
    country      VARCHAR,                         -- ISO 3166-1 alpha-2
    city         VARCHAR,
    locale       VARCHAR,                         -- language and country in which the person reads, such as de-DE
    time_zone    VARCHAR,                         -- IANA name
    owner        VARCHAR                          -- who looks after the account already
);

CREATE TABLE IF NOT EXISTS prospect_signals (     -- key: dataset_id, prospect_id, signal
    dataset_id  VARCHAR NOT NULL,
    prospect_id VARCHAR NOT NULL,
    signal      VARCHAR NOT NULL,                 -- opted_out, competitor, trial_active, product_users ...
    value       VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS prospect_facts (       -- what may be said of a prospect or the company, with where it is from
    dataset_id  VARCHAR NOT NULL,
    prospect_id VARCHAR NOT NULL,
    fact_id     VARCHAR NOT NULL,                 -- of base, prospect, kind and text
    kind        VARCHAR NOT NULL,                 -- one of domain.FACT_KINDS
    text        VARCHAR NOT NULL,                 -- a phrase that a sentence can hold: "your new shop in Leeds"
    source      VARCHAR NOT NULL,                 -- the address or document that it is cited from
    observed_on DATE,
    import_id   VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS title_readings (       -- key: title, company_type, country, is_tiny, rules_sha256
    title        VARCHAR NOT NULL,
    company_type VARCHAR NOT NULL,                -- '' where it is unknown, likewise the country
    country      VARCHAR NOT NULL,
    is_tiny      BOOLEAN NOT NULL,                -- so few people that a head of something leads nobody
    role         VARCHAR NOT NULL,
    function     VARCHAR NOT NULL,
    seniority    VARCHAR NOT NULL,
    confidence   DOUBLE  NOT NULL,
    rule         VARCHAR NOT NULL,                -- the rule that fired
    standing     VARCHAR NOT NULL,                -- current, former, retired, student, seeking, aspiring or unknown
    rules_sha256 VARCHAR NOT NULL,
    read_at      TIMESTAMPTZ NOT NULL
);

CREATE SEQUENCE IF NOT EXISTS correction_ids;
CREATE TABLE IF NOT EXISTS reading_corrections (  -- append-only: what somebody knew better than the rules; the last one counts
    correction_id BIGINT NOT NULL DEFAULT nextval('correction_ids'),
    dataset_id   VARCHAR NOT NULL,
    prospect_id  VARCHAR NOT NULL,                -- '' where it holds for everybody with the title
    title        VARCHAR NOT NULL,                -- '' where it holds for one prospect
    role         VARCHAR NOT NULL,
    function     VARCHAR NOT NULL,
    seniority    VARCHAR NOT NULL,
    is_withdrawn BOOLEAN NOT NULL,                -- the rules are right again
    saved_at     TIMESTAMPTZ NOT NULL,
    saved_by     VARCHAR NOT NULL
);

-- Whether a signal is set: anything but what says that it is not.
CREATE OR REPLACE MACRO is_signalled(value) AS
    lower(trim(value)) NOT IN ('', '0', '0.0', 'false', 'f', 'no', 'n', 'none', 'null', 'nein', 'non', 'nee', 'nie');

-- Signals by which somebody objected; no later import takes one back.
CREATE OR REPLACE MACRO is_objection(signal) AS signal IN ('opted_out', 'unsubscribed', 'do_not_contact');

CREATE TABLE IF NOT EXISTS routings (             -- key: dataset_id, prospect_id: the newest routing of each prospect
    dataset_id    VARCHAR NOT NULL,
    prospect_id   VARCHAR NOT NULL,
    role          VARCHAR NOT NULL,               -- one of domain.ROLES
    function      VARCHAR NOT NULL,
    seniority     VARCHAR NOT NULL,
    confidence    DOUBLE  NOT NULL,
    rule          VARCHAR NOT NULL,               -- which rule read the title
    size_band     VARCHAR NOT NULL,               -- firmographics; unknown where nothing is known
    company_kind  VARCHAR NOT NULL,
    motion        VARCHAR NOT NULL,               -- one of domain.MOTIONS
    motion_reason VARCHAR NOT NULL,
    campaign      VARCHAR NOT NULL,               -- the name of the play, from routing.toml
    campaign_reason VARCHAR NOT NULL,
    queue         VARCHAR NOT NULL,               -- whose worklist
    queue_reason  VARCHAR NOT NULL,
    rules_sha256  VARCHAR NOT NULL,
    routed_at     TIMESTAMPTZ NOT NULL
);

-- What a message may say of a prospect: a field as a customer's own value; a fact likewise, but longer,
-- and blank where it is no phrase that a sentence can hold.  A blank fact is no fact.
-- Words and signs that stand where a name is missing, and blanks of another system that nobody filled.
CREATE OR REPLACE MACRO is_no_name(own) AS
    regexp_full_match(strip_accents(lower(trim(own))), '[^\pL\p{Nd}]*|x{2,}|\W*(unknown|not (known|available|provided|given|specified|applicable)|no name|name unknown|n[./ ]+a\.?|tb[acd]|none|nil|null|nan|undefined|missing|blank|empty|first ?name|last ?name|surname|full ?name|company( name)?|unbekannt|keine angaben?|k\. ?a\.?|vorname|nachname|firma|inconnue?|non (renseigne|communique)e?|prenom|nom|entreprise|desconocid[oa]|no disponible|nombre|apellidos?|empresa|sconosciut[oa]|onbekend|nieznan[eya])\W*')
    OR regexp_matches(own, '\*\||\|\*|\[\[|\]\]|%%|\$\{|<%|\{\{|^\[.*\]$|^%.*%$|^[#_$].*[#_$]$');
-- The first name within a whole one, without titles of respect: only where two or three words in Latin letters
-- leave no doubt, and the family's name does not come first in the country.
CREATE OR REPLACE MACRO first_name_of(full_name, country) AS
    CASE WHEN coalesce(upper(trim(country)) NOT IN ('CN', 'HK', 'HU', 'JP', 'KP', 'KR', 'MO', 'SG', 'TW', 'VN'), true)
              AND NOT regexp_matches(full_name, '(?i)\b(sales|team|office|info|marketing|support|customer|service|company|gmbh|ltd|inc|herr|frau|hotel|shop|group|desk|reception|department|purchasing|procurement|accounts|admin|manager|family|familie|famille|familia|and|und|et|y)\b|^(the|de|van|von|der|di|du|le|la|el|al|bin)\b|[^\p{Latin} .\x{2019}''-]')
         THEN nullif(regexp_replace(regexp_extract(trim(full_name),
             '^(?:(?:[Pp]rof|[Dd]r|[Dd]ipl|[Ii]ng|[Mm]ag|[Mm]rs?|[Mm]s|[Mm]iss|[Mm]x|[Ss]ir|[Dd]ame|[Mm]me|[Mm]lle|[Mm]onsieur|[Mm]adame|[Ss]ra?|[Ss]eñora?|[Dd]oña|[Dd]on|[Dd]ott|[Dd]ottoressa|[Dd]hr|[Mm]evr)\.? +)*'
             || '(\p{Lu}[\p{Ll}\x{2019}''-]+(?:-\p{Lu}\p{Ll}+)?)(?: (?:\p{Lu}\.?|[\p{L}\x{2019}''-]+))? \p{Lu}?\p{L}?\p{Lu}?[\p{Ll}\x{2019}''-]+\p{Lu}?[\p{Ll}-]*$', 1),
             '^(Prof|Dr|Dipl|Ing|Mag|Mrs?|Ms|Miss|Mx|Sir|Dame|Lady|Lord|Mme|Mlle|Monsieur|Madame|Sra?|Señora?|Doña|Don|Signora?|Sig|Dott|Dottoressa|Avv|Dhr|Mevr|Rev|Fr|Father|Sister|Capt|Captain|Major|Judge|Hon|Eng)$', ''), '') END;
-- How a prospect is greeted and called, of what is known of the name.
CREATE OR REPLACE MACRO greeted_as(first_name, full_name, country) AS
    coalesce(first_name, first_name_of(full_name, country));
CREATE OR REPLACE MACRO called(first_name, last_name, full_name) AS
    coalesce(full_name, first_name || ' ' || last_name);
CREATE OR REPLACE MACRO prospect_value(own) AS
    CASE WHEN is_no_name(own) THEN '' ELSE coalesce(merge_value(own), '') END;

-- What went badly for somebody is nothing to congratulate on or to sell with; a doubt is a no.
CREATE OR REPLACE MACRO is_bad_luck(own) AS
    regexp_matches(strip_accents(lower(own)), '\blay-?offs?\b|\blay(ing)? off\b|\blaid off\b|redundanc|redundant|\bjob (cuts|losses)|downsiz|insolven|bankrupt|\b(into|in|enter\w*) administration\b|receivership|liquidation|chapter (7|11)\b|\bdeaths?\b|\bdied\b|\bdying\b|passed away|\bpassing( away)? of\b|\blate (founder|owner|chair\w*|ceo)\b|funeral|obituar|mourn|bereave|\bloss(es)? (of|in|at)\b|\b(fire|blaze|break-?in|burglary|theft|flood\w*|accident|explosion)\b.{0,12}\b(at|in|on)\b|\bflood(s|ed|ing)?\b|\baccidents?\b|lawsuit|\bsued\b|\bfined\b|product recall|\brecall(ed|s)? of\b|data breach|cyber ?-?attack|ransomware|\bhacked\b|scandal|\bclos(ure|ures)\b|\bclosing down\b|\bclosing of (your|the|its|a) (\w+ )?(shop|store|site|plant|office|factory|branch)|\bshut(ting)?[ -]?down\b|on strike|\bstrikes?\b|profit warning|\bfraud\b|bribery|investigation|\billness\b|\bcancer diagnos|\bstroke\b|\bsuicide\b|\bresignations?\b|\bdismiss(al|als|ed)\b')
    OR regexp_matches(strip_accents(lower(own)), 'entlass|\bkundigung|stellenabbau|stellenstreich|personalabbau|kurzarbeit|insolven|konkurs|\bpleite|\btode?s?\b|\btodes|verstorben|gestorben|\btrauer|\bbeerdigung|\bverlust|schlie(ss|ß)ung|gro(ss|ß)brand|\bbrand (in|bei|im)\b|hochwasser|uberschwemm|einbruch|\bunfall|\bunfalle\b|\bklage\b|ru(c|k)kruf|datenleck|cyberangriff|\bskandal|\bstreik|gewinnwarnung|razzia|ermittlung|\bbetrug|krankheit|\bverluste\b')
    OR regexp_matches(strip_accents(lower(own)), 'licenci|plan social|suppressions? (d.emplois?|de postes?)|chomage|faillite|redressement judiciaire|liquidation|depot de bilan|\bdeces\b|\bdecede|\bmorts? (de|du|des|d.)|\bdisparition d|\bdeuil|obseques|\bfermeture|\bincendie|inondation|\baccident|\bproces (contre|pour|de)\b|\bamende|rappel de produits?|fuite de donnees|cyberattaque|scandale|\bgreve|\bpertes?\b|\bfraude|enquete judiciaire|maladie')
    OR regexp_matches(strip_accents(lower(own)), 'despid|recortes? de (plantilla|personal|empleo)|\bere\b|\berte\b|quiebra|bancarrota|concurso de acreedores|liquidacion|fallec|\bmuertes?\b|\bmuri|\bluto\b|funeral|\bcierres?\b|\bincendios?\b|inundacion|\baccidentes?\b|\bdemanda (judicial|contra|por)|\bmultas?\b|retirada de productos?|filtracion de datos|ciberataque|escandalo|\bhuelga|\bperdidas?\b|\bfraude|enfermedad');

-- A fact is one phrase: a full stop belongs to a short form (St. Ives, Co. KG, J. Smith) or ends it.
CREATE OR REPLACE MACRO fact_value(own) AS
    CASE WHEN own IS NULL OR is_bad_luck(own)
              OR regexp_matches(regexp_replace(own, '(?i)\b(st|ste|sta|sto|co|cie|inc|ltd|corp|bros|dr|prof|mr|mrs|ms|sr|sra|jr|nr|mt|\pL)\.(\s+[\pL\p{Nd}&])', '\1\2', 'g'), '[.!?;:]\s|[.!?;:]\s*$')
              OR input_key(own) IN (SELECT key FROM held_inputs WHERE what = 'customer field') THEN ''
         ELSE fit_value(own, 120) END;

-- Which fields of a prospect are there, one digit a field, in the order of domain.PROSPECT_FIELDS.
CREATE OR REPLACE MACRO prospect_filled(first_name, full_name, company, city, industry, title) AS
    concat(CASE WHEN first_name = '' THEN '0' ELSE '1' END, CASE WHEN full_name = '' THEN '0' ELSE '1' END,
           CASE WHEN company = '' THEN '0' ELSE '1' END, CASE WHEN city = '' THEN '0' ELSE '1' END,
           CASE WHEN industry = '' THEN '0' ELSE '1' END, CASE WHEN title = '' THEN '0' ELSE '1' END);

-- A skeleton in which the tags of the fields that are filled have become slots, and the others their
-- fallback; that of the fact is chr(7).
CREATE OR REPLACE MACRO prospect_form(body, filled) AS
    regexp_replace(with_slot(with_slot(with_slot(with_slot(with_slot(with_slot(body,
        '\{\{\s*prospect\.first_name\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 1, 1), chr(1)),
        '\{\{\s*prospect\.full_name\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 2, 1), chr(2)),
        '\{\{\s*prospect\.company\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 3, 1), chr(3)),
        '\{\{\s*prospect\.city\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 4, 1), chr(4)),
        '\{\{\s*prospect\.industry\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 5, 1), chr(5)),
        '\{\{\s*prospect\.title\s*\|\s*([^{}|]*?)\s*\}\}', substr(filled, 6, 1), chr(6)),
        '\{\{\s*fact\.text\s*\}\}', chr(7), 'g');
CREATE OR REPLACE MACRO fill_prospect(form, first_name, full_name, company, city, industry, title, fact) AS
    replace(replace(replace(replace(replace(replace(replace(form,
        chr(1), first_name), chr(2), full_name), chr(3), company), chr(4), city), chr(5), industry),
        chr(6), title), chr(7), fact);

-- A skeleton for each set of fields filled that it addresses: join on addressed_only(filled, addressed).
-- ``needs_fact``: it is for nobody without a clean fact of one of ``fact_kinds``, separated by commas.
CREATE OR REPLACE VIEW skeleton_fields AS
SELECT variant_id, version, campaign_id,
       concat(regexp_matches(words, '\{\{\s*prospect\.first_name\s*\|')::INTEGER,
              regexp_matches(words, '\{\{\s*prospect\.full_name\s*\|')::INTEGER,
              regexp_matches(words, '\{\{\s*prospect\.company\s*\|')::INTEGER,
              regexp_matches(words, '\{\{\s*prospect\.city\s*\|')::INTEGER,
              regexp_matches(words, '\{\{\s*prospect\.industry\s*\|')::INTEGER,
              regexp_matches(words, '\{\{\s*prospect\.title\s*\|')::INTEGER) AS addressed,
       regexp_matches(words, '\{\{\s*fact\.') AS needs_fact,
       coalesce(json_extract_string(attributes, '$.fact_kinds'), '') AS fact_kinds
FROM (SELECT variant_id, version, campaign_id, attributes,
             concat_ws(' ', subject, preheader, body, call_to_action) AS words FROM current_variants) AS told
WHERE campaign_id IN (SELECT campaign_id FROM outreach_plans);

CREATE OR REPLACE MACRO addressed_only(filled, addressed) AS
    concat(CASE WHEN substr(addressed, 1, 1) = '1' THEN substr(filled, 1, 1) ELSE '0' END,
           CASE WHEN substr(addressed, 2, 1) = '1' THEN substr(filled, 2, 1) ELSE '0' END,
           CASE WHEN substr(addressed, 3, 1) = '1' THEN substr(filled, 3, 1) ELSE '0' END,
           CASE WHEN substr(addressed, 4, 1) = '1' THEN substr(filled, 4, 1) ELSE '0' END,
           CASE WHEN substr(addressed, 5, 1) = '1' THEN substr(filled, 5, 1) ELSE '0' END,
           CASE WHEN substr(addressed, 6, 1) = '1' THEN substr(filled, 6, 1) ELSE '0' END);

CREATE OR REPLACE VIEW skeleton_forms AS
WITH sets AS (SELECT right(bin(64 + range), 6) AS filled FROM range(64))
SELECT variants.variant_id, variants.version, variants.campaign_id, sets.filled, fields.addressed,
       fields.needs_fact, fields.fact_kinds,
       prospect_form(subject, filled) AS subject, prospect_form(preheader, filled) AS preheader,
       prospect_form(body, filled) AS body, prospect_form(call_to_action, filled) AS call_to_action,
       link, footer
FROM skeleton_fields AS fields
JOIN sets ON sets.filled = addressed_only(sets.filled, fields.addressed)
JOIN current_variants AS variants ON variants.variant_id = fields.variant_id AND variants.version = fields.version;

-- Hosts at which people have an address of their own; who belongs together is told by all other hosts, or by
-- the company's name.
CREATE OR REPLACE MACRO is_private_host(host) AS
    coalesce(regexp_full_match(host, '(gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|aol|icloud|me|mac|gmx|web|t-online|freenet|proton|protonmail|posteo|mailbox|orange|wanadoo|free|laposte|sfr|libero|virgilio|tin|telefonica|ziggo|kpnmail|wp|o2|onet|interia|seznam|mail|yandex|qq|163)\.[a-z.]{2,6}'), false);
CREATE OR REPLACE MACRO host_of_email(email) AS nullif(regexp_extract(lower(email), '@(.*)$', 1), '');
-- By what a profile, a handle and a number are the same, however they are written.
CREATE OR REPLACE MACRO profile_key(url) AS
    nullif(regexp_extract(lower(url), 'linkedin\.com/([^?#\s]+[^?#\s/])', 1), '');
CREATE OR REPLACE MACRO handle_key(handle) AS
    nullif(regexp_extract(lower(trim(handle)), '^(?:(?:https?://)?(?:www\.)?(?:x|twitter)\.com/)?@?([a-z0-9_]+)/?$', 1), '');
CREATE OR REPLACE MACRO phone_key(phone) AS
    nullif(regexp_replace(regexp_replace(phone, '[^0-9]', '', 'g'), '^00', ''), '');
-- Under how many entries of how many bases somebody stands: the same person by address, profile or handle.
CREATE OR REPLACE MACRO person_key(email, linkedin_url, x_handle, entry) AS
    coalesce(lower(email), 'in:' || profile_key(linkedin_url), '@' || handle_key(x_handle), entry);
-- Where a message of a channel arrives: empty on channels where one number may be that of many.
CREATE OR REPLACE MACRO place_key(channel, email, linkedin_url, x_handle, phone) AS
    CASE channel WHEN 'cold_email' THEN lower(email) WHEN 'sms' THEN 'tel:' || phone_key(phone)
                 WHEN 'x_message' THEN '@' || handle_key(x_handle)
                 WHEN 'linkedin_note' THEN 'in:' || profile_key(linkedin_url)
                 WHEN 'linkedin_inmail' THEN 'in:' || profile_key(linkedin_url) END;
CREATE OR REPLACE MACRO account_of(website, email, company, prospect_id) AS
    coalesce(nullif(regexp_extract(lower(trim(website)), '^(?:[a-z]+://)?(?:www\.)?([^/?#:@ ]+\.[^/?#:@ .]{2,})', 1), ''),
             CASE WHEN NOT is_private_host(host_of_email(email)) THEN host_of_email(email) END,
             nullif(trim(regexp_replace(strip_accents(lower(company)), '[^a-z0-9]+', ' ', 'g')), ''), prospect_id);

-- How long a text is as a channel counts it, never less: in signs; by X's weight, a link as 23; or in septets
-- of an SMS, UCS-2 in their relation to them.  statistics.message_length counts what is written exactly.
CREATE OR REPLACE MACRO is_gsm(own) AS
    NOT regexp_matches(own, '[^@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&''()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà\f^{}\\\[~\]|€]');
CREATE OR REPLACE MACRO outreach_units(measure, own) AS
    CASE WHEN measure = 'signs' THEN length(own)
         WHEN measure = 'sms' AND is_gsm(own)
         THEN length(own) + length(regexp_replace(own, '[^\f^{}\\\[~\]|€]', '', 'g'))
         WHEN measure = 'sms'
         THEN CAST(ceil((length(own) + length(regexp_replace(own, '[^\x{10000}-\x{10FFFF}]', '', 'g'))) * 160 / 70.0)
                   AS BIGINT)
         ELSE length(regexp_replace(own, 'https?://\S+', repeat('-', 23), 'g'))
              + length(regexp_replace(regexp_replace(own, 'https?://\S+', '', 'g'),
                                      '[\x{0}-\x{10FF}\x{2000}-\x{200D}\x{2010}-\x{201F}\x{2032}-\x{2037}]', '', 'g'))
    END;

CREATE TABLE IF NOT EXISTS outreach_stops (       -- append-only: who is not written to, beside suppressions
    dataset_id VARCHAR NOT NULL,
    scope      VARCHAR NOT NULL CHECK (scope IN ('person', 'account')),
    subject    VARCHAR NOT NULL,                  -- the prospect's id, or the account
    channel    VARCHAR,                           -- NULL: on every channel
    reason     VARCHAR NOT NULL,
    event_id   VARCHAR,                           -- the reply or click that asked for it
    stopped_at TIMESTAMPTZ NOT NULL,
    stopped_by VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS outreach_strategies (  -- append-only: weights that a user gave; the id is their fingerprint
    strategy_id VARCHAR PRIMARY KEY,
    rules       JSON    NOT NULL,                 -- tone_rules, content_rules, variation_count, weights of the score
    saved_at    TIMESTAMPTZ NOT NULL,
    saved_by    VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS outreach_posteriors (  -- what was learnt: a fold over outreach_events, made anew at will
    version       VARCHAR PRIMARY KEY,            -- fingerprint of what was counted and of the settings
    dataset_id    VARCHAR NOT NULL,
    events        BIGINT  NOT NULL,
    settings      JSON    NOT NULL,
    is_simulated  BOOLEAN NOT NULL,
    made_at       TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS outreach_cells (       -- the cells of a posterior; '' stands for all
    version   VARCHAR NOT NULL,
    role      VARCHAR NOT NULL,
    channel   VARCHAR NOT NULL,
    tone      VARCHAR NOT NULL,
    angle     VARCHAR NOT NULL,
    trials    DOUBLE  NOT NULL,                   -- messages that count; out-of-office is none
    rewards   DOUBLE  NOT NULL,                   -- positive replies and meetings 1, clicks 0.1
    harms     DOUBLE  NOT NULL,                   -- unsubscribes, complaints, negative replies
    alpha     DOUBLE  NOT NULL,                   -- Beta of the reward, pooled towards the cell above
    beta      DOUBLE  NOT NULL,
    harm_alpha DOUBLE NOT NULL,
    harm_beta DOUBLE  NOT NULL,
    harm_chance DOUBLE NOT NULL,                  -- P(harm rate > cap)
    is_vetoed BOOLEAN NOT NULL,                   -- harm_chance is above the bound: not offered
    PRIMARY KEY (version, role, channel, tone, angle)
);

-- What is believed of each way to write: every role, channel, tone and angle has its row, pooled towards the cells above
-- where little was seen.  Words of a user have neither tone nor angle: theirs is the row of four empty strings.
CREATE OR REPLACE MACRO outreach_beliefs(posterior) AS TABLE
SELECT role, channel, tone, angle, trials, rewards, harms, alpha, beta, alpha / (alpha + beta) AS expected,
       harm_alpha, harm_beta, harm_alpha / (harm_alpha + harm_beta) AS expected_harm, harm_chance, is_vetoed
FROM outreach_cells
WHERE version = posterior AND ((role <> '' AND channel <> '') OR (role = '' AND tone = ''));

CREATE TABLE IF NOT EXISTS outreach_runs (        -- append-only: messages were worked out for a base or one prospect
    run_id      VARCHAR PRIMARY KEY,
    campaign_id VARCHAR NOT NULL,
    dataset_id  VARCHAR NOT NULL,
    step        INTEGER NOT NULL,                 -- of the sequence, from 1
    strategy_id VARCHAR NOT NULL,
    posterior   VARCHAR NOT NULL,                 -- version
    rules       JSON    NOT NULL,                 -- channel rules, lawful bases, weights and caps as they were, as fingerprints
    as_of       TIMESTAMPTZ NOT NULL,
    prospects   BIGINT  NOT NULL,
    ready       BIGINT  NOT NULL,
    held        BIGINT  NOT NULL,                 -- prospects = ready + held
    seconds     DOUBLE  NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    made_by     VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS outreach_messages (    -- key: message_id; the newest run of a prospect, campaign and step counts
    message_id  VARCHAR NOT NULL,                 -- of campaign, prospect, step, strategy, posterior and what is read
    run_id      VARCHAR NOT NULL,
    campaign_id VARCHAR NOT NULL,
    dataset_id  VARCHAR NOT NULL,
    prospect_id VARCHAR NOT NULL,
    step        INTEGER NOT NULL,
    status      VARCHAR NOT NULL CHECK (status IN ('ready', 'held')),
    code        VARCHAR NOT NULL,                 -- why it is held: suppressed, not_permitted, no_fact ...; '' where it is ready
    reason      VARCHAR NOT NULL,                 -- the same in words
    channel     VARCHAR,                          -- NULL where nothing could be chosen, likewise below
    role        VARCHAR,
    tone        VARCHAR,
    angle       VARCHAR,
    length      VARCHAR,
    variant_id  VARCHAR,                          -- the skeleton
    version     INTEGER,
    skeleton_sha256 VARCHAR,                      -- its bytes, as screened and approved
    fact_ids    VARCHAR,                          -- facts that fill it, separated by commas
    subject     VARCHAR,                          -- what the person reads, filled
    body        VARCHAR,
    call_to_action VARCHAR,
    link        VARCHAR,
    footer      VARCHAR,
    content_sha256 VARCHAR,                       -- of what the person reads
    score       DOUBLE,
    parts       JSON,                             -- [{feature, value, weight, contribution}]
    runner_up   VARCHAR,                          -- variant_id; NULL where there was no other
    margin      DOUBLE,                           -- score above the runner-up's
    propensity  DOUBLE,                           -- chance of this choice under the learner's draw
    is_default  BOOLEAN NOT NULL,                 -- of the holdout, which gets the default message
    made_at     TIMESTAMPTZ NOT NULL
);

-- Of each campaign, prospect and step the message of its newest run.  What is held there takes the place of
-- what was ready before.
CREATE OR REPLACE VIEW latest_outreach_messages AS
SELECT * FROM outreach_messages
QUALIFY row_number() OVER (PARTITION BY campaign_id, prospect_id, step
                           ORDER BY made_at DESC, rowid DESC) = 1;

CREATE TABLE IF NOT EXISTS outreach_candidates (  -- winner, runner-up and what was blocked; key: run_id, prospect_id, variant_id
    run_id      VARCHAR NOT NULL,
    prospect_id VARCHAR NOT NULL,
    variant_id  VARCHAR NOT NULL,                 -- or the channel, where a gate closed the whole of it
    fact_id     VARCHAR,                          -- the fact that would fill it
    rank        INTEGER,                          -- NULL where a gate blocked it
    score       DOUBLE,
    code        VARCHAR NOT NULL,                 -- the gate; '' where it passed all
    reason      VARCHAR NOT NULL
);

-- A message as it is read in one piece: notes in one paragraph, all else with lines between its parts.
CREATE OR REPLACE MACRO outreach_words(channel, body, call_to_action, link, footer) AS
    concat_ws(CASE WHEN channel IN ('linkedin_note', 'x_message', 'sms') THEN ' ' ELSE chr(10) || chr(10) END,
              nullif(body, ''), nullif(call_to_action, ''), nullif(link, ''), nullif(footer, ''));
-- An even number in [0, 1) that follows from its key.
CREATE OR REPLACE MACRO even_draw(own) AS CAST(concat('0x', substr(md5(own), 1, 8)) AS UINTEGER) / 4294967296.0;
-- A value within HTML.
CREATE OR REPLACE MACRO html_text(own) AS
    replace(replace(replace(replace(replace(coalesce(own, ''), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
            '"', '&quot;'), '''', '&#39;');

CREATE TABLE IF NOT EXISTS outreach_handovers (   -- append-only: a file of due messages was made
    handover_id  VARCHAR PRIMARY KEY,
    campaign_id  VARCHAR NOT NULL,
    channel      VARCHAR NOT NULL,
    file_name    VARCHAR NOT NULL,
    sha256       VARCHAR NOT NULL,
    messages     BIGINT  NOT NULL,
    as_of        TIMESTAMPTZ NOT NULL,
    is_simulated BOOLEAN NOT NULL,
    made_at      TIMESTAMPTZ NOT NULL,
    made_by      VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS outreach_sends (       -- append-only; key: message_id: what was handed over is not handed over again
    handover_id    VARCHAR NOT NULL,
    message_id     VARCHAR NOT NULL,
    campaign_id    VARCHAR NOT NULL,
    dataset_id     VARCHAR NOT NULL,
    prospect_id    VARCHAR NOT NULL,
    account        VARCHAR NOT NULL,
    step           INTEGER NOT NULL,
    channel        VARCHAR NOT NULL,
    role           VARCHAR NOT NULL,
    tone           VARCHAR NOT NULL,
    angle          VARCHAR NOT NULL,
    length         VARCHAR NOT NULL,
    variant_id     VARCHAR NOT NULL,
    version        INTEGER NOT NULL,
    content_sha256 VARCHAR NOT NULL,              -- of what the person reads
    mailbox        VARCHAR,                       -- cold e-mail: the address it is sent from
    propensity     DOUBLE,
    is_default     BOOLEAN NOT NULL,
    is_simulated   BOOLEAN NOT NULL,
    sent_at        TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS outreach_events (      -- an event_id counts once; a person may correct how a reply was read
    event_id     VARCHAR PRIMARY KEY,
    dataset_id   VARCHAR NOT NULL,
    prospect_id  VARCHAR NOT NULL,
    message_id   VARCHAR,                         -- NULL where the answer could not be tied to one
    channel      VARCHAR,
    kind         VARCHAR NOT NULL,                -- one of domain.OUTREACH_EVENTS
    reply_class  VARCHAR,                         -- one of domain.REPLY_CLASSES, of replies only
    reply_rule   VARCHAR,                         -- the words that decided it
    reply_sha256 VARCHAR,                         -- of the text, which is not kept
    returns_on   DATE,                            -- out of office: until then a sequence waits; NULL where it was not said
    is_simulated BOOLEAN NOT NULL,
    happened_at  TIMESTAMPTZ NOT NULL,
    recorded_at  TIMESTAMPTZ NOT NULL,
    recorded_by  VARCHAR NOT NULL
);

-- What an event says: a question is an answer that one wants, an automatic answer says nothing.
CREATE OR REPLACE MACRO is_positive_answer(kind, reply_class) AS
    kind = 'meeting' OR coalesce(reply_class IN ('interested', 'question'), false);
CREATE OR REPLACE MACRO is_harmful_answer(kind, reply_class) AS
    kind IN ('unsubscribe', 'complaint') OR coalesce(reply_class IN ('not_interested', 'unsubscribe'), false);
CREATE OR REPLACE MACRO outreach_event_weight(kind, reply_class) AS
    CASE WHEN kind IN ('unsubscribe', 'complaint') OR coalesce(reply_class = 'unsubscribe', false) THEN -10.0
         WHEN is_positive_answer(kind, reply_class) THEN 5.0
         WHEN is_harmful_answer(kind, reply_class) THEN -3.0
         WHEN kind = 'click' THEN 2.0 WHEN kind = 'open' THEN 0.3 ELSE 0.0 END;
-- Halved every 30 days; in millionths, because whole numbers add up to the same whatever comes first.
CREATE OR REPLACE MACRO outreach_event_worth(kind, reply_class, happened_at, moment) AS
    CAST(round(1e6 * outreach_event_weight(kind, reply_class)
               * pow(0.5, greatest(epoch(moment) - epoch(happened_at), 0) / 2592000.0)) AS BIGINT);
CREATE OR REPLACE MACRO season_of(moment, country) AS
    list_extract(['winter', 'spring', 'summer', 'autumn'],
        1 + (month(moment) // 3 + CASE WHEN coalesce(country IN (
            'AR', 'AU', 'BO', 'BR', 'BW', 'CL', 'LS', 'MG', 'MU', 'MZ', 'NA', 'NZ', 'PE', 'PY', 'SZ', 'UY', 'ZA', 'ZM',
            'ZW'), false) THEN 2 ELSE 0 END) % 4);

-- What is known of each prospect of a base at a moment, or of some; who was never written to has a row, too.
CREATE OR REPLACE MACRO outreach_context(base, moment, simulated, whom := NULL) AS TABLE
WITH around AS (                                  -- whoever is asked for, with all of their accounts
    SELECT * FROM prospects
    WHERE dataset_id = base
      AND (whom IS NULL OR account IN (SELECT account FROM prospects
                                       WHERE dataset_id = base
                                         AND prospect_id IN (SELECT unnest(CAST(whom AS VARCHAR[])))))
), said AS (
    SELECT prospect_id, channel, kind, reply_class, happened_at, event_id,
           outreach_event_worth(kind, reply_class, happened_at, moment) AS worth
    FROM outreach_events
    WHERE dataset_id = base AND is_simulated = simulated AND happened_at <= moment
      AND (whom IS NULL OR prospect_id IN (SELECT prospect_id FROM around))
), answers AS (
    SELECT prospect_id, sum(worth) AS worth, count(*) AS events,
           count(*) FILTER (WHERE is_positive_answer(kind, reply_class)) AS positives,
           count(*) FILTER (WHERE is_harmful_answer(kind, reply_class)) AS negatives,
           arg_max(reply_class, (happened_at, event_id)) FILTER (WHERE kind = 'reply') AS last_answer,
           max(happened_at) FILTER (WHERE kind = 'reply') AS last_answer_at
    FROM said GROUP BY prospect_id
), channels AS (
    SELECT prospect_id, arg_max(channel, (worth, channel)) AS preferred_channel
    FROM (SELECT prospect_id, channel, sum(worth) AS worth FROM said
          WHERE channel IS NOT NULL GROUP BY prospect_id, channel)
    WHERE worth > 0 GROUP BY prospect_id
), hours AS (
    SELECT prospect_id, arg_max(o_clock, (worth, o_clock)) AS best_hour
    FROM (SELECT said.prospect_id, hour(timezone(zones.name, said.happened_at)) AS o_clock,
                 sum(said.worth) AS worth
          FROM said
          JOIN around AS prospects ON prospects.prospect_id = said.prospect_id
          JOIN pg_timezone_names() AS zones ON zones.name = prospects.time_zone
          WHERE said.worth > 0 GROUP BY ALL)
    GROUP BY prospect_id
), touches AS (
    SELECT prospect_id, account, channel, sent_at, epoch(moment) - epoch(sent_at) < 604800 AS is_recent
    FROM outreach_sends
    WHERE dataset_id = base AND is_simulated = simulated AND sent_at <= moment
      AND (whom IS NULL OR account IN (SELECT account FROM around))
), people AS (
    SELECT prospect_id, count(*) AS sends, count(*) FILTER (WHERE is_recent) AS sends_7d,
           max(sent_at) AS last_touch_at
    FROM touches GROUP BY prospect_id
), accounts AS (
    SELECT account, count(*) FILTER (WHERE is_recent) AS account_sends_7d,
           max(sent_at) AS account_last_touch_at
    FROM touches GROUP BY account
), account_answers AS (
    SELECT prospects.account, max(said.happened_at) AS account_answered_at
    FROM said
    JOIN around AS prospects ON prospects.prospect_id = said.prospect_id
    WHERE said.kind IN ('reply', 'meeting')
      AND coalesce(said.reply_class NOT IN ('out_of_office', 'auto_reply'), true)
    GROUP BY prospects.account
)
SELECT prospects.prospect_id, prospects.account,
       coalesce(answers.worth, 0) / 1e6 AS engagement,
       coalesce(answers.events, 0) AS events, coalesce(answers.positives, 0) AS positives,
       coalesce(answers.negatives, 0) AS negatives, answers.last_answer, answers.last_answer_at,
       coalesce(people.sends, 0) AS sends, coalesce(people.sends_7d, 0) AS sends_7d,
       people.last_touch_at, coalesce(accounts.account_sends_7d, 0) AS account_sends_7d,
       accounts.account_last_touch_at, account_answers.account_answered_at,
       channels.preferred_channel, hours.best_hour, season_of(moment, prospects.country) AS season
FROM around AS prospects
LEFT JOIN answers ON answers.prospect_id = prospects.prospect_id
LEFT JOIN channels ON channels.prospect_id = prospects.prospect_id
LEFT JOIN hours ON hours.prospect_id = prospects.prospect_id
LEFT JOIN people ON people.prospect_id = prospects.prospect_id
LEFT JOIN accounts ON accounts.account = prospects.account
LEFT JOIN account_answers ON account_answers.account = prospects.account
WHERE whom IS NULL OR prospects.prospect_id IN (SELECT unnest(CAST(whom AS VARCHAR[])));

-- How much a prospect took to a channel: 0 avoids it, 0.5 or no row is not known, 1 answers there.
CREATE OR REPLACE MACRO outreach_affinities(base, moment, simulated) AS TABLE
SELECT prospect_id, channel,
       round(1 / (1 + exp(-sum(outreach_event_worth(kind, reply_class, happened_at, moment)) / 5e6)), 6) AS affinity
FROM outreach_events
WHERE dataset_id = base AND is_simulated = simulated AND happened_at <= moment AND channel IS NOT NULL
GROUP BY prospect_id, channel;

CREATE TABLE IF NOT EXISTS sequences (            -- append-only versions; the last one of a campaign counts
    campaign_id VARCHAR NOT NULL,
    version     INTEGER NOT NULL,
    steps       JSON    NOT NULL,                 -- [{step, wait_days, channels, kind}]
    rules       JSON    NOT NULL,                 -- caps, quiet hours, stop on reply, time since the last touch
    is_on       BOOLEAN NOT NULL,
    saved_at    TIMESTAMPTZ NOT NULL,
    saved_by    VARCHAR NOT NULL,
    PRIMARY KEY (campaign_id, version)
);

CREATE SEQUENCE IF NOT EXISTS sequence_change_numbers;
CREATE TABLE IF NOT EXISTS sequence_changes (     -- append-only; of each campaign and prospect the last one counts
    number      BIGINT  NOT NULL DEFAULT nextval('sequence_change_numbers'),
    campaign_id VARCHAR NOT NULL,
    dataset_id  VARCHAR NOT NULL,
    prospect_id VARCHAR NOT NULL,
    state       VARCHAR NOT NULL CHECK (state IN ('active', 'paused', 'finished', 'stopped')),
    step        INTEGER NOT NULL,                 -- the last one that was handed over; 0 before the first
    reason      VARCHAR NOT NULL,                 -- replied, no reply, opted out, out of office, the account replied ...
    until       TIMESTAMPTZ,                      -- a pause ends here
    changed_at  TIMESTAMPTZ NOT NULL,
    changed_by  VARCHAR NOT NULL
);

-- Where each prospect stands in each campaign's sequence; who was handed nothing yet has no row.
CREATE OR REPLACE VIEW sequence_states AS
SELECT * FROM sequence_changes
QUALIFY row_number() OVER (PARTITION BY campaign_id, prospect_id ORDER BY number DESC) = 1;

-- Campaigns that were played through with made-up answers: they are never handed over, nor counted with real ones.
CREATE OR REPLACE VIEW simulated_outreach AS
SELECT DISTINCT campaign_id FROM outreach_sends WHERE is_simulated;

CREATE TABLE IF NOT EXISTS outreach_measures (    -- append-only: the engine's metrics, as worked out
    measure     VARCHAR NOT NULL,                 -- success_rate, variation_performance ...
    campaign_id VARCHAR NOT NULL,
    cell        VARCHAR NOT NULL,                 -- what it is about; '' for the whole campaign
    value       DOUBLE,
    low         DOUBLE,
    high        DOUBLE,
    n           BIGINT  NOT NULL,
    is_simulated BOOLEAN NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL
);

-- 13. Voice ---------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS speakers (
    speaker_id   VARCHAR PRIMARY KEY,
    name         VARCHAR NOT NULL,
    is_person    BOOLEAN NOT NULL,                -- a person's delivery needs the person's consent; a synthetic voice none
    language     VARCHAR NOT NULL,
    made_at      TIMESTAMPTZ NOT NULL,
    made_by      VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS speaker_profiles (     -- append-only versions; the last one counts
    speaker_id   VARCHAR NOT NULL,
    version      INTEGER NOT NULL,
    reference_sha256 VARCHAR NOT NULL,            -- the recording that was measured; it is not kept here
    reference_seconds DOUBLE NOT NULL,
    measures     JSON    NOT NULL,                -- what the recording measures
    engine       VARCHAR NOT NULL,
    dials        JSON    NOT NULL,                -- what the engine is told
    errors       JSON    NOT NULL,                -- by measure, in tolerances; what is out of reach says so
    error        DOUBLE  NOT NULL,                -- their mean
    fitted_at    TIMESTAMPTZ NOT NULL,
    fitted_by    VARCHAR NOT NULL,
    PRIMARY KEY (speaker_id, version)
);

CREATE TABLE IF NOT EXISTS speaker_consents (     -- append-only: who agreed that their delivery or voice is used, and for what
    consent_id   VARCHAR PRIMARY KEY,
    speaker_id   VARCHAR NOT NULL,
    kind         VARCHAR NOT NULL CHECK (kind IN ('prosody_only', 'voice')),
    subject      VARCHAR NOT NULL,
    contact      VARCHAR NOT NULL,
    statement    VARCHAR NOT NULL,                -- word for word
    statement_version VARCHAR NOT NULL,
    language     VARCHAR NOT NULL,
    recording_sha256 VARCHAR NOT NULL,
    recorded_at  TIMESTAMPTZ NOT NULL,
    verifier     VARCHAR NOT NULL,                -- who checked that it was this person
    scope        JSON    NOT NULL,                -- channels, campaigns, languages, territories; an empty list is none
    expires_on   DATE,
    provider_consent_id VARCHAR NOT NULL,
    provider_voice_id VARCHAR NOT NULL,
    kept_at      TIMESTAMPTZ NOT NULL,
    kept_by      VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS speaker_revocations (  -- append-only
    consent_id VARCHAR PRIMARY KEY,
    reason     VARCHAR NOT NULL,
    revoked_at TIMESTAMPTZ NOT NULL,
    revoked_by VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS pronunciations (       -- append-only: the tenant's lexicon; the last row of words and language counts
    written    VARCHAR NOT NULL,
    language   VARCHAR NOT NULL,                  -- of the script it stands in; '' for all
    kind       VARCHAR NOT NULL CHECK (kind IN ('respelling', 'phonemes', 'language', 'withdrawn')),
    said       VARCHAR NOT NULL,
    saved_at   TIMESTAMPTZ NOT NULL,
    saved_by   VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS voice_runs (           -- append-only: assets were made for a campaign
    run_id       VARCHAR PRIMARY KEY,
    campaign_id  VARCHAR NOT NULL,
    variant_id   VARCHAR NOT NULL,                -- whose approved words are spoken
    version      INTEGER NOT NULL,
    content_sha256 VARCHAR NOT NULL,
    speaker_id   VARCHAR NOT NULL,
    profile_version INTEGER NOT NULL,
    consent_id   VARCHAR,                         -- NULL for a synthetic voice
    engine       VARCHAR NOT NULL,                -- with its version
    settings     JSON    NOT NULL,                -- formats, loudness, splicing, disclosure, budget
    folder       VARCHAR NOT NULL,
    assets       BIGINT  NOT NULL,
    ready        BIGINT  NOT NULL,
    held         BIGINT  NOT NULL,
    failed       BIGINT  NOT NULL,                -- assets = ready + held + failed
    manifest_sha256 VARCHAR NOT NULL,
    made_at      TIMESTAMPTZ NOT NULL,
    made_by      VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS voice_assets (         -- append-only: what was made for each person
    asset_id     VARCHAR NOT NULL,                -- of the person and all that it was made from
    run_id       VARCHAR NOT NULL,
    person_id    VARCHAR NOT NULL,                -- the prospect, or the customer
    status       VARCHAR NOT NULL CHECK (status IN ('ready', 'held', 'failed')),
    reason       VARCHAR NOT NULL,
    script_sha256 VARCHAR NOT NULL,
    file_name    VARCHAR,                         -- NULL where there is no file, likewise below
    sha256       VARCHAR,
    files        JSON    NOT NULL,                -- ending -> fingerprint: sound, captions, word times
    seconds      DOUBLE,
    checks       JSON    NOT NULL,                -- by name: value, limit, whether it passed
    made_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (run_id, asset_id)
);

CREATE TABLE IF NOT EXISTS voice_removals (       -- append-only: files that were deleted; the rows of assets stay
    run_id     VARCHAR NOT NULL,
    asset_id   VARCHAR NOT NULL,
    reason     VARCHAR NOT NULL,                  -- the time was over, or the person was erased
    removed_at TIMESTAMPTZ NOT NULL,
    removed_by VARCHAR NOT NULL,
    PRIMARY KEY (run_id, asset_id)
);

-- Assets whose files are on disk; ``made_last``: when somebody last asked for the very same file.
CREATE OR REPLACE VIEW kept_voice_files AS
SELECT assets.run_id, assets.asset_id, assets.person_id, assets.file_name, assets.files, runs.folder,
       campaigns.dataset_id,
       max(assets.made_at) OVER (PARTITION BY runs.folder, assets.file_name) AS made_last
FROM voice_assets AS assets
JOIN voice_runs AS runs ON runs.run_id = assets.run_id
JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
LEFT JOIN voice_removals AS removed
    ON removed.run_id = assets.run_id AND removed.asset_id = assets.asset_id
WHERE assets.file_name IS NOT NULL AND removed.asset_id IS NULL;

CREATE TABLE IF NOT EXISTS voice_publications (   -- append-only: assets were handed over
    publication_id VARCHAR PRIMARY KEY,
    run_id     VARCHAR NOT NULL,
    purpose    VARCHAR NOT NULL CHECK (purpose IN ('video', 'link', 'dialler')),
    file_name  VARCHAR NOT NULL,
    sha256     VARCHAR NOT NULL,
    assets     BIGINT  NOT NULL,
    made_at    TIMESTAMPTZ NOT NULL,
    made_by    VARCHAR NOT NULL
);

-- Whatever may be spoken: approved skeletons of outreach, and approved messages to customers.
CREATE OR REPLACE VIEW speakable_variants AS
SELECT cleared.variant_id, cleared.version, cleared.campaign_id, cleared.segment, cleared.arm,
       cleared.locale, cleared.content_sha256, cleared.subject, cleared.body,
       cleared.call_to_action,
       CASE WHEN plans.campaign_id IS NULL THEN 'email' ELSE told.channel END AS channel,
       CASE WHEN plans.campaign_id IS NULL THEN 'message' ELSE told.kind END AS kind,
       plans.campaign_id IS NOT NULL AS is_for_prospects
FROM cleared_variants AS cleared
LEFT JOIN outreach_plans AS plans ON plans.campaign_id = cleared.campaign_id
LEFT JOIN variant_channels AS told ON told.variant_id = cleared.variant_id
WHERE cleared.campaign_id NOT IN (SELECT campaign_id FROM text_sets)
  AND (plans.campaign_id IS NULL OR told.channel IS NOT NULL);

-- Consents of speakers that count on a day: not revoked, not run out.
CREATE OR REPLACE MACRO standing_speaker_consents(on_day) AS TABLE
SELECT * FROM speaker_consents
WHERE consent_id NOT IN (SELECT consent_id FROM speaker_revocations)
  AND (expires_on IS NULL OR expires_on >= on_day);

-- Who agreed in writing to be called with a recorded or artificial voice, on a day; said on the phone is
-- not in writing.  Whoever took a consent to calls back has none.
CREATE OR REPLACE MACRO written_call_consents(on_day) AS TABLE
WITH calls AS (
    SELECT * FROM consents WHERE channel IN ('call', 'call_snippet', 'phone', 'voice')
)
SELECT DISTINCT dataset_id, customer_id FROM calls AS given
WHERE (basis = 'express' OR (basis = 'double_opt_in' AND confirmed_at IS NOT NULL))
  AND coalesce(wording, '') <> '' AND (expires_on IS NULL OR expires_on >= on_day)
  AND NOT regexp_matches(lower(coalesce(mechanism, '')), 'call|phone|verbal|oral|telefon|telephon|téléphon|mündlich|anruf|appel')
  AND NOT EXISTS (SELECT 1 FROM calls AS taken
                  WHERE taken.dataset_id = given.dataset_id AND taken.customer_id = given.customer_id
                    AND taken.basis = 'withdrawn' AND taken.recorded_at >= given.recorded_at);

-- The gate of voice: an asset is handed over only where ``hold`` is empty, as it stands at that moment.
CREATE OR REPLACE MACRO voice_asset_states(on_day) AS TABLE
WITH people AS (
    SELECT dataset_id, prospect_id AS person_id, lower(trim(email)) AS email, phone_key(phone) AS phone,
           account FROM prospects
    UNION ALL
    SELECT dataset_id, customer_id, lower(trim(email)), phone_key(phone), NULL FROM customers
), objected AS (                                  -- in whichever base: an objection goes with the address
    SELECT DISTINCT said.channel, people.email, people.phone
    FROM (SELECT dataset_id, subject AS person_id, channel FROM outreach_stops WHERE scope = 'person'
          UNION ALL
          SELECT dataset_id, customer_id, NULL FROM suppressions
          UNION ALL
          SELECT dataset_id, prospect_id, NULL FROM prospect_signals
          WHERE is_objection(signal) AND is_signalled(value)) AS said
    JOIN people ON people.dataset_id = said.dataset_id AND people.person_id = said.person_id
), withdrawn AS (
    SELECT dataset_id, customer_id, channel <> 'email' AS is_call FROM consents
    WHERE channel IN ('email', 'call', 'call_snippet', 'phone', 'voice')
    GROUP BY ALL
    HAVING max(recorded_at) FILTER (basis = 'withdrawn')
        >= coalesce(max(recorded_at) FILTER (basis <> 'withdrawn' AND (basis <> 'double_opt_in'
                                                                   OR confirmed_at IS NOT NULL)),
                    TIMESTAMPTZ '-infinity')
)
SELECT assets.*, runs.campaign_id, runs.variant_id, runs.version, runs.speaker_id, runs.folder,
       campaigns.dataset_id, words.channel,
       CASE WHEN assets.status <> 'ready' THEN assets.reason
            WHEN removed.asset_id IS NOT NULL THEN removed.reason
            WHEN speakers.is_person IS NULL OR (speakers.is_person AND given.consent_id IS NULL)
            THEN 'The speaker''s consent does not stand any more.'
            WHEN words.variant_id IS NULL
            THEN 'The words are not approved as they were when they were spoken.'
            WHEN people.person_id IS NULL THEN 'The person is not in the base any more.'
            WHEN people.email IN (SELECT lower(trim(email)) FROM suppressions WHERE email IS NOT NULL)
              OR (campaigns.dataset_id, assets.person_id)
                 IN (SELECT (dataset_id, customer_id) FROM suppressions)
              OR EXISTS (SELECT 1 FROM objected
                         WHERE (objected.channel IS NULL OR objected.channel = words.channel)
                           AND (objected.email = people.email
                             OR (words.channel = 'call_snippet' AND objected.phone = people.phone)))
              OR EXISTS (SELECT 1 FROM outreach_stops AS stops
                         WHERE (stops.channel IS NULL OR stops.channel = words.channel)
                           AND ((stops.scope = 'person' AND stops.subject = assets.person_id
                                 AND stops.dataset_id = campaigns.dataset_id)
                             OR (stops.scope = 'account' AND stops.subject = people.account
                                 AND (stops.dataset_id = campaigns.dataset_id
                                      OR people.account <> assets.person_id))))
              OR (campaigns.dataset_id, assets.person_id)
                 IN (SELECT (dataset_id, prospect_id) FROM prospect_signals
                     WHERE is_objection(signal) AND is_signalled(value))
              OR (words.is_for_prospects AND (campaigns.dataset_id, assets.person_id)
                 IN (SELECT (dataset_id, prospect_id) FROM routings WHERE motion = 'suppress'))
            THEN 'The person does not want to be written to or called.'
            WHEN (campaigns.dataset_id, assets.person_id, words.channel = 'call_snippet')
                 IN (SELECT (dataset_id, customer_id, is_call) FROM withdrawn)
              OR (people.email, words.channel = 'call_snippet')
                 IN (SELECT (customer_id, is_call) FROM withdrawn)
            THEN 'The person took the consent to be written to or called back.'
            WHEN words.is_for_prospects
             AND (runs.campaign_id, assets.person_id, runs.variant_id, runs.version,
                  runs.content_sha256)
                 NOT IN (SELECT (campaign_id, prospect_id, variant_id, version, skeleton_sha256)
                         FROM latest_outreach_messages
                         WHERE status = 'ready' AND skeleton_sha256 IS NOT NULL)
            THEN 'This message is no longer the one chosen for the person, or a gate holds it.'
            WHEN words.channel = 'call_snippet'
             AND (campaigns.dataset_id, assets.person_id)
                 NOT IN (SELECT (dataset_id, customer_id) FROM written_call_consents(on_day))
            THEN 'There is no written consent to calls with an artificial voice on file for this person.'
            ELSE '' END AS hold
FROM voice_assets AS assets
JOIN voice_runs AS runs ON runs.run_id = assets.run_id
JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
LEFT JOIN speakers ON speakers.speaker_id = runs.speaker_id
LEFT JOIN standing_speaker_consents(on_day) AS given ON given.consent_id = runs.consent_id
LEFT JOIN speakable_variants AS words
    ON words.variant_id = runs.variant_id AND words.version = runs.version
   AND words.content_sha256 = runs.content_sha256
LEFT JOIN people ON people.dataset_id = campaigns.dataset_id AND people.person_id = assets.person_id
LEFT JOIN voice_removals AS removed
    ON removed.run_id = assets.run_id AND removed.asset_id = assets.asset_id;

-- 14. Audit ---------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS audit_log (            -- append-only, each row's hash covers the one before
    seq         BIGINT  PRIMARY KEY,
    happened_at VARCHAR NOT NULL,                 -- ISO 8601, UTC
    kind        VARCHAR NOT NULL,                 -- noun.verb
    ref         VARCHAR NOT NULL,
    campaign_id VARCHAR NOT NULL,                 -- '' where it belongs to none
    actor       VARCHAR NOT NULL,
    payload     VARCHAR NOT NULL,                 -- canonical JSON: hashes, counts, reasons
    prev_hash   VARCHAR NOT NULL,
    hash        VARCHAR NOT NULL UNIQUE
);

-- Everybody who ever did something here, whatever became of the rows of the trail; programs too.
CREATE OR REPLACE VIEW people_on_record AS
SELECT DISTINCT name FROM (
    SELECT actor AS name FROM audit_log
    UNION ALL SELECT created_by FROM datasets UNION ALL SELECT created_by FROM campaigns
    UNION ALL SELECT written_by FROM variants UNION ALL SELECT actor FROM approvals
    UNION ALL SELECT sealed_by FROM seals UNION ALL SELECT actor FROM send_backs
    UNION ALL SELECT activated_by FROM policies UNION ALL SELECT actor FROM finding_labels
    UNION ALL SELECT opened_by FROM incidents UNION ALL SELECT actor FROM incident_events
    UNION ALL SELECT actor FROM holds UNION ALL SELECT set_by FROM document_expiries
    UNION ALL SELECT actor FROM document_events
    UNION ALL SELECT designed_by FROM experiments UNION ALL SELECT approved_by FROM experiments
    UNION ALL SELECT launched_by FROM experiments UNION ALL SELECT exported_by FROM exports)
WHERE name <> '';

CREATE TABLE IF NOT EXISTS campaign_keys (        -- which key a campaign's pseudonyms are made with
    campaign_id VARCHAR PRIMARY KEY,
    key_id      VARCHAR NOT NULL,                 -- the key itself lies outside the database
    chosen_at   TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS audit_guard (message VARCHAR);
CREATE TRIGGER IF NOT EXISTS audit_no_update AFTER UPDATE ON audit_log FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('The audit log is append-only.');
CREATE TRIGGER IF NOT EXISTS audit_no_delete AFTER DELETE ON audit_log FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('The audit log is append-only.');
CREATE TRIGGER IF NOT EXISTS screenings_no_update AFTER UPDATE ON screenings FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Screenings are append-only.');
CREATE TRIGGER IF NOT EXISTS screenings_no_delete AFTER DELETE ON screenings FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Screenings are append-only.');
CREATE TRIGGER IF NOT EXISTS ledger_entries_no_update AFTER UPDATE ON ledger_entries FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('The claim ledger is append-only.');
CREATE TRIGGER IF NOT EXISTS ledger_entries_no_delete AFTER DELETE ON ledger_entries FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('The claim ledger is append-only.');
CREATE TRIGGER IF NOT EXISTS incidents_no_update AFTER UPDATE ON incidents FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Incidents are append-only.');
CREATE TRIGGER IF NOT EXISTS incidents_no_delete AFTER DELETE ON incidents FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Incidents are append-only.');
CREATE TRIGGER IF NOT EXISTS incident_events_no_update AFTER UPDATE ON incident_events FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Incidents are append-only.');
CREATE TRIGGER IF NOT EXISTS incident_events_no_delete AFTER DELETE ON incident_events FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Incidents are append-only.');
CREATE TRIGGER IF NOT EXISTS holds_no_update AFTER UPDATE ON holds FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Holds are append-only.');
CREATE TRIGGER IF NOT EXISTS holds_no_delete AFTER DELETE ON holds FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Holds are append-only.');
CREATE TRIGGER IF NOT EXISTS document_expiries_no_update AFTER UPDATE ON document_expiries FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Expiries are append-only.');
CREATE TRIGGER IF NOT EXISTS document_expiries_no_delete AFTER DELETE ON document_expiries FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Expiries are append-only.');
CREATE TRIGGER IF NOT EXISTS document_events_no_update AFTER UPDATE ON document_events FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Decisions on documents are append-only.');
CREATE TRIGGER IF NOT EXISTS document_events_no_delete AFTER DELETE ON document_events FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Decisions on documents are append-only.');
CREATE TRIGGER IF NOT EXISTS seals_no_update AFTER UPDATE ON seals FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Sign-offs are append-only.');
CREATE TRIGGER IF NOT EXISTS seals_no_delete AFTER DELETE ON seals FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Sign-offs are append-only.');
CREATE TRIGGER IF NOT EXISTS approvals_no_update AFTER UPDATE ON approvals FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Decisions are append-only.');
CREATE TRIGGER IF NOT EXISTS approvals_no_delete AFTER DELETE ON approvals FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Decisions are append-only.');
CREATE TRIGGER IF NOT EXISTS policies_no_update AFTER UPDATE ON policies FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Policies are append-only.');
CREATE TRIGGER IF NOT EXISTS policies_no_delete AFTER DELETE ON policies FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Policies are append-only.');
CREATE TRIGGER IF NOT EXISTS findings_no_update AFTER UPDATE ON findings FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Findings are append-only.');
CREATE TRIGGER IF NOT EXISTS findings_no_delete AFTER DELETE ON findings FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Findings are append-only.');
CREATE TRIGGER IF NOT EXISTS claims_no_update AFTER UPDATE ON claims FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Claims are append-only.');
CREATE TRIGGER IF NOT EXISTS claims_no_delete AFTER DELETE ON claims FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Claims are append-only.');
CREATE TRIGGER IF NOT EXISTS variant_sources_no_update AFTER UPDATE ON variant_sources FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Sources of messages are append-only.');
CREATE TRIGGER IF NOT EXISTS variant_sources_no_delete AFTER DELETE ON variant_sources FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Sources of messages are append-only.');
CREATE TRIGGER IF NOT EXISTS retired_variants_no_update AFTER UPDATE ON retired_variants FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Retired messages are append-only.');
CREATE TRIGGER IF NOT EXISTS retired_variants_no_delete AFTER DELETE ON retired_variants FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Retired messages are append-only.');
CREATE TRIGGER IF NOT EXISTS send_backs_no_update AFTER UPDATE ON send_backs FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Sign-offs are append-only.');
CREATE TRIGGER IF NOT EXISTS send_backs_no_delete AFTER DELETE ON send_backs FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Sign-offs are append-only.');
CREATE TRIGGER IF NOT EXISTS exports_no_update AFTER UPDATE ON exports FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Exports are append-only.');
CREATE TRIGGER IF NOT EXISTS exports_no_delete AFTER DELETE ON exports FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Exports are append-only.');
CREATE TRIGGER IF NOT EXISTS certificates_no_update AFTER UPDATE ON certificates FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Exports are append-only.');
CREATE TRIGGER IF NOT EXISTS certificates_no_delete AFTER DELETE ON certificates FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Exports are append-only.');
CREATE TRIGGER IF NOT EXISTS campaign_steps_no_update AFTER UPDATE ON campaign_steps FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('The journal is append-only.');
CREATE TRIGGER IF NOT EXISTS campaign_steps_no_delete AFTER DELETE ON campaign_steps FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('The journal is append-only.');
CREATE TRIGGER IF NOT EXISTS finding_labels_no_update AFTER UPDATE ON finding_labels FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Labels of findings are append-only.');
CREATE TRIGGER IF NOT EXISTS finding_labels_no_delete AFTER DELETE ON finding_labels FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Labels of findings are append-only.');
CREATE TRIGGER IF NOT EXISTS handovers_no_update AFTER UPDATE ON handovers FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Handovers are append-only.');
CREATE TRIGGER IF NOT EXISTS handovers_no_delete AFTER DELETE ON handovers FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Handovers are append-only.');
CREATE TRIGGER IF NOT EXISTS erasures_no_update AFTER UPDATE ON erasures FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Erasures are append-only.');
CREATE TRIGGER IF NOT EXISTS erasures_no_delete AFTER DELETE ON erasures FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Erasures are append-only.');
CREATE TRIGGER IF NOT EXISTS writer_calls_no_update AFTER UPDATE ON writer_calls FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Calls to hosted models are append-only.');
CREATE TRIGGER IF NOT EXISTS writer_calls_no_delete AFTER DELETE ON writer_calls FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Calls to hosted models are append-only.');
CREATE TRIGGER IF NOT EXISTS brand_profiles_no_update AFTER UPDATE ON brand_profiles FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Versions of the brand profile are append-only.');
CREATE TRIGGER IF NOT EXISTS brand_profiles_no_delete AFTER DELETE ON brand_profiles FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Versions of the brand profile are append-only.');
CREATE TRIGGER IF NOT EXISTS earlier_briefs_no_update AFTER UPDATE ON earlier_briefs FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Earlier briefs are append-only.');
CREATE TRIGGER IF NOT EXISTS earlier_briefs_no_delete AFTER DELETE ON earlier_briefs FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Earlier briefs are append-only.');
CREATE TRIGGER IF NOT EXISTS lesson_switches_no_update AFTER UPDATE ON lesson_switches FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Switches of lessons are append-only.');
CREATE TRIGGER IF NOT EXISTS lesson_switches_no_delete AFTER DELETE ON lesson_switches FOR EACH STATEMENT
    INSERT INTO audit_guard SELECT error('Switches of lessons are append-only.');
