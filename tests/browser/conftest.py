"""A real server and a real browser for the journeys; nothing may leave this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.delivery.ready import BRAND_TOML

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

ROOT = Path(__file__).parents[2]
LOCAL = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:")
# Streamlit asks for these below every page's own path first, and gets a harmless 404.
HARMLESS = ("/_stcore/health", "/_stcore/host-config")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTINGS = """
[content]
index = "{folder}/index"
[delivery]
folder = "{folder}/exports"
"""
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid=stStatusWidget]');
}"""
# What opens or takes another font moves what is below it, and a click in between meets nothing.
STILL = """() => document.fonts.status === 'loaded' && document.getAnimations().every(
    moving => moving.playState !== 'running' || moving.effect.getTiming().iterations === Infinity
)"""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        assert process.poll() is None, log.read_text("utf-8")
        if _is_healthy(f"{url}/_stcore/health"):
            return
        time.sleep(0.05)
    raise AssertionError(f"The app did not come up:\n{log.read_text('utf-8')}")


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310
            return bool(answer.read() == b"ok")
    except OSError:
        return False


@pytest.fixture(scope="session")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Start an app of its own, empty or with a copy of a database, and return its address."""
    running: list[subprocess.Popen[bytes]] = []

    def start(database: Path | None = None) -> str:
        folder = tmp_path_factory.mktemp("app")
        if database is not None:
            shutil.copy(database, folder / "state.duckdb")
        settings = folder / "settings.toml"
        settings.write_text(SETTINGS.format(folder=folder) + BRAND_TOML, "utf-8")
        port, log = _free_port(), folder / "log.txt"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
                cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "PERSONALIZATION_DB": str(folder / "state.duckdb"),
                    "PERSONALIZATION_SETTINGS": str(settings),
                },
            )  # fmt: skip
        running.append(process)
        _wait_until_up(f"http://127.0.0.1:{port}", process, log)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def server(start_app: Callable[..., str]) -> str:
    """The address of the app that the tests of one run share."""
    return start_app()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        pytest.skip("No Chromium on this machine: install the package 'chromium'.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Open pages, each with a session of its own; fail if one erred or asked another host."""
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(HARMLESS):
            faults.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith(LOCAL):
            faults.append(f"request to {request.url}")

    contexts = []

    def open_one() -> Page:
        context = browser.new_context(
            viewport={"width": 1360, "height": 900}, accept_downloads=True, locale="en-GB"
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", on_console)
        page.on("request", on_request)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not faults


@pytest.fixture
def page(open_page: Callable[[], Page]) -> Page:
    return open_page()


@pytest.fixture
def settled() -> Callable[[Page], None]:
    """Wait until the script has run and nothing moves; wait for the text you expect first."""

    def wait(page: Page) -> None:
        page.wait_for_function(SETTLED)
        page.wait_for_function(STILL)

    return wait
