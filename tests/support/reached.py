"""Which test files a change can reach, the nearest first, and an end of a run when its time is over.

    python tests/support/reached.py [--base COMMIT] [--seconds N] [pytest's options]

A file's distance is how many imports lead from it to what was changed since ``base`` (or is not yet committed): 0 where
it was changed itself, 1 where it imports or names a changed file or has the same folder below `tests/`.  `.ci/run
--quick` runs the nearest ones until ``--seconds`` are over; it says how many files it left to `.ci/run`.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT: Final = Path(__file__).parents[2]
#: What pytest runs at most, in seconds.
SECONDS: Final = 120.0
#: A file that so many imports lead to is reached by everything: what it changes is for `.ci/run`.
FARTHEST: Final = 6


def changed_since(base: str) -> list[str]:
    """Paths below `ROOT` that differ from the commit ``base``, and those that git does not know."""
    differing = _git("diff", "--name-only", "--no-renames", base, "--")
    return sorted({*differing, *_git("ls-files", "--others", "--exclude-standard")})


def _git(*words: str) -> list[str]:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


def module_of(path: str) -> str:
    """The dotted name of a Python file; helpers of tests are imported by their last name."""
    parts = Path(path).with_suffix("").parts
    if parts[:2] == ("tests", "support"):
        return parts[-1]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(source: str) -> set[str]:
    """Dotted names that ``source`` imports, also within functions; of ``from a import b`` both ``a`` and ``a.b``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{each.name}" for each in node.names)
    return found


def distances(sources: dict[str, str], changed: Iterable[str]) -> dict[str, int]:
    """How far each file of ``sources`` (path to text) is from the ``changed`` ones; those out of reach are left out."""
    path_of = {module_of(path): path for path in sources}
    importers: dict[str, set[str]] = defaultdict(set)
    for path, source in sources.items():
        for name in imported(source):
            if name in path_of:
                importers[path_of[name]].add(path)
    found = dict.fromkeys(changed, 0)
    for path in list(found):
        for each in _beside(path, sources):
            found.setdefault(each, 1)
    reached = [path for path in found if found[path] == 0]
    for distance in range(1, FARTHEST + 1):
        reached = sorted({each for path in reached for each in importers[path]} - found.keys())
        found.update(dict.fromkeys(reached, distance))
    return {path: distance for path, distance in found.items() if path in sources}


def _beside(path: str, sources: dict[str, str]) -> list[str]:
    """Test files in the folder that mirrors that of ``path``, and those that name it: documents, cases, data."""
    folder = Path("tests", *Path(path).parts[1:-1]).as_posix()
    mirrors = path.startswith("tcptui/") and folder != "tests"
    name = path if path.count("/") < 2 else Path(path).name
    return [
        each
        for each, source in sources.items()
        if is_test(each)
        and ((mirrors and Path(each).parent.as_posix() == folder) or (not path.endswith(".py") and name in source))
    ]


def is_test(path: str) -> bool:
    """Whether pytest collects this file."""
    return path.startswith("tests/") and Path(path).name.startswith("test_") and path.endswith(".py")


def reached_tests(base: str) -> list[str]:
    """Test files that a change since ``base`` can reach, the nearest first."""
    python = [path for path in _git("ls-files", "--cached", "--others", "--exclude-standard") if path.endswith(".py")]
    sources = {path: (ROOT / path).read_text("utf-8") for path in python if (ROOT / path).is_file()}
    found = distances(sources, changed_since(base))
    return sorted((path for path in found if is_test(path)), key=lambda path: (found[path], path))


class FilesRun:
    """A plugin that notes of which files a test ended."""

    def __init__(self) -> None:
        self.files: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the file."""
        self.files.add(report.location[0])


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when no test failed, whether or not all were run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="HEAD", help="the commit that the change is told from")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    chosen, options = parser.parse_known_args(words)
    files = reached_tests(chosen.base)
    if not files:
        print(f"nothing that a test reaches differs from {chosen.base}")
        return 0
    end = time.monotonic() + chosen.seconds
    os.environ["TCPTUI_TESTS_UNTIL"] = str(end)  # for conftest.py, also of the workers
    run = FilesRun()
    status = int(pytest.main([*files, *options], plugins=[run]))
    if status == pytest.ExitCode.INTERRUPTED and time.monotonic() > end:
        print(f"{len(run.files)} of {len(files)} files were begun in {chosen.seconds:.0f} s; .ci/run runs all")
        return 0
    return 0 if status == pytest.ExitCode.NO_TESTS_COLLECTED else status


if __name__ == "__main__":
    sys.exit(main())
