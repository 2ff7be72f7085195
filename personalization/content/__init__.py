"""Approved content: import it, and find what may be said to whom."""

from personalization.content.campaigns import find_for_campaign
from personalization.content.choices import choose_passage
from personalization.content.finding import find_passages
from personalization.content.folder import search_folder
from personalization.content.front_matter import Problem
from personalization.content.importing import ContentImport, import_content
from personalization.content.recording import set_status

__all__ = [
    "ContentImport",
    "Problem",
    "choose_passage",
    "find_for_campaign",
    "find_passages",
    "import_content",
    "search_folder",
    "set_status",
]
