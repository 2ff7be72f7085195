"""Template code of sending tools in a stored text: the tool would run what nobody screened."""

from __future__ import annotations

import pytest

from personalization.domain import Decision
from personalization.safety import screen
from tests.safety.scripted import CONTEXT, POLICY, Scripted, message


def residue(field: str, text: str) -> set[Decision]:
    outcome = screen(message(**{field: text}), CONTEXT, Scripted(), POLICY)
    rules = ("merge.unresolved", "injection.markup")
    return {finding.action for finding in outcome.findings if finding.rule in rules}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('Hello %%=Lookup("people", "name")=%% there', id="AMPscript, inline"),
        pytest.param("%%=v(@name)=%%", id="AMPscript, a variable"),
        pytest.param("%%[ set @a = 1 ]%% Hello", id="AMPscript, a block"),
        pytest.param("%%[\nVAR @n\n]%%\nHello", id="AMPscript, a block of several lines"),
        pytest.param("Hello %%=v(@n", id="AMPscript, left open"),
        pytest.param("v(@n)=%%", id="AMPscript, closed only"),
        pytest.param("%%First Name%%", id="Marketing Cloud, a field"),
        pytest.param("{% if city %}York{% endif %}", id="Liquid, a condition"),
        pytest.param("{{ city | default: 'York' }}", id="Liquid, like a tag of ours"),
        pytest.param("{{ ${city} }}", id="Braze"),
        pytest.param("*|FNAME|*", id="Mailchimp, a field"),
        pytest.param("*|IF:CITY|*York*|END:IF|*", id="Mailchimp, a condition"),
        pytest.param("{{ contact.firstname }}", id="HubSpot, a property"),
        pytest.param("{{ personalization_token('contact.city', 'York') }}", id="HubSpot"),
        pytest.param("{% personalization_token 'contact.city' %}", id="HubSpot, a statement"),
        pytest.param("{!Contact.FirstName}", id="Salesforce"),
        pytest.param("<%= recipient.firstName %>", id="Adobe Campaign"),
        pytest.param("%recipient.name%", id="Mailgun"),
        pytest.param("[firstname,fallback=friend]", id="Campaign Monitor"),
        pytest.param("[%first_name | friend%]", id="Emma"),
    ],
)
def test_template_code_of_a_sending_tool_is_blocked(text: str) -> None:
    assert Decision.BLOCK in residue("body", text)
    assert Decision.BLOCK in residue("subject", text.replace("\n", " "))


@pytest.mark.parametrize(
    "text",
    [
        "Hello {{first_name|there}}, it is warm in {{ city | your town }}.",
        "100% wool, of which 50% is new = 5% more than last year.",
        "By default, it is off.",
        "Rated 4.5 of 5 [see below].",
        "10% of 20% of 30%",
    ],
)
def test_what_only_looks_like_template_code_passes(text: str) -> None:
    assert residue("body", text) == set()
