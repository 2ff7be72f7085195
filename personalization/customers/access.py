"""Access: everything that is held about one person, in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from personalization.customers.people import people_named
from personalization.store import pseudonym_of

if TYPE_CHECKING:
    from personalization.customers.people import Person
    from personalization.store import Store


class _Section(NamedTuple):
    """One part of the report: its name, what it says in plain words, and its statement."""

    name: str
    words: str
    statement: str


# Each statement is about one customer of one base, or an address that stands on lists only.
_SECTIONS: Final = (
    _Section(
        "details",
        "What your customer record says.",
        """
        SELECT * EXCLUDE (dataset_id) FROM customers
        WHERE dataset_id = $dataset_id AND customer_id = $customer_id
        """,
    ),
    _Section(
        "other_details",
        "Further columns that came with the customer file.",
        """
        SELECT attribute, value FROM customer_attributes
        WHERE dataset_id = $dataset_id AND customer_id = $customer_id ORDER BY attribute
        """,
    ),
    _Section(
        "orders",
        "What you bought or sent back, line by line.",
        """
        SELECT order_id, ordered_at, product_name, category, quantity, unit_price, amount, currency
        FROM transactions
        WHERE (dataset_id = $dataset_id AND customer_id = $customer_id) OR customer_id = $email
        ORDER BY ordered_at, order_id, product_name, amount
        """,
    ),
    _Section(
        "interactions",
        "What you looked at, put aside, bought or sent back on our pages.",
        """
        SELECT event, happened_at, product_id, name AS product_name, quantity, interactions.price,
               order_id
        FROM interactions LEFT JOIN products USING (dataset_id, product_id)
        WHERE (dataset_id = $dataset_id AND customer_id = $customer_id) OR customer_id = $email
        ORDER BY happened_at, event, product_id
        """,
    ),
    _Section(
        "recommendations",
        "Products that were chosen for you, by which rule, and the figures behind it; and what "
        "your messages were to show of them.",
        """
        SELECT runs.made_at, runs.as_of, campaigns.name AS campaign, rank, products.product_id,
               catalogue.name AS product_name, products.strategy, source_id AS because_of, together,
               base, detail, is_fallback, NULL AS shown_price, NULL AS shown_reason
        FROM recommendations AS products JOIN recommendation_runs AS runs USING (run_id)
        LEFT JOIN campaigns USING (campaign_id)
        LEFT JOIN products AS catalogue ON catalogue.dataset_id = runs.dataset_id
                                       AND catalogue.product_id = products.product_id
        WHERE runs.dataset_id = $dataset_id AND products.customer_id = $customer_id
        UNION ALL
        SELECT made_at, as_of, campaigns.name, rank, shown.product_id, shown.name, shown.strategy,
               NULL, NULL, NULL, NULL, NULL, price, reason
        FROM campaign_products AS shown JOIN campaigns USING (campaign_id)
        JOIN recommendation_runs AS runs ON runs.run_id = shown.run_id
        WHERE campaigns.dataset_id = $dataset_id AND shown.customer_id = $customer_id
        ORDER BY made_at, campaign, strategy, rank, product_id
        """,
    ),
    _Section(
        "occasions",
        "Occasions, such as a basket you left, on which a message was due to you or held back.",
        """
        SELECT triggers.name AS occasion, fired_at, due_at, outcome, evidence, firings.product_id
        FROM trigger_firings AS firings
        LEFT JOIN triggers ON triggers.trigger_id = firings.trigger_id
                          AND triggers.version = firings.version
        WHERE firings.dataset_id = $dataset_id AND firings.customer_id = $customer_id
        ORDER BY fired_at, occasion, event_key
        """,
    ),
    _Section(
        "consents",
        "What you agreed to or took back, when, and in which words.",
        """
        SELECT basis, channel, recorded_at, confirmed_at, expires_on, wording, mechanism, evidence
        FROM consents
        WHERE (dataset_id = $dataset_id AND customer_id = $customer_id) OR customer_id = $email
        ORDER BY recorded_at, consent_id
        """,
    ),
    _Section(
        "objections",
        "When you objected to e-mails, and since when none is sent to you.",
        """
        WITH own AS (
            SELECT reason, received_at, recorded_at FROM objections
            WHERE (dataset_id = $dataset_id AND customer_id = $customer_id) OR customer_id = $email
        )
        FROM own
        UNION ALL
        SELECT reason, suppressed_at, suppressed_at FROM suppressions
        WHERE ((dataset_id = $dataset_id AND customer_id = $customer_id)
               OR customer_id = $email OR email = $email)
          AND NOT EXISTS (FROM own)
        ORDER BY received_at, reason
        """,
    ),
    _Section(
        "segments",
        "The groups that campaigns put you in, by their rules.",
        """
        SELECT campaigns.campaign_id, campaigns.name AS campaign, members.segment, segments.rule,
               segments.description
        FROM segment_members AS members
        JOIN campaigns ON campaigns.campaign_id = members.campaign_id
        LEFT JOIN segments ON segments.campaign_id = members.campaign_id
                          AND segments.segment = members.segment
        WHERE campaigns.dataset_id = $dataset_id AND members.customer_id = $customer_id
        ORDER BY campaigns.created_at, campaigns.campaign_id
        """,
    ),
    _Section(
        "tests",
        "Which version of a message you were to get, by lot; holdout means none.",
        """
        SELECT campaigns.name AS campaign, assignments.segment, assignments.arm,
               assignments.propensity AS share
        FROM assignments
        JOIN experiments ON experiments.experiment_id = assignments.experiment_id
        JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
        WHERE campaigns.dataset_id = $dataset_id AND assignments.customer_id = $customer_id
        UNION ALL
        SELECT campaigns.name, held_out.segment, 'kept out of all campaigns', NULL
        FROM held_out
        JOIN experiments ON experiments.experiment_id = held_out.experiment_id
        JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
        WHERE campaigns.dataset_id = $dataset_id AND held_out.customer_id = $customer_id
        ORDER BY campaign, segment, arm
        """,
    ),
    _Section(
        "messages",
        "What was exported to be sent to you on the send date, as you read it; a simulated message "
        "was never sent.",
        """
        WITH sent AS (
            SELECT campaigns.name AS campaign, deliveries.*,
                   CASE WHEN has_first_name THEN merge_value(people.first_name) ELSE '' END
                       AS first_name,
                   CASE WHEN has_city THEN merge_value(people.city) ELSE '' END AS city,
                   CASE WHEN has_country THEN merge_value(people.country) ELSE '' END AS country,
                   CASE WHEN has_favourite_category THEN merge_value(people.favourite_category)
                       ELSE '' END AS favourite_category,
                   CASE WHEN has_tier THEN merge_value(people.tier) ELSE '' END AS tier,
                   CASE WHEN has_products THEN named.words END AS words
            FROM deliveries
            JOIN experiments ON experiments.experiment_id = deliveries.experiment_id
            JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
            JOIN customers AS people ON people.dataset_id = campaigns.dataset_id
                                    AND people.customer_id = deliveries.customer_id
            JOIN message_fields ON message_fields.variant_id = deliveries.variant_id
                               AND message_fields.version = deliveries.version
            LEFT JOIN product_words('', [$customer_id]) AS named
                ON named.campaign_id = campaigns.campaign_id AND named.arm = deliveries.arm
            WHERE campaigns.dataset_id = $dataset_id AND deliveries.customer_id = $customer_id
        )
        SELECT campaign, sent.variant_id, sent.version, delivered_at, is_simulated,
               fill_products(fill_form(subject, first_name, city, country, favourite_category,
                   tier), words) AS subject,
               fill_products(fill_form(preheader, first_name, city, country, favourite_category,
                   tier), words) AS preheader,
               fill_products(fill_form(body, first_name, city, country, favourite_category, tier),
                   words) AS body,
               fill_products(fill_form(call_to_action, first_name, city, country,
                   favourite_category, tier), words) AS call_to_action, link, footer,
               sha256(fill_products(fill_form(whole, first_name, city, country,
                   favourite_category, tier), words)) = rendered_sha256 AS is_word_for_word
        FROM sent
        JOIN message_forms AS forms
            ON forms.variant_id = sent.variant_id AND forms.version = sent.version
           AND forms.filled = fields_filled(first_name, city, country, favourite_category, tier)
        ORDER BY delivered_at, sent.variant_id
        """,
    ),
    _Section(
        "responses",
        "What you did with the messages: opened, clicked, bought, left.",
        """
        SELECT campaigns.name AS campaign, event, happened_at, value, engagements.is_simulated
        FROM engagements
        JOIN experiments ON experiments.experiment_id = engagements.experiment_id
        JOIN campaigns ON campaigns.campaign_id = experiments.campaign_id
        WHERE campaigns.dataset_id = $dataset_id AND engagements.customer_id = $customer_id
        ORDER BY happened_at, event, value
        """,
    ),
    _Section(
        "prospect_details",
        "What we hold of you at work.",
        """
        SELECT * EXCLUDE (dataset_id, account) FROM prospects
        WHERE dataset_id = $dataset_id AND prospect_id = $customer_id
        """,
    ),
    _Section(
        "prospect_facts",
        "What may be said of you or your company, with where it is from, and how you stand to us.",
        """
        SELECT kind, text, source, observed_on FROM prospect_facts
        WHERE dataset_id = $dataset_id AND prospect_id = $customer_id
        UNION ALL
        SELECT 'signal', signal || ': ' || value, '', NULL FROM prospect_signals
        WHERE dataset_id = $dataset_id AND prospect_id = $customer_id
        ORDER BY kind, text
        """,
    ),
    _Section(
        "prospect_routing",
        "How your job title was read, how you are to be worked by that, and why.",
        """
        SELECT role, function, seniority, confidence, rule, motion, motion_reason, campaign,
               campaign_reason, queue, queue_reason, routed_at
        FROM routings WHERE dataset_id = $dataset_id AND prospect_id = $customer_id
        UNION ALL
        SELECT role, function, seniority, 1, 'corrected by hand', NULL, NULL, NULL, NULL, NULL,
               NULL, saved_at
        FROM reading_corrections WHERE dataset_id = $dataset_id AND prospect_id = $customer_id
        ORDER BY routed_at
        """,
    ),
    _Section(
        "outreach_messages",
        "What was worked out to be written or said to you at work, as you would read it, and when "
        "it was handed over; a simulated message was never sent.",
        """
        SELECT campaigns.name AS campaign, messages.step, messages.channel, messages.status,
               messages.reason, messages.subject, messages.body, messages.call_to_action,
               messages.link, messages.footer, sends.sent_at, sends.is_simulated
        FROM outreach_messages AS messages
        LEFT JOIN campaigns ON campaigns.campaign_id = messages.campaign_id
        LEFT JOIN outreach_sends AS sends ON sends.message_id = messages.message_id
        WHERE messages.dataset_id = $dataset_id AND messages.prospect_id = $customer_id
        ORDER BY messages.made_at, messages.step, messages.message_id
        """,
    ),
    _Section(
        "spoken_files",
        "Sound files in which a synthetic voice speaks to you, as long as they are kept, and why "
        "there is none.",
        """
        SELECT campaigns.name AS campaign, assets.status, assets.reason, assets.file_name,
               assets.seconds, assets.made_at
        FROM voice_assets AS assets
        JOIN voice_runs AS runs ON runs.run_id = assets.run_id
        JOIN campaigns ON campaigns.campaign_id = runs.campaign_id
        WHERE campaigns.dataset_id = $dataset_id AND assets.person_id = $customer_id
        ORDER BY assets.made_at, assets.asset_id
        """,
    ),
    _Section(
        "outreach_answers",
        "What came back from you, what it was taken to say, and where writing to you was stopped. "
        "The words of your answers are not kept.",
        """
        SELECT kind AS event, reply_class AS taken_as, channel, happened_at, returns_on,
               is_simulated
        FROM outreach_events
        WHERE dataset_id = $dataset_id AND prospect_id = $customer_id
        UNION ALL
        SELECT 'stopped', reason, channel, stopped_at, NULL, false FROM outreach_stops
        WHERE dataset_id = $dataset_id AND scope = 'person' AND subject = $customer_id
        UNION ALL
        SELECT concat('sequence ', state), reason, NULL, changed_at,
               CAST(timezone('UTC', until) AS DATE),
               campaign_id IN (SELECT campaign_id FROM simulated_outreach)
        FROM sequence_changes WHERE dataset_id = $dataset_id AND prospect_id = $customer_id
        ORDER BY happened_at, event
        """,
    ),
    _Section(
        "unreadable",
        "Values of files that could not be taken in and that name you.",
        """
        SELECT imports.file_name, line, column_name, value, reason
        FROM intake_problems
        JOIN imports ON imports.import_id = intake_problems.import_id
        WHERE (imports.dataset_id = $dataset_id AND value = $customer_id)
           OR contains(lower(value), $email::VARCHAR)
        ORDER BY imports.imported_at, line, column_name
        LIMIT 200
        """,
    ),
)


def access_report(store: Store, who: str, *, dataset_id: str = "") -> dict[str, Any]:
    """Collect everything that is held about one person.

    Args:
        store: Reads every table that knows a customer; writes nothing.
        who: A customer number or an address; an address means every row that has it.
        dataset_id: The customer base, where several people have the number.

    Returns:
        ``person`` (what was asked for), ``made_at``, and for each row of ``customers`` that is
        the person: ``customer_base``, ``customer_id``, ``pseudonym`` (as in audit files) and
        ``sections``: name, words and rows.

    Raises:
        InputError: Nobody is meant, or people of several addresses have the number.
    """
    people = people_named(store, who, dataset_id=dataset_id)
    return {
        "person": who.strip(),
        "made_at": store.now().isoformat(timespec="seconds"),
        "records": [
            {
                "customer_base": base,
                "customer_id": customer_id,
                "pseudonym": pseudonym_of(store, customer_id),
                "sections": [
                    {
                        "name": section.name,
                        "words": section.words,
                        "rows": _rows(store, section, (base, customer_id, email)),
                    }
                    for section in _SECTIONS
                ],
            }
            for base, customer_id, email in people
        ],
    }


def _rows(store: Store, section: _Section, person: Person) -> list[dict[str, Any]]:
    known_as = dict(zip(("dataset_id", "customer_id", "email"), person, strict=True))
    if "$email" not in section.statement:
        del known_as["email"]
    return store.records(section.statement, **known_as)
