"""What a reader without known fields sees: merge tags filled with their fallback.

Rules and classifier judge the filled text; findings point into the text as it is stored.  What is
said of a product, or cited of a prospect, reads as ``…``: its words are held to the catalogue and
to the rules for values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from personalization.domain import (
    MERGE_FIELDS,
    MOST_PRODUCTS,
    PRODUCT_FIELDS,
    PRODUCT_STAND_IN,
    PROSPECT_FIELDS,
)

# The tags that delivery fills, and only those; anything else stays in sight of the rules.
_TAG: Final = re.compile(
    rf"\{{\{{\s*(?:(?:{'|'.join(MERGE_FIELDS)})\s*\|\s*([^{{}}|]*?)"
    rf"|(product_[1-{MOST_PRODUCTS}]\.(?:{'|'.join(PRODUCT_FIELDS)})))\s*\}}\}}"
)

# Likewise of texts for prospects: each kind of text has its own fields, and the others' stay seen.
_PROSPECT_TAG: Final = re.compile(
    rf"\{{\{{\s*(?:prospect\.(?:{'|'.join(PROSPECT_FIELDS)})\s*\|\s*([^{{}}|]*?)|(fact\.text))\s*\}}\}}"
)


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


def filled(stored: str, *, is_for_prospects: bool = False) -> FilledText:
    """Fill the merge tags of a stored text with their fallbacks, or what stands in for a product.

    Tags that the text's own readers do not fill stay as they are, and are found by the rules.

    Example:
        >>> filled("Hello {{first_name|there}}!").text
        'Hello there!'
        >>> filled("Hello {{first_name|there}}!").span(6, 11)
        (6, 26)
    """
    text, starts, ends, position = "", [], [], 0
    for tag in (_PROSPECT_TAG if is_for_prospects else _TAG).finditer(stored):
        plain = stored[position : tag.start()]
        fallback = tag[1] or "" if tag[2] is None else PRODUCT_STAND_IN
        text += plain + fallback
        starts += [*range(position, tag.start()), *[tag.start()] * len(fallback)]
        ends += [*range(position + 1, tag.start() + 1), *[tag.end()] * len(fallback)]
        position = tag.end()
    starts += range(position, len(stored))
    ends += range(position + 1, len(stored) + 1)
    return FilledText(text + stored[position:], tuple(starts), tuple(ends))
