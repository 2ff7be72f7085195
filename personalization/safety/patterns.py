"""The patterns of a policy: how an officer writes them, and which ones are refused.

A pattern that somebody adds runs on every message, in the process of the app, and nothing can
stop a regular expression of Python once it runs.  So each one that does not ship with the program
is tried before it is used: nested repeats are refused as they read, and all others have to get
through texts that are made to slow them down, in a process of their own that may be ended.  The
first alone would let ``(a|aa)+`` pass, the second alone would take seconds to say no.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What stays as it is when a pattern's spaces are widened: classes, look-behinds, escapes.
_PART: Final = re.compile(r"\[(?:\\.|[^\]\\])*\]|\(\?<[!=](?:\\.|[^)\\])*\)|\\.| [?*]?")
_WIDE: Final = {" ": r"\s+", " ?": r"\s?", " *": r"\s*"}
_UNREADABLE: Final = (re.error, OverflowError, RecursionError, ValueError)

_LONG: Final = 2_000  # signs of the texts that a pattern is tried on, as long as a long e-mail
_MANY: Final = 16  # repeats from which a pattern can be slowed down
_PATIENCE: Final = 0.25  # seconds of the processor for one pattern; those that ship take 0.02
_DEADLINE: Final = 30  # seconds on the wall for all of them, on a machine with other work
_TRIED: Final = "aZ1 -.,:!?'\"%/\n_€"  # signs tried for a class, those of words first
_SHOWN: Final = 60


def read_pattern(place: str, pattern: str, lists: Mapping[str, str]) -> re.Pattern[str]:
    """Compile a pattern: whole words, any case, any white space for a space.

    Args:
        place: Where it stands, for the error.
        pattern: A regular expression; ``{name}`` stands for a list of the policy.
        lists: Those lists by name.

    Raises:
        InputError: It is no regular expression.
    """
    filled = pattern
    for key, words in lists.items():
        filled = filled.replace("{" + key + "}", words)
    wide = _PART.sub(lambda m: _WIDE.get(m[0], m[0]), filled)
    whole = rf"(?:(?<!\w)|(?!\w))(?:{wide})(?:(?!\w)|(?<!\w))"
    try:
        return _compiled(whole)
    except _UNREADABLE as error:
        raise InputError(
            f"{place}: the pattern {shown(pattern)} cannot be read: {error}. Put a backslash "
            r"before each of . ? * + ( ) [ ] { } | ^ $ \ that stands for itself."
        ) from error


@lru_cache(maxsize=4096)  # every policy compiles some hundred of them, and most are the same
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.MULTILINE)


def shown(value: object) -> str:
    """Return a value as an error repeats it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def refuse_unsafe(found: Mapping[re.Pattern[str], tuple[str, str]]) -> None:
    """Raise InputError for the first pattern that matches nothing, anything, or takes too long.

    Args:
        found: For each pattern where it stands and how it was written.
    """
    for pattern, (place, written) in found.items():
        if reason := _fault(pattern, is_excuse=" unless" in place):
            raise InputError(f"{place}: the pattern {shown(written)} {reason}")
    slow = _first_slow(tuple(found))
    if slow is not None:
        place, written = found[slow]
        raise InputError(
            f"{place}: the pattern {shown(written)} takes too long on a long text, and would hold "
            "up every screening. Give its repeats an upper limit, such as {0,4}, and let no two "
            "parts of it match the same words."
        )


def _fault(pattern: re.Pattern[str], *, is_excuse: bool) -> str:
    try:
        tree = parser.parse(pattern.pattern, pattern.flags)
        if tree.getwidth()[0] == 0:
            return "can match no sign at all. Let it hold at least one word that has to be there."
        if _has_nested_repeats(tree):
            return (
                "repeats something that repeats itself, as (a+)+ does, and could run for years. "
                "Give one of the two an upper limit, such as {0,4}."
            )
    except RecursionError:
        return "is nested too deeply. Write it as several patterns."
    if is_excuse and pattern.search(_NONSENSE):
        return "fits any words, so the rule would never find anything. Name the words."
    return ""


_NONSENSE: Final = "Abcde fghij, klmno pqrst: uvwxyz. 12345"


def _has_nested_repeats(nodes: Any, *, is_inside: bool = False) -> bool:  # noqa: ANN401
    """Tell whether a repeat without a limit holds one whose length varies."""
    for code, value in nodes:
        if code in _REPEATS:
            low, high, body = value
            if is_inside and high > low and high > 1:
                return True
            if _has_nested_repeats(body, is_inside=is_inside or high >= codes.MAXREPEAT):
                return True
        elif any(_has_nested_repeats(part, is_inside=is_inside) for part in _parts(code, value)):
            return True
    return False


_REPEATS: Final = (codes.MAX_REPEAT, codes.MIN_REPEAT)


def _parts(code: Any, value: Any) -> list[Any]:  # noqa: ANN401
    """Return the parts of a node that consume signs."""
    if code is codes.SUBPATTERN:
        return [value[-1]]
    if code is codes.BRANCH:
        return list(value[1])
    if code is codes.ATOMIC_GROUP:
        return [value]
    return [value[2]] if code is codes.POSSESSIVE_REPEAT else []


# Each pattern has about a second of the processor, where the system can see to it.
_TRIAL: Final = """
import json, math, re, sys, time
try:
    import resource
except ImportError:
    resource = None
for pattern, flags, texts in json.load(sys.stdin):
    compiled, start = re.compile(pattern, flags), time.process_time()
    if resource:
        limit = math.ceil(start + 0.5)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    for text in texts:
        for _ in compiled.finditer(text):
            pass
    print(time.process_time() - start, flush=True)
"""


@lru_cache(maxsize=64)
def _first_slow(patterns: tuple[re.Pattern[str], ...]) -> re.Pattern[str] | None:
    """Try the patterns in a process of their own, and return the first that is too slow."""
    if not patterns:
        return None
    trials = [[p.pattern, p.flags, list(slow_texts(p))] for p in patterns]
    try:
        said: str | bytes | None = subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-S", "-c", _TRIAL], input=json.dumps(trials),
            capture_output=True, text=True, timeout=_DEADLINE, check=False,
        ).stdout  # fmt: skip
    except subprocess.TimeoutExpired as late:
        said = late.stdout
    except OSError as error:
        raise InputError(
            f"The policy's own patterns could not be tried: {error}. Free some memory and try "
            "again; until then the policy stays as it is."
        ) from error
    took = (said.decode() if isinstance(said, bytes) else said or "").split()
    quick = [float(seconds) <= _PATIENCE for seconds in took]
    return next((p for i, p in enumerate(patterns) if not (i < len(quick) and quick[i])), None)


def slow_texts(pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield texts that make a pattern work hard: each repeat as often as it can.

    Example:
        >>> [text[:6] for text in slow_texts(re.compile("so (?:very )*good"))]
        ['so ver']
    """
    _, attacks = _sequence(parser.parse(pattern.pattern, pattern.flags))
    yield from dict.fromkeys(f"{attack}\0" for attack in attacks)


def _sequence(nodes: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401
    """Return examples of what the nodes match, and the texts that pump one repeat each."""
    examples, attacks = [""], list[str]()
    for code, value in nodes:
        own, pumped = _node(code, value)
        attacks += [examples[0] + text for text in pumped]
        n = min(max(len(examples), len(own)), 4)
        examples = [
            examples[min(i, len(examples) - 1)] + own[min(i, len(own) - 1)] for i in range(n)
        ]
    return examples, attacks


def _node(code: Any, value: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401
    if code in _REPEATS:
        low, high, body = value
        examples, attacks = _sequence(body)
        if high >= _MANY:
            kinds = [text for text in dict.fromkeys([*examples, "".join(examples)]) if text]
            attacks += [text * (_LONG // len(text) + 1) for text in kinds]
        return [text * max(low, 1) for text in examples], attacks
    if parts := _parts(code, value):
        found = [_sequence(part) for part in parts]
        return [e for examples, _ in found for e in examples][:8], [a for _, b in found for a in b]
    return [_sign(code, value)], []


def _sign(code: Any, value: Any) -> str:  # noqa: ANN401
    if code is codes.LITERAL:
        return chr(value)
    if code is codes.NOT_LITERAL:
        return "b" if value == ord("a") else "a"
    if code is codes.ANY:
        return "a"
    if code is not codes.IN:
        return ""
    is_negated = value[0][0] is codes.NEGATE
    signs = [*_TRIED, *(chr(v[0] if isinstance(v, tuple) else v) for c, v in value if c in _PLAIN)]
    return next((s for s in signs if any(_holds(s, *item) for item in value) != is_negated), "")


_PLAIN: Final = (codes.LITERAL, codes.RANGE)


def _holds(sign: str, code: Any, value: Any) -> bool:  # noqa: ANN401
    if code is codes.LITERAL:
        return bool(ord(sign) == value)
    if code is codes.RANGE:
        low, high = value
        return bool(low <= ord(sign) <= high)
    if code is not codes.CATEGORY:
        return False
    kind = str(value).rsplit("_", 1)[-1]
    known = {
        "DIGIT": sign.isdigit(),
        "SPACE": sign.isspace(),
        "WORD": sign.isalnum() or sign == "_",
    }
    return known.get(kind, False) is not ("NOT" in str(value))
