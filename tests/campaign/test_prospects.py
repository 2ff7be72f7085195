from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization import campaign
from personalization.errors import InputError, StateError
from personalization.reports import prospects as reports

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

ROWS = (
    "id,title,company,employees,country\n"
    "1,Zebra Lead,Finch,300,GB\n2,Zebra Lead,Wren,300,GB\n3,Head of HR,Wren,300,GB\n"
)


def base_of(store: Store, folder: Path) -> str:
    path = folder / "prospects.csv"
    path.write_text(ROWS, "utf-8")
    intake = campaign.check_file(path, target="prospects", folder=folder)
    return campaign.import_prospects(store, intake, name="Zoo", actor="mia", request_id="r")


def roles(store: Store) -> dict[str, str]:
    return dict(store.read("SELECT prospect_id, role FROM routings ORDER BY prospect_id"))


def correct(store: Store, base: str, **known: object) -> None:
    said = {"role": "product", "function": "product", "seniority": "director"} | known
    campaign.correct_reading(store, base, "1", actor="mia", **said)  # type: ignore[arg-type]


def test_an_import_routes_and_is_on_record_without_a_name(store: Store, tmp_path: Path) -> None:
    base_of(store, tmp_path)
    base = base_of(store, tmp_path)

    assert roles(store) == {"1": "other", "2": "other", "3": "people"}
    assert [found.prospects for found in reports.prospect_bases(store)] == [3]
    logged = store.read("SELECT ref, payload FROM audit_log WHERE kind = 'prospects.routed'")
    assert logged[0][0] == base
    assert "Zebra" not in logged[0][1]


def test_a_correction_wins_for_one_or_for_all_with_the_title_until_withdrawn(
    store: Store, tmp_path: Path
) -> None:
    base = base_of(store, tmp_path)

    correct(store, base)
    assert roles(store) == {"1": "product", "2": "other", "3": "people"}
    correct(store, base, role="sales", function="sales", is_for_title=True)
    assert roles(store) == {"1": "product", "2": "sales", "3": "people"}
    campaign.route_prospects(store, base, actor="mia")
    assert roles(store) == {"1": "product", "2": "sales", "3": "people"}
    campaign.withdraw_correction(store, base, "1", actor="mia")
    assert roles(store) == {"1": "sales", "2": "sales", "3": "people"}
    campaign.withdraw_correction(store, base, "2", is_for_title=True, actor="mia")
    assert roles(store) == {"1": "other", "2": "other", "3": "people"}


def test_a_correction_has_to_say_a_word_of_ours_about_somebody_who_is_there(
    store: Store, tmp_path: Path
) -> None:
    base = base_of(store, tmp_path)

    with pytest.raises(InputError, match="no role 'king'"):
        correct(store, base, role="king")
    with pytest.raises(InputError, match="no prospect '9'"):
        campaign.withdraw_correction(store, base, "9", actor="mia")
    with pytest.raises(StateError, match="no base 'x'"):
        campaign.route_prospects(store, "x", actor="mia")


def test_the_sample_is_loaded_once_and_every_prospect_has_a_way(store: Store) -> None:
    base = campaign.load_sample_prospects(store, actor="mia")

    assert campaign.load_sample_prospects(store, actor="mia") == base
    totals = reports.prospect_totals(store, base)
    assert totals.prospects == 407
    assert totals.unread < 0.25 * totals.prospects
    assert store.read("SELECT count(*) FROM routings WHERE dataset_id = $b", b=base) == [(407,)]
    assert store.read("SELECT count(DISTINCT motion) FROM routings") == [(6,)]
