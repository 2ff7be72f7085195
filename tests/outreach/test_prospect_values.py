"""What may stand in a message of a prospect's own fields and facts; all of it is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.outreach.limits import channel_limits
from personalization.statistics.message_length import septets, sms_segments

if TYPE_CHECKING:
    from personalization.store import Store

UNHAPPY = [
    "the layoffs you announced", "your insolvency", "the death of your founder",
    "the fire at your warehouse", "the closure of your York shop", "your recent data breach",
    "der Stellenabbau in Ihrem Werk", "Ihre Insolvenz", "der Tod Ihres Gründers",
    "die Schließung Ihrer Filiale in Köln", "die Entlassungen in Ihrem Haus",
    "votre plan social", "les licenciements annoncés", "le décès de votre fondatrice",
    "la fermeture de votre boutique à Lyon", "l'incendie de votre entrepôt",
    "los despidos anunciados", "el fallecimiento de su fundador", "su concurso de acreedores",
    "el cierre de su tienda en Bilbao", "la huelga en su planta",
]  # fmt: skip
HAPPY = [
    "your new shop in St. Ives", "your partnership with Weber GmbH & Co. KG", "your tenth year",
    "your talk at the trade evening", "the J. Smith prize for your hotel", "your B Corp award",
    "Ihr neues Geschäft in St. Gallen", "Ihre Stelle für eine Teamleitung im Einkauf",
    "der Start Ihrer neuen Marke", "l'ouverture de votre boutique à Lyon", "vos dix ans",
    "su nueva tienda en Bilbao", "la apertura de su hotel", "your closing of a funding round",
]  # fmt: skip


def values(store: Store, macro: str, texts: list[str]) -> list[str]:
    rows = store.read(
        "SELECT fact_value(told), prospect_value(told)"
        " FROM (SELECT unnest($texts::VARCHAR[]) AS told)",
        texts=texts,
    )
    return [row[("fact_value", "prospect_value").index(macro)] for row in rows]


def test_bad_luck_is_no_fact_and_good_news_is_one_as_it_was_told(store: Store) -> None:
    assert values(store, "fact_value", UNHAPPY) == [""] * len(UNHAPPY)
    assert values(store, "fact_value", HAPPY) == HAPPY


@pytest.mark.parametrize(
    "told", ["your shop. Buy now", "your award!", "your shop in Ives. Really", "a: b", "your fair."]
)
def test_a_fact_is_one_phrase(store: Store, told: str) -> None:
    assert values(store, "fact_value", [told]) == [""]


def test_what_stands_for_a_missing_name_is_no_name(store: Store) -> None:
    nobody = ["unknown", "Unknown", "N.A.", "n/a", "?", "-", "*|FNAME|*", "[[name]]",
              "[First Name]",
              "%%firstname%%", "${name}", "Unbekannt", "Inconnue", "xxx", "first name",
              "k.A."]  # fmt: skip
    somebody = ["Ann", "Na", "Xu", "O'Brien", "3M", "H&M", "Noname Ltd", "Sina", "Bolt & Sons"]

    assert values(store, "prospect_value", nobody) == [""] * len(nobody)
    assert values(store, "prospect_value", somebody) == somebody


def test_a_sign_of_two_places_at_the_border_of_two_sms_makes_a_third(store: Store) -> None:
    torn = "a" * 152 + "€" + "b" * 152  # 306 septets, and the escape would be the 153rd
    texts = [torn, *("a" * at + "€" + "b" * rest for at in range(150, 155)
                     for rest in (149, 150, 151, 152))]  # fmt: skip
    _, most, _ = channel_limits(["sms"])["sms"]

    counted = store.read(
        "SELECT outreach_units('sms', told) FROM (SELECT unnest($texts::VARCHAR[]) AS told)",
        texts=texts,
    )

    assert (septets(torn), sms_segments(torn)) == (306, 3)
    for text, (units,) in zip(texts, counted, strict=True):
        assert units == septets(text)
        assert units > most or sms_segments(text) <= 2


def test_a_sign_beyond_the_alphabet_never_makes_a_third_sms(store: Store) -> None:
    texts = ["ç" + "a" * n for n in range(125, 145)] + ["🎁" * n for n in range(60, 75)]
    _, most, _ = channel_limits(["sms"])["sms"]

    counted = store.read(
        "SELECT outreach_units('sms', told) FROM (SELECT unnest($texts::VARCHAR[]) AS told)",
        texts=texts,
    )

    assert counted[0] == (288,)  # 126 units of UCS-2 against 70 where 160 septets fit: 126 * 16 / 7
    for text, (units,) in zip(texts, counted, strict=True):
        assert units > most or sms_segments(text) <= 2
