"""Untrusted inputs: customers' values, approved passages and the brief, before they are used.

A value that gives orders to a language model, holds code or hides signs is held back: the message
has the field's fallback in its place.  A product's name or family is held to the promises, offers
and abuse that no writer may write as well; such a product is not shown.  Such a passage is not
said, and such a part of a brief is not told to the writer.  Prompt Shields is asked beside the
rules where the policy wants it; what it could not be asked about is held back as well.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from personalization.domain import Decision
from personalization.safety.input_records import (
    BRIEF,
    FIELD,
    HELD,
    PASSAGE,
    InputCheck,
    InputFinding,
    known,
    write,
)
from personalization.safety.policy import read_policy
from personalization.safety.prefilter import DISGUISED, PLAIN, words_needed
from personalization.safety.product_names import harmful_words
from personalization.safety.reading import Context
from personalization.safety.rules import PASSAGE_RULES, PRODUCT_RULES, VALUE_RULES, findings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from personalization.domain import Finding
    from personalization.providers.protocols import Shield
    from personalization.safety.policy import Policy
    from personalization.safety.reading import Check
    from personalization.store import Store

SHIELD: Final = "injection.shield"
"""The rule under which an answer of Prompt Shields stands."""

RULES: Final = "rules"
PRODUCT_FIELDS: Final = ("product name", "product category")
"""Fields whose values are held to what a writer's words are held to."""

_AUTHORED: Final = (
    "goal", "key_message", "audience", "must_say", "must_not_say", "call_to_action"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InputText:
    """One text that is to be used.

    Attributes:
        ref: The passage or campaign it belongs to, or the dataset.
        field: Which part of it, or which column.
        text: As it stands.
        customers: How many customers have it.
        is_usable: Whether it would be used if nothing were found, and Prompt Shields could find
            anything in it.
        is_plain: Whether it has nothing that a pattern needs, so that only words of harm count.
    """

    ref: str
    field: str
    text: str
    customers: int = 0
    is_usable: bool = True
    is_plain: bool = False

    @property
    def key(self) -> str:
        """Return what the text is known by; ``input_key`` in SQL is its twin."""
        return hashlib.sha256(f"input\x1f{self.text}".encode()).hexdigest()

    @property
    def place(self) -> tuple[str, str, str]:
        """Return what a finding about the text has in common with it."""
        return self.ref, self.field, self.key


_VALUES = """
    WITH fields AS (
        SELECT 'first_name' AS field, first_name AS value FROM customers
        WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT 'city' AS field, city AS value FROM customers WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT 'country' AS field, country AS value FROM customers WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT 'favourite_category' AS field, favourite_category AS value FROM customers
        WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT 'tier' AS field, tier AS value FROM customers WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT unnest(['first_name', 'full_name', 'company', 'city', 'industry', 'title']),
               unnest([first_name, full_name, company, city, industry, title])
        FROM prospects WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT 'fact', text FROM prospect_facts WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT 'product name' AS field,
               unnest(list_distinct([name, trim(regexp_replace(name, '\\s+', ' ', 'g'))])) AS value
        FROM products WHERE dataset_id = $dataset_id
        UNION ALL
        SELECT 'product category' AS field, unnest(list_distinct([category, trim(category)]))
        FROM products WHERE dataset_id = $dataset_id
    ), told AS MATERIALIZED (
        SELECT field, value, count(*) AS customers FROM fields WHERE value <> ''
        GROUP BY field, value
    )
    SELECT '' AS field, '' AS value, count(*) AS customers, false AS is_usable, true AS is_plain
    FROM told
    UNION ALL
    SELECT field, value, customers, is_odd AND said <> '' AS is_usable,
           NOT is_odd AND NOT regexp_matches(lower(value), $claims) AS is_plain
    FROM (
        SELECT *, starts_with(field, 'product ') AS is_product,
               fit_value(value, CASE WHEN is_product THEN 160
                                     WHEN field = 'fact' THEN 120 ELSE 60 END) AS said,
               NOT regexp_full_match(value, $plain) OR regexp_matches(value, $disguised)
               OR regexp_matches(lower(value), $words) AS is_odd
        FROM told
    ) AS judged
    WHERE is_odd OR is_product
    ORDER BY field, value
"""


def check_customers(
    store: Store, policy: Policy, dataset_id: str, *, actor: str, shield: Shield | None = None
) -> InputCheck:
    """Hold every value that a message may address against the rules; each value once.

    Only values with a sign or a word that a rule needs leave the engine, and what products are
    called.  Running it twice writes nothing the second time.
    """
    (_, _, n_values, *_), *doubtful = store.read(
        _VALUES, dataset_id=dataset_id, plain=PLAIN, disguised=DISGUISED,
        words=_words_of(policy, VALUE_RULES), claims=_words_of(policy, PRODUCT_RULES),
    )  # fmt: skip
    texts = [InputText(dataset_id, *row) for row in doubtful]
    return _checked(
        store, policy, texts, what=FIELD, ref=dataset_id, n_texts=n_values, actor=actor,
        shield=shield,
    )  # fmt: skip


def _words_of(policy: Policy, names: Iterable[str]) -> str:
    rules = [policy.rules[name] for name in names if name in policy.rules]
    rules += [rule.shipped for rule in rules if rule.shipped]
    return words_needed(pattern for rule in rules for pattern in rule.patterns)


_PROFILES = """
    SELECT DISTINCT $campaign_id AS ref, field, told FROM (
        SELECT 'top_categories' AS field, json_extract_string(profile, '$.top_categories') AS told
        FROM segments WHERE campaign_id = $campaign_id
        UNION ALL
        SELECT 'top_countries' AS field, json_extract_string(profile, '$.top_countries') AS told
        FROM segments WHERE campaign_id = $campaign_id)
    WHERE told <> ''
    ORDER BY field, told
"""


def check_profiles(
    store: Store, policy: Policy, campaign_id: str, *, actor: str, shield: Shield | None = None
) -> InputCheck:
    """Hold what customers' values say of their segment, as a writer is told, against the rules."""
    texts = [InputText(*row) for row in store.read(_PROFILES, campaign_id=campaign_id)]
    return _checked(
        store, policy, texts, what=FIELD, ref=campaign_id, n_texts=len(texts), actor=actor,
        shield=shield,
    )  # fmt: skip


_PASSAGES = """
    WITH said AS (
        SELECT passage_id, string_agg(text, chr(10) ORDER BY position) AS statements,
               string_agg(array_to_string(CAST(alternates AS VARCHAR[]), chr(10)), chr(10)
                          ORDER BY position) AS alternates
        FROM statements GROUP BY passage_id
    )
    SELECT passages.passage_id, 'text' AS field,
           concat_ws(chr(10), documents.title,
                     array_to_string(CAST(documents.subject_lines AS VARCHAR[]), chr(10)),
                     passages.text, said.statements, said.alternates) AS text
    FROM passages
    JOIN current_documents AS documents
        ON documents.document_id = passages.document_id AND documents.version = passages.version
    LEFT JOIN said ON said.passage_id = passages.passage_id
    ORDER BY passages.passage_id
"""


def check_passages(
    store: Store, policy: Policy, *, actor: str, shield: Shield | None = None
) -> InputCheck:
    """Hold every passage against the rules, with its title, subject lines and statements."""
    texts = [InputText(*row) for row in store.read(_PASSAGES)]
    return _checked(
        store, policy, texts, what=PASSAGE, ref="", n_texts=len(texts), actor=actor, shield=shield
    )


_BRIEF = "SELECT brief FROM campaigns WHERE campaign_id = $campaign_id"


def check_brief(
    store: Store, policy: Policy, campaign_id: str, *, actor: str, shield: Shield | None = None
) -> InputCheck:
    """Hold what the marketer wrote for the writer against the rules.

    A brief is an order to the writer by its nature, so words that sound like one are noted only.
    """
    row = store.read_one(_BRIEF, campaign_id=campaign_id)
    brief = json.loads(row[0]) if row else {}
    told = [(name, _in_lines(brief.get(name))) for name in _AUTHORED]
    texts = [InputText(campaign_id, name, text) for name, text in told if text.strip()]
    return _checked(
        store, policy, texts, what=BRIEF, ref=campaign_id, n_texts=len(texts), actor=actor,
        shield=shield,
    )  # fmt: skip


def _in_lines(value: Any) -> str:  # noqa: ANN401
    return "\n".join(value) if isinstance(value, list) else str(value or "")


def unsafe_lines(lines: Iterable[str], policy: Policy) -> list[tuple[str, str]]:
    """Name the lines that hold code, hidden signs or orders to a language model, and why."""
    return [
        (line, reason)
        for line in lines
        for _, decision, reason in _hits(policy.overlay, PASSAGE, line)
        if decision in HELD
    ]


def _checked(
    store: Store,
    policy: Policy,
    texts: list[InputText],
    *,
    what: str,
    ref: str,
    n_texts: int,
    actor: str,
    shield: Shield | None,
) -> InputCheck:
    before = known(store, what, ref)
    found = [finding for text in texts for finding in _by_rules(policy, what, text)]
    stopped = {f.place for f in found if f.decision in HELD}
    rest = [text for text in texts if text.is_usable and text.place not in stopped]
    found += _by_shield(shield, rest, before) if shield else ()
    held = {f.place for f in found if f.decision in HELD}
    unasked = sum(1 for f in found if f.rule == SHIELD and f.decision is Decision.ERROR)
    engine = f"{RULES}, {shield.name} {shield.version}" if shield else RULES
    check = InputCheck(what, ref, n_texts, len(texts), len(held), unasked, engine)
    write(store, policy.version, check, before, found, actor=actor)
    return check


def _by_rules(policy: Policy, what: str, text: InputText) -> Iterator[InputFinding]:
    is_product = what == FIELD and text.field in PRODUCT_FIELDS
    hits = (
        _product_hits(policy.overlay, text.text, is_plain=text.is_plain)
        if is_product
        else _hits(policy.overlay, what, text.text)
    )
    for rule, decision, reason in hits:
        if what == BRIEF and rule == "injection.prompt" and decision is not Decision.ERROR:
            decision = Decision.WARN  # noqa: PLW2901
        yield InputFinding(
            text.ref, text.field, text.key, rule, RULES, decision, reason, text.customers
        )


@lru_cache(maxsize=4096)
def _hits(overlay: str, what: str, text: str) -> tuple[tuple[str, Decision, str], ...]:
    """Return rule, decision and reason of what is found in a text, each rule once."""
    return _worst(_found(overlay, VALUE_RULES if what == FIELD else PASSAGE_RULES, what, text))


@lru_cache(maxsize=65_536)  # a catalogue is judged once, however many campaigns ask
def _product_hits(
    overlay: str, text: str, *, is_plain: bool
) -> tuple[tuple[str, Decision, str], ...]:
    """Return likewise what is found in a product's name or family."""
    found = () if is_plain else _found(overlay, PRODUCT_RULES, FIELD, text)
    return _worst((*found, *harmful_words(FIELD, text, read_policy(overlay))))


def _found(overlay: str, rules: Mapping[str, Check], what: str, text: str) -> Iterator[Finding]:
    policy, context = read_policy(overlay), Context()
    for name, check in rules.items():
        yield from findings_of(name, check, what, text, policy=policy, context=context)


def _worst(found: Iterable[Finding]) -> tuple[tuple[str, Decision, str], ...]:
    worst = {f.rule: f for f in sorted(found, key=lambda f: f.action.rank)}
    return tuple((rule, f.action, f.message) for rule, f in worst.items())


def _by_shield(
    shield: Shield, texts: list[InputText], before: Iterable[InputFinding]
) -> Iterator[InputFinding]:
    """Ask about each text that was not answered for yet; without an answer it is held back."""
    engine = f"{shield.name} {shield.version}"
    answered: dict[str, Decision] = {
        f.key: f.decision
        for f in before
        if (f.rule, f.engine) == (SHIELD, engine) and f.decision is not Decision.ERROR
    }
    new = {text.key: text.text for text in texts if text.key not in answered}
    failure = ""
    try:
        attacks = shield.find_attacks(tuple(new.values())) if new else ()
        answers = [_ANSWERS[is_attack] for is_attack in attacks]
        answered |= dict(zip(new, answers, strict=True))  # all of them, or none
    except Exception as error:  # noqa: BLE001
        failure = f" {error}"
    for text in texts:
        decision = answered.get(text.key, Decision.ERROR)
        reason = _REASONS[decision] + failure * (decision is Decision.ERROR)
        yield InputFinding(
            text.ref, text.field, text.key, SHIELD, engine, decision, reason, text.customers
        )


_ANSWERS: Final[Mapping[bool, Decision]] = {True: Decision.BLOCK, False: Decision.PASS}
_REASONS: Final[Mapping[Decision, str]] = {
    Decision.BLOCK: "Prompt Shields takes this for an attack on the writer.",
    Decision.PASS: "",
    Decision.ERROR: "Prompt Shields could not be asked about this.",
}
