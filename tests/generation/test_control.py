from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.domain import CONTROL, Passage, Statement
from personalization.generation import control_message, write_variants
from personalization.providers.composer import Composer
from tests.generation.campaigns import SETTINGS, add_document, fill

if TYPE_CHECKING:
    from personalization.store import Store

BODY = "Hello {{first_name|there}},\n\nThe shop has 40 shelves.\n\nYours, Fern & Fig"
TEXTS = {
    "control_subject": "News from Fern & Fig",
    "control_preheader": "What is on the 40 shelves.",
    "control_body": BODY,
    "control_cta": "Visit the shop",
}


def add_control(store: Store, locale: str = "en-GB", name: str = "control") -> None:
    statements = tuple(
        Statement(f"{name}@1#s{n}", name, role, text)
        for n, (role, text) in enumerate(TEXTS.items(), start=1)
    )
    passage = Passage(f"{name}@1#p1", name, "story", "Control", "x", statements, tags=("control",))
    add_document(store, passage, locale=locale)


def test_the_authored_text_is_the_control_word_for_word(store: Store) -> None:
    fill(store, ("Loyal",))
    add_control(store)

    control = control_message(store, SETTINGS, "c1")

    assert (control.subject, control.body) == (TEXTS["control_subject"], BODY)
    assert control.call_to_action == "Visit the shop"
    assert "https://fernfig.example/bye" in control.footer


def test_what_the_control_asserts_is_borne_out_by_its_own_document(store: Store) -> None:
    fill(store, ("Loyal",))
    add_control(store)

    write_variants(
        store, SETTINGS, "c1", actor="ann", writer=Composer(), only=frozenset({("Loyal", CONTROL)})
    )

    assert store.read("SELECT origin FROM variants") == [("human",)]
    assert store.read("""
        SELECT text, statement_id, decision FROM claims WHERE field IN ('preheader', 'body')
        ORDER BY position
    """) == [
        ("What is on the 40 shelves.", "control@1#s2", "pass"),
        ("The shop has 40 shelves.", "control@1#s3", "pass"),
    ]


def test_the_campaign_s_own_locale_comes_before_another_of_its_language(store: Store) -> None:
    fill(store, ("Loyal",))
    add_control(store, "en-US", "a-control")
    add_control(store)
    store.run("UPDATE statements SET text = 'Howdy from Fern & Fig' "
              "WHERE statement_id = 'a-control@1#s1'")  # fmt: skip

    assert control_message(store, SETTINGS, "c1").subject == "News from Fern & Fig"


def test_without_a_document_the_control_says_nothing_that_needs_a_source(store: Store) -> None:
    fill(store, ("Loyal",))
    add_control(store, "de-DE")

    control = control_message(store, SETTINGS, "c1")

    assert control.subject == "News from Fern & Fig"
    assert control.body.startswith("Hello {{first_name|there}},")
    assert "40" not in control.body


def test_a_withdrawn_control_is_not_used(store: Store) -> None:
    fill(store, ("Loyal",))
    add_control(store)
    store.run("UPDATE documents SET status = 'retired' WHERE document_id = 'control'")

    assert "40 shelves" not in control_message(store, SETTINGS, "c1").body
