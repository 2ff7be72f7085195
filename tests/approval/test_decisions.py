from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from personalization.approval import approve_all, approve_each, decide, undo
from personalization.errors import InputError, StateError
from personalization.safety import activate_policy, screen_campaign
from personalization.settings import Settings
from personalization.store import record, verify_chain
from tests.safety.scripted import STRICT, Failing, Scripted, add_campaign, add_variant, message

if TYPE_CHECKING:
    from personalization.domain import Message
    from personalization.providers.protocols import HarmClassifier
    from personalization.store import Store

A = "c1/Loyal/A"
SETTINGS = Settings()


@pytest.fixture
def written(store: Store) -> Store:
    """A campaign with one message by Mia, not screened yet."""
    add_campaign(store)
    add_variant(store, "A")
    return store


@pytest.fixture
def screened(written: Store) -> Store:
    """The same, and its message has passed."""
    screen(written)
    return written


def screen(store: Store, classifier: HarmClassifier | None = None) -> None:
    engine = classifier or Scripted()
    screen_campaign(store, SETTINGS, "c1", actor="mia", classifier=engine)


def say(
    store: Store,
    decision: str = "approved",
    *,
    actor: str = "rob",
    note: str = "",
    version: int = 1,
    request_id: str | None = None,
) -> int:
    return decide(
        store,
        A,
        version=version,
        decision=decision,
        note=note,
        actor=actor,
        request_id=request_id,
    )


def sendable(store: Store) -> list[tuple[str, int]]:
    rows = store.read("SELECT variant_id, version FROM sendable_variants ORDER BY variant_id")
    return [(variant_id, version) for variant_id, version in rows]


def decisions(store: Store) -> list[tuple[str, str]]:
    rows = store.read("SELECT decision, actor FROM approvals ORDER BY approval_id")
    return [(decision, actor) for decision, actor in rows]


def test_what_passed_and_was_approved_may_be_sent(screened: Store) -> None:
    say(screened)

    assert sendable(screened) == [(A, 1)]


def test_a_decision_is_bound_to_the_bytes_and_to_the_screening(screened: Store) -> None:
    say(screened)

    [row] = screened.read("SELECT content_sha256, screening_id FROM approvals")
    assert [row] == screened.read("SELECT content_sha256, screening_id FROM screenings")


def test_every_decision_leaves_a_row_in_the_trail_without_its_note(screened: Store) -> None:
    say(screened, "changes_asked", note="Zebedee would not say that.")

    row = screened.read_one("SELECT kind, actor, payload FROM audit_log ORDER BY seq DESC LIMIT 1")
    assert row is not None
    kind, actor, payload = row
    assert (kind, actor) == ("variant.changes_asked", "rob")
    assert json.loads(payload)["has_note"] is True
    assert "Zebedee" not in payload
    assert verify_chain(screened).is_whole


def test_an_edit_voids_the_approval_by_itself(screened: Store) -> None:
    say(screened)

    add_variant(screened, "A", message(subject="Another subject"), version=2)

    assert sendable(screened) == []


def test_who_looked_at_an_older_version_is_told(screened: Store) -> None:
    add_variant(screened, "A", message(subject="Another subject"), version=2)

    with pytest.raises(
        StateError, match=r"Someone else changed this message.*version 2 is current"
    ):
        say(screened, version=1)

    assert decisions(screened) == []


def test_who_comes_second_is_told_who_was_first(screened: Store) -> None:
    say(screened, actor="rob")

    with pytest.raises(StateError, match="Someone else was faster: rob approved this message"):
        say(screened, "rejected", actor="ann", note="No.")

    assert decisions(screened) == [("approved", "rob")]


def test_the_same_person_may_change_their_mind(screened: Store) -> None:
    say(screened)
    say(screened, "rejected", note="On second thoughts.")

    assert decisions(screened) == [("approved", "rob"), ("rejected", "rob")]
    assert sendable(screened) == []


def test_two_people_may_agree(screened: Store) -> None:
    say(screened, actor="rob")
    say(screened, actor="ann")

    assert decisions(screened) == [("approved", "rob"), ("approved", "ann")]


@pytest.mark.parametrize("request_id", [None, "click-1"])
def test_a_double_click_decides_once(screened: Store, request_id: str | None) -> None:
    first = say(screened, request_id=request_id)
    again = say(screened, request_id=request_id)

    assert first == again
    assert decisions(screened) == [("approved", "rob")]


def test_a_click_that_comes_back_late_changes_nothing(screened: Store) -> None:
    first = say(screened, request_id="click-1")
    undo(screened, A, actor="rob")

    assert say(screened, request_id="click-1") == first
    assert sendable(screened) == []


@pytest.mark.parametrize("decision", ["changes_asked", "rejected"])
@pytest.mark.parametrize("note", ["", "  \n"])
def test_who_says_no_says_why(screened: Store, decision: str, note: str) -> None:
    with pytest.raises(InputError, match="needs a note to go by"):
        say(screened, decision, note=note)


def test_an_unknown_decision_is_refused_with_the_known_ones(screened: Store) -> None:
    with pytest.raises(InputError, match="Use one of: approved, changes_asked, rejected"):
        say(screened, "ok")


def test_an_unknown_message_is_refused(store: Store) -> None:
    with pytest.raises(StateError, match="does not exist any more"):
        say(store)


def test_what_was_never_screened_cannot_be_approved(written: Store) -> None:
    with pytest.raises(StateError, match=r"has not been screened as it now reads. Screen it first"):
        say(written)


def test_what_is_blocked_cannot_be_approved_by_anybody(written: Store) -> None:
    screen(written, Scripted({"winter": ("hate", 6)}))

    with pytest.raises(StateError, match=r"nobody can approve it as it stands. Edit"):
        say(written, note="I am the boss.")


def test_what_could_not_be_screened_cannot_be_approved(written: Store) -> None:
    screen(written, Failing(TimeoutError()))

    with pytest.raises(StateError, match="could not be completed"):
        say(written, note="I read it myself.")


def test_what_was_screened_under_an_older_policy_cannot_be_approved(screened: Store) -> None:
    activate_policy(screened, STRICT, actor="rob")

    with pytest.raises(StateError, match=r"policy has changed.*Screen it again"):
        say(screened)


def test_what_is_blocked_may_be_rejected(written: Store) -> None:
    screen(written, Scripted({"winter": ("hate", 6)}))

    assert say(written, "rejected", note="Not like this.")


def test_what_asks_for_a_review_needs_a_reason(written: Store) -> None:
    screen(written, Scripted({"winter": ("hate", 4)}))

    with pytest.raises(InputError, match="needs a reason"):
        say(written)
    say(written, note="It speaks of the weather.")

    assert sendable(written) == [(A, 1)]


def test_who_had_it_written_does_not_overrule_its_findings_alone(written: Store) -> None:
    """Mia ran the writing; Rob is on record, so it is his reason that counts."""
    screen(written, Scripted({"winter": ("hate", 4)}))
    with written.transaction():
        record(written, "note.written", "x", actor="rob")

    with pytest.raises(StateError, match="its findings are not yours to overrule"):
        say(written, actor="mia", note="It speaks of the weather.")
    assert sendable(written) == []
    say(written, actor="rob", note="It speaks of the weather.")

    assert sendable(written) == [(A, 1)]


def test_who_is_alone_overrules_with_a_reason_and_it_is_marked(written: Store) -> None:
    screen(written, Scripted({"winter": ("hate", 4)}))

    say(written, actor="mia", note="It speaks of the weather.")

    assert sendable(written) == [(A, 1)]
    assert written.read("SELECT is_self_approved FROM approvals") == [(True,)]


def test_nobody_overrules_a_block_with_whatever_reason(written: Store) -> None:
    screen(written, Scripted({"winter": ("hate", 6)}))

    for actor in ("mia", "rob"):
        with pytest.raises(StateError, match="nobody can approve it as it stands"):
            say(written, actor=actor, note="It speaks of the weather.")
    assert sendable(written) == []


def test_a_reason_holds_for_the_screening_it_was_given_for(written: Store) -> None:
    screen(written, Scripted({"winter": ("hate", 4)}))
    say(written, note="It speaks of the weather.")

    screen(written, Scripted({"winter": ("violence", 4)}, version="scripted-2"))

    assert sendable(written) == []


@pytest.mark.parametrize(
    ("actor", "is_self_approved"),
    [
        pytest.param("mia", True, id="who wrote it"),
        pytest.param("rob", False, id="somebody else"),
    ],
)
def test_the_record_says_who_approved_their_own(
    screened: Store, actor: str, *, is_self_approved: bool
) -> None:
    say(screened, actor=actor)

    assert screened.read("SELECT is_self_approved FROM approvals") == [(is_self_approved,)]


def test_who_is_alone_approves_their_own(store: Store) -> None:
    add_campaign(store)
    store.run("UPDATE campaigns SET created_by = 'ann'")
    store.run("UPDATE datasets SET created_by = 'ann'")
    add_variant(store, "A", written_by="system")
    screen_campaign(store, SETTINGS, "c1", actor="ann", classifier=Scripted())

    say(store, actor="ann")

    assert store.read("SELECT is_self_approved FROM approvals") == [(True,)]


def test_undo_opens_the_message_again_and_deletes_nothing(screened: Store) -> None:
    say(screened)

    undo(screened, A, actor="rob")

    assert sendable(screened) == []
    assert decisions(screened) == [("approved", "rob"), ("reopened", "rob")]
    assert say(screened, "rejected", actor="ann", note="No.")


def test_nobody_undoes_a_decision_of_another_that_they_have_not_seen(screened: Store) -> None:
    before = say(screened, "rejected", actor="ann", note="No.")
    undo(screened, A, actor="ann")
    last = say(screened, actor="rob")

    for seen in (None, before):
        with pytest.raises(StateError, match=r"rob approved this message.*Reload the page"):
            undo(screened, A, actor="ann", approval_id=seen)
    assert sendable(screened) == [(A, 1)]
    undo(screened, A, actor="ann", version=1, approval_id=last)

    assert sendable(screened) == []


def test_who_saw_an_older_decision_of_their_own_is_told(screened: Store) -> None:
    first = say(screened)
    say(screened, "rejected", note="On second thoughts.")

    with pytest.raises(StateError, match="rob rejected this message"):
        undo(screened, A, actor="rob", approval_id=first)


def test_an_undo_of_an_older_version_is_refused(screened: Store) -> None:
    add_variant(screened, "A", message(subject="Another subject"), version=2)
    screen(screened)
    say(screened, version=2)

    with pytest.raises(StateError, match="you were looking at version 1"):
        undo(screened, A, actor="rob", version=1)

    assert sendable(screened) == [(A, 2)]


def worded_by(store: Store, actor: str) -> None:
    """Put an edit of the message on record, and screen it."""
    add_variant(store, "A", message(subject="Another subject"), version=2, written_by=actor)
    store.run(
        "UPDATE variants SET origin = 'human', provenance = $provenance WHERE version = 2",
        provenance=json.dumps({"edited_from": f"{A}@1"}),
    )
    screen(store)


def test_nobody_approves_their_own_words_where_there_is_another_to_ask(screened: Store) -> None:
    worded_by(screened, "rob")

    with pytest.raises(StateError, match=r"four eyes.*Ask somebody else"):
        say(screened, version=2, actor="rob")
    assert approve_all(screened, "c1", actor="rob") == 0
    assert sendable(screened) == []
    say(screened, version=2, actor="ann")

    assert sendable(screened) == [(A, 2)]


@pytest.mark.parametrize("name", ["Rob", " rob", "ＲＯＢ"])
def test_a_name_in_other_letters_is_no_second_pair_of_eyes(screened: Store, name: str) -> None:
    worded_by(screened, "rob")

    with pytest.raises(StateError, match="four eyes"):
        say(screened, version=2, actor=name)
    assert approve_all(screened, "c1", actor=name) == 0


def test_an_approval_by_a_program_is_marked(screened: Store) -> None:
    say(screened, actor="system")

    assert screened.read("SELECT is_self_approved FROM approvals") == [(True,)]


def test_who_is_alone_may_approve_their_own_words_and_the_record_says_so(screened: Store) -> None:
    worded_by(screened, "mia")

    say(screened, version=2, actor="mia")

    assert screened.read("SELECT is_self_approved FROM approvals") == [(True,)]


def test_who_worded_it_may_still_reject_it(screened: Store) -> None:
    worded_by(screened, "rob")

    assert say(screened, "rejected", version=2, actor="rob", note="I can do better.")


def test_there_is_nothing_to_undo_twice(screened: Store) -> None:
    with pytest.raises(StateError, match="nothing to undo"):
        undo(screened, A, actor="rob")
    say(screened)
    undo(screened, A, actor="rob")
    with pytest.raises(StateError, match="nothing to undo"):
        undo(screened, A, actor="rob")


def test_all_that_passed_is_approved_at_once_and_nothing_else(written: Store) -> None:
    for arm, word in (("B", "note"), ("C", "reason"), ("D", "blocked"), ("E", "said no")):
        add_variant(written, arm, message(subject=f"Winter: {word}"))
    script = {"note": ("hate", 2), "reason": ("hate", 4), "blocked": ("hate", 6)}
    screen(written, Scripted(script))
    decide(written, "c1/Loyal/E", version=1, decision="rejected", note="No.", actor="rob")

    assert approve_all(written, "c1", actor="rob") == 2

    assert sendable(written) == [("c1/Loyal/A", 1), ("c1/Loyal/B", 1)]
    assert approve_all(written, "c1", actor="rob") == 0


def test_approving_all_leaves_what_is_not_screened(written: Store) -> None:
    assert approve_all(written, "c1", actor="rob") == 0


def test_messages_are_approved_together_in_the_versions_that_were_read(screened: Store) -> None:
    add_variant(screened, "B")
    screen(screened)
    versions = {A: 1, "c1/Loyal/B": 1}

    assert approve_each(screened, "c1", versions, actor="rob") == 2

    assert sendable(screened) == [(A, 1), ("c1/Loyal/B", 1)]
    assert approve_each(screened, "c1", versions, actor="rob") == 0
    assert verify_chain(screened).is_whole


@pytest.mark.parametrize(
    ("arm", "text", "version", "reason"),
    [
        pytest.param("A", message(subject="Winter lamps"), 2, "version 2 is current", id="edited"),
        pytest.param("B", message(subject="Unscreened"), 1, "not been screened", id="unscreened"),
        pytest.param("B", None, 1, "does not exist", id="gone"),
    ],
)
def test_where_one_of_many_may_not_be_approved_none_is(
    screened: Store, arm: str, text: Message | None, version: int, reason: str
) -> None:
    if text:
        add_variant(screened, arm, text, version=version)

    with pytest.raises(StateError, match=reason):
        approve_each(screened, "c1", {A: 1, "c1/Loyal/B": 1}, actor="rob")

    assert decisions(screened) == []


def test_nobody_approves_their_own_words_among_others(screened: Store) -> None:
    add_variant(screened, "B")
    worded_by(screened, "rob")

    assert approve_each(screened, "c1", {A: 2, "c1/Loyal/B": 1}, actor="rob") == 1

    assert sendable(screened) == [("c1/Loyal/B", 1)]


def test_no_decision_without_its_audit_row(screened: Store) -> None:
    screened.run("DROP TABLE approvals CASCADE")

    with pytest.raises(Exception, match="approvals"):
        say(screened)

    kinds = screened.read("SELECT DISTINCT kind FROM audit_log WHERE kind LIKE 'variant.%'")
    assert kinds == [("variant.screened",)]
