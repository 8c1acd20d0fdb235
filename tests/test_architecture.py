"""The house rules of docs/architecture.md: who may import whom, and what works without the app's libraries."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "exclusion"

# Whose import is allowed where; everything else may not have it.
ONLY_IN = {
    "streamlit": {"ui"},
    "streamlit_folium": {"ui"},
    "folium": {"maps"},
    "branca": {"maps"},
    "requests": {"sources"},
    "sqlalchemy": {"register"},
    "alembic": {"register"},
}


def layers() -> dict[str, int]:
    """Module -> its layer, read from the line in docs/architecture.md: what is to the left may not import what is to the right."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    line = re.search(r"^`(typed <- contracts <- .*)`$", page, re.MULTILINE)
    assert line, "docs/architecture.md no longer says in which direction imports go"
    found = {}
    for number, group in enumerate(line[1].split("<-")):
        for name in group.split(","):
            found[name.strip()] = number
    return found


def part(path: Path) -> str:
    """The part of the house a file belongs to: ``exclusion/sources/census.py`` -> ``sources``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def files() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def imports(path: Path) -> set[str]:
    """Every module a file imports, anywhere in it, dotted; ``from exclusion import risk`` counts as ``exclusion.risk``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} uses a relative import; write it in full"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "exclusion" else {str(node.module)}
    return found


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    order = layers()
    here = part(path)
    assert here in order, f"{here} has no place in the line of docs/architecture.md"
    for name in imports(path):
        if not name.startswith("exclusion."):
            continue
        there = name.split(".")[1]
        if there == here or there.startswith("__version__"):
            continue
        assert there in order, f"{here} imports {there}, which has no place in docs/architecture.md"
        assert order[there] <= order[here], f"{here} imports {there}, which stands above it"


def test_no_part_comes_back_to_itself() -> None:
    wanted: dict[str, set[str]] = {}
    for path in files():
        names = {name.split(".")[1] for name in imports(path) if name.startswith("exclusion.")}
        wanted.setdefault(part(path), set()).update(names - {part(path), "__version__"})
    order = list(TopologicalSorter(wanted).static_order())  # raises CycleError, naming the ring
    assert order.index("contracts") < order.index("assessment") < order.index("__main__")


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_stay_where_they_belong(path: Path) -> None:
    for name in imports(path):
        library = name.split(".")[0]
        if library in ONLY_IN:
            assert part(path) in ONLY_IN[library], f"{library} is imported in {part(path)}"


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    assert [path.name for path in PACKAGE.rglob("*.py") if path.stem in {"utils", "helpers", "misc", "common"}] == []


BLOCKER = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"streamlit", "folium", "streamlit_folium", "branca"}:
            raise ModuleNotFoundError(f"No module named {name!r} (not installed in this test)")

sys.meta_path.insert(0, Absent())
"""


def run_without_the_app(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python as if the extra ``app`` had not been installed."""
    return subprocess.run([sys.executable, "-c", BLOCKER + code], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_the_library_works_without_the_app() -> None:
    done = run_without_the_app("import exclusion; print(len(exclusion.load().areas))")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 7000


def test_the_command_line_works_without_the_app() -> None:
    done = run_without_the_app("from exclusion.__main__ import main; sys.exit(main(['score', '--council', 'Blackpool', '--json']))")
    assert done.returncode == 0, done.stderr
    assert '"area_name": "Anchorsholme"' in done.stdout


def test_importing_the_package_costs_nothing() -> None:
    code = "import exclusion, sys; print(sorted({'pandas', 'geopandas', 'pandera', 'streamlit', 'folium'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_every_public_name_is_there() -> None:
    import exclusion

    assert {name for name in exclusion.__all__ if getattr(exclusion, name) is None} == set()
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = exclusion.lode  # type: ignore[attr-defined]
