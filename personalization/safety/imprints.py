"""What the countries of the readers want to know about the sender, and how people get out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from personalization.addresses import is_allowed
from personalization.safety.footers import signs_of
from personalization.safety.jurisdictions import asked_for
from personalization.safety.reading import EMAIL, URL, Hit, pattern_hits, spans_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context

_BOX: Final = re.compile(
    r"\b(?:p\.? ?o\.? ?box|postfach|boîte postale|b\.?p\.? \d|apartado(?: de correos)?|postbus"
    r"|casella postale)\b",
    re.IGNORECASE,
)
_STREET: Final = re.compile(r"\d")
_IMPRINT: Final = re.compile(
    r"\b(?:impressum|imprint|legal notice|mentions légales|aviso legal|note legali|colofon)\b",
    re.IGNORECASE,
)
_NEAR: Final = 80  # characters between the word and its link
_REPRESENTED: Final = re.compile(
    r"\b(?:represented by|(?:managing )?directors?|geschäftsführe(?:r|rin|rinnen|ung)"
    r"|vertreten durch|vorstand|inhaber(?:in)?|owner|proprietor|gérante?|représentée? par"
    r"|représentant légal|representante|administrador(?:a|es)?"
    r"|amministrat\w+|directeur|bestuurder) ?:? ?\w{2,}",
    re.IGNORECASE,
)
_REGISTERED: Final = re.compile(
    r"\b(?:HR[AB]|FN|RCS|SIREN|SIRET|KvK|KBO|REA|CHE|registro mercantil|registered(?: in [\w ]+)?"
    r"|companies house|company (?:no|number|reg\w*)|register(?:nummer)?|reg(?:istration)? no)\b"
    r"\W{0,4}(?:\w+\W{1,3}){0,4}?\w*\d",
    re.IGNORECASE,
)
_VAT: Final = re.compile(
    r"\b(?:vat|ust(?:-?id(?:-?nr)?)?|uid|tva|btw|iva|p\.? ?iva|nif|cif)\b\W{0,6}"
    r"(?:\w+\W{1,3}){0,3}?[a-z]{0,3} ?\d",
    re.IGNORECASE,
)
_ON_BEHALF: Final = ("on behalf of", "im Auftrag von", "pour le compte de", "en nombre de")


def imprint(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find a message that lacks what one of its readers' countries wants to know of the sender.

    Looks at nothing where no countries are known.  What a text need not repeat, because a link
    beside the word imprint leads to it, is left to that page.
    """
    if not context.require_footer:
        return
    missing = {
        part: countries
        for part, countries in asked_for(rule, context.jurisdictions, "parts").items()
        if part not in _PARTS or not _PARTS[part][1](text, context)
    }
    for part, countries in missing.items():
        name, _ = _PARTS.get(part, (part, None))
        yield Hit(len(text), len(text), f"{', '.join(countries)}: {name}.")


def _has_street(_: str, context: Context) -> bool:
    return bool(_STREET.search(context.sender_address)) and not _BOX.search(context.sender_address)


def _has_contact(text: str, context: Context) -> bool:
    own = {address.casefold() for address in context.own_emails}
    if any(m[0].casefold().rstrip(".") in own for m in EMAIL.finditer(text)):
        return True
    numbers = (re.sub(r"\D", "", number)[-9:] for number in context.own_phones)
    digits = re.sub(r"\D", "", text)
    return any(number and number in digits for number in numbers)


def _has_representatives(text: str, context: Context) -> bool:
    if context.representatives:
        signs = signs_of(text)
        if all(signs_of(name) in signs for name in context.representatives):
            return True
    return _has_imprint_link(text, context) or (
        not context.representatives and bool(_REPRESENTED.search(text))
    )


def _has_register(text: str, context: Context) -> bool:
    return _states(text, context.register_number, _REGISTERED) or _has_imprint_link(text, context)


def _has_vat_id(text: str, context: Context) -> bool:
    return _states(text, context.vat_id, _VAT) or _has_imprint_link(text, context)


def _states(text: str, own: str, written: re.Pattern[str]) -> bool:
    return signs_of(own) in signs_of(text) if own else bool(written.search(text))


def _has_imprint_link(text: str, context: Context) -> bool:
    words = [m.span() for m in _IMPRINT.finditer(text)]
    links = [m.start() for m in URL.finditer(text) if is_allowed(m[0], context.allowed_domains)]
    return any(abs(at - edge) <= _NEAR for at in links for span in words for edge in span)


def _names_principal(text: str, context: Context) -> bool:
    principal = signs_of(context.on_behalf_of)
    signs = signs_of(text)
    return not principal or any(signs_of(words) + principal in signs for words in _ON_BEHALF)


_PARTS: Final[dict[str, tuple[str, Callable[[str, Context], bool]]]] = {
    "street": ("a street address, no P.O. box", _has_street),
    "contact": ("an e-mail address or telephone number of your own", _has_contact),
    "representatives": ("who represents the company", _has_representatives),
    "register": ("register and number", _has_register),
    "vat_id": ("VAT identification number", _has_vat_id),
    "on_behalf": ("on whose behalf it is sent", _names_principal),
}


def opt_out_barrier(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find a log-in, a fee or a letter that stands between the reader and the way out."""
    if context.require_footer:
        yield from pattern_hits(text, rule)


def no_reply(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find a sender who does not want to be answered."""
    return pattern_hits(text, rule)


def recognisable(texts: Mapping[str, str], rule: Rule, context: Context) -> Iterator[Hit]:
    """Find a message that looks private, or lacks the label that a country asks for.

    A call to action, the sender's name in the text or a word of trade make its nature clear.
    """
    if not context.require_footer:
        return
    for label, countries in asked_for(rule, context.jurisdictions, "label").items():
        if label.casefold() not in texts["subject"].casefold():
            yield Hit(0, 0, f"{', '.join(countries)}: {label}.")
    prose = f"{texts['subject']}\n{texts['preheader']}\n{texts['body']}"
    is_named = signs_of(context.sender_name) in signs_of(prose) if context.sender_name else False
    if not (is_named or texts["call_to_action"] or spans_of(rule.patterns, prose)):
        yield Hit(0, 0)
