"""The sample shop, loaded with one click through the same door as every other file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from personalization.customers.checking import check_file
from personalization.customers.imports import create_dataset, import_intake
from personalization.errors import StateError

if TYPE_CHECKING:
    from personalization.customers.intake import Intake
    from personalization.store import Store

SAMPLE_FOLDER: Final = Path(__file__).parents[2] / "sample_data"
SAMPLE_NAME: Final = "Hearth & Ribbon (sample)"
_REQUEST: Final = "sample"
_FILES: Final = {
    "customers": "customers.csv",
    "consents": "consents.csv",
    "products": "products.csv",
    "transactions": "transactions.parquet",
    "interactions": "interactions.csv",
}
_DATASET: Final = "SELECT dataset_id FROM datasets WHERE request_id = $request_id"


def load_sample(store: Store, *, actor: str) -> str:
    """Load the files of the sample shop once, and return the dataset's id.

    Raises:
        StateError: The folder ``sample_data`` is not beside the package.
    """
    if known := store.read_one(_DATASET, request_id=_REQUEST):
        return str(known[0])
    intakes = {target: _checked(SAMPLE_FOLDER / name, target) for target, name in _FILES.items()}
    with store.transaction():
        dataset_id = create_dataset(
            store, SAMPLE_NAME, actor=actor, request_id=_REQUEST, is_sample=True
        )
        for target, intake in intakes.items():
            import_intake(store, intake, dataset_id, actor=actor, request_id=f"{_REQUEST}:{target}")
    return dataset_id


@cache
def _checked(path: Path, target: str) -> Intake:
    """Check a sample file once in a process: its rows are the same each time."""
    if not path.exists():
        raise StateError(
            f"The sample file {path} is not there. Run the app from a clone of the project."
        )
    return check_file(path, target=target)
