"""Notes beside a capture: kept, read again, and never written over what is no file of notes of this capture."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

import pytest
from captures import mixed

from tcptui.access.notes.format import NotesError
from tcptui.access.notes.notebook import Notebook, notes_path
from tcptui.model.errors import OutputError
from tcptui.model.notes import LONGEST_NOTE, NO_NOTE, Note

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "a.pcap"
    path.write_bytes(mixed().pcap())
    return path


def kept(capture: Path) -> Notebook:
    """A notebook with something in it, saved."""
    book = Notebook(capture)
    book.set_packet(3, Note(marked=True, text="the answer\n\x1b[31m 慢"))
    book.set_connection(9, Note(text="all of it"))
    book.save()
    return book


def test_saved_notes_are_read_again(capture: Path) -> None:
    kept(capture)

    book = Notebook(capture)

    assert book.packet(3) == Note(marked=True, text="the answer\n\x1b[31m 慢")
    assert book.connection(9) == Note(text="all of it")
    assert (book.packet(9), book.connection(3)) == (NO_NOTE, NO_NOTE)
    assert not book.has_unsaved
    assert b"\x1b" not in notes_path(capture).read_bytes()


def test_capture_without_notes_gets_no_file(capture: Path) -> None:
    book = Notebook(capture)
    book.save()

    assert not book.notes
    assert not notes_path(capture).exists()


def test_empty_note_is_forgotten_and_a_long_one_cut(capture: Path) -> None:
    book = kept(capture)
    book.set_packet(3, Note())
    book.set_packet(4, Note(text="x" * 10_000))
    book.save()

    again = Notebook(capture)

    assert again.packet(3) == NO_NOTE
    assert len(again.packet(4).text) == LONGEST_NOTE


def test_two_programs_do_not_lose_each_others_notes(capture: Path) -> None:
    one, other = kept(capture), Notebook(capture)
    one.set_packet(5, Note(text="one"))
    other.set_packet(6, Note(text="other"))
    one.save()
    other.save()

    assert {frame: note.text for frame, note in Notebook(capture).notes.packets.items() if frame > 3} == {
        5: "one", 6: "other",
    }  # fmt: skip
    assert other.packet(5) == Note(text="one")


def test_growing_capture_keeps_its_notes(capture: Path) -> None:
    kept(capture)
    with capture.open("ab") as file:
        file.write(bytes(200_000))

    assert Notebook(capture).packet(3).marked


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[1, 2]", "foreign"),
        (b'{"notes": "my own"}', "foreign"),
        (b'{"format": "tcptui-notes", "schema": 2}', "newer"),
        (b'{"format": "tcptui-notes", "schema": 1}', "damaged"),
        (b'{"format": "tcptui-notes", "schema": 1, "packets": {"x": {}}, "connections": {}, "capture": {}}', "damaged"),
        (b'{"format": "tcptui-notes", "schema": 1, "packets": {"1": []}, "connections": {}, "capture": {}}', "damaged"),
        (b'{"format": "tcptui-notes", "schema": 1, "packets": {"1": {"note": 7}}, "connections": {}}', "damaged"),
        (b'{"format": "tcptui-notes", "schema": 1, "packets": {"0": {}}, "connections": {}}', "damaged"),
    ],
)
def test_what_is_no_file_of_notes_is_told_and_left_alone(content: bytes, key: str, capture: Path) -> None:
    notes_path(capture).write_bytes(content)

    with pytest.raises(NotesError) as told:
        Notebook(capture)

    assert told.value.key == f"messages.notes_{key}"
    assert notes_path(capture).read_bytes() == content


def test_every_damaged_byte_is_told_or_harmless(capture: Path) -> None:
    kept(capture)
    whole = notes_path(capture).read_bytes()
    for place in range(0, len(whole), 3):
        notes_path(capture).write_bytes(whole[:place])
        with pytest.raises(NotesError):
            Notebook(capture)


def test_notes_of_another_capture_are_not_shown(capture: Path) -> None:
    kept(capture)
    changed = bytearray(capture.read_bytes())
    changed[500] ^= 1
    capture.write_bytes(changed)

    with pytest.raises(NotesError) as told:
        Notebook(capture)

    assert told.value.key == "messages.notes_of_another"


def test_file_that_was_damaged_meanwhile_is_not_written_over(capture: Path) -> None:
    book = kept(capture)
    notes_path(capture).write_text("my shopping list")
    book.set_packet(7, Note(marked=True))

    with pytest.raises(NotesError):
        book.save()

    assert notes_path(capture).read_text() == "my shopping list"
    assert book.has_unsaved
    notes_path(capture).unlink()
    book.save()
    assert Notebook(capture).packet(7).marked


def test_folder_or_pipe_of_that_name_is_told(capture: Path) -> None:
    os.mkfifo(notes_path(capture))
    with pytest.raises(NotesError) as told:
        Notebook(capture)
    assert told.value.key == "messages.notes_foreign"

    notes_path(capture).unlink()
    notes_path(capture).mkdir()
    with pytest.raises(NotesError) as told:
        Notebook(capture)
    assert told.value.key in {"messages.notes_unreadable", "messages.notes_foreign"}


def test_notes_that_cannot_be_written_are_kept_for_another_try(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Notebook(capture)
    book.set_packet(1, Note(marked=True))

    def fails(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        with pytest.raises(OutputError):
            book.save()
    assert [path.name for path in capture.parent.iterdir()] == ["a.pcap"]

    book.save()
    assert json.loads(notes_path(capture).read_bytes())["packets"] == {"1": {"marked": True, "note": ""}}


def test_notes_keep_their_owner_and_their_mode(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _descriptor, user, group: owners.append((user, group)))
    book = Notebook(capture)
    book.set_packet(1, Note(text="mine"))
    book.save()
    assert (owners, book.path.stat().st_mode & 0o777) == ([], 0o600)
    book.path.chmod(0o664)
    book.set_packet(2, Note(text="ours"))
    book.save()
    assert (owners, book.path.stat().st_mode & 0o777) == ([(os.geteuid(), os.getegid())], 0o664)


@pytest.mark.parametrize("size", [0, 24, 40])
def test_notes_that_recognise_any_capture_are_refused(size: int, capture: Path) -> None:
    kept(capture)
    content = json.loads(notes_path(capture).read_bytes())
    content["capture"] = {"bytes": size, "sha256": hashlib.sha256(capture.read_bytes()[:size]).hexdigest()}
    notes_path(capture).write_text(json.dumps(content))

    with pytest.raises(NotesError):
        Notebook(capture)


def test_half_a_surrogate_pair_in_a_note_is_shown_as_one_that_cannot_be(capture: Path) -> None:
    kept(capture)
    notes_path(capture).write_text(notes_path(capture).read_text().replace("all of it", "a\\ud800 \\ud83d\\ude00"))

    assert Notebook(capture).connection(9).text == "a\ufffd \U0001f600"


def test_notes_keep_what_the_capture_was_recognised_by_when_they_were_opened(capture: Path) -> None:
    book = Notebook(capture)
    before = capture.read_bytes()
    capture.write_bytes(bytes(len(before)))
    book.set_packet(1, Note(marked=True))
    book.save()

    with pytest.raises(NotesError):
        Notebook(capture)
    capture.write_bytes(before)
    assert Notebook(capture).packet(1).marked
