"""How the names of people, companies and places are said, and when nobody can be sure.

A name in another script says its language, with the country where a script has several.  A name in
Latin letters says it by letters that one language has alone, or by the country of whoever bears it.
What stays uncertain is held for a person to say it: a wrong name is worse than none.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from personalization.voice.lexicon import Lexicon

NAME_FIELDS: Final = frozenset(
    ("first_name", "city", "prospect.first_name", "prospect.full_name", "prospect.company",
     "prospect.city", "product_1.brand")
)  # fmt: skip
"""Values that are names; others are words of the script's language."""

COMPANY_FIELDS: Final = frozenset(("prospect.company",))

_BY_SCRIPT: Final = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "HEBREW": "he",
    "THAI": "th", "GEORGIAN": "ka", "ARMENIAN": "hy", "TAMIL": "ta", "TELUGU": "te",
    "BENGALI": "bn", "GUJARATI": "gu", "KANNADA": "kn", "MALAYALAM": "ml",
}  # fmt: skip
_BY_SCRIPT_AND_COUNTRY: Final = {
    "CJK": {"CN": "zh", "SG": "zh", "TW": "zh", "MY": "zh", "HK": "zh-HK", "MO": "zh-HK"},
    "CYRILLIC": {"RU": "ru", "BY": "ru", "KZ": "ru", "KG": "ru", "UA": "uk", "BG": "bg",
                 "RS": "sr", "MK": "mk"},
    "ARABIC": {"": "ar", "IR": "fa", "AF": "fa", "PK": "ur"},
    "DEVANAGARI": {"": "hi", "NP": "ne"},
}  # fmt: skip
_UKRAINIAN, _RUSSIAN, _SERBIAN = re.compile("[іїєґ]"), re.compile("[ыэё]"), re.compile("[ђћљњџ]")

# Letters that say the language of a Latin name by themselves.
_BY_LETTERS: Final = (
    (re.compile("[łąęśźżńć]"), "pl"), (re.compile("[řěů]"), "cs"), (re.compile("[ľĺŕ]"), "sk"),
    (re.compile("[ğıİ]"), "tr"), (re.compile("[őű]"), "hu"), (re.compile("[țșţăâî].*[țșţă]"), "ro"),
    (re.compile("[đơư]|[àáảãạ]?[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỷỹỵ]"), "vi"),
    (re.compile("ß"), "de"), (re.compile("[āēīģķļņū]"), "lv"), (re.compile("[ėįų]"), "lt"),
    (re.compile("[ðþ]"), "is"), (re.compile("ñ"), "es"), (re.compile("[œ]"), "fr"),
)  # fmt: skip
_COUNTRY_LANGUAGES: Final = {
    "GB": ("en",), "US": ("en",), "IE": ("en",), "AU": ("en",), "NZ": ("en",), "CA": ("en", "fr"),
    "ZA": ("en",), "DE": ("de",), "AT": ("de",), "LI": ("de",), "CH": ("de", "fr", "it"),
    "LU": ("fr", "de"), "FR": ("fr",), "BE": ("nl", "fr"), "MC": ("fr",), "ES": ("es",),
    "MX": ("es",), "AR": ("es",), "CO": ("es",), "CL": ("es",), "PE": ("es",), "IT": ("it",),
    "NL": ("nl",), "PT": ("pt",), "BR": ("pt",), "PL": ("pl",), "CZ": ("cs",), "SK": ("sk",),
    "HU": ("hu",), "RO": ("ro",), "SE": ("sv",), "NO": ("nb",), "DK": ("da",), "FI": ("fi",),
    "IS": ("is",), "TR": ("tr",), "VN": ("vi",), "HR": ("hr",), "SI": ("sl",), "LT": ("lt",),
    "LV": ("lv",), "EE": ("et",), "GR": ("el",), "RS": ("sr",), "BA": ("bs",), "AL": ("sq",),
}  # fmt: skip
_DIACRITICS: Final = {
    "en": "", "de": "äöüß", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíñóúü",
}  # fmt: skip
_LATIN_1: Final = "\u00ff"
"""The last letter with an accent that English readers, and the English voice, know."""
# Sequences of letters that an English, German, French or Spanish reader would stumble over.
_FOREIGN: Final = re.compile(
    r"[bcdfghjklmnpqrstvwxz]{5,}|szcz|dzi|rz[aeiouy]|cz|^ng|^mb|^nd|[jwvx]c|sj|^ts|^tch|xh|^x[^aeiou]"
    r"|zh|q[^u]|ij[aeiou]?c|ech$|uy[eễ]|^hj|wski$|yw|^zd|^vl|^kj|ieuw|eijk|^x[iu]|^hr|^bj",
    re.IGNORECASE,
)
_SUFFIX: Final = re.compile(
    r"[\s,]+(?:\(?(?:haftungsbeschränkt|in liquidation)\)?|"
    r"gmbh(?:\s*&\s*co\.?\s*(?:kg|ohg|kgaa))?|mbh|ag(?:\s*&\s*co\.?\s*kgaa)?|se|kg|kgaa|ohg|e\.?\s?k\.?|"
    r"e\.?\s?v\.?|ug|inc\.?|incorporated|llc|l\.l\.c\.|llp|lp|ltd\.?|limited|plc|p\.l\.c\.|corp\.?|"
    r"corporation|co\.?|company|pty\.?(?:\s*ltd\.?)?|s\.?\s?a\.?(?:\s?s\.?(?:\s?u\.?)?)?|"
    r"s\.?\s?à\.?\s?r\.?\s?l\.?|s\.?a\.?r\.?l\.?|eurl|snc|sci|s\.?\s?l\.?(?:\s?u\.?)?|s\.?\s?r\.?\s?l\.?|"
    r"s\.?\s?p\.?\s?a\.?|b\.?\s?v\.?|n\.?\s?v\.?|a/s|aps|ab|as|oyj?|sp\.?\s*z\s*o\.?\s?o\.?|s\.?\s?r\.?\s?o\.?|"
    r"a\.?\s?s\.?|d\.?o\.?o\.?|kft\.?|zrt\.?|k\.?k\.?|co\.?,?\s*ltd\.?)\.?$",
    re.IGNORECASE,
)  # fmt: skip
_BEFORE_COMPANY: Final = re.compile(
    r"^(?:株式会社|有限会社|合同会社)\s*|\s*(?:株式会社|有限会社|有限公司|股份有限公司)$"
)


@dataclass(frozen=True, slots=True)
class NameReading:
    """How a name is said.

    Attributes:
        said: The name without what is not spoken; empty where it is held.
        language: In which it is said; empty is that of the script.
        phonemes: Of the embedded engine; empty where the letters are enough.
        held: Why nobody can be sure; empty where it is said.
    """

    said: str
    language: str = ""
    phonemes: str = ""
    held: str = ""


def read_name(
    written: str,
    language: str,
    *,
    country: str = "",
    is_company: bool = False,
    lexicon: Lexicon | None = None,
) -> NameReading:
    """Say a name, or say why it is held.

    Args:
        written: As the customer or prospect has it.
        language: Of the script.
        country: Of whoever bears it, ISO 3166-1; empty where it is not known.
        is_company: Whether legal forms are left out.
        lexicon: What the team has decided; it comes first.

    Example:
        >>> read_name("Nowak GmbH & Co. KG", "en-GB", country="DE", is_company=True)
        NameReading(said='Nowak', language='de', phonemes='', held='')
        >>> read_name("Wojciech", "en-GB").held
        "'Wojciech' needs a pronunciation: its spelling is not English."
    """
    bare = _visible(written)
    for tried in (bare, without_suffix(bare)) if is_company else (bare,):
        entry = lexicon.find(tried, language) if lexicon else None
        if entry:
            is_letters = entry.kind == "respelling"
            return NameReading(
                entry.said if is_letters else tried,
                entry.said if entry.kind == "language" else "",
                entry.said if entry.kind == "phonemes" else "",
            )
    name = _cased(without_suffix(bare) if is_company else bare)
    scripts = _scripts(name)
    if not scripts:
        return NameReading("", held=f"{written!r} needs a pronunciation: it holds no letter.")
    if any(sign.isdecimal() for sign in name) and not is_company:
        return NameReading("", held=f"{written!r} needs a pronunciation: it holds digits.")
    if scripts == {"LATIN"}:
        return _latin(name, language, country.upper())
    return _foreign(name, scripts, language, country.upper())


def without_suffix(company: str) -> str:
    """Return a company's name without its legal form, as people say it.

    Example:
        >>> without_suffix("Blumen & Mehr GmbH & Co. KG"), without_suffix("Acme, Inc.")
        ('Blumen & Mehr', 'Acme')
    """
    name = _BEFORE_COMPANY.sub("", company).strip()
    for _ in range(3):
        shorter = _SUFFIX.sub("", name).strip(" ,")
        if not shorter or shorter == name:
            break
        name = shorter
    return name


def _visible(written: str) -> str:
    """Return a name without emoji and signs that nobody says."""
    kept = [
        sign
        for sign in unicodedata.normalize("NFC", written)
        if unicodedata.category(sign)[0] in "LMNZ" or sign in "-'’.&/,()+·・"
    ]
    return re.sub(r"\s+", " ", "".join(kept)).strip(" -/,.·&+()") or written.strip()


def _cased(name: str) -> str:
    """Return a name in large letters only, which an engine would spell, as it is written."""
    is_shouted = name.isupper() and len(name) > 4 and name.isascii()  # noqa: PLR2004
    return name.title() if is_shouted else name


def _scripts(name: str) -> set[str]:
    found: set[str] = set()
    for sign in name:
        if sign.isalpha():
            found.add(unicodedata.name(sign, "UNKNOWN").split(" ", maxsplit=1)[0])
    return found


def _latin(name: str, language: str, country: str) -> NameReading:
    own = language.split("-", maxsplit=1)[0]
    folded = name.casefold()
    for letters, other in _BY_LETTERS:
        if letters.search(folded) and not _is_at_home(folded, own):
            return NameReading(name, "" if other == own else other)
    spoken = _COUNTRY_LANGUAGES.get(country, ())
    if spoken and own not in spoken:
        return NameReading(name, spoken[0])
    is_rare = own != "en" or any(sign > _LATIN_1 for sign in folded if sign.isalpha())
    if is_rare and not _is_at_home(folded, own):
        return NameReading("", held=_uncertain(name, own))
    if any(_FOREIGN.search(word) for word in re.findall(r"[^\W\d_]+", folded)):
        return NameReading("", held=_uncertain(name, own))
    return NameReading(name)


def _is_at_home(folded: str, own: str) -> bool:
    known = _DIACRITICS.get(own, "")
    return all(sign.isascii() or sign in known or not sign.isalpha() for sign in folded)


def _uncertain(name: str, own: str) -> str:
    known = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}.get(own, own)
    return f"{name!r} needs a pronunciation: its spelling is not {known}."


def _foreign(name: str, scripts: set[str], language: str, country: str) -> NameReading:
    """Say a name in another script; that of a language alone is sure, a mixture never is."""
    if scripts <= {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}:
        return NameReading(name, "ja")
    if len(scripts) > 1:
        return NameReading("", held=f"{name!r} needs a pronunciation: it mixes scripts.")
    script = next(iter(scripts))
    found = _BY_SCRIPT.get(script) or _by_country(name, script, country)
    if found:
        return NameReading(name, "" if found == language else found)
    reason = "the country does not say in which language it is read"
    if script not in _BY_SCRIPT_AND_COUNTRY:
        reason = "its script is not known"
    return NameReading("", held=f"{name!r} needs a pronunciation: {reason}.")


def _by_country(name: str, script: str, country: str) -> str:
    by_country = _BY_SCRIPT_AND_COUNTRY.get(script, {})
    if script == "CYRILLIC" and country not in by_country:
        folded = name.casefold()
        for letters, language in ((_UKRAINIAN, "uk"), (_RUSSIAN, "ru"), (_SERBIAN, "sr")):
            if letters.search(folded):
                return language
    return by_country.get(country) or by_country.get("", "")
