"""What reviewers say of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError
from personalization.safety import label_finding, screen_campaign
from personalization.settings import Settings
from personalization.store import verify_chain
from tests.safety.scripted import Scripted, add_campaign, add_variant, message

if TYPE_CHECKING:
    from personalization.store import Store


@pytest.fixture
def found(store: Store) -> Store:
    """Two messages with the same words of pressure, screened."""
    add_campaign(store)
    for arm in ("A", "B"):
        add_variant(store, arm, message(body=f"Hello {arm}, act now and visit us in York."))
    screen_campaign(store, Settings(), "c1", actor="mia", classifier=Scripted())
    return store


def pressure(store: Store) -> list[tuple[int, int]]:
    return [
        (screening, position)
        for screening, position in store.read(
            "SELECT screening_id, position FROM findings WHERE rule = 'urgency.pressure' "
            "ORDER BY screening_id"
        )
    ]


def judged(store: Store) -> list[tuple[str, int, bool]]:
    return [
        (rule, n, wrong)
        for rule, n, wrong in store.read(
            "SELECT rule, reviewers, is_false_alarm FROM judged_findings ORDER BY rule"
        )
    ]


def test_a_label_is_kept_and_recorded_without_the_words(found: Store) -> None:
    screening_id, position = pressure(found)[0]

    is_new = label_finding(
        found, screening_id, position, "false_alarm", actor="bea", note="Our motto."
    )

    assert is_new
    assert judged(found) == [("urgency.pressure", 1, True)]
    payload = found.read("SELECT payload FROM audit_log WHERE kind = 'finding.labelled'")[0][0]
    assert "false_alarm" in payload
    assert "motto" not in payload
    assert verify_chain(found).is_whole


def test_the_newest_label_of_a_reviewer_counts_and_the_old_one_stays(found: Store) -> None:
    key = pressure(found)[0]
    label_finding(found, *key, "false_alarm", actor="bea")

    label_finding(found, *key, "right", actor="bea")

    assert judged(found) == [("urgency.pressure", 1, False)]
    assert found.read("SELECT count(*) FROM finding_labels") == [(2,)]


def test_a_double_click_labels_once(found: Store) -> None:
    key = pressure(found)[0]

    assert label_finding(found, *key, "right", actor="bea")
    assert not label_finding(found, *key, "right", actor="bea")
    assert found.read("SELECT count(*) FROM finding_labels") == [(1,)]


def test_the_same_words_in_two_messages_are_one_finding(found: Store) -> None:
    first, second = pressure(found)

    label_finding(found, *first, "false_alarm", actor="bea")
    label_finding(found, *second, "false_alarm", actor="cid")

    assert judged(found) == [("urgency.pressure", 2, True)]


def test_most_reviewers_decide_and_a_draw_counts_as_right(found: Store) -> None:
    key = pressure(found)[0]
    label_finding(found, *key, "false_alarm", actor="bea")
    label_finding(found, *key, "right", actor="cid")
    assert judged(found) == [("urgency.pressure", 2, False)]

    label_finding(found, *key, "false_alarm", actor="dan")

    assert judged(found) == [("urgency.pressure", 3, True)]


def test_a_finding_or_label_that_is_not_there_is_refused(found: Store) -> None:
    screening_id, position = pressure(found)[0]

    with pytest.raises(InputError, match="no finding 99"):
        label_finding(found, screening_id, 99, "right", actor="bea")
    with pytest.raises(InputError, match="right, false_alarm"):
        label_finding(found, screening_id, position, "wrong", actor="bea")
    with pytest.raises(InputError, match="500 at most"):
        label_finding(found, screening_id, position, "right", actor="bea", note="x" * 501)
