"""The nouns of the product, as immutable values.

There is one object per segment, passage, variant, claim or arm, and never one per customer:
customers live in the store and are moved by whole-table statements.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date


class Decision(StrEnum):
    """What a check, a claim or a whole screening came to, from harmless to worst."""

    PASS = "pass"  # noqa: S105
    WARN = "warn"
    REVIEW = "review"
    BLOCK = "block"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Return 0 for a pass up to 4 for an error, so that the worst can be taken."""
        return list(Decision).index(self)


CONTROL: Final = "control"
"""The arm that gets the human-written control text."""

HOLDOUT: Final = "holdout"
"""The arm that gets nothing."""

CONSENT_BASES: Final = (
    "express",
    "double_opt_in",
    "soft_opt_in",
    "implied_purchase",
    "implied_enquiry",
    "corporate",
    "legitimate_interest",
    "withdrawn",
)
"""On what somebody may be written to, as the register of consents calls it."""

PROGRAMS: Final = ("system", "command line", "pipeline")
"""Names under which the product itself works; nobody can be asked under them."""


def person_key(name: str) -> str:
    """Return the form in which names are compared: ``Mia`` and `` mia `` are one person."""
    seen = "".join(sign for sign in name if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen).casefold().split())


def is_same_person(one: str | None, other: str | None) -> bool:
    """Tell whether two names are the same person; nobody is the same as nobody."""
    return one is not None and other is not None and person_key(one) == person_key(other)


def is_program(name: str) -> bool:
    """Tell whether a name is one of those under which the product itself works."""
    return person_key(name) in PROGRAMS


def other_people(names: Iterable[str], actor: str) -> list[str]:
    """Return one spelling of each person in ``names``; ``actor`` and programs are left out."""
    found = {person_key(name): name for name in sorted(names, reverse=True)}
    return sorted(
        name
        for key, name in found.items()
        if key and key != person_key(actor) and key not in PROGRAMS
    )


MERGE_FIELDS: Final = ("first_name", "city", "country", "favourite_category", "tier")
"""Columns of ``customers`` that a message may address, in the order in which SQL fills them."""

STRATEGIES: Final = (
    "for_you",
    "bought_together",
    "similar",
    "upsell",
    "cross_sell",
    "buy_again",
    "abandoned",
    "popular",
)
"""How products are chosen for a customer; ``popular`` also fills what the others leave."""

PRODUCT_FIELDS: Final = ("name", "price", "reason", "category", "link")
"""What a message may say of a product: ``{{product_1.name}}``, ``{{product_2.price}}``."""

MOST_PRODUCTS: Final = 4
"""Products that one message may name."""

OUTREACH_CHANNELS: Final = (
    "cold_email",
    "linkedin_note",
    "linkedin_inmail",
    "x_message",
    "sms",
    "video_script",
    "call_snippet",
)
"""Where a prospect is written or spoken to; their rules are in ``channels.toml`` of outreach."""

ROLES: Final = (
    "c_suite",
    "sales",
    "marketing",
    "product",
    "technical",
    "finance",
    "operations",
    "people",
    "customer_success",
    "other",
)
"""What a prospect's job is about, as messages speak to it."""

SENIORITIES: Final = ("c_level", "vp", "director", "manager", "ic", "assistant", "unknown")
"""How high a prospect's job is, from the top."""

MOTIONS: Final = ("suppress", "partner", "nurture", "enterprise", "sales_assist", "plg")
"""How a prospect is worked, in the order in which the rules are asked."""

OUTREACH_TONES: Final = ("professional", "friendly", "direct", "casual")
"""How a message to a prospect sounds; ``tone_rules`` of a strategy weigh these."""

OUTREACH_ANGLES: Final = ("outcome", "proof", "news", "technical", "peer", "offer")
"""What a message to a prospect leads with; ``content_rules`` of a strategy weigh these."""

LENGTHS: Final = ("short", "standard")
"""How long a message to a prospect is, within what its channel takes."""

OUTREACH_KINDS: Final = ("opening", "follow_up", "closing")
"""Steps of a conversation with a prospect that wants texts of its own."""

MOST_VARIATIONS: Final = 12
"""Texts for one role, channel and step among which is chosen."""

FACT_KINDS: Final = (
    "news",
    "hiring",
    "event",
    "product",
    "technology",
    "location",
    "post",
    "mutual",
)
"""What a fact about a prospect is about; an angle without its fact is not offered."""

OUTREACH_EVENTS: Final = (
    "delivered",
    "open",
    "click",
    "reply",
    "meeting",
    "unsubscribe",
    "complaint",
    "bounce",
)
"""What can come back from a message to a prospect."""

REPLY_CLASSES: Final = (
    "interested",
    "question",
    "not_interested",
    "not_now",
    "wrong_person",
    "out_of_office",
    "auto_reply",
    "unsubscribe",
    "unclear",
)
"""What a prospect's answer says."""

PROSPECT_FIELDS: Final = ("first_name", "full_name", "company", "city", "industry", "title")
"""What a message to a prospect may address: ``{{prospect.company|your team}}``; in SQL's order."""

FACT_TAG: Final = "{{fact.text}}"
"""Where a cited fact about a prospect stands; who has none of the kind does not get the message."""

PRODUCT_STAND_IN: Final = "…"
"""What to read in the place of a product's field or a fact where nobody is at hand."""

_MERGE_TAG: Final = re.compile(
    r"\{\{\s*(?:(\w+)\s*\|([^{}|]*)|((?:product_\d+|prospect|fact)\.\w+)\s*(\|[^{}]*)?)\}\}"
)
_PRODUCT_FIELD: Final = re.compile(rf"product_[1-{MOST_PRODUCTS}]\.({'|'.join(PRODUCT_FIELDS)})")


@dataclass(frozen=True, slots=True)
class MergeTag:
    """A place in a message that each reader's own value fills: ``{{first_name|there}}``.

    Attributes:
        token: The tag as it stands in the text.
        field: One of MERGE_FIELDS; a product's, ``product_1.name``; a prospect's,
            ``prospect.company``; or ``fact.text``.
        fallback: What a reader without the value reads instead; empty for a product and for a
            fact, which whoever has none is not written to about.
    """

    token: str
    field: str
    fallback: str

    @property
    def rank(self) -> int:
        """Return which of a customer's products it names, from 1; 0 for all other fields."""
        return int(self.field[8 : self.field.index(".")]) if self.field[:8] == "product_" else 0

    @property
    def is_of_prospect(self) -> bool:
        """Tell whether a prospect fills it, and not a customer."""
        return self.field.startswith(("prospect.", "fact."))

    @property
    def is_fact(self) -> bool:
        """Tell whether it stands for a cited fact about a prospect."""
        return self.field.startswith("fact.")

    @property
    def stand_in(self) -> str:
        """Return what to read in its place where nobody is at hand."""
        return PRODUCT_STAND_IN if self.rank or self.is_fact else self.fallback


def merge_tags(text: str) -> list[MergeTag]:
    """List the merge tags of ``text`` in their order, each token once.

    Whether customers or prospects fill them is asked by ``refuse_tags_for_others``.

    Raises:
        InputError: A tag names a field that customers, products or prospects do not have, has a
            fallback where there can be none, or lacks one.

    Example:
        >>> merge_tags("Hello {{first_name|there}}, news from {{city|your town}}")[0].fallback
        'there'
        >>> merge_tags("For you: {{product_2.name}}")[0].rank
        2
        >>> merge_tags("Hello {{prospect.first_name|there}}")[0].is_of_prospect
        True
    """
    tags = {
        m[0]: MergeTag(m[0], m[1] or m[3], (m[2] or (m[4] or "")[1:]).strip())
        for m in _MERGE_TAG.finditer(text)
    }
    for tag in tags.values():
        if tag.is_of_prospect:
            _refuse_bad_prospect_tag(tag)
        elif "." in tag.field:
            _refuse_bad_product_tag(tag)
        elif tag.field not in MERGE_FIELDS:
            raise InputError(
                f"{tag.token} names no field of a customer. Use one of: {', '.join(MERGE_FIELDS)}."
            )
    return list(tags.values())


def refuse_tags_for_others(text: str, *, is_for_prospects: bool) -> None:
    """Refuse a tag of prospects in a text for customers, and one of customers the other way round.

    Raises:
        InputError: There is one; it says which fields there are instead.
    """
    for tag in merge_tags(text):
        if tag.is_of_prospect and not is_for_prospects:
            raise InputError(
                f"{tag.token} is filled for prospects only, and this goes to customers. Use one "
                f"of: {', '.join(MERGE_FIELDS)}."
            )
        if is_for_prospects and not tag.is_of_prospect:
            known = ", ".join(f"prospect.{field}" for field in PROSPECT_FIELDS)
            raise InputError(
                f"{tag.token} is filled for customers only, and this goes to prospects. Use one "
                f"of: {known}, each with a fallback, or {FACT_TAG}."
            )


def _refuse_bad_prospect_tag(tag: MergeTag) -> None:
    space, _, own = tag.field.partition(".")
    if tag.is_fact and (own != "text" or "|" in tag.token):
        raise InputError(
            f"{tag.token} is no fact of a prospect. Write {FACT_TAG}, without a fallback: who has "
            "no such fact gets another message."
        )
    if space == "prospect" and (own not in PROSPECT_FIELDS or not tag.fallback):
        raise InputError(
            f"{tag.token} cannot be filled. Write one of {', '.join(PROSPECT_FIELDS)} with what "
            "is read where it is not known, such as {{prospect.company|your team}}."
        )


def _refuse_bad_product_tag(tag: MergeTag) -> None:
    if not _PRODUCT_FIELD.fullmatch(tag.field):
        raise InputError(
            f"{tag.token} names no field of a product. Number the products 1 to {MOST_PRODUCTS}, "
            f"and use one of: {', '.join(PRODUCT_FIELDS)}."
        )
    if "|" in tag.token:
        raise InputError(
            f"{tag.token} has a fallback, and products have none: who has no products gets no "
            f"message. Write {{{{{tag.field}}}}}."
        )


def product_tags(text: str) -> list[MergeTag]:
    """List the tags of ``text`` that name a customer's products; as ``merge_tags`` otherwise.

    Example:
        >>> [tag.field for tag in product_tags("{{city|you}}: {{product_1.name}}")]
        ['product_1.name']
    """
    return [tag for tag in merge_tags(text) if tag.rank]


@dataclass(frozen=True, slots=True)
class Brief:
    """What the marketer wants of a campaign.

    Attributes:
        goal: What readers are to do, in one sentence.
        key_message: The one thing that every variant says.
        offer: Id of the approved offer to promote, or empty.
        tone: friendly, formal, professional, promotional or informative.
        metric: Primary metric: click, conversion or revenue.
        audience: Whom it is for and what is known of them, in the marketer's words.
        must_say: Words or sentences that every message of an arm has to hold.
        must_not_say: Words or sentences that no message may hold.
        call_to_action: What the button is to ask for, in the marketer's words, or empty.
    """

    goal: str = "Bring customers back to the shop."
    key_message: str = ""
    offer: str = ""
    tone: str = "friendly"
    metric: str = "click"
    audience: str = ""
    must_say: tuple[str, ...] = ()
    must_not_say: tuple[str, ...] = ()
    call_to_action: str = ""

    def __post_init__(self) -> None:
        """Take lists, as JSON and TOML give them, for tuples."""
        for name in ("must_say", "must_not_say"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """What products the messages of a campaign name.

    Attributes:
        items: How many each message names, from 1 to MOST_PRODUCTS.
        arms: (arm, strategy); an arm that is not among them names no products, nor does the
            control.
        is_split: Whether segments are split by strategy and family of the first product, so that
            each part gets a text of its own.
        fills_up: Whether popular products fill up what a strategy leaves: more people are written
            to, and no text says how their products were chosen.
        fields_sha256: Of all words that were worked out last; empty before.
    """

    items: int
    arms: tuple[tuple[str, str], ...]
    is_split: bool = False
    fields_sha256: str = ""
    fills_up: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be planned.

        Raises:
            InputError: The number, an arm or a strategy is none, or a split has several strategies.
        """
        if not 1 <= self.items <= MOST_PRODUCTS:
            raise InputError(
                f"A message may name 1 to {MOST_PRODUCTS} products, and {self.items} are asked for."
            )
        if not self.arms:
            raise InputError("No arm has a strategy. Choose one for at least one of the variants.")
        for arm, strategy in self.arms:
            if arm in (CONTROL, HOLDOUT):
                raise InputError(f"The {arm} names no products. Choose a strategy for a variant.")
            if strategy not in STRATEGIES:
                raise InputError(
                    f"There is no strategy {strategy!r}. Use one of: {', '.join(STRATEGIES)}."
                )
        if self.is_split and len(self.strategies) > 1:
            raise InputError(
                "Segments are split by the first product of one strategy, so every arm has to have "
                "the same. Choose one strategy, or leave the segments as they are."
            )

    @property
    def strategies(self) -> tuple[str, ...]:
        """Return the strategies of all arms, each once, in the order of the arms."""
        return tuple(dict.fromkeys(strategy for _, strategy in self.arms))

    def strategy_of(self, arm: str) -> str:
        """Return the strategy of an arm; empty where it names no products."""
        return dict(self.arms).get(arm, "")

    def told_of(self, arm: str) -> str:
        """Return the strategy that the texts of an arm may speak of; empty where it is not sure."""
        return "" if self.fills_up else self.strategy_of(arm)


_PLANNED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "channels": OUTREACH_CHANNELS,
        "roles": ROLES,
        "tones": OUTREACH_TONES,
        "angles": OUTREACH_ANGLES,
        "lengths": LENGTHS,
        "kinds": OUTREACH_KINDS,
        "locales": (),
    }
)


@dataclass(frozen=True, slots=True)
class OutreachPlan:
    """What an outreach campaign writes: a skeleton for each combination that its content bears.

    Attributes:
        channels: Of OUTREACH_CHANNELS.
        roles: Of ROLES; prospects of other roles get the texts for ``other``, where there are some.
        tones: Of OUTREACH_TONES.
        angles: Of OUTREACH_ANGLES.
        lengths: Of LENGTHS.
        kinds: Of OUTREACH_KINDS: what the steps of a sequence need.
        locales: Languages and countries in which it writes, the first one for everybody else.
        sign_off: Whose name stands below; empty: the brand's.
    """

    channels: tuple[str, ...] = ("cold_email",)
    roles: tuple[str, ...] = ("c_suite", "sales", "marketing", "other")
    tones: tuple[str, ...] = ("professional", "friendly")
    angles: tuple[str, ...] = ("outcome", "proof", "news")
    lengths: tuple[str, ...] = ("short",)
    kinds: tuple[str, ...] = ("opening",)
    locales: tuple[str, ...] = ("en-GB",)
    sign_off: str = ""

    def __post_init__(self) -> None:
        """Take lists for tuples, and refuse what cannot be written.

        Raises:
            InputError: Something is none of its kind, nothing is chosen, or a role would get more
                than MOST_VARIATIONS texts on one channel and step.
        """
        for name, known in _PLANNED.items():
            chosen = tuple(dict.fromkeys(getattr(self, name)))
            object.__setattr__(self, name, chosen)
            if not chosen:
                raise InputError(f"The plan names no {name}. Choose at least one.")
            if unknown := [one for one in chosen if known and one not in known]:
                raise InputError(
                    f"The plan's {name} hold {unknown[0]!r}. Use one of: {', '.join(known)}."
                )
        if (most := len(self.tones) * len(self.angles) * len(self.lengths)) > MOST_VARIATIONS:
            raise InputError(
                f"The plan makes {most} texts for each role, channel and step, and "
                f"{MOST_VARIATIONS} can be told apart. Choose fewer tones, angles or lengths."
            )

    @property
    def arms(self) -> tuple[str, ...]:
        """Return ``tone/angle/length`` of all variations, in the order of the plan."""
        return tuple(
            f"{tone}/{angle}/{length}"
            for angle in self.angles
            for tone in self.tones
            for length in self.lengths
        )


@dataclass(frozen=True, slots=True)
class EmailDesign:
    """How an e-mail of the brand looks; colours are ``#rrggbb``.

    Attributes:
        accent: Headings, links and the button.
        on_accent: The words of the button.
        background: Behind the letter.
        surface: The letter itself.
        text: Its words.
        font: Names of fonts as in CSS, of those that mail programs have.
        logo_url: Address of the logo, or empty: then the brand's name stands there in words.
        logo_alt: What the logo says to somebody who does not see it.
    """

    accent: str = "#8c2f39"
    on_accent: str = "#ffffff"
    background: str = "#f6f1ea"
    surface: str = "#ffffff"
    text: str = "#2b2522"
    font: str = "Georgia, 'Times New Roman', serif"
    logo_url: str = ""
    logo_alt: str = ""


@dataclass(frozen=True, slots=True)
class BrandProfile:
    """How the brand speaks and looks, as a team has written it down; each change is a version.

    Attributes:
        version: From 1 on; 0 is the profile that ships, before anybody has saved one.
        personality: In a few sentences, who is speaking.
        do: What messages do, a line each.
        dont: What they never do, a line each.
        vocabulary: (the word of the house, what is not said in its place).
        forbidden: Words that no message may hold.
        on_brand: Sentences that sound like the brand.
        off_brand: Sentences that do not.
        design: Colours, font and logo.
    """

    version: int = 0
    personality: str = ""
    do: tuple[str, ...] = ()
    dont: tuple[str, ...] = ()
    vocabulary: tuple[tuple[str, str], ...] = ()
    forbidden: tuple[str, ...] = ()
    on_brand: tuple[str, ...] = ()
    off_brand: tuple[str, ...] = ()
    design: EmailDesign = EmailDesign()

    @classmethod
    def of(cls, version: int, told: Mapping[str, Any]) -> BrandProfile:
        """Build it from a mapping, as JSON or TOML gives it; keys that it lacks are left empty."""
        lines = {
            name: tuple(told.get(name, ()))
            for name in ("do", "dont", "forbidden", "on_brand", "off_brand")
        }
        pairs = tuple((str(own), str(other)) for own, other in told.get("vocabulary", ()))
        return cls(
            version,
            str(told.get("personality", "")),
            **lines,
            vocabulary=pairs,
            design=EmailDesign(**told.get("design", {})),
        )


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as its row says it."""

    campaign_id: str
    name: str
    dataset_id: str
    brief: Brief
    send_on: date
    locale: str
    seed: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """Everything of a variant that a customer can see."""

    subject: str
    preheader: str
    body: str
    call_to_action: str
    link: str
    footer: str

    def fields(self) -> Iterator[tuple[str, str]]:
        """Yield each field's name and text: the sendable strings, all of them."""
        yield "subject", self.subject
        yield "preheader", self.preheader
        yield "body", self.body
        yield "call_to_action", self.call_to_action
        yield "link", self.link
        yield "footer", self.footer

    @property
    def content_sha256(self) -> str:
        """Return the fingerprint of the exact bytes; ``content_fingerprint`` in SQL is its twin."""
        joined = "\x1f".join(("v1", *(text for _, text in self.fields())))
        return hashlib.sha256(joined.encode()).hexdigest()


def clean_message(message: Message) -> Message:
    """Return the message in NFC with plain line breaks, the form in which it is stored."""
    return Message(
        *(
            unicodedata.normalize("NFC", t).replace("\r\n", "\n").strip()
            for _, t in message.fields()
        )
    )


@dataclass(frozen=True, slots=True)
class Variant:
    """One version of one message text, written for one arm of one segment."""

    variant_id: str
    version: int
    campaign_id: str
    segment: str
    arm: str
    message: Message
    locale: str = "en-GB"
    attributes: tuple[tuple[str, str], ...] = ()
    origin: str = "composer"
    provenance: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One approved sentence that a claim may cite.

    Attributes:
        statement_id: ``document_id@version#s1``.
        role: lead, detail, condition, proof, answer or cta.
        text: The approved wording.
        alternates: Other wordings that were approved with it.
        requires: Ids of statements that have to stand in the same message.
        subject_ok: Whether it may open a subject line.
    """

    statement_id: str
    document_id: str
    role: str
    text: str
    alternates: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    subject_ok: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """One approved passage that retrieval found, with its statements and its document's facts.

    ``is_targeted`` says that it was written for the segment, and not for everybody.
    """

    passage_id: str
    document_id: str
    kind: str
    title: str
    text: str
    statements: tuple[Statement, ...] = ()
    products: tuple[str, ...] = ()
    subject_lines: tuple[str, ...] = ()
    valid_until: date | None = None
    score: float = 0.0
    rank: int = 0
    why: str = ""
    tags: tuple[str, ...] = ()
    is_targeted: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that a message asserts, and the words of a statement that bear it out.

    Spans are character offsets: into the message's field, and into ``source_text``'s statement.
    """

    field: str
    span_start: int
    span_end: int
    text: str
    statement_id: str | None
    source_start: int | None
    source_end: int | None
    source_text: str | None
    decision: Decision
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason of a check.

    Attributes:
        rule: Name of the rule: ``overpromise.guarantee``, ``harm.hate``.
        action: What it asks for: pass, warn, review, block or error.
        severity: 0 (harmless) to 6 (severe), the scale of the safety policy.
        field: Field of the message.
        span_start: Characters into the field.
        span_end: Likewise, exclusive.
        text: The words that gave cause, as they stand.
        message: One sentence for the reviewer.
        advice: What to write instead.
    """

    rule: str
    action: Decision
    severity: int
    field: str
    span_start: int
    span_end: int
    text: str
    message: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A typed fact of a message, and the approved words that bear it out.

    Attributes:
        kind: number, price, percent, date, time, duration, quantity, code, product, reason,
            superlative, guarantee or urgency.
        field: Field of the message.
        span_start: Characters into the field.
        span_end: Likewise, exclusive.
        text: The fact as it stands there.
        decision: pass, review or block.
        reason: One sentence for the reviewer.
        statement_id: What bears it out; None where nothing that the message cites does.
        source_field: text, alternate, subject line, valid until or products; catalogue or events
            for what is filled in for each reader.
        source_start: Characters into the source's words.
        source_end: Likewise, exclusive.
        source_text: The words of the source.
    """

    kind: str
    field: str
    span_start: int
    span_end: int
    text: str
    decision: Decision
    reason: str
    statement_id: str | None = None
    source_field: str | None = None
    source_start: int | None = None
    source_end: int | None = None
    source_text: str | None = None


@dataclass(frozen=True, slots=True)
class Screening:
    """The outcome of one screening: one row of the record.

    Attributes:
        categories: Severity 0 to 6 of hate, self_harm, sexual and violence; None on error.
        n_strings: How many sendable strings were looked at.
        request_ids: The service's own ids of the calls; none for the embedded engine.
        chunks: In how many pieces the engine was given the strings.
        blocklist_hits: Names of the blocklists that matched.
        duration_ms: What the engine and the rules took together, milliseconds.
        ledger: The typed facts of the message; none where no sources are on record to hold them to.
    """

    variant_id: str
    version: int
    content_sha256: str
    decision: Decision
    engine: str
    engine_version: str
    policy_version: str
    categories: tuple[tuple[str, int | None], ...]
    findings: tuple[Finding, ...]
    n_strings: int
    request_ids: tuple[str, ...] = ()
    chunks: int = 0
    blocklist_hits: tuple[str, ...] = ()
    duration_ms: int = 0
    ledger: tuple[LedgerEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Arm:
    """One treatment of one segment; a holdout has no variant and gets nothing."""

    segment: str
    name: str
    weight: float
    variant_id: str | None = None
    version: int | None = None
    content_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A named group of customers.

    Attributes:
        rule: The condition for being in it, in words.
        description: One sentence for a marketer.
        customers: How many there are.
        profile: Medians and shares by name, for charts and for retrieval.
    """

    name: str
    rule: str
    description: str
    customers: int
    profile: tuple[tuple[str, float | str | None], ...] = ()
