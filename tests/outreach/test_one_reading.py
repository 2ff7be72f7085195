"""A row of a file and the same row told by a program come to the same prospect and message."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

import pytest

from personalization.campaign import check_file, import_prospects
from personalization.campaign.engine_base import keep_prospects, open_base
from personalization.campaign.engine_prospects import read_prospect
from personalization.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store

NAMES: Final = (
    "Zoë Moss", "Zoe\u0308 Moss", "Dr. Anna Weber", "Weber, Anna", "\u200bBob Lee", "Null Moss",
    "n/a",
    '="Ann Lee"', "Tanaka Kenji", "Ann\u00a0Lee", "J. Smith", "مريم حداد", "田中 太郎",
    "<b>Ann</b> Lee",
    "'-Ann Lee", "ANN LEE",
)  # fmt: skip
COUNTRIES: Final = ("GB", "Germany", "", "Nowhere", "japan", "de", "CH", "Frankreich")
LANGUAGES: Final = ("", "Deutsch", "fr_CA", "en-GB", "klingon", "Français")
SIZES: Final = ("120", "1,001-5,000", "2k", "Self-employed", "", "many", "10 000", "0")
PROFILES: Final = (
    "https://www.linkedin.com/in/p{0}", "linkedin.com/in/p{0}/?x=1", "p{0}", "",
    "https://uk.linkedin.com/in/p{0}",
)  # fmt: skip
HANDLES: Final = ("@p{0}", "https://x.com/p{0}", "two words", "", "twitter.com/p{0}/")
ZONES: Final = ("Europe/Berlin", "CET+1", "", "UTC")
_FIELDS: Final = (
    "email", "first_name", "last_name", "full_name", "linkedin_url", "x_handle", "title",
    "company", "industry", "employees", "country", "city", "locale", "time_zone", "account",
)  # fmt: skip
_BOTH: Final = """
    SELECT * FROM prospects WHERE dataset_id = $dataset_id ORDER BY prospect_id
"""


def rows() -> list[dict[str, str]]:
    return [
        {
            "prospect_id": f"p{n:03}", "email": f"P{n}@Firm{n}.example",
            "first_name": name if n % 3 == 1 else "", "last_name": "Moss" if n % 3 == 1 else "",
            "full_name": "" if n % 3 == 1 else name, "title": "Head of Gifts",
            "company": f"Moss {name}" if n % 2 else "Moss Ltd", "industry": "Retail",
            "employees": SIZES[n % len(SIZES)], "country": COUNTRIES[n % len(COUNTRIES)],
            "city": "n/a" if n % 5 else "York", "locale": LANGUAGES[n % len(LANGUAGES)],
            "linkedin_url": PROFILES[n % len(PROFILES)].format(n),
            "x_handle": HANDLES[n % len(HANDLES)].format(n), "time_zone": ZONES[n % len(ZONES)],
        }
        for n, name in enumerate(NAMES * 3)
    ]  # fmt: skip


@pytest.fixture
def both(store: Store, tmp_path: Path) -> Store:
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows()[0])
        writer.writeheader()
        writer.writerows(rows())
    intake = check_file(path, target="prospects")
    open_base(store, "file", name="File", actor="ida")
    open_base(store, "told", name="Told", actor="ida")
    import_prospects(store, intake, dataset_id="file", actor="ida", request_id="r1")
    keep_prospects(store, Settings(), "told", [read_prospect(row) for row in rows()], actor="ida")
    return store


def test_both_doors_keep_the_same_of_a_person(both: Store) -> None:
    from_file, from_program = (both.records(_BOTH, dataset_id=name) for name in ("file", "told"))

    assert len(from_file) == len(rows())
    for read, told in zip(from_file, from_program, strict=True):
        assert {name: told[name] for name in _FIELDS} == {name: read[name] for name in _FIELDS}


def test_who_has_no_number_gets_the_same_one(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Email,Job title\nAnn@Moss.example,Buyer\n", "utf-8")
    open_base(store, "file", name="File", actor="ida")
    intake = check_file(path, target="prospects")
    import_prospects(store, intake, dataset_id="file", actor="ida", request_id="r1")

    [(number,)] = store.read("SELECT prospect_id FROM prospects")
    assert read_prospect({"email": "ann@moss.example"}).prospect_id == number


@pytest.mark.parametrize(
    ("name", "country", "first"),
    [
        ("Zoë Moss", "GB", "Zoë"), ("Dr. Anna Weber", "DE", "Anna"),
        ("Mr John F. Reed", "US", "John"),
        ("Jean-Luc Petit", None, "Jean-Luc"), ("Ada von Hohen", "DE", "Ada"),
        ("Sean O'Brien", "IE", "Sean"),
        ("Weber, Anna", "DE", None), ("Frau Dr. Weber", "DE", None), ("J. Smith", "US", None),
        ("Nagy Anna", "HU", None), ("田中 太郎", None, None), ("ANNA WEBER", "DE", None),
        ("Sales Team", None, None), ("De Vries Jan", "NL", None), ("Ann", None, None),
        ("<b>Ann</b> Lee", None, None), ("", None, None), (None, None, None),
        ("Mr Smith", "GB", None), ("Mrs Jones", "GB", None), ("Dr Weber", "DE", None),
        ("Mme Petit", "FR", None), ("Señor López", "ES", None), ("Rev Smith", "GB", None),
        ("Dr Anna Weber", "DE", "Anna"), ("Mr And Mrs Smith", "GB", None),
        ("Reception Desk", "GB", None), ("Oak Hotel", "GB", None),
    ],
)  # fmt: skip
def test_a_first_name_is_taken_from_a_whole_one_only_where_it_is_sure(
    store: Store, name: str | None, country: str | None, first: str | None
) -> None:
    found = store.read("SELECT first_name_of($name, $country)", name=name, country=country)

    assert found == [(first,)]
