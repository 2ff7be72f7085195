"""Front matter: the YAML between two lines of dashes at the head of a Markdown file.

Reads it with the line of every field, so that what is wrong can be named by file and line.
Dates and numbers stay text here, as they were written: YAML's own reading of dates fails without
saying where, and it makes 750 of 12:30 and 1.1 of a price of 1.10.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

_FENCE: Final = re.compile(r"^---[ \t]*$")
_AS_WRITTEN: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("timestamp", "int", "float")
)

LONGEST_FRONT_MATTER: Final = 100_000
"""Characters; beyond that nobody has read what they approve."""

_DEEPEST: Final = 12
"""Lists in lists; a document has three."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a content file that a person has to look at.

    Attributes:
        source: File, as it is named from the content folder's parent.
        line: Physical line, the first is 1; None where it is about the whole file.
        field: Field of the front matter: ``statements[2].role``.
        message: What is wrong and the way out, in one sentence.
    """

    source: str
    line: int | None
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A content file, taken apart.

    Attributes:
        fields: The front matter; empty where the file has none.
        lines: Physical line of each field, by its path: ``statements[2].role``.
        body: The Markdown below.
        is_present: Whether there was any front matter.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    body: str = ""
    is_present: bool = False


class _Loader(yaml.SafeLoader):
    """YAML without dates, numbers, aliases, deep nests and without fields that stand twice."""

    depth = 0

    yaml_implicit_resolvers: Final = {  # type: ignore[misc]
        letter: [(tag, pattern) for tag, pattern in known if tag not in _AS_WRITTEN]
        for letter, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401
        """Refuse ``*name``: a handful of them can blow a short file up to gigabytes."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "an alias (*name) is not allowed", mark)
        self.depth += 1
        if self.depth > _DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            message = f"lists and fields stand more than {_DEEPEST} deep in one another"
            raise yaml.composer.ComposerError(None, None, message, mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def read_front_matter(source: str, text: str) -> FrontMatter | Problem:
    """Take the text of the file ``source`` apart; a Problem names the line that cannot be read."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or not _FENCE.match(lines[0]):
        return FrontMatter(body="\n".join(lines).strip())
    end = next((i for i, line in enumerate(lines[1:], 1) if _FENCE.match(line)), None)
    if end is None:
        message = "The front matter is not closed. End it with a line of three dashes."
        return Problem(source, len(lines), None, message)
    head = "\n".join(lines[1:end])
    if len(head) > LONGEST_FRONT_MATTER:
        said = f"The front matter has {len(head):,} characters, more than {LONGEST_FRONT_MATTER:,}."
        return Problem(source, 1, None, f"{said} Make several documents of it.")
    return _parsed(source, head, "\n".join(lines[end + 1 :]).strip())


def _parsed(source: str, head: str, body: str) -> FrontMatter | Problem:
    try:
        fields, places = _read_yaml(head)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 1
        return Problem(source, line, None, f"The front matter is no valid YAML: {error.problem}.")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Problem(source, 1, None, f"The front matter is no valid YAML: {error}.")
    if not isinstance(fields, dict):
        message = "The front matter is no list of fields. Write one 'name: value' a line."
        return Problem(source, 2, None, message)
    return FrontMatter(fields, places, body, is_present=True)


def _read_yaml(text: str) -> tuple[Any, dict[str, int]]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        places: dict[str, int] = {}
        if node is None:
            return {}, places
        _place(node, "", places)
        return loader.construct_document(node), places
    finally:
        loader.dispose()


def _place(node: yaml.Node, path: str, places: dict[str, int]) -> None:
    """Note the physical line of everything below ``node``; refuse a field that stands twice."""
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value, 1):
            inner = f"{path}[{number}]"
            places[inner] = item.start_mark.line + 2
            _place(item, inner, places)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            if inner in places:
                message = f"the field {key.value!r} stands twice"
                raise yaml.composer.ComposerError(None, None, message, key.start_mark)
            places[inner] = key.start_mark.line + 2
            _place(value, inner, places)
