"""Product texts: write about products, segments or one customer; review, copy and hand over."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import streamlit as st

from pages.ui import shell, text_cards, text_order, text_words, words, writing
from personalization import campaign
from personalization.reports import campaigns, intake
from personalization.reports import texts as reports

ctx = shell.enter("texts")

VIEWS: Final = {"texts": "Texts", "filled": "As customers read them", "files": "Hand over"}


def working(dataset_id: str) -> bool:
    """Show how far the writing is; tell whether any is going on."""
    job = campaigns.job_of(shell.store(), dataset_id)
    if job is None:
        return False
    if job.is_active:
        with st.container(border=True, key="text_work"):
            writing.progress(job)
        return True
    if st.session_state.get("text_job") == job.job_id:
        if job.state == "done":
            st.success(words.plain(job.message), icon=":material/check:")
        else:
            writing.ended(job)
    return False


def filled(dataset_id: str) -> None:
    """Show the texts on readers' own products as customers read them."""
    st.caption("Approved texts on each reader's own products, with their names filled in.")
    customer = st.text_input(
        "Customer number", key="filled_customer", width=240, placeholder="Empty: the first few"
    )
    rows = campaign.texts_read_by(shell.store(), dataset_id, (customer or "").strip(), most=6)
    if not rows:
        left_out = campaign.texts_left_out(shell.store(), dataset_id, (customer or "").strip())
        st.info(
            "Nobody reads such a text now. Write one about each reader's own products, and "
            f"approve it; who has too few products gets none. {left_out}".rstrip(),
            icon=":material/person_search:",
        )
    for row in rows:
        with st.container(border=True):
            st.caption(
                f"Customer {words.plain(row['customer_id'])} · {words.plain(row['segment'])} · "
                f"{words.STRATEGY.get(row['strategy'], row['strategy'])} · "
                f"{text_words.SHORT[row['kind']]}"
            )
            st.markdown(f"**{words.plain(row['subject'])}**")
            st.markdown(words.plain(row["body"]).replace("\n", "  \n"))


def files(dataset_id: str) -> None:
    """Offer what may be used today as files."""
    st.caption(
        "Only approved texts whose facts still hold are in the files. A changed price, a product "
        "that is no longer sold or a withdrawn source takes a text out by itself."
    )
    form = st.segmented_control(
        "Form", ["csv", "jsonl", "parquet"], default="csv", required=True, key="texts_form",
        format_func={"csv": "CSV", "jsonl": "JSON lines", "parquet": "Parquet"}.__getitem__,
    )  # fmt: skip

    def texts_file() -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "texts"
            campaign.write_texts_file(store, dataset_id, path, form=str(form), actor=ctx.actor)
            return path.read_bytes()

    def filled_file() -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "texts"
            campaign.write_filled_texts(store, dataset_id, path, form=str(form), actor=ctx.actor)
            return path.read_bytes()

    usable = [text for text in texts if text.is_usable]
    own = [text for text in usable if text.product_id is None]
    with st.container(horizontal=True):
        st.download_button(
            f"{words.plural(len(usable), 'text')} with their blanks", data=texts_file,
            file_name=f"product-texts.{form}", on_click="ignore", disabled=not usable,
            icon=":material/download:", key="texts_download",
        )  # fmt: skip
        st.download_button(
            "Filled for every customer", data=filled_file, on_click="ignore", disabled=not own,
            file_name=f"product-texts-filled.{form}", icon=":material/group:",
            key="texts_download_filled",
            help="One row for each customer and text on their own products, as far as the "
            "catalogue still says what the text shows. Who objected to mailing is not in it, and "
            "an e-mail is there for those only who may be mailed today.",
        )  # fmt: skip
    if own and (left_out := campaign.texts_left_out(store, dataset_id)):
        st.caption(left_out)


store, state = shell.store(), ctx.campaign
bases = {base.dataset_id: base for base in intake.bases(store)}
if not bases:
    shell.empty(
        "No products yet",
        "Texts are written from a catalogue. Upload a customer base with its products, or try "
        "the sample shop.",
        page="upload",
        label="Go to Upload",
    )
with shell.told():
    shell.read_content()
dataset_id = state.dataset_id if state else st.selectbox(
    "Customer base", list(bases), format_func=lambda base: bases[base].name, key="texts_base",
    width=420,
)  # fmt: skip
texts = reports.texts_of(store, dataset_id)
if not reports.products_to_choose(store, dataset_id, most=1):
    shell.empty(
        "No catalogue yet",
        f"{words.plain(bases[dataset_id].name)} has no product that is for sale. Add a product "
        "file with names and prices.",
        page="catalogue",
        label="Add a catalogue",
    )
is_working = working(dataset_id)
with st.expander("Write texts", expanded=not texts, icon=":material/edit_note:"):
    if is_working:
        st.caption("Something is being written for this base. Order more when it is done.")
    else:
        text_order.form(dataset_id, reports.text_set(store, dataset_id), ctx.actor)
if texts:
    view = st.segmented_control(
        "What to look at", list(VIEWS), default="texts", required=True,
        format_func=VIEWS.__getitem__, key="texts_view", label_visibility="collapsed",
    )  # fmt: skip
    if view == "texts":
        text_cards.show(texts, ctx.actor)
    elif view == "filled":
        filled(dataset_id)
    else:
        files(dataset_id)
