"""The arrows that the code may draw, what the pages leave to the core, and what starts light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pages.ui.menu import PAGES as MENU

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "personalization").rglob("*.py"))
PAGES = sorted(p for p in (ROOT / "pages").glob("*.py") if p.name != "__init__.py")
SHARED = sorted((ROOT / "pages" / "ui").glob("*.py"))

GROUND = {
    "domain", "errors", "settings", "statistics", "store", "providers", "addresses", "email_design",
    "clocks",
}  # fmt: skip
# What the parts below the stages may know.  Those of ABOVE know the stages: that is their work.
ALLOWED = {
    "errors": set[str](),
    "addresses": set[str](),
    "clocks": {"errors", "store"},
    "domain": {"errors"},
    "email_design": {"errors", "domain", "addresses"},
    "settings": {"errors"},
    "statistics": {"errors"},
    "store": {"errors"},
    "providers": {"errors", "domain", "settings", "store", "statistics"},
    "jobs": {"errors", "store"},
}
ABOVE = {"__init__", "campaign", "reports", "cli", "pipeline", "recommending", "outreach_engine"}
HEAVY = ("torch", "sentence_transformers", "chromadb", "sklearn", "statsmodels", "scipy.stats")
SQL = re.compile(r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH \w+ AS|CREATE|ALTER|DROP)\b")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imported(nodes: Iterator[ast.AST]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def parts_imported(path: Path) -> set[str]:
    """Return the parts of ``personalization`` that the module at ``path`` imports."""
    names = imported(ast.walk(tree_of(path)))
    return {name.split(".")[1] for name in names if name.startswith("personalization.")}


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the module is imported: no functions, no typing block."""
    for child in ast.iter_child_nodes(node):
        is_typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not (
            is_typing or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        ):
            yield child
            yield from at_import(child)


def part_of(path: Path) -> str:
    return path.relative_to(ROOT / "personalization").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", [p for p in CORE if part_of(p) not in ABOVE], ids=name_of)
def test_a_stage_knows_the_ground_and_itself_only(path: Path) -> None:
    part = part_of(path)

    assert parts_imported(path) <= ALLOWED.get(part, GROUND) | {part}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "personalization" / "reports").glob("*.py")), ids=name_of
)
def test_a_report_moves_nothing_on(path: Path) -> None:
    assert not parts_imported(path) & {"campaign", "jobs", "cli", "pipeline"}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_knows_no_screen(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported(ast.walk(tree_of(path)))}

    assert not roots & {"streamlit", "plotly", "pages"}


@pytest.mark.parametrize("path", [*PAGES, *SHARED], ids=name_of)
def test_a_page_knows_the_workflow_and_the_reports_only(path: Path) -> None:
    allowed = {"campaign", "reports", "domain", "errors", "settings"}
    if path.name == "shell.py":
        allowed |= {"store", "jobs"}

    assert parts_imported(path) <= allowed


@pytest.mark.parametrize("path", [*PAGES, *SHARED], ids=name_of)
def test_a_page_holds_no_sql(path: Path) -> None:
    texts = [node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant)]

    assert not [text for text in texts if isinstance(text, str) and SQL.match(text)]


@pytest.mark.parametrize("path", [*PAGES, ROOT / "pages" / "ui" / "home.py"], ids=name_of)
def test_a_page_begins_by_entering_the_shell(path: Path) -> None:
    body = [
        ast.unparse(node)
        for node in tree_of(path).body
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.If)
    ]
    first = body[1] if ast.get_docstring(tree_of(path)) else body[0]

    assert first == f"ctx = shell.enter({path.stem!r})"


def test_every_page_is_in_the_menu_and_every_menu_row_has_its_page() -> None:
    listed = {page.file for page in MENU}

    assert listed == {name_of(path) for path in PAGES} | {"pages/ui/home.py"}


@pytest.mark.parametrize("path", [*CORE, *PAGES, *SHARED], ids=name_of)
def test_heavy_libraries_are_loaded_when_they_are_used(path: Path) -> None:
    names = imported(at_import(tree_of(path)))
    heavy = (*HEAVY, "openai", "azure", "pyspark")

    assert not [name for name in names if name.startswith(tuple(heavy))]


FIRST_PAGE = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=60).run()
assert not app.exception, app.exception
assert app.title[0].value == "Campaigns"
print([name for name in sys.argv[1:] if name in sys.modules])
"""


def test_the_first_page_opens_without_the_heavy_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONALIZATION_DB", str(tmp_path / "state.duckdb"))

    ran = subprocess.run(
        [sys.executable, "-c", FIRST_PAGE, *HEAVY],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip().splitlines()[-1] == "[]"
