"""What a reader without known fields sees: merge tags filled with their fallback.

Rules and classifier judge the filled text; findings point into the text as it is stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from personalization.domain import MERGE_FIELDS

# The tags that delivery fills, and only those; anything else stays in sight of the rules.
_TAG: Final = re.compile(rf"\{{\{{\s*(?:{'|'.join(MERGE_FIELDS)})\s*\|\s*([^{{}}|]*?)\s*\}}\}}")


@dataclass(frozen=True, slots=True)
class FilledText:
    """A text with its merge tags filled.

    Attributes:
        text: What a reader sees.
        starts: For each character of ``text``, where what it stands for starts in the stored text.
        ends: Likewise, where it ends.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def own(self) -> str:
        """Return the text with U+FFFC in place of each sign that stands in for a tag."""
        spans = zip(self.text, self.starts, self.ends, strict=True)
        return "".join(sign if end - start == 1 else "\ufffc" for sign, start, end in spans)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where the characters from start to end stand in the stored text."""
        if start >= end or not self.ends:
            at = self.starts[start] if start < len(self.starts) else max(self.ends, default=0)
            return at, at
        return self.starts[start], self.ends[end - 1]


def filled(stored: str) -> FilledText:
    """Fill the merge tags of a stored text with their fallbacks.

    Example:
        >>> filled("Hello {{first_name|there}}!").text
        'Hello there!'
        >>> filled("Hello {{first_name|there}}!").span(6, 11)
        (6, 26)
    """
    text, starts, ends, position = "", [], [], 0
    for tag in _TAG.finditer(stored):
        plain, fallback = stored[position : tag.start()], tag[1]
        text += plain + fallback
        starts += [*range(position, tag.start()), *[tag.start()] * len(fallback)]
        ends += [*range(position + 1, tag.start() + 1), *[tag.end()] * len(fallback)]
        position = tag.end()
    starts += range(position, len(stored))
    ends += range(position + 1, len(stored) + 1)
    return FilledText(text + stored[position:], tuple(starts), tuple(ends))
