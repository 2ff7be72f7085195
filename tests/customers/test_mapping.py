from __future__ import annotations

import pytest

from personalization.customers.fields import TARGET_FIELDS, synonyms
from personalization.customers.mapping import is_sensitive, map_columns
from personalization.errors import InputError

PERSON = ["C1", "ann@example.com", "Ann"]


def mapped(names: list[str], rows: list[list[str]] | None = None, **chosen: str) -> dict[str, str]:
    found = map_columns(names, rows or [], "customers", has_header=True, chosen=chosen)
    return {name: field for name, field in found.fields.items() if field != "attribute"}


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        pytest.param(["Prénom", "Nom", "id"], ["first_name", "last_name", "customer_id"], id="fr"),
        pytest.param(
            ["Vorname", "Name", "id"], ["first_name", "last_name", "customer_id"], id="de"
        ),
        pytest.param(
            ["Nome", "Cognome", "id"], ["first_name", "last_name", "customer_id"], id="it"
        ),
        pytest.param(["id", "name"], ["customer_id", "full_name"], id="a name alone"),
        pytest.param(["id", "customer_id"], [None, "customer_id"], id="the better name wins"),
        pytest.param(["Email", "Default Email"], ["email", None], id="the plain name wins"),
        pytest.param(["id", "unsubscribed"], ["customer_id", "opt_out"], id="turned round"),
    ],
)
def test_columns_are_mapped_by_their_names(names: list[str], fields: list[str | None]) -> None:
    found = mapped(names)

    assert [found.get(name) for name in names] == fields


def test_a_word_that_may_be_a_number_or_a_name_is_told_by_its_values() -> None:
    names = ["Customer", "Email"]

    assert mapped(names, [["A-17", "a@b.de"], ["A-18", "b@b.de"]])["Customer"] == "customer_id"
    assert mapped(names, [["Ann Lee", "a@b.de"], ["Bob Ray", "b@b.de"]])["Customer"] == "full_name"


def test_an_address_without_a_known_name_is_found_by_its_values() -> None:
    found = map_columns(
        ["Kontakt X", "City"],
        [["a@b.de", "Rome"], ["c@d.it", "Oslo"]],
        "customers",
        has_header=True,
    )

    assert found.fields["Kontakt X"] == "email"
    assert (found.key, found.needs_answer) == ("email", False)


def test_other_columns_are_never_mapped_by_content_where_they_have_a_name() -> None:
    found = mapped(["customer_id", "updated"], [["1", "2025-01-01"], ["2", "2025-01-02"]])

    assert found == {"customer_id": "customer_id"}


def test_what_the_user_chose_stands() -> None:
    found = mapped(["id", "code", "city"], code="customer_id", city="ignore")

    assert found == {"code": "customer_id", "city": "ignore"}


def test_a_chosen_column_of_opt_outs_is_turned_round() -> None:
    assert mapped(["id", "unsubscribed"], unsubscribed="consent_email")["unsubscribed"] == "opt_out"


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        pytest.param({"emial": "email"}, "no column 'emial'. It has: id, email", id="column"),
        pytest.param({"email": "mail"}, "which is no field of customers. Use one of", id="field"),
        pytest.param({"id": "email", "email": "email"}, "Two columns .* 'email'", id="twice"),
    ],
)
def test_a_slip_in_a_mapping_is_told(chosen: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        map_columns(["id", "email"], [], "customers", has_header=True, chosen=chosen)


@pytest.mark.parametrize(
    ("target", "names", "needs"),
    [
        pytest.param("customers", ["first name", "city"], True, id="nobody can be told apart"),
        pytest.param("customers", ["email"], False, id="an address is enough"),
        pytest.param("transactions", ["customer id", "date", "amount"], False, id="order lines"),
        pytest.param("transactions", ["customer id", "date"], True, id="no amount"),
        pytest.param("transactions", ["customer id", "amount"], True, id="no date"),
        pytest.param("products", ["sku"], True, id="no name of the product"),
    ],
)
def test_the_user_is_asked_where_a_field_is_missing(
    target: str,
    names: list[str],
    needs: bool,  # noqa: FBT001
) -> None:
    assert map_columns(names, [], target, has_header=True).needs_answer is needs


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("Card Number", [], True),
        ("Kreditkartennummer", [], True),
        ("SSN", [], True),
        ("Mot de passe", [], True),
        ("IBAN", [], True),
        ("remark", ["4111 1111 1111 1111", "5500005555555559"], True),
        ("remark", ["123-45-6789", "987-65-4321"], True),
        ("remark", ["DE89370400440532013000"], True),
        ("Business card design", [], False),
        ("remark", ["called twice", "no answer"], False),
        ("order_ref", ["4111111111111112", "4111111111111113"], False),
    ],
)
def test_columns_that_a_mailing_list_must_not_hold_are_known(
    name: str,
    values: list[str],
    expected: bool,  # noqa: FBT001
) -> None:
    assert is_sensitive(name, values) is expected


@pytest.mark.parametrize("target", list(TARGET_FIELDS))
def test_every_field_has_names_and_every_name_a_field(target: str) -> None:
    fields = {field for field, _ in synonyms(target).values()}

    assert fields == {spec.name for spec in TARGET_FIELDS[target]}
