"""``follow FILE --stream N``: writes the bytes of both ends, while the capture is still being read."""

from __future__ import annotations

import asyncio
import codecs
import itertools
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from tcptui.access.open_capture import rows_seen
from tcptui.access.progress import Phase
from tcptui.cli.commands import FollowForm, FollowSide
from tcptui.cli.decode_as import decoding_of
from tcptui.cli.inputs import give_up_root, open_input
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.report.expansion import USUAL, Expansion
from tcptui.cli.report.follow import (
    ASCII_MARKS,
    NO_MARKS,
    UNICODE_MARKS,
    FollowWriter,
    HexWriter,
    RawWriter,
    TextWriter,
)
from tcptui.cli.report.follow_versions import version_lines
from tcptui.cli.run.filtering import compiled_filter, judges, shown_streams
from tcptui.cli.run.load import exit_code, has_failed, read_whole, require_stream
from tcptui.cli.run.own_findings import own_rules
from tcptui.model.safe_text import safe_text
from tcptui.protocols.parts import is_text
from tcptui.protocols.shown_parts import shown_blocks
from tcptui.protocols.stream.conversation import Conversation, chunks
from tcptui.protocols.stream.reassembly import Gap
from tcptui.words.errors import CommandFailedError, safe_facts, say
from tcptui.words.follow_text import part_words, trouble_words
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.cli.commands import FollowCommand
    from tcptui.cli.inputs import Input
    from tcptui.dfilter.compile import Compiled
    from tcptui.protocols.application import ApplicationStream
    from tcptui.protocols.parts import Part
    from tcptui.protocols.stream.conversation import Stretch
    from tcptui.session.own.rule import OwnRule
    from tcptui.session.session import Session
    from tcptui.words.catalogue import Words

#: Interval of checks for new data: at least `_LOOK` seconds, and at least `_REST` times the duration of a check.
_LOOK: Final = 0.02
_REST: Final = 3
#: Connections that are named where a filter matches several.
_NAMED: Final = 10


def write_conversation(command: FollowCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    from tcptui.session.catch_up import Compile
    from tcptui.session.session import Session

    if command.form is FollowForm.RAW and sys.stdout.isatty():
        raise CommandLineError("error.raw-terminal")
    compiled = compiled_filter(command.display_filter, words) if command.display_filter else None
    opened = open_input(command.file, words=words)
    give_up_root()
    own = own_rules(command.common, words)
    try:
        if compiled is not None:
            return _follow_matching(command, opened, compiled, own, words)
        session = Session(
            [opened.source], compile_when=Compile.BACKGROUND, keylog=command.common.keylog, schema=command.common.proto,
            decoding=decoding_of(command.common),
        )  # fmt: skip
        assert command.stream is not None  # `cli.parse` wants one where there is no filter
        following = Following(command, command.stream, session, words)
        _Reading(session).follow(following)
        notice = session.progress.notice
        if notice is not None:
            say(words(notice.key, **safe_facts(notice.facts)), words)
        if session.progress.phase is Phase.FAILED:
            return 1
        require_stream(session, command.stream)
        following.end()
        return exit_code(session, [opened.source])
    finally:
        opened.close()


def _follow_matching(
    command: FollowCommand, opened: Input, compiled: Compiled, own: Sequence[OwnRule], words: Words
) -> int:  # fmt: skip
    """Follow the connection that the filter shows: which one that is, only the whole capture tells."""
    session = read_whole(command.common, [opened], words, own, judges=judges(compiled.fields))
    if has_failed(session):
        return 1
    require_stream(session, command.stream)
    shown = shown_streams(session, compiled, words).tolist()
    stream = shown[0] if command.stream is None and shown else command.stream
    if not shown:
        raise CommandFailedError("error.follow-none", file=session.label)
    if command.stream is None and len(shown) > 1:
        named = ", ".join(map(str, shown[:_NAMED])) + (", …" if len(shown) > _NAMED else "")
        raise CommandFailedError("error.follow-several", count=len(shown), streams=named)
    if stream is None or stream not in shown:
        raise CommandFailedError("error.follow-other", stream=stream)
    following = Following(command, stream, session, words)
    following.advance(over=True)
    following.end()
    return exit_code(session, [opened.source])


class _Reading:
    """Runs the session in a thread of its own, so that a slow output does not delay reading."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._over = threading.Event()
        self._failure: Exception | None = None

    def _read(self) -> None:
        try:
            asyncio.run(self._session.run())
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the writer raises it
            self._failure = error
        finally:
            self._over.set()

    def follow(self, following: Following) -> None:
        """Read to the end, and meanwhile write what is final; raises what the reading thread raised."""
        threading.Thread(target=self._read, name="tcptui-reading", daemon=True).start()
        rest = _LOOK
        while not self._over.wait(rest):
            began = time.monotonic()
            following.advance(over=False)
            rest = max(_LOOK, _REST * (time.monotonic() - began))
        if self._failure is not None:
            raise self._failure
        following.advance(over=True)


class Following:
    """Writes the new bytes of one stream, and keeps track of what is written."""

    def __init__(self, command: FollowCommand, stream: int, session: Session, words: Words) -> None:
        self._session = session
        self._words = words
        self._stream = stream
        self._sides = {FollowSide.BOTH: (0, 1), FollowSide.CLIENT: (0,), FollowSide.SERVER: (1,)}[command.side]
        marks = ASCII_MARKS if command.common.ascii_only else UNICODE_MARKS
        if len(self._sides) == 1:
            marks = NO_MARKS
        self._writer: FollowWriter = TextWriter(words, marks)
        if command.form is FollowForm.HEX:
            self._writer = HexWriter(words, marks)
        elif command.form is FollowForm.RAW:
            self._writer = RawWriter()
        self._form = command.form
        self._id = command.id
        self._packets = -1
        self._next = 0
        self._written = [0, 0]
        self._speaker = -1
        is_other = codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8"
        is_for_people = command.form is not FollowForm.RAW
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace") if is_other and is_for_people else None
        """For text in another character set than UTF-8."""

    def advance(self, *, over: bool) -> None:
        """Write what later packets cannot change; everything once reading is ``over``."""
        session, stream = self._session, self._stream
        if stream >= session.streams.count:
            return
        packets = rows_seen(session, stream)
        if packets == self._packets and not over:
            return
        self._packets = packets
        if self._form is FollowForm.DECODED:
            if not over:
                return  # parsing may depend on later bytes
            application = session.application(stream)
            if application:
                self._write_parts(application)
                return
            if self._id is not None:
                raise CommandFailedError("error.follow-id", stream=stream, id=safe_text(self._id))
        conversation = Conversation(session.directions(stream), self._sides)
        upto = len(conversation) if over else conversation.settled()
        for index in range(self._next, upto):
            self._write(conversation, conversation[index])
        # The last stretch may still grow.
        self._next = max(self._next, upto - 1)
        self._out(b"")

    def _write(self, conversation: Conversation, stretch: Stretch) -> None:
        side, start = stretch.side, max(stretch.start, self._written[stretch.side])
        if start >= stretch.stop:
            return
        direction = conversation.directions[side]
        if side != self._speaker:
            self._speaker = side
            self._head(side, direction.row_at(start))
        if stretch.gap is not None:
            self._out(self._writer.gap(side, Gap(start, stretch.stop - start, stretch.gap)))
        else:
            read = chunks(direction, start, stretch.stop)
            for offset, data in shown_blocks(read, exact=True) if self._form is FollowForm.DECODED else read:
                self._out(self._writer.data(side, offset, data))
        self._written[side] = stretch.stop

    def _write_parts(self, application: ApplicationStream) -> None:
        store, streams = self._session.store, self._session.streams
        began_ns = int(store.time_ns[streams.first_row[self._stream]])
        ends = str(streams.client(self._stream)), str(streams.server(self._stream))
        parts: Iterator[Part] = application.parts()
        if self._id is not None:
            parts = (part for part in parts if part.id == self._id)
            first = next(parts, None)
            if first is None:
                raise CommandFailedError("error.follow-id", stream=self._stream, id=safe_text(self._id))
            parts = itertools.chain((first,), parts)
        expansion = Expansion.of(self._session)
        for part in parts:
            side = part.side
            if side not in self._sides:
                continue
            what = part_words(part.label, self._words)
            self._out(self._writer.head(side, ends[side], part.frame, part.time_ns - began_ns, what))
            self._write_blocks(side, (data for _, data in part.blocks()), expansion)
            self._out(self._writer.finish())
            trouble = part.trouble()
            if trouble:
                self._note(side, trouble_words(trouble, self._words))
        if expansion.cut:
            n, most = Count(expansion.cut), expansion.most >> 20
            say(self._words("follow.cut", n=n, kib=USUAL >> 10, most=most), self._words)

    def _write_blocks(self, side: int, blocks: Iterator[bytes], expansion: Expansion) -> None:
        """Write the text of a part; if it is binary, only its size."""
        first, cut = next(blocks, b""), expansion.cut
        if is_text(first):
            for data in expansion.pieces(itertools.chain((first,), blocks)):
                self._out(self._writer.data(side, 0, data))
        else:
            size = sum(map(len, expansion.counted(itertools.chain((first,), blocks))))
            is_cut = expansion.cut > cut
            key = "follow.part.binary-cut" if is_cut else "follow.part.binary"
            self._note(side, self._words(key, count=f"{size:,}"))

    def _note(self, side: int, text: str) -> None:
        self._out(self._writer.data(side, 0, f"[{text}]\n".encode()))

    def _head(self, side: int, row: int) -> None:
        session, stream = self._session, self._stream
        store, streams = session.store, session.streams
        end = streams.server(stream) if side else streams.client(stream)
        frame, since_ns = 0, 0
        if row >= 0:
            frame = int(store.frame[row])
            since_ns = int(store.time_ns[row]) - int(store.time_ns[streams.first_row[stream]])
        self._out(self._writer.head(side, str(end), frame, since_ns))

    def _out(self, data: bytes) -> None:
        if self._decoder is not None:
            sys.stdout.write(self._decoder.decode(data))
            if not data:
                sys.stdout.flush()
        elif data:
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.buffer.flush()

    def _versions(self) -> str:
        """What is told behind the bytes: where copies of them differ.  Of raw bytes it is told on standard error."""
        directions = self._session.directions(self._stream)
        if isinstance(self._writer, RawWriter):
            if count := sum(len(directions[side].overlaps) for side in self._sides):
                say(self._words("follow.versions.raw", n=Count(count)), self._words)
            return ""
        as_hex = self._form is FollowForm.HEX
        lines = [line for side in self._sides for line in version_lines(directions[side], self._words, as_hex=as_hex)]
        return "".join(f"{line}\n" for line in lines)

    def end(self) -> None:
        """Finish the last line, and report gaps in raw output on standard error."""
        writer = self._writer
        last = writer.finish()
        if last:
            self._out(last)
        versions = self._versions()
        if versions:
            self._out(f"{UNICODE_MARKS.rule}\n{versions}".encode())
        self._out(b"")
        if isinstance(writer, RawWriter) and writer.gaps:
            say(self._words("follow.raw-gaps", gaps=writer.gaps, count=f"{writer.missing:,}"), self._words)
