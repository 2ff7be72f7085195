"""The launch gate: what has to be true before anything goes out.

Each check looks at one thing and says, in words, what is missing and where to put it right.
To add one, write the function and name it in ``CHECKS``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from personalization.delivery.product_check import FAULTS, highest_rank
from personalization.delivery.readiness import ArmState, Readiness, read_readiness
from personalization.delivery.recipients import REASONS
from personalization.domain import CONTROL, is_program
from personalization.errors import StateError
from personalization.settings import Brand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from personalization.settings import Settings
    from personalization.store import Store

_SHOWN: Final = 3  # names that a message lists before it counts the rest
_WRITE_FIRST: Final = "Write messages on the Content page first."
_SAMPLE_BRAND: Final = Brand()
_SAMPLE_SENDER: Final = {
    "sender_name": "the name",
    "sender_address": "the postal address",
    "shop_url": "the shop",
    "unsubscribe_url": "the unsubscribe link",
}


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One condition of the launch.

    Attributes:
        name: What it is about, in one or two words.
        is_green: Whether it holds.
        message: What was found, in one sentence.
        way_out: What to do where it does not hold; empty where it does.
        is_for_export: Whether only an export needs it; a simulation goes on where it is red.
    """

    name: str
    is_green: bool
    message: str
    way_out: str = ""
    is_for_export: bool = False


def launch_gate(store: Store, settings: Settings, campaign_id: str) -> tuple[GateCheck, ...]:
    """Check everything that a launch needs, in the order of the work.

    A campaign with nothing to send is red everywhere it matters: no share is taken of nothing.

    Raises:
        InputError: There is no campaign of that id.
    """
    return _checked(read_readiness(store, settings.brand, campaign_id))


def _checked(readiness: Readiness) -> tuple[GateCheck, ...]:
    return tuple(check(readiness) for check in CHECKS)


def refuse_unless_green(
    store: Store, settings: Settings, campaign_id: str, *, mode: str
) -> Readiness:
    """Raise StateError listing every check that is red; return what the gate looked at.

    Args:
        store: Holds the campaign.
        settings: Their brand is what the footers are held against.
        campaign_id: Which campaign.
        mode: ``export`` or ``simulation``, which does not need the checks that are for export.
    """
    readiness = read_readiness(store, settings.brand, campaign_id)
    needed = [check for check in _checked(readiness) if mode == "export" or not check.is_for_export]
    red = [check for check in needed if not check.is_green]
    if red:
        missing = " ".join(f"{check.name}: {check.message} {check.way_out}" for check in red)
        raise StateError(f"The campaign cannot be launched yet. {missing}")
    return readiness


def messages(readiness: Readiness) -> GateCheck:
    """There is something to send, and each segment's test has both sides."""
    name = "Messages"
    if not readiness.arms:
        return _red(name, "There is nothing to send.", "Write messages on the Content page.")
    arms_of: dict[str, set[str]] = {}
    for arm in readiness.arms:
        arms_of.setdefault(arm.segment, set()).add(arm.arm)
    lame = [segment for segment, arms in arms_of.items() if CONTROL not in arms or len(arms) == 1]
    if lame:
        return _red(
            name,
            f"{_listed(lame)} lacks the control text or a message to test against it.",
            "Approve both on the Review page, then design the test again.",
        )
    return _green(name, f"{_n(len(readiness.arms), 'message')} for {_n(len(arms_of), 'segment')}.")


def screening(readiness: Readiness) -> GateCheck:
    """Every sendable string was screened under the policy in force, and passed."""
    name = "Screening"
    total = sum(arm.n_strings for arm in readiness.arms)
    if total == 0:
        return _red(name, "There is nothing to send, so nothing was screened.", _WRITE_FIRST)
    passed = sum(arm.n_strings for arm in readiness.arms if arm.has_passed)
    open_arms = [arm.name for arm in readiness.arms if not arm.has_passed]
    policy = f"under policy {readiness.policy_version or 'none'}"
    unknown = sorted({code for arm in readiness.arms for code in arm.unknown_readers.split(", ")})
    if new := ", ".join(filter(None, unknown)):
        return _red(
            name,
            f"There are readers now in countries ({new}) that the screening did not know of; "
            f"not yet: {_listed(open_arms)}.",
            "Screen the messages again on the Review page.",
        )
    if open_arms:
        return _red(
            name,
            f"{passed:,} of {total:,} sendable strings passed {policy}; "
            f"not yet: {_listed(open_arms)}.",
            "Screen them, and rewrite what is blocked, on the Review page.",
        )
    return _green(name, f"All {total:,} sendable strings were screened {policy} and passed.")


def errors(readiness: Readiness) -> GateCheck:
    """No screening ended in an error, and no message is still waiting to be written."""
    broken = [arm.name for arm in readiness.arms if arm.screening == "error"]
    if broken:
        return _red(
            "Errors",
            f"The screening of {_listed(broken)} ended in an error.",
            "Screen again on the Review page.",
        )
    if readiness.n_failures:
        return _red(
            "Errors",
            f"{_n(readiness.n_failures, 'message')} could not be written.",
            "Try again on the Content page.",
        )
    return _green("Errors", "No open errors.")


def approval(readiness: Readiness) -> GateCheck:
    """Every arm is approved for the very text that the design names."""
    name = "Approval"
    if not readiness.arms:
        return _red(name, "There is nothing to approve.", _WRITE_FIRST)
    unapproved = [arm.name for arm in readiness.arms if arm.approval != "approved"]
    if unapproved:
        return _red(
            name,
            f"{len(readiness.arms) - len(unapproved)} of {_n(len(readiness.arms), 'message')} "
            f"approved; not yet: {_listed(unapproved)}.",
            "Decide on them on the Review page.",
        )
    changed = [arm.name for arm in readiness.arms if not arm.is_same]
    if changed:
        return _red(
            name,
            f"{_listed(changed)} was changed after the test was designed.",
            "Withdraw the design on the Experiment page, and design the test with the new text.",
        )
    return _green(name, f"All {len(readiness.arms)} messages are approved as they stand.")


def sources(readiness: Readiness) -> GateCheck:
    """What the messages cite is still approved and valid on the day of sending."""
    stale = [
        arm.name
        for arm in readiness.arms
        if arm.has_passed
        and arm.approval == "approved"
        and not arm.is_sendable
        and not readiness.held_by
    ]
    if stale:
        return _red(
            "Sources",
            f"{_listed(stale)} cites content that was withdrawn, was changed, is held back, or "
            "is not valid on "
            f"{readiness.launch.send_on:%d %B %Y}.",
            "Have the message written anew on the Review page.",
        )
    return _green("Sources", "Every source is approved and valid on the day of sending.")


def hold(readiness: Readiness) -> GateCheck:
    """No incident holds the campaign."""
    name = "Incident hold"
    if readiness.held_by:
        return _red(
            name,
            f"Nothing of this campaign may go out: {readiness.held_by}.",
            "Settle the incident on the Incidents page, and release the campaign there.",
        )
    return _green(name, "No incident holds this campaign.")


def send_date(readiness: Readiness) -> GateCheck:
    """The day of sending, for which every source was checked, is still to come or today."""
    day = readiness.launch.send_on
    said = f"{day.day} {day:%B %Y}"
    has_passed = day < readiness.today
    return GateCheck(
        "Send date",
        is_green=not has_passed,
        message=f"The send date, {said}, has passed. Offers may have run out since."
        if has_passed
        else f"The campaign is to be sent on {said}.",
        way_out="Create a new campaign with a later send date." if has_passed else "",
        is_for_export=True,
    )


def origin(readiness: Readiness) -> GateCheck:
    """A winner that was only simulated is not sent to anybody."""
    is_simulated = readiness.launch.follows_simulation
    return GateCheck(
        "Origin",
        is_green=not is_simulated,
        message="This campaign scales a winner that was simulated, which is an assumption."
        if is_simulated
        else "No winner of a simulation is being sent.",
        way_out="Simulate it too, or launch a campaign for real to find a winner."
        if is_simulated
        else "",
        is_for_export=True,
    )


def personal_fields(readiness: Readiness) -> GateCheck:
    """Nothing stays open once the fields are filled, and no text can do harm in a spreadsheet."""
    name = "Personal fields"
    found = [
        f"{arm.name} {reason}"
        for arm in readiness.arms
        for reason in (
            "has a merge tag that nothing fills" if arm.has_open_tag else "",
            "begins like a spreadsheet formula (= + - @)" if arm.has_formula else "",
            "holds an invisible control character" if arm.has_control else "",
        )
        if reason
    ]
    if found:
        return _red(name, f"{_listed(found)}.", "Edit the text on the Review page.")
    return _green(name, "Every merge field has a fallback, and every text is plain.")


def products(readiness: Readiness) -> GateCheck:
    """What messages name of products is planned, and is still what the catalogue says."""
    name, state = "Products", readiness.products
    way_out = "Refresh the products on the Content page."
    if readiness.launch.launched_at is not None:
        way_out = "Send the products as they are now in a new campaign."
    if strays := _strays(readiness):
        return _red(
            name,
            f"{_listed(strays)} names products that are not planned for it.",
            "Plan the products on the Content page, or take them out on the Review page.",
        )
    if state is None:
        return _green(name, "No message names products.")
    if not state.is_worked_out or not state.products:
        return _red(name, "The products of the plan are not worked out.", way_out)
    if state.faults:
        told = [f"{_n(n, 'product')} {FAULTS[fault]} ({example})" for fault, n, example in
                state.faults]  # fmt: skip
        return _red(name, f"Since they were worked out: {_listed(told)}.", way_out)
    if state.has_other_rules:
        return _red(name, "The rules of recommendations were changed since.", way_out)
    return _green(
        name,
        f"{_n(state.products, 'product')}, each in stock and at the price that the messages say.",
    )


def _strays(readiness: Readiness) -> list[str]:
    state = readiness.products
    return [
        arm.name
        for arm in readiness.arms
        if arm.message
        and (rank := highest_rank(arm.message))
        and (state is None or arm.arm not in state.arms or rank > state.items)
    ]


def footer(readiness: Readiness) -> GateCheck:
    """Every message names its sender, a postal address and the way to unsubscribe."""
    missing = [
        f"{arm.name} lacks {', '.join(lacking)}"
        for arm in readiness.arms
        if (lacking := _lacking(arm, readiness.brand))
    ]
    if missing:
        return _red("Footer", f"{_listed(missing)}.", "Edit the footer on the Review page.")
    if not readiness.arms:
        return _red("Footer", "There is no message to look at.", _WRITE_FIRST)
    return _green(
        "Footer", "Every footer has the sender, a postal address and an unsubscribe link."
    )


def emails(readiness: Readiness) -> GateCheck:
    """Every message was drawn as the e-mail that goes out, and everybody can read it."""
    name = "E-mail rendering"
    if not readiness.arms:
        return _red(name, "There is no message to draw.", _WRITE_FIRST)
    unseen = [arm.name for arm in readiness.arms if arm.drawn is None]
    if unseen:
        return _red(
            name,
            f"{_listed(unseen)} was not drawn as an e-mail in the look that the brand has now.",
            "Screen the messages again on the Review page.",
        )
    broken = [arm for arm in readiness.arms if arm.drawn not in ("pass", "warn")]
    if broken:
        told = dict.fromkeys(arm.drawn_faults for arm in broken)
        return _red(
            name,
            f"{_listed(arm.name for arm in broken)} cannot be sent as it is drawn. {_listed(told)}",
            "Edit the message on the Review page, or the design in the brand's profile.",
        )
    return _green(
        name,
        f"All {_n(len(readiness.arms), 'message')} were drawn as HTML and plain text, and "
        "everybody can read them.",
    )


def sender(readiness: Readiness) -> GateCheck:
    """A team's own list is not written to in the name of the sample's shop."""
    name, brand = "Sender", readiness.brand
    kept = [
        said
        for field, said in _SAMPLE_SENDER.items()
        if getattr(brand, field) == getattr(_SAMPLE_BRAND, field)
    ]
    if kept and not readiness.is_sample:
        return GateCheck(
            name,
            is_green=False,
            message="These are your own customers, and the messages still state "
            f"{', '.join(kept)} of {_SAMPLE_BRAND.sender_name}, the sample shop.",
            way_out="Set sender_name, sender_address, shop_url and unsubscribe_url under [brand] "
            "in settings.toml, and have the messages written anew.",
            is_for_export=True,
        )
    shown = f"{brand.sender_name}, {brand.sender_address}"
    return GateCheck(
        name, is_green=True, message=f"Sent in the name of {shown}.", is_for_export=True
    )


def design(readiness: Readiness) -> GateCheck:
    """The hypothesis is frozen: somebody approved the design."""
    if not readiness.launch.experiment_id:
        return _red("Design", "The test is not designed yet.", "Design it on the Experiment page.")
    if readiness.launch.approved_at is None:
        return _red(
            "Design",
            "The design is not approved, so its hypothesis is not frozen.",
            "Approve it on the Experiment page.",
        )
    if not readiness.launch.is_unchanged:
        return _red(
            "Design",
            "The hypothesis on file is not the one that was approved.",
            "Withdraw the design on the Experiment page, and design the test again.",
        )
    return _green(
        "Design",
        f"Approved on {readiness.launch.approved_at:%d %B %Y}; the hypothesis is frozen as "
        f"{readiness.launch.hypothesis_sha256[:12]}.",
    )


def assignment(readiness: Readiness) -> GateCheck:
    """Everybody eligible at the launch has exactly one arm of the design."""
    name, way_out = "Assignment", "Approve the design on the Experiment page."
    if readiness.launch.approved_at:
        way_out = "Withdraw the approval and approve the design again."
    if not readiness.n_assigned:
        return _red(name, "No customer has been given an arm.", way_out)
    wrong = readiness.n_twice or readiness.n_strays
    if wrong:
        return _red(
            name,
            f"{_n(readiness.n_twice, 'assignment')} too many, and {readiness.n_strays:,} to arms "
            "that the design does not have.",
            "Start a new campaign: this one's assignment cannot be trusted.",
        )
    waiting = readiness.audience.waiting
    if waiting and readiness.launch.launched_at is None:
        return _red(name, f"{_n(waiting, 'eligible customer')} without an arm.", way_out)
    if waiting:
        return _green(
            name,
            f"All {readiness.n_assigned:,} customers of the test have one arm. "
            f"{_n(waiting, 'customer')} became eligible after the launch and took no part.",
        )
    return _green(name, f"All {readiness.n_assigned:,} eligible customers have one arm.")


def sign_off(readiness: Readiness) -> GateCheck:
    """Messages, audience, arms, policy and sources are as somebody signed them off."""
    name, signed = "Sign-off", readiness.sign_off
    if signed.sealed_at is None:
        return _red(
            name,
            "Nobody has signed this campaign off.",
            "Approve the design on the Experiment page, or sign off on the Queue page.",
        )
    day = f"{signed.sealed_at.day} {signed.sealed_at:%B %Y}"
    said = f"{signed.sealed_by} signed off on {day}"
    if signed.changes:
        since = "" if signed.changes[0].startswith("the sign-off did not") else "since then "
        return _red(
            name,
            f"{said}; {since}{_listed(signed.changes)}.",
            "Have it signed off again on the Queue page, or undo the change.",
        )
    if is_program(str(signed.sealed_by)) and signed.people:
        return GateCheck(
            name,
            is_green=False,
            message=f"A program signed off on {day}, and people are there to ask: "
            f"{_listed(signed.people)}.",
            way_out="Have one of them sign off on the Queue page.",
            is_for_export=True,
        )
    alone = ", alone and for their own work" if signed.is_self_approved else ""
    return _green(name, f"{said}{alone}; nothing has changed since.")


def consent(readiness: Readiness) -> GateCheck:
    """Only people who may be written to are written to, and there are some."""
    name, audience = "Consent", readiness.audience
    held = ", ".join(f"{count:,} {REASONS[reason]}" for reason, count in audience.held_back)
    left_out = f" Left out: {held}." if held else " Nobody has to be left out."
    if not audience.recipients:
        return _red(
            name,
            "There is nobody to send to." + (left_out if held else ""),
            "Choose segments with customers who agreed to e-mails.",
        )
    return _green(name, f"{_n(audience.recipients, 'customer')} may be written to.{left_out}")


CHECKS: Final[tuple[Callable[[Readiness], GateCheck], ...]] = (
    messages,
    screening,
    errors,
    approval,
    sources,
    hold,
    send_date,
    origin,
    personal_fields,
    products,
    footer,
    emails,
    sender,
    design,
    assignment,
    sign_off,
    consent,
)


def _green(name: str, message: str) -> GateCheck:
    return GateCheck(name, is_green=True, message=message)


def _red(name: str, message: str, way_out: str) -> GateCheck:
    return GateCheck(name, is_green=False, message=message, way_out=way_out)


def _lacking(arm: ArmState, brand: Brand) -> list[str]:
    text = arm.message.footer if arm.message else ""
    plain = _letters(text)
    parts = (
        ("the sender's name", _letters(brand.sender_name) in plain),
        ("the postal address", _letters(brand.sender_address) in plain),
        ("the unsubscribe link", brand.unsubscribe_url in text),
    )
    return [part for part, is_there in parts if not is_there]


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    rest = len(shown) - _SHOWN
    return "; ".join(shown[:_SHOWN]) + (f"; and {rest} more" if rest > 0 else "")


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
