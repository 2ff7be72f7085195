from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization import campaign, customers
from personalization.customers.access import access_report
from personalization.customers.erasure import erase_person
from personalization.customers.personal import PERSONAL
from personalization.errors import InputError, StateError
from personalization.store import open_store, verify_chain
from personalization.store.erased import key_id_of
from tests.conftest import NOW
from tests.delivery.ready import fill_campaign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personalization.store import Store

# Columns by which a table could know a person; a new one has to be in PERSONAL or be named here.
NAMES_A_PERSON = """
    SELECT DISTINCT columns.table_name
    FROM duckdb_columns() AS columns JOIN duckdb_tables() AS tables USING (table_oid)
    WHERE regexp_matches(column_name, '^(customer_id|email|address|phone|.*_name|recipient|person|'
              || 'subject|known_as|value)$')
      AND column_name NOT IN ('file_name', 'column_name', 'product_name')
"""
NO_PERSON = {
    "segments",  # nothing below is of one customer
    "variants",  # subject is the subject line, merge fields unfilled
    "recommendation_measures",  # value is a figure of a whole base
    "outreach_measures",  # likewise
    "speaker_consents",  # of speakers, who are no customers; kept as the evidence that it is
}
OUTCOMES = """
    SELECT arm, count(*), sum(clicked), sum(revenue), sum(unsubscribed) FROM outcomes
    WHERE experiment_id = 'e1' GROUP BY arm ORDER BY arm
"""
HEAD = "customer_id,email,first_name,country,consent\n"


@pytest.fixture
def launched() -> Iterator[Store]:
    """A launched campaign in which customer c000007 left a trace in every table."""
    opened = open_store(clock=lambda: NOW)
    fill_campaign(opened)
    opened.run("UPDATE experiments SET launched_at = $now, launched_by = 'mia', mode = 'export'",
               now=NOW)  # fmt: skip
    opened.run(
        "INSERT INTO deliveries SELECT experiment_id, customer_id, segment, arm,"
        " segment || '/' || arm, 1, 'x', sha256(customer_id), false, $now FROM assignments",
        now=NOW,
    )
    opened.run("INSERT INTO exports VALUES ('x1', 'e1', '/exports/spring', '{}', '', 60, $now,"
               " 'mia', NULL)", now=NOW)  # fmt: skip
    opened.run("UPDATE customers SET full_name = 'Zoe Marshall', phone = '0117 496 0000',"
               " last_name = 'Marshall' WHERE customer_id = 'c000007'")  # fmt: skip
    for statement in (
        (
            "INSERT INTO engagements VALUES"
            " ('e1', 'c000007', 'click', 0, TIMESTAMP '2026-12-02', false),"
            " ('e1', 'c000007', 'conversion', 20, TIMESTAMP '2026-12-02', false)"
        ),
        "INSERT INTO customer_attributes VALUES ('shop', 'c000007', 'hobby', 'chess')",
        (
            "INSERT INTO transactions VALUES"
            " ('shop', 'o1', 'c000007', 'p', 'Lamp', 'lights', 1, 9, 9, 'GBP',"
            " TIMESTAMP '2026-01-01')"
        ),
        (
            "INSERT INTO interactions VALUES ('shop', 'c000007', 'p', 'view', NULL, NULL, NULL,"
            " TIMESTAMP '2026-01-01', 'i')"
        ),
        (
            "INSERT INTO recommendation_runs SELECT 'run-1', 'shop', NULL, NULL, 'for_you', 2,"
            " now(), '', '[]', 1, 0, 0, now(), 'mia'"
        ),
        (
            "INSERT INTO recommendations VALUES ('run-1', 'c000007', 1, 'p', 1, 'for_you', 'q', 3,"
            " 9, NULL, false)"
        ),
        "INSERT INTO recommendation_shortfalls VALUES ('run-1', 'c000007', 1, 'owned')",
        (
            "INSERT INTO campaign_products SELECT campaign_id, 'A', 'c000007', 1, 'p', 'run-1',"
            " 'for_you', 'Lamp', '£9.00', 'Goes with it', 'lights', '', 9 FROM experiments"
        ),
        (
            "INSERT INTO trigger_firings VALUES ('t', 1, 'shop', 'c000007', 'cart:c000007',"
            " 'run-1', '{}', 'fired', 'p', now(), now())"
        ),
        (
            "INSERT INTO handed_firings VALUES ('h', 't', 'shop', 'c000007', 'cart:c000007', 'v',"
            " 1, '', 'f0', 'run-1')"
        ),
        (
            "INSERT INTO variant_channels SELECT min(variant_id), 'web', 'summary', 'p', 'c000007'"
            " FROM variants"
        ),
        "INSERT INTO held_out VALUES ('e1', 'c000007', 'Loyal', 'h')",
        (
            "INSERT INTO consents (dataset_id, customer_id, basis, recorded_at, imported_by,"
            " imported_at) VALUES ('shop', 'c000007', 'express', now(), 'mia', now())"
        ),
        (
            "INSERT INTO imports VALUES"
            " ('i', 'shop', 'customers', 'a.csv', '', '{}', '{}', 1, 0, 1, 0, now(), 'mia', NULL)"
        ),
        (
            "INSERT INTO intake_problems VALUES ('i', 'rejected', 4, 'email',"
            " '7;C7@example.com;Marshall', 'bad'), ('i', 'warning', 5, 'age', 'old', 'bad_age')"
        ),
        (
            "INSERT INTO outreach_events (event_id, dataset_id, prospect_id, kind, is_simulated,"
            " happened_at, recorded_at, recorded_by) VALUES ('v', 'shop', 'c000007', 'click',"
            " false, now(), now(), 'mia')"
        ),
        (
            "INSERT INTO prospects (dataset_id, prospect_id, email, last_name, account) VALUES"
            " ('shop', 'c000007', 'c7@example.com', 'Marshall', 'c000007')"
        ),
        "INSERT INTO prospect_signals VALUES ('shop', 'c000007', 'trial_active', 'yes')",
        (
            "INSERT INTO prospect_facts VALUES ('shop', 'c000007', 'f', 'news', 'Marshall moved',"
            " 'x', NULL, 'i')"
        ),
        (
            "INSERT INTO routings SELECT 'shop', 'c000007', 'other', 'other', 'ic', 1, 'r', "
            "'micro', 'smb', 'plg', '', '', '', '', '', 'x', now()"
        ),
        (
            "INSERT INTO reading_corrections (dataset_id, prospect_id, title, role, function,"
            " seniority, is_withdrawn, saved_at, saved_by) VALUES ('shop', 'c000007', '', 'other',"
            " 'other', 'ic', false, now(), 'mia')"
        ),
        (
            "INSERT INTO outreach_runs SELECT 'run-2', 'a', 'shop', 1, 's', 'p', '{}', now(), 1,"
            " 1, 0, 0, now(), 'mia'"
        ),
        (
            "INSERT INTO outreach_candidates (run_id, prospect_id, variant_id, code, reason)"
            " VALUES ('run-2', 'c000007', 'v1', '', '')"
        ),
        (
            "INSERT INTO outreach_messages (message_id, run_id, campaign_id, dataset_id,"
            " prospect_id, step, status, code, reason, body, is_default, made_at) VALUES ('m',"
            " 'run-2', 'a', 'shop', 'c000007', 1, 'ready', '', '', 'Marshall', false, now())"
        ),
        (
            "INSERT INTO outreach_sends (handover_id, message_id, campaign_id, dataset_id,"
            " prospect_id, account, step, channel, role, tone, angle, length, variant_id, version,"
            " content_sha256, is_default, is_simulated, sent_at) VALUES ('h', 'm', 'a', 'shop',"
            " 'c000007', 'c000007', 1, 'sms', 'other', 'direct', 'proof', 'short', 'v1', 1, 'x',"
            " false, false, now())"
        ),
        (
            "INSERT INTO outreach_stops VALUES ('shop', 'person', 'c000007', NULL, 'bounced', 'v',"
            " now(), 'mia')"
        ),
        (
            "INSERT INTO sequence_changes (campaign_id, dataset_id, prospect_id, state, step,"
            " reason, changed_at, changed_by) VALUES ('a', 'shop', 'c000007', 'active', 1,"
            " 'handed over', now(), 'mia')"
        ),
        (
            "INSERT INTO voice_runs SELECT 'vr', 'spring', 'v1', 1, 'x', 'house', 0, NULL,"
            " 'espeak', '{}', '/voice', 1, 1, 0, 0, '', now(), 'mia'"
        ),
        (
            "INSERT INTO voice_assets SELECT 'va', 'vr', 'c000007', 'ready', '', 'x',"
            " 'c000007-x.wav', 'x', '{}', 1, '[]', now()"
        ),
        (
            "INSERT INTO input_findings VALUES ('customer field', 'shop', 'first_name',"
            " input_key('Zoë'), 'injection.prompt', 'rules', 'p', 'warn', 'x', 1, now())"
        ),
    ):
        opened.run(statement)
    customers.object_to_mailing(
        opened, customer_id="c000007", reason="objected", actor="mia", received_at=NOW
    )
    yield opened
    opened.close()


def traces(store: Store, *words: str) -> dict[str, int]:
    """Count the rows of every table of the database in which one of the words occurs."""
    tables = [name for (name,) in store.read("SELECT table_name FROM duckdb_tables()")]
    holds_one = (
        "SELECT count(*) FROM {} AS one WHERE len(list_filter($words,"
        " lambda word: contains(lower(CAST(one AS VARCHAR)), lower(word)))) > 0"
    )
    found = {
        table: store.read(holds_one.format(table), words=list(words))[0][0] for table in tables
    }
    return {table: n for table, n in found.items() if n}


def test_every_table_that_can_name_a_person_is_known_to_the_erasure(store: Store) -> None:
    found = {name for (name,) in store.read(NAMES_A_PERSON)}

    assert {"customers", "deliveries", "consents", "suppressions"} <= found
    assert found - NO_PERSON <= PERSONAL.keys()


def test_whoever_is_erased_is_in_no_table_any_more(launched: Store) -> None:
    before = traces(launched, "c000007", "c7@example.com", "Marshall")

    done = erase_person(launched, "c000007", confirmed="C000007", actor="olga")

    assert before.keys() >= PERSONAL.keys() - {"input_findings"}
    assert traces(launched, "c000007", "c7@example.com", "Marshall") == {}
    assert done.rows.keys() == PERSONAL.keys()
    assert done.experiments == ("e1",)
    assert done.folders == ("/exports/spring",)
    assert launched.read("SELECT count(*) FROM customers") == [(59,)]
    assert launched.read("SELECT value FROM intake_problems ORDER BY line") == [(None,), ("old",)]


def test_results_count_whoever_was_erased_as_before(launched: Store) -> None:
    before = launched.read(OUTCOMES)

    erase_person(launched, "c7@example.com", confirmed="c7@example.com", actor="olga")

    assert launched.read(OUTCOMES) == before
    assert sum(row[1] for row in before) == 60
    assert launched.read("SELECT experiments FROM erasures") == [('["e1"]',)]


def test_the_trail_holds_a_pseudonym_and_stays_whole(launched: Store) -> None:
    found_before = verify_chain(launched).problems  # this campaign's policy was put in by hand

    done = erase_person(launched, "c000007", confirmed="c000007", actor="olga")

    [(payload,)] = launched.read("SELECT payload FROM audit_log WHERE kind = 'person.erased'")
    assert done.subject_ref in payload
    assert len(done.subject_ref) == 32
    chain = verify_chain(launched)
    assert (chain.first_broken, chain.problems) == (None, found_before)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("n1,C7@Example.com,Zoe,UK,yes", id="the address under another number"),
        pytest.param("c000007,new@example.com,Zoe,UK,yes", id="the number with another address"),
    ],
)
def test_whoever_was_erased_stays_suppressed_when_a_file_brings_them_back(
    launched: Store, tmp_path: Path, row: str
) -> None:
    erase_person(launched, "c000007", confirmed="c000007", actor="olga")
    file = tmp_path / "again.csv"
    file.write_text(f"{HEAD}{row}\nn2,other@example.com,Bo,UK,yes\n")

    customers.import_intake(
        launched, customers.check_file(file), "shop", actor="mia", request_id="again"
    )

    number = row.split(",", maxsplit=1)[0]
    launched.run("INSERT INTO segment_members VALUES ('spring', 'Loyal', $id), "
                 "('spring', 'Loyal', 'n2')", id=number)  # fmt: skip
    buckets = dict(launched.read("SELECT customer_id, bucket FROM audience"))
    assert buckets[number] == "suppressed"
    assert buckets["n2"] == "eligible"


def test_without_the_key_nobody_comes_in_who_could_have_been_erased(
    launched: Store, tmp_path: Path
) -> None:
    erase_person(launched, "c000007", confirmed="c000007", actor="olga")
    launched.run("UPDATE suppressed_hashes SET key_id = $other", other=key_id_of(b"another key"))
    file = tmp_path / "again.csv"
    file.write_text(HEAD + "n1,c7@example.com,Zoe,UK,yes\n")
    intake = customers.check_file(file)

    with pytest.raises(StateError, match="Put the key file back"):
        customers.import_intake(launched, intake, "shop", actor="mia", request_id="again")

    assert launched.read("SELECT count(*) FROM customers WHERE customer_id = 'n1'") == [(0,)]


def test_a_hash_tells_nobody_who_it_was(launched: Store) -> None:
    erase_person(launched, "c000007", confirmed="c000007", actor="olga")

    plain = launched.read(
        "SELECT count(*) FROM suppressed_hashes WHERE address_hash IN"
        " (sha256('c7@example.com'), sha256('email:c7@example.com'))"
    )

    assert launched.read("SELECT count(*) FROM suppressed_hashes") == [(2,)]
    assert plain == [(0,)]


def test_who_only_a_file_of_interactions_names_is_erased(store: Store) -> None:
    store.run(
        "INSERT INTO interactions VALUES ('shop', 'ann@example.org', 'p', 'view', 1, NULL, NULL,"
        " TIMESTAMP '2026-01-01', 'i')"
    )

    erased = erase_person(store, "ann@example.org", confirmed="ann@example.org", actor="olga")

    assert erased.rows == {"interactions": 1}
    assert store.read("SELECT count(*) FROM interactions") == [(0,)]


def test_erasing_needs_the_same_typed_again(launched: Store) -> None:
    with pytest.raises(InputError, match="once more to confirm"):
        erase_person(launched, "c000007", confirmed="c000008", actor="olga")

    assert launched.read("SELECT count(*) FROM customers") == [(60,)]


def test_the_report_tells_a_person_everything_with_the_text_that_was_sent(launched: Store) -> None:
    report = campaign.person_report(launched, "c7@example.com")

    [found] = report["records"]
    parts = {part["name"]: part["rows"] for part in found["sections"]}
    assert {name for name, rows in parts.items() if rows} == {
        "details", "other_details", "orders", "interactions", "recommendations", "occasions",
        "consents", "objections", "segments", "tests",
        "messages", "responses", "unreadable",
        "prospect_details", "prospect_facts", "prospect_routing", "outreach_messages",
        "outreach_answers", "spoken_files",
    }  # fmt: skip
    [sent] = parts["messages"]
    assert sent["subject"].startswith("Zoë, ")
    assert "{{" not in sent["body"]
    assert parts["segments"][0]["why"]
    assert parts["objections"][0]["reason"] == "objected"


def test_a_number_of_two_people_is_asked_about(launched: Store) -> None:
    launched.run("INSERT INTO customers (dataset_id, customer_id, email, consent_email) "
                 "VALUES ('archive', 'c000007', 'else@example.com', true)")  # fmt: skip

    with pytest.raises(InputError, match="Several people have the number"):
        access_report(launched, "c000007")

    assert len(access_report(launched, "c000007", dataset_id="archive")["records"]) == 1
