from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from personalization.customers import Intake, check_file

if TYPE_CHECKING:
    from pathlib import Path


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
