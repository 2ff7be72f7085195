"""The files of a hand-over: each message once, approved words only, and a proof of all of it."""

from __future__ import annotations

import csv
import email
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email import policy
from typing import TYPE_CHECKING

import pytest

from personalization.errors import StateError
from personalization.outreach import handover
from personalization.outreach.due import sequence_standing
from personalization.outreach.handover import hand_over, play
from personalization.outreach.handover_check import MANIFEST, check_file
from personalization.outreach.handover_files import file_of, put_in_place
from personalization.outreach.sequences import sequence_of
from personalization.outreach.tasks import sender_of
from personalization.settings import Brand, Settings
from personalization.store import Store, open_store
from tests.outreach.people import (
    CAMPAIGN,
    NOW,
    add_message,
    add_prospect,
    add_text,
    did,
    open_base,
)
from tests.rolled_back import rolled_back

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from personalization.outreach.handover_files import OutreachFile

SUBJECT = "Geschenke für Kundinnen und Kunden der Gästehäuser"
CHANNELS = ("linkedin_note", "linkedin_inmail", "x_message", "sms", "video_script", "call_snippet")


@pytest.fixture(scope="module")
def opened() -> Iterator[Store]:
    """Ann is written to by e-mail; each other channel has somebody of its own."""
    store = open_base(open_store(clock=lambda: NOW))
    add_text(store, "umlauts", subject=SUBJECT)
    add_prospect(store, "ann", full_name="<b>Ann</b> Moss")
    add_message(store, "ann", "umlauts")
    for channel in CHANNELS:
        add_text(store, f"for {channel}", channel, footer="Reply STOP to end.")
        add_prospect(store, channel.replace("_", ""), full_name="<b>Bo</b> & Co", country="GB")
        add_message(store, channel.replace("_", ""), f"for {channel}")
    yield store
    store.close()


@pytest.fixture
def base(opened: Store) -> Iterator[Store]:
    with rolled_back(opened):
        yield opened


def take(store: Store, folder: Path, *channels: str, days: float = 0) -> dict[str, OutreachFile]:
    made = hand_over(
        store, Settings(), sequence_of(store, CAMPAIGN), folder, now=NOW + timedelta(days=days),
        actor="ida", channels=channels or None,
    )  # fmt: skip
    return {one.channel: one for one in made}


def parts(file: OutreachFile) -> dict[str, bytes]:
    assert file.path
    with zipfile.ZipFile(file.path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def letter(file: OutreachFile) -> EmailMessage:
    with zipfile.ZipFile(io.BytesIO(parts(file)["letters.zip"])) as packed:
        [name] = packed.namelist()
        return email.message_from_bytes(packed.read(name), policy=policy.default)


def test_each_channel_has_its_files_and_each_file_proves_itself(
    base: Store, tmp_path: Path
) -> None:
    files = take(base, tmp_path)

    told = {channel: sorted(parts(file)) for channel, file in files.items()}
    tasks = ["checklist.html", MANIFEST, "tasks.csv"]
    assert told == {
        "cold_email": ["letters.zip", MANIFEST, "messages.csv"], "sms": [MANIFEST, "messages.csv"],
        "video_script": [MANIFEST, "scripts.json"], "linkedin_note": tasks,
        "linkedin_inmail": tasks, "x_message": tasks, "call_snippet": tasks,
    }  # fmt: skip
    assert [check_file(file.path) for file in files.values() if file.path] == [[]] * 7
    assert list(tmp_path.glob(".*")) == []


def test_a_message_is_handed_over_once_for_ever(base: Store, tmp_path: Path) -> None:
    first = take(base, tmp_path)

    assert take(base, tmp_path) == {}
    assert base.read("SELECT count(*), count(DISTINCT message_id) FROM outreach_sends") == [(7, 7)]
    assert sum(file.messages for file in first.values()) == 7


def test_only_the_channels_that_are_asked_for_go(base: Store, tmp_path: Path) -> None:
    assert list(take(base, tmp_path, "sms")) == ["sms"]
    assert "sms" not in take(base, tmp_path)


def test_an_email_reads_back_as_it_was_chosen_and_ends_with_one_click(
    base: Store, tmp_path: Path
) -> None:
    told = letter(take(base, tmp_path)["cold_email"])

    assert told["Subject"] == SUBJECT
    assert told["To"] == "ann@ann.example"
    assert told["From"] == "Hearth & Ribbon <hello@hearthandribbon.example>"
    assert told.get_content().splitlines()[:3] == [
        "Hello Ann,", "", "we pack gifts for your clients.",
    ]  # fmt: skip
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert told["List-Unsubscribe"].endswith("?m=autumn-ann-1>")


def test_a_follow_up_stays_in_the_thread_of_the_message_before(base: Store, tmp_path: Path) -> None:
    before = letter(take(base, tmp_path)["cold_email"])
    add_message(base, "ann", "follow_up", step=2)

    told = letter(take(base, tmp_path, days=3)["cold_email"])

    assert told["In-Reply-To"] == told["References"] == before["Message-ID"]


def test_the_list_for_sequencers_holds_a_row_for_each_message(base: Store, tmp_path: Path) -> None:
    data = parts(take(base, tmp_path)["cold_email"])["messages.csv"].decode()

    [row] = csv.DictReader(io.StringIO(data, newline=""))

    assert (row["email"], row["first_name"], row["company_name"]) == (
        "ann@ann.example", "Ann", "Ann Hotels",
    )  # fmt: skip
    assert row["list_unsubscribe"] == f"<{row['unsubscribe_url']}>"
    assert row["body"] == "Hello Ann,\n\nwe pack gifts for your clients."


def test_tasks_are_a_list_for_people_in_which_no_value_is_markup(
    base: Store, tmp_path: Path
) -> None:
    page = parts(take(base, tmp_path)["linkedin_note"])["checklist.html"].decode()

    assert "&lt;b&gt;Bo&lt;/b&gt; &amp; Co" in page
    assert "<b>Bo" not in page
    assert 'href="https://www.linkedin.com/in/linkedinnote"' in page
    assert "LinkedIn forbids programs" in page


FORMULA = '=HYPERLINK("https://evil.example", "x")'


def test_no_cell_of_any_file_is_a_formula(base: Store, tmp_path: Path) -> None:
    base.run(
        "UPDATE prospects SET full_name = $it, last_name = $it, title = $it, time_zone = $it, "
        "owner = $it",
        it=FORMULA,
    )

    files = take(base, tmp_path)

    assert len(files) == len(CHANNELS) + 1
    cells = [
        cell
        for file in files.values()
        for name, data in parts(file).items()
        if name.endswith(".csv")
        for row in csv.DictReader(io.StringIO(data.decode(), newline=""))
        for cell in row.values()
    ]
    assert any("HYPERLINK" in cell for cell in cells)
    assert [cell for cell in cells if cell[:1] in tuple("=@\t\r") and cell] == []


def test_a_time_zone_is_told_only_where_it_is_one(base: Store, tmp_path: Path) -> None:
    for name, zone in (("sms", "Europe/London"), ("ann", "=1+1")):
        base.run("UPDATE prospects SET time_zone = $z WHERE prospect_id = $n", z=zone, n=name)

    files = take(base, tmp_path)

    told = {
        channel: [
            row["time_zone"]
            for row in csv.DictReader(
                io.StringIO(parts(files[channel])["messages.csv"].decode(), newline="")
            )
        ]
        for channel in ("sms", "cold_email")
    }
    assert told == {"sms": ["Europe/London"], "cold_email": [""]}


def test_scripts_and_text_messages_carry_the_words_that_are_said(
    base: Store, tmp_path: Path
) -> None:
    files = take(base, tmp_path)

    [script] = json.loads(parts(files["video_script"])["scripts.json"])
    [text] = csv.DictReader(io.StringIO(parts(files["sms"])["messages.csv"].decode(), newline=""))

    assert script["script"].startswith("Hello Videoscript,\n\nwe pack gifts")
    assert text["phone"] == "+447700900123"
    assert text["message"].endswith("May I send you a sample? Reply STOP to end.")


@pytest.mark.parametrize(
    ("find", "put"),
    [
        pytest.param(b"we pack gifts", b"we sell gifts", id="another word"),
        pytest.param(b"autumn-sms-1", b"autumn-sms-2", id="another message"),
    ],
)
def test_a_changed_file_does_not_prove_itself(
    base: Store, tmp_path: Path, find: bytes, put: bytes
) -> None:
    file = take(base, tmp_path)["sms"]
    assert file.path
    changed = {name: data.replace(find, put) for name, data in parts(file).items()}
    with zipfile.ZipFile(file.path, "w") as packed:
        for name, data in changed.items():
            packed.writestr(name, data)

    assert check_file(file.path)
    with pytest.raises(StateError, match="changed since it was written"):
        file_of(base, file.handover_id)


def test_a_line_whose_text_has_no_approval_is_found_even_where_the_hashes_fit(
    base: Store, tmp_path: Path
) -> None:
    file = take(base, tmp_path)["sms"]
    assert file.path
    told = parts(file)
    manifest = json.loads(told[MANIFEST])
    manifest["skeletons"][0]["approval"] = "rejected"
    with zipfile.ZipFile(file.path, "w") as packed:
        for name, data in (told | {MANIFEST: json.dumps(manifest).encode()}).items():
            packed.writestr(name, data)

    assert check_file(file.path) == ["Text for sms was not screened and approved."]


def test_who_objects_between_the_look_and_the_hand_over_is_not_in_the_file(
    base: Store, tmp_path: Path
) -> None:
    base.run(
        "INSERT INTO outreach_stops VALUES ('people', 'person', 'ann', NULL, 'asked', NULL, $now, "
        "'ida')",
        now=NOW,
    )

    files = take(base, tmp_path)

    assert "cold_email" not in files
    assert base.read("SELECT count(*) FROM outreach_sends WHERE prospect_id = 'ann'") == [(0,)]


_SOURCE = """
    INSERT INTO documents BY NAME
    SELECT 'gifts' AS document_id, $version AS version, 'proof' AS kind, 'Gifts' AS title,
           '[]' AS products, '{}' AS audience, 'en-GB' AS locale, '[]' AS channels,
           $status AS status, '[]' AS tags, '[]' AS subject_lines, '' AS body,
           '' AS content_sha256, 'gifts.md' AS source, $now::TIMESTAMPTZ AS imported_at
"""
_STATED = """
    INSERT INTO statements VALUES
        ('gifts@1#s1', 'gifts@1', 'gifts', 1, 1, 'proof', 'We pack gifts.', '[]', '[]', false)
"""
_QUOTED = "INSERT INTO variant_sources VALUES ('umlauts', 1, 'gifts@1#s1')"


@pytest.mark.parametrize(("version", "status"), [(2, "retired"), (2, "approved")])
def test_a_source_withdrawn_or_replaced_after_the_choice_takes_its_messages_with_it(
    base: Store, tmp_path: Path, version: int, status: str
) -> None:
    base.run(_SOURCE, version=1, status="approved", now=NOW)
    base.run(_STATED)
    base.run(_QUOTED)
    sequence = sequence_of(base, CAMPAIGN)
    before = sequence_standing(base, Settings(), sequence, now=NOW).due

    base.run(_SOURCE, version=version, status=status, now=NOW)
    files = take(base, tmp_path)

    assert before["cold_email"] == 1
    assert sorted(files) == sorted(CHANNELS)
    assert base.read("SELECT count(*) FROM outreach_sends WHERE prospect_id = 'ann'") == [(0,)]


def test_a_fact_retracted_after_the_choice_takes_its_message_with_it(
    base: Store, tmp_path: Path
) -> None:
    add_text(base, "news", body="Congratulations on {{fact.text}}.")
    add_prospect(base, "ben")
    add_message(base, "ben", "news", fact=("f1", "your new shop in Leeds"))
    base.run(
        "INSERT INTO prospect_facts VALUES ('people', 'ben', 'f1', 'news', "
        "'your new shop in Leeds', 'https://ben.example/news', '2026-11-20', 'i')"
    )
    before = sequence_standing(base, Settings(), sequence_of(base, CAMPAIGN), now=NOW).due

    base.run("DELETE FROM prospect_facts WHERE prospect_id = 'ben'")
    take(base, tmp_path)

    assert before["cold_email"] == 2
    assert base.read("SELECT count(*) FROM outreach_sends WHERE prospect_id = 'ben'") == [(0,)]


def test_who_answered_gets_no_follow_up(base: Store, tmp_path: Path) -> None:
    take(base, tmp_path)
    add_message(base, "ann", "follow_up", step=2)
    did(base, "ann", "reply", "not_interested", happened_at=NOW + timedelta(days=1))

    assert take(base, tmp_path, days=5) == {}


def test_what_breaks_off_leaves_no_file_and_no_record(
    base: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "record", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError), base.transaction():
        take(base, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_crash_before_the_file_had_its_name_is_made_good(base: Store, tmp_path: Path) -> None:
    file = take(base, tmp_path, "sms")["sms"]
    assert file.path
    file.path.rename(file.path.with_name(f".{file.path.name}.partial"))

    put_in_place(base, CAMPAIGN)

    assert file_of(base, file.handover_id).sha256 == file.sha256


def test_what_was_played_through_is_never_handed_over(base: Store, tmp_path: Path) -> None:
    play(base, Settings(), sequence_of(base, CAMPAIGN), now=NOW, actor="ida")

    with pytest.raises(StateError, match="made-up answers"):
        take(base, tmp_path)


def test_what_was_handed_over_is_never_played_through(base: Store, tmp_path: Path) -> None:
    take(base, tmp_path)

    with pytest.raises(StateError, match="handed over"):
        play(base, Settings(), sequence_of(base, CAMPAIGN), now=NOW, actor="ida")


def test_every_file_stands_in_the_record(base: Store, tmp_path: Path) -> None:
    file = take(base, tmp_path, "sms")["sms"]

    [(ref, sha256, messages)] = base.read(
        "SELECT ref, json_extract_string(payload, '$.file_sha256'), "
        "json_extract(payload, '$.messages')::INTEGER FROM audit_log "
        "WHERE kind = 'outreach.handed_over'"
    )
    assert (ref, sha256, messages) == (file.handover_id, file.sha256, 1)


@pytest.mark.parametrize(
    "url", ["http://h.example/u", "https://h.example/u\r\nBcc: x@y.example", "https://h.example/>"]
)
def test_an_address_that_takes_no_click_is_refused(url: str) -> None:
    settings = replace(Settings(), brand=replace(Brand(), unsubscribe_url=url))

    with pytest.raises(Exception, match="one click"):
        sender_of(settings, ("a@h.example",))


def test_hand_overs_at_once_give_each_message_to_one_of_them(store: Store, tmp_path: Path) -> None:
    open_base(store)
    for number in range(12):
        add_prospect(store, f"p{number}")
        add_message(store, f"p{number}")

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: take(store, tmp_path), range(6)))

    assert sum(file.messages for files in made for file in files.values()) == 10  # a warm-up day
    assert store.read("SELECT count(*), count(DISTINCT message_id) FROM outreach_sends") == [
        (10, 10)
    ]
