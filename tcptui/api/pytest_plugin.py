"""A plugin for pytest: captures in a service's tests, whose troubled packets are kept where a test fails.

Name it in ``conftest.py``: ``pytest_plugins = ["tcptui.api.pytest_plugin"]``.  A test takes ``open_capture``:

    def test_service_answers(open_capture):
        capture = open_capture("service.pcap")
        assert not capture.findings("error")
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tcptui.api.capture import Capture
from tcptui.api.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_OPTION: Final = "--tcptui-keep"
#: Findings that are listed in the report of a test; the slice has the packets of all.
_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a test opened, each with its options, and where it keeps files."""

    folder: Path
    captures: list[tuple[Capture, dict[str, Any]]]


_OPENED: Final = pytest.StashKey[_Opened]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """One option: where slices go."""
    group = parser.getgroup("tcptui")
    text = "folder for the troubled connections of captures in tests that failed (default: the test's tmp_path)"
    group.addoption(_OPTION, metavar="DIR", default=None, help=text)


@pytest.fixture
def open_capture(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Capture]]:
    """Opens captures as `Capture.open`, and closes them after the test."""
    opened = _Opened(tmp_path, [])
    request.node.stash[_OPENED] = opened

    def open_one(*files: Any, **options: Any) -> Capture:
        capture = Capture.open(*files, **options)
        opened.captures.append((capture, options))
        return capture

    yield open_one
    for capture, _ in opened.captures:
        capture.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Where a test failed, say what its captures show, and keep the connections with warnings and errors."""
    report: pytest.TestReport = yield
    opened = item.stash.get(_OPENED, None)
    if opened is not None and report.when == "call" and report.failed:
        shared = item.config.getoption(_OPTION)
        folder = Path(shared or opened.folder)
        name = _file_name(item.nodeid if shared else item.name)
        for number, (capture, options) in enumerate(opened.captures):
            path = folder / f"{name}-{number}.pcapng"
            report.sections.append(("tcptui", "\n".join(_reopened(capture, options, path))))
    return report


def _reopened(capture: Capture, options: dict[str, Any], path: Path) -> Iterator[str]:
    """As `_told`; the test may have closed the capture, as ``with`` does."""
    try:
        if capture.closed:
            with Capture.open(*capture.files, **options) as again:
                yield from _told(again, path)
        else:
            yield from _told(capture, path)
    except CaptureError as error:
        yield f"not read again: {error}"


def _told(capture: Capture, path: Path) -> Iterator[str]:
    findings = capture.findings("warning")
    yield repr(capture)
    yield from map(repr, findings[:_LISTED])
    if len(findings) > _LISTED:
        yield f"and {len(findings) - _LISTED} more"
    streams = sorted({stream for finding in findings for stream in finding.streams})
    if not streams:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        count = capture.slice(path, streams=streams, overwrite=True)
    except (CaptureError, OSError) as error:
        yield f"not kept: {error}"
    else:
        yield f"{count} packets of {len(streams)} connections are in {path}"


def _file_name(name: str) -> str:
    """The name of a test as one of a file; of a long one its end, which tells tests of one file apart."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)[-150:]
