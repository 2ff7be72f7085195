"""What is asked of a writer of skeletons, with the content that ships."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from personalization.content.corpus import read_corpus
from personalization.domain import Passage, Statement
from personalization.providers.outreach_frames import sms_footer
from personalization.providers.outreach_texts import SkeletonRequest

ROOT = Path(__file__).parents[2]
BRAND = "Hearth & Ribbon"
FOOTERS = {"sms": sms_footer("en-GB", BRAND), "cold_email": "Unsubscribe: https://x.example"}
LIMITS = {
    "cold_email": 20_000, "linkedin_note": 200, "linkedin_inmail": 1_900, "x_message": 280,
    "sms": 2, "video_script": 1_500, "call_snippet": 800,
}  # fmt: skip


@lru_cache(maxsize=1)
def _documents() -> list[Any]:
    documents, problems = read_corpus(ROOT / "content_corpus" / "outreach")
    assert problems == []
    return list(documents)


@lru_cache(maxsize=64)
def passages(locale: str, role: str) -> tuple[Passage, ...]:
    """Return what may be said to a role, what was written for it first."""
    found = [
        Passage(
            d.document_id, d.document_id, d.kind, d.title, d.body,
            tuple(
                Statement(
                    f"{d.document_id}@1#{s.local_id}", d.document_id, s.role, s.text, s.alternates,
                    tuple(f"{d.document_id}@1#{r}" for r in s.requires),
                )
                for s in d.sentences
            ),
            subject_lines=d.subject_lines, tags=d.tags, is_targeted=bool(d.segments),
        )
        for d in _documents()
        if d.locale == locale and (not d.segments or role in d.segments)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda p: (not p.is_targeted, p.document_id)))


def request(**changes: Any) -> SkeletonRequest:  # noqa: ANN401
    """Return a request for a short, professional cold e-mail to sales, but for ``changes``."""
    usual: dict[str, Any] = {
        "campaign_id": "c1", "role": "sales", "channel": "cold_email", "kind": "opening",
        "tone": "professional", "angle": "outcome", "length": "short", "brand_name": BRAND,
        "sender": "", "locale": "en-GB", "words": (25, 75), "seed": "c1",
    }  # fmt: skip
    told = usual | changes
    channel = told["channel"]
    told.setdefault("footer", FOOTERS.get(channel, ""))
    told.setdefault("limit", LIMITS[channel])
    told.setdefault("passages", passages(told["locale"], told["role"]))
    return SkeletonRequest(**told)
