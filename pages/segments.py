from __future__ import annotations

from pages.ui import shell

ctx = shell.enter("segments")
