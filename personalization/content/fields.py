"""Fields of the front matter: read by type, with a problem for everything that does not fit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from personalization.content.front_matter import FrontMatter, Problem

if TYPE_CHECKING:
    from collections.abc import Collection

HIGHEST_NUMBER: Final = 1_000_000
"""No author counts a document's versions beyond that."""

MOST_ITEMS: Final = 500
"""Statements of a document, or texts of one of its lists; the next one makes another document."""

LONGEST_TITLE: Final = 200
"""Characters; a title stands above every passage of its document."""

LONGEST_STATEMENT: Final = 2_000
"""Characters; a sentence beyond that is no sentence."""

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LAST_STEP: Final = re.compile(r"(\.[^.\[\]]+|\[\d+\]|^[^.\[\]]+)$")


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads the fields of one file, and gathers its problems as it goes.

    A path names a field: ``valid_until``, ``statements[2].role``.
    """

    source: str
    found: FrontMatter
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, path: str, message: str) -> None:
        """Note a problem at the line of ``path``, or of what it is in."""
        known = path
        while known and known not in self.found.lines:
            known = _LAST_STEP.sub("", known)
        line = self.found.lines.get(known, 1)
        self.problems.append(Problem(self.source, line, path, message))

    def value(self, name: str) -> Any:  # noqa: ANN401
        """Return the field as YAML gives it; None where it is missing or empty."""
        return self.found.fields.get(name)

    def text(self, value: Any, path: str) -> str | None:  # noqa: ANN401
        """Return ``value`` as trimmed text; None where there is none."""
        if isinstance(value, bool | list | dict):
            self.wrong(path, f"{path} has to be text. Put it in quotes.")
            return None
        if found := _UNPRINTABLE.search(str(value)):
            self.wrong(path, f"{path} holds the unprintable sign U+{ord(found[0]):04X}. Delete it.")
            return None
        return (str(value).strip() or None) if value is not None else None

    def optional(self, name: str) -> str | None:
        """Return the text of a field that may be missing."""
        return self.text(self.value(name), name)

    def needed(self, value: Any, path: str) -> str:  # noqa: ANN401
        """Return ``value`` as text; a problem and an empty text where there is none."""
        n_before = len(self.problems)
        text = self.text(value, path)
        if text is None and len(self.problems) == n_before:
            self.wrong(path, f"{path} is missing.")
        return text or ""

    def texts(self, value: Any, path: str) -> tuple[str, ...]:  # noqa: ANN401
        """Return a list of texts; empty where the field is missing."""
        if value is None:
            return ()
        if not isinstance(value, list):
            self.wrong(path, f"{path} has to be a list: [one, two].")
            return ()
        if len(value) > MOST_ITEMS:
            self.wrong(path, f"{path} has {len(value):,} entries, more than {MOST_ITEMS}.")
            return ()
        read = [self.needed(item, f"{path}[{number}]") for number, item in enumerate(value, 1)]
        return tuple(text for text in read if text)

    def mapping(self, value: Any, path: str, known: Collection[str]) -> dict[str, Any]:  # noqa: ANN401
        """Return named values, after a problem for each name that is not ``known``."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(path, f"{path} has to have fields: {', '.join(known)}.")
            return {}
        for name in value:
            if name not in known:
                inner = f"{path}.{name}" if path else str(name)
                self.wrong(inner, f"{name!r} is no known field. Known are: {', '.join(known)}.")
        return value

    def choice(self, value: str, path: str, known: Collection[str]) -> str:
        """Return ``value``, after a problem where it is not ``known``."""
        if value and value not in known:
            self.wrong(path, f"{path} {value!r} is unknown. Use one of: {', '.join(known)}.")
        return value

    def shape(self, value: str, path: str, pattern: re.Pattern[str], example: str) -> str:
        """Return ``value``, after a problem where it is not of the form of ``example``."""
        if value and not pattern.fullmatch(value):
            self.wrong(path, f"{path} {value!r} has another form than {example}.")
        return value

    def day(self, name: str) -> date | None:
        """Return a field as a day; None where it is missing or no day of the calendar."""
        value = self.optional(name)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.wrong(name, f"{name} {value!r} is no day of the calendar. Write it as 2026-12-24.")
            return None

    def number(self, name: str) -> int | None:
        """Return a field as a whole number from 1 on; None where it is missing."""
        value = self.value(name)
        if value is None:
            return None
        if not (isinstance(value, str) and _NUMBER.fullmatch(value)):
            self.wrong(name, f"{name} has to be a whole number from 1 on.")
            return None
        if int(value) > HIGHEST_NUMBER:
            self.wrong(name, f"{name} {value} is beyond {HIGHEST_NUMBER:,}.")
            return None
        return int(value)
