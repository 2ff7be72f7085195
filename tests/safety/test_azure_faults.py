"""Whatever Azure AI Content Safety does: nothing that it did not clear can be sent.

The real SDK talks to a server on this machine, and each row goes through ``screen_campaign`` to the
tables: what counts is the stored screening, and whether the message may be sent.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from personalization.providers.azure_options import AzureOptions
from personalization.providers.azure_safety import AzureSafety, azure_classifier
from personalization.providers.azure_wire import Patience
from personalization.safety import publish_policy, screen_campaign
from personalization.settings import Safety, Settings
from personalization.store import open_store
from tests.conftest import NOW
from tests.providers.safety_stub import Reply, content_safety, failure, levels, listed
from tests.safety.scripted import add_campaign, add_variant, message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from personalization.store import Store

AZURE = replace(Settings(), safety=Safety(engine="azure"))
LISTS = AzureOptions(blocklists=("brand-banned",))
N_STRINGS = 6


def entries(*found: tuple[str, Any], **more: Any) -> str:  # noqa: ANN401
    listed_ones = [{"category": category, "severity": severity} for category, severity in found]
    return json.dumps({"blocklistsMatch": [], "categoriesAnalysis": listed_ones, **more})


# With a reason, and by somebody who saw the newest screening.
APPROVE = """
    INSERT INTO approvals
    SELECT nextval('approval_ids'), variant_id, version, campaign_id, content_sha256, 'approved',
           'looks fine', 'rob', false,
           (SELECT max(screening_id) FROM screenings WHERE campaign_id = $c), $now, NULL
    FROM current_variants WHERE campaign_id = $c
"""
HARMLESS = (("Hate", 0), ("SelfHarm", 0), ("Sexual", 0), ("Violence", 0))


def engine(url: str, options: AzureOptions | None = None) -> AzureSafety:
    environ = {"AZURE_CONTENT_SAFETY_ENDPOINT": url, "AZURE_CONTENT_SAFETY_KEY": "a-secret-key"}
    made = azure_classifier(
        environ, options or AzureOptions(), connection_timeout=1.0, read_timeout=0.1
    )
    return replace(made, patience=Patience(sleep=lambda _: None, deadline=5.0))


@dataclass
class Campaign:
    """A campaign with one harmless message, beside others in a store."""

    store: Store
    campaign_id: str

    def screened(self, classifier: AzureSafety) -> tuple[str, bool]:
        """Screen and approve it; return the stored decision and whether the message may go out."""
        screen_campaign(self.store, AZURE, self.campaign_id, actor="mia", classifier=classifier)
        self.store.run(APPROVE, c=self.campaign_id, now=self.store.now())
        sendable = self.read("SELECT count(*) FROM sendable_variants WHERE campaign_id = $c")
        return self.stored("decision")[0], sendable == [(1,)]

    def stored(self, column: str) -> tuple[Any, ...]:
        """Return a column of the newest screening."""
        [row] = self.store.records(
            "SELECT * FROM screenings WHERE campaign_id = $c ORDER BY screening_id DESC LIMIT 1",
            c=self.campaign_id,
        )
        return (row[column],)

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        return self.store.read(sql, c=self.campaign_id)


@pytest.fixture(scope="module")
def campaigns() -> Iterator[Callable[[str], Campaign]]:
    """Make campaigns under a policy: one store for each policy, so that few have to be made."""
    stores: dict[str, Store] = {}
    numbers = count(1)

    def made(overlay: str) -> Campaign:
        if overlay not in stores:
            stores[overlay] = open_store(clock=lambda: NOW)
            publish_policy(stores[overlay], AZURE, overlay, actor="olga", note="for the test")
        made_one = Campaign(stores[overlay], f"c{next(numbers)}")
        add_campaign(made_one.store, made_one.campaign_id)
        add_variant(made_one.store, campaign_id=made_one.campaign_id)
        return made_one

    yield made
    for opened in stores.values():
        opened.close()


@pytest.fixture
def campaign(campaigns: Callable[[str], Campaign]) -> Campaign:
    """One under the policy as it ships."""
    return campaigns("")


@pytest.fixture
def listing(campaigns: Callable[[str], Campaign]) -> Campaign:
    """One under a policy with a blocklist."""
    return campaigns('[azure]\nblocklists = ["brand-banned"]')


@pytest.fixture
def fine(campaigns: Callable[[str], Campaign]) -> Campaign:
    """One under a policy that asks for eight levels."""
    return campaigns("[azure]\noutput = 'eight'")


def test_what_the_service_clears_may_be_sent(campaign: Campaign) -> None:
    with content_safety(levels()) as service:
        assert campaign.screened(engine(service.url)) == ("pass", True)


FAULTS = [
    pytest.param(failure(400, "InvalidRequestBody"), id="400 with its code"),
    pytest.param(failure(401, "Unauthorized"), id="401"),
    pytest.param(failure(403, "Forbidden"), id="403"),
    pytest.param(failure(404, "ResourceNotFound"), id="404"),
    pytest.param(failure(429, "TooManyRequests", Retry_After="1"), id="429 with Retry-After"),
    pytest.param(failure(429, "TooManyRequests"), id="429 without Retry-After"),
    pytest.param(failure(500, "InternalError"), id="500"),
    pytest.param(Reply(502, "bad gateway", content_type="text/plain"), id="502"),
    pytest.param(failure(503, "ServerBusy"), id="503"),
    pytest.param(Reply(301, "", (("Location", "/elsewhere"),)), id="301"),
    pytest.param(Reply(302, "", (("Location", "/elsewhere"),)), id="302"),
    pytest.param(Reply(303, "", (("Location", "/elsewhere"),)), id="303"),
    pytest.param(Reply(307, "", (("Location", "/elsewhere"),)), id="307"),
    pytest.param(Reply(308, "", (("Location", "/elsewhere"),)), id="308"),
    pytest.param(Reply(204), id="204"),
    pytest.param(Reply(202, levels()), id="202 with levels"),
    pytest.param('{"categoriesAnalysis": []}', id="200 with an empty list"),
    pytest.param("{}", id="200 with an empty object"),
    pytest.param('{"categoriesAnalysis": null}', id="200 with null for the list"),
    pytest.param(entries(*HARMLESS[:3]), id="three of four categories"),
    pytest.param(entries(*HARMLESS, HARMLESS[0]), id="a category twice"),
    pytest.param(entries(*HARMLESS[:3], ("Spam", 0)), id="an unknown category"),
    pytest.param(entries(*HARMLESS, ("Spam", 0)), id="a category too many"),
    pytest.param(json.dumps({"categoriesAnalysis": [{"category": "Hate"}]}), id="no severity"),
    pytest.param(levels(Hate=None), id="null for a severity"),
    pytest.param(levels(Hate="6"), id="text for a severity"),
    pytest.param(levels(Hate=True), id="a truth for a severity"),
    pytest.param(levels(Hate=2.0), id="a fraction for a severity"),
    pytest.param(levels(Hate=3), id="a severity between the four"),
    pytest.param(levels(Hate=7), id="a severity beyond the four"),
    pytest.param(levels(Hate=-2), id="a severity below the scale"),
    pytest.param(Reply(body="<html></html>"), id="HTML that says it is JSON"),
    pytest.param(Reply(body="<html></html>", content_type="text/html"), id="HTML"),
    pytest.param(Reply(body=""), id="an empty body"),
    pytest.param(Reply(body=b"\xff\xfe\x00"), id="bytes that are no text"),
    pytest.param('{"categoriesAnalysis": [', id="half an answer"),
    pytest.param("[]", id="a list for the object"),
    pytest.param("null", id="null"),
    pytest.param('"pass"', id="a word"),
    pytest.param('{"error": {"code": "InternalError", "message": "No."}}', id="an error as 200"),
    pytest.param(entries(*HARMLESS, error={"code": "Throttled"}), id="levels beside an error"),
    pytest.param(Reply(body=levels(), delay=0.3), id="a silent service"),
    pytest.param(Reply(is_hung_up=True), id="a connection that is closed"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_an_error_on_record_and_nothing_is_sent(
    campaign: Campaign, fault: Reply | str
) -> None:
    with content_safety(fault) as service:
        decision, is_sendable = campaign.screened(engine(service.url))

    assert (decision, is_sendable) == ("error", False)
    assert service.requests, "the service was asked"
    assert set(json.loads(*campaign.stored("categories")).values()) == {None}
    [(payload,)] = campaign.read(
        "SELECT payload FROM audit_log WHERE kind = 'variant.screened' AND campaign_id = $c"
    )
    assert json.loads(payload)["decision"] == "error"


@pytest.mark.parametrize("fault", FAULTS[:11:5])
def test_a_fault_at_the_last_string_is_enough(campaign: Campaign, fault: Reply | str) -> None:
    with content_safety(*[levels()] * (N_STRINGS - 1), fault) as service:
        assert campaign.screened(engine(service.url)) == ("error", False)


def test_a_refused_connection_is_an_error_on_record(campaign: Campaign) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        assert campaign.screened(engine(url)) == ("error", False)


def test_an_answer_that_drips_is_cut_off_at_the_deadline(campaign: Campaign) -> None:
    dripping = Reply(body=levels(), drip=0.05)

    with content_safety(dripping) as service:
        patience = Patience(sleep=lambda _: None, deadline=0.3)
        impatient = replace(engine(service.url), patience=patience)

        assert campaign.screened(impatient) == ("error", False)


@pytest.mark.parametrize(
    ("reply", "decision", "is_sendable"),
    [
        pytest.param(levels(Violence=6), "block", False, id="high blocks whoever approves"),
        pytest.param(levels(Violence=4), "review", True, id="medium with a reviewer's reason"),
        pytest.param(levels(Violence=2), "warn", True, id="low"),
    ],
)
def test_levels_are_decided_by_the_thresholds(
    campaign: Campaign, reply: str, decision: str, *, is_sendable: bool
) -> None:
    with content_safety(reply) as service:
        assert campaign.screened(engine(service.url)) == (decision, is_sendable)


@pytest.mark.parametrize(
    ("reply", "decision"),
    [
        pytest.param(listed("winter"), "block", id="a match that ended the analysis"),
        pytest.param(listed("x", entries=json.loads(levels())["categoriesAnalysis"]), "block",
                     id="a match beside four levels"),
        pytest.param(listed("x", name="another"), "block", id="a match of a list nobody asked for"),
        pytest.param(listed("x", entries=[{"category": "Hate", "severity": 0}]), "error",
                     id="a match beside one level"),
        pytest.param(listed(), "error", id="neither a match nor levels"),
        pytest.param('{"blocklistsMatch": [{}], "categoriesAnalysis": []}', "error",
                     id="a match without a name"),
        pytest.param('{"blocklistsMatch": "yes", "categoriesAnalysis": []}', "error",
                     id="a word for the matches"),
        pytest.param(json.dumps({"categoriesAnalysis": json.loads(levels())["categoriesAnalysis"]}),
                     "error", id="levels, and nothing about the lists"),
        pytest.param(levels(), "pass", id="no match and four levels"),
    ],
)  # fmt: skip
def test_a_word_of_a_blocklist_blocks(listing: Campaign, reply: str, decision: str) -> None:
    with content_safety(reply) as service:
        found, is_sendable = listing.screened(engine(service.url, LISTS))

    assert found == decision
    assert is_sendable is (decision == "pass")
    assert service.requests[0][2]["blocklistNames"] == ["brand-banned"]
    assert service.requests[0][2]["haltOnBlocklistHit"] is True


def test_a_blocklist_s_match_is_on_record_with_its_list_and_its_words(listing: Campaign) -> None:
    with content_safety(levels(), listed("CANDLES"), levels()) as service:
        listing.screened(engine(service.url, LISTS))

    assert listing.read(
        "SELECT rule, action, field, text, contains(message, 'brand-banned') FROM findings "
        "JOIN screenings USING (screening_id) WHERE campaign_id = $c"
    ) == [("harm.blocklist", "block", "preheader", "Candles", True)]
    assert listing.stored("blocklist_hits") == ("brand-banned",)
    assert listing.stored("chunks") == (N_STRINGS,)


def test_an_engine_that_was_not_told_of_a_blocklist_clears_nothing(listing: Campaign) -> None:
    with content_safety(levels()) as service:
        assert listing.screened(engine(service.url)) == ("error", False)

    assert service.requests == []


def test_every_string_is_one_call_and_every_piece_of_a_long_one_another(campaign: Campaign) -> None:
    long = message(body="This is a sentence about candles. " * 400)
    add_variant(campaign.store, text=long, version=2, campaign_id=campaign.campaign_id)

    with content_safety(levels()) as service:
        campaign.screened(engine(service.url))

    [(n_strings, chunks, ids, duration)] = campaign.read(
        "SELECT n_strings, chunks, request_ids, duration_ms FROM screenings WHERE campaign_id = $c"
    )
    assert n_strings == N_STRINGS
    assert len(service.requests) == chunks == N_STRINGS + 1
    assert ids.split(",") == [f"azure-{n}" for n in range(1, chunks + 1)]
    assert duration >= 0


def test_the_strings_that_were_asked_about_are_those_a_reader_sees(campaign: Campaign) -> None:
    with content_safety(levels()) as service:
        campaign.screened(engine(service.url))

    [row] = campaign.read(
        "SELECT subject, preheader, body, call_to_action, link, footer FROM variants "
        "WHERE campaign_id = $c"
    )
    assert service.texts == [text.replace("{{first_name|there}}", "there") for text in row]


def test_the_ids_of_failed_calls_are_kept(campaign: Campaign) -> None:
    with content_safety(levels(), failure(401, "Unauthorized")) as service:
        campaign.screened(engine(service.url))

    own = service.requests[1][1]["x-ms-client-request-id"]
    assert campaign.stored("request_ids") == (f"azure-1,{own}",)


@pytest.mark.parametrize(
    ("level", "decision"), [(7, "block"), (5, "block"), (4, "review"), (3, "warn"), (0, "pass")]
)
def test_eight_levels_are_taken_where_the_policy_asks_for_them(
    fine: Campaign, level: int, decision: str
) -> None:
    with content_safety(levels(Sexual=level)) as service:
        found, _ = fine.screened(engine(service.url, AzureOptions(output="eight")))

    assert found == decision
    assert service.requests[0][2]["outputType"] == "EightSeverityLevels"


def test_an_error_is_asked_about_again_and_a_judgement_is_not(campaign: Campaign) -> None:
    with content_safety("{}", levels()) as service:
        azure = engine(service.url)

        assert campaign.screened(azure) == ("error", False)
        assert campaign.screened(azure)[0] == "pass"
        asked = len(service.requests)
        assert campaign.screened(azure)[0] == "pass"

    assert len(service.requests) == asked == 1 + N_STRINGS
