"""A team's own policy as text, changed one value at a time, with its remarks left where they are.

The policy stays the TOML that an officer can read: a form changes the one line that it is about,
and says nothing of what is as it ships.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from personalization.safety.policy import read_toml, shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    Value = str | int | bool | list[Any]

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_HEADER: Final = re.compile(r"\s*\[(?!\[)(.+)\]\s*(?:#.*)?$")
_WIDTH: Final = 90


def with_threshold(overlay: str, category: str, *, block_above: int, review_from: int) -> str:
    """Return the policy with a category's two thresholds."""
    overlay = with_value(overlay, ("thresholds", category, "block_above"), block_above)
    return with_value(overlay, ("thresholds", category, "review_from"), review_from)


def with_rule(overlay: str, rule: str, **values: Value) -> str:
    """Return the policy with these values of one rule: its action, its limit, words to add."""
    for key, value in values.items():
        overlay = with_value(overlay, ("rules", rule, key), value)
    return overlay


def with_value(overlay: str, path: tuple[str, ...], value: Value) -> str:
    """Return the policy with one value set; one that is as it ships, or an empty list, is dropped.

    Args:
        overlay: TOML over the default; it has to be readable.
        path: Tables and key, such as ("rules", "style.shouting", "action").
        value: A text, a whole number, a truth or a list.

    Raises:
        InputError: The policy cannot be read as TOML.

    Example:
        >>> print(with_value("# ours", ("rules", "style.shouting", "action"), "off"))
        # ours
        <BLANKLINE>
        [rules."style.shouting"]
        action = "off"
        <BLANKLINE>
    """
    wanted = _set(read_toml(overlay), path, None if _is_default(path, value) else value)
    for text in _edited(overlay, path, None if _is_default(path, value) else value):
        try:
            if tomllib.loads(text) == wanted:
                return text
        except tomllib.TOMLDecodeError:
            continue
    return written(wanted)


def _is_default(path: tuple[str, ...], value: Value) -> bool:
    found: Any = shipped()
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return value == found or (value == [] and found is None)


def _set(own: dict[str, Any], path: tuple[str, ...], value: Value | None) -> dict[str, Any]:
    name, *rest = path
    inner = own.get(name, {})
    if rest:
        changed: Any = _set(inner if isinstance(inner, dict) else {}, tuple(rest), value)
    else:
        changed = value
    others = {key: known for key, known in own.items() if key != name}
    if changed in (None, {}):
        return others
    return {key: changed if key == name else own[key] for key in own} | {name: changed}


def _edited(overlay: str, path: tuple[str, ...], value: Value | None) -> Iterator[str]:
    """Yield the text with the value's line replaced, put in or taken out, if that can be done."""
    lines, table, key = overlay.splitlines(), path[:-1], path[-1]
    start = next((i for i, line in enumerate(lines) if _table_of(line) == table), None)
    new = [] if value is None else [f"{key} = {_toml(value)}"]
    if start is None:
        if value is not None:
            yield _joined([*lines, *([""] if lines else []), f"[{_dotted(table)}]", *new])
        return
    stop = next((i for i in range(start + 1, len(lines)) if _table_of(lines[i])), len(lines))
    at = next((i for i in range(start + 1, stop) if _key_of(lines[i]) == key), None)
    if at is None:
        yield _joined([*lines[: start + 1], *new, *lines[start + 1 :]])
        return
    end = next((i for i in range(at + 1, stop + 1) if _is_whole(lines[at:i])), stop)
    yield _joined([*lines[:at], *new, *lines[end:]])
    yield _joined([*lines[:start], *lines[stop:]])  # its table holds nothing else


def _joined(lines: list[str]) -> str:
    text = "\n".join(lines).strip("\n")
    return f"{text}\n" if text else ""


def _table_of(line: str) -> tuple[str, ...]:
    """Return the names of the table that a line begins, or nothing."""
    found = _HEADER.match(line)
    if found is None:
        return ()
    try:
        inner: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return ()
    names = []
    while isinstance(inner, dict) and inner:
        name, inner = next(iter(inner.items()))
        names.append(name)
    return tuple(names)


def _key_of(line: str) -> str:
    name, equals, _ = line.partition("=")
    return name.strip().strip("\"'") if equals else ""


def _is_whole(lines: list[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def _dotted(table: tuple[str, ...]) -> str:
    return ".".join(name if _BARE.fullmatch(name) else _quoted(name) for name in table)


def written(policy: dict[str, Any]) -> str:
    """Write a policy as TOML, a table for each thing it says something of.

    Example:
        >>> print(written({"rules": {"spam.trigger": {"limit": 4, "weighted_add": [["wow", 1]]}}}))
        [rules."spam.trigger"]
        limit = 4
        weighted_add = [["wow", 1]]
        <BLANKLINE>
    """
    return _joined(list(_lines(policy, ())))


def _lines(table: dict[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    values = {key: value for key, value in table.items() if not isinstance(value, dict)}
    if values:
        if path:
            yield ""
            yield f"[{_dotted(path)}]"
        for key, value in values.items():
            yield f"{_dotted((key,))} = {_toml(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _lines(value, (*path, key))


def _toml(value: Any) -> str:  # noqa: ANN401
    """Write one value; a text that holds a backslash, as patterns do, stands in single quotes."""
    if isinstance(value, list):
        entries = [_toml(entry) for entry in value]
        line = f"[{', '.join(entries)}]"
        return line if len(line) <= _WIDTH else "[\n    " + ",\n    ".join(entries) + ",\n]"
    if isinstance(value, str):
        is_literal = "\\" in value and "'" not in value and value.isprintable()
        return f"'{value}'" if is_literal else _quoted(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(text: str) -> str:
    """Write a text in double quotes, as JSON does; TOML escapes one sign more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
