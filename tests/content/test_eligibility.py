from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from personalization.content import import_content, set_status
from personalization.content.eligibility import Audience, eligible_passages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.store import Store

SEND_ON = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("changes", "who", "may_be_said"),
    [
        pytest.param({}, ("en-GB",), True, id="approved, valid, for everybody"),
        pytest.param({"status": "draft"}, ("en-GB",), False, id="a draft"),
        pytest.param({"status": "retired"}, ("en-GB",), False, id="retired"),
        pytest.param({"valid_until": "2026-11-30"}, ("en-GB",), False, id="ended the day before"),
        pytest.param({"valid_until": "2026-12-01"}, ("en-GB",), True, id="ends on the day"),
        pytest.param({"valid_from": "2026-12-01"}, ("en-GB",), True, id="begins on the day"),
        pytest.param({"valid_from": "2026-12-02"}, ("en-GB",), False, id="begins the day after"),
        pytest.param(
            {"valid_from": None, "valid_until": None}, ("en-GB",), True, id="without dates"
        ),
        pytest.param({"locale": "de-DE"}, ("en-GB",), False, id="another language"),
        pytest.param({}, ("en-IE",), True, id="the language in another country"),
        pytest.param({"locale": "en"}, ("en-IE",), True, id="the language alone"),
        pytest.param({"kind": "offer"}, ("en-IE",), False, id="an offer of another country"),
        pytest.param({"kind": "offer"}, ("en-GB",), True, id="an offer of the country"),
        pytest.param({"kind": "legal"}, ("en-IE",), False, id="a legal text of another country"),
        pytest.param({"jurisdiction": "GB"}, ("en-GB",), True, id="the law of the country"),
        pytest.param({"jurisdiction": "GB"}, ("en-IE",), False, id="the law of another country"),
        pytest.param({"jurisdiction": "GB"}, ("en",), False, id="a law, and no country"),
        pytest.param({"channel": "[sms]"}, ("en-GB",), False, id="another channel"),
        pytest.param({"channel": None}, ("en-GB",), True, id="every channel"),
        pytest.param({"audience": "{segments: [New]}"}, ("en-GB", "New"), True, id="the segment"),
        pytest.param({"audience": "{segments: [New]}"}, ("en-GB", "new"), True, id="in lower case"),
        pytest.param(
            {"audience": "{segments: [New]}"}, ("en-GB", "Loyal"), False, id="another one"
        ),
        pytest.param(
            {"audience": "{segments: [New]}"}, ("en-GB",), False, id="a segment, and nobody"
        ),
        pytest.param(
            {"audience": "{segments: [New]}"},
            ("en-GB", "New", "No purchase"),
            False,
            id="others were merged into the segment",
        ),
        pytest.param(
            {"audience": "{segments: [New, Promising]}"},
            ("en-GB", "New", "Promising"),
            True,
            id="all that were merged are named",
        ),
        pytest.param({"audience": "{exclude: [New]}"}, ("en-GB", "New"), False, id="excluded"),
        pytest.param({"audience": "{exclude: [New]}"}, ("en-GB", "Loyal"), True, id="not excluded"),
        pytest.param(
            {"audience": "{exclude: [New]}"},
            ("en-GB", "Loyal", "New"),
            False,
            id="an excluded one was merged in",
        ),
        pytest.param({"kind": "voice"}, ("en-GB",), False, id="the brand voice"),
        pytest.param({"tags": "[control]"}, ("en-GB",), False, id="the control text"),
    ],
)
def test_each_rule_decides_what_may_be_said(
    store: Store,
    write: Callable[..., Path],
    changes: dict[str, str | None],
    who: tuple[str, ...],
    may_be_said: bool,  # noqa: FBT001
) -> None:
    import_content(store, write("cake-one", **changes), actor="anna")

    found = eligible_passages(store, Audience(SEND_ON, who[0], who[1:]))

    assert [passage.document_id for passage in found] == (["cake-one"] if may_be_said else [])


def test_only_the_newest_version_may_be_said(store: Store, write: Callable[..., Path]) -> None:
    import_content(store, write("cake-one", "Old words."), actor="anna")
    import_content(store, write("cake-one", "New words."), actor="anna")
    set_status(store, "cake-one", "approved", actor="anna")

    found = eligible_passages(store, Audience(SEND_ON, "en-GB"))

    assert [passage.passage_id for passage in found] == ["cake-one@2#p1"]


def test_a_new_version_that_waits_for_approval_silences_the_old_one(
    store: Store, write: Callable[..., Path]
) -> None:
    import_content(store, write("cake-one", "Old words."), actor="anna")
    import_content(store, write("cake-one", "New words."), actor="anna")

    assert eligible_passages(store, Audience(SEND_ON, "en-GB")) == []


def test_what_was_written_for_the_segment_says_so(store: Store, write: Callable[..., Path]) -> None:
    write("for-all")
    import_content(store, write("for-new", audience="{segments: [New]}"), actor="anna")

    found = eligible_passages(store, Audience(SEND_ON, "en-GB", ("New",)))

    assert {p.document_id: p.is_targeted for p in found} == {"for-all": False, "for-new": True}
