"""Prospect files as CRMs and people write them; every row here is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization import customers
from personalization.customers.checking import check_file
from personalization.customers.imports import create_dataset, import_intake
from personalization.customers.intake import problems_of

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.customers import Intake
    from personalization.store import Store


def check(folder: Path, text: str) -> Intake:
    path = folder / "prospects.csv"
    path.write_text(text, "utf-8")
    return check_file(path, target="prospects", folder=folder)


def imported(store: Store, intake: Intake, request: str = "r") -> str:
    base = create_dataset(store, "Prospects", actor="mia", request_id="base")
    import_intake(store, intake, base, actor="mia", request_id=request)
    return base


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        pytest.param(
            "Record ID - Contact,First Name,Last Name,Job Title,Company name,Country/Region,"
            "Number of Employees,Contact owner,Unsubscribed from all email",
            ("prospect_id", "first_name", "last_name", "title", "company", "country", "employees",
             "owner", "signal_opted_out"), id="HubSpot"),
        pytest.param(
            "Lead ID,First Name,Last Name,Title,Company,Industry,No. of Employees,Lead Owner,"
            "Email Opt Out,Do Not Call",
            ("prospect_id", "first_name", "last_name", "title", "company", "industry", "employees",
             "owner", "signal_opted_out", "signal_do_not_contact"), id="Salesforce"),
        pytest.param(
            "First Name,Last Name,Title,Company,Email,# Employees,Industry,Person Linkedin Url,"
            "Website,Company Country,Technologies,Apollo Contact Id",
            ("first_name", "last_name", "title", "company", "email", "employees", "industry",
             "linkedin_url", "website", "country", "fact_technology", "prospect_id"), id="Apollo"),
        pytest.param(
            "Profile URL,Full Name,Current Title,Current Company,Location",
            ("linkedin_url", "full_name", "title", "company", "city"), id="Sales Navigator"),
        pytest.param(
            "Kontakt-ID;Vorname;Nachname;Funktion;Firma;Mitarbeiterzahl;Land;Sprache",
            ("prospect_id", "first_name", "last_name", "title", "company", "employees", "country",
             "locale"), id="German"),
        pytest.param(
            "Courriel;Prénom;Nom;Fonction;Société;Effectif;Pays",
            ("email", "first_name", "last_name", "title", "company", "employees", "country"),
            id="French"),
        pytest.param(
            "Correo electrónico;Nombre;Apellidos;Cargo;Empresa;Empleados;País",
            ("email", "first_name", "last_name", "title", "company", "employees", "country"),
            id="Spanish"),
    ],
)  # fmt: skip
def test_columns_are_known_by_what_crms_and_people_call_them(
    tmp_path: Path, header: str, fields: tuple[str, ...]
) -> None:
    mark = ";" if ";" in header else ","
    row = mark.join("a@x.example" if f == "email" else f"v{i}" for i, f in enumerate(fields))

    intake = check(tmp_path, f"{header}\n{row}\n")

    assert tuple(intake.mapping.values()) == fields
    assert not intake.ask


FILE = (
    "email,linkedin_url,title,company,website,employees,country,language,news,news_source,"
    "news_date,product_users,signals.pricing_page,shoe size\n"
    'Ada@Finch.example,,Owner,Finch GmbH,https://www.finch.example/x,"1,001-5,000",Germany,,'
    "your new shop,https://finch.example/n,2026-10-01,7,yes,44\n"
    ",https://www.linkedin.com/in/ben-1?trk=x,Buyer,Finch GmbH,finch.example,51-200,ch,French,"
    "your prize,,,,,\n"
    "cleo@gmail.com,,,Dunn & Co. KG,,many,Ruritania,,,,,,,\n"
    ",,Ghost,,,,,,,,,,,\n"
    "ada@finch.example,,Founder,Finch GmbH,finch.example,1200,DE,,your new shop,"
    "https://finch.example/n,2026-10-01,,,\n"
)  # fmt: skip


def test_every_row_is_accounted_for_and_doubts_are_told(tmp_path: Path) -> None:
    intake = check(tmp_path, FILE)

    assert (intake.rows_total, intake.accepted, intake.rejected, intake.merged) == (5, 3, 1, 1)
    told = {(row["line"], row["reason"]) for row in problems_of(intake)}
    assert told >= {
        (5, "missing_prospect_key"), (2, "duplicate_superseded"), (3, "fact_without_source"),
        (4, "bad_country"), (4, "bad_employees"), (4, "missing_title"),
    }  # fmt: skip
    assert intake.mapping["shoe size"] == customers.IGNORE


def test_a_prospect_is_who_has_the_address_or_the_profile(store: Store, tmp_path: Path) -> None:
    imported(store, check(tmp_path, FILE))

    rows = store.records("FROM prospects ORDER BY email NULLS LAST")

    assert [row["title"] for row in rows] == ["Founder", None, "Buyer"]
    assert all(row["prospect_id"].startswith("p-") for row in rows)
    assert [row["account"] for row in rows] == ["finch.example", "dunn", "finch.example"]
    assert [row["employees"] for row in rows] == [1200, None, 51]
    assert [row["country"] for row in rows] == ["DE", None, "CH"]
    assert [row["locale"] for row in rows] == ["de-DE", None, "fr-CH"]
    assert rows[2]["linkedin_url"] == "https://www.linkedin.com/in/ben-1"


def test_only_what_has_a_source_is_a_fact(store: Store, tmp_path: Path) -> None:
    imported(store, check(tmp_path, FILE))

    assert store.read("SELECT kind, text, source, observed_on::VARCHAR FROM prospect_facts") == [
        ("news", "your new shop", "https://finch.example/n", "2026-10-01"),
    ]


def test_a_second_file_brings_up_to_date_what_it_has_and_takes_no_stop_back(
    store: Store, tmp_path: Path
) -> None:
    base = imported(store, check(tmp_path, "id,title,city,opted out,users\n1,Owner,Bath,yes,7\n"))

    second = check(tmp_path, "id,title,opted out,users,news,news source\n1,CEO,,3,a prize,x\n")
    import_intake(store, second, base, actor="mia", request_id="second")

    assert store.read("SELECT title, city FROM prospects") == [("CEO", "Bath")]
    assert store.read("SELECT signal, value FROM prospect_signals ORDER BY signal") == [
        ("opted_out", "yes"), ("product_users", "3"),
    ]  # fmt: skip
    assert store.read("SELECT count(*) FROM prospect_facts") == [(1,)]


def test_a_no_in_a_second_file_takes_no_objection_back_and_a_yes_still_counts(
    store: Store, tmp_path: Path
) -> None:
    base = imported(store, check(tmp_path, "id,title,opted out\n1,Owner,yes\n2,CEO,no\n"))

    second = check(tmp_path, "id,title,opted out\n1,Owner,no\n2,CEO,yes\n")
    import_intake(store, second, base, actor="mia", request_id="second")

    assert store.read("SELECT prospect_id, value FROM prospect_signals ORDER BY ALL") == [
        ("1", "yes"), ("2", "yes"),
    ]  # fmt: skip


def test_whoever_was_erased_stays_suppressed_when_a_file_brings_them_again(
    store: Store, tmp_path: Path
) -> None:
    text = "id,email,title,country\n1,ada@finch.example,Owner,GB\n2,ben@finch.example,Buyer,GB\n"
    base = imported(store, check(tmp_path, text))
    customers.erase_person(store, "ada@finch.example", confirmed="ada@finch.example", actor="olga")
    assert store.read("SELECT prospect_id FROM prospects") == [("2",)]

    import_intake(store, check(tmp_path, text), base, actor="mia", request_id="again")

    assert store.read("SELECT customer_id, reason FROM suppressions") == [("1", "erased")]


def test_bad_luck_is_told_at_intake_and_is_no_fact(store: Store, tmp_path: Path) -> None:
    intake = check(
        tmp_path,
        "Email,News,News source\n"
        "a@finch.example,the layoffs you announced,https://finch.example\n"
        "b@finch.example,your new shop in St. Ives,https://finch.example\n",
    )
    imported(store, intake)

    told = [(p["line"], p["column"]) for p in problems_of(intake) if p["reason"] == "unhappy_fact"]
    assert told == [(2, "News")]
    assert store.read("SELECT text FROM prospect_facts") == [("your new shop in St. Ives",)]
