from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization.delivery import field_coverage, render_for
from personalization.domain import MERGE_FIELDS, Message, merge_tags
from personalization.errors import InputError
from tests.delivery.ready import add_variant, message

if TYPE_CHECKING:
    from personalization.store import Store

TAGS = st.builds(
    "{{{{{}{}{}|{}}}}}".format,
    st.sampled_from(["", " "]),
    st.sampled_from(MERGE_FIELDS),
    st.sampled_from(["", " "]),
    st.text("abc dé\\1.", max_size=6),
)
TEXTS = st.lists(st.text("ab \n\\1%$&", max_size=5) | TAGS, max_size=6).map("".join)
PLAIN_VALUES = st.text("abcdé 'O", max_size=8)


def rename(store: Store, **values: str | None) -> None:
    """Give the first customer these values, and none of the other merge fields."""
    store.run(
        "UPDATE customers SET first_name = $first_name, city = $city, country = $country,"
        " favourite_category = $favourite_category, tier = $tier WHERE customer_id = 'c000000'",
        **{**dict.fromkeys(MERGE_FIELDS), **values},
    )


def body(store: Store, text: str, **values: str | None) -> str:
    """Render ``text`` as the body of a message to the customer who has ``values``."""
    rename(store, **values)
    version = store.read("SELECT max(version) + 1 FROM variants WHERE variant_id = 'Loyal/A'")[0][0]
    written = Message("s", "p", text, "c", "https://x.example", "f")
    add_variant(store, "Loyal", "A", written, version=version, is_cleared=False)
    return render_for(store, "Loyal/A", "c000000").body


def test_a_customer_reads_the_own_name_and_town(campaign: Store) -> None:
    rename(campaign, first_name="Ann", city="York")

    read = render_for(campaign, "Loyal/A", "c000000")

    assert read.subject == "Ann, A for Loyal"
    assert read.body == "Dear Ann,\n\nnew candles, made in York.\nRegards"
    assert (read.link, read.footer) == (message("Loyal", "A").link, message("Loyal", "A").footer)


@pytest.mark.parametrize(
    ("value", "reads"),
    [
        pytest.param(None, "friend", id="missing"),
        pytest.param("", "friend", id="empty"),
        pytest.param(" \t ", "friend", id="blank"),
        pytest.param("nan", "friend", id="what a spreadsheet left behind"),
        pytest.param("Nan", "Nan", id="a real name that looks like it"),
        pytest.param("{{city|x}}", "friend", id="a merge tag"),
        pytest.param("<b>Ann</b>", "friend", id="markup"),
        pytest.param("www.win-big.example", "friend", id="a link"),
        pytest.param("Free prize at win.example", "friend", id="a host name"),
        pytest.param("evil\u3002com", "friend", id="a host name with an ideographic stop"),
        pytest.param("evil\uff0ecom", "friend", id="a host name with a wide stop"),
        pytest.param("evil\uff61com", "friend", id="a host name with a narrow ideographic stop"),
        pytest.param("evil\u2024com", "friend", id="a host name with a one dot leader"),
        pytest.param("http:evil", "friend", id="a scheme without slashes"),
        pytest.param("mailto\uff1aann", "friend", id="a scheme with a wide colon"),
        pytest.param("//evil/x", "friend", id="a link without its scheme"),
        pytest.param("\\\\evil", "friend", id="a share on a network"),
        pytest.param("Ann 0800 123 456", "friend", id="a telephone number"),
        pytest.param("Call (020) 7946-0018", "friend", id="a telephone number in brackets"),
        pytest.param("Call ٠٢٠٧٩٤٦٠", "friend", id="a telephone number in Arabic digits"),
        pytest.param("see 93.184.216.34", "friend", id="a host of numbers"),
        pytest.param("S:t Ibb", "S:t Ibb", id="a Swedish saint"),
        pytest.param("Agent 007", "Agent 007", id="a few digits"),
        pytest.param("YO1 7AB 2026", "YO1 7AB 2026", id="a postcode and a year"),
        pytest.param("ann@example.com", "friend", id="an address"),
        pytest.param("=HYPERLINK(1)", "friend", id="a formula"),
        pytest.param("＝1+1", "friend", id="a formula in wide letters"),
        pytest.param("\u00a0=1+1", "friend", id="a formula behind a hard space"),
        pytest.param("\u200b=1+1", "friend", id="a formula behind a sign without width"),
        pytest.param("\u200d+1", "friend", id="a formula behind a joiner"),
        pytest.param("\u3000-1", "friend", id="a formula behind an ideographic space"),
        pytest.param("w\u200bww.win-big.example", "friend", id="a link parted out of sight"),
        pytest.param("win.\u2060example", "friend", id="a host name parted out of sight"),
        pytest.param("\u00a0nan\u3000", "friend", id="what a spreadsheet left, among spaces"),
        pytest.param("\u3000李\u3000明\u00a0", "李 明", id="spaces of all kinds"),
        pytest.param("\u200b\u00a0", "friend", id="nothing that anybody sees"),
        pytest.param("A" * 61, "friend", id="longer than a name"),
        pytest.param("Ann\nMarie\x07", "Ann Marie", id="line break and control character"),
        pytest.param("‮Ann", "Ann", id="turned writing"),  # noqa: PLE2502
        pytest.param("  Zoë  O'Neil-Smith ", "Zoë O'Neil-Smith", id="spaces around"),
        pytest.param("St. John", "St. John", id="a stop in a name"),
        pytest.param("\\1 $1", "\\1 $1", id="what a pattern would take for a group"),
    ],
)
def test_a_value_is_data_and_reads_as_its_fallback_where_it_is_unfit(
    campaign: Store, value: str | None, reads: str
) -> None:
    assert body(campaign, "Dear {{first_name|friend}}!", first_name=value) == f"Dear {reads}!"


def test_a_value_is_never_read_as_a_tag(campaign: Store) -> None:
    """Tags become control characters before values fill them, and no value can hold those."""
    text = "{{first_name|you}} of {{city|here}}"

    assert body(campaign, text, first_name="A\x02B", city="York") == "A B of York"


def test_one_field_may_have_two_fallbacks(campaign: Store) -> None:
    text = "{{first_name|Hello}}! Dear {{ first_name | our friend }}, {{first_name|}}."

    assert body(campaign, text, first_name=None) == "Hello! Dear our friend, ."
    assert body(campaign, text, first_name="Ann") == "Ann! Dear Ann, Ann."


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=TEXTS, values=st.fixed_dictionaries(dict.fromkeys(MERGE_FIELDS, PLAIN_VALUES)))
def test_the_engine_fills_what_the_domain_calls_a_tag(
    campaign: Store, text: str, values: dict[str, str]
) -> None:
    """The statement's twin in plain Python: every tag replaced by the value or its fallback."""
    expected = text
    for tag in merge_tags(text):
        own = re.sub(r"\s+", " ", values[tag.field]).strip()
        expected = expected.replace(tag.token, own or tag.fallback)

    assert body(campaign, text, **values) == expected


def test_an_unknown_customer_is_told(campaign: Store) -> None:
    with pytest.raises(InputError, match="'nobody'"):
        render_for(campaign, "Loyal/A", "nobody")


def test_coverage_counts_who_has_a_field(campaign: Store) -> None:
    coverage = field_coverage(campaign, "spring", "Loyal")

    # By hand: of c000000 to c000054, those whose last digit is 0 to 4; every fifth has no name,
    # and every third lives in York, the next third has a blank.
    assert coverage == [
        ("first_name", 24, 30),
        ("city", 10, 30),
        ("country", 30, 30),
        ("favourite_category", 0, 30),
        ("tier", 0, 30),
    ]
