"""What all tests share: the corpus, and honest skips.

A test that needs a tool, root or the corpus skips with a reason that begins with `NEEDS`.
With CI set in the environment such a skip fails the run: there, everything must be tried.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("traced",)

NEEDS = "needs "
#: What a marker asks of the machine.
TOOLS = {
    "tshark": ("tshark",),
    "e2e": ("tmux",),
    "live": ("ip", "tcpdump"),
}
ROOT_MARKERS = {"live"}
#: Real kernels, a real terminal, a fresh seed: what hangs on a busy machine's timing is tried again, and the
#: summary says so.  Nothing passes that does not pass once.
TRIED_AGAIN = {"live": 2, "e2e": 2, "tshark": 1}
#: … and screens, whose timers and threads are real.
SCREENS = Path(__file__).parent / "ui"
#: With several workers (`pytest -n`) a group stays in one.  Recordings, captures and terminals are a group each, for
#: users and trace buffers are counted, and they mostly wait; every other file is its own.  These are begun first.
FIRST = ("recorder", "live", "e2e", "test_mutants", "test_adversary", "test_mutate_captures", "test_wrappings")
#: Where the corpus lies beside a checkout, unless TCPTUI_CORPUS says otherwise.
BESIDE = Path(__file__).resolve().parents[2] / "shared" / "corpus"


def corpus_folder() -> Path | None:
    """The folder of real captures with tshark's answers, if this machine has it."""
    folder = Path(os.environ.get("TCPTUI_CORPUS", BESIDE))
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The corpus, or a visible skip."""
    folder = corpus_folder()
    if folder is None:
        pytest.skip(f"{NEEDS}the corpus: set TCPTUI_CORPUS to its folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def own_temporary_files() -> Iterator[None]:
    """What a killed program leaves for its next start lies in a folder of this run, and is gone with it."""
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="tcptui-tests-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o1777)  # other users run it, too
        os.environ["TMPDIR"] = folder
        yield
    if before is None:
        del os.environ["TMPDIR"]
    else:
        os.environ["TMPDIR"] = before


def group_of(item: pytest.Item) -> str:
    """Which tests share a worker with ``item``."""
    if item.get_closest_marker("live") is not None:
        return "recorder" if "recorder" in item.path.stem or item.path.parent.name == "recorder" else "live"
    return "e2e" if item.get_closest_marker("e2e") is not None else item.path.stem


def turn_of(item: pytest.Item) -> int:
    """When a worker comes to ``item``'s group."""
    group = group_of(item)
    return FIRST.index(group) if group in FIRST else len(FIRST)


@pytest.hookimpl(tryfirst=True)  # groups are read by a plugin in its own hook of this name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say what it lacks; try again what real time may spoil."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=turn_of)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
        times = max((TRIED_AGAIN[marker] for marker in TRIED_AGAIN if item.get_closest_marker(marker)), default=0)
        times = times or int(SCREENS in item.path.parents)
        if times:
            item.add_marker(pytest.mark.flaky(reruns=times, reruns_delay=1))
        for marker, tools in TOOLS.items():
            if item.get_closest_marker(marker) is None:
                continue
            missing = [tool for tool in tools if shutil.which(tool) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"{NEEDS}{' and '.join(missing)} installed"))
            elif marker in ROOT_MARKERS and os.geteuid() != 0:
                item.add_marker(pytest.mark.skip(reason=f"{NEEDS}root, for network namespaces"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test skipped for want of something is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("CI"):
        return
    wanting = [
        report for report in reporter.stats.get("skipped", []) if NEEDS in str(getattr(report, "longrepr", ""))
    ]  # fmt: skip
    if wanting:
        reporter.write_line(f"CI must skip nothing, but {len(wanting)} tests lacked something:", red=True)
        for report in wanting:
            reporter.write_line(f"  {report.nodeid}: {report.longrepr[-1]}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
