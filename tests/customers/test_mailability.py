"""Who may be written to on a send date: known answers, country by country.

The bases of the terms: CASL s. 10(10) (two years before the day of sending; six months for an
enquiry), PECR reg. 22(3) (soft opt-in), UWG § 7 (2) and (3), Spam Act 2003 sch. 2, CAN-SPAM.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from personalization import customers, safety
from personalization.errors import InputError
from personalization.safety.consent_law import read_consent_law
from personalization.safety.policy import read_policy
from personalization.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalization.store import Store

_CONSENT = """
    INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, confirmed_at, expires_on,
                          imported_by, imported_at)
    VALUES ('base', 'p', $basis, $recorded::TIMESTAMPTZ, $confirmed::TIMESTAMPTZ, $expires, 'ann',
            now())
"""


@pytest.fixture(scope="module")
def law() -> Iterator[Store]:
    """A store under the law of the shipped policy."""
    opened = open_store()
    safety.keep_consent_law(opened, read_policy())
    opened.run("INSERT INTO campaigns VALUES ('c', 'C', 'base', NULL, '{}', DATE '2026-12-01',"
               " 'en-GB', 's', now(), 'ann', NULL)")  # fmt: skip
    opened.run("INSERT INTO imports VALUES ('i', 'base', 'customers', 'list.csv', '', '{}',"
               " '{\"ok\": \"consent_email\"}', 1, 1, 0, 0, now(), 'ann', NULL)")  # fmt: skip
    yield opened
    opened.close()


def judged(
    store: Store,
    country: str | None,
    *records: tuple[str, str] | tuple[str, str, str | None] | tuple[str, str, str | None, str],
    send_on: str = "2026-12-01",
    says_yes: bool = False,
    locale: str | None = None,
    age: int | None = None,
    last_order: str | None = None,
) -> tuple[bool, str | None, date | None, str]:
    """Put one person with these records (basis, recorded, confirmed, expires) into the store."""
    store.run("DELETE FROM customers")
    store.run("DELETE FROM consents")
    store.run("UPDATE campaigns SET send_on = $send_on::DATE", send_on=send_on)
    store.run(
        "INSERT INTO customers (dataset_id, customer_id, country, locale, consent_email, age,"
        " last_order_at) VALUES ('base', 'p', $country, $locale, $yes, $age, $last::TIMESTAMP)",
        country=country, locale=locale, yes=says_yes, age=age, last=last_order,
    )  # fmt: skip
    for basis, recorded, *rest in records:
        confirmed, expires = (*rest, None, None)[:2]
        store.run(_CONSENT, basis=basis, recorded=recorded, confirmed=confirmed, expires=expires)
    [row] = store.read("SELECT is_mailable, basis, expires_on, reason FROM mailability")
    return row


@pytest.mark.parametrize(
    ("bought", "send_on", "may"),
    [
        pytest.param("2024-12-01", "2026-12-01", True, id="24 months to the day"),
        pytest.param("2024-11-30", "2026-12-01", False, id="a day more"),
        pytest.param("2024-02-29", "2026-02-28", True, id="bought on a leap day, the last day"),
        pytest.param("2024-02-29", "2026-03-01", False, id="bought on a leap day, the day after"),
        pytest.param("2022-02-28", "2024-02-28", True, id="ends in a leap year"),
        pytest.param("2022-02-28", "2024-02-29", False, id="the leap day comes too late"),
        pytest.param("2024-12-31", "2026-12-31", True, id="over the end of the year"),
        pytest.param("2024-12-01 00:30:00+01", "2026-12-01", False, id="30 November in UTC"),
        pytest.param("2024-11-30 23:30:00-01", "2026-12-01", True, id="1 December in UTC"),
    ],
)
def test_in_canada_a_purchase_carries_24_months(
    law: Store,
    bought: str,
    send_on: str,
    may: bool,  # noqa: FBT001
) -> None:
    given = bought if " " in bought else f"{bought} 12:00:00+00"

    assert judged(law, "Canada", ("implied_purchase", given), send_on=send_on)[0] is may


@pytest.mark.parametrize(
    ("asked", "send_on", "may"),
    [
        pytest.param("2026-06-01", "2026-12-01", True, id="6 months to the day"),
        pytest.param("2026-05-31", "2026-12-01", False, id="ended on 30 November"),
        pytest.param("2026-08-31", "2027-02-28", True, id="August has a day that February lacks"),
        pytest.param("2026-08-31", "2027-03-01", False, id="and ends with February"),
        pytest.param("2027-08-31", "2028-02-29", True, id="with the 29th in a leap year"),
    ],
)
def test_in_canada_an_enquiry_carries_six_months(
    law: Store,
    asked: str,
    send_on: str,
    may: bool,  # noqa: FBT001
) -> None:
    record = ("implied_enquiry", f"{asked} 12:00:00+00")

    assert judged(law, "CA", record, send_on=send_on)[0] is may


def test_every_later_purchase_renews_the_implied_consent(law: Store) -> None:
    record = ("implied_purchase", "2022-01-01 00:00:00+00")

    assert judged(law, "Canada", record)[0] is False
    assert judged(law, "Canada", record, last_order="2025-06-30 23:59:59") == (
        True, "implied_purchase", date(2027, 6, 30),
        "implied purchase, on record since 2022-01-01, ends after 2027-06-30",
    )  # fmt: skip


NOW_GIVEN = "2026-11-01 12:00:00+00"
CLICK = "2026-11-01 12:05:00+00"
ACCEPTED = {
    "United Kingdom": {"express", "double_opt_in", "soft_opt_in", "corporate"},
    "Deutschland": {"double_opt_in"},
    "Austria": {"express", "double_opt_in", "soft_opt_in"},
    "EIRE": {"express", "double_opt_in", "soft_opt_in"},
    "France": {"express", "double_opt_in", "soft_opt_in"},
    "Poland": {"express", "double_opt_in", "soft_opt_in"},
    "Schweiz": {"express", "double_opt_in", "soft_opt_in"},
    "Canada": {"express", "double_opt_in", "implied_purchase", "implied_enquiry"},
    "USA": {"express", "double_opt_in", "soft_opt_in", "implied_purchase", "implied_enquiry",
            "corporate", "legitimate_interest"},
    "Australia": {"express", "double_opt_in", "implied_purchase", "implied_enquiry", "corporate"},
    "Japan": {"express", "double_opt_in"},
}  # fmt: skip


@pytest.mark.parametrize("country", ACCEPTED)
def test_each_country_takes_its_own_bases_and_no_other(law: Store, country: str) -> None:
    bases = set(customers_bases())

    found = {basis for basis in bases if judged(law, country, (basis, NOW_GIVEN, CLICK))[0]}

    assert found == ACCEPTED[country]


def customers_bases() -> tuple[str, ...]:
    from personalization.domain import CONSENT_BASES

    return CONSENT_BASES


def test_a_yes_in_the_file_counts_as_express_and_undated_where_no_record_is_demanded(
    law: Store,
) -> None:
    assert judged(law, "UK", says_yes=True) == (
        True, "express", None, "express, undated, from list.csv",
    )  # fmt: skip
    assert judged(law, None, says_yes=True)[0] is True
    assert judged(law, "Germany", says_yes=True) == (
        False, None, None, "yes in list.csv, but Germany demands a record of it",
    )  # fmt: skip


def test_a_country_is_known_by_any_spelling_and_else_by_the_language(law: Store) -> None:
    assert judged(law, " DEUTSCHLAND ", says_yes=True)[0] is False
    assert judged(law, "de", says_yes=True)[0] is False
    assert judged(law, None, says_yes=True, locale="de-DE")[0] is False
    assert judged(law, "France", says_yes=True, locale="de-DE")[0] is True


def test_a_double_opt_in_counts_once_it_is_confirmed(law: Store) -> None:
    begun = ("double_opt_in", NOW_GIVEN)

    assert judged(law, "Germany", begun)[3] == "double opt in of 2026-11-01 was never confirmed"
    assert judged(law, "Germany", (*begun, CLICK))[0] is True


def test_existing_customers_in_germany_count_where_the_team_says_so(store: Store) -> None:
    own = '[jurisdictions.DE.consent]\naccepts = ["double_opt_in", "soft_opt_in"]'
    safety.keep_consent_law(store, read_policy(own))
    store.run("INSERT INTO campaigns VALUES ('c', 'C', 'base', NULL, '{}', DATE '2026-12-01',"
              " 'en-GB', 's', now(), 'ann', NULL)")  # fmt: skip

    assert judged(store, "Germany", ("soft_opt_in", NOW_GIVEN))[0] is True
    safety.keep_consent_law(store, read_policy())
    assert judged(store, "Germany", ("soft_opt_in", NOW_GIVEN))[3] == (
        "soft opt in does not suffice in Germany"
    )


@pytest.mark.parametrize(
    ("records", "may", "reason"),
    [
        pytest.param(
            [("express", NOW_GIVEN), ("withdrawn", "2026-11-02 00:00:00+00")], False,
            "consent withdrawn on 2026-11-02", id="taken back",
        ),
        pytest.param(
            [("withdrawn", "2026-11-02 00:00:00+00"), ("express", "2026-11-03 00:00:00+00")], True,
            "express, on record since 2026-11-03", id="given again",
        ),
        pytest.param(
            [("express", NOW_GIVEN), ("withdrawn", NOW_GIVEN)], False,
            "consent withdrawn on 2026-11-01", id="at one moment: it is taken back",
        ),
        pytest.param(
            [("express", NOW_GIVEN, None, "2026-11-30")], False,
            "express of 2026-11-01 ended on 2026-11-30", id="the record names its own end",
        ),
        pytest.param(
            [("express", NOW_GIVEN, None, "2026-12-01")], True,
            "express, on record since 2026-11-01, ends after 2026-12-01", id="on its last day",
        ),
        pytest.param(
            [("express", "2026-12-02 00:00:00+00")], False,
            "express is of 2026-12-02, after the send date", id="given after the send date",
        ),
        pytest.param(
            [("express", NOW_GIVEN, None, "2026-12-05"), ("soft_opt_in", "2020-01-01 00:00+00")],
            True, "soft opt in, on record since 2020-01-01", id="what lasts longest counts",
        ),
        pytest.param([], False, "no consent on file", id="nothing"),
    ],
)  # fmt: skip
def test_of_several_records_the_right_one_counts(
    law: Store,
    records: list[tuple[str, str]],
    may: bool,  # noqa: FBT001
    reason: str,
) -> None:
    found = judged(law, "United Kingdom", *records)

    assert (found[0], found[3]) == (may, reason)


def test_what_was_taken_back_is_not_given_by_a_file_of_unknown_date(law: Store) -> None:
    taken = ("withdrawn", NOW_GIVEN)

    assert judged(law, "United Kingdom", taken, says_yes=True)[0] is False


def test_who_is_too_young_has_not_consented(law: Store) -> None:
    assert judged(law, "Germany", ("double_opt_in", NOW_GIVEN, CLICK), age=15) == (
        False, "double_opt_in", None, "is 15 years old; consent counts from the age of 16",
    )  # fmt: skip
    assert judged(law, "Germany", ("double_opt_in", NOW_GIVEN, CLICK), age=16)[0] is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[jurisdictions.GB.consent]\naccepts = ["nod"]', "there is no basis 'nod'"),
        ("[jurisdictions.GB.consent]\npurchase_months = 900", "purchase_months is a whole number"),
        ("[jurisdictions.GB.consent]\nlaw = ''", "lacks 'law'"),
        ("[jurisdictions.GB.consent]\nreviewed = 'soon'", "reviewed is a date"),
        ("[jurisdictions.GB.consent]\nhonor_days = 3", "has no 'honor_days'"),
        ("[jurisdictions.GB.consent]\nneeds_record = 1", "is not of the form of False"),
    ],
)
def test_a_law_that_cannot_be_read_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_consent_law(read_policy(text).jurisdictions)


def test_every_country_of_the_shipped_policy_says_what_an_officer_has_to_know() -> None:
    laws = read_consent_law(read_policy().jurisdictions)

    assert {"GB", "DE", "EU", "CA", "US", "AU", "other"} <= {one.jurisdiction for one in laws}
    assert all(one.law and one.source and one.owner for one in laws)
    assert {one.honour_days for one in laws if one.jurisdiction in ("US", "CA")} == {10}


@pytest.mark.parametrize(
    ("country", "due_on"),
    [
        pytest.param("USA", date(2026, 12, 4), id="ten working days"),
        pytest.param("Canada", date(2026, 12, 4), id="ten working days in Canada"),
        pytest.param("Australia", date(2026, 11, 27), id="five working days"),
        pytest.param("Germany", date(2026, 11, 20), id="at once"),
        pytest.param("Japan", date(2026, 11, 22), id="two days by the house rule"),
    ],
)  # Friday 20 November 2026, by the calendar
def test_an_objection_has_to_be_honoured_within_the_days_of_the_law(
    law: Store, country: str, due_on: date
) -> None:
    judged(law, country, says_yes=True)
    law.run("UPDATE customers SET email = 'p@example.com'")
    law.run("DELETE FROM suppressions")

    found = customers.object_to_mailing(
        law, email="P@example.com ", reason="objected", actor="ann",
        received_at=datetime(2026, 11, 20, 15, tzinfo=UTC),
    )  # fmt: skip

    assert (found.due_on, found.customers, found.suppressed) == (due_on, 1, 1)
    law.run("DELETE FROM objections")


def test_a_no_in_a_newer_customer_file_takes_the_record_back(law: Store, tmp_path: Path) -> None:
    dataset = customers.create_dataset(law, "Base", actor="ann", request_id="no")
    law.run("UPDATE campaigns SET dataset_id = $dataset", dataset=dataset)
    files = {
        "customers": "id,email,country,consent\n1,a@example.com,UK,\n2,b@example.com,UK,\n",
        "consents": "email,basis,date\na@example.com,express,2026-01-31\nb@example.com,express,"
        "2026-01-31\n",
        "again": "id,consent\n1,no\n2,unknown\n",
    }

    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
        target = "customers" if name == "again" else name
        intake = customers.check_file(tmp_path / f"{name}.csv", target=target)
        customers.import_intake(law, intake, dataset, actor="ann", request_id=name)

    found = dict(law.read("SELECT customer_id, is_mailable FROM mailability"))
    law.run("UPDATE campaigns SET dataset_id = 'base'")
    assert found == {"1": False, "2": True}
