"""How far the writing of an outreach campaign is, for who waits for it."""

from __future__ import annotations

from personalization.campaign.outreach_progress import WritingProgress
from personalization.jobs import Progress


def test_the_bar_fills_once_over_writing_and_screening_and_says_how_long_is_left() -> None:
    now, told = [0.0], list[tuple[int, int, str]]()
    job = Progress(lambda done, total, said: told.append((done, total, said)), lambda: False)
    way = WritingProgress(job, clock=lambda: now[0])

    way.writing.report(0, 360, "now the SMS for sales")
    now[0] = 40.0
    way.writing.report(180, 360, "now the e-mail for marketing")
    way.screening.report(0, 323, "")
    now[0] = 200.0
    way.screening.report(300, 323, "c_suite, friendly/outcome/short")

    assert [(done, total) for done, total, _ in told] == [
        (0, 1_000), (167, 1_000), (333, 1_000), (953, 1_000),  # 40 s are a sixth
    ]  # fmt: skip
    assert [said for *_, said in told] == [
        "0 of 360 texts written, now the SMS for sales",
        "180 of 360 texts written, now the e-mail for marketing, about 4 minutes left",
        "0 of 323 texts screened, about 2 minutes left",
        "300 of 323 texts screened, now those for top management, less than a minute left",
    ]
    assert not way.writing.is_cancelled()
