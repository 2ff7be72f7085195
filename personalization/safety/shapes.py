"""The form of what a policy says: tables, texts and lists, with a fault told where it stands."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.safety.patterns import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    Table = dict[str, Any]

_TERMS: Final = ".months]"  # a table whose keys are bases of consent, looked at by ``consent_law``
_MOST: Final = 10_000


def table_of(place: str, own: Any) -> Table:  # noqa: ANN401
    """Return ``own``, which has to be a table."""
    if not isinstance(own, dict):
        raise InputError(f"{place} = {shown(own)} is no table. Write its keys below {place}.")
    return own


def refuse_unknown(place: str, own: Table, known: Iterable[str]) -> None:
    """Raise InputError for the first key of ``own`` that is not in ``known``."""
    names = list(known)
    for name in own:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            listed = ", ".join(names) or "nothing"
            raise InputError(f"{place} has no {name!r}.{hint} It knows: {listed}.")


def alike(place: str, default: Any, own: Any, form: Any) -> Any:  # noqa: ANN401
    """Return ``own`` over ``default``; it has to be of the form of ``form`` in every part."""
    if isinstance(form, dict):
        found, known = table_of(place, own), default if isinstance(default, dict) else {}
        if not place.endswith(_TERMS):
            refuse_unknown(place, found, form)
        inner, any_form = place.removesuffix("]"), next(iter(form.values()), 0)
        return {
            **known,
            **{
                key: alike(f"{inner}.{key}]", known.get(key), value, form.get(key, any_form))
                for key, value in found.items()
            },
        }
    if isinstance(form, list):
        return texts_of(place, own)
    kind = int if isinstance(form, float) and type(own) is int else type(form)
    if type(own) is not kind or (kind in (int, float) and not 0 <= own <= _MOST):
        raise InputError(f"{place} = {shown(own)} is not of the form of {shown(form)}.")
    return own


def texts_of(place: str, own: Any) -> list[Any]:  # noqa: ANN401
    """Return ``own``, which has to be a list of texts, each of them once."""
    if not isinstance(own, list):
        raise InputError(f"{place} = {shown(own)} is no list. Write it as ['one', 'another'].")
    for entry in own:
        if not isinstance(entry, str) or not entry.strip():
            raise InputError(f"{place} holds {shown(entry)}. Each entry is a text in quotes.")
    refuse_repeated(place, own)
    return own


def refuse_repeated(place: str, own: list[Any]) -> None:
    """Raise InputError for the first entry that stands in a list twice."""
    for number, entry in enumerate(own):
        if entry in own[:number]:
            raise InputError(f"{place} holds {shown(entry)} twice. Take one of them out.")
