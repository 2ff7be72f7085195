"""The first page: what needs somebody now, and every campaign with its next step."""

from __future__ import annotations

from pages.ui import shell

ctx = shell.enter("home")
