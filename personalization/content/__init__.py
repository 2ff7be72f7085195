"""Approved content: import it, find what may be said to whom, and take it back."""

from personalization.content.blast import BlastRadius, blast_radius
from personalization.content.campaigns import find_for_campaign
from personalization.content.choices import choose_passage
from personalization.content.finding import find_passages
from personalization.content.folder import search_folder
from personalization.content.front_matter import Problem
from personalization.content.importing import ContentImport, import_content
from personalization.content.incidents import (
    add_note,
    close_incident,
    finish_task,
    hold_campaign,
    holder_of,
    release_campaign,
    reopen_incident,
    report_incident,
    withdrawal_of,
)
from personalization.content.recording import set_status
from personalization.content.withdrawing import (
    expire_document,
    put_document_back,
    withdraw_document,
)

__all__ = [
    "BlastRadius",
    "ContentImport",
    "Problem",
    "add_note",
    "blast_radius",
    "choose_passage",
    "close_incident",
    "expire_document",
    "find_for_campaign",
    "find_passages",
    "finish_task",
    "hold_campaign",
    "holder_of",
    "import_content",
    "put_document_back",
    "release_campaign",
    "reopen_incident",
    "report_incident",
    "search_folder",
    "set_status",
    "withdraw_document",
    "withdrawal_of",
]
