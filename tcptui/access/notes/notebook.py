"""The notes of one capture file: read from beside it, changed, and saved there again."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tcptui.access.notes.format import NotesError, from_bytes, to_text
from tcptui.model.errors import OutputError
from tcptui.model.notes import NO_NOTE, Note, Notes, set_note
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.userdirs.locking import locked
from tcptui.userdirs.replacing import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX: Final = ".notes.json"
#: Bytes at the beginning of a capture that it is recognised by: growing, or a copy, it stays the same one.
_RECOGNISED_BY: Final = 1 << 16
#: What of its mode a file of notes keeps.
_MODE: Final = 0o666
#: A larger file was not written by us.
_LARGEST: Final = 64 << 20


def notes_path(capture: Path) -> Path:
    """Where the notes of ``capture`` are."""
    return capture.with_name(capture.name + SUFFIX)


def fingerprint(head: bytes) -> dict[str, Any]:
    """What a capture is recognised by that begins with ``head``."""
    import hashlib  # imported late: loads OpenSSL

    return {"bytes": len(head), "sha256": hashlib.sha256(head).hexdigest()}


class Notebook:
    """Marks and notes of the file ``capture``, kept in ``path``, or beside it.

    Raises NotesError when there is a file of notes that cannot be used.  That file is then left as it is: `save` is
    only possible for notes that could be read.
    """

    def __init__(self, capture: Path, path: Path | None = None) -> None:
        self.path = path or notes_path(capture)
        self._head = self._read_head(capture)
        """The capture's beginning when this was made: notes are of its packets, whatever the file has later."""
        self.notes = self._read()
        self._changed: dict[tuple[bool, int], Note] = {}
        """What `save` will write: (whether of a connection, frame) -> note."""

    @property
    def has_unsaved(self) -> bool:
        """Whether there are changes that have not been saved."""
        return bool(self._changed)

    def packet(self, frame: int) -> Note:
        """The note of a packet."""
        return self.notes.packets.get(frame, NO_NOTE)

    def connection(self, first_frame: int) -> Note:
        """The note of the connection whose first packet is ``first_frame``."""
        return self.notes.connections.get(first_frame, NO_NOTE)

    def set_packet(self, frame: int, note: Note) -> None:
        """Change the note of a packet; an empty one is forgotten."""
        set_note(self.notes.packets, frame, note)
        self._changed[False, frame] = note

    def set_connection(self, first_frame: int, note: Note) -> None:
        """Change the note of a connection; an empty one is forgotten."""
        set_note(self.notes.connections, first_frame, note)
        self._changed[True, first_frame] = note

    def save(self) -> None:
        """Write all changes, beside what others have written to the file meanwhile.

        Raises NotesError when the file has become unusable, OutputError when it cannot be written; the changes are
        kept in both cases.
        """
        if not self._changed:
            return
        try:
            with _locked_folder(self.path.parent):
                notes = self._read()
                for (of_connection, frame), note in self._changed.items():
                    set_note(notes.connections if of_connection else notes.packets, frame, note)
                self._replace(to_text(notes, fingerprint(self._head)).encode())
        except OSError as error:
            reason, path = reason_of(error), safe_text(str(self.path))
            raise OutputError("notes_unwritable", path=path, reason=reason) from error
        self.notes = notes
        self._changed.clear()

    def _read_head(self, capture: Path) -> bytes:
        try:
            descriptor = os.open(capture, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO must not block
            with os.fdopen(descriptor, "rb") as file:
                return file.read(_RECOGNISED_BY) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
        except OSError as error:
            raise NotesError("notes_unreadable", path=safe_text(str(self.path)), reason=reason_of(error)) from error

    def _read(self) -> Notes:
        path = safe_text(str(self.path))
        try:
            data = _content(self.path)
            if data is None:
                return Notes()
            if len(data) > _LARGEST:
                raise NotesError("notes_foreign", path=path)
            notes, capture = from_bytes(data, path)
            size = min(max(capture["bytes"], 0), _RECOGNISED_BY)
            is_same = fingerprint(self._head[:size]) == capture
        except OSError as error:
            raise NotesError("notes_unreadable", path=path, reason=reason_of(error)) from error
        if not is_same:
            raise NotesError("notes_of_another", path=path)
        return notes

    def _replace(self, content: bytes) -> None:
        """Put ``content`` in the file's place at once; its owner and mode stay."""
        with replacing(self.path) as file:
            _take_over(file.fileno(), self.path)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _locked_folder(folder: Path) -> Iterator[None]:
    """Lock the folder of the notes, so that saves come one after the other and see each other's.

    One that cannot be opened is not locked: whoever reads the notes there says what is wrong.  Raises TimeoutError.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        with locked(descriptor):
            yield
    finally:
        os.close(descriptor)


def _take_over(descriptor: int, path: Path) -> None:
    """Give an open new file the owner and the mode of ``path``, so far as we may: root must not take notes away."""
    try:
        before = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISREG(before.st_mode):
        with suppress(PermissionError):
            os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, before.st_mode & _MODE)


def _content(path: Path) -> bytes | None:
    """The bytes of ``path``, one more than `_LARGEST` at most; None without such a file."""
    try:
        # Without O_NONBLOCK, opening a FIFO of this name could block.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise NotesError("notes_foreign", path=safe_text(str(path)))
        return file.read(_LARGEST + 1)
