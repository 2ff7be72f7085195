"""What a sequence is: which message when, and the rules by which people leave it or wait.

Every change is a version; the last one of a campaign counts, and none is lost.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from personalization.clocks import refuse_unknown_zone
from personalization.domain import OUTREACH_CHANNELS, OUTREACH_KINDS
from personalization.errors import InputError, StateError
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence as Ordered

    from personalization.store import Store

MOST_STEPS: Final = 8
"""Messages of a sequence: after so many without an answer nobody answers any more."""

_WAITS: Final = MappingProxyType({"opening": 0, "follow_up": 3, "closing": 5})
_ADDRESS: Final = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+\.[^@\s<>\",;]+")


@dataclass(frozen=True, slots=True)
class SequenceStep:
    """One message of a sequence.

    Attributes:
        kind: Which texts it is chosen from: one of OUTREACH_KINDS.
        wait_days: Days after the message before; 0 for the first one.
        channels: Of OUTREACH_CHANNELS; empty: every channel of the campaign.
    """

    kind: str = "opening"
    wait_days: int = 0
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no step can be.

        Raises:
            InputError: The kind or a channel is unknown, or the wait is out of range.
        """
        object.__setattr__(self, "channels", tuple(dict.fromkeys(self.channels)))
        if self.kind not in OUTREACH_KINDS:
            known = ", ".join(OUTREACH_KINDS)
            raise InputError(f"A step cannot be {self.kind!r}. Use one of: {known}.")
        if unknown := [one for one in self.channels if one not in OUTREACH_CHANNELS]:
            known = ", ".join(OUTREACH_CHANNELS)
            raise InputError(f"There is no channel {unknown[0]!r}. Use one of: {known}.")
        if not 0 <= self.wait_days <= 90:  # noqa: PLR2004 - a quarter of a year
            raise InputError(f"A step waits {self.wait_days} days. It waits 0 to 90.")


@dataclass(frozen=True, slots=True)
class SequenceRules:
    """When people of a sequence are written to, how often, and what ends it for them.

    Attributes:
        stops_account: Whether an answer of one ends it for everybody of the account.
        is_exclusive: Whether whoever is in another sequence waits for its end.
        least_days_between: Days after the last message of any campaign and channel.
        most_messages: Messages that a person gets at most within ``within_days``.
        within_days: Days that are looked back for that.
        account_people: People of an account who are written to at most within ``account_days``.
        account_days: Days that are looked back for that.
        send_from: Hour, 0 to 23, from which people are written to, by their own clock.
        send_until: Hour at which that ends; the same as ``send_from`` is around the clock.
        has_days_off: Whether nobody is written to on days on which the country's offices are shut.
        unknown_zones: Clocks that all have to agree where somebody's country is not known.
        mailboxes: Addresses that cold e-mails are sent from; empty: the brand's own.
        mailbox_limit: Cold e-mails of a mailbox a day (UTC), over all campaigns.
        warm_up_from: Of a mailbox on the first day that it sends.
        warm_up_by: So many more are added with each day since, up to ``mailbox_limit``.
        task_limit: Tasks a day (UTC) for the people who do them, on each channel.
        pause_days: Out of office: the sequence waits so long where no day of return is said.
        answer_days: Days after the last message until it is taken that nobody answers.
    """

    stops_account: bool = False
    is_exclusive: bool = True
    least_days_between: int = 2
    most_messages: int = 3
    within_days: int = 14
    account_people: int = 3
    account_days: int = 7
    send_from: int = 9
    send_until: int = 17
    has_days_off: bool = True
    unknown_zones: tuple[str, ...] = ("Europe/London", "Europe/Berlin", "America/New_York")
    mailboxes: tuple[str, ...] = ()
    mailbox_limit: int = 50
    warm_up_from: int = 10
    warm_up_by: int = 5
    task_limit: int = 20
    pause_days: int = 7
    answer_days: int = 7

    def __post_init__(self) -> None:
        """Take lists for tuples, and refuse what no rule can mean.

        Raises:
            InputError: A number lies out of its range, or a mailbox is no address.
        """
        for name in ("unknown_zones", "mailboxes"):
            object.__setattr__(self, name, tuple(dict.fromkeys(getattr(self, name))))
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                told = name.replace("_", " ")
                raise InputError(f"{told} = {getattr(self, name)}. It lies from {low} to {high}.")
        if not self.unknown_zones:
            raise InputError("Name a time zone for people whose country is not known.")
        if wrong := [one for one in self.mailboxes if not _ADDRESS.fullmatch(one)]:
            raise InputError(f"{wrong[0]!r} is no e-mail address to send from.")


_RANGES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType({
    "least_days_between": (0, 90),
    "most_messages": (1, 100),
    "within_days": (1, 365),
    "account_people": (1, 1_000),
    "account_days": (1, 365),
    "send_from": (0, 23),
    "send_until": (0, 23),
    "mailbox_limit": (1, 100_000),
    "warm_up_from": (1, 100_000),
    "warm_up_by": (0, 100_000),
    "task_limit": (1, 100_000),
    "pause_days": (1, 90),
    "answer_days": (1, 90),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class OutreachSequence:
    """A campaign's sequence in its newest version.

    Attributes:
        campaign_id: Whose.
        version: From 1; 0 where nobody has saved it yet.
        steps: Its messages in their order; the step numbered 1 is the first one.
        rules: By which people wait and leave.
        is_on: Whether anything is handed over at present.
    """

    campaign_id: str
    version: int = 0
    steps: tuple[SequenceStep, ...] = (SequenceStep(),)
    rules: SequenceRules = field(default_factory=SequenceRules)
    is_on: bool = True

    def __post_init__(self) -> None:
        """Refuse a sequence without a beginning, or one that never ends.

        Raises:
            InputError: There is no step, there are too many, or one waits for nothing.
        """
        if not 1 <= len(self.steps) <= MOST_STEPS:
            raise InputError(
                f"A sequence has 1 to {MOST_STEPS} messages, and this one has {len(self.steps)}."
            )
        if hasty := [n for n, step in enumerate(self.steps[1:], 2) if step.wait_days < 1]:
            raise InputError(f"Message {hasty[0]} waits for no day. Give it 1 or more.")


def usual_steps(kinds: Ordered[str]) -> tuple[SequenceStep, ...]:
    """Return the steps that a campaign with texts of these kinds starts with."""
    told = [kind for kind in OUTREACH_KINDS if kind in kinds] or ["opening"]
    return tuple(
        SequenceStep(kind, 0 if number == 0 else _WAITS[kind] or 3)
        for number, kind in enumerate(told)
    )


_NEWEST: Final = """
    SELECT version, CAST(steps AS VARCHAR), CAST(rules AS VARCHAR), is_on FROM sequences
    WHERE campaign_id = $campaign_id ORDER BY version DESC LIMIT 1
"""
_PLAN: Final = """
    SELECT CAST(plan AS VARCHAR) FROM outreach_plans WHERE campaign_id = $campaign_id
"""
_KEEP: Final = """
    INSERT INTO sequences
    VALUES ($campaign_id, $version, $steps, $rules, $is_on, $now, $actor)
"""


def sequence_of(store: Store, campaign_id: str) -> OutreachSequence:
    """Return the sequence of an outreach campaign; what is usual where none was saved.

    Raises:
        InputError: The campaign writes to no prospects.
    """
    plan = store.read_one(_PLAN, campaign_id=campaign_id)
    if plan is None:
        raise InputError(
            f"Campaign {campaign_id!r} writes to no prospects. Make one on the Outreach page."
        )
    row = store.read_one(_NEWEST, campaign_id=campaign_id)
    if row is None:
        kinds = json.loads(plan[0]).get("kinds", ["opening"])
        return OutreachSequence(campaign_id, steps=usual_steps(kinds))
    version, steps, rules, is_on = row
    return OutreachSequence(
        campaign_id, int(version), tuple(_read(SequenceStep, one) for one in json.loads(steps)),
        _read(SequenceRules, json.loads(rules)), bool(is_on),
    )  # fmt: skip


def _read(kind: type[Any], told: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of that kind
    """Make a value of what was kept; what was not known then has its default."""
    known = {one.name for one in fields(kind)}
    return kind(**{name: value for name, value in told.items() if name in known})


def save_sequence(store: Store, sequence: OutreachSequence, *, actor: str) -> OutreachSequence:
    """Keep a sequence as its campaign's newest version.

    Args:
        store: Writes ``sequences`` and one audit row.
        sequence: With the version that the change started from.
        actor: Who wants it.

    Raises:
        InputError: The campaign writes to no prospects, or a time zone is unknown.
        StateError: Somebody else changed it in the meantime.
    """
    for zone in sequence.rules.unknown_zones:
        refuse_unknown_zone(store, zone)
    with store.transaction():
        current = sequence_of(store, sequence.campaign_id)
        if current.version != sequence.version:
            raise StateError(
                "Somebody else changed the sequence since you opened it. Look at it again, then "
                "change it."
            )
        kept = replace(sequence, version=current.version + 1)
        store.run(
            _KEEP, campaign_id=kept.campaign_id, version=kept.version, is_on=kept.is_on,
            steps=json.dumps([asdict(step) for step in kept.steps]),
            rules=json.dumps(asdict(kept.rules)), now=store.now(), actor=actor,
        )  # fmt: skip
        record(
            store, "sequence.saved", kept.campaign_id, actor=actor, campaign_id=kept.campaign_id,
            version=kept.version, steps=len(kept.steps), is_on=kept.is_on,
        )  # fmt: skip
    return kept
