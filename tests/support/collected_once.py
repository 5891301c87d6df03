"""What every worker of a run would do for itself is done by one, and the others wait for it.

pytest rewrites each test file for its assertions, which takes three times as long as all else that is done to collect
it, and keeps the bytecode; a kernel is compiled at its first use, and its machine code is kept.  Workers begin at the
same moment: after a checkout, and after an update of Python or pytest, each would do all of that.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

import pytest
from _pytest.assertion.rewrite import PYC_TAIL

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

#: A run of so many tests has some that need each kernel.
MANY: Final = 2_000
#: Share of the test files whose bytecode is there when somebody has collected all of them before.
MOST: Final = 0.9


def asked_files(config: pytest.Config) -> Iterator[Path]:
    """The test files that are asked for."""
    for argument in config.args:
        path = Path(argument.partition("::")[0])
        yield from path.rglob("test_*.py") if path.is_dir() else [path]


def are_rewritten(files: Iterable[Path]) -> bool:
    """Whether most of the test ``files`` have bytecode that is newer, and rewritten by this Python's pytest."""
    found = 0
    total = 0
    for path in files:
        total += 1
        kept = path.parent / "__pycache__" / (path.stem + PYC_TAIL)
        found += kept.exists() and kept.stat().st_mtime >= path.stat().st_mtime
    return found >= MOST * total


@contextmanager
def first_alone(lock: Path) -> Generator[None]:
    """Let the first who comes here go on alone, and the others together once it has gone through."""
    with lock.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_SH)
            fcntl.flock(file, fcntl.LOCK_UN)
            is_first = False
        else:
            file.seek(0)
            is_first = not file.read()
        if not is_first:
            fcntl.flock(file, fcntl.LOCK_UN)
        yield
        if is_first:
            file.write(b"done")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect as the first worker, or once that one has, where the files are not yet rewritten."""
    if "PYTEST_XDIST_WORKER" not in os.environ or are_rewritten(asked_files(session.config)):
        return (yield)
    with first_alone(Path(os.environ["TMPDIR"], "collected")):  # of this run (`run_folders`)
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Have the kernels compiled by one worker, where a run will need them all."""
    if "PYTEST_XDIST_WORKER" not in os.environ or len(session.items) <= MANY:
        return
    from tcptui.analysis.compile_ahead import compile_in_background  # not above: a run of a few tests imports less
    from tcptui.wire.numba_compile import compiler_available

    if compiler_available():
        compile_in_background(Event())
