"""Routing.

``routing_public.json`` holds the 20 public cases that came with the brief, ``routing_batches.json``
our own in their form, batch by batch, with how many of each were right when it was first read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personalization.domain import MOTIONS
from personalization.errors import InputError
from personalization.outreach import routing_policy
from personalization.outreach.routing import route
from personalization.outreach.routing_policy import read_routing_policy

if TYPE_CHECKING:
    from personalization.store import Store

PUBLIC = json.loads((Path(__file__).parents[1] / "data/routing_public.json").read_text("utf-8"))
BATCHES = json.loads((Path(__file__).parents[1] / "data/routing_batches.json").read_text("utf-8"))
SHIPPED = Path(routing_policy.__file__).with_name("routing.toml")


def put(store: Store, number: str, **known: Any) -> None:  # noqa: ANN401
    """Put a prospect into base ``b``; ``signals`` as in the public cases."""
    store.run(
        "INSERT INTO prospects (dataset_id, prospect_id, title, company, account, company_type,"
        " industry, employees, country, owner) VALUES ('b', $number, $title, $company, $number,"
        " $kind, $industry, $employees, $country, $owner)",
        number=number, title=known.get("title"), company=known.get("company"),
        kind=known.get("company_type"), industry=known.get("industry"),
        employees=known.get("employees"), country=known.get("country"), owner=known.get("owner"),
    )  # fmt: skip
    for signal, value in known.get("signals", {}).items():
        store.run("INSERT INTO prospect_signals VALUES ('b', $number, $signal, $value)",
                  number=number, signal=signal, value=str(value).lower())  # fmt: skip


def routed(store: Store, path: Path | None = None) -> dict[str, dict[str, Any]]:
    with store.transaction():
        route(store, read_routing_policy(path), "b")
    return {row["prospect_id"]: row for row in store.records("FROM routings")}


def motion(store: Store, **known: Any) -> tuple[str, str]:  # noqa: ANN401
    put(store, "p", **{"title": "Marketing Manager", "employees": 200, "country": "GB"} | known)
    row = routed(store)["p"]
    return row["motion"], row["motion_reason"]


def test_every_public_case_is_routed_as_expected(store: Store) -> None:
    for case in PUBLIC["cases"]:
        put(store, case["id"], **case["prospect"])

    found = routed(store)

    for case in PUBLIC["cases"]:
        row, expected = found[case["id"]], case["expected"]
        assert row["role"] in expected["acceptable_roles"], case["id"]
        for name in ("function", "seniority", "motion"):
            assert row[name] == expected[name], case["id"]
        assert all(row[name] for name in ("motion_reason", "campaign_reason", "queue_reason"))


def put_all(store: Store, cases: list[dict[str, Any]]) -> None:
    """Put the prospects of many cases into base ``b`` at once."""
    store.run(
        "INSERT INTO prospects (dataset_id, prospect_id, title, account, company_type, employees,"
        " country) SELECT 'b', unnest($ids::VARCHAR[]), unnest($titles::VARCHAR[]),"
        " unnest($ids::VARCHAR[]), unnest($kinds::VARCHAR[]), unnest($sizes::INTEGER[]),"
        " unnest($countries::VARCHAR[])",
        ids=[case["id"] for case in cases],
        titles=[case["prospect"]["title"] for case in cases],
        kinds=[case["prospect"]["company_type"] for case in cases],
        sizes=[case["prospect"]["employees"] for case in cases],
        countries=[case["prospect"]["country"] for case in cases],
    )
    for case in cases:
        for signal, value in case["prospect"]["signals"].items():
            store.run("INSERT INTO prospect_signals VALUES ('b', $number, $signal, $value)",
                      number=case["id"], signal=signal, value=str(value).lower())  # fmt: skip


def test_every_case_of_the_batches_stays_routed_as_expected(store: Store) -> None:
    put_all(store, BATCHES["cases"])

    found = routed(store)

    wrong = [
        (case["prospect"]["title"], name)
        for case in BATCHES["cases"]
        for name, allowed in expectations(case["expected"]).items()
        if found[case["id"]][name] not in allowed
    ]
    assert len(BATCHES["cases"]) == sum(batch["cases"] for batch in BATCHES["batches"]) > 300
    assert wrong == []


def expectations(expected: dict[str, Any]) -> dict[str, list[str]]:
    """Return what each field may be."""
    fields = {name: [expected[name]] for name in ("function", "seniority", "motion")}
    return {"role": expected["acceptable_roles"], **fields}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param({"signals": {"competitor": "yes"}}, "suppress", id="a competitor"),
        pytest.param({"signals": {"opted_out": True}, "company_type": "agency"}, "suppress",
                     id="an objection comes before all else"),
        pytest.param({"signals": {"opted_out": False}}, "sales_assist", id="a no is no objection"),
        pytest.param({"company_type": "Marketing Agency"}, "partner", id="spelt as CRMs do"),
        pytest.param({"company_type": "agency", "signals": {"own_use": True}}, "sales_assist",
                     id="an agency that buys for itself"),
        pytest.param({"title": "Alliances Manager", "company_type": "tech_vendor"}, "partner",
                     id="alliances at a vendor"),
        pytest.param({"title": "Alliances Manager", "company_type": "bank"}, "sales_assist",
                     id="alliances elsewhere"),
        pytest.param({"title": "PA to the MD", "employees": 5000}, "nurture", id="an assistant"),
        pytest.param({"title": "Former CEO"}, "nurture", id="a former boss"),
        pytest.param({"employees": None}, "nurture", id="nothing known of the company"),
        pytest.param({"employees": None, "signals": {"opted_out": "no"}}, "nurture",
                     id="that somebody did not object says nothing"),
        pytest.param({"employees": None, "signals": {"product_users": 5}}, "sales_assist",
                     id="users, at a company of unknown size"),
        pytest.param({"employees": 1000}, "enterprise", id="1,000 is enterprise"),
        pytest.param({"employees": 999}, "sales_assist", id="999 is not"),
        pytest.param({"employees": 1000, "title": "Data Analyst"}, "plg", id="nobody leading"),
        pytest.param({"employees": 1000, "title": "Data Analyst",
                      "signals": {"open_opportunity": True}}, "enterprise", id="but a deal"),
        pytest.param({"employees": 50}, "sales_assist", id="50 is helped"),
        pytest.param({"employees": 49}, "plg", id="49 is not"),
        pytest.param({"employees": 49, "signals": {"trial_active": True}}, "sales_assist",
                     id="a manager who tries it"),
        pytest.param({"employees": 9, "signals": {"product_users": 4}}, "plg", id="4 users"),
    ],
)  # fmt: skip
def test_the_motion_follows_from_the_first_rule_that_holds(
    store: Store, known: dict[str, Any], expected: str
) -> None:
    assert motion(store, **known)[0] == expected


def test_whoever_objected_by_any_way_is_suppressed(store: Store) -> None:
    for number in ("a", "b", "c"):
        put(store, number, title="Marketing Manager", employees=200)
    store.run("INSERT INTO suppressions VALUES ('b', 'a', NULL, 'objected', now())")
    store.run("INSERT INTO outreach_stops VALUES ('b', 'person', 'b', NULL, 'stop', 'e', now(),"
              " 'mia')")  # fmt: skip
    store.run("INSERT INTO outreach_stops VALUES ('b', 'person', 'c', 'sms', 'stop', 'e', now(),"
              " 'mia')")  # fmt: skip

    found = routed(store)

    assert {n: row["motion"] for n, row in found.items()} == {
        "a": "suppress", "b": "suppress", "c": "sales_assist",
    }  # fmt: skip
    assert found["a"]["motion_reason"] == "asked not to be written to"


def test_an_account_that_somebody_looks_after_stays_with_that_person(store: Store) -> None:
    put(store, "p", title="Head of HR", employees=300, country="DE", owner="Mara Field")
    put(store, "q", title="Head of HR", employees=300, country="DE")

    found = routed(store)

    assert (found["p"]["queue"], found["q"]["queue"]) == ("Mara Field", "Trade desk, German")
    assert found["p"]["campaign"] == "Staff gifting"


def test_what_nothing_says_is_unknown(store: Store) -> None:
    put(store, "p")

    row = routed(store)["p"]

    assert (row["role"], row["seniority"], row["size_band"], row["company_kind"]) == (
        "other", "unknown", "unknown", "unknown",
    )  # fmt: skip


def test_the_kind_of_a_company_comes_from_type_then_industry_then_name(store: Store) -> None:
    put(store, "type", company_type="Computer Software", industry="Banking", company="X Bank")
    put(store, "industry", industry="Banking", company="Y Hotel")
    put(store, "name", company="Hôtel Sparkasse Moor")
    put(store, "other", company_type="Circus")

    assert {n: row["company_kind"] for n, row in routed(store).items()} == {
        "type": "saas", "industry": "bank", "name": "bank", "other": "circus",
    }  # fmt: skip


def test_titles_are_read_once_and_a_second_run_says_the_same(store: Store) -> None:
    for number in range(5):
        put(store, f"p{number}", title="Head of Sales", country="GB", employees=80)
    with store.transaction():
        first = route(store, read_routing_policy(), "b")
    before = store.read("SELECT * EXCLUDE routed_at FROM routings ORDER BY prospect_id")

    with store.transaction():
        again = route(store, read_routing_policy(), "b", prospects=["p1"])

    assert (first.prospects, first.titles, again.prospects, again.titles) == (5, 1, 1, 0)
    assert store.read("SELECT * EXCLUDE routed_at FROM routings ORDER BY prospect_id") == before


def test_another_policy_routes_otherwise(store: Store, tmp_path: Path) -> None:
    policy = tmp_path / "mine.toml"
    policy.write_text(
        SHIPPED.read_text("utf-8").replace("employees = 1000  ", "employees = 100   "), "utf-8"
    )
    put(store, "p", title="Head of Sales", employees=200)

    assert routed(store)["p"]["motion"] == "sales_assist"
    assert routed(store, policy)["p"]["motion"] == "enterprise"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param('seniorities = ["assistant"]', 'seniorities = ["boss"]', "has no 'boss'",
                     id="a word that is none"),
        pytest.param("tiny_employees = 10", "tiny_employees = 0", "above 0", id="a bad number"),
        pytest.param('trial_signal = "trial_active"', 'trail = "x"', "wrong about", id="a typo"),
        pytest.param('motions = ["nurture"]', 'motions = ["plg"]', "for every 'nurture'",
                     id="prospects that no row takes"),
        pytest.param("version", "versoin", "versoin", id="an unknown key"),
        pytest.param("[suppress]", "[suppress", "no TOML", id="broken TOML"),
    ],
)  # fmt: skip
def test_a_policy_that_makes_no_sense_is_refused(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    policy = tmp_path / "mine.toml"
    policy.write_text(SHIPPED.read_text("utf-8").replace(old, new, 1), "utf-8")

    with pytest.raises(InputError, match=told):
        read_routing_policy(policy)


def test_the_shipped_policy_knows_every_motion_in_its_order() -> None:
    assert tuple(read_routing_policy().conditions["motions"]) == MOTIONS
