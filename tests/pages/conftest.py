"""The app as pages are tested: a database of its own, and no screen."""

from __future__ import annotations

import shutil
from pathlib import Path, PosixPath
from typing import TYPE_CHECKING, Final

import pytest
import streamlit as st
from streamlit.runtime import pages_manager
from streamlit.testing.v1 import AppTest

from pages.ui import shell
from personalization.settings import Delivery, Settings
from personalization.store import open_store
from tests.delivery.ready import BRAND, BRAND_TOML
from tests.pages import campaigns

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
    settings.write_text(SETTINGS.format(root=ROOT, folder=tmp_path) + BRAND_TOML, "utf-8")
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


@pytest.fixture
def add_campaign(app: AppTest) -> Callable[..., str]:  # noqa: ARG001
    """Put a campaign and its customers into the app's database, and return its id."""

    def add(campaign_id: str = "spring", name: str = "Spring preview", n: int = 300) -> str:
        return campaigns.add(shell.store(), campaign_id, name, n)

    return add


STAGES: Final[dict[str, Callable[..., object]]] = {
    "written": campaigns.written,
    "approved": campaigns.approved,
    "designed": campaigns.designed,
    "simulated": campaigns.simulated,
}


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Databases with a campaign that has come as far as a stage, each made once a session."""
    folder = tmp_path_factory.mktemp("templates")

    def template(stage: str) -> Path:
        path = folder / f"{stage}.duckdb"
        if not path.exists():
            store = open_store(path)
            campaigns.add(store, "spring", "Spring preview", 300)
            delivery = Delivery(folder=str(folder / "exports"))
            settings = Settings(brand=BRAND, delivery=delivery)
            STAGES[stage](store, settings, "spring", ROOT / "content_corpus")
            store.close()
        return path

    return template


@pytest.fixture
def campaign_at(
    app: AppTest,  # noqa: ARG001
    tmp_path: Path,
    templates: Callable[[str], Path],
) -> Callable[[str], str]:
    """Give the app a database whose campaign is written, approved, designed or simulated."""

    def at(stage: str) -> str:
        template = templates(stage)
        shutil.copy(template, tmp_path / "state.duckdb")
        (tmp_path / "anchor").mkdir(exist_ok=True)
        for heads in (template.parent / "anchor").glob(f"{template.name}.*"):
            ending = heads.name.removeprefix(template.name)
            shutil.copy(heads, tmp_path / "anchor" / f"state.duckdb{ending}")
        return "spring"

    return at
