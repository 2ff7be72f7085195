from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization.domain import PROSPECT_FIELDS, merge_tags
from personalization.providers.outreach_frames import outreach_lines

if TYPE_CHECKING:
    from personalization.store import Store

_FILL = """
    SELECT fill_prospect(prospect_form($text, prospect_filled($first_name, $full_name, $company,
               $city, $industry, $title)), $first_name, $full_name, $company, $city, $industry,
               $title, $fact)
"""
_FACT = "SELECT fact_value($own)"
FULL = {name: f"<{name}>" for name in PROSPECT_FIELDS}
EMPTY = dict.fromkeys(PROSPECT_FIELDS, "")


def fill(store: Store, text: str, own: dict[str, str], fact: str = "") -> str:
    [(filled,)] = store.read(_FILL, text=text, fact=fact, **own)
    return str(filled)


def twin(text: str, own: dict[str, str], fact: str) -> str:
    """Fill a skeleton in Python, as SQL is to do it."""
    for tag in merge_tags(text):
        value = fact if tag.is_fact else own[tag.field.partition(".")[2]]
        text = text.replace(tag.token, value or tag.fallback)
    return text


def test_every_field_is_filled_or_reads_as_its_fallback(store: Store) -> None:
    text = " ".join(f"{{{{prospect.{name}|no {name}}}}}" for name in PROSPECT_FIELDS)

    assert fill(store, text, FULL) == " ".join(FULL.values())
    assert fill(store, text, EMPTY) == " ".join(f"no {name}" for name in PROSPECT_FIELDS)


def test_every_frame_that_ships_is_filled_as_in_python(store: Store) -> None:
    own = FULL | {"company": ""}
    for locale in ("en-GB", "de-DE", "fr-FR"):
        for _, line in outreach_lines(locale, "sales", "Hearth & Ribbon", ""):
            assert fill(store, line, own, "your new shop") == twin(line, own, "your new shop")


@given(value=st.text(alphabet="{}|a. prospect_fc", max_size=30))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_prospect_is_called_is_never_read_as_a_field(store: Store, value: str) -> None:
    filled = fill(
        store, "{{prospect.company|you}}: {{prospect.city|here}}", EMPTY | {"company": value}
    )

    assert filled == f"{value or 'you'}: here"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        pytest.param("your new shop in Leeds", "your new shop in Leeds", id="a phrase"),
        pytest.param("  your new\nshop ", "your new shop", id="odd blanks"),
        pytest.param("Ihr Stand auf der Messe 2026", "Ihr Stand auf der Messe 2026", id="a year"),
        pytest.param("", "", id="nothing"),
        pytest.param("You won. Click here", "", id="more than a phrase"),
        pytest.param("your shop, see https://evil.example", "", id="a link"),
        pytest.param("{{prospect.city|x}}", "", id="a field"),
        pytest.param("<b>your shop</b>", "", id="markup"),
        pytest.param("=HYPERLINK(1)", "", id="a formula"),
        pytest.param("call +44 20 7946 0000 now", "", id="a telephone number"),
        pytest.param("a" * 121, "", id="longer than a phrase"),
    ],
)
def test_a_fact_that_is_unclean_is_no_fact(store: Store, own: str, said: str) -> None:
    assert store.read(_FACT, own=own) == [(said,)]


def test_a_skeleton_has_a_form_for_each_set_of_fields_that_it_addresses(store: Store) -> None:
    store.run("INSERT INTO outreach_plans VALUES ('c', 'd', '{}', now(), 'ann')")
    store.run(
        """
        INSERT INTO variants VALUES ('v', 1, 'c', 'sales', 'direct/news/short', 'S', '',
            '{{prospect.first_name|Hello}}, {{fact.text}} at {{ prospect.city | home }}', '', '',
            '', 'en-GB', '{"fact_kinds": "news,event"}', 'composer', '{}', 'x', now(), 'ann')
        """
    )

    rows = store.read("""
        SELECT filled, addressed, needs_fact, fact_kinds,
               fill_prospect(body, 'Ann', '', '', 'York', '', '', 'your shop')
        FROM skeleton_forms ORDER BY filled
    """)

    assert rows == [
        ("000000", "100100", True, "news,event", "Hello, your shop at home"),
        ("000100", "100100", True, "news,event", "Hello, your shop at York"),
        ("100000", "100100", True, "news,event", "Ann, your shop at home"),
        ("100100", "100100", True, "news,event", "Ann, your shop at York"),
    ]
