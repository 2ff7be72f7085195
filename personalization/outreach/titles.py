"""A job title read: role, department and level, how sure that is, and the rule that read it.

A title is parted into segments, of each the head says the level: "EA to the CEO" is an assistant,
"CRO & UX Specialist" is no chief.  What was, is to come or is only hoped for does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from personalization.domain import SENIORITIES
from personalization.outreach.title_jobs import (
    LEVEL_AND_DEPARTMENT,
    LEVEL_ONLY,
    OF_DEPARTMENT,
    SPELT_OUT,
    Job,
    Place,
    is_dropped,
    jobs_of,
)
from personalization.outreach.title_parts import Segment, has_cjk, segments_of
from personalization.outreach.title_signs import read_signs
from personalization.outreach.title_words import BY_ROOT, fold, title_vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.outreach.title_words import Word

CURRENT: Final = "current"
NOTHING: Final = "unknown"
_LONGEST: Final = 300  # letters: a profile's headline has 220
_MANY_UNKNOWN: Final = 4
_SIGNS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff66-\uff9f]+")
_BARE: Final = re.compile(r"^\W+|\W+$")


@dataclass(frozen=True, slots=True)
class TitleReading:
    """What a title says.

    Attributes:
        role: One of ``domain.ROLES``.
        function: The department; ``general`` for who runs the whole, ``other`` where none is named.
        seniority: One of ``domain.SENIORITIES``.
        confidence: 0 to 1; below 0.5 somebody should look at it.
        rule: Which rule decided, and on which words.
        standing: current, former, retired, student, seeking, aspiring or unknown.
    """

    role: str
    function: str
    seniority: str
    confidence: float
    rule: str
    standing: str = CURRENT


def read_title(
    title: str, *, company_kind: str = "", country: str = "", is_tiny: bool = False
) -> TitleReading:
    """Read a job title in any of the languages of ``titles.toml``.

    Args:
        title: As the file has it.
        company_kind: A word of ``routing.toml``: decides what CRO, CPO or VP mean there.
        country: ISO code; decides short forms such as GF and DG.
        is_tiny: The company has so few people that a head of something leads nobody.

    Example:
        >>> read_title("EA to the CEO").seniority, read_title("Vertriebsleiterin").role
        ('assistant', 'sales')
    """
    return _read(
        title.strip()[:_LONGEST], Place(_group_of(company_kind), company_kind, country, is_tiny)
    )


@lru_cache(maxsize=100_000)
def _read(title: str, place: Place) -> TitleReading:
    nothing = {fold(word) for word in title_vocabulary()["standing"]["none"]}
    if not title or _BARE.sub("", fold(title)) in nothing:
        return _none(NOTHING, "no title", 0.1)
    if has_cjk(title) and (found := read_signs(title)):
        level, function, rule, standing = found
        if standing != CURRENT:
            return _none(standing, rule)
        job = Job(level, (function,) if function else (), rule, "", 0.9)
        return _told(job if level and function else _with_latin(job, title, place))
    return _read_segments(segments_of(title, place.country), place)


def _with_latin(signs: Job, title: str, place: Place) -> Job:
    """Take from the Latin words what the signs leave unsaid: 営業 Manager, SREリード."""
    jobs = jobs_of(segments_of(_SIGNS.sub(" ", title), place.country), place)
    latin = _chosen([job for job in jobs if job.level] or jobs) if jobs else None
    functions = signs.functions or (latin.functions if latin else ())
    level = signs.level or (latin.level if latin else "")
    return replace(signs, level=level, functions=functions, confidence=0.8 if level else 0.6)


def _read_segments(segments: Sequence[Segment], place: Place) -> TitleReading:
    if word := _standing_of_all(segments):
        return _none(word.function, f"{word.function}: {word.text}")
    if jobs := jobs_of(segments, place):
        job = _chosen(jobs)
        if _is_of_studies(job) and (word := _student_of(segments[0])):
            return _none(word.function, f"{word.function}: {word.text}")
        return _told(_doubted(_fitted(job, place), segments))
    words = [word for segment in segments for word in segment.words if word.kind == "standing"]
    if words:
        return _none(words[0].function, f"{words[0].function}: {words[0].text}")
    return _none(NOTHING, "nothing known in it", 0.2)


def _doubted(job: Job, segments: Sequence[Segment]) -> Job:
    """Trust a word less that stands among many unknown ones, or is read by how it begins."""
    known = sum(len(segment.words) for segment in segments)
    unknown = sum(len(segment.unknown) for segment in segments)
    is_lost = unknown >= _MANY_UNKNOWN and unknown > known
    is_doubtful = is_lost or BY_ROOT in job.words
    return replace(job, confidence=min(job.confidence, 0.6)) if is_doubtful else job


def _none(standing: str, rule: str, confidence: float = 0.85) -> TitleReading:
    """Say that no job is held now, or that none can be read."""
    return TitleReading("other", "other", "unknown", confidence, rule, standing)


def _group_of(kind: str) -> str:
    groups = title_vocabulary()["company_groups"]
    return next((name for name, kinds in groups.items() if kind in kinds), "")


# Standing ------------------------------------------------------------------------------


def _standing_of_all(segments: Sequence[Segment]) -> Word | None:
    """Return a standing that holds for the whole title: seeking, or alone behind the jobs."""
    for segment in segments:
        for word in segment.words:
            if word.kind == "standing" and word.function == "seeking":
                return word
    for segment in segments[1:]:
        said = [word for word in segment.words if word.kind not in {"skip", "about"}]
        is_alone = len(said) == 1 and not segment.unknown and said[0].kind == "standing"
        if is_alone and said[0].function in {"retired", "former"}:
            return said[0]
    return None


def _is_of_studies(job: Job) -> bool:
    """Tell a job that students hold beside their studies: an assistant's, a teaching fellow's."""
    return job.kind == "assistant" or job.words in title_vocabulary()["words"]["of_students"]


def _student_of(segment: Segment) -> Word | None:
    """Return the word that says a student, whose job is part of the studies."""
    if not is_dropped(segment):
        return None
    return next((word for word in segment.words if word.function == "student"), None)


# The one that counts -------------------------------------------------------------------


def _chosen(jobs: Sequence[Job]) -> Job:
    """Take the highest job that is a work by itself; a founder's office says what they do."""
    working = [job for job in jobs if job.kind not in {"board", "advice"}] or list(jobs)
    order = [*SENIORITIES[:-1], ""]
    best = min(working, key=lambda job: order.index(job.level))
    if best.level == "director" and not best.functions and jobs[-1].kind == "assistant":
        return jobs[-1]  # "Director of First Impressions (Receptionist)"
    if best.level != "c_level":
        lent = next((job.functions for job in working if job.functions), ())
        is_whole = best.functions or best.level == "assistant"
        return best if is_whole else replace(best, functions=lent)
    tops = [job for job in working if job.level == "c_level"]
    if spelt := next((job for job in tops if job.rule == SPELT_OUT), None):
        tops = [job for job in tops if job.kind != "chief" or job is spelt]
    for kind in ("top", "chief", "founder"):
        if found := [job for job in tops if job.kind == kind]:
            return _with_office(found[0], working)
    return best


def _with_office(top: Job, jobs: Sequence[Job]) -> Job:
    """Give a member of a board the department of the office named beside it."""
    members = {fold(text) for text in title_vocabulary()["top"]["members"]}
    office = next((job.functions[:1] for job in jobs if job is not top and job.functions), ())
    is_office = top.words in members and office not in {(), ("general",)}
    return replace(top, functions=office, rule=OF_DEPARTMENT) if is_office else top


def _fitted(job: Job, held: Place) -> Job:
    """Weigh a level by the company: grades of banks, charities, companies of a few people."""
    graded = title_vocabulary()["graded_companies"]
    is_graded = held.group in graded["groups"] or held.kind in graded["kinds"]
    if is_graded and job.level == "vp":
        is_high = any(word in job.words for word in ("senior", "executive", "svp", "evp"))
        level = "director" if is_high else "manager"
        return replace(job, level=level, rule=_GRADE, confidence=0.85)
    if held.group == "investment" and job.rule == OF_DEPARTMENT:
        rule = "managing director is a grade here"
        return replace(job, level="director", rule=rule, confidence=0.7)
    if job.level != "director":
        return job
    if _runs_it(job, held):
        return replace(job, level="c_level", functions=("general",), confidence=0.75,
                       rule="the director of so small a company runs it")  # fmt: skip
    if held.is_tiny:
        return replace(job, level="manager", confidence=0.75,
                       rule="a head in a company of a few leads nobody")  # fmt: skip
    return job


def _runs_it(job: Job, held: Place) -> bool:
    """Tell whether a director without a department runs the whole: tiny firms, charities, Dutch."""
    if held.kind == "nonprofit" and "executive" in job.words:
        return True
    if job.functions or "prokurist" in job.words:
        return False
    return held.is_tiny or (held.country in {"NL", "BE"} and "directeur" in job.words)


_GRADE: Final = "vice president is a grade here"
_ROLES: Final = {"partnerships": "sales", "legal": "other", "medical": "other", "general": "other"}


def _told(job: Job) -> TitleReading:
    function = job.functions[0] if job.functions else ""
    if not function:
        is_high = job.level in {"c_level", "vp", "director"} or job.rule == _GRADE
        learns = job.words.split(", ")[0] in title_vocabulary()["words"]["learners"]
        low = "operations" if job.level == "assistant" and not learns else "other"
        function = "general" if is_high else low
    role = "c_suite" if job.level == "c_level" else _ROLES.get(function, function)
    sure = job.confidence - 0.1 * (len(set(job.functions)) > 1)
    rule = LEVEL_AND_DEPARTMENT if job.rule == LEVEL_ONLY and job.functions else job.rule
    rule = f"{rule}: {job.words}" if job.words else rule
    return TitleReading(role, function, job.level or "unknown", round(sure, 2), rule)
