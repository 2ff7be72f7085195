"""What a policy asks of Azure AI Content Safety beside the four categories: its table [azure]."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_OUTPUTS: Final = {
    "four": ("FourSeverityLevels", (0, 2, 4, 6)),
    "eight": ("EightSeverityLevels", tuple(range(8))),
}
_VERSION: Final = re.compile(r"\d{4}-\d{2}-\d{2}(?:-preview)?")
_LIST_NAME: Final = re.compile(r"[0-9A-Za-z._~-]{1,64}")


@dataclass(frozen=True, slots=True)
class AzureOptions:
    """What the service is asked for.

    Attributes:
        output: four (severities 0, 2, 4 and 6) or eight (0 to 7).
        blocklists: Names of blocklists in the resource; a match blocks.
        prompt_shields: Whether customer fields, passages and briefs are held against them.
        api_version: Of the analysis of texts.
        shields_api_version: Of Prompt Shields.
    """

    output: str = "four"
    blocklists: tuple[str, ...] = ()
    prompt_shields: bool = False
    api_version: str = "2023-10-01"
    shields_api_version: str = "2024-09-01"

    @property
    def output_type(self) -> str:
        """Return the service's own name of the scale."""
        return _OUTPUTS[self.output][0]

    @property
    def levels(self) -> tuple[int, ...]:
        """Return the severities that the service is able to give."""
        return _OUTPUTS[self.output][1]


AS_IT_SHIPS: Final = AzureOptions()
"""What is asked for where a policy says nothing else."""


def read_options(found: Mapping[str, Any]) -> AzureOptions:
    """Read the table [azure] of a policy; what it does not name is as it ships.

    Raises:
        InputError: A key is unknown, or a value is none that the service takes.
    """
    known = {field.name: getattr(AS_IT_SHIPS, field.name) for field in fields(AzureOptions)}
    if unknown := sorted(found.keys() - known.keys()):
        raise InputError(
            f"[azure] of the policy has no {unknown[0]!r}. It knows: {', '.join(known)}."
        )
    values = {**known, **found}
    if values["output"] not in _OUTPUTS:
        raise InputError(f"[azure] output = {values['output']!r} of the policy is unknown. "
                         "Use four or eight.")  # fmt: skip
    if type(values["prompt_shields"]) is not bool:
        raise InputError("[azure] prompt_shields of the policy is true or false.")
    for name in ("api_version", "shields_api_version"):
        if not isinstance(values[name], str) or not _VERSION.fullmatch(values[name]):
            raise InputError(
                f"[azure] {name} = {values[name]!r} of the policy is no version. Write it like "
                f'"{known[name]}".'
            )
    return AzureOptions(**{**values, "blocklists": _names(values["blocklists"])})


def _names(found: Any) -> tuple[str, ...]:  # noqa: ANN401
    is_list = isinstance(found, list | tuple)
    if not is_list or not all(isinstance(n, str) and _LIST_NAME.fullmatch(n) for n in found):
        raise InputError(
            f"[azure] blocklists = {found!r} of the policy is no list of names. A name has "
            'letters, digits and . _ ~ -, like ["brand-banned"].'
        )
    return tuple(dict.fromkeys(found))
