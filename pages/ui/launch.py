"""The launch: the checks that have to be green, the export, the simulation, and what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import frozen, shell, words
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import experiment as reports
from personalization.reports import intake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from personalization.reports.campaigns import CampaignState

_TOOLS: Final[Mapping[str, str]] = {
    "own": "Our own: {{first_name|there}}",
    "mailchimp": "Mailchimp",
    "braze": "Braze",
    "liquid": "Liquid (Klaviyo, Customer.io and others)",
    "ampscript": "AMPscript (Salesforce Marketing Cloud)",
    "hubspot": "HubSpot",
}
_ASSUMED: Final[Mapping[str, tuple[str, Callable[[Any], str]]]] = {
    "open_rate": ("Open the message", words.percent),
    "click_rate": ("Click the control text", words.percent),
    "conversion_rate": ("Buy, of those who click", words.percent),
    "unsubscribe_rate": ("Unsubscribe", words.percent),
    "order_value": ("Value of an order", "{:,.2f}".format),
    "lift": ("Best variant lifts clicks by", words.change),
    "seed": ("Seed of the draws", plain),
}


def panel(state: CampaignState, actor: str) -> None:
    """Show every check with its way out, and the two ways to launch."""
    checks = campaign.launch_gate(shell.store(), shell.settings(), state.campaign_id)
    red = [check for check in checks if not check.is_green]
    st.subheader("Checks before the launch", anchor=False)
    if red:
        st.warning(
            f"{words.plural(len(red), 'check')} of {len(checks)} stand in the way.",
            icon=":material/pending:", title="Not ready",
        )  # fmt: skip
    else:
        st.success(
            f"All {len(checks)} checks are green.", icon=":material/check_circle:", title="Ready"
        )
    _list(red, key="gate")
    can_simulate = all(check.is_for_export for check in red)
    _buttons(state, actor, is_ready=not red, can_simulate=can_simulate)
    green = [check for check in checks if check.is_green]
    with st.expander(f"{words.plural(len(green), 'green check')}", icon=":material/checklist:"):
        _list(green, key="green")


def _list(checks: Sequence[reports.GateCheck], *, key: str) -> None:
    if not checks:
        return
    with st.container(border=not checks[0].is_green, gap="small", key=key):
        for check in checks:
            icon = (
                ":green[:material/check_circle:]" if check.is_green else ":red[:material/cancel:]"
            )
            st.markdown(
                f"{icon} **{plain(check.name)}** {plain(check.message)}"
                + (f"  \n:gray[{plain(check.way_out)}]" if check.way_out else "")
            )


def _buttons(state: CampaignState, actor: str, *, is_ready: bool, can_simulate: bool) -> None:
    with st.container(horizontal=True, key="launch"):
        if st.button(
            "Export for sending", type="primary", icon=":material/outgoing_mail:", key="export",
            disabled=not is_ready,
            help="Writes the files for your e-mail tool, one for each message.",
        ):  # fmt: skip
            confirm_export(state, actor)
        if st.button(
            "Simulate instead", icon=":material/science:", key="simulate",
            disabled=not can_simulate,
            help="Nobody is written to. Invented responses, marked as such everywhere.",
        ):  # fmt: skip
            confirm_simulation(state, actor)


@st.dialog("Export for sending?", icon=":material/outgoing_mail:")
def confirm_export(state: CampaignState, actor: str) -> None:
    """Say what the export means, and do it."""
    st.write(
        "The files hold the finished message of every person, ready for your e-mail tool. From "
        "here on segments, messages and design are locked."
    )
    syntax = st.selectbox(
        "Merge fields are written for", list(_TOOLS), format_func=_TOOLS.__getitem__,
        index=list(_TOOLS).index(shell.settings().delivery.merge_syntax), key="merge_syntax",
        help="The tool that sends reads them in its own way, and sends any other as it stands. The "
        "certificate says which one was chosen.",
    )  # fmt: skip
    st.caption(
        "Upload for each message its .csv as the list of recipients, its .html as the e-mail and "
        "its .txt as the plain-text part; the other files prove what was sent."
    )
    if st.button("Write the files", type="primary", key="confirm_export"):
        with shell.told(), st.spinner("Writing the files and checking every text in them"):
            export = campaign.export_campaign(
                shell.store(), shell.settings(), state.campaign_id, actor=actor,
                request_id=shell.request_id("export", state.campaign_id), merge_syntax=syntax,
            )  # fmt: skip
            shell.fulfilled("export", state.campaign_id)
            shell.say(f"Files for {words.plural(export.recipients, 'recipient')} are ready.")
            st.rerun()


@st.dialog("Simulate this campaign?", icon=":material/science:")
def confirm_simulation(state: CampaignState, actor: str) -> None:
    """State the assumptions, let them be changed, and simulate."""
    usual = shell.settings().delivery
    st.write(
        "Nobody is written to. Responses are drawn from these assumptions, and every page, chart "
        "and file says so."
    )
    with st.grid(2, key="assumptions"):
        opens = _share("Open the message", usual.open_rate)
        clicks = _share("Click the control text", usual.click_rate)
        buys = _share("Buy, of those who click", usual.conversion_rate)
        currency = intake.currency_of(shell.store(), state.dataset_id)
        unit = f" ({currency})" if currency else ""
        value = st.number_input(f"Value of an order{unit}", 0.0, None, usual.order_value, 1.0)
        lift = _share("Best variant lifts clicks by", usual.lift, most=1000)
    st.caption(
        "A simulated lift is an assumption that comes back, with the luck of the draw on top. It "
        "shows how a result will look, and proves nothing about the messages."
    )
    if st.button("Simulate", type="primary", key="confirm_simulation"):
        with shell.told(), st.spinner("Simulating and measuring"):
            campaign.simulate_campaign(
                shell.store(), shell.settings(), state.campaign_id, actor=actor,
                request_id=shell.request_id("simulation", state.campaign_id),
                assumptions=campaign.Assumptions(opens, clicks, buys, value, lift),
            )  # fmt: skip
            shell.fulfilled("simulation", state.campaign_id)
            shell.go("results")


def _share(label: str, usual: float, most: int = 100) -> float:
    named = f"{label} (%, at most {most})" if most > 100 else f"{label} (%)"  # noqa: PLR2004
    return st.number_input(named, 0.0, float(most), 100 * usual, 1.0, "%.1f") / 100


def launched(state: CampaignState, found: reports.Design) -> None:
    """Say what went out, when and by whom, what is due when, and offer the files."""
    by = f"{plain(found.launched_by or '')} on {words.moment(found.launched_at)}"
    if found.mode == "simulation":
        st.info(f"Simulated by {by}. Nobody was written to.", icon=":material/science:",
                title="Simulated")  # fmt: skip
    else:
        export = reports.export_of(shell.store(), state.campaign_id)
        recall = reports.recall_of(shell.store(), export) if export else None
        if recall and recall.reasons:
            _stopped(found, recall)
        else:
            _what_is_due(found, state.send_on)
            if export and recall:
                _download(export, recall)
    shell.link("results", "Go to the results")
    is_sent = words.is_over(state.send_on, shell.store().now())
    what = (
        "What would have gone out"
        if found.mode != "export"
        else ("What was sent" if is_sent else "What was exported")
    )
    st.subheader(what, anchor=False)
    frozen.arms_table(found)
    if assumed := reports.assumptions(shell.store(), found.experiment_id):
        currency = intake.currency_of(shell.store(), state.dataset_id)
        with st.expander("What the simulation assumed", icon=":material/science:"):
            st.table(
                [
                    {
                        "Assumed": label,
                        "Value": words.money(assumed[name], currency)
                        if name == "order_value"
                        else said(assumed[name]),
                    }
                    for name, (label, said) in _ASSUMED.items()
                    if name in assumed
                ],
                hide_index=True, hide_header=True, border="horizontal", width="content",
                alt="What the simulation assumed",
            )  # fmt: skip
    with st.expander("What was declared before the launch", icon=":material/lock:"):
        frozen.declaration(found)
        frozen.facts(state, found)


def _stopped(found: reports.Design, recall: reports.Recall) -> None:
    """Say why nothing of the export may be sent, and what to do with the files that are out."""
    reasons = "".join(f"\n- {plain(reason)}." for reason in recall.reasons)
    st.error(
        f"Exported by {plain(found.launched_by or '')} on {words.moment(found.launched_at)}. "
        f"The files may not be sent, and cannot be downloaded now:\n{reasons}\n\n**Stop the files "
        "in your e-mail tool**, if somebody has loaded them already. The Incidents page says what "
        "is open and who can release it; what must not be said any more needs a new campaign.",
        icon=":material/front_hand:", title="Do not send",
    )  # fmt: skip
    shell.link("incidents", "Open the incidents")


def _what_is_due(found: reports.Design, send_on: date) -> None:
    """Draw the way of a launched test: sent, collecting, read; with the days that are left."""
    due = reports.due(found, shell.store().now())
    st.success(
        f"Exported by {plain(found.launched_by or '')} on {words.moment(found.launched_at)}. "
        f"{_when(due)}", icon=":material/outgoing_mail:", title="Launched",
    )  # fmt: skip
    steps = [
        (True, "Files written", _loading(send_on)),
        (due.days_to_go <= 0, f"Responses count until {words.day(due.counts_until)}",
         "Add them on the Results page as often as you like. Later ones are listed, not counted."),
        (due.days_to_go <= 0, f"Read on {words.day(due.reads_on)}", _reading(found, due)),
    ]  # fmt: skip
    with st.container(border=True, key="due"):
        for is_done, title, text in steps:
            icon = ":green[:material/check_circle:]" if is_done else ":material/schedule:"
            st.markdown(f"{icon} **{title}**  \n:gray[{text}]")


def _loading(send_on: date) -> str:
    if words.is_over(send_on, shell.store().now()):
        return f"They were due on {words.day(send_on)}."
    return (
        f"Due on {words.day(send_on)}. Load them into your e-mail tool with the do-not-send list, "
        "if that has not happened yet."
    )


def _when(due: reports.Due) -> str:
    if due.days_to_go <= 0:
        return "The result can be read."
    to_go = words.plural(due.days_to_go, "day")
    return f"Read on {words.day(due.reads_on)}; {to_go} to go."


def _reading(found: reports.Design, due: reports.Due) -> str:
    if due.days_to_go <= 0:
        return "The verdict is on the Results page."
    if found.opened_early_at is not None:
        return (
            f"Opened early by {plain(found.opened_early_by or '')} on "
            f"{words.moment(found.opened_early_at)}, with wider intervals that allow for it."
        )
    return "Until then the Results page shows counts and health only, so that chance fools nobody."


def _download(export: reports.Export, recall: reports.Recall) -> None:
    def archive() -> bytes:
        return reports.archive_for_sending(shell.store(), export)

    if recall.n_people:
        people = words.plural(recall.n_people, "person", "people")
        st.warning(
            f"{people} of this export objected, took their consent back or were erased since. The "
            "signed files still name them, so that they can be proved. Download again and load "
            "`do_not_send.csv` into your e-mail tool before anything is sent.",
            icon=":material/person_off:", title="Not everybody may be mailed any more",
        )  # fmt: skip
    st.download_button(
        f"Download the files for {words.plural(export.recipients, 'recipient')} (ZIP)", archive,
        file_name=f"export-{export.export_id}.zip", mime="application/zip", type="primary",
        on_click="ignore", icon=":material/download:", key="export_zip",
    )  # fmt: skip
    st.caption(
        "Beside the signed files lies `do_not_send.csv`, made anew at each download: it has to be "
        "applied before anything is sent."
    )
    st.caption(
        "Every text in them was screened and approved, and the certificate among the files proves "
        f"it to anybody. Fingerprint of the manifest `{export.manifest_sha256[:16]}`."
    )
    if export.head:
        st.caption(
            "To check it without this app, on any computer with Python, in the unpacked folder: "
            f"`python verify_export.py . {export.head}`"
        )
