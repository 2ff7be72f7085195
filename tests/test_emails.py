"""Messages as e-mails: checked before they may go out, shown on Review, written to disk."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest

from pages.ui.email_preview import PHONE, WIDE, framed
from personalization.campaign import emails
from personalization.cli.emails import COMMANDS
from personalization.delivery.email_checks import unchecked_emails
from personalization.delivery.email_files import write_emails
from personalization.delivery.email_parts import Email, email_of, look_in_force
from personalization.delivery.html_email import render_html
from personalization.domain import Decision
from personalization.errors import InputError, StateError
from personalization.settings import Settings
from tests.delivery.ready import BRAND, activate_policy, add_variant, fill_campaign, message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personalization.store import Store

SETTINGS = Settings(brand=BRAND)


@pytest.fixture
def written(store: Store) -> Store:
    """A campaign with a customer and two messages, whose e-mails nobody has looked at yet."""
    now = store.now()
    store.run("INSERT INTO datasets VALUES ('shop', 'Shop', false, $now, 'mia', NULL)", now=now)
    store.run(
        "INSERT INTO campaigns VALUES ('spring', 'Spring', 'shop', NULL, '{}', $day, 'en-GB',"
        " 'salt', $now, 'mia', NULL)",
        day=date(2026, 12, 1), now=now,
    )  # fmt: skip
    store.run(
        "INSERT INTO customers (dataset_id, customer_id, email, first_name, consent_email)"
        " VALUES ('shop', 'c1', 'c1@example.com', 'Tom & Jo', true)"
    )
    activate_policy(store, "p1")
    for arm in ("A", "B"):
        add_variant(store, "Loyal", arm, message("Loyal", arm), is_cleared=False)
    return store


def check(store: Store) -> int:
    return emails.check_emails(store, SETTINGS, "spring", actor="mia")


def decisions(store: Store) -> dict[str, str]:
    rows = store.read("SELECT variant_id, decision FROM latest_email_checks ORDER BY ALL")
    return {str(variant_id): str(decision) for variant_id, decision in rows}


def change_design(store: Store, **design: str) -> None:
    store.run(
        "INSERT INTO brand_profiles (profile, note, saved_at, saved_by)"
        " VALUES ($profile, '', $now, 'ida')",
        profile=json.dumps({"design": design}), now=store.now(),
    )  # fmt: skip


def test_each_message_is_checked_once_and_again_when_the_design_changes(written: Store) -> None:
    assert check(written) == 2
    assert check(written) == 0
    assert set(decisions(written).values()) == {"pass"}

    change_design(written, accent="#7a2030")

    assert check(written) == 2
    kept = written.read("SELECT count(*), count(DISTINCT look_sha256) FROM email_checks")
    assert kept == [(4, 2)]


def test_a_check_is_on_record_with_the_fingerprint_of_both_parts(written: Store) -> None:
    check(written)

    email = emails.email_for(written, SETTINGS, "Loyal/A")
    [(payload,)] = written.read(
        "SELECT payload FROM audit_log WHERE kind = 'variant.rendered' AND ref = 'Loyal/A'"
        " ORDER BY seq DESC LIMIT 1"
    )
    told = json.loads(payload)
    assert (told["html_sha256"], told["text_sha256"]) == (email.html_sha256, email.text_sha256)
    assert "Dear" not in payload


OBJECTIONS: Final[list[tuple[dict[str, str], str, str]]] = [
    ({"call_to_action": "Click here"}, "review", "do not say where it leads"),
    ({"subject": ""}, "block", "headline has no words"),
    ({"link": "https://elsewhere.example/"}, "block", "It is in href"),
    ({"link": "ftp://x.example"}, "block", "no https address"),
    ({"footer": "Wool & Wax"}, "block", "no link to unsubscribe"),
    ({"body": "Warm wool. " * 12_000}, "review", "bytes; 102,400 are shown"),
]


def test_what_the_rules_or_a_reader_object_to_is_kept_with_the_e_mail(written: Store) -> None:
    for number, (fields, _, _) in enumerate(OBJECTIONS):
        text = replace(message("Loyal", "A"), **fields)
        add_variant(written, "Loyal", f"N{number}", text, is_cleared=False)

    check(written)

    for number, (_, decision, told) in enumerate(OBJECTIONS):
        found = emails.email_check_of(written, SETTINGS, f"Loyal/N{number}")
        assert found.decision is Decision(decision), told
        assert any(told in fault.message for fault in found.faults)


def test_the_words_of_a_logo_are_screened_as_a_text_is(written: Store) -> None:
    logo = "https://www.woolandwax.example/logo.png"
    change_design(written, logo_url=logo, logo_alt="Guaranteed to cure insomnia, 100% risk-free")

    check(written)

    assert set(decisions(written).values()) <= {"block", "review"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda email: replace(email, html=email.html.replace("Dear", "Dearest")), "other words"),
        (lambda email: replace(email, html=email.html.replace("/candles", "/lamps")), "elsewhere"),
        (lambda email: replace(email, text=f"{email.text}And more."), "plain-text part is not"),
    ],
)
def test_a_part_that_says_other_words_than_the_message_keeps_the_gate_shut(
    written: Store,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Email], Email],
    told: str,
) -> None:
    def misdrawn(*args: Any, **named: Any) -> Email:  # noqa: ANN401
        return change(email_of(*args, **named))

    monkeypatch.setattr("personalization.delivery.email_checks.email_of", misdrawn)
    check(written)

    assert set(decisions(written).values()) == {"block"}
    found = emails.email_check_of(written, SETTINGS, "Loyal/A")
    assert [fault.rule for fault in found.faults] == ["email.words"]
    assert told in found.faults[0].message


@pytest.mark.parametrize("part", ["html", "text"])
def test_an_e_mail_that_is_not_the_one_that_was_checked_is_not_exported(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    fill_campaign(store, n=6)
    [text, *_] = store.records(
        "SELECT segment, arm, variant_id, version, content_sha256, 'a.csv' AS name"
        " FROM sendable_variants ORDER BY variant_id"
    )
    look = look_in_force(store, BRAND)

    def redrawn(*args: Any, **named: Any) -> Email:  # noqa: ANN401
        email = email_of(*args, **named)
        changed: dict[str, Any] = {part: f"{getattr(email, part)} "}
        return replace(email, **changed)

    with monkeypatch.context() as patched:
        patched.setattr("personalization.delivery.email_files.email_of", redrawn)
        with pytest.raises(StateError, match="is not the one that was checked"):
            write_emails(store, look, tmp_path, [text], merge_syntax="own")
    assert list(tmp_path.iterdir()) == []

    write_emails(store, look, tmp_path, [text], merge_syntax="own")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a.txt"]


def test_a_message_that_cannot_be_drawn_is_an_error_that_keeps_the_gate_shut(
    written: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> str:
        raise RuntimeError("the renderer broke")

    monkeypatch.setattr("personalization.delivery.email_parts.render_html", crash)
    check(written)

    assert set(decisions(written).values()) == {"error"}
    monkeypatch.setattr("personalization.delivery.email_parts.render_html", render_html)
    assert len(unchecked_emails(written, BRAND, "spring")) == 2


def test_a_customer_s_e_mail_holds_the_own_values_escaped(written: Store) -> None:
    written.run("UPDATE customers SET first_name = 'Tom & Jo' WHERE customer_id = 'c000001'")

    email = emails.email_for(written, SETTINGS, "Loyal/A", customer_id="c1")

    assert "Dear Tom &amp; Jo,<br>" not in email.html
    assert "Dear Tom &amp; Jo," in email.html
    assert "Dear Tom & Jo," in email.text
    assert email.subject == "Tom & Jo, A for Loyal"


def test_e_mails_are_written_to_disk_to_be_looked_at(written: Store, tmp_path: Path) -> None:
    check(written)

    saved = emails.save_emails(
        written, SETTINGS, emails.messages_named(written, "spring", "Loyal/A"), tmp_path / "out",
        customer_id="c1",
    )  # fmt: skip

    assert saved[0].as_json() == {
        "variant_id": "Loyal/A",
        "files": ["01-Loyal-A.html", "01-Loyal-A.txt", "01-Loyal-A.eml"],
        "bytes": (tmp_path / "out" / "01-Loyal-A.html").stat().st_size,
        "decision": "pass",
        "faults": [],
    }
    assert "Dear Tom & Jo," in (tmp_path / "out" / "01-Loyal-A.txt").read_text("utf-8")


def test_all_messages_or_one_by_name_and_an_unknown_one_is_told(written: Store) -> None:
    assert len(emails.messages_named(written, "spring", "all")) == 2
    with pytest.raises(InputError, match=r"has no message 'Loyal/Z'\. It has: Loyal/A, Loyal/B"):
        emails.messages_named(written, "spring", "Loyal/Z")
    assert list(COMMANDS) == ["render"]


def test_a_preview_runs_nothing_and_loads_nothing() -> None:
    html = "<html><head></head><body><script>x()</script>\"'</body></html>"

    shown = framed(html, is_dark=False, size=PHONE, title='"><script>')

    assert shown.count("<iframe") == 1
    assert '<iframe sandbox="" ' in shown
    assert "<script>" not in shown
    assert "default-src &#x27;none&#x27;" in shown


def test_a_dark_preview_is_dark_on_every_screen_and_a_light_one_on_none() -> None:
    style = "@media (prefers-color-scheme: dark)"

    assert "@media all" in framed(style, is_dark=True, size=WIDE, title="")
    assert "@media not all" in framed(style, is_dark=False, size=WIDE, title="")
