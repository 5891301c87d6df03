"""What is not imported holds no test that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asked_markers import may_match

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "not live and not tshark and not e2e and not slow"
OTHERS = "(tshark or slow) and not (live or e2e)"
OPTIONS = (
    "--collect-only",
    "-q",
    "-p",
    "no:cacheprovider",
    "-p",
    "asked_markers",
    "--import-mode=importlib",
    "-c",
    "/dev/null",
    "--rootdir=.",
)
FILES = {
    "test_plain.py": "def test_a(): pass",
    "test_live.py": "import pytest\n\npytestmark = pytest.mark.live\n\ndef test_b(): pass",
    "test_mixed.py": "import pytest\n\n@pytest.mark.slow\ndef test_c(): pass\n\n@pytest.mark.slow\n@pytest.mark.e2e\n"
    "def test_d(): pass\n\ndef test_e(): pass",
}


def alone_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run of pytest in ``folder`` have no plugin but those that it is told."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


@pytest.mark.parametrize(
    ("expression", "markers", "expected"),
    [
        ("live or e2e", "", False),
        ("live or e2e", "slow", False),
        ("live or e2e", "e2e", True),
        (PLAIN, "", True),
        (PLAIN, "live slow", True),
        (OTHERS, "", False),
        (OTHERS, "live", False),
        (OTHERS, "live tshark", True),
        ("not parametrize", "parametrize", True),
        ("asyncio", "parametrize", True),
        ("slow and asyncio", "live", False),
    ],
)
def test_some_of_the_markers_may_do(expression: str, markers: str, expected: bool) -> None:
    assert may_match(expression, frozenset(markers.split())) is expected


@pytest.mark.parametrize(
    ("words", "chosen", "imported"),
    [
        (("-m", "live or e2e"), {"test_b", "test_d"}, {"test_live.py", "test_mixed.py"}),
        (("-m", OTHERS), {"test_c"}, {"test_mixed.py"}),
        (("-m", PLAIN), {"test_a", "test_e"}, {*FILES}),
        (("-m", ""), {"test_a", "test_b", "test_c", "test_d", "test_e"}, {*FILES}),
        (("-m", "slow", "test_plain.py", "test_mixed.py"), {"test_c", "test_d"}, {"test_plain.py", "test_mixed.py"}),
    ],
)
def test_tests_are_those_of_all_files(
    words: tuple[str, ...], chosen: set[str], imported: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text + f"\n\nprint('imported', {name!r})\n", encoding="utf-8")
    alone_in(tmp_path, monkeypatch)
    collected = Collected()

    pytest.main([*OPTIONS, *words], plugins=[collected])

    assert collected.chosen == chosen
    assert collected.imported == imported


class Collected:
    """A plugin that writes down what was collected."""

    def __init__(self) -> None:
        self.chosen: set[str] = set()
        self.imported: set[str] = set()

    def pytest_make_collect_report(self, collector: pytest.Collector) -> None:
        if isinstance(collector, pytest.Module):
            self.imported.add(collector.path.name)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.chosen = {item.name for item in session.items}


def test_marker_from_elsewhere_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_hidden.py").write_text(
        "import pytest\n\nkinds = pytest.mark\n\n@kinds.slow\ndef test_f(): pass\n", encoding="utf-8"
    )
    alone_in(tmp_path, monkeypatch)

    assert pytest.main([*OPTIONS]) == pytest.ExitCode.USAGE_ERROR
