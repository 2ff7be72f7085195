"""Everything that recommendations go by, brought up to date in one go, as the app's job does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from personalization import campaign
from personalization.errors import ProviderError
from personalization.jobs import Progress
from tests.recommendation.shops import SHOP, busy_shop

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from personalization.store import Store

MODELS = "SELECT kind, count(*) FROM similarity_models GROUP BY kind ORDER BY kind"


class Scripted:
    """An encoder that says the same of every text, or fails."""

    model_id = "scripted"

    def __init__(self, *, is_broken: bool = False) -> None:
        self.is_broken = is_broken

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one axis for all texts."""
        if self.is_broken:
            raise ProviderError("The encoder scripted does not work.")
        return np.ones((len(texts), 1), dtype=np.float32)


def test_everything_is_built_once_and_not_again_while_nothing_changes(store: Store) -> None:
    busy_shop(store, customers=40)
    told: list[tuple[int, int, str]] = []
    progress = Progress(lambda *said: told.append(said), lambda: False)

    for _ in range(2):
        said = campaign.build_recommendations(
            store, SHOP, actor="mia", progress=progress, encoder=Scripted()
        )

    assert said == "All tables are up to date."
    assert dict(store.read(MODELS)) == {
        "basket": 1, "content": 1, "cosine": 1, "families": 1, "family_products": 1,
    }  # fmt: skip
    assert told[0][:2] == (0, 4)


def test_words_are_compared_by_their_terms_where_the_encoder_fails(store: Store) -> None:
    busy_shop(store, customers=20)

    said = campaign.build_recommendations(
        store, SHOP, actor="mia", encoder=Scripted(is_broken=True)
    )

    assert "terms only" in said
    assert dict(store.read(MODELS))["content"] == 1


def test_building_stops_when_it_is_asked_to(store: Store) -> None:
    busy_shop(store, customers=20)
    progress = Progress(lambda *_: None, lambda: True)

    said = campaign.build_recommendations(
        store, SHOP, actor="mia", progress=progress, encoder=Scripted()
    )

    assert said == "Stopped after 0 of 4 tables."
    assert store.read(MODELS) == []
