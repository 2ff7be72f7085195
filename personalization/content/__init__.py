"""Approved content: import it, find what may be said to whom, and take it back."""

from personalization.content.asking import SegmentQuery, edit_query, query_of
from personalization.content.blast import BlastRadius, blast_radius
from personalization.content.brand import (
    LineVerdict,
    SampleVerdict,
    TextVerdict,
    doubts_of,
    faults_of,
    judge_samples,
    ruled_out_in,
    try_text,
)
from personalization.content.brand_profiles import FILE as BRAND_FILE
from personalization.content.brand_profiles import (
    profile_of_version,
    read_profile,
    read_profile_file,
    save_profile,
    told_of,
)
from personalization.content.brief_gaps import gaps_in
from personalization.content.brief_plan import Gap, Plan
from personalization.content.briefs import campaign_facts
from personalization.content.campaigns import find_for_campaign
from personalization.content.choices import choose_passage
from personalization.content.editing import (
    approve_document,
    authors_of,
    read_draft,
    reopen_document,
    retire_unused,
    save_document,
)
from personalization.content.evaluating import (
    Estimate,
    Evaluation,
    Miss,
    evaluate_library,
    read_labels,
)
from personalization.content.exporting import export_library
from personalization.content.finding import find_passages
from personalization.content.findings import SEVERITIES, Entry, Finding, Known, as_row
from personalization.content.folder import search_folder, search_many
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
from personalization.content.linting import (
    known_to,
    lint,
    lint_folder,
    lint_library,
    profile_beside,
)
from personalization.content.markdown import document_fields, markdown_of
from personalization.content.recording import set_status
from personalization.content.stored import stored_document, stored_documents
from personalization.content.tracing import (
    Hit,
    LeftOut,
    Search,
    explain_missing,
    search_library,
)
from personalization.content.uploading import Examined, examine_files, take_in_files
from personalization.content.withdrawing import (
    expire_document,
    put_document_back,
    withdraw_document,
    withdrawn_version,
)
from personalization.providers.brand_profile import profile_in_force

__all__ = [
    "BRAND_FILE",
    "SEVERITIES",
    "BlastRadius",
    "ContentImport",
    "Entry",
    "Estimate",
    "Evaluation",
    "Examined",
    "Finding",
    "Gap",
    "Hit",
    "Known",
    "LeftOut",
    "LineVerdict",
    "Miss",
    "Plan",
    "Problem",
    "SampleVerdict",
    "Search",
    "SegmentQuery",
    "TextVerdict",
    "add_note",
    "approve_document",
    "as_row",
    "authors_of",
    "blast_radius",
    "campaign_facts",
    "choose_passage",
    "close_incident",
    "document_fields",
    "doubts_of",
    "edit_query",
    "evaluate_library",
    "examine_files",
    "expire_document",
    "explain_missing",
    "export_library",
    "faults_of",
    "find_for_campaign",
    "find_passages",
    "finish_task",
    "gaps_in",
    "hold_campaign",
    "holder_of",
    "import_content",
    "judge_samples",
    "known_to",
    "lint",
    "lint_folder",
    "lint_library",
    "markdown_of",
    "profile_beside",
    "profile_in_force",
    "profile_of_version",
    "put_document_back",
    "query_of",
    "read_draft",
    "read_labels",
    "read_profile",
    "read_profile_file",
    "release_campaign",
    "reopen_document",
    "reopen_incident",
    "report_incident",
    "retire_unused",
    "ruled_out_in",
    "save_document",
    "save_profile",
    "search_folder",
    "search_library",
    "search_many",
    "set_status",
    "stored_document",
    "stored_documents",
    "take_in_files",
    "told_of",
    "try_text",
    "withdraw_document",
    "withdrawal_of",
    "withdrawn_version",
]
