"""``personalize write``: the messages of a campaign, with their sources, before anybody decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personalization import PersonalizationPipeline, content
from personalization.cli import main
from personalization.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SHOP = "customer_id,email,email_consent,last_order_date,orders,total_spent\n" + "".join(
    f"C{n:03},c{n}@example.com,yes,2026-{1 + n % 11:02}-1{n % 9},{1 + n % 7},{20 + 15 * (n % 13)}\n"
    for n in range(120)
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "customers.csv").write_text(SHOP, "utf-8")
    (folder / "config.toml").write_text(
        f"""
        [run]
        customers = "customers.csv"
        send_on = "2027-03-01"
        [brief]
        tone = "formal"
        [content]
        corpus = "{ROOT / "content_corpus"}"
        index = "index"
        """,
        "utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def kept() -> Iterator[Store]:
    store = open_store()
    yield store
    store.close()


@pytest.fixture(scope="module")
def written(shop: Path, kept: Store) -> dict[str, Any]:
    changes = {"run": {"send_on": "2026-12-01"}, "brief": {"tone": "friendly"}}
    by_words = content.find_for_campaign

    def find(*arguments: Any, encoder: object) -> int:  # noqa: ANN401, ARG001
        return by_words(*arguments, encoder=None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(content, "find_for_campaign", find)
        return PersonalizationPipeline(shop / "config.toml", kept, changes=changes).write()


def test_each_segment_gets_three_variants_and_a_control_text(written: dict[str, Any]) -> None:
    arms: dict[str, list[str]] = {}
    for message in written["messages"]:
        arms.setdefault(message["segment"], []).append(message["arm"])

    assert written["missing"] == []
    assert arms
    assert set(map(tuple, arms.values())) == {("control", "A", "B", "C")}


def test_each_claim_of_a_variant_names_words_of_a_source(written: dict[str, Any]) -> None:
    variants = [m for m in written["messages"] if m["arm"] != "control"]

    for variant in variants:
        assert variant["claims"]
        for claim in variant["claims"]:
            assert variant[claim["field"]][claim["span_start"] : claim["span_end"]] == claim["text"]
            assert claim["source_text"]
            assert claim["document_id"]


def test_everything_is_screened_and_nothing_approved_or_sent(
    written: dict[str, Any], kept: Store
) -> None:
    assert {m["screening"] for m in written["messages"]} <= {"pass", "warn", "review"}
    assert kept.read("SELECT count(*) FROM approvals") == [(0,)]
    assert kept.read("SELECT count(*) FROM deliveries") == [(0,)]


def test_what_is_given_beside_the_file_replaces_its_values(
    written: dict[str, Any], kept: Store
) -> None:
    [(send_on, tone)] = kept.read("SELECT send_on, brief->>'$.tone' FROM campaigns")

    assert (send_on.isoformat(), tone) == ("2026-12-01", "friendly")
    assert written["messages"][0]["origin"] == "human"


class Recorded:
    """Stands in for the pipeline, and keeps what it was asked for."""

    def __init__(self, config: Any, *, changes: Any) -> None:  # noqa: ANN401
        type(self).asked = (config, changes)

    asked: tuple[Any, Any] = ({}, {})

    def write(self) -> dict[str, Any]:
        message = {
            "segment": "Loyal", "arm": "A", "origin": "composer", "subject": "Tea for two",
            "preheader": "", "body": "Hello", "call_to_action": "Look", "link": "https://a.example/",
            "footer": "The footer", "screening": "pass", "findings": [],
            "claims": [{"document_id": "offer-tea"}],
        }  # fmt: skip
        missing = {"segment": "New", "arm": "B", "reason": "Too little content."}
        return {
            "campaign_id": "c1",
            "messages": [message],
            "missing": [missing],
            "gaps": ["New: add a story."],
        }


def test_the_command_passes_on_its_words_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("personalization.pipeline.PersonalizationPipeline", Recorded)
    monkeypatch.chdir(tmp_path)

    code = main(
        ["write", "--customers", "a.csv", "--must-say", "Free delivery", "--tone", "formal",
         "--corpus", "texts", "--locale", "de-DE"]
    )  # fmt: skip

    assert Recorded.asked == (
        {},
        {
            "run": {"customers": str(tmp_path / "a.csv"), "locale": "de-DE"},
            "brief": {"tone": "formal", "must_say": ["Free delivery"]},
            "content": {"corpus": str(tmp_path / "texts")},
        },
    )
    told = capsys.readouterr().out
    assert "Subject:   Tea for two" in told
    assert "Sources: offer-tea" in told
    assert told.count("The footer") == 1
    assert "Not written: New, B. Too little content." in told
    assert told.endswith("New: add a story.\n")
    assert code == 2


def test_one_segment_can_be_asked_for_and_a_wrong_name_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("personalization.pipeline.PersonalizationPipeline", Recorded)
    out = tmp_path / "written.json"

    assert main(["write", "--segment", "Loyal", "--out", str(out)]) == 0
    assert json.loads(out.read_text("utf-8"))["missing"] == []
    assert main(["write", "--segment", "Loyall"]) == 2
    assert "There is no segment 'Loyall'. There are: Loyal, New." in capsys.readouterr().err
