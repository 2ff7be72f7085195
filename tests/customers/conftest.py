from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from personalization.customers import Intake, check_file, create_dataset, import_intake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.store import Store


class Check(Protocol):
    """Checks a text as if somebody had uploaded it."""

    def __call__(self, data: str | bytes, **options: Any) -> Intake: ...  # noqa: ANN401


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(data: str | bytes, **options: Any) -> Intake:  # noqa: ANN401
        path = tmp_path / "upload.csv"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return check_file(path, folder=tmp_path / "staged", **options)

    return run


@pytest.fixture
def dataset(store: Store) -> str:
    return create_dataset(store, "Spring", actor="ann", request_id="r0")


@pytest.fixture
def load(store: Store, dataset: str, check: Check) -> Callable[..., str]:
    """Check a text and import it in one go; each call is a request of its own."""
    requests = iter(range(1, 99))

    def run(text: str, **options: Any) -> str:  # noqa: ANN401
        request_id = options.pop("request_id", f"r{next(requests)}")
        intake = check(text, **options)
        return import_intake(store, intake, dataset, actor="ann", request_id=request_id)

    return run
