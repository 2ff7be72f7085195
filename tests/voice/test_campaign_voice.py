"""Files of a whole campaign: all its scripts in one go, going on, stopping, and one ZIP of them."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest

from personalization.campaign.scripts import campaign_names, held_names
from personalization.campaign.voice import (
    keep_speaker_consent,
    publish_voice_assets,
    revoke_speaker,
    voice_manifest,
)
from personalization.campaign.voice_jobs import (
    CampaignVoice,
    make_campaign_voice,
    start_making_campaign_voice,
)
from personalization.errors import InputError, PermissionDenied, StateError
from personalization.jobs import JobRunner, Progress
from personalization.reports import voice as reports
from personalization.reports.voice_readings import listeners_of, reading_of
from tests.delivery.ready import fill_campaign
from tests.voice.spoken import PLAIN, Scripted, add_speaker, choose, consent, settings_for

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store


def add_second(store: Store, channel: str = "video_script") -> None:
    """Approve the same words as a script of another arm, and choose it for the third person."""
    names = {
        "variants": "'s2' AS variant_id, 'direct/proof/short' AS arm",
        "variant_channels": "'s2' AS variant_id, $channel AS channel",
        "screenings": "'s2' AS variant_id, screening_id + 100 AS screening_id",
        "approvals": "'s2' AS variant_id, screening_id + 100 AS screening_id",
    }
    for table, changed in names.items():
        wanted = {"channel": channel} if "$channel" in changed else {}
        store.run(
            f"INSERT INTO {table} BY NAME SELECT * REPLACE ({changed}) FROM {table}"  # noqa: S608
            " WHERE variant_id = 's1'",
            **wanted,
        )
    store.run(
        "UPDATE outreach_messages SET variant_id = 's2', channel = $channel"
        " WHERE prospect_id = 'p3'", channel=channel,
    )  # fmt: skip


def make(
    store: Store, folder: Path, engine: Scripted | None = None, **wanted: Any  # noqa: ANN401
) -> CampaignVoice:  # fmt: skip
    told = {"options": PLAIN, "actor": "mia", **wanted}
    return make_campaign_voice(
        store, settings_for(folder), "gifts", engine=engine or Scripted(), **told
    )


def counts(store: Store) -> list[tuple[str, int, int, int, int]]:
    return [
        (each.variant_id, each.people, each.made, each.held, each.missing)
        for each in reports.scripts(store)
    ]


def test_all_scripts_of_a_campaign_are_made_in_one_go_counted_over_all_of_them(
    ready: Store, tmp_path: Path
) -> None:
    add_second(ready)
    told: list[tuple[int, int, str]] = []

    made = make(ready, tmp_path, progress=Progress(lambda *now: told.append(now), lambda: False))

    assert made.sentence == "3 of 3 files are ready."
    assert [run.assets for run in made.runs] == [2, 1]
    assert told == [(2, 3, "2 of 3 files"), (3, 3, "3 of 3 files")]
    assert counts(ready) == [("s1", 2, 2, 0, 0), ("s2", 1, 1, 0, 0)]


def test_going_on_makes_what_is_missing_and_keeps_the_rest(ready: Store, tmp_path: Path) -> None:
    add_second(ready)
    first = make(ready, tmp_path, Scripted(fails_on="Tom"))
    assert first.sentence == ("2 of 3 files are ready; 0 held, 1 failed. The engine broke off.")
    assert counts(ready) == [("s1", 2, 1, 1, 1), ("s2", 1, 1, 0, 0)]

    engine = Scripted()
    second = make(ready, tmp_path, engine)

    assert second.sentence == "3 of 3 files are ready, 2 of them from before."
    assert [text for text in engine.calls if text.startswith("Hi")] == ["Hi Tom,"]


def test_a_campaign_that_is_stopped_says_how_many_are_left(ready: Store, tmp_path: Path) -> None:
    add_second(ready)

    made = make(ready, tmp_path, progress=Progress(lambda *_: None, lambda: True))

    assert made.sentence == (
        "2 of 3 files are ready. It was stopped. 1 person is left; make the missing files to go on."
    )


def test_a_script_that_the_speaker_did_not_agree_to_is_left_out_and_the_others_are_made(
    ready: Store, tmp_path: Path
) -> None:
    add_second(ready, "call_snippet")
    add_speaker(ready)
    keep_speaker_consent(ready, consent(now=ready.now()), actor="mia")

    made = make(ready, tmp_path, speaker_id="claire")

    assert (made.count("ready"), made.left_out) == (2, 1)
    assert "1 was not spoken. Claire has to agree" in made.sentence
    with pytest.raises(PermissionDenied, match="does not cover the channel 'call_snippet'"):
        make(ready, tmp_path, speaker_id="claire", channels=["call_snippet"])


def test_a_campaign_without_anybody_chosen_says_where_people_are_chosen(
    ready: Store, tmp_path: Path
) -> None:
    ready.run("DELETE FROM outreach_messages")

    with pytest.raises(InputError, match="choose messages on the Outreach page"):
        make(ready, tmp_path)


def test_messages_to_customers_are_not_all_made_at_once_for_they_are_for_groups_of_a_test(
    store: Store, tmp_path: Path
) -> None:
    fill_campaign(store, n=6)

    assert sum(each.people for each in reports.scripts(store)) > 6
    with pytest.raises(InputError, match="one message's files at a time"):
        make_campaign_voice(store, settings_for(tmp_path), "spring", actor="mia", engine=Scripted())


def test_a_second_order_is_refused_and_one_that_still_waits_can_be_stopped(
    ready: Store, tmp_path: Path
) -> None:
    jobs, room = JobRunner(ready), Event()
    for name in ("one", "two"):  # fill both threads
        jobs.submit("gifts", name, lambda _: str(room.wait(30)))
    job = start_making_campaign_voice(
        jobs, ready, settings_for(tmp_path), "gifts", options=PLAIN, actor="mia", engine=Scripted()
    )

    with pytest.raises(StateError, match="being made already"):
        start_making_campaign_voice(jobs, ready, settings_for(tmp_path), "gifts", actor="mia")
    told = reports.job_of(ready, "gifts")
    jobs.cancel(job)
    room.set()
    jobs.wait(job, timeout=30)

    assert told is not None
    assert (told.job_id, told.state) == (job, "queued")
    ended = reports.job_of(ready, "gifts")
    assert ended is not None
    assert (ended.state, ended.message) == (
        "cancelled", "It was stopped before anything was made.",
    )  # fmt: skip
    assert ready.read("SELECT * FROM voice_runs") == []
    jobs.pool.shutdown()


def test_one_zip_has_the_files_of_all_scripts_and_the_manifest_of_each(
    ready: Store, tmp_path: Path
) -> None:
    add_second(ready)
    first, *others = (run.run_id for run in make(ready, tmp_path).runs)

    found = publish_voice_assets(
        ready, first, tmp_path / "a.zip", purpose="video", actor="mia", others=others
    )

    with ZipFile(tmp_path / "a.zip") as archive:
        told = json.loads(archive.read("manifest.json"))
        rows = json.loads(archive.read("video-tool.json"))
        named = {f["path"] for run in told["runs"] for a in run["assets"]
                 for f in a["files"].values()}  # fmt: skip
        assert named | {"manifest.json", "video-tool.json"} == set(archive.namelist())
    assert (found.assets, told["counts"]) == (3, {"ready": 3, "held": 0, "failed": 0})
    assert [(row["prospect_id"], row["script"]) for row in rows] == [
        ("p1", "s1"), ("p2", "s1"), ("p3", "s2"),
    ]  # fmt: skip
    assert [each["assets"] for each in reports.publications(ready, [first, *others])] == [3]
    assert ready.read("SELECT run_id FROM voice_publications ORDER BY assets") == [
        (others[0],), (first,),
    ]  # fmt: skip
    assert voice_manifest(ready, first, others=others)["runs"][1]["run_id"] == others[0]


def test_films_of_a_campaign_that_was_played_through_are_given_to_nobody(
    ready: Store, tmp_path: Path
) -> None:
    first = make(ready, tmp_path).runs[0].run_id
    ready.run(
        "INSERT INTO outreach_sends BY NAME SELECT 'h' AS handover_id, message_id, campaign_id,"
        " dataset_id, prospect_id, 'a' AS account, step, channel, 'other' AS role,"
        " 'friendly' AS tone, 'outcome' AS angle, 'short' AS length, variant_id, version,"
        " 'x' AS content_sha256, 0.5 AS propensity, false AS is_default, true AS is_simulated,"
        " now() AS sent_at FROM outreach_messages LIMIT 1"
    )

    with pytest.raises(StateError, match="was played through"):
        publish_voice_assets(ready, first, tmp_path / "a.zip", purpose="video", actor="mia")
    assert not (tmp_path / "a.zip").exists()
    assert ready.read("SELECT * FROM voice_publications") == []


def test_of_each_script_the_run_with_most_usable_files_stands_and_the_newest_of_equals() -> None:
    def run(run_id: str, variant_id: str, usable: int) -> dict[str, Any]:
        return {"run_id": run_id, "variant_id": variant_id, "usable": usable}

    newest_first = [run("c", "s1", 1), run("b", "s1", 3), run("a", "s1", 3), run("z", "s2", 0)]

    assert [each["run_id"] for each in reports.best_runs(newest_first)] == ["b", "z"]


def test_names_to_check_are_those_of_all_scripts_of_a_campaign(ready: Store) -> None:
    ready.run(
        "UPDATE prospects SET first_name = 'Wojciech', country = 'GB' WHERE prospect_id <> 'p2'"
    )
    choose(ready)
    add_second(ready)

    [name] = held_names(ready, "gifts")

    assert (name.written, name.field, name.country, name.people, name.locale) == (
        "Wojciech", "prospect.first_name", "GB", 2, "en-GB",
    )  # fmt: skip


def test_who_has_only_a_whole_name_hears_the_first_name_that_is_in_the_message(
    ready: Store, tmp_path: Path
) -> None:
    # Chosen as the gates read it: by the first name within the whole one.
    ready.run(
        "UPDATE prospects SET full_name = 'Anna Miller', first_name = NULL, last_name = NULL"
        " WHERE prospect_id = 'p1'"
    )

    made = make(ready, tmp_path)

    assert (made.count("ready"), made.count("held")) == (3, 0)
    assert "Anna" in {each.written for each in campaign_names(ready, "gifts")}


def test_a_script_reads_as_a_real_person_hears_it_and_says_which_words_are_personal(
    rendered: Store,
) -> None:
    [script] = reports.scripts(rendered)
    said = {a["prospect_id"]: a["script"] for a in voice_manifest(rendered, "run")["assets"]}

    named = reading_of(rendered, "gifts", "s1", "p1")
    unnamed = reading_of(rendered, "gifts", "s1", "p3")

    assert named is not None
    assert unnamed is not None
    for each in (named, unnamed):
        assert "".join(text for text, _ in each.parts).strip() == said[each.person_id]
    assert named.values == (("prospect.first_name", "Anna"), ("prospect.company", "Miller & Sons"))
    assert unnamed.stand_ins == (
        ("prospect.first_name", "there"),
        ("prospect.company", "your team"),
    )
    assert reading_of(rendered, "gifts", "s1", "nobody") is None
    assert [row["person_id"] for row in listeners_of(rendered, script)] == ["p1", "p2", "p3"]


def test_a_file_counts_as_missing_once_the_person_would_hear_other_words(rendered: Store) -> None:
    assert counts(rendered) == [("s1", 3, 3, 0, 0)]
    rendered.run("UPDATE prospects SET first_name = 'Robert' WHERE prospect_id = 'p1'")

    choose(rendered)

    assert counts(rendered) == [("s1", 3, 2, 0, 1)]


def test_what_was_handed_over_is_called_back_when_the_speaker_takes_the_consent_back(
    claires: Store, tmp_path: Path
) -> None:
    publish_voice_assets(claires, "run", tmp_path / "a.zip", purpose="video", actor="mia")
    assert reports.to_call_back(claires) == []

    revoke_speaker(claires, "claire", reason="asked", actor="rob")

    [told] = reports.to_call_back(claires)
    assert (told["speaker"], told["assets"], told["file_name"]) == ("Claire", 3, "a.zip")
    held = reports.files(claires, ["run"], state="held")
    assert held["hold"].unique().tolist() == ["The speaker's consent does not stand any more."]
    assert reports.holds(claires, ["run"])[0]["files"] == len(held) == 3
    assert reports.files(claires, ["run"], state="ready").empty
