"""Marks and notes that a user leaves on packets and connections of a capture."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

#: Characters of a note at most.
LONGEST_NOTE: Final = 4_096


@dataclass(frozen=True, slots=True)
class Note:
    """What is kept of one packet or connection."""

    marked: bool = False
    text: str = ""

    def __bool__(self) -> bool:
        """Whether there is anything to keep."""
        return self.marked or bool(self.text)


NO_NOTE: Final = Note()


@dataclass(slots=True)
class Notes:
    """The notes of one capture file.

    Packets are named by their number in the file; connections by that of their first packet, because the number of a
    connection may depend on what else is shown.
    """

    packets: dict[int, Note] = field(default_factory=dict)
    connections: dict[int, Note] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.packets or self.connections)


def set_note(notes: dict[int, Note], frame: int, note: Note) -> None:
    """Have ``note`` be that of ``frame``, cut to `LONGEST_NOTE`; an empty one is forgotten."""
    note = replace(note, text=note.text[:LONGEST_NOTE])
    if note:
        notes[frame] = note
    else:
        notes.pop(frame, None)
