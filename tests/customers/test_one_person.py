"""One person under several numbers, addresses and bases: a no reaches all of them, and stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization import customers, safety
from personalization.errors import InputError
from personalization.store import open_store
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from personalization.store import Store

HEAD = "customer_id,email,first_name,country,consent\n"


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    store = open_store(clock=lambda: NOW)
    safety.keep_consent_law(store, safety.read_policy())
    yield store
    store.close()


@pytest.fixture
def shop(opened: Store) -> Iterator[Store]:
    """Bases A and B, each with a campaign to all of its customers; emptied after the test."""
    for base in ("A", "B"):
        opened.run("INSERT INTO datasets VALUES ($b, $b, false, now(), 'ann', NULL)", b=base)
        opened.run("INSERT INTO campaigns VALUES ('to ' || $b, $b, $b, NULL, '{}',"
                   " DATE '2026-12-02', 'en-GB', 's', now(), 'ann', NULL)", b=base)  # fmt: skip
    yield opened
    for table in ("datasets", "campaigns", "segment_members", "customers", "suppressions",
                  "objections", "consents", "transactions", "suppressed_hashes", "imports",
                  "intake_problems", "customer_attributes"):  # fmt: skip
        opened.run(f"DELETE FROM {table}")  # noqa: S608


@pytest.fixture
def bring(shop: Store, tmp_path: Path) -> Callable[..., customers.Intake]:
    """Import a file into a base, and put all of its customers into the campaign's segment."""
    files = iter(range(99))

    def brought(base: str, text: str, target: str = "customers") -> customers.Intake:
        n = next(files)
        (tmp_path / f"{n}.csv").write_text(text)
        intake = customers.check_file(tmp_path / f"{n}.csv", target=target, folder=tmp_path / "s")
        customers.import_intake(shop, intake, base, actor="ann", request_id=f"{tmp_path}{n}")
        if target == "customers":
            shop.run("DELETE FROM segment_members")
            shop.run("INSERT INTO segment_members SELECT 'to ' || dataset_id, 's', customer_id"
                     " FROM customers")  # fmt: skip
        return intake

    return brought


def buckets(store: Store) -> dict[tuple[str, str], str]:
    rows = store.read("SELECT campaign_id[4:], customer_id, bucket FROM audience")
    return {(base, number): bucket for base, number, bucket in rows}


def add(store: Store, base: str, number: str, email: str | None) -> None:
    store.run("INSERT INTO customers (dataset_id, customer_id, email, consent_email)"
              " VALUES ($b, $n, $e, true)", b=base, n=number, e=email)  # fmt: skip
    store.run("INSERT INTO segment_members VALUES ('to ' || $b, 's', $n)", b=base, n=number)


def object_to(store: Store, **who: str) -> customers.Objection:
    return customers.object_to_mailing(
        store, reason="objected", actor="ann", received_at=NOW, **who
    )


def erase(store: Store, who: str, dataset_id: str = "") -> customers.Erasure:
    return customers.erase_person(store, who, confirmed=who, actor="ann", dataset_id=dataset_id)


@pytest.mark.parametrize("objects", [True, False])
def test_erasing_one_row_lifts_no_objection_of_another(shop: Store, *, objects: bool) -> None:
    add(shop, "A", "1", "anna@x.com")
    add(shop, "B", "77", "anna@x.com")
    if objects:
        object_to(shop, email="anna@x.com")

    erase(shop, "1", "A")

    assert buckets(shop) == {("B", "77"): "suppressed"}


def test_who_objected_by_an_address_now_erased_stays_suppressed_by_number(shop: Store) -> None:
    add(shop, "A", "1", "old@x.com")
    object_to(shop, email="old@x.com")
    shop.run("UPDATE customers SET email = 'new@x.com'")

    erase(shop, "old@x.com")

    assert buckets(shop) == {("A", "1"): "suppressed"}
    assert shop.read("SELECT email FROM suppressions") == [(None,)]


@pytest.mark.parametrize(
    "typed",
    ["Anna Ng <anna@x.com>", "mailto:anna@x.com", "'anna@x.com'", "ANNA@x.com;", " anna@x.com. "],
)
def test_an_objection_to_a_pasted_address_counts(shop: Store, typed: str) -> None:
    add(shop, "A", "1", "anna@x.com")

    done = object_to(shop, email=typed)

    assert object_to(shop, email=typed).bases == 1  # said twice, it is still somebody's
    assert (done.bases, buckets(shop)) == (1, {("A", "1"): "suppressed"})


@pytest.mark.parametrize("typed", ["anna@x", "anna@x.com, bob@x.com", "@"])
def test_what_is_no_address_is_refused(shop: Store, typed: str) -> None:
    with pytest.raises(InputError, match=r"is no e-mail address\. Type it alone"):
        object_to(shop, email=typed)


def test_a_number_of_two_people_without_addresses_is_asked_about(shop: Store) -> None:
    add(shop, "A", "1", None)
    add(shop, "B", "1", None)

    with pytest.raises(InputError, match="Several people have the number"):
        erase(shop, "1")

    assert len(buckets(shop)) == 2


def test_what_stands_on_lists_only_is_told_and_erased(shop: Store) -> None:
    object_to(shop, email="only@x.com")
    shop.run("INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, imported_by,"
             " imported_at) VALUES ('A', 'only@x.com', 'express', now(), 'a', now())")  # fmt: skip
    shop.run("INSERT INTO transactions VALUES ('A', 'o1', 'only@x.com', 'p', 'Lamp', NULL, 1, 9, 9,"
             " 'GBP', TIMESTAMP '2026-01-01')")  # fmt: skip

    [found] = customers.access_report(shop, "Only@x.com")["records"]
    parts = {part["name"] for part in found["sections"] if part["rows"]}
    done = erase(shop, "only@x.com")

    assert parts == {"orders", "consents", "objections"}
    assert done.rows.keys() == {"transactions", "consents", "objections", "suppressions"}
    with pytest.raises(InputError, match="no list holds it"):
        customers.access_report(shop, "only@x.com")


def test_what_came_with_an_address_before_its_customer_is_told_too(shop: Store) -> None:
    object_to(shop, email="anna@x.com")
    shop.run("INSERT INTO transactions VALUES ('A', 'o1', 'anna@x.com', 'p', 'Lamp', NULL, 1, 9, 9,"
             " 'GBP', TIMESTAMP '2026-01-01')")  # fmt: skip
    add(shop, "A", "1", "anna@x.com")

    [found] = customers.access_report(shop, "anna@x.com")["records"]

    assert {"orders", "objections"} <= {p["name"] for p in found["sections"] if p["rows"]}


@pytest.mark.parametrize(
    ("row", "warned"),
    [
        pytest.param("1,,withdrawn,2026-11-01,E-Mail", [], id="channel in other letters"),
        pytest.param("1,,withdrawn,2026-11-01,Newsletter", [], id="channel in another word"),
        pytest.param("1,,withdrawn,2026-11-01,all", [], id="every channel"),
        pytest.param(
            "1,,withdrawn,2026-11-01,pigeon", ["unknown_channel"], id="a channel nobody knows"
        ),
        pytest.param("1,,withdrawn,,", ["undated_withdrawal"], id="no day"),
        pytest.param("1,,withdrawn,soon,", ["undated_withdrawal"], id="no day to be read"),
        pytest.param("1,,revoked,2027-12-31,", ["undated_withdrawal"], id="a day to come"),
        pytest.param(",anna@x.com,withdrawn,2026-11-01,", [], id="no number"),
        pytest.param("X7,anna@x.com,withdrawn,2026-11-01,", [], id="an unknown number"),
    ],
)
def test_whoever_takes_a_consent_back_has_done_so(
    shop: Store, bring: Callable[..., customers.Intake], row: str, warned: list[str]
) -> None:
    add(shop, "A", "1", "anna@x.com")
    add(shop, "A", "2", "bob@x.com")
    rows = f"{row}\n2,,express,2026-10-01,email\n"

    intake = bring("A", f"customer_id,email,basis,recorded_at,channel\n{rows}", "consents")

    told = [one["reason"] for one in customers.problems_of(intake)]
    assert buckets(shop) == {("A", "1"): "no consent", ("A", "2"): "eligible"}
    assert [reason for reason in told if reason != "missing_wording"] == warned


def test_a_yes_for_an_unknown_channel_or_another_one_is_none_for_e_mail(
    shop: Store, bring: Callable[..., customers.Intake]
) -> None:
    add(shop, "A", "1", "anna@x.com")
    shop.run("UPDATE customers SET country = 'Germany'")  # where the law demands a record

    bring("A", "customer_id,basis,recorded_at,channel\n1,express,2026-10-01,pigeon\n"
          "1,express,2026-10-01,SMS\n", "consents")  # fmt: skip

    assert buckets(shop) == {("A", "1"): "no consent"}


def test_a_withdrawal_goes_with_the_address_to_other_numbers_and_bases(
    shop: Store, bring: Callable[..., customers.Intake]
) -> None:
    add(shop, "A", "1", "anna@x.com")
    add(shop, "B", "77", "anna@x.com")

    bring("A", "customer_id,basis,recorded_at\n1,withdrawn,2026-11-01\n", "consents")
    bring("A", f"{HEAD}1001,anna@x.com,Anna,US,yes\n")
    bring("B", f"{HEAD}78,anna@x.com,Anna,US,yes\n79,bob@x.com,Bob,US,yes\n")

    found = buckets(shop)
    assert found.pop(("B", "79")) == "eligible"
    assert set(found.values()) == {"no consent"}
    assert len(found) == 4


def test_a_row_that_says_unsubscribed_is_an_objection_in_every_base(
    shop: Store, bring: Callable[..., customers.Intake]
) -> None:
    add(shop, "A", "1", "anna@x.com")
    add(shop, "B", "77", "anna@x.com")

    bring("A", "email,basis,recorded_at\nanna@x.com,Unsubscribed,2026-11-01\n", "consents")
    bring("B", "customer_id,basis,recorded_at\n77,express,2026-11-10\n", "consents")  # a later yes

    assert buckets(shop) == {("A", "1"): "no consent", ("B", "77"): "suppressed"}
    assert shop.read("SELECT DISTINCT source <> 'person' FROM objections") == [(True,)]


def test_every_address_of_an_objection_is_kept(
    shop: Store, bring: Callable[..., customers.Intake]
) -> None:
    add(shop, "A", "1", "old@x.com")

    bring("A", "customer_id,email,reason\n1,new@x.com,left\n1,other@x.com,left\n", "suppressions")
    bring("B", f"{HEAD}77,new@x.com,Anna,US,yes\n78,other@x.com,Anna,US,yes\n")

    assert set(buckets(shop).values()) == {"suppressed"}


def test_files_after_an_erasure_bring_nobody_back(
    shop: Store, bring: Callable[..., customers.Intake]
) -> None:
    add(shop, "A", "1", "anna@x.com")
    add(shop, "A", "2", "bob@x.com")
    erase(shop, "anna@x.com")

    bring("A", "email,basis,recorded_at\nanna@x.com,express,2026-11-01\n", "consents")
    bring("A", "email,reason\nAnna@x.com,left\n", "suppressions")
    bring("A", "customer_id,email,reason\n2,anna@x.com,left\n", "suppressions")
    bring("A", "email,basis,recorded_at\nanna@x.com,nod,2026-11-01\nbob@x.com,nod,2026-11-01\n",
          "consents")  # fmt: skip
    bring("A", "customer_email,order_id,date,amount,product\n"
          "anna@x.com,o1,2026-01-01,10,Lamp\nbob@x.com,o2,2026-01-01,10,Lamp\n",
          "transactions")  # fmt: skip
    object_to(shop, email="anna@x.com")

    for table in ("suppressions", "objections", "consents", "transactions"):
        found = shop.read(f"SELECT DISTINCT customer_id FROM {table}")  # noqa: S608
        assert found in ([], [("2",)]), table
    assert shop.read("SELECT DISTINCT email FROM suppressions") == [("bob@x.com",)]
    assert "anna@x.com" not in str(shop.read("SELECT value FROM intake_problems"))
