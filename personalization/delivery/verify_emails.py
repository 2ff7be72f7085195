"""Check the e-mails of an export from their files alone: python verify_emails.py [FOLDER].

Each HTML and plain-text part has to say the approved fields, all of them and nothing else, and to
lead where they lead.  Needs Python and nothing else; verify_export.py runs it as well.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from html import escape
from html.parser import HTMLParser
from pathlib import Path

PRODUCT = r"product_[1-4]\.(?:name|price|reason|category|link)"
TAG = re.compile(rf"\{{\{{\s*(?:(\w+)\s*\|([^{{}}|]*)|({PRODUCT})\s*)\}}\}}")
CARD = re.compile(rf"(?:\{{\{{\s*{PRODUCT}\s*\}}\}}|[\s,;:.·•|()–—-])+")
ADDRESS = r"https://[^\s<>\"']*[^\s<>\"'.,;:!?)]"
WAY_OUT = re.compile(rf"\s*((?:(?!https://).)*?\w)\s*[:–—-]\s*({ADDRESS})\s*")
LINKED = re.compile(rf"(?P<words>[^\n]*?(?P<address>{ADDRESS}))")
BLOCKS = frozenset(("p", "div", "br", "tr", "td", "h1", "table", "title", "body"))
OPENING, CLOSING = "[if mso]>", "<![endif]"

# How a sending tool calls the columns, and how it writes one that may be empty.
MAILCHIMP = {"first_name": "FNAME", "favourite_category": "FAVCAT"}  # ten signs at most
PRODUCTS = {f"product_{n}.{field}": f"P{n}{field.upper()}" for n in range(1, 5)
            for field in ("name", "price", "reason", "category", "link")}  # fmt: skip
BRAZE = {name: f"${{{name}}}" for name in ("first_name", "city", "country")}
HUBSPOT = {"first_name": "firstname"}
SYNTAXES = ("own", "mailchimp", "braze", "liquid", "ampscript", "hubspot")


def parts_of(tag: re.Match[str]) -> tuple[str, str]:
    """Return the field of a merge tag, and its fallback; a product's has none."""
    return tag[1] or tag[3], (tag[2] or "").strip()


def own_tag(field: str, fallback: str) -> str:
    """Write a merge tag as the approved fields have it."""
    return f"{{{{{field}}}}}" if field in PRODUCTS else f"{{{{{field}|{fallback}}}}}"


def tag_in(syntax: str, field: str, fallback: str, *, is_html: bool) -> str:
    """Write a merge tag as a sending tool reads it; what fills it is escaped in the HTML part.

    A product's field is a column of its own: ``product_1.name`` is ``product_1_name``.

    Raises:
        ValueError: There is no such syntax.
    """
    kept = escape(fallback) if is_html else fallback
    if syntax == "own":
        return own_tag(field, kept)
    short, field = PRODUCTS.get(field) or MAILCHIMP.get(field), field.replace(".", "_")
    if syntax == "mailchimp":  # escapes values by itself
        name = short or field.upper()
        return f"*|IF:{name}|**|{name}|**|ELSE:|*{kept}*|END:IF|*"
    if syntax == "hubspot":  # takes no filters in e-mails, and escapes values by itself
        name, said = HUBSPOT.get(field, field), kept.replace("\\", "\\\\").replace("'", "\\'")
        return f"{{{{ personalization_token('contact.{name}', '{said}') }}}}"
    if syntax == "ampscript":
        value = f'AttributeValue("{field}")'
        shown = f'Replace(Replace({value},"&","&amp;"),"<","&lt;")' if is_html else value
        said = kept.replace('"', '""')
        return f'%%=IIF(EMPTY({value}),"{said}",{shown})=%%'
    if syntax not in SYNTAXES:
        raise ValueError(f"There is no merge syntax {syntax!r}; take one of {', '.join(SYNTAXES)}.")
    names = {"liquid": field, "braze": BRAZE.get(field, f"custom_attribute.${{{field}}}")}
    quote = '"' if "'" in fallback else "'"
    said, before = f"{quote}{fallback}{quote}", ""
    if quote in fallback:  # a string of Liquid cannot hold both quotes, and a captured text can
        said, before = "otherwise", f"{{% capture otherwise %}}{fallback}{{% endcapture %}}"
    filters = f"default: {said}" + (" | escape" if is_html else "")
    return f"{before}{{{{ {names[syntax]} | {filters} }}}}"


def in_syntax(text: str, syntax: str) -> str:
    """Return a plain text with its merge tags as the sending tool reads them."""
    return TAG.sub(lambda tag: tag_in(syntax, *parts_of(tag), is_html=False), text)


def in_own(html: str, syntax: str, tags: set[tuple[str, str]]) -> str:
    """Return an HTML part with the tool's merge tags taken back to those of the approved fields."""
    written = {tag_in(syntax, field, said, is_html=True): (field, said) for field, said in tags}
    for tag in sorted(written, key=len, reverse=True):
        field, said = written[tag]
        html = html.replace(tag, own_tag(field, escape(said)))
    return html


def filled(text: str, own: Mapping[str, str]) -> str:
    """Return a text with somebody's own values in its merge fields, or what stands in for them."""
    return TAG.sub(lambda tag: own[parts_of(tag)[0]] or parts_of(tag)[1], text)


def laid_out(body: str) -> list[tuple[str, list[str]]]:
    """Cut a body into its paragraphs: (link, lines).

    A paragraph whose first line holds nothing but fields of one product is that product's card.  A
    line of it that is nothing but the product's link lies behind the first line, and is not shown.
    ``link`` is ``card`` for one without such a line, and empty for what is no card.
    """
    found = []
    for part in re.split(r"\n[^\S\n]*\n\s*", body):
        lines = part.strip().split("\n")
        fields = {parts_of(tag)[0] for tag in TAG.finditer(part)}
        numbers = {field[:9] for field in fields if field in PRODUCTS}
        is_card = len(numbers) == 1 and bool(CARD.fullmatch(lines[0]))
        link = f"{min(numbers, default='')}.link"
        shown = [line for line in lines[1:] if flat(line).replace(" ", "") != own_tag(link, "")]
        is_linked = is_card and len(shown) < len(lines) - 1
        kept = [lines[0], *shown] if is_card else lines
        found.append((link if is_linked else "card" if is_card else "", kept))
    return found


def footer_links(line: str) -> list[tuple[str, str]]:
    """Cut a line of the footer into (words, the address behind them, or nothing).

    ``Unsubscribe: https://…`` reads as a link named Unsubscribe.
    """
    if whole := WAY_OUT.fullmatch(line):
        return [(whole[1], whole[2])]
    pieces = [(found["words"], found["address"]) for found in LINKED.finditer(line)]
    rest = line[sum(len(words) for words, _ in pieces) :]
    return [*pieces, (rest, "")] if rest or not pieces else pieces


def plain_part(fields: dict[str, str]) -> str:
    """Return the plain-text part: the body, what to do with its link, and the footer."""
    action = fields["call_to_action"], fields["link"]
    ask = ":\n".join(part for part in action if part)
    footer = f"-- \n{fields['footer']}" if fields["footer"] else ""
    return "\n\n".join(part for part in (fields["body"], ask, footer) if part) + "\n"


class Shown(HTMLParser):
    """What a reader of an HTML part is shown, and what stands behind it."""

    def __init__(self, html: str) -> None:
        """Read the part at once."""
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.hidden: list[str] = []
        self.inside: list[str] = []
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        """Return all words, with single spaces."""
        return flat("".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link or a picture, and what a mail must not hold."""
        found = dict(attrs)
        self.hidden += [name for name in found if name.startswith("on")]
        if tag in BLOCKS:
            self.words.append("\n")
        if tag == "img":
            self.words.append(f" {found.get('alt') or ''} ")
        if tag == "a":
            self.links.append(("", found.get("href") or ""))
        if tag in ("a", "style"):
            self.inside.append(tag)
        if tag in ("script", "iframe", "object", "embed", "form", "input", "link", "base", "svg"):
            self.hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave a link or a style."""
        if tag in BLOCKS:
            self.words.append("\n")
        if tag in self.inside:
            self.inside.remove(tag)

    def handle_data(self, data: str) -> None:
        """Keep words where a reader sees them."""
        if "style" in self.inside:
            return
        self.words.append(data)
        if "a" in self.inside:
            words, address = self.links[-1]
            self.links[-1] = (words + data, address)

    def handle_comment(self, data: str) -> None:
        """Take a comment for something hidden, unless it holds nothing but the frame."""
        frame = data.removeprefix(OPENING).removesuffix(CLOSING)
        is_frame = data.startswith(OPENING) and data.endswith(CLOSING)
        if not is_frame or re.sub(r"</?(?:table|tr|td)\b[^<>]*>", "", frame).strip():
            self.hidden.append("comment")


def flat(text: str) -> str:
    """Return a text with single spaces."""
    return " ".join(text.split())


def html_problems(
    html: str, fields: dict[str, str], masthead: str, own: Mapping[str, str] | None = None
) -> Iterator[str]:
    """List where an HTML part says, leads to or hides something that is not in the fields.

    Args:
        html: With merge tags as the fields have them, or filled as the fields are.
        fields: The approved fields.
        masthead: The sender's name, or what the logo says, which stands above the message.
        own: What fills the tags of the fields, where the part is filled and they are not.
    """
    shown = Shown(html)
    layout = laid_out(fields["body"])
    cards = [(lines[0], own_tag(link, "")) for link, lines in layout if link in PRODUCTS]
    fields = fields | {"body": "\n\n".join("\n".join(lines) for _, lines in layout)}
    if own is not None:
        fields = {name: filled(text, own) for name, text in fields.items()}
        cards = [(filled(words, own), filled(link, own)) for words, link in cards]
    lines = [footer_links(line) for line in fields["footer"].split("\n")]
    footer = "\n".join("".join(words for words, _ in line) for line in lines)
    said = [fields[name] for name in ("subject", "preheader")]
    action = fields["call_to_action"] or fields["link"]
    expected = [*said, masthead, fields["subject"], fields["body"], action, footer]
    if shown.text != flat("\n".join(expected)):
        yield "shows other words than the approved fields"
    links = cards + ([(action, fields["link"])] if fields["link"] else [])
    links += [(words, address) for line in lines for words, address in line if address]
    found = [(flat(words), address) for words, address in shown.links]
    if found != [(flat(words), address) for words, address in links]:
        yield "leads elsewhere than the approved fields"
    if shown.hidden:
        yield f"holds {shown.hidden[0]}, which no e-mail needs"


def email_problems(folder: Path) -> Iterator[str]:
    """List the parts of an export's e-mails that are not exactly the certified fields."""
    said = json.loads((folder / "certificate.json").read_text("utf-8"))["statement"]
    texts = {(text["variant_id"], text["version"]): text for text in said["texts"]}
    emails = {(email["variant_id"], email["version"]): email for email in said.get("emails", [])}
    if said["format"] > 1 and emails.keys() != texts.keys():
        yield "certificate.json does not list one e-mail for each text."
    for key, email in emails.items():
        fields, syntax = texts.get(key, {}), email["merge_syntax"]
        if not fields:
            continue
        tags = {parts_of(tag) for text in fields.values() if isinstance(text, str)
                for tag in TAG.finditer(text)}  # fmt: skip
        html = in_own((folder / email["html"]).read_text("utf-8"), syntax, tags)
        own = {name: in_syntax(text, "own") if isinstance(text, str) else ""
               for name, text in fields.items()}  # fmt: skip
        for problem in html_problems(html, own, email["masthead"]):
            yield f"{email['html']} {problem}."
        plain = in_syntax(plain_part(fields), syntax)
        if (folder / email["text"]).read_bytes() != plain.encode():
            yield f"{email['text']} is not the approved fields as plain text."


def main(folder: str = ".") -> int:
    """Print what was found, and return the exit code."""
    try:
        found = [*email_problems(Path(folder))]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        print(f"NOT PROVEN. The e-mails cannot be read: {error!r}")
        return 2
    print(*(found or ["Proven: every HTML and text part says the approved fields."]), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
