from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pages.ui import policy_record
from personalization.reports.policies import Version
from personalization.safety import read_policy

POLICY = read_policy()
SCREENED = Version(
    1, POLICY.version, datetime(2026, 11, 20, 19, 19, tzinfo=UTC), "Mara Marketing", "",
    is_from_file=False, overlay="", engine="embedded",
)  # fmt: skip


def test_who_only_had_messages_screened_did_not_put_the_policy_in_force() -> None:
    told = policy_record._since(POLICY, [SCREENED])

    assert "when the first message was screened" in told
    assert "Mara" not in told


def test_who_published_the_policy_is_named() -> None:
    told = policy_record._since(POLICY, [replace(SCREENED, note="Legal asked for it.")])

    assert "put in force by **Mara Marketing**" in told
