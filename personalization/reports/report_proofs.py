"""The end of the report: how it was worked out, what was screened, and what the trail says."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from personalization.reports import report_words as words
from personalization.reports.method_notes import notes_for, recorded
from personalization.reports.report_html import Html, facts, paragraph, section, table
from personalization.reports.result_files import STATEMENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from personalization.reports.report_facts import Facts

_TEXTS = ("subject", "preheader", "body", "call_to_action", "link", "footer")


def method(found: Facts) -> Html:
    """Say how the figures came about, with the source of every formula and the statement."""
    notes = notes_for(found.results, has_attributes=bool(found.attributes), is_early=found.is_early)
    return section(
        "How this was worked out",
        paragraph(
            "Customers were drawn to the arms by md5 of a salt and their id, within their segment, "
            "so anybody can work the draw out again. They are analysed as assigned and sent: who "
            "did not respond counts as zero. Every figure follows from counts, means and variances "
            "alone; those come from one statement, which can be opened below on the screen."
        ),
        table(
            "Methods and their sources", ("For", "How", "Source"),
            [(note.what, note.how, note.source) for note in notes], mark=found.mark,
        ),
        paragraph(f"As recorded with the results: {recorded(found.results)}.", "note")
        if found.results
        else "",
        Html(
            "<details><summary>The statement that reads the customers</summary>"
            f"<pre>{escape(STATEMENT.strip())}</pre></details>"
        ),
        mark=found.mark,
    )  # fmt: skip


def coverage(found: Facts) -> Html:
    """Count the sendable strings and those that were screened and passed; never of nothing."""
    total = sum(_n_strings(row) for row in found.messages)
    passed = sum(_n_strings(row) for row in found.messages if _has_passed(row))
    share = f"{passed / total:.0%}" if total else "nothing to send"
    policies = sorted({str(row["policy_version"] or "none") for row in found.messages})
    pairs = [
        ("Sendable strings", f"{total:,}"),
        ("Screened and passed", f"{passed:,} ({share})"),
        ("Policies", ", ".join(policies)),
    ]
    if found.export:
        certificate = found.export.manifest["coverage"]
        pairs += [
            (
                "Exported",
                f"{found.export.recipients:,} recipients, export {found.export.export_id}",
            ),
            ("Exported texts", ", ".join(sha[:16] for sha in certificate["exported"])),
            ("Not covered", ", ".join(certificate["uncovered"]) or "none"),
            ("Manifest", found.export.manifest_sha256),
        ]
    return section("What was screened", facts(pairs), mark=found.mark)


def _n_strings(row: Mapping[str, Any]) -> int:
    return sum(bool(row[name]) for name in _TEXTS)


def _has_passed(row: Mapping[str, Any]) -> bool:
    is_clean = row["screening"] in ("pass", "warn") or (
        row["screening"] == "review" and row["approval"] == "approved" and bool(row["note"])
    )
    return is_clean and (row["n_strings"] or 0) >= _n_strings(row)


def trail(found: Facts) -> Html:
    """Show the head of the audit chain and the campaign's newest rows."""
    broken = f"BROKEN at row {found.chain.first_broken}"
    pairs = [
        ("Chain", "whole: every row fits the one before it" if found.chain.is_whole else broken),
        ("Rows", f"{found.chain.n_rows:,}"),
        ("Head", found.chain.head),
        ("Read on", words.moment(found.read_at)),
    ]
    rows = [
        (
            row["seq"],
            row["happened_at"][:19].replace("T", " "),
            row["kind"],
            row["actor"],
            row["ref"],
        )
        for row in found.trail
    ]
    return section(
        "Audit trail",
        facts(pairs),
        table(
            "The newest entries of this campaign, times in UTC",
            ("No.#", "When", "What", "Who", "Of what"),
            rows,
            mark=found.mark,
        ),
        mark=found.mark,
    )
