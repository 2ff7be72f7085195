"""The jobs that a title names: a segment's head says the level, all of it the department."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from personalization.outreach.title_heads import (
    functions_of,
    head_of,
    is_department,
    with_ranks,
)
from personalization.outreach.title_parts import STRONG, Segment
from personalization.outreach.title_words import fold, title_vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.outreach.title_words import Word


@dataclass(frozen=True, slots=True)
class Place:
    """Where a title is held: what the company is, and how small."""

    group: str
    kind: str
    country: str
    is_tiny: bool


@dataclass(frozen=True, slots=True)
class Job:
    """One job that a title names, while it is read.

    Attributes:
        level: One of ``domain.SENIORITIES``; '' where the segment names a department only.
        functions: Departments, the one that decides first.
        rule: Which rule read it.
        words: On which words it rests.
        confidence: 0 to 1.
        kind: level, top, founder, chief, assistant, board or advice.
    """

    level: str
    functions: tuple[str, ...]
    rule: str
    words: str
    confidence: float
    kind: str = "level"


def jobs_of(segments: Sequence[Segment], held: Place) -> list[Job]:
    """Read the segments one after the other; what lacks a level or a department lends it."""
    jobs: list[Job] = []
    pending: list[Job] = []
    is_over = False
    for place, segment in enumerate(segments):
        if is_dropped(segment):
            is_over, pending = True, []
            continue
        job = _job(segment, segments[place + 1 : place + 2], held)
        if job is None:
            continue
        if not job.level:
            if is_over and segment.sign != STRONG:
                continue
            is_near = segment.sign != STRONG or (jobs and _takes_department(jobs[-1]))
            if jobs and not is_over and (not jobs[-1].functions or is_near):
                jobs[-1] = _joined(jobs[-1], job, segment.sign)
            else:
                pending.append(job)
            continue
        if pending and (segment.sign != STRONG or not job.functions):
            front = tuple(f for p in pending for f in p.functions)
            job = replace(job, functions=(*front, *job.functions))
            pending = []
        jobs.append(job)
        is_over = False
    return jobs or pending


def _is_whom_one_serves(words: Sequence[Word]) -> bool:
    listed = title_vocabulary()["words"]
    are_chiefs = any(w.kind in {"top", "chief"} for w in words[1:])
    first = words[0].text
    return first in listed["serves"] or (are_chiefs and first in listed["serves_a_chief"])


def _takes_department(job: Job) -> bool:
    """Tell whether who runs the company may run a part of it: managing director, sales."""
    parts = {fold(text) for text in title_vocabulary()["top"]["with_department"]}
    return job.kind == "top" and job.words in parts


def _joined(job: Job, more: Job, sign: str) -> Job:
    said = f"{job.words}, {more.words}"
    if job.kind == "chief" and job.words in _AMBIGUOUS and sign not in {"&", "/"}:
        first = (*more.functions, *job.functions)
        return replace(job, functions=first, words=said, rule=_SPELT_CHIEF)
    if job.kind in {"top", "founder"}:
        if not _takes_department(job) or not more.functions:
            return job
        return Job("c_level", more.functions[:1], OF_DEPARTMENT, said, 0.85, "chief")
    functions = (*job.functions, *more.functions)
    sure = max(job.confidence, 0.9) if functions else job.confidence
    return replace(job, functions=functions, words=said, confidence=sure)


OF_DEPARTMENT: Final = "board member for a department"
_SPELT_CHIEF: Final = "chief, of the department beside the letters"


def _job(segment: Segment, following: Sequence[Segment], held: Place) -> Job | None:
    """Read one segment: its head says the level, all of it the department."""
    words = [w for w in with_ranks(segment.words) if w.kind not in {"skip", "company", "standing"}]
    if not any(w.kind != "about" for w in words) or _is_whom_one_serves(words):
        return None
    at = next((i for i, w in enumerate(words) if w.kind == "about" and i), len(words))
    left = [w for w in words[:at] if w.kind != "about"]
    right = [w for w in words[at:] if w.kind != "about"]
    if not any(w.level for w in left) and not any(is_department(w) for w in left):
        left, right = [*left, *right], []
    if partner := _partner(left, held):
        return partner
    head = head_of(left) or (head_of(right) if not any(is_department(w) for w in left) else None)
    if head is None:
        return _department_only([*left, *right], held.country)
    rest = [w for w in [*left, *right] if w is not head]
    said = ", ".join(w.text for w in [head, *rest][:4])
    functions = functions_of([head, *rest] if head.kind == "occupation" else rest)
    if head.kind == "chief":
        return _chief(head, functions, following, held.group, said)
    return _of_head(head, left, rest, functions, said)


def _department_only(words: Sequence[Word], country: str) -> Job:
    """Read a segment without a level; in some languages a department's name is an occupation."""
    jobs = set(title_vocabulary()["words"]["also_a_job"])
    is_job = country not in _ENGLISH and len(words) == 1 and words[0].text in jobs
    does_it = title_vocabulary()["words"]["does_the_work"]
    is_job |= words[0].function != "operations" and words[-1].text in does_it
    said = ", ".join(w.text for w in words)
    return Job("ic" if is_job else "", functions_of(words), "department only", said, 0.6)


_ENGLISH: Final = frozenset(("GB", "US", "IE", "AU", "NZ"))


def _partner(left: Sequence[Word], held: Place) -> Job | None:
    """Read "Partner" as an owner where it is the head, and as a department before another head."""
    if not left or left[-1].text != "partner" or any(w.level for w in left):
        return None
    if len(left) == 1:
        sure = 0.85 if held.kind in {"law_firm", "agency", "consultancy", "accounting"} else 0.6
        return Job("c_level", ("general",), "partner is an owner", "partner", sure, "top")
    if held.group in {"services", "investment"}:
        said = " ".join(w.text for w in left)
        return Job("c_level", ("general",), "partner is an owner", said, 0.7, "top")
    return Job("ic", functions_of(left[:-1]), "partner of a department", left[0].text, 0.6)


def _of_head(
    head: Word,
    left: Sequence[Word],
    rest: Sequence[Word],
    functions: tuple[str, ...],
    said: str,
) -> Job:
    if head.kind in {"assistant", "prefix_assistant"}:
        is_theirs = any(w.level in {"c_level", "vp", "director", "manager"} for w in rest)
        theirs = ("operations",) if is_theirs else functions
        return Job("assistant", theirs, "assistant", said, 0.9, "assistant")
    if head.kind == "chief_word":
        worded = functions_of([w for w in rest if w.kind != "occupation"]) or functions
        return Job("c_level", worded[:1] or ("general",), SPELT_OUT, said, 0.95, "chief")
    administers = head.text in title_vocabulary()["words"]["administers"] and functions
    if head.kind in {"top", "board"} and not _is_owned(head, left) and not administers:
        return _top(head, functions, said)
    if administers and not _is_owned(head, left):
        return Job("ic", functions, LEVEL_AND_DEPARTMENT, said, 0.7)
    if head.kind == "responsible":
        small = {fold(text) for text in title_vocabulary()["words"]["no_department"]}
        leads = bool(functions) and not any(w.text in small for w in rest)
        return Job("director" if leads else "manager", functions, "responsible for", said, 0.8)
    return _of_level(head, left, rest, functions, said)


def _of_level(
    head: Word,
    left: Sequence[Word],
    rest: Sequence[Word],
    functions: tuple[str, ...],
    said: str,
) -> Job:
    if head.kind == "advice":
        return Job("ic", functions, _rule_of(functions), said, 0.5, "advice")
    if _is_owned(head, left):
        return Job("ic", functions or ("operations",), "owner of a process", said, 0.8)
    heads = set(title_vocabulary()["words"]["heads_a_trade"])
    if head.kind == "occupation" and head.level == "ic" and any(w.text in heads for w in left):
        return Job("manager", functions, "head of a trade", said, 0.7)
    areas = set(title_vocabulary()["words"]["areas"])
    if head.text == "leiter" and any(w.text in areas for w in rest):
        return Job("manager", functions, "head of an area", said, 0.8)
    if any(w.text == "cro" for w in left) or (not functions and any(w.text == "cro" for w in rest)):
        functions = ("marketing", *functions)
    alone = set(title_vocabulary()["words"]["independent"])
    serves = any(w.kind == "top" and w.text not in alone for w in rest)
    if head.level == "ic" and not functions and serves:
        return Job("ic", ("operations",), "works for who runs the company", said, 0.7)
    return Job(head.level, functions, _rule_of(functions), said, 0.9 if functions else 0.6)


def _rule_of(functions: Sequence[str]) -> str:
    return LEVEL_AND_DEPARTMENT if functions else LEVEL_ONLY


LEVEL_AND_DEPARTMENT: Final = "level and department"
LEVEL_ONLY: Final = "level only"
SPELT_OUT: Final = "chief officer"


def _is_owned(head: Word, left: Sequence[Word]) -> bool:
    """Tell the owner of a process from the owner of the company."""
    owned = set(title_vocabulary()["words"]["owned"])
    return head.text == "owner" and any(w.text in owned for w in left)


def _chief(
    head: Word,
    functions: tuple[str, ...],
    following: Sequence[Segment],
    group: str,
    said: str,
) -> Job:
    """Read a chief's letters by the company; CRO beside a specialist is conversion rates."""
    by_company = title_vocabulary()["chiefs_by_company"].get(group, {})
    if head.text == "cro" and (functions or _is_conversion(following)):
        return Job("", ("marketing",), "CRO is conversion rate optimisation", said, 0.8)
    if head.text in by_company:
        return Job("c_level", (by_company[head.text],), f"chief: {head.text} of {group}", said,
                    0.85, "chief")  # fmt: skip
    sure = 0.75 if head.text in _AMBIGUOUS else 0.95
    return Job("c_level", (head.function,), "chief by letters", said, sure, "chief")


_AMBIGUOUS: Final = frozenset(("cro", "cpo", "cso", "cco", "cao", "clo", "cdo"))


def _is_conversion(following: Sequence[Segment]) -> bool:
    """Tell whether what follows CRO is a marketer's or designer's work below a chief's."""
    if not following or following[0].sign not in {"&", "/"}:
        return False
    words = [w for w in following[0].words if w.kind not in {"skip", "about"}]
    heads = [w for w in words if w.level]
    is_near = any(w.function in {"marketing", "product"} for w in words)
    return is_near and all(w.level in {"ic", "manager"} for w in heads) and (
        not heads or not words[0].level or words[0].kind == "occupation"
    )  # fmt: skip


def _top(head: Word, functions: tuple[str, ...], said: str) -> Job:
    if head.kind == "board":
        return Job("c_level", ("general",), "board", said, 0.6, "board")
    listed = title_vocabulary()["top"]
    if head.text in {fold(text) for text in listed["with_department"]} and functions:
        return Job("c_level", functions[:1], OF_DEPARTMENT, said, 0.9, "chief")
    founds = head.text in {fold(text) for text in listed["founders"]}
    kind = "founder" if founds else "top"
    return Job("c_level", ("general",), "runs the company", said, 0.95, kind)


def is_dropped(segment: Segment) -> bool:
    """Tell whether a segment names a job that is over, to come or a student's."""
    theirs = set(title_vocabulary()["words"]["of_students"])
    for place, word in enumerate(segment.words):
        if word.kind != "standing":
            continue
        if word.function != "student":
            return True
        after = [w for w in segment.words[place + 1 :] if w.kind != "skip"]
        is_theirs = bool(after) and after[0].kind not in {"about", "company", "standing"}
        is_named = word.text.startswith(("student", "estudiant", "etudiant")) and any(
            w.level and w.kind != "assistant" and w.text not in theirs for w in after
        )
        if not (is_theirs and is_named) and not _serves_students(segment, place):
            return True
    return False


def _serves_students(segment: Segment, place: int) -> bool:
    """Tell "Director of Student Affairs" from a student."""
    before = segment.words[:place]
    return any(w.kind == "about" for w in before) and any(
        w.level in {"director", "vp", "manager", "c_level"} for w in before
    )
