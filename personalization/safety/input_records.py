"""What was found in untrusted inputs, on record: keys and reasons, never the texts themselves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from personalization.domain import Decision
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from personalization.store import Store

FIELD: Final = "customer field"
PASSAGE: Final = "passage"
BRIEF: Final = "brief"
HELD: Final = (Decision.REVIEW, Decision.BLOCK, Decision.ERROR)
"""Decisions that hold a text back; the view held_inputs is their twin."""


@dataclass(frozen=True, slots=True)
class InputFinding:
    """One row of ``input_findings``."""

    ref: str
    field: str
    key: str
    rule: str
    engine: str
    decision: Decision
    reason: str
    customers: int = 0

    @property
    def place(self) -> tuple[str, str, str]:
        """Return which text it is about."""
        return self.ref, self.field, self.key


@dataclass(frozen=True, slots=True)
class InputCheck:
    """What a check came to.

    Attributes:
        what: customer field, passage or brief.
        ref: The dataset or campaign; empty for passages.
        texts: Different texts that there are.
        texts_read: Of them, held against every rule; the others cannot break one.
        held: Of them, held back.
        unasked: Of those, held back only because Prompt Shields gave no answer.
        engine: rules, and the service that was asked beside them.
    """

    what: str
    ref: str
    texts: int
    texts_read: int
    held: int
    unasked: int
    engine: str


_KNOWN = """
    SELECT ref, field, key, rule, engine, decision, reason, customers, policy_version
    FROM input_findings
    WHERE what = $what AND (ref = $ref OR what = 'passage')
    ORDER BY ref, field, key, rule
"""
_LAST = """
    SELECT texts, texts_read, texts_held, engine, policy_version FROM input_checks
    WHERE what = $what AND ref = $ref ORDER BY number DESC LIMIT 1
"""
_FORGET = "DELETE FROM input_findings WHERE what = $what AND (ref = $ref OR what = 'passage')"
_KEEP = """
    INSERT INTO input_findings VALUES ($what, $ref, $field, $key, $rule, $engine, $policy_version,
        $decision, $reason, $customers, $checked_at)
"""
_NOTE = """
    INSERT INTO input_checks (what, ref, texts, texts_read, texts_held, engine, policy_version,
        checked_by, checked_at)
    VALUES ($what, $ref, $texts, $texts_read, $texts_held, $engine, $policy_version, $checked_by,
        $checked_at)
"""


def known(store: Store, what: str, ref: str) -> dict[InputFinding, str]:
    """Return what is on record, with the policy that it was found under."""
    found = {}
    for row in store.read(_KNOWN, what=what, ref=ref):
        place, field, key, rule, engine, decision, reason, customers, policy_version = row
        finding = InputFinding(
            place, field, key, rule, engine, Decision(decision), reason, customers
        )
        found[finding] = str(policy_version)
    return found


def write(
    store: Store,
    policy_version: str,
    check: InputCheck,
    before: Mapping[InputFinding, str],
    found: Iterable[InputFinding],
    *,
    actor: str,
) -> None:
    """Put the findings in the place of those before, where anything is different."""
    now = dict.fromkeys(found, policy_version)
    noted = (check.texts, check.texts_read, check.held, check.engine, policy_version)
    with store.transaction():
        if now == before and store.read_one(_LAST, what=check.what, ref=check.ref) == noted:
            return
        record(
            store, "inputs.checked", check.ref or check.what, actor=actor, what=check.what,
            texts=check.texts, texts_read=check.texts_read, held=check.held,
            unasked=check.unasked, engine=check.engine, policy_version=policy_version,
            rules=sorted({f.rule for f in now if f.decision in HELD}),
        )  # fmt: skip
        store.run(_FORGET, what=check.what, ref=check.ref)
        about = {"what": check.what, "policy_version": policy_version, "checked_at": store.now()}
        for finding in now:
            values = {**asdict(finding), "decision": finding.decision.value}
            store.run(_KEEP, **about, **values)
        store.run(
            _NOTE, **about, ref=check.ref, texts=check.texts, texts_read=check.texts_read,
            texts_held=check.held, engine=check.engine, checked_by=actor,
        )  # fmt: skip
