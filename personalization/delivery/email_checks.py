"""Whether each text can be sent as an e-mail: rendered, read back, and held to every rule for HTML.

Only what was checked in these bytes, in the look in force and under the policy in force, may go
out; a text that nobody rendered, or that cannot be rendered, keeps the gate shut.  Rules of the
safety policy are looked at by their own stage; ``campaign`` brings the two together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.delivery.accessibility import Fault, accessibility_faults, crashed
from personalization.delivery.email_parts import Email, email_of, look_in_force
from personalization.delivery.verify_emails import html_problems, in_syntax, plain_part
from personalization.domain import Decision, Message
from personalization.errors import InputError
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.domain import Finding
    from personalization.settings import Brand
    from personalization.store import Store

_PENDING = """
    SELECT variants.variant_id, variants.version, variants.content_sha256, variants.locale,
           subject, preheader, body, call_to_action, link, footer
    FROM current_variants AS variants
    WHERE variants.campaign_id = $campaign_id
      AND NOT EXISTS (
          SELECT 1 FROM email_checks AS checked
          WHERE checked.variant_id = variants.variant_id AND checked.version = variants.version
            AND checked.content_sha256 = variants.content_sha256
            AND checked.look_sha256 = $look_sha256 AND checked.decision <> 'error'
            AND checked.policy_version = (SELECT policy_version FROM policy_in_force))
    ORDER BY variants.segment, variants.arm, variants.variant_id
"""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text of a campaign as it would be sent, and what delivery itself has against it.

    Attributes:
        email: None where it cannot be rendered.
        faults: What was found; an e-mail that is None has one.
    """

    variant_id: str
    version: int
    campaign_id: str
    content_sha256: str
    look_sha256: str
    locale: str
    message: Message
    email: Email | None
    faults: tuple[Fault, ...]


def unchecked_emails(store: Store, brand: Brand, campaign_id: str) -> list[Rendered]:
    """Render each current text that was not checked in its bytes, look and policy yet.

    Args:
        store: Reads ``current_variants``, ``email_checks`` and the brand's profile in force.
        brand: Who is sending.
        campaign_id: Whose texts.
    """
    look = look_in_force(store, brand)
    rows = store.read(_PENDING, campaign_id=campaign_id, look_sha256=look.sha256)
    found = []
    for variant_id, version, content_sha256, locale, *texts in rows:
        message = Message(*texts)
        email: Email | None = None
        try:
            email = email_of(message, look, locale=locale)
            faults = (*_other_words(email, message), *accessibility_faults(email, locale))
        except InputError as error:
            advice = "Put it right in the brand's profile, or edit the message."
            faults = (Fault("email.rendering", Decision.BLOCK, str(error), advice),)
        except Exception as error:  # noqa: BLE001
            faults = (crashed("email.rendering", error),)
        found.append(Rendered(variant_id, version, campaign_id, content_sha256, look.sha256,
                              locale, message, email, faults))  # fmt: skip
    return found


def _other_words(email: Email, message: Message) -> Iterable[Fault]:
    """Read both parts back, and hold them to the fields."""
    fields = {name: in_syntax(text, "own") for name, text in message.fields()}
    problems = [f"The HTML part {problem}." for problem in
                html_problems(email.html, fields, email.look.masthead)]  # fmt: skip
    if email.text != plain_part(fields):
        problems.append("The plain-text part is not made of the fields.")
    return [Fault("email.words", Decision.BLOCK, problem, "Edit the message so that it is plain.")
            for problem in problems]  # fmt: skip


_KEEP = """
    INSERT INTO email_checks VALUES ($variant_id, $version, $campaign_id, $content_sha256,
        $look_sha256, (SELECT policy_version FROM policy_in_force), $decision, $findings, $n_bytes,
        $html_sha256, $text_sha256, $now)
"""


def keep_email_check(
    store: Store, rendered: Rendered, findings: Iterable[Finding], *, actor: str
) -> Decision:
    """Write down what was found in an e-mail, with an audit row, and return the worst of it.

    Args:
        store: Has to be under the policy that gave the findings.
        rendered: As ``unchecked_emails`` gave it.
        findings: What the rules of the safety policy found in its HTML part.
        actor: Who asked for it.
    """
    faults = [*rendered.faults]
    faults += (Fault(f.rule, f.action, f.message, f.advice) for f in findings)
    if rendered.email is None and not faults:
        faults.append(Fault("email.rendering", Decision.ERROR, "It was not rendered.", ""))
    decision = max((fault.action for fault in faults), key=_rank, default=Decision.PASS)
    email = rendered.email
    known = {
        "version": rendered.version, "content_sha256": rendered.content_sha256,
        "look_sha256": rendered.look_sha256, "decision": decision.value,
        "html_sha256": email.html_sha256 if email else "",
        "text_sha256": email.text_sha256 if email else "",
    }  # fmt: skip
    told = json.dumps([fault.as_json() for fault in faults], ensure_ascii=False)
    with store.transaction():
        store.run(
            _KEEP, variant_id=rendered.variant_id, campaign_id=rendered.campaign_id, **known,
            findings=told, n_bytes=len(email.html.encode()) if email else 0, now=store.now(),
        )  # fmt: skip
        record(store, "variant.rendered", rendered.variant_id, actor=actor,
               campaign_id=rendered.campaign_id, **known,
               rules=sorted({fault.rule for fault in faults}))  # fmt: skip
    return decision


def _rank(decision: Decision) -> int:
    return decision.rank


_FOUND = """
    SELECT checked.decision, checked.findings, checked.n_bytes
    FROM current_variants AS variants
    JOIN latest_email_checks AS checked
        ON checked.variant_id = variants.variant_id AND checked.version = variants.version
       AND checked.content_sha256 = variants.content_sha256
       AND checked.look_sha256 = $look_sha256
       AND checked.policy_version = (SELECT policy_version FROM policy_in_force)
    WHERE variants.variant_id = $variant_id
"""


@dataclass(frozen=True, slots=True)
class EmailCheck:
    """What the last check of an e-mail came to.

    Attributes:
        decision: The worst that was found; None where it was not checked as it now stands.
        faults: What was found, worst first.
        n_bytes: Size of the HTML part.
    """

    decision: Decision | None = None
    faults: tuple[Fault, ...] = ()
    n_bytes: int = 0


def email_check_of(store: Store, brand: Brand, variant_id: str) -> EmailCheck:
    """Return what the last check of the message's e-mail found, in the look in force."""
    look = look_in_force(store, brand)
    row = store.read_one(_FOUND, variant_id=variant_id, look_sha256=look.sha256)
    if row is None:
        return EmailCheck()
    faults = [
        Fault(told["rule"], Decision(told["action"]), told["message"], told["advice"])
        for told in json.loads(row[1])
    ]
    faults.sort(key=lambda fault: -fault.action.rank)
    return EmailCheck(Decision(row[0]), tuple(faults), int(row[2]))
