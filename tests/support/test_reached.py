"""Which tests a change reaches, and the end of a run whose time is over."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from reached import FARTHEST, distances, imported, is_test, module_of

SOURCES = {
    "tcptui/wire/decode.py": "import struct",
    "tcptui/analysis/flow.py": "from tcptui.wire.decode import decode",
    "tcptui/ui/app.py": "def run():\n    from tcptui.analysis import flow",
    "tcptui/words/en/guide.py": "",
    "tests/support/traces.py": "from tcptui.wire import decode",
    "tests/analysis/test_flow.py": "from tcptui.analysis.flow import flow",
    "tests/analysis/test_other.py": "import traces",
    "tests/wire/test_pcap.py": "",
    "tests/ui/test_app.py": "import tcptui.ui.app",
    "tests/docs/test_readme.py": "README = 'README.md'",
}


def reached(*changed: str) -> dict[str, int]:
    return {path: far for path, far in distances(SOURCES, changed).items() if is_test(path)}


def test_distance_is_how_many_imports_lead_to_a_change() -> None:
    assert reached("tcptui/wire/decode.py") == {
        "tests/wire/test_pcap.py": 1,  # the folder that mirrors it
        "tests/analysis/test_flow.py": 2,
        "tests/analysis/test_other.py": 2,  # by a helper of tests
        "tests/ui/test_app.py": 3,  # an import within a function counts
    }


def test_changed_test_is_reached_itself_and_a_document_by_who_names_it() -> None:
    assert reached("tests/ui/test_app.py") == {"tests/ui/test_app.py": 0}
    assert reached("README.md") == {"tests/docs/test_readme.py": 1}
    assert reached("tcptui/words/en/guide.py") == {}


def test_what_was_removed_is_reached_by_who_still_names_it() -> None:
    assert reached("cases/gone.json") == {}


def test_nothing_is_farther_than_the_farthest() -> None:
    chain = {f"tcptui/a{n}.py": f"import tcptui.a{max(n - 1, 0)}" for n in range(FARTHEST + 3)}

    assert max(distances(chain, ["tcptui/a0.py"]).values()) == FARTHEST


def test_names_of_modules() -> None:
    assert module_of("tcptui/wire/__init__.py") == "tcptui.wire"
    assert module_of("tests/support/traces.py") == "traces"
    assert imported("from a.b import c") == {"a.b", "a.b.c"}


@pytest.mark.parametrize(("until", "status", "passed"), [("0", pytest.ExitCode.INTERRUPTED, 1), ("inf", 0, 2)])
def test_run_is_ended_when_its_time_is_over(until: str, status: int, passed: int) -> None:
    two = "changed_test or names_of_modules"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", __file__, "-k", two]
    ran = subprocess.run(
        command, env=os.environ | {"TCPTUI_TESTS_UNTIL": until}, capture_output=True, text=True, check=False
    )

    assert (ran.returncode, f"{passed} passed" in ran.stdout) == (status, True), ran.stdout
