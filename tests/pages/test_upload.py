from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui import shell, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

PAGE = "pages/upload.py"
HEAD = "customer_id,email,first_name,consent,orders,total_spent,last_order_date,shoe_size\n"
GOOD = HEAD + (
    "A1,ann@example.com,Ann,yes,3,120.50,2026-10-25,39\n"
    "A2,ben@example.com,Ben,no,1,20.00,2026-09-30,44\n"
)
FAULTY = GOOD + (
    ",cara@example.com,Cara,yes,2,44.00,2026-08-01,38\n"
    "A2,ben@example.com,Ben,yes,2,35.00,2026-10-30,44\n"
    "A4,not-an-address,Eve,yes,1,15.00,2026-07-15,40\n"
)
AMBIGUOUS = (
    "customer_id,email,last_order_date\nA1,a@example.com,03/04/2026\nA2,b@example.com,05/06/2026\n"
)
ORDERS = (
    "order_id,customer_id,quantity,unit_price,ordered_at\n"
    "1,A1,2,10.00,2026-10-01\n2,A1,1,5.50,2026-10-25\n"
)


@pytest.fixture
def page(open_on: Callable[..., AppTest]) -> AppTest:
    return open_on(PAGE)


def give(page: AppTest, text: str, target: str = "customers", name: str = "mine.csv") -> AppTest:
    return page.file_uploader(key=f"upload_{target}").upload(name, text.encode(), "text/csv").run()


def texts(page: AppTest) -> str:
    shown = [*page.markdown, *page.caption, *page.info, *page.error]
    return "\n".join(str(each.value) for each in shown)


def numbers(page: AppTest, key: str) -> list[str]:
    return [metric.value for metric in page.get_by_key(key).metric]


def create(page: AppTest, name: str = "Winter gifts") -> AppTest:
    page.text_input(key="name").set_value(name)
    return page.button(key="create").click().run()


def campaigns() -> list[tuple[str, ...]]:
    return shell.store().read("SELECT name FROM campaigns ORDER BY name")


def test_an_empty_page_asks_for_files_and_promises_to_store_nothing(page: AppTest) -> None:
    assert not page.exception
    assert "Nothing is stored before you create the campaign." in texts(page)
    assert not page.dataframe


def test_every_row_of_a_file_is_accounted_for(page: AppTest) -> None:
    give(page, FAULTY)

    assert not page.exception
    assert numbers(page, "numbers_customers") == ["5", "3", "1", "1"]
    assert "3 + 1 + 1 = 5 rows: none is lost." in texts(page)


def test_every_problem_is_said_with_its_line_and_reason(page: AppTest) -> None:
    give(page, FAULTY)

    found = next(each.value for each in page.dataframe if "Why" in each.value)
    said = set(zip(found["What happens"], found["Line"], found["Why"], strict=True))
    assert ("Rejected", 4, "There is no customer number.") in said
    assert ("Merged", 3, "A later row with the same number is kept instead.") in said
    assert page.download_button(key="problems_customers").label == "Download all problems (CSV)"


def test_control_totals_are_shown_before_anything_is_stored(page: AppTest) -> None:
    give(page, GOOD)

    assert numbers(page, "totals") == ["2", "1", "4", "140.50"]
    assert campaigns() == []


def test_orders_are_added_up_beside_the_customers(page: AppTest) -> None:
    give(page, GOOD)
    give(page, ORDERS, "transactions", "orders.csv")

    assert not page.exception
    assert numbers(page, "totals") == ["2", "1", "2", "25.50"]
    assert "Orders reach from 1 October 2026 to 25 October 2026." in texts(page)


def test_orders_alone_are_not_enough(page: AppTest) -> None:
    give(page, ORDERS, "transactions", "orders.csv")

    assert "Add the customer file" in texts(page)
    assert "create" not in [button.key for button in page.button]


def test_a_file_that_is_no_table_is_refused_in_words(page: AppTest) -> None:
    give(page, "%PDF-1.4 not a table", name="report.csv")

    assert not page.exception
    assert words.plain("report.csv is a PDF.") in page.error[0].value
    assert "create" not in [button.key for button in page.button]


def test_what_the_file_does_not_say_is_asked_for(page: AppTest) -> None:
    give(page, AMBIGUOUS)
    assert "Answer what is asked above to go on." in texts(page)
    question = page.radio[0]

    question.set_value("MDY").run()

    assert not page.exception
    assert page.radio[0].label == "How does this file write dates such as 03/04/2026?"
    assert page.button(key="create").label == "Create campaign"


def test_a_column_that_was_guessed_wrongly_is_put_right(page: AppTest) -> None:
    give(page, GOOD)
    column = next(box for box in page.selectbox if box.label == "consent")
    assert column.value == "consent_email"

    column.set_value("ignore").run()

    assert not page.exception
    assert numbers(page, "totals")[1] == "0"


def test_a_campaign_is_created_on_what_came_in(page: AppTest) -> None:
    give(page, GOOD)

    create(page)

    assert not page.exception
    assert page.title[0].value == "Segments"
    assert campaigns() == [("Winter gifts",)]
    assert shell.store().read("SELECT customer_id FROM customers ORDER BY 1") == [("A1",), ("A2",)]
    assert shell.store().read("SELECT DISTINCT attribute FROM customer_attributes") == [
        ("shoe_size",)
    ]


def test_a_campaign_without_a_name_is_refused_and_nothing_is_lost(page: AppTest) -> None:
    give(page, GOOD)
    page.text_input(key="goal").set_value("Sell candles.")

    create(page, "  ")

    assert not page.exception
    assert "The campaign has no name." in page.error[0].value
    assert page.text_input(key="goal").value == "Sell candles."
    assert campaigns() == []
    assert shell.store().read("SELECT name FROM datasets") == []


def test_the_same_request_twice_creates_one_campaign(page: AppTest) -> None:
    def ask_for_the_sample(name: str) -> None:
        page.button(key="another").click().run() if campaigns() else None
        page.segmented_control(key="source").set_value("sample").run()
        create(page, name)
        page.switch_page(PAGE).run()

    for name in ("Winter gifts", "Winter gifts", "Spring cleaning"):
        ask_for_the_sample(name)

    assert not page.exception
    assert campaigns() == [("Spring cleaning",), ("Winter gifts",)]


def test_the_sample_shop_says_whose_data_it_is(page: AppTest) -> None:
    page.segmented_control(key="source").set_value("sample").run()

    assert not page.exception
    assert "CC BY 4.0" in texts(page)
    assert page.button(key="create").label == "Create campaign"


def test_a_campaign_that_exists_shows_its_customers_and_the_way_on(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    page = open_on(PAGE, add_campaign("spring", "Spring preview", 300))

    assert not page.exception
    assert numbers(page, "numbers")[:2] == ["300", "270"]
    page.button(key="go_on").click().run()
    assert page.title[0].value == "Segments"


def test_another_campaign_can_be_started_from_there(
    open_on: Callable[..., AppTest], add_campaign: Callable[..., str]
) -> None:
    page = open_on(PAGE, add_campaign())

    page.button(key="another").click().run()

    assert not page.exception
    assert page.segmented_control(key="source").value == "files"
