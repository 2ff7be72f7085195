"""A sign-off holds for what was signed: whatever changes voids it, and says what changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from personalization.approval import others, seal, seal_state
from personalization.approval.seals import PARTS
from personalization.delivery import export_campaign, launch_gate
from personalization.errors import InputError, StateError
from personalization.settings import Delivery, Settings
from personalization.store import verify_chain
from personalization.store.guards import suspended
from tests.delivery.ready import BRAND, activate_policy, add_variant, fill_campaign, message

GUARDED = ("seals", "audit_log", "approvals", "policies", "experiments", "variants")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.store import Store


@pytest.fixture
def signed(store: Store) -> Store:
    """A campaign that Rob signed off, with a message that cites an approved document."""
    fill_campaign(store)
    add_document(store, 1)
    store.run(
        "INSERT INTO statements VALUES ('wool@1#s1', 'wool@1#p1', 'wool', 1, 1, 'lead', 'Warm.',"
        " '[]', '[]', true)"
    )
    store.run(
        "INSERT INTO claims VALUES ('Loyal/A', 1, 1, 'body', 0, 4, 'Warm', 'wool@1#s1', 0, 4,"
        " 'Warm', 'pass', 'word for word')"
    )
    seal(later(store), "spring", actor="rob")
    assert seal_state(store, "spring").state == "sealed"
    return store


def later(store: Store, hours: int = 1) -> Store:
    """The same store some hours on."""
    return replace(store, clock=lambda: store.clock() + timedelta(hours=hours))


def add_document(store: Store, version: int, status: str = "approved") -> None:
    store.run(
        "INSERT INTO documents VALUES ('wool', $version, 'benefit', 'Wool', '[]', '{}', 'en-GB',"
        " '[]', NULL, NULL, DATE '2026-12-31', $status, 'rob', NULL, NULL, '[]', '[]', 'Warm.',"
        " 'x', 'wool.md', $now)",
        version=version, status=status, now=store.now(),
    )  # fmt: skip


def add_profile(store: Store) -> None:
    store.run(
        "INSERT INTO brand_profiles (version, profile, note, saved_at, saved_by)"
        " VALUES (1, '{}', 'first', $now, 'ann')",
        now=store.now(),
    )


def edit_a_text(store: Store) -> None:
    edited = replace(message("Loyal", "A"), subject="Other words")
    add_variant(store, "Loyal", "A", edited, version=2)


VOIDS = [
    pytest.param(
        edit_a_text, "content", "Loyal: variant A was version 1 and is version 2 now",
        id="an edited text",
    ),
    pytest.param(
        lambda store: store.run("UPDATE variants SET body = 'x' WHERE variant_id = 'Loyal/B'"),
        "content", "Loyal: variant B is no longer the same version 1", id="bytes changed in place",
    ),
    pytest.param(
        lambda store: store.run("INSERT INTO retired_variants VALUES ('Loyal/A', 'gone', now())"),
        "content", "Loyal: variant A is gone; it was: version 1", id="a message taken back",
    ),
    pytest.param(
        lambda store: store.run("UPDATE arms SET weight = 0.5 WHERE arm = 'A'"), "arms",
        "Loyal: variant A was 33.33% and is 50.00% now", id="changed weights",
    ),
    pytest.param(
        lambda store: store.run(
            "INSERT INTO arms VALUES ('e1', 'Loyal', 'holdout', 9, 0.1, NULL, NULL, NULL)"
        ),
        "arms", "Loyal: holdout is new: 10.00%", id="a holdout added",
    ),
    pytest.param(
        lambda store: store.run(
            "INSERT INTO assignments VALUES ('e1', 'new', 'Loyal', 'A', 0.3, 'hash')"
        ),
        "audience", "Loyal: variant A was 10 people and is 11 people now", id="one more person",
    ),
    pytest.param(
        lambda store: store.run("DELETE FROM assignments WHERE customer_id = 'c000001'"),
        "audience", "people and is 9 people now", id="one person fewer",
    ),
    pytest.param(
        lambda store: store.run(
            "UPDATE assignments SET customer_id = 'new' WHERE customer_id = 'c000001'"
        ),
        "audience", r"as many as before \(1\d people\), but others", id="another person",
    ),
    pytest.param(
        lambda store: store.run("UPDATE segments SET rule = 'any' WHERE segment = 'Loyal'"),
        "audience", "rule of segment Loyal was a rule and is any now", id="another segment rule",
    ),
    pytest.param(
        lambda store: activate_policy(store, "p2"), "policy",
        "screening policy was p1 and is p2 now", id="another policy",
    ),
    pytest.param(
        lambda store: store.run("UPDATE documents SET status = 'retired'"), "sources",
        "wool was version 1, approved, until 2026-12-31 and is version 1, retired",
        id="a withdrawn source",
    ),
    pytest.param(
        lambda store: store.run("UPDATE documents SET valid_until = '2026-11-01'"), "sources",
        "until 2026-12-31 and is version 1, approved, until 2026-11-01", id="an expired source",
    ),
    pytest.param(
        lambda store: add_document(store, 2), "sources",
        "wool was version 1, approved, until 2026-12-31 and is version 2", id="a new version",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "part", "told"), VOIDS)
def test_every_change_voids_the_seal_says_what_changed_and_lets_nothing_out(
    signed: Store, tmp_path: Path, change: Callable[[Store], object], part: str, told: str
) -> None:
    settings = Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path)))

    change(signed)

    found = seal_state(signed, "spring")
    assert found.state == "void"
    assert part in {each.part for each in found.changes}
    [check] = [c for c in launch_gate(signed, settings, "spring") if c.name == "Sign-off"]
    assert not check.is_green
    assert check.message.startswith("rob signed off on 1 December 2026; since then ")
    with pytest.raises(StateError, match=f"Sign-off: rob signed off .*{told}"):
        export_campaign(signed, settings, "spring", actor="mia", request_id="r1")
    assert signed.read("SELECT count(*) FROM deliveries") == [(0,)]


def test_a_seal_from_before_briefs_were_sealed_is_not_told_as_a_change(signed: Store) -> None:
    older = (
        "UPDATE seals SET parts = to_json(list_filter(from_json(parts, '[\"JSON\"]'),"
        " lambda each: each->>'item' NOT IN ('brief', 'brand profile')))"
    )
    add_profile(signed)
    with signed.transaction(), suspended(signed, GUARDED):
        signed.run(older)

    found = seal_state(signed, "spring")

    assert found.state == "void"
    assert [(each.told, each.is_uncovered) for each in found.changes] == [
        ("the sign-off did not cover the brand profile yet", True),
        ("the sign-off did not cover the brief yet", True),
    ]
    [check] = [c for c in launch_gate(signed, Settings(), "spring") if c.name == "Sign-off"]
    assert check.message.startswith("rob signed off on 1 December 2026; the sign-off did not cover")


def test_a_profile_that_is_saved_after_a_seal_with_a_brief_is_a_change(signed: Store) -> None:
    add_profile(signed)

    [change] = seal_state(signed, "spring").changes

    assert (change.told, change.is_uncovered) == ("brand profile is new: version 1", False)


def test_a_withdrawn_source_takes_its_messages_out_of_what_may_be_sent(signed: Store) -> None:
    before = signed.read("SELECT count(*) FROM sendable_variants")[0][0]

    signed.run("UPDATE documents SET status = 'retired'")

    assert signed.read("SELECT count(*) FROM sendable_variants") == [(before - 1,)]


def test_undoing_the_change_makes_the_seal_whole_again(signed: Store) -> None:
    signed.run("UPDATE arms SET weight = weight + 0.1 WHERE arm = 'A'")
    assert seal_state(signed, "spring").state == "void"

    signed.run("UPDATE arms SET weight = 1 / 3.0 WHERE arm = 'A'")

    assert seal_state(signed, "spring").state == "sealed"


def test_who_objects_after_the_sign_off_is_left_out_and_voids_nothing(
    signed: Store, tmp_path: Path
) -> None:
    signed.run(
        "INSERT INTO suppressions (dataset_id, customer_id, reason, suppressed_at)"
        " VALUES ('shop', 'c000001', 'complaint', now())"
    )

    settings = Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path)))
    made = export_campaign(signed, settings, "spring", actor="mia", request_id="r1")

    assert seal_state(signed, "spring").state == "sealed"
    assert made.recipients == 59


def test_the_order_of_rows_does_not_matter(signed: Store) -> None:
    signed.run("CREATE TABLE shuffled AS SELECT * FROM assignments ORDER BY md5(customer_id)")
    signed.run("DELETE FROM assignments")
    signed.run("INSERT INTO assignments SELECT * FROM shuffled ORDER BY customer_id DESC")

    assert seal_state(signed, "spring").state == "sealed"


def test_a_new_sign_off_covers_what_changed_and_the_old_one_stays_on_record(signed: Store) -> None:
    before = signed.read("SELECT count(*) FROM seals")[0][0]
    signed.run("UPDATE segments SET rule = 'any' WHERE segment = 'Loyal'")

    seal(signed, "spring", actor="zoe", note="The rule was only worded anew.")

    found = seal_state(signed, "spring")
    assert (found.state, found.sealed_by) == ("sealed", "zoe")
    assert found.note == "The rule was only worded anew."
    assert signed.read("SELECT count(*) FROM seals") == [(before + 1,)]


def test_signing_twice_or_clicking_twice_signs_once(signed: Store) -> None:
    first = seal_state(signed, "spring").seal_id

    assert seal(signed, "spring", actor="rob") == first
    signed.run("UPDATE segments SET rule = 'any' WHERE segment = 'Loyal'")
    again = seal(signed, "spring", actor="rob", request_id="click")

    assert again != first
    assert seal(signed, "spring", actor="rob", request_id="click") == again


def test_a_seal_can_be_neither_changed_nor_deleted(signed: Store) -> None:
    for statement in ("UPDATE seals SET sealed_by = 'zoe'", "DELETE FROM seals"):
        with pytest.raises(Exception, match="Sign-offs are append-only"):
            signed.run(statement)


def test_the_trail_holds_the_five_digests_and_never_the_note(signed: Store) -> None:
    signed.run("UPDATE segments SET rule = 'any' WHERE segment = 'Loyal'")
    seal(signed, "spring", actor="zoe", note="Ann asked for it.")

    [(payload,)] = signed.read(
        "SELECT payload FROM audit_log WHERE kind = 'campaign.signed_off' ORDER BY seq DESC LIMIT 1"
    )
    [row] = signed.records("SELECT * FROM current_seals")
    assert all(f'"{part}":"{row[part]}"' in payload for part in PARTS)
    assert "Ann" not in payload
    assert verify_chain(signed).first_broken is None


def test_nothing_is_signed_off_before_it_is_there(store: Store) -> None:
    fill_campaign(store)
    store.run("UPDATE segments SET rule = 'any' WHERE segment = 'Loyal'")

    with pytest.raises(InputError, match="Say who signs off"):
        seal(store, "spring", actor=" ")
    activate_policy(store, "p2")
    with pytest.raises(StateError, match="6 messages are not screened and approved"):
        seal(store, "spring", actor="rob")
    store.run("DELETE FROM assignments")
    with pytest.raises(StateError, match="no customer has an arm"):
        seal(store, "spring", actor="rob")
    store.run("UPDATE experiments SET approved_at = NULL")
    with pytest.raises(StateError, match="the design is not approved"):
        seal(store, "spring", actor="rob")


def test_a_campaign_that_nobody_signed_off_says_so(store: Store) -> None:
    assert seal_state(store, "spring").state == "none"


# Four eyes --------------------------------------------------------------------------------------


def void(store: Store) -> None:
    store.run("UPDATE segments SET rule = concat(rule, '!') WHERE segment = 'Loyal'")


def design_anew(store: Store, actor: str) -> None:
    store.run(
        "UPDATE experiments SET designed_by = $actor, designed_at = $at",
        actor=actor, at=later(store, 2).now(),
    )  # fmt: skip
    void(store)


def word_by_hand(store: Store, actor: str) -> None:
    store.run(
        "UPDATE variants SET origin = 'human', provenance = '{\"edited_from\": 1}',"
        " written_by = $actor, written_at = $at WHERE variant_id = 'Loyal/A'",
        actor=actor, at=later(store, 2).now(),
    )  # fmt: skip
    void(store)


def test_who_designed_it_does_not_sign_where_somebody_else_is_there(signed: Store) -> None:
    design_anew(signed, "mia")

    with pytest.raises(StateError, match=r"You designed the test, and four eyes .* rob"):
        seal(signed, "spring", actor="mia")
    assert seal(signed, "spring", actor="rob")


def test_who_worded_a_message_does_not_sign_where_somebody_else_is_there(signed: Store) -> None:
    word_by_hand(signed, "rob")

    with pytest.raises(StateError, match=r"You worded 1 message, and four eyes .* mia"):
        seal(signed, "spring", actor="rob")


def test_where_everybody_had_a_hand_in_it_who_only_worded_may_sign(signed: Store) -> None:
    """Else two people could never send anything; each message was approved by the other."""
    design_anew(signed, "mia")
    word_by_hand(signed, "rob")

    with pytest.raises(StateError, match="You designed the test"):
        seal(signed, "spring", actor="mia")
    assert seal(signed, "spring", actor="rob")
    assert not seal_state(signed, "spring").is_self_approved


def test_what_somebody_else_signed_before_is_no_longer_the_designers_alone(signed: Store) -> None:
    """Mia designed it and Rob signed; a new policy is nobody's own work, so Mia may sign it."""
    void(signed)

    assert seal(signed, "spring", actor="mia")
    assert not seal_state(signed, "spring").is_self_approved


@pytest.fixture
def alone(signed: Store) -> Store:
    """The same campaign in the hands of Mia alone, whom programs do not keep company."""
    with signed.transaction(), suspended(signed, GUARDED):
        signed.run("DELETE FROM seals")
        signed.run("DELETE FROM audit_log WHERE actor = 'rob'")
        signed.run("UPDATE approvals SET actor = 'mia'")
        signed.run("UPDATE policies SET activated_by = 'system'")
        signed.run("UPDATE experiments SET approved_by = 'mia'")
        signed.run("UPDATE variants SET written_by = 'system' WHERE arm = 'control'")
    return signed


def test_one_person_alone_may_sign_and_it_is_marked(alone: Store) -> None:
    seal(alone, "spring", actor="mia")

    found = seal_state(alone, "spring")
    assert (found.state, found.is_self_approved) == ("sealed", True)
    [check] = [c for c in launch_gate(alone, Settings(), "spring") if c.name == "Sign-off"]
    assert check.is_green
    assert "alone and for their own work" in check.message


def test_somebody_who_comes_later_may_still_sign_what_was_self_approved(alone: Store) -> None:
    first = seal(alone, "spring", actor="mia")

    second = seal(alone, "spring", actor="rob")

    assert second != first
    assert not seal_state(alone, "spring").is_self_approved


@pytest.mark.parametrize("name", ["Mia", " mia ", "ＭＩＡ", "m\u200bia"])
def test_a_name_in_other_letters_is_the_same_person(signed: Store, name: str) -> None:
    design_anew(signed, "mia")

    with pytest.raises(StateError, match=r"You designed the test, and four eyes .* rob"):
        seal(signed, "spring", actor=name)
    assert name not in others(signed, "mia")


def test_who_is_left_on_record_after_retention_can_still_be_asked(signed: Store) -> None:
    """The oldest part of the trail is put away; approvals, sign-offs and policies stay."""
    with signed.transaction(), suspended(signed, ("audit_log",)):
        signed.run("DELETE FROM audit_log")

    assert others(signed, "mia") == ["rob"]
    design_anew(signed, "mia")
    with pytest.raises(StateError, match="four eyes"):
        seal(signed, "spring", actor="mia")


def test_a_program_signs_for_nobody_and_lets_nothing_out_where_people_are_there(
    signed: Store, tmp_path: Path
) -> None:
    void(signed)
    seal(later(signed, 2), "spring", actor="System")

    found = seal_state(signed, "spring")
    settings = Settings(brand=BRAND, delivery=Delivery(folder=str(tmp_path)))
    assert (found.state, found.sealed_by, found.is_self_approved) == ("sealed", "System", True)
    with pytest.raises(StateError, match=r"Sign-off: A program signed off .* mia"):
        export_campaign(signed, settings, "spring", actor="mia", request_id="r1")
    [check] = [c for c in launch_gate(signed, settings, "spring") if c.name == "Sign-off"]
    assert check.is_for_export

    seal(later(signed, 3), "spring", actor="rob")
    assert export_campaign(signed, settings, "spring", actor="mia", request_id="r1").recipients
