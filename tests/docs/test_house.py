"""The house that architecture.md draws: packages only, no import in a circle, test folders where their packages are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import grimp

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "tcptui"
#: Test folders that mirror no package: what they try is the whole program, or lies beside the packages.
WHOLE: Final = {"adversary", "benchmarks", "campaigns", "corpus", "docs", "e2e", "live", "support"}


def circles(imports: dict[str, set[str]]) -> list[str]:
    """Imports that close a circle."""
    order: dict[str, int] = {}
    begun: set[str] = set()

    def visit(module: str) -> None:
        begun.add(module)
        for target in imports[module]:
            if target not in begun:
                visit(target)
        order[module] = len(order)

    for module in imports:
        if module not in begun:
            visit(module)
    # Depth first, all that a module imports is done before it is, but for what leads back to it.
    return sorted(
        f"{module} → {target}" for module in imports for target in imports[module] if order[target] > order[module]
    )


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph("tcptui", cache_dir=None, exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in sorted(graph.modules)}

    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["c → a"]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set(), "d": {"a"}}) == []
    assert circles(imports) == []


def test_packages_are_rooms_and_nothing_lies_before_their_doors() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}
    assert {path.name for path in (ROOT / "tests").glob("*.py")} == {"conftest.py"}


def test_test_folders_mirror_the_packages() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.glob("**/*.py"))}
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

    assert folders - WHOLE == packages
