"""What a message cites: the approved wordings, the documents they stand in, and their dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording of a statement that a message cites.

    Attributes:
        statement_id: The statement; of a subject line, one through which its document is cited.
        document: Where it stands, as id@version.
        field: text, alternate, subject line, valid until, valid from or products.
        text: The words, as they were approved.
    """

    statement_id: str
    document: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """A document that a message cites, as it stands on the day of sending.

    Attributes:
        key: Its id and version, as id@version.
        statement_id: One of its statements that the message cites.
        kind: offer, proof, benefit ...
        title: Its name.
        products: Names of the products it is about.
        valid_from: First day on which it may be said; None where there is none.
        valid_until: Last day, brought forward where somebody did; None where there is none.
        fault: Why it may not be said on the day of sending; empty where it may.
        earlier_end: An end that this offer, or one like it, had promised before; None without.
        earlier_source: Where it had: a version or another document, in words.
    """

    key: str
    statement_id: str
    kind: str
    title: str
    products: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    fault: str = ""
    earlier_end: date | None = None
    earlier_source: str = ""

    @property
    def last_day(self) -> Wording | None:
        """Return its last day as words that can be pointed at."""
        return self._of_record("valid until", self.valid_until)

    @property
    def first_day(self) -> Wording | None:
        """Return its first day as words that can be pointed at."""
        return self._of_record("valid from", self.valid_from)

    @property
    def product_record(self) -> Wording:
        """Return what it is about as words that can be pointed at."""
        about = " · ".join((self.title, *(name.replace("-", " ") for name in self.products)))
        return Wording(self.statement_id, self.key, "products", about)

    def _of_record(self, field: str, day: date | None) -> Wording | None:
        return Wording(self.statement_id, self.key, field, f"{day:%-d %B %Y}") if day else None


@dataclass(frozen=True, slots=True)
class Cited:
    """All that a message may rest on.

    Attributes:
        wordings: Of every statement it cites, faulty documents included.
        documents: Of these wordings, by id.
        product_names: Names of the catalogue and of approved documents that the message says.
        n_expiries: How often the end of one of these documents had been brought forward.
    """

    wordings: tuple[Wording, ...] = ()
    documents: tuple[CitedDocument, ...] = ()
    product_names: tuple[str, ...] = ()
    n_expiries: int = 0

    def fault_of(self, wording: Wording) -> str:
        """Return why a wording may not be said on the day of sending; empty where it may."""
        return next((d.fault for d in self.documents if d.key == wording.document), "")

    @property
    def in_force(self) -> tuple[Wording, ...]:
        """Return the wordings that may be said on the day of sending."""
        faulty = {d.key for d in self.documents if d.fault}
        return tuple(w for w in self.wordings if w.document not in faulty)

    @property
    def offers(self) -> tuple[CitedDocument, ...]:
        """Return the offers, those that have run out included."""
        return tuple(d for d in self.documents if d.kind == "offer")
