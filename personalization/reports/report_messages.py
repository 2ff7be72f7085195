"""The section of the report that prints every text, with what bears out its claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalization.reports import report_words as words
from personalization.reports.report_html import Html, badge, joined, paragraph, section, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.reports.report_facts import Facts


def messages(found: Facts) -> Html:
    """Print every text as it was sent, with what bears out its claims."""
    claims: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for claim in found.claims:
        claims.setdefault((claim["variant_id"], claim["version"]), []).append(claim)
    if not found.messages:
        return section("The messages", paragraph("No message has been written yet."))
    return section(
        "The messages",
        paragraph("Fields such as {{first_name|there}} are filled for each customer.", "note"),
        *(
            _message(row, claims.get((row["variant_id"], row["version"]), []), found.mark)
            for row in found.messages
        ),
        mark=found.mark,
    )


def _message(row: Mapping[str, Any], claims: Sequence[Mapping[str, Any]], mark: str) -> Html:
    sent = f"{row['recipients']:,} recipients" if row["recipients"] else "not sent"
    cited = [
        (
            claim["text"],
            claim["source_text"] or "Nothing was cited",
            claim["title"],
            claim["statement_id"],
        )
        for claim in claims
    ]
    sources = (
        table(
            "What its claims rest on", ("Claim", "Approved words", "Document", "Statement"), cited
        )
        if cited
        else ""
    )
    heading = joined([f"{row['segment']}: {words.arm(row['arm'])}"])
    parts = (
        paragraph(row["subject"], "subject"),
        paragraph(row["preheader"], "note"),
        paragraph(row["body"]),
        paragraph(f"{row['call_to_action']} → {row['link']}"),
        paragraph(row["footer"], "footer"),
    )
    label = badge(f"{mark}, {sent}" if mark else sent, "mark" if mark else "")
    return Html(
        f'<h3>{heading} {label}</h3><div class="message">{joined(parts)}</div>'
        f"{paragraph(_cleared(row), 'note')}{sources}"
    )


def _cleared(row: Mapping[str, Any]) -> str:
    screening = (
        f"Screened by {row['engine']} {row['engine_version']} under policy "
        f"{row['policy_version']}: {row['screening']}."
        if row["screening"]
        else "Not screened."
    )
    approval = (
        f"{row['approval'].replace('_', ' ').capitalize()} by {row['approved_by']} on "
        f"{words.day(row['decided_at'])}"
        f"{', who also wrote it or was alone' if row['is_self_approved'] else ''}."
        if row["approval"]
        else "Not reviewed."
    )
    fingerprint = row["content_sha256"][:16]
    return f"{screening} {approval} Version {row['version']}, fingerprint {fingerprint}."
