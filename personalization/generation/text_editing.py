"""Editing a product text by hand: a new version, held to the same sources as the one before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from personalization.domain import (
    FACT_TAG,
    Message,
    Statement,
    clean_message,
    merge_tags,
    refuse_tags_for_others,
)
from personalization.errors import InputError
from personalization.generation.grounding import ground
from personalization.generation.quoting import sources_of_version
from personalization.generation.recording import current_variant, keep_version
from personalization.generation.writing import refuse_if_changed
from personalization.providers.frames import built_in_frames
from personalization.providers.product_facts import frames_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from personalization.domain import Variant
    from personalization.providers.protocols import GroundednessChecker
    from personalization.store import Store

# Whatever stands in the documents that the version before cites, as they read now.
_SOURCES: Final = """
    SELECT DISTINCT statements.statement_id, statements.document_id, statements.role,
           statements.text, statements.alternates
    FROM quoted_statements AS quoted
    JOIN statements AS cited ON cited.statement_id = quoted.statement_id
    JOIN current_documents AS documents ON documents.document_id = cited.document_id
    JOIN statements ON statements.document_id = documents.document_id
                   AND statements.version = documents.version
    WHERE quoted.variant_id = $variant_id AND quoted.version = $version
      AND documents.status = 'approved'
    ORDER BY statements.statement_id
"""


def edit_text(
    store: Store,
    variant_id: str,
    texts: dict[str, str],
    *,
    seen_version: int,
    brand: str,
    actor: str,
    checker: GroundednessChecker | None = None,
    lines: Iterable[tuple[str, str]] = (),
    is_for_prospects: bool = False,
) -> int:
    """Keep an edited text as a new version, and return its number.

    It is held to the documents that the version before cites, as they read now, and starts at
    screening and approval again.

    Args:
        store: Reads ``variants`` and ``statements``; writes ``variants``, ``claims``,
            ``variant_sources`` and the audit row.
        variant_id: Which text.
        texts: The fields that are to be different, by name; the others stay.
        seen_version: The version that the editor started from.
        brand: The sender's name, which needs no source.
        actor: Who edited it.
        checker: Gives a second opinion on what the rules let pass.
        lines: (role, words) of courtesies that need no source beside the product's own.
        is_for_prospects: Whose fields it may hold: those of prospects or those of customers.

    Raises:
        InputError: There is no such text, nothing was changed, the text is empty, or a field of it
            cannot be filled.
        StateError: Somebody else changed it in the meantime.
    """
    before = current_variant(store, variant_id)
    if before is None:
        raise InputError(f"There is no text {variant_id!r}. The Product texts page lists them.")
    refuse_if_changed(store, variant_id, seen_version)
    edited = clean_message(replace(before.message, **texts))
    if edited == before.message:
        raise InputError("Nothing was changed, so the text stays as it is.")
    if not edited.body:
        raise InputError("The text is empty. Write one, or leave the one that is there.")
    refuse_unfillable(edited, is_for_prospects=is_for_prospects)
    after = replace(
        before, version=before.version + 1, message=edited, origin="human",
        provenance=(("edited_from", f"{variant_id}@{before.version}"), ("model", before.origin)),
    )  # fmt: skip
    claims = ground(
        edited, (*_statements(store, before, brand), *courtesies(lines)), brand=brand,
        locale=before.locale, checker=checker,
    )  # fmt: skip
    with store.transaction():
        refuse_if_changed(store, variant_id, seen_version)
        quoted = sources_of_version(store, variant_id, before.version)
        now = [row["statement_id"] for row in _rows(store, before)]
        keep_version(store, after, claims, "text.edited", actor=actor, offered=[*quoted, *now])
    return after.version


def refuse_unfillable(message: Message, *, is_for_prospects: bool = False) -> None:
    """Raise InputError for a field that nobody can fill; link and footer have none."""
    example = "{{prospect.first_name|there}}" if is_for_prospects else "{{first_name|there}}"
    for name, text in message.fields():
        tags = merge_tags(text)
        refuse_tags_for_others(text, is_for_prospects=is_for_prospects)
        if tags and name in {"link", "footer"}:
            raise InputError(f"{tags[0].token} cannot stand in the {name}. Take it out there.")
        rest = text
        for tag in tags:
            rest = rest.replace(tag.token, "")
        if "{{" in rest or "}}" in rest:
            raise InputError(
                f"There are braces that are no field. Write fields as {example} or "
                f"{FACT_TAG if is_for_prospects else '{{product_1.name}}'}."
            )


def _rows(store: Store, before: Variant) -> list[dict[str, str]]:
    return store.records(_SOURCES, variant_id=before.variant_id, version=before.version)


def _statements(store: Store, before: Variant, brand: str) -> tuple[Statement, ...]:
    sources = (
        Statement(
            row["statement_id"], row["document_id"], row["role"], row["text"],
            tuple(json.loads(row["alternates"])),
        )
        for row in _rows(store, before)
    )  # fmt: skip
    own = (
        Statement(f"frame {number}", "built-in", role, text)
        for number, (role, text) in enumerate(frames_in(before.locale, brand), start=1)
    )
    frames = built_in_frames(before.locale, brand)
    built_in = (Statement(f.name, "built-in", role, f.text) for role, f in frames)
    return (*sources, *own, *built_in)


def courtesies(lines: Iterable[tuple[str, str]]) -> list[Statement]:
    """Return (role, words) as statements of the product's own, which assert nothing."""
    return [
        Statement(f"line {number}", "built-in", role, text)
        for number, (role, text) in enumerate(lines, start=1)
    ]
