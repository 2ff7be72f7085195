"""Approved content: import it, and find what may be said to whom."""

from personalization.content.importing import ContentImport, import_content
from personalization.content.recording import set_status

__all__ = ["ContentImport", "import_content", "set_status"]
