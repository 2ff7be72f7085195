"""Prospects: bases of them, how each is worked, and what somebody knows better than the rules."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from personalization.campaign.audience import check_file
from personalization.customers.imports import create_dataset, import_intake
from personalization.customers.sample import SAMPLE_FOLDER
from personalization.domain import ROLES, SENIORITIES
from personalization.errors import InputError, StateError
from personalization.outreach.routing import Routed, route
from personalization.outreach.routing_policy import RoutingPolicy, read_routing_policy
from personalization.outreach.title_words import title_vocabulary
from personalization.store import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from personalization.customers import Intake
    from personalization.store import Store

SAMPLE_PROSPECTS: Final = "Trade prospects of Hearth & Ribbon (sample)"
_SAMPLE_REQUEST: Final = "sample prospects"
_HAS_PROSPECT: Final = """
    SELECT coalesce(title, '') FROM prospects
    WHERE dataset_id = $dataset_id AND prospect_id = $prospect_id
"""
_SAME_TITLE: Final = """
    SELECT prospect_id FROM prospects
    WHERE dataset_id = $dataset_id AND coalesce(title, '') = $title ORDER BY prospect_id
"""
_KEEP_CORRECTION: Final = """
    INSERT INTO reading_corrections (dataset_id, prospect_id, title, role, function, seniority,
        is_withdrawn, saved_at, saved_by)
    VALUES ($dataset_id, $prospect_id, $title, $role, $function, $seniority, $is_withdrawn, $now,
        $actor)
"""


def import_prospects(
    store: Store,
    intake: Intake,
    *,
    name: str = "",
    dataset_id: str = "",
    actor: str,
    request_id: str,
) -> str:
    """Import a checked prospect file into a new base, or into one that is there, and route it.

    All in one transaction; the same ``request_id`` twice imports once.

    Args:
        store: Writes ``prospects`` with signals and facts, ``routings`` and the audit rows.
        intake: Of ``check_file(path, target="prospects")``.
        name: Of the new base; the file's name where it is empty.
        dataset_id: The base that is there already.
        actor: Who imports it.
        request_id: Of the user's action.

    Returns:
        The base's id.

    Raises:
        InputError: The file holds something else, was refused, or a question is open.
    """
    if intake.target != "prospects":
        raise InputError(f"{intake.file_name} was read as {intake.target}, not as prospects.")
    with store.transaction():
        base = dataset_id or create_dataset(
            store, name or intake.file_name, actor=actor, request_id=request_id
        )
        import_intake(store, intake, base, actor=actor, request_id=f"{request_id}:prospects")
        route_prospects(store, base, actor=actor)
    return base


def load_sample_prospects(store: Store, *, actor: str) -> str:
    """Load the fictional prospects of the sample shop once, and return the base's id.

    Raises:
        StateError: The folder ``sample_data`` is not beside the package.
    """
    intake = _sample()
    with store.transaction():
        base = create_dataset(
            store, SAMPLE_PROSPECTS, actor=actor, request_id=_SAMPLE_REQUEST, is_sample=True
        )
        import_intake(store, intake, base, actor=actor, request_id=f"{_SAMPLE_REQUEST}:prospects")
        route_prospects(store, base, actor=actor)
    return base


@cache
def _sample() -> Intake:
    path = SAMPLE_FOLDER / "prospects.csv"
    if not path.exists():
        raise StateError(f"The sample file {path} is not there. Run the app from a clone.")
    return check_file(path, target="prospects")


def route_prospects(
    store: Store,
    dataset_id: str,
    *,
    prospects: Sequence[str] | None = None,
    policy: RoutingPolicy | None = None,
    actor: str,
) -> Routed:
    """Work out role, motion, campaign and queue of a base's prospects, all or some.

    Raises:
        StateError: There is no such base.
    """
    if not store.read("SELECT 1 FROM datasets WHERE dataset_id = $id", id=dataset_id):
        raise StateError(f"There is no base {dataset_id!r}. Import prospects first.")
    with store.transaction():
        routed = route(store, policy or read_routing_policy(), dataset_id, prospects=prospects)
        record(
            store, "prospects.routed", dataset_id, actor=actor, prospects=routed.prospects,
            titles=routed.titles, motions=dict(routed.motions), rules_sha256=routed.rules_sha256,
        )  # fmt: skip
    return routed


def routing_functions() -> tuple[str, ...]:
    """Name the departments that a title can be read as."""
    named = {*title_vocabulary()["functions"], *title_vocabulary()["weak"]}
    return (*sorted(named - {"general"}), "general", "other")


def correct_reading(
    store: Store,
    dataset_id: str,
    prospect_id: str,
    *,
    role: str,
    function: str,
    seniority: str,
    is_for_title: bool = False,
    actor: str,
) -> Routed:
    """Keep what somebody knows better of a job title; it wins over the rules from now on.

    Args:
        store: Adds to ``reading_corrections``, routes those whom it is about again.
        dataset_id: The base.
        prospect_id: Whose title it is.
        role: One of ``domain.ROLES``.
        function: One of ``routing_functions()``.
        seniority: One of ``domain.SENIORITIES``.
        is_for_title: It holds for everybody in the base with the same title.
        actor: Who knows it.

    Raises:
        InputError: There is no such prospect, or a word is none of those; or the prospect has no
            title, and it is to hold for all who have it.
    """
    words = {"role": (role, ROLES), "seniority": (seniority, SENIORITIES),
             "function": (function, routing_functions())}  # fmt: skip
    for name, (word, known) in words.items():
        if word not in known:
            raise InputError(f"There is no {name} {word!r}. It can be: {', '.join(known)}.")
    return _keep_correction(
        store, dataset_id, prospect_id, is_for_title=is_for_title, actor=actor,
        said={"role": role, "function": function, "seniority": seniority},
    )  # fmt: skip


def withdraw_correction(
    store: Store, dataset_id: str, prospect_id: str, *, is_for_title: bool = False, actor: str
) -> Routed:
    """Let the rules read a title again.

    Raises:
        InputError: There is no such prospect.
    """
    return _keep_correction(
        store, dataset_id, prospect_id, is_for_title=is_for_title, actor=actor, said=None
    )


def _keep_correction(
    store: Store,
    dataset_id: str,
    prospect_id: str,
    *,
    is_for_title: bool,
    actor: str,
    said: Mapping[str, str] | None,
) -> Routed:
    place = {"dataset_id": dataset_id}
    row = store.read_one(_HAS_PROSPECT, prospect_id=prospect_id, **place)
    if row is None:
        raise InputError(f"There is no prospect {prospect_id!r} in this base.")
    title = str(row[0])
    if is_for_title and not title:
        raise InputError("This prospect has no title. Correct the reading for this one only.")
    of_title = store.read(_SAME_TITLE, title=title, **place) if is_for_title else []
    whom = [str(found) for (found,) in of_title] or [prospect_id]
    with store.transaction():
        store.run(
            _KEEP_CORRECTION,
            prospect_id="" if is_for_title else prospect_id,
            title=title if is_for_title else "",
            is_withdrawn=said is None,
            now=store.now(), actor=actor, **place,
            **(said or {"role": "", "function": "", "seniority": ""}),
        )  # fmt: skip
        record(
            store, "reading.withdrawn" if said is None else "reading.corrected", dataset_id,
            actor=actor, prospects=len(whom), is_for_title=is_for_title, **(said or {}),
        )  # fmt: skip
        return route_prospects(store, dataset_id, prospects=whom, actor=actor)


def routing_policy(path: Path | None = None) -> RoutingPolicy:
    """Read a routing policy; without a path the one that ships."""
    return read_routing_policy(path)
