"""Long texts in pieces that a service takes: nothing is left out or hidden by a border."""

from __future__ import annotations

from typing import Final

from personalization.providers.obfuscation import sentence_spans

CHUNK: Final = 9_500
"""Characters sent in one piece; the service takes 10,000."""

OVERLAP: Final = 500
"""Characters that two pieces share where a sentence is too long to be sent whole."""


def chunk_spans(text: str, size: int = CHUNK, overlap: int = OVERLAP) -> list[tuple[int, int]]:
    """Return start and end of pieces of ``size`` characters at most that cover all of ``text``.

    Pieces end with a sentence and begin with the last one of the piece before, so that two
    neighbouring sentences that fit are seen together.  Only a sentence longer than a piece is cut,
    and then the pieces share ``overlap`` characters, which have to be fewer than ``size``.

    Example:
        >>> chunk_spans("One. Two. Three.", size=11, overlap=3)
        [(0, 10), (5, 16)]
    """
    edges = [*(start for start, _ in sentence_spans(text)[1:]), len(text)]
    spans: list[tuple[int, int]] = []
    start = done = 0
    while len(text) - start > size:
        done = max((e for e in edges if done < e <= start + size), default=start + size)
        spans.append((start, done))
        start = _next_start(edges, start, done, size=size, overlap=overlap)
    return [*spans, (start, len(text))]


def _next_start(edges: list[int], start: int, end: int, *, size: int, overlap: int) -> int:
    """Return where the piece after start to end begins."""
    if end not in edges:  # a sentence had to be cut
        return end - overlap
    last = max((edge for edge in edges if start < edge < end), default=start)
    following = next(edge for edge in edges if edge > end)
    has_room = following - end <= size
    return max(last, following - size if has_room else end - overlap)
