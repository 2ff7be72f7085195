"""From files to a campaign: see what would come in, put it right, say what the campaign is for."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import streamlit as st

from pages.ui import brief_form, intake_form, shell
from pages.ui import customer_base as base
from personalization import campaign
from personalization.reports import intake as reports

if TYPE_CHECKING:
    from collections.abc import Callable

ctx = shell.enter("upload")

FILES: Final = (
    ("customers", "Customers", "One row per customer: number or e-mail, consent, name, country."),
    ("transactions", "Orders (optional)", "One row per order line: customer, date and amount."),
    ("products", "Products (optional)", "One row per product: number, name, price, stock ..."),
    (
        "interactions",
        "What customers did (optional)",
        "One row per event: customer, product, what was done (view, basket ...), time.",
    ),
)
SOURCES: Final = {
    "files": "Upload files",
    "sample": "Sample shop",
    "known": "Customers already here",
}


def from_files() -> None:
    """Take files, check them, and create a campaign on what would come in."""
    with st.grid(2, key="uploads"):
        given = {target: intake_form.upload(target, label, text) for target, label, text in FILES}
    files = {target: file for target, file in given.items() if file is not None}
    if not files:
        st.caption("CSV, TSV or Parquet. Nothing is stored before you create the campaign.")
        return
    checked = [intake_form.show(file, target) for target, file in files.items()]
    intakes = [intake for intake in checked if intake is not None]
    if "customers" not in files:
        st.info("Add the customer file: the others do not say who may be written to.")
    elif len(intakes) < len(checked):
        st.info("Take out what cannot be used, or upload another file, to go on.")
    elif any(intake.ask for intake in intakes):
        st.info("Answer what is asked above to go on.")
    else:
        base.totals(intakes)
        ids = [
            [file.file_id, list(intake.mapping.items())]
            for file, intake in zip(files.values(), intakes, strict=True)
        ]
        ask_and_create(
            lambda request_id: campaign.import_files(
                shell.store(), name=intakes[0].file_name, intakes=intakes,
                actor=ctx.actor, request_id=request_id, settings=shell.settings(),
            ),
            ids,
        )  # fmt: skip


def from_sample() -> None:
    base.about_sample()
    ask_and_create(lambda _: campaign.load_sample(shell.store(), actor=ctx.actor), "sample")


def from_known() -> None:
    known = {each.dataset_id: each for each in reports.bases(shell.store())}
    chosen = st.selectbox(
        "Customer base", list(known), key="known_base", width=420,
        format_func=lambda key: f"{known[key].name} ({known[key].n_customers:,} customers)",
    )  # fmt: skip
    base.numbers(known[chosen])
    ask_and_create(lambda _: chosen, chosen)


def ask_and_create(dataset: Callable[[str], str], source: object) -> None:
    """Show the brief, and when it is sent create the campaign, once however often it is sent."""
    asked = brief_form.ask()
    if asked is None:
        return
    session = st.session_state.setdefault("session_token", uuid4().hex)
    with shell.told():
        with st.spinner("Bringing the customers in"):
            dataset_id = dataset(digest(session, source))
            campaign_id = campaign.create_campaign(
                shell.store(), name=asked.name, dataset_id=dataset_id, brief=asked.brief,
                send_on=asked.send_on, locale=asked.locale, actor=ctx.actor,
                request_id=digest(session, source, str(asked)),
            )  # fmt: skip
        shell.say(f"{asked.name} is created.")
        shell.go("segments", campaign_id)


def digest(*parts: object) -> str:
    """Return one name for the same request, so that a double click asks for one thing."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]


if ctx.campaign is not None:
    base.of_campaign(ctx.campaign)
else:
    sources = [key for key in SOURCES if key != "known" or reports.bases(shell.store())]
    source = st.segmented_control(
        "Where do the customers come from?", sources, default="files", required=True,
        format_func=SOURCES.__getitem__, key="source",
    )  # fmt: skip
    {"files": from_files, "sample": from_sample, "known": from_known}[source]()
