"""Make up the prospects of the sample shop's trade service; run again, the same bytes.

    python sample_data/prospects.py

Fictional: every company, person, address and fact.  Their domains end in ``.example``, which
nobody can register; telephone numbers are of the ranges that Ofcom, the Bundesnetzagentur,
ARCEP and the NANPA keep free for fiction, and other countries have none here.  First names are
common ones of the country.  A hash of the row's number draws everything.
"""  # noqa: INP001
# ruff: noqa: E501

from __future__ import annotations

import csv
import hashlib
import unicodedata
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE: Final = Path(__file__).parent
ACCOUNTS: Final = 190
LATEST: Final = date(2026, 11, 1)
Choice = TypeVar("Choice")


class Country(NamedTuple):
    """What a country's prospects are called, do and read."""

    code: str
    language: str
    cities: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    company_ends: tuple[str, ...]
    phone: str
    titles: dict[str, tuple[str, ...]]
    news: tuple[str, ...]
    hiring: tuple[str, ...]
    events: tuple[str, ...]


_ENGLISH: Final = {
    "top": (
        "Founder & CEO", "Owner", "Managing Director", "CEO", "Co-Founder", "Chief Marketing Officer",
        "Chief Operating Officer", "CFO", "Proprietor", "Chief Revenue Officer", "Founding Partner",
    ),
    "head": (
        "Head of Marketing", "VP Marketing", "Head of People", "Marketing Director", "Sales Director",
        "Head of Procurement", "Director of Events", "VP, Demand Gen", "Head of Growth & CRM",
        "Head of Client Services", "HR Director", "Head of Retail", "Director, Brand Partnerships",
    ),
    "middle": (
        "Marketing Manager", "Events Manager", "Office Manager", "Buying Manager", "HR Manager",
        "Senior Buyer", "Key Account Manager", "Procurement Manager", "CRM Manager", "Brand Manager",
        "Assistant Manager", "Guest Experience Manager", "Product Manager", "IT Manager",
        "Customer Success Manager", "Finance Manager",
    ),
    "other": (
        "EA to the CEO", "Marketing Executive", "SDR", "Account Executive", "Buyer",
        "sr. sdr 🚀", "People Partner", "Growth Ninja", "Marketing student | aspiring brand manager",
        "Retired", "Ex-Head of Marketing, open to work", "Assistant to the Managing Director",
        "Content Specialist", "Software Engineer", "Manager", "Accountant", "Intern",
    ),
}  # fmt: skip
_COUNTRIES: Final = (
    Country(
        "GB", "en", ("London", "Leeds", "Bristol", "York", "Bath", "Glasgow"),
        ("Olivia", "Amelia", "Grace", "Priya", "Hannah", "Zoë", "George", "Harry", "Callum", "Imran",
         "Owen", "Thomas"),
        ("Ashworth", "Patel", "Hargreaves", "O'Connor", "Whitfield", "Okafor", "Llewellyn", "Begum"),
        ("Interiors Ltd", "Hotels", "Gift Co", "Studio", "& Daughters Ltd", "Events", "Software"),
        "+44 7700 900", _ENGLISH,
        ("your new shop in {city}", "your move to a larger showroom in {city}"),
        ("the {n} open roles on your careers page",),
        ("your stand at the Harrogate trade evening",),
    ),
    Country(
        "US", "en", ("Portland", "Austin", "Savannah", "Boulder", "Madison"),
        ("Emma", "Madison", "Jasmine", "Carmen", "Mei", "Ethan", "Noah", "Tyler", "Marcus", "Diego"),
        ("Whitaker", "Nguyen", "Castillo", "Brooks", "Kowalski", "Freeman", "Hoffman", "Reyes"),
        ("Goods Inc", "Hospitality", "Paper Co", "Labs", "Outfitters", "Agency", "Partners LLC"),
        "+1 212-555-01", _ENGLISH,
        ("your new location in {city}", "your spring home collection"),
        ("the {n} open positions on your site",),
        ("your talk at the independent retail day",),
    ),
    Country(
        "DE", "de", ("Hamburg", "Leipzig", "München", "Köln", "Freiburg", "Münster"),
        ("Lena", "Katharina", "Anneliese", "Jürgen", "Björn", "Stefan", "Ayşe", "Jonas", "Sabine",
         "Ralf"),
        ("Kessler", "Müller", "Schröder", "Yıldız", "Brandt", "Weißenfels", "Lindemann", "Köhler"),
        ("Wohnkultur GmbH", "Hotels GmbH & Co. KG", "Papeterie", "Werkzeugbau GmbH", "Agentur GmbH",
         "Software AG"),
        "+49 30 23125 ",
        {
            "top": ("Geschäftsführer / Inhaber", "Geschäftsführerin", "Inhaberin", "Vorstand Vertrieb",
                    "Gründer & CEO", "Geschäftsführender Gesellschafter"),
            "head": ("Leiter Marketing", "Vertriebsleiterin", "Bereichsleiter Einkauf", "IT-Leiter",
                     "Personalleiterin", "Leitung Veranstaltungen", "Head of Marketing"),
            "middle": ("Marketingmanagerin", "Einkäufer", "Key Account Manager", "Referentin Personal",
                       "Eventmanager", "Projektleiter", "Produktmanagerin", "Office Managerin"),
            "other": ("Assistentin der Geschäftsführung", "Vertriebsmitarbeiter", "Werkstudent Marketing",
                      "Sachbearbeiterin Einkauf", "Prokuristin", "im Ruhestand", "Buchhalterin"),
        },
        ("Ihr neues Ladengeschäft in {city}", "Ihre Erweiterung in {city}"),
        ("die {n} offenen Stellen auf Ihrer Karriereseite",),
        ("Ihr Stand auf der Frühjahrsmesse",),
    ),
    Country(
        "FR", "fr", ("Lyon", "Nantes", "Bordeaux", "Lille", "Annecy"),
        ("Camille", "Élodie", "Chloé", "François", "Jean-Baptiste", "Mathieu", "Inès", "Karim"),
        ("Lavandier", "Moreau", "Benali", "D'Aubigny", "Lefèvre", "Girard", "Nguyen", "Marchand"),
        ("Maison SARL", "Hôtels", "Papeterie", "Conseil", "Distribution", "Studio"),
        "+33 1 99 00 ",
        {
            "top": ("Gérant", "Gérante", "Directrice générale", "PDG", "Fondatrice", "Président"),
            "head": ("Directeur commercial", "Directrice marketing", "Responsable de la communication",
                     "DRH", "Directeur des achats", "DSI"),
            "middle": ("Chef de produit", "Responsable événementiel", "Chargée de communication",
                       "Acheteuse", "Responsable marketing", "Office manager"),
            "other": ("Assistante de direction", "Commercial", "Chargée d'affaires", "Stagiaire marketing",
                      "Comptable", "En recherche d'emploi", "Développeuse"),
        },
        ("votre nouvelle boutique à {city}", "votre nouvel hôtel à {city}"),
        ("les {n} postes ouverts sur votre site",),
        ("votre présence au salon de la rentrée",),
    ),
    Country(
        "ES", "es", ("Valencia", "Bilbao", "Sevilla", "Girona", "Málaga"),
        ("Lucía", "Carmen", "Begoña", "Íñigo", "Álvaro", "Javier", "Núria", "Pablo"),
        ("García", "Ibáñez", "Muñoz", "Etxeberria", "Romero", "Puig", "Ortega", "Vidal"),
        ("Hogar SL", "Hoteles", "Regalos", "Comunicación", "Distribuciones SA", "Eventos"),
        "",
        {
            "top": ("Director general", "Socia fundadora", "Gerente", "Propietaria", "Consejero delegado"),
            "head": ("Directora de marketing", "Director comercial", "Directora de compras",
                     "Director de recursos humanos", "Responsable de eventos"),
            "middle": ("Jefa de producto", "Responsable de marketing", "Jefe de compras",
                       "Coordinadora de eventos"),
            "other": ("Asistente de dirección", "Comercial", "Becaria de marketing", "Comprador",
                      "Desempleado", "Contable", "Técnica de selección"),
        },
        ("su nueva tienda en {city}", "su nuevo hotel en {city}"),
        ("las {n} vacantes de su web",),
        ("su presencia en la feria de otoño",),
    ),
    Country(
        "IT", "it", ("Torino", "Bologna", "Verona", "Lecce"),
        ("Giulia", "Chiara", "Niccolò", "Matteo", "Francesca", "Alessandro"),
        ("Bianchi", "D'Amico", "Ferraro", "Rinaldi", "Conti", "Esposito"),
        ("Casa Srl", "Alberghi", "Regali", "Comunicazione", "Distribuzione SpA"),
        "",
        {
            "top": ("Titolare", "Amministratore delegato", "Direttrice generale", "Fondatore"),
            "head": ("Direttore marketing", "Direttrice commerciale", "Responsabile acquisti",
                     "Direttore del personale"),
            "middle": ("Responsabile eventi", "Responsabile marketing", "Capo prodotto"),
            "other": ("Assistente di direzione", "Impiegata commerciale", "Stagista", "Contabile"),
        },
        ("il vostro nuovo negozio a {city}", "il vostro nuovo albergo a {city}"),
        ("le {n} posizioni aperte sul vostro sito",),
        ("la vostra presenza alla fiera d'autunno",),
    ),
)  # fmt: skip
_SHARES: Final = {"GB": 34, "US": 22, "DE": 18, "FR": 12, "ES": 8, "IT": 6}
_STEMS: Final = (
    "Alder", "Brightline", "Corvid", "Dovetail", "Ember", "Fernway", "Gable", "Halcyon", "Ironwood",
    "Juniper", "Kestrel", "Larkspur", "Marigold", "Nordhaven", "Orchard", "Pixelbarn", "Quayside",
    "Rosehip", "Stratoqueue", "Tilia", "Umber", "Velo", "Willow", "Yarrow", "Zephyr", "Lavandier",
    "Moorbach", "Solana", "Aurelia", "Bluefin",
)  # fmt: skip
_KINDS: Final = (
    ("b2c_brand", "Homeware retail"), ("hospitality", "Hotels"), ("agency", "Marketing agency"),
    ("saas", "Software"), ("ecommerce", "Online retail"), ("manufacturing", "Manufacturing"),
    ("professional_services", "Professional services"), ("smb", "Local business"),
    ("bank", "Banking"), ("reseller", "Reseller"), ("consultancy", "Consulting"),
    ("healthcare", "Health care"), ("tech_vendor", "Technology"), ("", ""),
)  # fmt: skip
_SIZES: Final = (
    "4",
    "9",
    "18",
    "35",
    "60",
    "120",
    "240",
    "480",
    "950",
    "1200",
    "3900",
    "12400",
    "",
    "",
)
_COLUMNS: Final = (
    "prospect_id", "first_name", "last_name", "email", "phone", "linkedin_url", "x_handle", "title",
    "company", "website", "company_type", "industry", "employees", "country", "city", "language",
    "owner", "news", "news_source", "news_date", "hiring", "hiring_source", "hiring_date", "event",
    "event_source", "event_date", "opted_out", "competitor", "product_users", "trial_active",
    "open_opportunity",
)  # fmt: skip


def draw(key: str, n: int) -> int:
    """Draw a number below ``n``, always the same one for the same key."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % n


def pick(key: str, choices: Sequence[Choice]) -> Choice:
    """Draw one of ``choices``."""
    return choices[draw(key, len(choices))]


def plain(text: str) -> str:
    """Write a name as an address does: small letters, no accents, no other signs."""
    special = text.lower().translate({ord("ß"): "ss", ord("ø"): "o", ord("ł"): "l", ord("ı"): "i"})
    bare = unicodedata.normalize("NFKD", special)
    return "".join(c for c in bare if c.isascii() and c.isalnum())


def country_of(account: str) -> Country:
    """Draw the country of an account by the shares."""
    place = draw("country:" + account, 100)
    for country in _COUNTRIES:
        place -= _SHARES[country.code]
        if place < 0:
            return country
    return _COUNTRIES[0]


def company(number: int) -> dict[str, str]:
    """Make up an account."""
    key = f"account:{number}"
    country = country_of(key)
    first = _STEMS[number % len(_STEMS)]
    second = _STEMS[(number + 1 + draw(key, len(_STEMS) - 1)) % len(_STEMS)]
    name = f"{first} {second} {pick('end' + key, country.company_ends)}"
    kind, industry = pick("kind" + key, _KINDS)
    host = f"{plain(first)}-{plain(second)}{number}.example"
    return {
        "company": name, "website": f"https://www.{host}", "company_type": kind,
        "industry": industry, "employees": pick("size" + key, _SIZES), "country": country.code,
        "city": pick("city" + key, country.cities), "language": country.language,
        "owner": "Mara Field" if draw("owner" + key, 25) == 0 else "",
    }  # fmt: skip


def facts(key: str, country: Country, account: dict[str, str]) -> dict[str, str]:
    """Make up what was found about the account: half of them have news."""
    found: dict[str, str] = {}
    kinds = (
        ("news", country.news, 55, "news"), ("hiring", country.hiring, 25, "careers"),
        ("event", country.events, 20, "events"),
    )  # fmt: skip
    for kind, texts, share, place in kinds:
        if draw(kind + key, 100) >= share:
            continue
        text = pick("text" + kind + key, texts)
        seen = LATEST - timedelta(days=draw("day" + kind + key, 120))
        found |= {
            kind: text.format(city=account["city"], n=3 + draw("n" + key, 12)),
            f"{kind}_source": f"{account['website']}/{place}",
            f"{kind}_date": seen.isoformat(),
        }
    return found


def signals(key: str) -> dict[str, str]:
    """Make up what is known of how the prospect stands to the shop: mostly nothing."""
    chances = (
        ("opted_out", 3, "yes"), ("competitor", 1, "yes"), ("trial_active", 6, "yes"),
        ("open_opportunity", 4, "yes"), ("product_users", 9, str(1 + draw("users" + key, 12))),
    )  # fmt: skip
    return {name: value for name, share, value in chances if draw(name + key, 100) < share}


def people(number: int) -> list[dict[str, str]]:
    """Make up the one to four people of an account."""
    account = company(number)
    country = next(c for c in _COUNTRIES if c.code == account["country"])
    host = account["website"].removeprefix("https://www.")
    found = facts(f"account:{number}", country, account)
    rows = []
    for place in range(1 + (number % 3) + (number % 7 == 0)):
        key = f"person:{number}:{place}"
        first, last = pick("f" + key, country.first_names), pick("l" + key, country.last_names)
        level = pick("level" + key, ("top", "head", "head", "middle", "middle", "other"))
        handle = f"{plain(first)}-{plain(last)}-{number}{place}"
        number_end = f"{draw('phone' + key, 1000):03d}"
        phone = {
            "+1 212-555-01": number_end[:2],
            "+33 1 99 00 ": f"{number_end[:2]} {number:02d}"[:5],
        }
        rows.append(account | found | signals(key) | {
            "first_name": "" if draw("noname" + key, 40) == 0 else first, "last_name": last,
            "email": "" if draw("nomail" + key, 20) == 0 else f"{plain(first)}.{plain(last)}@{host}",
            "phone": country.phone + phone.get(country.phone, number_end)
                     if country.phone and draw("tel" + key, 3) else "",
            "linkedin_url": f"https://www.linkedin.com/in/{handle}-fictional"
                            if draw("li" + key, 10) else "",
            "x_handle": "@" + handle.replace("-", "_")[:15] if draw("x" + key, 4) == 0 else "",
            "title": "" if draw("notitle" + key, 50) == 0 else pick("t" + key, country.titles[level]),
        })  # fmt: skip
    return rows


def main() -> None:
    """Write ``prospects.csv`` beside this file."""
    rows = [row for number in range(ACCOUNTS) for row in people(number)]
    with (HERE / "prospects.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for place, row in enumerate(rows):
            writer.writerow({"prospect_id": f"P{1001 + place}", **row})


if __name__ == "__main__":
    main()
