"""The app as pages are tested: a database of its own, and no screen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path, PosixPath
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st
from streamlit.runtime import pages_manager
from streamlit.testing.v1 import AppTest

from pages.ui import shell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
SETTINGS = """
[content]
corpus = "{root}/content_corpus"
index = "{folder}/index"
[delivery]
folder = "{folder}/exports"
"""


class _NoFolder(PosixPath):
    """Stands where Streamlit looks for a folder of pages, and finds none."""

    def exists(self, **_: object) -> bool:
        return False


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """An app with an empty database; ``shell.store()`` is the one it uses."""
    settings = tmp_path / "settings.toml"
    settings.write_text(SETTINGS.format(root=ROOT, folder=tmp_path), "utf-8")
    # AppTest starts each run as a server that has just come up, which for a folder ``pages`` runs
    # the page's file without app.py.  Tests are about a server that is up: the shell's own test
    # and the browser tests see to the first request.
    monkeypatch.setattr(pages_manager, "Path", _NoFolder)
    monkeypatch.setenv("PERSONALIZATION_DB", str(tmp_path / "state.duckdb"))
    monkeypatch.setenv("PERSONALIZATION_SETTINGS", str(settings))
    st.cache_resource.clear()
    st.cache_data.clear()
    yield AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    shell.jobs().pool.shutdown(cancel_futures=True)
    shell.store().close()
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def open_on(app: AppTest) -> Callable[..., AppTest]:
    """Open a page of the app, on a campaign if one is named."""

    def open_page(page: str, campaign_id: str = "", **parameters: str) -> AppTest:
        app.run()
        for name, value in {"campaign": campaign_id, **parameters}.items():
            if value:
                app.query_params[name] = value
        return app.switch_page(page).run()

    return open_page


_DATASET = "INSERT INTO datasets VALUES ($dataset_id, $name, false, $now, 'Ann', NULL)"
_CUSTOMERS = """
    INSERT INTO customers (dataset_id, customer_id, email, first_name, consent_email, orders,
                           total_spent, last_order_at)
    SELECT $dataset_id, 'p' || n, 'p' || n || '@example.com', 'Person ' || n, n % 10 <> 0,
           1 + n % 7, 20.0 + n, TIMESTAMP '2026-11-01' - to_days((n % 300)::INTEGER)
    FROM range(1, $n + 1) AS people(n)
"""
_CAMPAIGN = """
    INSERT INTO campaigns VALUES ($campaign_id, $name, $dataset_id, NULL, '{"metric": "click"}',
                                  $send_on, 'en-GB', $campaign_id, $now, 'Ann', NULL)
"""


@pytest.fixture
def add_campaign(app: AppTest) -> Callable[..., str]:  # noqa: ARG001
    """Put a campaign and its customers into the app's database, and return its id."""

    def add(campaign_id: str = "spring", name: str = "Spring preview", n: int = 300) -> str:
        store, dataset_id = shell.store(), f"base_{campaign_id}"
        now: dict[str, Any] = {"now": datetime(2026, 11, 20, 9, 0, tzinfo=UTC)}
        store.run(_DATASET, dataset_id=dataset_id, name=f"Customers of {name}", **now)
        store.run(_CUSTOMERS, dataset_id=dataset_id, n=n)
        store.run(
            _CAMPAIGN, campaign_id=campaign_id, name=name, dataset_id=dataset_id,
            send_on=date(2026, 12, 1), **now,
        )  # fmt: skip
        return campaign_id

    return add
