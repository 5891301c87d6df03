"""State files: what several windows write stays, what cannot be read is not written over, what is damaged is kept."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tcptui.userdirs import locking
from tcptui.userdirs.directory import Directory, open_directory
from tcptui.userdirs.locking import locked
from tcptui.userdirs.state_file import StateFile, new_troubles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WRITERS = 20
#: Many processes are started on a busy machine; the bound is for one that hangs.
PATIENCE_S = 600


def numbers(content: object) -> tuple[int, ...]:
    if not isinstance(content, list):
        raise ValueError("no list")  # noqa: TRY004  as real ones do
    return tuple(content)


def state_file(directory: Path | None) -> StateFile[tuple[int, ...]]:
    return StateFile(directory, "numbers.json", 1000, empty=(), decode=numbers, encode=list)


def adding(number: int) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    return lambda known: (*known, number)


@pytest.fixture(autouse=True)
def _no_troubles() -> None:
    new_troubles()


def test_what_was_written_is_there_in_the_next_run(tmp_path: Path) -> None:
    assert state_file(tmp_path).change(adding(1)) == (1,)

    assert state_file(tmp_path).read() == (1,)
    assert [path.name for path in tmp_path.iterdir()] == ["numbers.json"]
    assert (tmp_path / "numbers.json").stat().st_mode & 0o777 == 0o600


def test_without_a_directory_the_value_lasts_as_long_as_the_program() -> None:
    file = state_file(None)
    file.change(adding(1))

    assert file.read() == (1,)


def test_change_is_made_to_what_another_window_wrote_since(tmp_path: Path) -> None:
    one, other = state_file(tmp_path), state_file(tmp_path)
    assert (one.read(), other.read()) == ((), ())
    one.change(adding(1))

    assert other.change(adding(2)) == (1, 2)
    assert one.read() == (1, 2)


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff", b"[" * 900])
def test_damaged_file_is_kept_aside_reported_once_and_a_new_one_begins(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "numbers.json"
    path.write_bytes(content)
    file = state_file(tmp_path)

    assert file.read() == ()
    assert state_file(tmp_path).read() == ()
    (trouble,) = new_troubles()
    assert (trouble.path, trouble.reason, trouble.aside) == (path, None, tmp_path / "numbers.json.damaged")
    assert (tmp_path / "numbers.json.damaged").read_bytes() == content

    file.change(adding(1))
    assert state_file(tmp_path).read() == (1,)
    assert new_troubles() == []


def test_damaged_file_does_not_replace_one_that_was_kept_before(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        (tmp_path / "numbers.json").write_bytes(content)
        state_file(tmp_path).change(adding(1))

    assert (tmp_path / "numbers.json.damaged").read_bytes() == b"first"
    assert (tmp_path / "numbers.json.damaged-2").read_bytes() == b"second"
    assert len(new_troubles()) == 1


def test_link_in_its_place_is_set_aside_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("[7]")
    (tmp_path / "numbers.json").symlink_to("precious")

    assert state_file(tmp_path).change(adding(1)) == (1,)
    assert (tmp_path / "precious").read_text() == "[7]"
    assert (tmp_path / "numbers.json.damaged").is_symlink()


def fail_reading(error: int) -> Callable[..., bytes]:
    def read(folder: Directory, name: str, most: int) -> bytes:
        raise OSError(error, os.strerror(error))

    return read


@pytest.mark.parametrize("error", [errno.EMFILE, errno.EACCES, errno.EIO, errno.EFBIG, errno.EPERM])
def test_file_that_cannot_be_read_is_not_written_over_and_that_is_reported_once(
    tmp_path: Path, error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numbers.json").write_text("[1, 2]")
    file = state_file(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Directory, "read", fail_reading(error))
        assert file.read() == ()
        assert file.change(adding(3)) == (3,)
        assert file.change(adding(4)) == (3, 4)

    assert (tmp_path / "numbers.json").read_text() == "[1, 2]"
    (trouble,) = new_troubles()
    assert trouble.path == tmp_path / "numbers.json"
    assert trouble.reason is not None
    assert trouble.reason.errno == error
    assert file.change(adding(5)) == (1, 2, 3, 4, 5), "once it can be read, nothing of this window is lost either"


def test_file_that_is_too_long_is_left_alone(tmp_path: Path) -> None:
    content = json.dumps([1] * 1000)
    (tmp_path / "numbers.json").write_text(content)

    assert state_file(tmp_path).change(adding(1)) == (1,)
    assert (tmp_path / "numbers.json").read_text() == content
    assert len(new_troubles()) == 1


def test_change_that_cannot_be_written_counts_and_is_written_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = state_file(tmp_path)
    file.change(adding(1))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(Directory, "write", full)
        assert file.change(adding(2)) == (1, 2)
    assert file.read() == (1, 2)
    assert state_file(tmp_path).read() == (1,)
    assert file.change(adding(3)) == (1, 2, 3)
    assert state_file(tmp_path).read() == (1, 2, 3)
    assert new_troubles() == []


def test_directory_that_has_gone_is_no_trouble(tmp_path: Path) -> None:
    file = state_file(tmp_path / "gone")

    assert file.change(adding(1)) == (1,)
    assert new_troubles() == []


def test_lock_that_another_has_for_ever_ends_the_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE_S", 0.0)
    file = state_file(tmp_path)
    with open_directory(tmp_path) as folder, locked(folder.descriptor):
        assert file.change(adding(1)) == (1,)

    (trouble,) = new_troubles()
    assert isinstance(trouble.reason, TimeoutError)
    assert not (tmp_path / "numbers.json").exists()
    assert file.change(adding(2)) == (1, 2)


# -- many processes at once ----------------------------------------------------------------------
#: Waits until all others have read, then changes: what each of them saw at its start is old by then.
_WRITER = """\
import sys
from pathlib import Path
folder, number = Path(sys.argv[1]), int(sys.argv[2])
{prepare}
print("ready", flush=True)
sys.stdin.readline()
{change}
"""


def together(folder: Path, prepare: str, change: str) -> None:
    """Run the same change in `WRITERS` processes at once."""
    command = [sys.executable, "-c", _WRITER.format(prepare=prepare, change=change), str(folder)]
    running = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(WRITERS)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in running:
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0


def test_answers_and_cases_of_many_processes_are_all_kept(tmp_path: Path) -> None:
    together(
        tmp_path,
        "from tcptui.ui.user_files import LearningRecord\nrecord = LearningRecord(folder)\nrecord.done",
        "record.answered(True)\nrecord.finished(f'case-{number}')",
    )
    kept = json.loads((tmp_path / "learning.json").read_text())

    assert (kept["asked"], kept["right"], len(kept["done"])) == (WRITERS, WRITERS, WRITERS)


def test_recent_files_of_many_processes_are_all_kept(tmp_path: Path) -> None:
    together(
        tmp_path,
        "from tcptui.ui.user_files import RecentFiles\nrecent = RecentFiles(folder)\nrecent.load()",
        "recent.remember(folder / str(number), number)",
    )

    assert len(json.loads((tmp_path / "recent.json").read_text())) == WRITERS


def test_tips_of_many_processes_are_all_done(tmp_path: Path) -> None:
    together(
        tmp_path,
        "from tcptui.ui.tour.progress import Tour\n"
        "from tcptui.ui.tour.table import HINTS\ntour = Tour(folder)\ntour.done",
        "tour.dismiss(HINTS[number % len(HINTS)])",
    )
    from tcptui.ui.tour.table import HINTS

    assert len(json.loads((tmp_path / "tour.json").read_text())) == min(WRITERS, len(HINTS))


def test_filters_of_many_processes_are_all_kept_and_comments_too(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("# mine\ntheme = 'light'  # at night too\n\n[filters]\n")
    together(
        tmp_path,
        "from tcptui.ui.settings.named_filters import NamedFilters\nfilters = NamedFilters(folder / 'config.toml')",
        "filters.keep(f'f{number}', 'tcp')",
    )
    lines = (tmp_path / "config.toml").read_text().splitlines()

    assert lines[:4] == ["# mine", "theme = 'light'  # at night too", "", "[filters]"]
    assert sorted(lines[4:]) == sorted(f'f{number} = "tcp"' for number in range(WRITERS))


def test_notes_of_many_processes_are_all_kept(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(bytes(100))
    together(
        tmp_path,
        "from tcptui.access.notes.notebook import Notebook\nfrom tcptui.model.notes import Note\n"
        "book = Notebook(folder / 'a.pcap')",
        "book.set_packet(number + 1, Note(text=str(number)))\nbook.save()",
    )
    kept: dict[str, Any] = json.loads((tmp_path / "a.pcap.notes.json").read_text())

    assert len(kept["packets"]) == WRITERS
