"""The policy: which products may be recommended to whom, and how each strategy chooses.

``policy.toml`` beside this module is the default and says what each value means.  A team's own
policy is a TOML text that is read over it and names only what differs; a key that is unknown is an
error.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError
from personalization.settings import read_section, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping


OWNED: Final = ("unless_replenishable", "never", "allowed")
TABLES: Final = ("auto", "cosine", "ease")

_MOST: Final = 1_000_000
_MOST_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True)
class ProductRules:
    """Rules that hold for everybody; see ``[products]``."""

    active_only: bool
    least_stock: float
    priced_only: bool
    margin_floor: float
    unknown_margin_passes: bool
    never: tuple[str, ...]
    never_categories: tuple[str, ...]
    never_tags: tuple[str, ...]
    only: tuple[str, ...]
    only_categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CustomerRules:
    """Rules that depend on the customer; see ``[customers]``."""

    owned: str
    lately_bought_days: int
    skip_siblings: bool
    skip_returned: bool
    quiet_campaigns: int


@dataclass(frozen=True, slots=True)
class Gate:
    """Who may be shown what is behind it; see ``[gates]``."""

    least_age: int = 0
    not_in: tuple[str, ...] = ()
    only_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranking:
    """What becomes of the candidates that the rules leave; see ``[ranking]``."""

    category_cap: int
    one_of_siblings: bool
    popular_fills: bool


@dataclass(frozen=True, slots=True)
class ForYou:
    """See ``[for_you]``."""

    table: str
    half_life_days: float


@dataclass(frozen=True, slots=True)
class BoughtTogether:
    """See ``[bought_together]``."""

    history: int
    least_orders: int
    least_share: float
    least_lift: float
    other_family: bool


@dataclass(frozen=True, slots=True)
class Similar:
    """See ``[similar]``."""

    history: int
    least_score: float


@dataclass(frozen=True, slots=True)
class Upsell:
    """See ``[upsell]``."""

    history: int
    least_step: float
    most_step: float
    ceiling: float
    least_likeness: float


@dataclass(frozen=True, slots=True)
class CrossSell:
    """See ``[cross_sell]``."""

    least_customers: int
    least_lift: float
    products: int


@dataclass(frozen=True, slots=True)
class BuyAgain:
    """See ``[buy_again]``."""

    least_purchases: int
    due_from: float
    due_until: float
    unmarked_from: int


@dataclass(frozen=True, slots=True)
class Abandoned:
    """See ``[abandoned]``."""

    window_days: int
    least_views: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What is in force for a base.

    Attributes:
        gates: By name, as products name them.
        overlay: The team's own TOML; empty where the default holds as it ships.
    """

    products: ProductRules
    customers: CustomerRules
    ranking: Ranking
    for_you: ForYou
    bought_together: BoughtTogether
    similar: Similar
    upsell: Upsell
    cross_sell: CrossSell
    buy_again: BuyAgain
    abandoned: Abandoned
    gates: Mapping[str, Gate]
    overlay: str

    def __post_init__(self) -> None:
        _one_of("[customers] owned", self.customers.owned, OWNED)
        _one_of("[for_you] table", self.for_you.table, TABLES)
        for name in _SECTIONS:
            section = getattr(self, name)
            for field in fields(section):
                _not_below_zero(f"[{name}] {field.name}", getattr(section, field.name))
        for name, gate in self.gates.items():
            _not_below_zero(f"[gates.{name}] least_age", gate.least_age)
        if not self.products.margin_floor <= 1 or not self.upsell.ceiling <= 1:
            raise InputError("[products] margin_floor and [upsell] ceiling lie between 0 and 1.")
        if not 0 <= self.upsell.least_likeness <= 1:
            raise InputError("[upsell] least_likeness lies between 0 and 1.")
        if self.upsell.least_step > self.upsell.most_step:
            raise InputError("[upsell] least_step is above most_step, so nothing fits between.")
        if self.buy_again.due_from > self.buy_again.due_until:
            raise InputError("[buy_again] due_from is above due_until, so nothing is ever due.")
        if self.for_you.half_life_days <= 0:
            raise InputError("[for_you] half_life_days is above 0.")


_SECTIONS: Final[dict[str, type]] = {
    "products": ProductRules,
    "customers": CustomerRules,
    "ranking": Ranking,
    "for_you": ForYou,
    "bought_together": BoughtTogether,
    "similar": Similar,
    "upsell": Upsell,
    "cross_sell": CrossSell,
    "buy_again": BuyAgain,
    "abandoned": Abandoned,
}


def _one_of(place: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{place} = {value!r}. It knows: {', '.join(known)}.")


def _not_below_zero(place: str, value: object) -> None:
    if not isinstance(value, int | float):
        return
    if value < 0:
        raise InputError(f"{place} = {value} is below 0.")
    most = _MOST_DAYS if place.endswith("_days") else _MOST
    if not value <= most:
        raise InputError(f"{place} = {value} is no number up to {most:,}. Write a smaller one.")


def default_policy() -> str:
    """Return the TOML of the policy as it ships, comments and all."""
    return resources.files(__package__).joinpath("policy.toml").read_text("utf-8")


@lru_cache(maxsize=32)
def read_policy(overlay: str = "") -> Policy:
    """Return the policy that a team's own TOML makes of the default.

    Raises:
        InputError: It is no TOML, a key is unknown, or a value is of another type or range.
    """
    place = "The recommendation policy"
    try:
        found = tomllib.loads(overlay)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{place} cannot be read as TOML: {error}") from error
    shipped = tomllib.loads(default_policy())
    refuse_unknown(found, shipped, place)
    sections = {
        name: read_section(f"{place} [{name}]", _default(kind, shipped[name]), found.get(name, {}))
        for name, kind in _SECTIONS.items()
    }
    return Policy(**sections, gates=_gates(place, shipped, found), overlay=overlay)


def _default(kind: type, values: dict[str, Any]) -> Any:  # noqa: ANN401
    """Build one section of the default; whole numbers stand for fractions where these are meant."""
    wanted = {field.name: field.type for field in fields(kind)}
    return kind(**{
        name: tuple(value) if isinstance(value, list)
        else float(value) if wanted.get(name) == "float" else value
        for name, value in values.items()
    })  # fmt: skip


def _gates(place: str, shipped: dict[str, Any], found: dict[str, Any]) -> dict[str, Gate]:
    own = found.get("gates", {})
    if not isinstance(own, dict):
        raise InputError(f"{place}: gates is no section. Write [gates.age_18] on a line.")
    gates = {name: _default(Gate, values) for name, values in shipped["gates"].items()}
    return gates | {
        name: read_section(f"{place} [gates.{name}]", gates.get(name, Gate()), told)
        for name, told in own.items()
    }
