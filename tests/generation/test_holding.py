"""What an attacker would try: false claims that keep close to the words of a true statement."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.generation import ground_lines

THROW = (
    "The Hartley throw is woven from recycled wool in Yorkshire. It measures 130 by 170 cm and "
    "weighs 980 g. The throw cannot be washed in a machine."
)
POST = (
    "Members get free delivery on orders over £40. Delivery takes 3 to 5 working days. This "
    "applies to UK mainland addresses."
)
SALE = "Save 15% on selected throws until 20 December 2026. The offer excludes the Bramley blanket."
SAVER = (
    "The Luma Saver account pays 4.1% AER variable on balances up to £25,000. The Luma Flex "
    "account pays 2% AER."
)
TRAYS = "The small tray costs £8 and the large tray costs £12."
PLAN = "The Studio plan costs £4.99 a month for the first year. You can cancel within 14 days."
STARS = "The Cirrus tent is rated 4.7 out of 5 by 1,312 customers."
RETURNS = (
    "Unused items can be returned within 30 days of delivery. Return postage is free in the UK "
    "and Ireland."
)
SEAT = "The Team plan costs £9 per user per month when billed yearly."
RUST = "The shears come with a 10-year guarantee against rust."
TRIAL = "You can try Ledgerline free for 30 days without a card."
POTS = "Members save 20% on pots. Glazed pots are excluded."


def line_of(field: str, text: str, source: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    given = {"id": "1", field: text, "sources": [{"id": "s", "text": source}], **more}
    [line] = ground_lines([given])
    return line


@pytest.mark.parametrize("field", ["claim", "message"])
@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param(THROW, "The Hartley throw weighs nine hundred and ninety grams.", id="words"),
        pytest.param(THROW, "The Hartley throw weighs 980 kg.", id="another unit"),
        pytest.param(THROW, "The Hartley throw measures 130 by 170 inches.", id="inches"),
        pytest.param(THROW, "The Hartley throw is machine washable.", id="opposite word"),
        pytest.param(THROW, "Machine wash? Of course.", id="asked and answered"),
        pytest.param(THROW, "Did you know that you can wash the throw in a machine?", id="asked"),
        pytest.param(THROW, "It is never a problem to wash the throw in a machine.", id="never a"),
        pytest.param(THROW, "The Hartley throw is woven from organic wool.", id="new material"),
        pytest.param(THROW, "Doctors love the Hartley throw.", id="who says so"),
        pytest.param(THROW, "The throw is woven in Yorkshire, as seen on TV.", id="TV"),
        pytest.param(THROW, "{{city|Our throw cures colds and}} is woven in Yorkshire.",
                     id="in a fallback"),
        pytest.param(THROW, "“The best throw I ever had,” says Ann.", id="in quotation marks"),
        pytest.param(POST, "Everyone gets free delivery on orders over £40.", id="condition"),
        pytest.param(POST, "Members get free delivery.", id="threshold dropped"),
        pytest.param(POST, "Members get free delivery on orders over forty pence.", id="pence"),
        pytest.param(POST, "Delivery takes three days.", id="the better end of a range"),
        pytest.param(POST, "Delivery takes 3 to 5 hours.", id="hours for working days"),
        pytest.param(SALE, "Save 15% on the Bramley blanket until 20 December.", id="excluded"),
        pytest.param(SALE, "Save ５０％ on selected throws until 20 December.", id="wide digits"),
        pytest.param(SALE, "Save 5\u200b0% on selected throws until 20 December.", id="hidden"),
        pytest.param(SALE, "Save a quarter on selected throws until 20 December.", id="fraction"),
        pytest.param(SALE, "Save 15% plus another 5% on selected throws.", id="a second figure"),
        pytest.param(SAVER, "Luma Flex pays 4.1% AER variable on balances up to £25,000.",
                     id="of another product"),
        pytest.param(TRAYS, "The large tray costs £8.", id="another size's price"),
        pytest.param(TRAYS, "Trays cost £8.", id="the size left out"),
        pytest.param(PLAN, "The Studio plan costs £4.99.", id="a month left out"),
        pytest.param(PLAN, "The Studio plan costs £4.99 a year.", id="a year for a month"),
        pytest.param(PLAN, "You can cancel any time.", id="limit lifted"),
        pytest.param(STARS, "The Cirrus tent is rated 4.7 out of 10.", id="out of ten"),
        pytest.param(STARS, "Critics rate the Cirrus tent 4.7 out of 5.", id="who rated"),
        pytest.param(RETURNS, "Return postage is free.", id="place dropped"),
        pytest.param(RETURNS, "Unused items can be returned within 30 days of purchase.",
                     id="runs from another day"),
        pytest.param(RETURNS, "Unused items cannot be returned.", id="denied"),
        pytest.param(SEAT, "The Team plan costs £9 per month.", id="per user left out"),
        pytest.param(RUST, "The shears come with a 10-year guarantee.", id="against what"),
        pytest.param(TRIAL, "You can use Ledgerline free without a card.", id="time limit dropped"),
        pytest.param(POTS, "The 20% saving includes glazed pots.", id="excluded in the passive"),
    ],
)  # fmt: skip
def test_no_false_claim_passes_by_its_wording(field: str, source: str, text: str) -> None:
    line = line_of(field, text, source)

    assert line["claims"], "it was not even seen as a claim"
    assert line["decision"] != "pass"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param(THROW, "The Hartley throw weighs 0.98 kg.", id="another unit"),
        pytest.param(THROW, "Do not wash the throw in a machine.", id="advice"),
        pytest.param(POST, "Your order arrives within 3 to 5 working days.", id="plain words"),
        pytest.param(SALE, "The Bramley blanket is not included in the offer.", id="not included"),
        pytest.param(SALE, "Until 20 December, save 15% on selected throws.", id="turned"),
        pytest.param(TRAYS, "The large tray is £12.", id="of the right one"),
        pytest.param(PLAN, "You have two weeks to cancel.", id="two weeks for 14 days"),
        pytest.param(STARS, "1,312 customers rate the Cirrus tent 4.7 out of 5.", id="active"),
        pytest.param("Packs carry a warranty of 5 years.", "Every pack has a 5-year warranty.",
                     id="every for a plural"),
        pytest.param("Interest is paid monthly.", "We pay interest every month.", id="monthly"),
        pytest.param("Chat with support 24 hours a day, 7 days a week.",
                     "Chat with support any hour, any day.", id="any hour"),
    ],
)  # fmt: skip
def test_a_true_claim_in_other_words_passes(source: str, text: str) -> None:
    assert line_of("claim", text, source)["decision"] == "pass"


@pytest.mark.parametrize(
    ("locale", "source", "text", "decision"),
    [
        ("de-DE", "Der Versand dauert 3 bis 5 Tage.", "Der Versand dauert zwei Tage.", "block"),
        ("de-DE", "Es kostet 1.299 €.", "Es kostet 1.299,00 €.", "pass"),
        ("de-DE", "Bis zum 3. Oktober 15 %.", "Bis zum 13. Oktober 15 %.", "block"),
        ("fr-FR", "Livraison offerte dès 40 €.", "Livraison offerte dès 30 €.", "block"),
        ("fr-FR", "Jusqu'au 3 mars, 15 % offerts.", "Jusqu'au 3 mai, 15 % offerts.", "block"),
        ("es-ES", "Cuesta 89,95 € hasta el 15 de mayo.", "Cuesta 98,95 €.", "block"),
        ("es-ES", "Devuélvala en 30 días.", "Devuélvala en cien días.", "block"),
    ],
)
def test_figures_and_days_are_read_in_four_languages(
    locale: str, source: str, text: str, decision: str
) -> None:
    assert line_of("claim", text, source, locale=locale)["decision"] == decision


HELD_OUT = Path(__file__).parents[1] / "data" / "grounding" / "marketing_held_out.jsonl"
CASES = [json.loads(line) for line in HELD_OUT.read_text("utf-8").splitlines()]


def test_held_out_claims_are_told_apart_and_no_wrong_figure_day_or_product_passes() -> None:
    lines = [
        {"id": c["id"], "claim": c["claim"], "locale": c["locale"],
         "sources": [{"id": "s", "text": c["source"]}]}
        for c in CASES
    ]  # fmt: skip
    found = {line["id"]: line["decision"] for line in ground_lines(lines)}
    passed = {c["id"]: found[c["id"]] == "pass" for c in CASES}
    accepted = [passed[c["id"]] for c in CASES if c["label"]]
    caught = [not passed[c["id"]] for c in CASES if not c["label"]]

    assert {found[c["id"]] for c in CASES if c["kind"] in {"number", "date", "product"}} == {
        "block"
    }
    assert all(passed[c["id"]] for c in CASES if c["kind"] == "verbatim")
    assert (sum(accepted) / len(accepted) + sum(caught) / len(caught)) / 2 >= 0.92  # the first run


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Refunds are paid in 14 days: only for faulty goods.", "Refunds are paid in 14 days."),
        ("A common myth: The throw is waterproof. It is not.", "The throw is waterproof."),
        ("Children travel free… with two paying adults.", "Children travel free."),
        ("Members get free post\nonly over £50.", "Members get free post"),
        ("It costs £12,345.67.", "It costs £12,345.71."),
        ("Order before 2 pm.", "Order before 2 am."),
        ("It is rated to −15 °C.", "It is rated to 15 °C."),
        ("It holds 5 µg of zinc.", "It holds 5 mg of zinc."),
        ("It takes 5 volts.", "It takes 5 lb."),
        ("Pay twice a month.", "Pay once a month."),
        ("Model X300 is here.", "Model X200 is here."),
        ("It is rated IP68.", "It is rated IP67."),
        ("Version 2.1 is out.", "Version 2.10 is out."),
        (TRAYS, "The large tray costs £8."),
        ("A single costs £150 and a double £250.", "A double costs £150."),
        ("The Aria kettle has a two-year warranty, the Nova kettle has a five-year one.",
         "Both kettles have a five-year warranty."),
        ("The bag is red. Its rain cover is sold separately.", "The bag comes with a rain cover."),
        ("Orders placed before 2 pm ship the same day.",
         "Orders placed before 2 pm arrive the same day."),
        ("The kettle comes in red.", "The iKettle comes in red."),
    ],
)  # fmt: skip
def test_a_figure_or_a_sense_that_is_nearly_right_never_passes(source: str, text: str) -> None:
    for field in ("claim", "message"):
        assert line_of(field, text, source)["decision"] != "pass"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("It comes in two sizes: small and large.", "It comes in two sizes."),
        ("The café opens from 9 am to 5 pm.", "Open from 9 am to 5 pm."),
        ("Doors open at 19:30.", "Doors open at 7.30 pm."),
        ("The duvet is rated to −15 °C.", "The duvet is rated to -15 °C."),
        ("Fees are paid monthly.", "Fees are paid once a month."),
        ("The WH-1000 costs £99.50.", "It costs £99.50, the WH1000."),
        ("Its rain cover is sold separately.", "The rain cover is sold separately."),
    ],
)
def test_the_same_in_other_signs_passes(source: str, text: str) -> None:
    assert line_of("claim", text, source)["decision"] == "pass"


WORDS = st.lists(
    st.sampled_from(
        [
            "The",
            "Hartley",
            "throw",
            "never",
            "costs",
            "over",
            "£40",
            "15%",
            "until",
            "3 May",
            "but",
            "not",
            "all",
            "best",
            "2",
            "Members",
            "free",
            "excludes",
            "{{city|you}}",
            "is",
            "Leeds?",
            "only",
            "cannot",
            "14 kg",
            "–",
            "(up to)",
            "“Any”",
        ]
    ),
    min_size=1,
    max_size=14,
)
SENTENCES = WORDS.map(lambda words: f"{' '.join(words).strip().capitalize()}.")


@settings(max_examples=150, deadline=None)
@given(before=st.lists(SENTENCES, max_size=2), sentence=SENTENCES, field=st.sampled_from(
    ["claim", "message"]))  # fmt: skip
def test_a_verbatim_statement_always_passes(before: list[str], sentence: str, field: str) -> None:
    sources = [{"id": str(n), "text": text} for n, text in enumerate([*before, sentence])]

    [line] = ground_lines([{"id": "1", field: sentence, "sources": sources}])

    assert line["decision"] == "pass"


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=80), source=st.text(max_size=80))
def test_no_text_breaks_the_gate(text: str, source: str) -> None:
    [line] = ground_lines([{"id": "1", "claim": text, "sources": [{"id": "s", "text": source}]}])

    assert "could not be judged" not in line["claims"][0]["reason"]
