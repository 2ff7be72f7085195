"""Recommendations handed over as files, and held against what customers then bought."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from personalization.recommendation import evaluating, handing_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.jobs import JobRunner, Progress
    from personalization.settings import Settings
    from personalization.store import Store


def hand_over_recommendations(
    store: Store,
    settings: Settings,
    run_id: str,
    *,
    formats: Sequence[str] = handing_over.FORMATS,
    actor: str,
) -> handing_over.HandOver:
    """Write a run's files into the folder of exports, where e-mail tools and the CRM fetch them.

    Every hand-over has a folder of its own, because the catalogue, the rules and who objected may
    have changed since the last one.
    """
    moment = store.now().strftime("%Y%m%d-%H%M%S-%f")
    folder = Path(settings.delivery.folder) / f"recommendations-{run_id[:12]}-{moment}"
    return handing_over.hand_over_run(store, run_id, folder, formats=formats, actor=actor)


def archive_of_hand_over(handed: handing_over.HandOver) -> bytes:
    """Return the files of a hand-over and their manifest as one ZIP."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(handed.folder.iterdir()):
            archive.write(path, path.name)
    return packed.getvalue()


def start_evaluating(jobs: JobRunner, store: Store, dataset_id: str, *, actor: str) -> str:
    """Start measuring the strategies on what was bought as a job of the base; return its id."""

    def work(progress: Progress) -> str:
        found = evaluating.evaluate(store, dataset_id, report=progress.report)
        evaluating.keep_evaluation(store, found, actor=actor)
        return f"Measured on {found.customers:,} customers."

    return jobs.submit(dataset_id, "evaluate", work)
