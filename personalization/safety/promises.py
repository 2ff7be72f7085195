"""Promises that nobody can keep, and pressure to fall for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.safety.reading import is_quoted, pattern_hits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personalization.safety.policy import Rule
    from personalization.safety.reading import Context, Hit


def guarantee(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find guaranteed results; what an approved source says word for word may stand."""
    return _unquoted(text, rule, context)


def superlative(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find claims to be first or best; what an approved source says word for word may stand."""
    return _unquoted(text, rule, context)


def health(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find health claims; no source makes them good, because they are forbidden as such."""
    return pattern_hits(text, rule)


def financial(text: str, rule: Rule, _: Context) -> Iterator[Hit]:
    """Find promises of income or profit; no source makes them good."""
    return pattern_hits(text, rule)


def pressure(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    """Find false urgency; what an approved source says word for word may stand."""
    return _unquoted(text, rule, context)


def _unquoted(text: str, rule: Rule, context: Context) -> Iterator[Hit]:
    hits = pattern_hits(text, rule)
    return (hit for hit in hits if not is_quoted(text, hit, context.sources))
