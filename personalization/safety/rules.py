"""The rules by name: a new one is written in its module, named here and in ``policy.toml``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision, Finding
from personalization.safety import (
    channels,
    endorsements,
    figures,
    footers,
    house,
    html_parts,
    imprints,
    links,
    personal_data,
    plainness,
    product_names,
    promises,
    prospects,
    residue,
    signs,
    subjects,
    wording,
)
from personalization.safety.reading import folded, undisguised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from personalization.safety.html_reading import HtmlPart
    from personalization.safety.policy import Policy, Rule
    from personalization.safety.reading import Check, Context, Hit

    MailCheck = Callable[[Mapping[str, str], Rule, Context], Iterator[Hit]]
    HtmlCheck = Callable[[HtmlPart, str, Rule, Context], Iterator[Hit]]

_PROSE: Final = frozenset(("subject", "preheader", "body", "call_to_action"))
_ALL: Final = _PROSE | {"link", "footer"}

# What each field of a message is read for.
FIELD_RULES: Final[Mapping[str, tuple[Check, frozenset[str]]]] = MappingProxyType(
    {
        "overpromise.guarantee": (promises.guarantee, _ALL),
        "overpromise.superlative": (promises.superlative, _ALL),
        "overpromise.health": (promises.health, _ALL),
        "overpromise.financial": (promises.financial, _ALL),
        "urgency.pressure": (promises.pressure, _ALL),
        "claims.unsupported_number": (figures.unsupported_number, _PROSE),
        "claims.environment": (endorsements.environment, _PROSE),
        "claims.climate_neutral": (endorsements.climate_neutral, _PROSE),
        "testimonial.uncited": (endorsements.testimonial, _PROSE),
        "language.mismatch": (plainness.language, frozenset(("body",))),
        "language.readability": (plainness.readability, frozenset(("body",))),
        "subject.deceptive": (wording.deceptive_subject, frozenset(("subject",))),
        "spam.trigger": (wording.spam, _PROSE),
        "style.shouting": (wording.shouting, _PROSE | {"footer"}),
        "style.exclamation": (wording.exclamation, _PROSE | {"footer"}),
        "pii.email": (personal_data.email_address, _ALL),
        "pii.phone": (personal_data.phone_number, _ALL),
        "pii.payment_card": (personal_data.payment_card, _ALL),
        "pii.national_id": (personal_data.national_id, _ALL),
        "pii.customer_id": (personal_data.customer_id, _ALL),
        "privacy.sensitive_attribute": (personal_data.sensitive_attribute, _ALL),
        "privacy.creepy": (personal_data.creepy, _PROSE),
        "injection.markup": (residue.code, _ALL),
        "merge.unresolved": (residue.unfilled_field, _ALL),
        "residue.assistant": (residue.assistant, _PROSE | {"footer"}),
        "residue.markdown": (residue.markdown, _PROSE | {"footer"}),
        "url.not_allowed": (links.foreign_link, _ALL),
        "link.shortener": (links.shortener, _ALL),
        "unicode.obfuscation": (signs.obfuscation, _ALL),
        "brand.forbidden": (house.forbidden, _PROSE | {"footer"}),
        "brand.vocabulary": (house.vocabulary, _PROSE),
        "brief.must_not_say": (house.must_not_say, _PROSE | {"footer"}),
    }
)

# What the message is read for as a whole.
MESSAGE_RULES: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "footer.unsubscribe": footers.unsubscribe,
        "footer.postal_address": footers.postal_address,
        "footer.sender_identity": footers.sender_identity,
        "footer.imprint": imprints.imprint,
        "footer.opt_out_barrier": imprints.opt_out_barrier,
        "footer.no_reply": imprints.no_reply,
    }
)

# What fields are held against one another for, with the field that is at fault.
MAIL_RULES: Final[tuple[tuple[str, str, MailCheck], ...]] = (
    ("subject.unqualified_offer", "subject", subjects.unqualified_offer),
    ("subject.unsupported_claim", "subject", subjects.unsupported_claim),
    ("subject.form", "subject", subjects.form),
    ("subject.stop_words", "subject", subjects.stop_words),
    ("ad.recognisable", "subject", imprints.recognisable),
    ("url.not_allowed", "link", links.link_field),
    ("affiliate.undisclosed", "body", endorsements.undisclosed),
    ("affiliate.undisclosed", "link", endorsements.undisclosed_link),
    ("style.calls_to_action", "body", plainness.calls_to_action),
    ("style.length", "preheader", partial(plainness.length, field="preheader")),
    ("style.length", "body", partial(plainness.length, field="body")),
    ("style.length", "call_to_action", partial(plainness.length, field="call_to_action")),
    ("channel.length", "body", channels.length),
    ("channel.hashtags", "body", channels.hashtags),
    ("channel.link", "body", channels.link),
    ("prospect.uncited", "subject", partial(prospects.uncited, field="subject")),
    ("prospect.uncited", "body", partial(prospects.uncited, field="body")),
    ("channel.opt_out", "footer", channels.opt_out),
    ("channel.sender", "body", channels.sender),
)

# What they are held to without what stands in for customers' values: every reader has to see it.
OWN_RULES: Final[tuple[tuple[str, str, MailCheck], ...]] = (
    ("brief.must_say", "body", house.must_say),
)

# What the HTML part is read for, beside all that its words are read for.
HTML_RULES: Final[Mapping[str, HtmlCheck]] = MappingProxyType(
    {
        "injection.markup": html_parts.markup,
        "url.not_allowed": html_parts.foreign_address,
        "html.size": html_parts.size,
        "html.alt_text": html_parts.alt_text,
        "html.link_text": html_parts.link_text,
        "html.plain_text": html_parts.plain_text,
        "html.contrast": html_parts.contrast,
        "html.language": html_parts.declared_language,
    }
)

# What a value is read for that comes from a customer's row, before it is used.
VALUE_RULES: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "injection.prompt": residue.orders,
        "injection.markup": residue.markup,
        "unicode.obfuscation": signs.obfuscation,
    }
)

# What a product's name and family are read for as well: what no writer may say, no catalogue may.
# Rules of style, of letters (footer, links, subject) and of the house's own words are not for them.
PRODUCT_RULES: Final[Mapping[str, Check]] = MappingProxyType(
    {
        **VALUE_RULES,
        "overpromise.guarantee": promises.guarantee,
        "overpromise.superlative": product_names.superlative,
        "overpromise.health": promises.health,
        "overpromise.financial": promises.financial,
        "urgency.pressure": promises.pressure,
        "claims.climate_neutral": endorsements.climate_neutral,
        "product.offer": product_names.offer,
    }
)

# What a passage of a source is read for, before it is used; it may have several lines.
PASSAGE_RULES: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "injection.prompt": residue.orders_in_passage,
        "injection.markup": residue.code,
        "unicode.obfuscation": signs.obfuscation,
    }
)

CELL_RULES: Final[Mapping[str, Check]] = MappingProxyType({"csv.formula": signs.formula})

# Rules that look at the very signs, so that nothing may be made plain before.
_AS_IT_STANDS: Final = frozenset(("unicode.obfuscation", "csv.formula", "residue.markdown"))

# Rules that also read what a text says under a disguise (gu4ranteed, r i s k).
_UNDISGUISED: Final = frozenset((
    "overpromise.guarantee", "overpromise.superlative", "overpromise.health",
    "overpromise.financial", "urgency.pressure", "subject.deceptive", "spam.trigger", "pii.email",
    "privacy.sensitive_attribute", "privacy.creepy", "merge.unresolved", "claims.environment",
    "claims.climate_neutral", "residue.assistant", "brand.forbidden", "brief.must_not_say",
    "product.offer",
))  # fmt: skip


def findings_of(
    name: str, check: Check, field: str, text: str, *, policy: Policy, context: Context
) -> Iterator[Finding]:
    """Run one rule on one text; a rule that crashes is an error, and an error blocks.

    A rule that the policy has switched off finds nothing.
    """

    def look(rule: Rule) -> Iterator[Hit]:
        read = text if name in _AS_IT_STANDS else folded(text)
        hits = list(check(read, rule, context))
        if name in _UNDISGUISED and not any(hit.action is None for hit in hits):
            hits = list(_disguised_hits(check, read, rule, context)) or hits
        return iter(hits)

    return _findings(name, field, text, policy, look)


def mail_findings(
    texts: Mapping[str, str], own: Mapping[str, str], *, policy: Policy, context: Context
) -> Iterator[Finding]:
    """Hold the fields of a message against one another.

    Args:
        texts: Of every field, by its name.
        own: Likewise, as long, without what stands in for customers' values.
        policy: Rules in force.
        context: What the message is judged against.
    """
    for rules, told in ((MAIL_RULES, texts), (OWN_RULES, own)):
        read = {field: folded(text) for field, text in told.items()}
        for name, field, check in rules:
            if not context.is_mail and name.startswith("subject."):
                continue  # elsewhere it is a heading, which no inbox cuts or weighs
            look = partial(_looked_at, check, read, context)
            yield from _findings(name, field, texts[field], policy, look)


def html_findings(
    part: HtmlPart, plain: str, *, policy: Policy, context: Context
) -> Iterator[Finding]:
    """Look at what an HTML part is made of.

    Args:
        part: As it is read.
        plain: The plain-text part beside it.
        policy: Rules in force.
        context: What the message is judged against.
    """
    for name, check in HTML_RULES.items():
        look = partial(_html_looked_at, check, part, plain, context)
        yield from _findings(name, "html", part.source, policy, look)


def _looked_at(
    check: MailCheck, texts: Mapping[str, str], context: Context, rule: Rule
) -> Iterator[Hit]:
    return check(texts, rule, context)


def _html_looked_at(
    check: HtmlCheck, part: HtmlPart, plain: str, context: Context, rule: Rule
) -> Iterator[Hit]:
    return check(part, plain, rule, context)


def _findings(
    name: str, field: str, text: str, policy: Policy, look: Callable[[Rule], Iterator[Hit]]
) -> Iterator[Finding]:
    if name in policy.off:
        return
    try:
        rule = policy.rules[name]
        hits = list(look(rule))
        hits += _let_pass(rule, hits, look)
    except Exception as error:  # noqa: BLE001
        yield crashed(name, field, error)
        return
    for hit in hits:
        yield _finding(rule, hit, field, text)


def _let_pass(rule: Rule, hits: list[Hit], look: Callable[[Rule], Iterator[Hit]]) -> list[Hit]:
    """Return what a blocking rule finds as it ships and the team's words let pass: for review."""
    if rule.shipped is None:
        return []
    found = [hit for hit in hits if (hit.action or rule.action).rank >= Decision.REVIEW.rank]
    return [
        replace(hit, action=Decision.REVIEW, detail=f"{hit.detail} {_EXCUSED}".strip())
        for hit in look(rule.shipped)
        if (hit.action or rule.shipped.action).rank >= Decision.REVIEW.rank
        and not any(o.start <= hit.end and hit.start <= o.end for o in found)
    ]


_EXCUSED: Final = "Your own policy lets it pass, and the words that ship do not."


def _disguised_hits(check: Check, text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    read = undisguised(text)
    if read is None:
        return
    for hit in check(read.text, rule, context):
        start, end = read.span(hit.start, hit.end)
        yield replace(hit, start=start, end=end, detail=f"{hit.detail} It is disguised.".strip())


def crashed(name: str, field: str, error: Exception) -> Finding:
    """Return the finding that stands for a check that could not be made."""
    message = f"This check failed ({type(error).__name__}: {error}), so nothing may go out."
    advice = "Screen again; if it fails once more, tell whoever runs the app."
    return Finding(name, Decision.ERROR, 6, field, 0, 0, "", message, advice)


def _finding(rule: Rule, hit: Hit, field: str, text: str) -> Finding:
    action = hit.action or rule.action
    words = text[hit.start : hit.end]
    return Finding(
        rule=rule.name,
        action=action,
        severity=rule.severity if action is rule.action else min(rule.severity, 2),
        field=field,
        span_start=hit.start,
        span_end=hit.end,
        text=masked(words) if hit.is_private else words,
        message=f"{rule.message} {hit.detail}".strip(),
        advice=rule.advice,
    )


def masked(words: str) -> str:
    """Return private words with all but their first and last two signs hidden.

    Example:
        >>> masked("ann@example.org")
        'an***********rg'
    """
    shown = 2
    return words[:shown] + "*" * max(len(words) - 2 * shown, 0) + words[-shown:]
