from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from personalization.reports.campaigns import CampaignState, active_jobs, campaigns, job_of

if TYPE_CHECKING:
    from personalization.store import Store

EARLY = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
LATE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def add_campaign(store: Store, campaign_id: str = "spring", created_at: datetime = EARLY) -> None:
    store.run(
        "INSERT INTO datasets VALUES ($d, 'Base', false, $t, 'Ann', NULL)",
        d=f"base_{campaign_id}",
        t=EARLY,
    )
    store.run(
        "INSERT INTO customers (dataset_id, customer_id, consent_email) "
        "SELECT $d, 'p' || n, true FROM range(40) AS people(n)",
        d=f"base_{campaign_id}",
    )
    store.run(
        "INSERT INTO campaigns VALUES "
        "($c, 'Spring', $d, NULL, $brief, $on, 'en-GB', 's', $t, 'Ann', NULL)",
        c=campaign_id, d=f"base_{campaign_id}", t=created_at, on=date(2026, 12, 1),
        brief='{"goal": "Sell.", "metric": "revenue", "a_later_field": 1}',
    )  # fmt: skip


def add_segment(store: Store) -> None:
    store.run("INSERT INTO segments VALUES ('spring', 'Loyal', 1, 'r', 'd', 40, '{}')")


def add_variant(store: Store, arm: str = "A", version: int = 1) -> None:
    store.run(
        "INSERT INTO variants VALUES ($id, $version, 'spring', 'Loyal', $arm, 's', 'p', 'b', 'c', "
        "'l', 'f', 'en-GB', '{}', 'composer', '{}', 'hash', $t, 'Ann')",
        id=f"v{arm}", version=version, arm=arm, t=EARLY,
    )  # fmt: skip


def add_decision(store: Store, decision: str, arm: str = "A", version: int = 1) -> None:
    store.run(
        "INSERT INTO approvals (variant_id, version, campaign_id, content_sha256, decision, note, "
        "actor, is_self_approved, decided_at) "
        "VALUES ($id, $version, 'spring', 'hash', $decision, '', 'Ann', true, $t)",
        id=f"v{arm}", version=version, decision=decision, t=EARLY,
    )  # fmt: skip


def add_experiment(store: Store, *, approved: bool, launched: bool) -> None:
    store.run(
        "INSERT INTO experiments (experiment_id, campaign_id, hypothesis, hypothesis_sha256, salt, "
        "confidence, designed_at, designed_by, approved_at, approved_by, launched_at, launched_by, "
        "mode) VALUES ('e', 'spring', '{}', 'h', 's', 0.95, $t, 'Ann', $approved, 'Ann', "
        "$launched, 'Ann', 'simulation')",
        t=EARLY, approved=EARLY if approved else None, launched=EARLY if launched else None,
    )  # fmt: skip


def add_result(store: Store) -> None:
    store.run(
        "INSERT INTO results (experiment_id, metric, kind, role, segment, arm, n_treatment, "
        "n_control, family, family_size, method, reason, verdict, sentence, is_simulated, "
        "computed_at) VALUES ('e', 'click', 'binary', 'primary', '', 'A', 1, 1, 'f', 1, 'm', '', "
        "'better', 's', true, $t)",
        t=LATE,
    )


def only(store: Store) -> CampaignState:
    (state,) = campaigns(store)
    return state


def test_a_new_campaign_is_a_draft_that_wants_segments(store: Store) -> None:
    add_campaign(store)

    state = only(store)

    assert (state.status, state.next_page) == ("draft", "segments")
    assert state.n_customers == 40
    assert state.brief.metric == "revenue"


def test_a_campaign_goes_through_its_steps_in_order(store: Store) -> None:
    add_campaign(store)
    seen = []

    add_segment(store)
    seen.append((only(store).status, only(store).next_page))
    add_variant(store)
    seen.append((only(store).status, only(store).next_page))
    add_decision(store, "approved")
    seen.append((only(store).status, only(store).next_page))
    add_experiment(store, approved=True, launched=False)
    seen.append((only(store).status, only(store).next_page))

    assert seen == [
        ("draft", "content"),
        ("in_review", "review"),
        ("in_review", "experiment"),
        ("approved", "experiment"),
    ]


@pytest.mark.parametrize(
    ("is_measured", "expected"),
    [
        pytest.param(False, "running", id="sent and not measured"),
        pytest.param(True, "finished", id="measured"),
    ],
)
def test_a_launched_campaign_leads_to_its_results(
    store: Store,
    is_measured: bool,  # noqa: FBT001
    expected: str,
) -> None:
    add_campaign(store)
    add_segment(store)
    add_variant(store)
    add_decision(store, "approved")
    add_experiment(store, approved=True, launched=True)
    if is_measured:
        add_result(store)

    assert (only(store).status, only(store).next_page) == (expected, "results")


@pytest.mark.parametrize(
    ("analysis_on", "change", "expected"),
    [
        pytest.param("2026-12-01", "mode = 'export'", ("running", date(2026, 12, 2)), id="closed"),
        pytest.param("2026-11-30", "mode = 'export'", ("finished", None), id="after its day"),
        pytest.param("2026-12-01", "mode = 'simulation'", ("finished", None), id="a simulation"),
        pytest.param("2026-12-01", "mode = 'export', opened_early_at = now()", ("finished", None),
                     id="opened early"),
    ],
)  # fmt: skip
def test_a_measured_campaign_is_not_finished_before_its_results_may_be_read(
    store: Store, analysis_on: str, change: str, expected: tuple[str, date | None]
) -> None:
    add_campaign(store)
    add_experiment(store, approved=True, launched=True)
    add_result(store)
    store.run(f"UPDATE experiments SET analysis_on = DATE '{analysis_on}', {change}")  # noqa: S608

    assert (only(store).status, only(store).opens_on) == expected
    assert ("results" in only(store).done) is (expected[1] is None)


def test_an_edited_message_waits_for_review_again(store: Store) -> None:
    add_campaign(store)
    add_variant(store)
    add_decision(store, "approved")

    add_variant(store, version=2)

    assert (only(store).n_variants, only(store).n_to_review, only(store).n_approved) == (1, 1, 0)


def test_a_decision_taken_back_waits_for_review_again(store: Store) -> None:
    add_campaign(store)
    add_variant(store)
    add_decision(store, "approved")

    add_decision(store, "reopened")

    assert only(store).n_to_review == 1


def test_rejected_messages_alone_do_not_finish_the_review(store: Store) -> None:
    add_campaign(store)
    add_variant(store)
    add_decision(store, "rejected")

    assert only(store).n_to_review == 0
    assert "review" not in only(store).done


def test_the_newest_campaign_stands_first(store: Store) -> None:
    add_campaign(store, "old", EARLY)
    add_campaign(store, "new", LATE)

    assert [state.campaign_id for state in campaigns(store)] == ["new", "old"]


def test_a_job_is_known_by_its_newest_row(store: Store) -> None:
    for job_id, state, started in (("one", "done", EARLY), ("two", "running", LATE)):
        store.run(
            "INSERT INTO jobs VALUES ($id, 'spring', 'write', $state, 3, 12, 'Writing', $t, $t)",
            id=job_id, state=state, t=started,
        )  # fmt: skip

    newest = job_of(store, "spring")

    assert newest is not None
    assert (newest.job_id, newest.is_active, newest.share) == ("two", True, 0.25)
    assert [job.job_id for job in active_jobs(store)] == ["two"]
    assert job_of(store, "autumn") is None


def test_what_screening_blocks_waits_for_nobody(store: Store) -> None:
    add_campaign(store)
    add_variant(store)
    add_variant(store, "B")
    add_decision(store, "approved")
    store.run(
        "INSERT INTO policies (policy_version, policy, activated_at, activated_by) "
        "VALUES ('p', '{}', $t, 'Ann')",
        t=EARLY,
    )
    assert "review" not in only(store).done

    store.run(
        "INSERT INTO screenings (variant_id, version, campaign_id, content_sha256, decision, "
        "engine, engine_version, policy_version, categories, n_strings, screened_at, house_sha256) "
        "SELECT 'vB', 1, 'spring', 'hash', 'block', 'embedded', '1', 'p', '{}', 1, $t, "
        "house_sha256 FROM house_rules",
        t=EARLY,
    )

    assert only(store).n_to_review == 0
    assert "review" in only(store).done


def test_the_review_is_over_once_the_campaign_is_launched(store: Store) -> None:
    add_campaign(store)
    add_variant(store)
    add_variant(store, "B")
    add_decision(store, "approved")
    add_experiment(store, approved=True, launched=True)

    assert "review" in only(store).done
