"""The policy as a form fills it in: back to TOML that names what differs, and change by change."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.recommendation.policy import Gate, read_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personalization.recommendation.policy import Policy

_GATES: Final = "gates"


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One value in which two policies differ.

    Attributes:
        place: Section and key, of a gate its name between them.
        was: In the first policy, as TOML writes it; None where it had no such gate.
        now: In the second one.
    """

    place: tuple[str, ...]
    was: str | None
    now: str | None


def policy_values(policy: Policy) -> dict[tuple[str, ...], Any]:
    """Return every value of a policy by its place: section and key, of gates their name between."""
    tables: dict[str, Any] = asdict(policy)
    tables.pop("overlay")
    gates: Mapping[str, dict[str, Any]] = tables.pop(_GATES)
    found = {(section, key): value for section, table in tables.items()
             for key, value in table.items()}  # fmt: skip
    return found | {
        (_GATES, name, key): value for name, gate in gates.items() for key, value in gate.items()
    }


def policy_text(values: Mapping[tuple[str, ...], Any]) -> str:
    """Write values as the TOML of a team's own policy: only those that differ from the default.

    Args:
        values: As ``policy_values`` gives them, all or some.

    Raises:
        InputError: They make no policy; the message names the place.
    """
    shipped = policy_values(read_policy())
    of_gate = asdict(Gate())
    sections: dict[tuple[str, ...], list[str]] = {}
    for place, value in sorted(values.items()):
        if _toml(shipped.get(place, of_gate.get(place[-1]))) != _toml(value):
            sections.setdefault(place[:-1], []).append(f"{place[-1]} = {_toml(value)}")
    text = "\n\n".join(
        "\n".join((f"[{'.'.join(map(_key, head))}]", *lines)) for head, lines in sections.items()
    )
    read_policy(text)
    return f"{text}\n" if text else ""


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if is_bare else json.dumps(name, ensure_ascii=False)


def _toml(value: Any) -> str:  # noqa: ANN401
    """Write one value as TOML does; a whole number and its fraction are the same."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
    return text.replace("\x7f", "\\u007f")  # the one character that JSON lets stand and TOML not


def policy_changes(before: str, after: str) -> list[PolicyChange]:
    """List the values in which two policies differ, by their place.

    Args:
        before: TOML of a team's own policy, read over the default.
        after: The same, of the other one.

    Raises:
        InputError: One of them cannot be read as a policy.
    """
    was, now = policy_values(read_policy(before)), policy_values(read_policy(after))
    return [
        PolicyChange(place, _told(was, place), _told(now, place))
        for place in sorted(was.keys() | now.keys())
        if _told(was, place) != _told(now, place)
    ]


def _told(values: Mapping[tuple[str, ...], Any], place: tuple[str, ...]) -> str | None:
    return _toml(values[place]) if place in values else None
