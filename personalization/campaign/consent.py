"""Consent: its files come in, people object, ask what is held about them, and are erased."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from personalization import customers, safety, segmentation, voice
from personalization.errors import InputError, PersonalizationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from personalization.settings import Settings
    from personalization.store import Store

P = ParamSpec("P")
R = TypeVar("R")

object_to_mailing = customers.object_to_mailing


hand_over = customers.hand_over


def erase_person(
    store: Store, who: str, *, confirmed: str, actor: str, dataset_id: str = ""
) -> customers.Erasure:
    """Erase a person from every table, and delete the sound files that were made for the person.

    See ``customers.erase_person`` for what stays, and for what is refused.
    """
    people = customers.people_named(store, who, dataset_id=dataset_id)
    files = voice.files_of_people(store, [(base, person) for base, person, _ in people])
    erasure = customers.erase_person(
        store, who, confirmed=confirmed, actor=actor, dataset_id=dataset_id
    )
    voice.delete_files(files)
    return erasure


def add_files(
    store: Store,
    dataset_id: str,
    intakes: Sequence[customers.Intake],
    *,
    actor: str,
    request_id: str,
) -> list[str]:
    """Bring checked files of consents or objections into a customer base, all of them or none.

    Returns:
        The ids of the imports; those of the first call when ``request_id`` was seen before.

    Raises:
        InputError: A file was refused, a question is open, or it holds something else.
    """
    for intake in intakes:
        if intake.target not in {"consents", "suppressions"}:
            raise InputError(
                f"{intake.file_name} was checked as {intake.target}. Here only files of consents "
                "and of objections come in."
            )
    with store.transaction():
        return [
            customers.import_intake(
                store, intake, dataset_id, actor=actor, request_id=f"{request_id}:{position}"
            )
            for position, intake in enumerate(intakes)
        ]


def keep_consent_law(store: Store, settings: Settings) -> None:
    """Let audiences go by the law on consent of these settings' policy, whatever was screened."""
    safety.keep_consent_law(store, safety.policy_of(store, settings))


def under_the_law(
    verb: Callable[Concatenate[Store, Settings, P], R],
) -> Callable[Concatenate[Store, Settings, P], R]:
    """Return the verb with the law on consent put in force first: it counts an audience."""

    @wraps(verb)
    def lawful(store: Store, settings: Settings, /, *args: P.args, **kwargs: P.kwargs) -> R:
        keep_consent_law(store, settings)
        return verb(store, settings, *args, **kwargs)

    return lawful


def person_report(store: Store, who: str, *, dataset_id: str = "") -> dict[str, Any]:
    """Collect everything that is held about one person, with the reason for each segment.

    Raises:
        InputError: Nobody is meant, or people of several addresses have the number.
    """
    report = customers.access_report(store, who, dataset_id=dataset_id)
    for found in report["records"]:
        [segments] = [part for part in found["sections"] if part["name"] == "segments"]
        for row in segments["rows"]:
            row["why"] = _why(store, row["campaign_id"], found["customer_id"])
    return report


def _why(store: Store, campaign_id: str, customer_id: str) -> str:
    try:
        return segmentation.explain_member(store, campaign_id, customer_id)
    except PersonalizationError as error:
        return str(error)
