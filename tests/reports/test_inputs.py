from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.reports.inputs import input_checks
from personalization.safety import check_brief, check_customers, check_passages
from personalization.safety.policy import read_policy
from tests.safety.scripted import add_campaign

if TYPE_CHECKING:
    from personalization.store import Store

POLICY = read_policy()


def test_before_any_check_nothing_is_told(store: Store) -> None:
    add_campaign(store)

    assert input_checks(store, "c1") == []


def test_the_last_check_of_each_kind_is_told_for_the_campaign_s_own_customers(store: Store) -> None:
    add_campaign(store)
    for dataset_id, name in (("d1", "<b>"), ("d1", "Ann"), ("d2", "Bob"), ("d2", "{{x}}")):
        store.run(
            "INSERT INTO customers (dataset_id, customer_id, first_name, consent_email) "
            "VALUES ($dataset_id, $name, $name, true)",
            dataset_id=dataset_id, name=name,
        )  # fmt: skip
    for dataset_id in ("d1", "d2"):
        check_customers(store, POLICY, dataset_id, actor="mia")
    store.run("DELETE FROM customers WHERE first_name = '<b>'")
    check_customers(store, POLICY, "d1", actor="mia")
    check_passages(store, POLICY, actor="mia")
    check_brief(store, POLICY, "c1", actor="mia")

    found = {check.what: check for check in input_checks(store, "c1")}

    assert set(found) == {"customer field", "passage", "brief"}
    fields = found["customer field"]
    assert (fields.texts, fields.texts_read, fields.texts_held) == (1, 0, 0)
    assert not fields.has_shields
