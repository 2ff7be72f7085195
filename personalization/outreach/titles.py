"""A job title read: role, department and level, how sure that is, and the rule that read it.

A title is parted into segments, of each the head says the level: "EA to the CEO" is an assistant,
"CRO & UX Specialist" is no chief.  What was, is to come or is only hoped for does not count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from personalization.domain import SENIORITIES
from personalization.outreach.title_parts import STRONG, Segment, has_cjk, segments_of
from personalization.outreach.title_signs import read_signs
from personalization.outreach.title_words import Word, fold, title_vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

CURRENT: Final = "current"
NOTHING: Final = "unknown"


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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a title is held: what the company is, and how small."""

    group: str
    kind: str
    country: str
    is_tiny: bool


@dataclass(frozen=True, slots=True)
class _Job:
    """One job that a title names, while it is read."""

    level: str
    functions: tuple[str, ...]
    rule: str
    words: str
    confidence: float
    kind: str = "level"


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
    return _read(title.strip(), _Place(_group_of(company_kind), company_kind, country, is_tiny))


@lru_cache(maxsize=100_000)
def _read(title: str, place: _Place) -> TitleReading:
    nothing = {fold(word) for word in title_vocabulary()["standing"]["none"]}
    if not title or fold(title) in nothing:
        return TitleReading("other", "other", "unknown", 0.1, "no title", NOTHING)
    if has_cjk(title) and (found := read_signs(title)):
        level, function, rule, standing = found
        if standing != CURRENT:
            return TitleReading("other", "other", "unknown", 0.85, rule, standing)
        return _told(_Job(level, (function,) if function else (), rule, "", 0.9))
    segments = segments_of(title, place.country)
    if standing := _standing_of_all(segments):
        return TitleReading("other", "other", "unknown", 0.85, f"{standing[0]}: {standing[1]}",
                            standing[0])  # fmt: skip
    jobs = _jobs(segments, place)
    if not jobs:
        dropped = [w for s in segments for w in s.words if w.kind == "standing"]
        if dropped:
            word = dropped[0]
            return TitleReading("other", "other", "unknown", 0.85, f"{word.function}: {word.text}",
                                word.function)  # fmt: skip
        return TitleReading("other", "other", "unknown", 0.2, "nothing known in it", NOTHING)
    return _told(_fitted(_chosen(jobs), place))


def _group_of(kind: str) -> str:
    groups = title_vocabulary()["company_groups"]
    return next((name for name, kinds in groups.items() if kind in kinds), "")


# Standing ------------------------------------------------------------------------------


def _standing_of_all(segments: Sequence[Segment]) -> tuple[str, str] | None:
    """Return a standing that holds for the whole title: seeking, or alone behind the jobs."""
    for segment in segments:
        for word in segment.words:
            if word.kind == "standing" and word.function == "seeking":
                return "seeking", word.text
    for segment in segments[1:]:
        said = [word for word in segment.words if word.kind not in {"skip", "about"}]
        if len(said) == 1 and not segment.unknown and said[0].kind == "standing":
            if said[0].function in {"retired", "former"}:
                return said[0].function, said[0].text
    return None


def _is_dropped(segment: Segment) -> bool:
    """Tell whether a segment names a job that is over, to come or a student's."""
    for place, word in enumerate(segment.words):
        if word.kind != "standing":
            continue
        if word.function != "student":
            return True
        after = [w for w in segment.words[place + 1 :] if w.kind != "skip"]
        is_theirs = bool(after) and after[0].kind not in {"about", "company", "standing"}
        is_named = word.text.startswith(("student", "estudiant", "etudiant")) and any(
            w.level for w in after
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


# Jobs ----------------------------------------------------------------------------------


def _jobs(segments: Sequence[Segment], held: _Place) -> list[_Job]:
    """Read the segments one after the other; what lacks a level or a department lends it."""
    jobs: list[_Job] = []
    pending: list[_Job] = []
    is_over = False
    for place, segment in enumerate(segments):
        if _is_dropped(segment):
            is_over, pending = True, []
            continue
        job = _job(segment, segments[place + 1 : place + 2], held)
        if job is None:
            continue
        if not job.level:
            if is_over and segment.sign != STRONG:
                continue
            if jobs and not is_over and (not jobs[-1].functions or segment.sign != STRONG):
                jobs[-1] = _joined(jobs[-1], job)
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


def _joined(job: _Job, more: _Job) -> _Job:
    said = f"{job.words}, {more.words}"
    if job.kind in {"top", "founder"}:
        parts = {fold(text) for text in title_vocabulary()["top"]["with_department"]}
        if job.words not in parts or not more.functions:
            return job
        return _Job("c_level", more.functions[:1], _OF_DEPARTMENT, said, 0.85, "chief")
    functions = (*job.functions, *more.functions)
    sure = max(job.confidence, 0.9) if functions else job.confidence
    return replace(job, functions=functions, words=said, confidence=sure)


_OF_DEPARTMENT: Final = "board member for a department"


def _job(segment: Segment, following: Sequence[Segment], held: _Place) -> _Job | None:
    """Read one segment: its head says the level, all of it the department."""
    words = [w for w in segment.words if w.kind not in {"skip", "company", "standing"}]
    if not any(w.kind != "about" for w in words):
        return None
    at = next((i for i, w in enumerate(words) if w.kind == "about" and i), len(words))
    left = [w for w in words[:at] if w.kind != "about"]
    right = [w for w in words[at:] if w.kind != "about"]
    if not any(w.level for w in left) and not any(_is_department(w) for w in left):
        left, right = [*left, *right], []
    if partner := _partner(left, held):
        return partner
    head = _head(left) or (_head(right) if not any(_is_department(w) for w in left) else None)
    if head is None:
        return _department_only([*left, *right], held.country)
    rest = [w for w in [*left, *right] if w is not head]
    said = ", ".join(w.text for w in [head, *rest][:4])
    functions = _functions([head, *rest] if head.kind == "occupation" else rest)
    if head.kind == "chief":
        return _chief(head, functions, following, held.group, said)
    return _of_head(head, left, rest, functions, said)


def _department_only(words: Sequence[Word], country: str) -> _Job:
    """Read a segment without a level; in some languages a department's name is an occupation."""
    jobs = set(title_vocabulary()["words"]["also_a_job"])
    is_job = country not in _ENGLISH and len(words) == 1 and words[0].text in jobs
    said = ", ".join(w.text for w in words)
    return _Job("ic" if is_job else "", _functions(words), "department only", said, 0.6)


_ENGLISH: Final = frozenset(("GB", "US", "IE", "AU", "NZ"))


def _is_department(word: Word) -> bool:
    return word.kind in {"function", "weak"}


def _head(words: Sequence[Word]) -> Word | None:
    """Return the word that says the level: an assistant first, else the last one."""
    leveled = [w for w in words if w.level]
    if not leveled:
        return None
    for word in leveled:
        if word.kind == "assistant":
            return word
        if word.kind == "chief_word":
            return word
    last = leveled[-1]
    if last.kind in {"top", "chief"} and leveled[0].kind == "prefix_assistant":
        return leveled[0]
    if last.kind == "prefix_assistant" or len(leveled) == 1:
        return last
    if last.text in {"principal", "associate", "executive", "professional", "member", "officer"}:
        others = [w for w in leveled if w is not last and w.kind != "prefix_assistant"]
        return others[-1] if others and last.text == "principal" else last
    return last


def _functions(words: Sequence[Word]) -> tuple[str, ...]:
    """Name the departments of some words: occupations first, then strong, then weak ones."""
    by_kind = [
        [w.function for w in words if w.kind == kind and w.function not in {"", "general"}]
        for kind in ("occupation", "function", "weak")
    ]
    if len(words) > 1 and len(by_kind[1]) > 1 and by_kind[1][-1] != "technical":
        by_kind[1] = _head_last(words, by_kind[1])
    general = [w.function for w in words if w.kind == "weak" and w.function == "general"]
    return tuple(dict.fromkeys([*by_kind[0], *by_kind[1], *by_kind[2], *general]))


def _head_last(words: Sequence[Word], functions: list[str]) -> list[str]:
    """Put the department of two neighbours first that the other one describes: IT procurement."""
    places = [i for i, w in enumerate(words) if w.kind == "function"]
    are_neighbours = all(b - a == 1 for a, b in zip(places, places[1:], strict=False))
    return [functions[-1], *functions[:-1]] if are_neighbours else functions


def _partner(left: Sequence[Word], held: _Place) -> _Job | None:
    """Read "Partner" as an owner where it is the head, and as a department before another head."""
    if not left or left[-1].text != "partner" or any(w.level for w in left):
        return None
    if len(left) == 1:
        sure = 0.85 if held.kind in {"law_firm", "agency", "consultancy", "accounting"} else 0.6
        return _Job("c_level", ("general",), "partner is an owner", "partner", sure, "top")
    if held.group in {"services", "investment"}:
        said = " ".join(w.text for w in left)
        return _Job("c_level", ("general",), "partner is an owner", said, 0.7, "top")
    return _Job("ic", _functions(left[:-1]), "partner of a department", left[0].text, 0.6)


def _of_head(
    head: Word,
    left: Sequence[Word],
    rest: Sequence[Word],
    functions: tuple[str, ...],
    said: str,
) -> _Job:
    if head.kind in {"assistant", "prefix_assistant"}:
        is_theirs = any(w.level in {"c_level", "vp", "director", "manager"} for w in rest)
        return _Job("assistant", ("operations",) if is_theirs or not functions else functions,
                    "assistant", said, 0.9, "assistant")  # fmt: skip
    if head.kind == "chief_word":
        worded = _functions([w for w in rest if w.kind != "occupation"]) or functions
        return _Job("c_level", worded[:1] or ("general",), "chief officer", said, 0.95, "chief")
    if head.kind in {"top", "board"} and not _is_owned(head, left):
        return _top(head, functions, said)
    if head.kind == "responsible":
        small = {fold(text) for text in title_vocabulary()["words"]["no_department"]}
        leads = bool(functions) and not any(w.text in small for w in rest)
        return _Job("director" if leads else "manager", functions, "responsible for", said, 0.8)
    if head.kind == "advice":
        return _Job("ic", functions, "level and department", said, 0.5, "advice")
    if _is_owned(head, left):
        return _Job("ic", functions or ("operations",), "owner of a process", said, 0.8)
    if head.kind == "occupation" and head.level == "ic" and any(w.text == "head" for w in left):
        return _Job("manager", functions, "head of a trade", said, 0.7)
    if any(w.text == "cro" for w in left) or (not functions and any(w.text == "cro" for w in rest)):
        functions = ("marketing", *functions)
    return _Job(head.level, functions, "level and department", said, 0.9 if functions else 0.6)


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
) -> _Job:
    """Read a chief's letters by the company; CRO beside a specialist is conversion rates."""
    by_company = title_vocabulary()["chiefs_by_company"].get(group, {})
    if head.text == "cro" and (functions or _is_conversion(following)):
        return _Job("", ("marketing",), "CRO is conversion rate optimisation", said, 0.8)
    if head.text in by_company:
        return _Job("c_level", (by_company[head.text],), f"chief: {head.text} of {group}", said,
                    0.85, "chief")  # fmt: skip
    sure = 0.75 if head.text in _AMBIGUOUS else 0.95
    return _Job("c_level", (head.function,), "chief by letters", said, sure, "chief")


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


def _top(head: Word, functions: tuple[str, ...], said: str) -> _Job:
    if head.kind == "board":
        return _Job("c_level", ("general",), "board", said, 0.6, "board")
    listed = title_vocabulary()["top"]
    if head.text in {fold(text) for text in listed["with_department"]} and functions:
        return _Job("c_level", functions[:1], _OF_DEPARTMENT, said, 0.9, "chief")
    founds = head.text in {fold(text) for text in listed["founders"]}
    kind = "founder" if founds else "top"
    return _Job("c_level", ("general",), "runs the company", said, 0.95, kind)


# The one that counts -------------------------------------------------------------------


def _chosen(jobs: Sequence[_Job]) -> _Job:
    """Take the highest job that is a work by itself; a founder's office says what they do."""
    working = [job for job in jobs if job.kind not in {"board", "advice"}] or list(jobs)
    order = [*SENIORITIES[:-1], ""]
    best = min(working, key=lambda job: order.index(job.level))
    if best.level != "c_level":
        lent = next((job.functions for job in working if job.functions), ())
        is_whole = best.functions or best.level == "assistant"
        return best if is_whole else replace(best, functions=lent)
    tops = [job for job in working if job.level == "c_level"]
    for kind in ("top", "chief", "founder"):
        if found := [job for job in tops if job.kind == kind]:
            return found[0]
    return best


def _fitted(job: _Job, held: _Place) -> _Job:
    """Weigh a level by the company: grades of banks, charities, companies of a handful of people."""
    graded = title_vocabulary()["graded_companies"]
    is_graded = held.group in graded["groups"] or held.kind in graded["kinds"]
    if is_graded and job.level == "vp":
        is_high = any(word in job.words for word in ("senior", "executive", "svp", "evp"))
        level = "director" if is_high else "manager"
        return replace(job, level=level, rule="vice president is a grade here", confidence=0.85)
    if held.group == "investment" and job.rule == _OF_DEPARTMENT:
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


def _runs_it(job: _Job, held: _Place) -> bool:
    """Tell whether a director without a department runs the whole: tiny firms, charities, Dutch."""
    if held.kind == "nonprofit" and "executive" in job.words:
        return True
    if job.functions or "prokurist" in job.words:
        return False
    return held.is_tiny or (held.country in {"NL", "BE"} and "directeur" in job.words)


_ROLES: Final = {"partnerships": "sales", "legal": "other", "medical": "other", "general": "other"}


def _told(job: _Job) -> TitleReading:
    function = job.functions[0] if job.functions else ""
    if not function:
        function = "general" if job.level in {"c_level", "vp", "director"} else "other"
    role = "c_suite" if job.level == "c_level" else _ROLES.get(function, function)
    sure = job.confidence - 0.1 * (len(set(job.functions)) > 1)
    rule = f"{job.rule}: {job.words}" if job.words else job.rule
    return TitleReading(role, function, job.level or "unknown", round(sure, 2), rule)
