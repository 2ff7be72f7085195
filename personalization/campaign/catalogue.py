"""A catalogue and what customers do with it come in; recommendations are handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from personalization import customers, recommendation
from personalization.campaign.inputs import check_dataset
from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.settings import Settings
    from personalization.store import Store

HandOver = recommendation.HandOver
HAND_OVER_FORMATS = recommendation.handing_over.FORMATS

hand_over_run = recommendation.hand_over_run
"""hand_over_run(store, run_id, folder, *, formats=HAND_OVER_FORMATS, actor) -> HandOver"""

_ABOUT_PRODUCTS: Final = ("products", "transactions", "interactions")


def add_catalogue(
    store: Store,
    settings: Settings,
    dataset_id: str,
    intakes: Sequence[customers.Intake],
    *,
    actor: str,
    request_id: str,
) -> list[str]:
    """Bring checked files of products, orders or interactions into a base, all of them or none.

    Products that are known take the values of the file, and changes of price, stock and sale are
    noted.  Names that may not stand in a message are found at once; see ``campaign.check_inputs``.

    Returns:
        The ids of the imports; those of the first call when ``request_id`` was seen before.

    Raises:
        InputError: A file was refused, a question is open, or it holds something else.
        StateError: These very orders or interactions are in the base already.
    """
    for intake in intakes:
        if intake.target not in _ABOUT_PRODUCTS:
            raise InputError(
                f"{intake.file_name} was checked as {intake.target}. Here only files of products, "
                "of orders and of interactions come in."
            )
    with store.transaction():
        imports = [
            customers.import_intake(
                store, intake, dataset_id, actor=actor, request_id=f"{request_id}:{position}"
            )
            for position, intake in enumerate(intakes)
        ]
    check_dataset(store, settings, dataset_id, actor=actor)
    return imports
