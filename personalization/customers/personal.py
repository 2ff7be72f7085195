"""Every table that can name a person, and what takes a person out of it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# What somebody wrote into a file and could not be taken in stands there word for word.
_BLANK_PROBLEMS: Final = """
    UPDATE intake_problems SET value = NULL
    WHERE value IS NOT NULL AND EXISTS (
        FROM erased_people AS people
        WHERE contains(lower(value), people.email) OR value = people.customer_id
           OR (length(people.full_name) > 4 AND contains(value, people.full_name))
           OR (length(people.phone) > 6 AND contains(value, people.phone))
           OR (length(people.last_name) > 2 AND contains(value, people.last_name)))
"""

PERSONAL: Final[Mapping[str, str]] = MappingProxyType({
    "intake_problems": _BLANK_PROBLEMS,
    "input_findings": """
        DELETE FROM input_findings
        WHERE what = 'customer field' AND customers <= 1 AND EXISTS (
            FROM erased_people AS people
            WHERE people.dataset_id = input_findings.ref
              AND key IN (input_key(first_name), input_key(city), input_key(country),
                          input_key(favourite_category), input_key(tier)))
    """,
    "customer_attributes": """
        DELETE FROM customer_attributes
        WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
    """,
    "transactions": """
        DELETE FROM transactions
        WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
           OR customer_id IN (SELECT email FROM erased_people)
    """,
    "interactions": """
        DELETE FROM interactions
        WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
           OR customer_id IN (SELECT email FROM erased_people)
    """,
    "recommendations": """
        DELETE FROM recommendations
        WHERE EXISTS (FROM erased_people AS people
                      JOIN recommendation_runs AS runs ON runs.dataset_id = people.dataset_id
                      WHERE runs.run_id = recommendations.run_id
                        AND people.customer_id = recommendations.customer_id)
    """,
    "recommendation_shortfalls": """
        DELETE FROM recommendation_shortfalls
        WHERE EXISTS (FROM erased_people AS people
                      JOIN recommendation_runs AS runs ON runs.dataset_id = people.dataset_id
                      WHERE runs.run_id = recommendation_shortfalls.run_id
                        AND people.customer_id = recommendation_shortfalls.customer_id)
    """,
    "campaign_products": """
        DELETE FROM campaign_products
        WHERE EXISTS (FROM erased_people AS people
                      JOIN campaigns ON campaigns.dataset_id = people.dataset_id
                      WHERE campaigns.campaign_id = campaign_products.campaign_id
                        AND people.customer_id = campaign_products.customer_id)
    """,
    "trigger_firings": """
        DELETE FROM trigger_firings
        WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
    """,
    "handed_firings": """
        UPDATE handed_firings
        SET customer_id = people.token, event_key = people.token, rendered_sha256 = ''
        FROM erased_people AS people
        WHERE handed_firings.dataset_id = people.dataset_id
          AND handed_firings.customer_id = people.customer_id
    """,
    "variant_channels": """
        UPDATE variant_channels SET customer_id = people.token
        FROM erased_people AS people
        JOIN campaigns ON campaigns.dataset_id = people.dataset_id
        JOIN variants ON variants.campaign_id = campaigns.campaign_id
        WHERE variant_channels.variant_id = variants.variant_id
          AND variant_channels.customer_id = people.customer_id
    """,
    "consents": """
        DELETE FROM consents
        WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
           OR customer_id IN (SELECT email FROM erased_people)
    """,
    "objections": """
        DELETE FROM objections
        WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
           OR customer_id IN (SELECT email FROM erased_people)
    """,
    "suppressions": """
        DELETE FROM suppressions
        WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
           OR customer_id IN (SELECT email FROM erased_people)
    """,
    "segment_members": """
        DELETE FROM segment_members
        WHERE EXISTS (FROM erased_people AS people
                      JOIN campaigns ON campaigns.dataset_id = people.dataset_id
                      WHERE campaigns.campaign_id = segment_members.campaign_id
                        AND people.customer_id = segment_members.customer_id)
    """,
    "assignments": """
        UPDATE assignments SET customer_id = people.token
        FROM erased_people AS people
        JOIN campaigns ON campaigns.dataset_id = people.dataset_id
        JOIN experiments ON experiments.campaign_id = campaigns.campaign_id
        WHERE assignments.experiment_id = experiments.experiment_id
          AND assignments.customer_id = people.customer_id
    """,
    "held_out": """
        UPDATE held_out SET customer_id = people.token
        FROM erased_people AS people
        JOIN campaigns ON campaigns.dataset_id = people.dataset_id
        JOIN experiments ON experiments.campaign_id = campaigns.campaign_id
        WHERE held_out.experiment_id = experiments.experiment_id
          AND held_out.customer_id = people.customer_id
    """,
    "deliveries": """
        UPDATE deliveries SET customer_id = people.token, rendered_sha256 = ''
        FROM erased_people AS people
        JOIN campaigns ON campaigns.dataset_id = people.dataset_id
        JOIN experiments ON experiments.campaign_id = campaigns.campaign_id
        WHERE deliveries.experiment_id = experiments.experiment_id
          AND deliveries.customer_id = people.customer_id
    """,
    "engagements": """
        UPDATE engagements SET customer_id = people.token
        FROM erased_people AS people
        JOIN campaigns ON campaigns.dataset_id = people.dataset_id
        JOIN experiments ON experiments.campaign_id = campaigns.campaign_id
        WHERE engagements.experiment_id = experiments.experiment_id
          AND engagements.customer_id = people.customer_id
    """,
    "outreach_events": """
        UPDATE outreach_events
        SET prospect_id = people.token, event_id = sha256(event_id || people.token),
            reply_sha256 = NULL
        FROM erased_people AS people
        WHERE outreach_events.dataset_id = people.dataset_id
          AND outreach_events.prospect_id = people.customer_id
    """,
    "outreach_messages": """
        UPDATE outreach_messages
        SET prospect_id = people.token, reason = '', fact_ids = NULL, subject = NULL, body = NULL,
            call_to_action = NULL, link = NULL, footer = NULL, content_sha256 = NULL
        FROM erased_people AS people
        WHERE outreach_messages.dataset_id = people.dataset_id
          AND outreach_messages.prospect_id = people.customer_id
    """,
    "outreach_candidates": """
        DELETE FROM outreach_candidates
        WHERE EXISTS (FROM erased_people AS people
                      JOIN outreach_runs AS runs ON runs.dataset_id = people.dataset_id
                      WHERE runs.run_id = outreach_candidates.run_id
                        AND people.customer_id = outreach_candidates.prospect_id)
    """,
    "voice_assets": """
        UPDATE voice_assets
        SET person_id = people.token, reason = '', script_sha256 = '', file_name = NULL,
            sha256 = NULL, files = '{}'
        FROM erased_people AS people
        JOIN campaigns ON campaigns.dataset_id = people.dataset_id
        JOIN voice_runs AS runs ON runs.campaign_id = campaigns.campaign_id
        WHERE voice_assets.run_id = runs.run_id
          AND voice_assets.person_id = people.customer_id
    """,
    "outreach_sends": """
        UPDATE outreach_sends
        SET prospect_id = people.token, account = people.token, content_sha256 = ''
        FROM erased_people AS people
        WHERE outreach_sends.dataset_id = people.dataset_id
          AND outreach_sends.prospect_id = people.customer_id
    """,
    "sequence_changes": """
        UPDATE sequence_changes SET prospect_id = people.token
        FROM erased_people AS people
        WHERE sequence_changes.dataset_id = people.dataset_id
          AND sequence_changes.prospect_id = people.customer_id
    """,
    "outreach_stops": """
        DELETE FROM outreach_stops
        WHERE scope = 'person'
          AND (dataset_id, subject) IN (SELECT (dataset_id, customer_id) FROM erased_people)
    """,
    "prospect_signals": """
        DELETE FROM prospect_signals
        WHERE (dataset_id, prospect_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
    """,
    "prospect_facts": """
        DELETE FROM prospect_facts
        WHERE (dataset_id, prospect_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
    """,
    "routings": """
        DELETE FROM routings
        WHERE (dataset_id, prospect_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
    """,
    "reading_corrections": """
        DELETE FROM reading_corrections
        WHERE (dataset_id, prospect_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
    """,
    "prospects": """
        DELETE FROM prospects
        WHERE (dataset_id, prospect_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
    """,
    "customers": """
        DELETE FROM customers
        WHERE (dataset_id, customer_id) IN (SELECT (dataset_id, customer_id) FROM erased_people)
    """,
})  # fmt: skip
"""By table, what takes a person out of it; ``customers`` last, because the others look there."""
