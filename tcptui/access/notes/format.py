"""Notes as JSON, and back: what is damaged, or of something else, is told and never taken for notes."""

from __future__ import annotations

import json
from typing import Any, Final

from tcptui.model.errors import TcptuiError
from tcptui.model.notes import Note, Notes, set_note

FORMAT: Final = "tcptui-notes"
SCHEMA: Final = 1
#: Captures are recognised by so many bytes at least: the first ones, of a file's header, are the same in most.  No
#: capture with a packet to note is shorter.
LEAST_BYTES: Final = 64
_MOST_FRAME: Final = 2**32 - 1


class NotesError(TcptuiError):
    """A file of notes cannot be used; the message says why, and that it is left as it is."""


def to_text(notes: Notes, capture: dict[str, object]) -> str:
    """``notes`` of the capture that is recognised by ``capture``."""
    content = {
        "format": FORMAT,
        "schema": SCHEMA,
        "capture": capture,
        "packets": _objects(notes.packets),
        "connections": _objects(notes.connections),
    }
    return json.dumps(content, indent=1) + "\n"


def _objects(notes: dict[int, Note]) -> dict[str, dict[str, object]]:
    return {str(frame): {"marked": note.marked, "note": note.text} for frame, note in sorted(notes.items())}


def from_bytes(data: bytes, path: str) -> tuple[Notes, dict[str, Any]]:
    """The notes in ``data``, and what their capture is recognised by; ``path`` is for messages.  Raises NotesError."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotesError("notes_damaged", path=path) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise NotesError("notes_foreign", path=path)
    schema = content.get("schema")
    if not isinstance(schema, int) or schema > SCHEMA:
        raise NotesError("notes_newer", path=path)
    try:
        notes = Notes(_notes(content["packets"]), _notes(content["connections"]))
        capture = _capture(content["capture"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotesError("notes_damaged", path=path) from error
    return notes, capture


def _capture(found: dict[str, Any]) -> dict[str, Any]:
    """Raises TypeError or KeyError where ``found`` recognises nothing."""
    if not (type(found["bytes"]) is int and found["bytes"] >= LEAST_BYTES and isinstance(found["sha256"], str)):
        raise TypeError(found)
    return found


def _notes(found: dict[str, dict[str, object]]) -> dict[int, Note]:
    """Raises TypeError, ValueError or AttributeError where ``found`` is not what `_objects` makes."""
    notes: dict[int, Note] = {}
    for name, content in found.items():
        frame, marked, text = int(name), content.get("marked", False), content.get("note", "")
        if not (0 < frame <= _MOST_FRAME and isinstance(marked, bool) and isinstance(text, str)):
            raise ValueError(name)
        set_note(notes, frame, Note(marked, _printable(text)))
    return notes


def _printable(text: str) -> str:
    """``text`` with U+FFFD for half a surrogate pair, which JSON may have and no output can be written with."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
