"""The check over all documents: what it finds, where, and what it leaves alone."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization import campaign
from personalization.cli import main
from personalization.content import Entry, Known, lint, lint_library
from personalization.content.documents import Document, Sentence
from personalization.content.lint_twins import shingles
from personalization.domain import BrandProfile
from personalization.generation.facts import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from personalization.content import Finding
    from personalization.store import Store

ON = date(2026, 11, 20)
CORPUS = Path(__file__).parents[2] / "content_corpus"


def document(name: str = "tea", text: str = "Tea is warm.", **changes: object) -> Document:
    told: dict[str, Any] = {
        "kind": "benefit", "title": f"About {name}", "body": f"The {name}.", "status": "approved",
        "approved_by": "Claire", "approved_at": "2026-09-01", "evidence": "Price list",
        "source": f"c/{name}.md", "sentences": (Sentence("s1", "lead", text),), **changes,
    }  # fmt: skip
    return Document(document_id=name, **told)


def found(
    *documents: Document, known: Known | None = None, send_on: date | None = None
) -> list[Finding]:
    entries = [Entry(each) for each in documents]
    return lint(entries, on=ON, read=facts, known=known or Known(), send_on=send_on)


def rules(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    quiet = ("thin_language",)
    return [(each.severity, each.rule) for each in findings if each.rule not in quiet]


def test_the_shipped_corpus_is_clean() -> None:
    loud = [each for each in campaign.lint_corpus(CORPUS, on=ON) if each.severity != "info"]

    assert loud == []


# Contradictions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "products", "clash"),
    [
        pytest.param(
            "Lunch bags cost £1.65 each.", "A lunch bag costs £1.95.", ("lunch-bag",),
            ("£1.65", "£1.95"), id="a price",
        ),
        pytest.param(
            "Lunch bags cost £1.65 each.", "All lunch bags are now £1.95.", ("lunch-bag",),
            ("£1.65", "£1.95"), id="a price in other words",
        ),
        pytest.param(
            "Standard delivery is free on orders over £40.",
            "Standard delivery is free on orders over £50.", (), ("£40", "£50"), id="a threshold",
        ),
        pytest.param(
            "You can return anything unused within 30 days.",
            "Unused goods can be returned within 28 days.", (), ("30", "28"), id="a term",
        ),
        pytest.param(
            "The code HEARTH10 takes 10% off your next order.",
            "Use HEARTH10 at checkout and save 15%.", (), ("10%", "15%"), id="the same code",
        ),
        pytest.param(
            "The code RIBBON5 ends on 31 December 2027.", "RIBBON5 works until 30 November 2027.",
            (), ("31 December 2027", "30 November 2027"), id="an end",
        ),
        pytest.param(
            "The Bakelike alarm clock stands 9 cm high.", "The Bakelike alarm clock is 11 cm high.",
            ("alarm-clock",), ("9", "11"), id="a size",
        ),
    ],
)  # fmt: skip
def test_two_documents_that_tell_different_figures_of_one_thing_contradict(
    one: str, other: str, products: tuple[str, ...], clash: tuple[str, str]
) -> None:
    findings = found(
        document("one", one, products=products), document("two", other, products=products)
    )

    [each] = [each for each in findings if each.rule == "contradiction"]
    assert each.severity == "error"
    assert each.other is not None
    for place, text, whole in zip((each.place, each.other), clash, (one, other), strict=True):
        assert place.text.startswith(text)
        assert whole[place.start : place.end] == place.text
        assert place.field == "statements[1].text"


@pytest.mark.parametrize(
    ("one", "other", "products"),
    [
        pytest.param(
            "Lunch bags cost £1.65 each.", "Jumbo bags cost £1.95 each.",
            ("lunch-bag", "jumbo-bag"), id="two products",
        ),
        pytest.param(
            "Standard delivery takes 3 to 5 working days.",
            "Express delivery takes 2 working days.", ("", ""), id="two services",
        ),
        pytest.param(
            "Delivery takes 3 to 5 working days.", "Return anything within 30 days of delivery.",
            ("", ""), id="two terms",
        ),
        pytest.param(
            "Delivery takes 3 to 5 working days.", "Delivery takes up to 5 working days.",
            ("", ""), id="within a range",
        ),
        pytest.param(
            "The code HEARTH10 works once on orders over £25.",
            "The code RIBBON5 works once on orders over £30.", ("", ""), id="two codes",
        ),
        pytest.param(
            "The cake stand costs £12.75.", "The cake stand has three tiers.",
            ("cake-stand", "cake-stand"), id="a price and a count",
        ),
        pytest.param(
            "Choose any four teacups of the tea set.", "The tea set has three-tier plates.",
            ("tea-set", "tea-set"), id="two things counted",
        ),
    ],
)  # fmt: skip
def test_figures_of_different_things_are_left_alone(
    one: str, other: str, products: tuple[str, str]
) -> None:
    mine, theirs = ((each,) if each else () for each in products)

    findings = found(document("one", one, products=mine), document("two", other, products=theirs))

    assert rules(findings) == []


@pytest.mark.parametrize(
    ("change", "severity"),
    [
        pytest.param({"status": "draft"}, "warning", id="a draft is a warning"),
        pytest.param({"status": "retired"}, None, id="a retired one says nothing"),
        pytest.param({"locale": "de-DE"}, None, id="another language"),
        pytest.param({"valid_from": date(2027, 1, 1)}, None, id="never on the same day"),
        pytest.param({"jurisdiction": "US"}, None, id="another country"),
    ],
)
def test_only_what_may_be_said_together_contradicts(
    change: dict[str, Any], severity: str | None
) -> None:
    first = document(
        "one", "Delivery costs £4 for all.", valid_until=date(2026, 12, 31), jurisdiction="GB"
    )

    findings = found(first, document("two", "Delivery costs £5 for all.", **change))

    clashes = [each.severity for each in findings if each.rule == "contradiction"]
    assert clashes == ([severity] if severity else [])


def test_a_wording_and_a_subject_line_keep_the_figure_of_their_statement() -> None:
    sentence = Sentence("s1", "lead", "Tea costs £5.", ("Tea is £6.", "Five pounds for tea."))
    offer = document(sentences=(sentence,), subject_lines=("Tea for £7 only today",))

    findings = found(offer)

    assert [(f.rule, f.place.field, f.place.text) for f in findings if f.severity == "error"] == [
        ("other_figure", "statements[1].alts[1]", "£6"),
        ("other_figure", "subject_lines[1]", "£7"),
    ]


def test_an_offer_names_its_own_last_day() -> None:
    told = Sentence("s2", "condition", "It ends on 18 December 2026, for new orders.")
    lead = Sentence("s1", "lead", "Tea is half price until 19 December.", requires=("s2",))
    offer = document(kind="offer", sentences=(lead, told), valid_until=date(2026, 12, 19))

    [wrong] = [each for each in found(offer) if each.rule == "wrong_end"]

    assert (wrong.severity, wrong.place.text) == ("error", "18 December 2026")


# Days ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("validity", "send_on", "expected"),
    [
        pytest.param((None, date(2026, 11, 19)), None, [("info", "expired")], id="over"),
        pytest.param((None, date(2026, 11, 20)), None, [("warning", "ends_soon")], id="last day"),
        pytest.param((None, date(2026, 12, 4)), None, [("warning", "ends_soon")], id="14 days"),
        pytest.param((None, date(2026, 12, 5)), None, [], id="15 days"),
        pytest.param(
            (None, date(2026, 12, 5)), date(2026, 12, 6), [("warning", "ends_before_sending")],
            id="over on the send date",
        ),
        pytest.param(
            (None, date(2026, 12, 20)), date(2026, 12, 6), [("warning", "ends_soon")],
            id="soon after the send date",
        ),
        pytest.param((date(2026, 11, 21), None), None, [("info", "not_yet_valid")], id="to come"),
        pytest.param((date(2026, 11, 21), None), date(2026, 12, 1), [], id="valid by then"),
    ],
)  # fmt: skip
def test_validity_is_held_against_today_and_the_send_date(
    validity: tuple[date | None, date | None],
    send_on: date | None,
    expected: list[tuple[str, str]],
) -> None:
    since, until = validity

    assert rules(found(document(valid_from=since, valid_until=until), send_on=send_on)) == expected


# Shape ---------------------------------------------------------------------------------

CONDITION = Sentence("s2", "condition", "For new customers in the shop.")
OFFER: dict[str, Any] = {"kind": "offer", "valid_until": date(2027, 12, 31)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(OFFER, ("error", "no_condition"), id="an offer without a condition"),
        pytest.param(
            {**OFFER, "sentences": (Sentence("s1", "lead", "Tea is cheap."), CONDITION)},
            ("warning", "no_condition"), id="a lead that does not need its condition",
        ),
        pytest.param(
            {"sentences": (
                Sentence("s1", "lead", "Tea is warm.", requires=("s2",)),
                Sentence("s2", "detail", "Cake is sweet.", requires=("s1",)),
            )},
            ("warning", "circular_requires"), id="a circle",
        ),
        pytest.param(
            {"sentences": (Sentence("s1", "lead", "Tea " * 30, subject_ok=True),)},
            ("warning", "long_subject"), id="too long for a subject",
        ),
        pytest.param(
            {"evidence": None, "sentences": (Sentence("s1", "lead", "The best tea there is."),)},
            ("warning", "no_evidence"), id="a superlative without evidence",
        ),
        pytest.param(
            {"evidence": None, "locale": "de-DE",
             "sentences": (Sentence("s1", "lead", "Der beste Tee."),)},
            ("warning", "no_evidence"), id="a German superlative",
        ),
        pytest.param(
            {"sentences": (Sentence("s1", "lead", "Hello {first_name}, tea is warm."),)},
            ("error", "broken_merge_tag"), id="a field with one brace",
        ),
        pytest.param(
            {"sentences": (Sentence("s1", "lead", "Hello {{first_name}}, tea is warm."),)},
            ("error", "broken_merge_tag"), id="a field without a fallback",
        ),
        pytest.param(
            {"sentences": (Sentence("s1", "lead", "Hello *|FNAME|*, tea is warm."),)},
            ("error", "broken_merge_tag"), id="another tool's field",
        ),
    ],
)  # fmt: skip
def test_what_a_document_lacks_or_should_not_hold_is_found(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert rules(found(document(**changes))) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "Hello {{first_name|there}}, tea is warm.",
        "Half of it is 50% cotton, 50% linen.",
        "Tea [and cake] for (all).",
    ],
)
def test_what_is_no_broken_field_is_left_alone(text: str) -> None:
    assert ("error", "broken_merge_tag") not in rules(found(document(text=text)))


def test_words_of_the_brand_profile_are_held_to() -> None:
    profile = BrandProfile(forbidden=("cheap",), vocabulary=(("basket", "cart"),))

    findings = found(document(text="A cheap cart of tea."), known=Known(profile=profile))

    assert [(f.severity, f.rule, f.place.text) for f in findings if f.rule != "thin_language"] == [
        ("error", "forbidden_word", "cheap"), ("warning", "other_word", "cart"),
    ]  # fmt: skip


# Twins and reach -----------------------------------------------------------------------


def test_two_documents_that_say_the_same_are_shown_as_a_pair_once() -> None:
    text = "The insulated lining keeps a packed lunch cool until noon with an ice pack"
    one, two = document("one", f"{text}."), document("two", f"{text} inside.")

    [each] = [each for each in found(one, two) if each.rule == "near_duplicate"]

    assert each.document_ids == ("one", "two")
    apart = found(
        document("one", f"{text}.", products=("bag",)),
        document("two", f"{text} inside.", products=("box",)),
    )
    assert rules(apart) == []


@given(st.lists(st.sampled_from("abcdef"), max_size=12))
def test_a_text_is_its_own_twin_whatever_its_signs(words: list[str]) -> None:
    assert shingles(" ".join(words)) == shingles(", ".join(words).upper())


def test_what_nobody_is_meant_by_finds_or_quotes_is_told() -> None:
    known = Known(
        segments=("Loyal",), products=("LUNCH BAG SPACEBOY", "22382"), found=("used", "idle"),
        quoted=("used@1#s1",),
    )  # fmt: skip
    both = (Sentence("s1", "lead", "One."), Sentence("s2", "detail", "Two."))
    documents = [
        document("used", version=1, sentences=both, products=("lunch-bags",)),
        document("idle", "Idle.", version=1),
        document("lost", "Lost.", version=1, segments=("loyal", "Nobody"), products=("kite",)),
    ]

    told = {
        (each.place.document_id, each.rule, each.place.text)
        for each in found(*documents, known=known) if each.rule != "thin_language"
    }  # fmt: skip

    assert told == {
        ("used", "uncited", "Two."), ("idle", "never_used", ""), ("lost", "never_found", ""),
        ("lost", "unknown_segment", "Nobody"), ("lost", "unknown_product", "kite"),
    }  # fmt: skip


def test_a_language_without_voice_control_and_call_to_action_is_told() -> None:
    english = [document("voice", kind="voice"), document("cta", kind="cta"),
               document("control", tags=("control",))]  # fmt: skip

    [each] = [f for f in found(*english, document("tee", locale="de-DE")) if f.severity == "info"]

    assert each.rule == "thin_language"
    assert "‘de’" in each.message


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=3), st.sampled_from(["en-GB", "de", "zz"]))
def test_no_text_makes_the_check_fail_and_every_span_holds_its_words(
    texts: list[str], locale: str
) -> None:
    documents = [document(f"n{i}", text, locale=locale) for i, text in enumerate(texts)]

    for each in found(*documents):
        entry = Entry(_of(documents, each.place.document_id))
        whole = {text.field: text.text for text in entry.texts()}
        if each.place.text and each.place.field in whole:
            assert whole[each.place.field][each.place.start : each.place.end] == each.place.text


def _of(documents: Sequence[Document], name: str) -> Document:
    return next(each for each in documents if each.document_id == name)


# Where it is called --------------------------------------------------------------------


def test_the_library_is_linted_as_it_stands(store: Store) -> None:
    assert lint_library(store, on=ON, read=facts) == []


def test_the_command_names_file_line_and_way_out_and_fails_on_errors(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    write("cake-one", "Standard delivery costs £4 for all orders.")
    corpus = write("cake-two", "Standard delivery costs £5 for all orders.", kind="advert")
    write("cake-two", "Standard delivery costs £5 for all orders.")
    write("cake-three", status="fine")

    code = main(["lint", "--corpus", str(corpus), "--on", "2026-11-20", "--json"])
    told = json.loads(capsys.readouterr().out)
    main(["lint", "--corpus", str(corpus), "--on", "2026-11-20"])
    text = capsys.readouterr().out

    assert code == 2
    assert {row["rule"] for row in told["findings"] if row["severity"] == "error"} == {
        "unreadable", "contradiction",
    }  # fmt: skip
    [clash] = [row for row in told["findings"] if row["rule"] == "contradiction"]
    assert (clash["source"], clash["line"]) == ("corpus/cake-one.md", 12)
    assert (clash["text"], clash["other"]["text"]) == ("£4", "£5")
    assert "corpus/cake-one.md:12: statements[1].text error [contradiction]" in text
    assert "against corpus/cake-two.md:12" in text


def test_a_sentence_of_the_body_is_named_by_its_line(
    write: Callable[..., Path],
) -> None:
    body = (
        "# How we deliver\n\nWe pack with care. Ask us for a\nbox. For **all orders** it is\n"
        "quick.\n\n- Standard delivery\n  costs £4 for all orders.\n"
    )
    write("cake-one", body, statements=None)
    corpus = write("cake-two", "Standard delivery costs £5 for all orders.")

    [clash] = [each for each in campaign.lint_corpus(corpus, on=ON) if each.rule == "contradiction"]

    text = (corpus / "cake-one.md").read_text("utf-8").splitlines()
    assert clash.place.field == "statements[4].text"
    assert text[(clash.place.line or 1) - 1] == "- Standard delivery"


def test_the_command_ends_well_where_there_are_only_warnings(
    write: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = write("cake-one", valid_until="2026-11-25")

    code = main(["lint", "--corpus", str(corpus), "--on", "2026-11-20"])

    assert code == 0
    assert "1 warning" in capsys.readouterr().out
    assert main(["lint", "--corpus", str(corpus), "--on", "someday"]) == 2
    assert "is no day" in capsys.readouterr().err
