"""`y`: what is under the cursor as a text for an incident note, with where it is from: unwrapped and uncut.

As Markdown it can be pasted into an issue; what came out of a packet is escaped there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tcptui.model.safe_text import safe_text
from tcptui.model.units import NS_PER_S, NS_PER_US
from tcptui.ui.main.controller import Controller
from tcptui.ui.main.explain_pane import Passage, Tone
from tcptui.ui.main.pane_specs import SPEC_OF
from tcptui.words.markdown_escape import escape

if TYPE_CHECKING:
    from tcptui.ui.main.explain_pane import Document
    from tcptui.ui.main.workspace import Workspace
    from tcptui.words.catalogue import Words


class Copying(Controller):
    """Copies what the pane in front has under its cursor."""

    def copy(self) -> None:
        """Put it on the clipboard."""
        self.screen.copy(as_text(copied_document(self.workspace, self.words), self.words))

    def copy_capture(self) -> None:
        """Put the command on it that makes the capture at another place, which the connection's findings ask for."""
        workspace = self.workspace
        workspace.show_selected_stream()
        workspace.settle_now()
        session, stream = workspace.session, workspace.ladder.stream
        if session is None or stream < 0 or workspace.ladder.conceals:
            return
        from tcptui.ui.explain_document import there_of  # see `tcptui.ui.preload`

        there = there_of(session, stream, session.findings(stream))
        if there is None:
            self.screen.say(self.words("there.none"))
        else:
            self.screen.copy(there.tcpdump)

    def copy_markdown(self) -> None:
        """Put it on the clipboard as Markdown."""
        document = copied_document(self.workspace, self.words)
        if document:
            self.screen.copy(as_markdown(document, self.words))


def copied_document(workspace: Workspace, words: Words) -> Document:
    """What the active pane shows under the cursor, below a line that says where it is from; empty for nothing."""
    workspace.show_selected_stream()
    workspace.settle_now()
    head = _origin(workspace, words)
    if not head:
        return ()
    return (Passage(head, tone=Tone.FAINT), *SPEC_OF[workspace.active].copied(workspace))


def _origin(workspace: Workspace, words: Words) -> str:
    """File, connection with both ends, packet where it is about one, and when that was; empty without a connection."""
    session, ladder = workspace.session, workspace.ladder
    if session is None or ladder.stream < 0:
        return ""
    client, server = ladder.ends
    facts: dict[str, object] = {
        "file": safe_text(session.label), "stream": ladder.stream, "client": client, "server": server,
    }  # fmt: skip
    row = -1 if workspace.explains_connection else workspace.row
    if row < 0:
        return words("copy.of_connection", time=_moment(int(session.streams.began_ns[ladder.stream])), **facts)
    frame = int(session.store.frame[row])
    return words("copy.of_packet", frame=frame, time=_moment(int(session.store.time_ns[row])), **facts)


def _moment(ns: int) -> str:
    """Date and local time with microseconds and the offset from UTC, which others need to compare it."""
    moment = datetime.fromtimestamp(ns // NS_PER_S, UTC).astimezone()
    return f"{moment:%Y-%m-%d %H:%M:%S}.{ns % NS_PER_S // NS_PER_US:06d} {moment:%z}"


def as_text(document: Document, words: Words) -> str:
    """``document`` with one line for each paragraph."""
    lines = []
    for passage in document:
        told = ": ".join(part for part in (passage.heading, _passage_text(passage)) if part)
        lines += [line for line in (told, _packets(passage, words)) if line]
    return "\n".join(lines)


def as_markdown(document: Document, words: Words) -> str:
    """``document`` as Markdown: titles as headings, one paragraph for each passage."""
    blocks = []
    for passage in document:
        text = escape(_passage_text(passage))
        if passage.tone is Tone.TITLE:
            blocks.append(f"### {text}")
        else:
            blocks.append(f"**{escape(passage.heading)}** {text}".rstrip() if passage.heading else text)
        blocks.append(escape(_packets(passage, words)))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _passage_text(passage: Passage) -> str:
    """The text of ``passage``; of a time budget its parts, which on the screen are a bar, the largest first."""
    parts = sorted(passage.bar, key=lambda share: -share.time_ns)
    return passage.text or ", ".join(f"{share.name} {share.time} {share.percent}" for share in parts)


def _packets(passage: Passage, words: Words) -> str:
    numbers = ", ".join(str(packet) for packet in passage.packets)
    return f"{words('screen.explain.packets')} {numbers}" if numbers else ""
