"""What all tests share: the corpus, honest skips, and which worker runs what.

A test that needs a tool, root or the corpus skips with a reason that begins with `NEEDS`.
With CI set in the environment such a skip fails the run: there, everything must be tried.
"""

from __future__ import annotations

import gc
import os
import resource
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

pytest_plugins = (
    "asked_markers", "cases_once", "collected_once", "finding_marker", "registered_fields", "rerun_marker",
    "run_folders", "some_parameters", "traced", "uncounted_marker",
)  # fmt: skip

NEEDS: Final = "needs "
#: What a marker asks of the machine.
TOOLS: Final = {
    "tshark": ("tshark",),
    "e2e": ("tmux",),
    "live": ("ip", "tcpdump"),
}
ROOT_MARKERS: Final = {"live"}
#: Tests of a group share one worker.  Recordings, captures and terminals are a group each, for users and trace buffers
#: are counted, and they mostly wait; every other file is its own.  These take longest and are begun first, or a worker
#: would come to one of them when all others have ended.
FIRST: Final = (
    "recorder", "live", "e2e", "test_adversary", "test_mutants", "test_mutate_captures", "test_follow_oracle",
    "test_leaving", "test_display_filter", "test_screen_sizes", "test_contrast",
    "test_wrappings", "test_batches", "test_invariants", "test_run_text", "test_main_screen", "test_kernel_cache",
    "test_crowded", "test_quoted_facts", "test_filtered_copies", "test_hostile_bytes", "test_learning", "test_oracle",
    "test_header_pane", "test_follow_screen",
)  # fmt: skip
#: Until when (`time.monotonic`) files are run, in the order in which they are given (`tests/support/reached.py`).
UNTIL: Final = "TCPTUI_TESTS_UNTIL"
#: Most workers; each takes some 500 MB.
MOST_WORKERS: Final = 8
#: A process that has grown by so many bytes gives back what apps froze: to look for that takes it half a second.
GROWN_BY: Final = 256 << 20
#: How large the process was after that.
SIZE: Final = pytest.StashKey[int]()
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


def pytest_configure() -> None:
    """In CI properties are tried with the same values each time."""
    from seeds import each_run_alike, set_hypothesis  # not above: programs import this file without the tests' paths

    set_hypothesis(alike=each_run_alike())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Twice the processors, for many tests wait; none where one file is asked for, which is one group."""
    files = {argument.partition("::")[0] for argument in config.args}
    if len(files) == 1 and files.pop().endswith(".py"):
        return 0
    return min(2 * len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2, MOST_WORKERS)


def resident_bytes() -> int:
    """How much memory this process has; its most so far where the kernel does not say how much now."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: bytes


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Free what the tests of files left, once it is much: apps freeze it (`gc_control`), closed captures among it.

    End the run behind a test when its time is over.
    """
    if time.monotonic() > float(os.environ.get(UNTIL, "inf")):
        item.session.shouldstop = "the time is over"
    if nextitem is None or nextitem.path == item.path:
        return
    if resident_bytes() > item.config.stash.setdefault(SIZE, resident_bytes()) + GROWN_BY:
        from tcptui.session.gc_control import give_back

        give_back()
        item.config.stash[SIZE] = resident_bytes()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from all that is collected, for it stays: at once, and when tests run.

    Then it comes seldom.  A worker has half a million objects that stay: to visit them took a fifth of its time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 10, 50)
        gc.enable()


def group_of(item: pytest.Item, marks: Mapping[str, pytest.Mark]) -> str:
    """Which tests share a worker with ``item``, which has these marks: those of its file, or of a group of its own."""
    if "xdist_group" in marks:
        return str(marks["xdist_group"].args[0])
    if "live" in marks:
        return "recorder" if "recorder" in item.path.stem or item.path.parent.name == "recorder" else "live"
    return "e2e" if "e2e" in marks else item.path.stem


def turn_of(group: str) -> int:
    """When a worker comes to a group."""
    return FIRST.index(group) if group in FIRST else len(FIRST)


@pytest.hookimpl(tryfirst=True)  # groups are read by a plugin in its own hook of this name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests; skip what this machine cannot run, and say what it lacks."""
    groups: dict[str, str] = {}
    for item in items:
        marks: dict[str, pytest.Mark] = {}  # the closest of each name; asked for one by one, each costs a walk
        for mark in item.iter_markers():
            marks.setdefault(mark.name, mark)
        groups[item.nodeid] = group_of(item, marks)
        item.add_marker(pytest.mark.xdist_group(groups[item.nodeid]))
        for marker in marks.keys() & TOOLS.keys():
            missing = [tool for tool in TOOLS[marker] if shutil.which(tool) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"{NEEDS}{' and '.join(missing)} installed"))
            elif marker in ROOT_MARKERS and os.geteuid() != 0:
                item.add_marker(pytest.mark.skip(reason=f"{NEEDS}root, for network namespaces"))
    if "PYTEST_XDIST_WORKER" in os.environ and UNTIL not in os.environ:
        items.sort(key=lambda item: turn_of(groups[item.nodeid]))


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
