"""From the bytes of an upload to clean UTF-8 text, or to the sentence that says why not.

A byte-order mark decides, then strict UTF-8, then the 8-bit encoding whose letters make the most
sense.  No replacement character is ever put in.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK: Final = 1 << 24
_SAMPLE: Final = 4096
_SAMPLE_LINES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file.

    Attributes:
        data: UTF-8 without a byte-order mark, each line ended by a line feed.
        encoding: What the file was in, by Python's name.
        is_certain: False where an 8-bit encoding had to be guessed.
    """

    data: bytes
    encoding: str
    is_certain: bool = True


# Letters that an encoding's users write, the twelve commonest first; a guess that reads other signs
# is a worse guess.
_WEST: Final = "äöüßÄÖÜéèêëàâáçîïíôóòûùúñÉÈÀÁÇÍÓÚÑÊÂÔãõåÅøØæÆœ€£§°–’‘“”„…«»¿¡"
_CENTRAL: Final = "ąćęłńóśźżáčéĄĆĘŁŃÓŚŹŻďěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰöüÖÜľĺŕăâîşţ„”–…€ä"
_CYRILLIC: Final = "оеаинтсрвлкмбгджзйпуфхцчшщъыьэюяАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯёіїєґІЇЄ№«»–"
_GREEK: Final = "αοιετσνηυρπςβγδζθκλμξφχψωάέήίόύώϊϋΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ"
_TURKISH: Final = "ığşçöüİÇĞÖŞÜâîû€–’"
ENCODINGS: Final = (
    ("cp1252", _WEST),
    ("cp1250", _CENTRAL),
    ("cp1251", _CYRILLIC),
    ("cp1253", _GREEK),
    ("cp1254", _TURKISH),
    ("iso8859_2", _CENTRAL),
    ("koi8_r", _CYRILLIC),
    ("cp866", _CYRILLIC),
    ("cp850", _WEST),
    ("mac_roman", _WEST),
    ("cp1255", "אבגדהוזחטיךכלםמןנסעףפץצקרשת"),
    ("cp1256", "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةآأؤإئء"),
    ("cp932", ""),
    ("gb18030", ""),
    ("big5", ""),
    ("euc_kr", ""),
)
_WIDE: Final = frozenset({"cp932", "gb18030", "big5", "euc_kr"})
# Marks that nobody sees and that make two equal values differ.  Joiners stay: scripts need them.
_INVISIBLE: Final = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff\u00ad"
_SPACES: Final = "\u00a0\u202f\u2007\u2009\u2002\u2003\u3000"
_FOREIGN_MARKS: Final[dict[bytes, dict[bytes, bytes]]] = {}
for _mark in _INVISIBLE + _SPACES:
    _start = _mark.encode()[:2]
    _FOREIGN_MARKS.setdefault(_start, {})[_mark.encode()] = b" " if _mark in _SPACES else b""
_HIGH_LINE: Final = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_COMBINING: Final = re.compile(rb"\xcc[\x80-\xbf]|\xcd[\x80-\xaf]")


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode a file; ``encoding`` is what the user says it is in, where the guess was wrong.

    Raises:
        InputError: The encoding is unknown, or the bytes are not in it.
    """
    raw, found, is_certain = _by_mark(data) if encoding is None else (data, encoding, True)
    if found is None:
        return Decoded(tidy(raw), "utf-8") if is_utf8(raw) else _guessed(raw)
    try:
        text = raw if found.startswith("utf-8") and is_utf8(raw) else transcode(raw, found)
    except (LookupError, UnicodeDecodeError) as error:
        raise InputError(
            f"The file cannot be read as {found}: {error}. Save it as UTF-8 and upload it again."
        ) from error
    return Decoded(tidy(text), found, is_certain)


def _guessed(data: bytes) -> Decoded:
    """Decode what is no UTF-8, or UTF-8 in most lines only: files that two programs wrote to."""
    lines = [match[0] for match in islice(_HIGH_LINE.finditer(data), _SAMPLE_LINES)]
    foreign = [line for line in lines if not is_utf8(line)]
    if len(foreign) * 2 < len(lines):
        encoding = guess_encoding(b"\n".join(foreign))
        mended = _HIGH_LINE.sub(
            lambda m: m[0] if is_utf8(m[0]) else m[0].decode(encoding, "ignore").encode(), data
        )
        return Decoded(tidy(mended), f"utf-8, some lines {encoding}", is_certain=False)
    for encoding in (guess_encoding(data), "cp1252", "latin-1"):
        with suppress(UnicodeDecodeError):
            return Decoded(tidy(transcode(data, encoding)), encoding, is_certain=False)
    raise AssertionError("latin-1 reads every byte")


def _by_mark(data: bytes) -> tuple[bytes, str | None, bool]:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            is_plain = name == "utf-8-sig" and not is_utf8(data)
            return (data[len(mark) :], None if is_plain else name, True)
    head = data[:_SAMPLE]
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        if len(head) >= 4 and zeros.count(0) > 0.6 * len(zeros):  # noqa: PLR2004
            return data, name, True
    return data, None, True


def is_utf8(data: bytes) -> bool:
    """Tell whether ``data`` is strict UTF-8, in pieces, so that no second copy is made."""
    if data.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        for start in range(0, len(data), _CHUNK):
            decoder.decode(data[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def transcode(data: bytes, encoding: str) -> bytes:
    """Return ``data`` as UTF-8, in pieces; what is not in ``encoding`` is an error."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    starts = range(0, len(data), _CHUNK)
    pieces = [decoder.decode(data[start : start + _CHUNK]).encode() for start in starts]
    return b"".join([*pieces, decoder.decode(b"", final=True).encode()])


def tidy(data: bytes) -> bytes:
    """Give text one kind of line end, plain spaces, composed letters and no invisible marks."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not data.isascii():
        for start, marks in _FOREIGN_MARKS.items():
            if start in data:  # one look for all marks that begin alike
                for mark, instead in marks.items():
                    data = data.replace(mark, instead)
        if (b"\xcc" in data or b"\xcd" in data) and _COMBINING.search(data):
            data = unicodedata.normalize("NFC", data.decode()).encode()
    return data if data.endswith(b"\n") or not data else data + b"\n"


def guess_encoding(data: bytes) -> str:
    """Name the 8-bit encoding in which the words with high bytes make the most sense.

    Example:
        >>> guess_encoding("Jürgen Groß".encode("cp1252")), guess_encoding("Иван".encode("cp1251"))
        ('cp1252', 'cp1251')
    """
    found = re.findall(rb"[^\x00-\x40\x5b-\x60\x7b-\x7f]*[\x80-\xff][^\x00-\x40]*", data[: 1 << 22])
    sample = list(dict.fromkeys(found))[:5000]
    scores = {name: _sense(sample, name, letters) for name, letters in ENCODINGS}
    return max(scores, key=lambda name: scores[name])


def _sense(sample: list[bytes], encoding: str, letters: str) -> float:
    """Rate a decoding: expected letters count for it, everything else against it."""
    expected, common = frozenset(letters), frozenset(letters[:12])
    total, n_bytes = 0.0, 0
    for word in sample:
        n_bytes += sum(byte > 0x7F for byte in word)  # noqa: PLR2004
        try:
            text = word.decode(encoding)
        except UnicodeDecodeError:
            total -= 3.0 * len(word)
            continue
        total += sum(_worth(text, expected, common, is_wide=encoding in _WIDE))
    return total / max(n_bytes, 1)


def _worth(
    text: str, expected: frozenset[str], common: frozenset[str], *, is_wide: bool
) -> Iterator[float]:
    has_latin = any("a" <= c.lower() <= "z" for c in text)
    for i, char in enumerate(text):
        if char.isascii():
            continue
        name = unicodedata.name(char, "")
        if is_wide:  # two bytes a sign, so a sign is worth two
            is_own = name.startswith(("HIRAGANA", "KATAKANA", "HANGUL"))
            is_script = is_own or name.startswith(("CJK", "FULLWIDTH"))
            yield (2.4 if is_own else 2.0) if is_script and not has_latin else -3.0
        elif char not in expected:
            yield -0.5 if char.isalpha() else -2.0
        elif has_latin and char.isalpha() and "LATIN" not in name:
            yield -2.0
        else:
            swaps_case = i > 0 and text[i - 1].islower() and char.isupper()
            yield -0.5 if swaps_case else 1.2 if char in common else 1.0
