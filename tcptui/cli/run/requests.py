"""``requests FILE…``: the requests of a capture as a table, as JSON lines, or as an HTTP archive."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from tcptui.access.requests import REQUESTS_MOST, Closed, closed_in, exchanges_with_times, with_payload
from tcptui.capture.slicing.sink import Sink
from tcptui.cli.commands import STANDARD_STREAM, RequestsForm
from tcptui.cli.inputs import open_inputs, refuse_unreadable_among
from tcptui.cli.read_files import key_files, replaceable
from tcptui.cli.run.filtering import compiled_filter, judges, matching_rows
from tcptui.cli.run.load import (
    exit_code,
    has_failed,
    read_whole,
    require_unchanged,
    write,
    write_text,
)
from tcptui.cli.run.own_findings import own_rules
from tcptui.cli.signals import signals_unwind
from tcptui.model.errors import OutputError
from tcptui.model.safe_text import safe_text
from tcptui.session.gc_control import collect_seldom
from tcptui.session.reading_again import packets_read_again
from tcptui.session.sharing import ALONE, Sharing
from tcptui.words.closed_connections import closed_text
from tcptui.words.errors import say
from tcptui.words.protocol_list import all_protocols
from tcptui.words.quantities import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from tcptui.capture.output import Replaceable
    from tcptui.cli.commands import RequestsCommand
    from tcptui.model.packet_store import I32, I64, PacketStore
    from tcptui.model.request import Request
    from tcptui.protocols.interface import Exchange
    from tcptui.session.filtering.filtered_capture import FilteredCapture
    from tcptui.words.catalogue import Words

    Pairs = list[tuple[Request, Exchange]]

_Result = TypeVar("_Result")
#: Requests of a connection whose lines are made, and written, at a time: a line takes some 600 bytes.
_LINES: Final = 256
#: The same of entries of an archive, each of which may have half a MiB of header fields and 128 KiB of bodies.
_ENTRIES: Final = 64


def write_requests(command: RequestsCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    compiled = compiled_filter(command.display_filter, words) if command.display_filter else None
    to_stdout = command.har == STANDARD_STREAM
    collect_seldom()
    if to_stdout and sys.stdout.isatty():
        raise OutputError("output_terminal")
    with ExitStack() as stack:
        stack.enter_context(signals_unwind())
        opened = open_inputs(command.files, stack, words)
        own = own_rules(command.common, words)
        may_replace = replaceable(
            command.common, opened, overwrite=command.overwrite, rules=key_files(command.redacting)
        )
        if command.form is RequestsForm.HAR and not to_stdout:
            may_replace.check(Path(command.har))
        refuse_unreadable_among(opened)
        session = read_whole(
            command.common,
            opened,
            words,
            own,
            judges=compiled is not None and judges(compiled.fields),
            workers=command.workers,
            decrypts=command.redacting is None,
        )
        if has_failed(session):
            return 1
        rows = None if compiled is None else np.flatnonzero(matching_rows(session, compiled, words))
        told = session
        if command.redacting is not None:
            from tcptui.cli.run.redacted import redacted_session

            told = redacted_session(session, command.redacting, command.common, own, words, stack)
        # What writes files says itself why it cannot.
        sharing = ALONE if command.form is RequestsForm.RESULTS else Sharing.among(command.workers)
        found = FoundRequests(told, sharing, rows, words)
        if command.form is RequestsForm.HAR:
            _write_har(command, found, may_replace, words)
        elif command.form is RequestsForm.RESULTS:
            from tcptui.cli.run.result_files import write_found

            write_found(command.results, found, words)
        elif command.group is not None:
            _write_statements(command, found, words)
        elif command.form is RequestsForm.JSONL:
            from tcptui.cli.report.json_requests import RequestTexts

            texts = RequestTexts()
            with closing(
                found.made(lambda pairs: b"".join(texts.lines([one for one, _ in pairs])), at_once=_LINES)
            ) as lines:
                write(lines)
            _say_closed(found, words)
        else:
            _write_table(command, found, words)
        return exit_code(session, [one.source for one in opened])


class FoundRequests:
    """The requests of a session that has been read to its end, as far as a filter shows them."""

    def __init__(self, session: FilteredCapture, sharing: Sharing, rows: I64 | None, words: Words) -> None:
        """``rows``: of the packets that match, ascending; None: all do."""
        self.session = session
        self._sharing, self._words = sharing, words
        self._matching: _MatchingFrames | None = None
        """The packets that match; None: all."""
        self._streams = with_payload(session)
        self.closed: list[Closed] = []
        """Connections of those that `made` has gone through which nothing opened."""
        if rows is not None:
            self._matching = _MatchingFrames(session.store, rows)
            self._streams = self._streams[np.isin(self._streams, self._matching.streams)]

    def made(
        self, make: Callable[[Pairs], _Result], *, whole: bool = False, at_once: int | None = None
    ) -> Generator[_Result]:
        """What ``make`` makes of each connection that has requests to show, in their order; among several processes.

        With ``at_once`` it is given so many requests of a connection at a time.  Close it if it may be left before its
        end.  Raises InputError and WorkerError.
        """
        session, streams = self.session, self._streams
        cuts = self._sharing.cut(session.streams.packets[streams])

        def work(share: int) -> Iterator[_Result | Closed]:
            for stream in streams[slice(*cuts[share])].tolist():
                with packets_read_again(session):
                    found = self._shown(stream, exchanges_with_times(session, stream, whole=whole))
                    while pairs := list(islice(found, at_once)):
                        yield make(pairs)
                    if (one := closed_in(session, stream)) is not None:
                        yield one

        self.closed = []
        with closing(self._sharing.in_order(len(cuts), work)) as pieces:
            for piece in pieces:
                if isinstance(piece, Closed):
                    self.closed.append(piece)
                else:
                    yield piece

    def all(self) -> list[Request]:
        """All of them, connection by connection.  Raises as `made`."""
        with closing(self.made(lambda pairs: [one for one, _ in pairs])) as parts:
            return [request for part in parts for request in part]

    def _shown(self, stream: int, pairs: Iterator[tuple[Request, Exchange]]) -> Iterator[tuple[Request, Exchange]]:
        """The ``pairs`` of which a packet matches: any of the connection from their first packet to their last.

        Behind the last one it is said whether there may be more.
        """
        frames = None if self._matching is None else self._matching.of(stream)
        known = 0
        for pair in pairs:
            known += 1
            if frames is None or _has_any(frames, pair[0]):
                yield pair
        if known >= REQUESTS_MOST:
            say(self._words("requests.cut", stream=stream, n=Count(REQUESTS_MOST)), self._words)


class _MatchingFrames:
    """Frames by connection: ordered once, for a look at all of them per connection is quadratic."""

    def __init__(self, store: PacketStore, rows: I64) -> None:
        """``rows``: of the store, ascending."""
        streams = store.stream[rows]
        order = np.argsort(streams, kind="stable")
        self.streams: I32 = streams[order]
        """The connection of each, ascending."""
        self._frames = store.frame[rows[order]].astype(np.int64)

    def of(self, stream: int) -> I64:
        """The matching frames of ``stream``, ascending."""
        ends = np.array((stream, stream + 1), np.int32)  # of another type, NumPy would copy `streams` first
        return self._frames[slice(*self.streams.searchsorted(ends))]


def _has_any(frames: I64, request: Request) -> bool:
    messages = [message for message in (request.request, request.response) if message is not None]
    known = [frame for message in messages for frame in (message.first, message.last) if frame]
    if not known:
        return False
    return bool(np.searchsorted(frames, min(known)) < np.searchsorted(frames, max(known), side="right"))


def _write_table(command: RequestsCommand, found: FoundRequests, words: Words) -> None:
    from tcptui.cli.report.request_lines import request_table

    requests = found.all()
    if not requests:
        say(words("requests.none", protocols=all_protocols(words, "requests.protocol")), words)
        _say_closed(found, words)
        return
    requests.sort(key=lambda one: (one.start_ns, one.stream, one.number))
    store = found.session.store
    began_ns = int(store.time_ns[store.first])
    lines = request_table(requests, began_ns, words, ascii_only=command.common.ascii_only)
    write_text(lines)
    _write_closed(found, words)


def _say_closed(found: FoundRequests, words: Words) -> None:
    """Say on standard error what was not read, where the output is for programs, or empty."""
    if text := closed_text(found.closed, words):
        say(text, words)


def _write_closed(found: FoundRequests, words: Words) -> None:
    """Write it as the last line of a table."""
    if text := closed_text(found.closed, words):
        write_text([text + "\n"])


def _write_statements(command: RequestsCommand, found: FoundRequests, words: Words) -> None:
    from tcptui.cli.report.statement_lines import statement_json, statement_table
    from tcptui.session.statements import group_statements

    groups = group_statements(found.all(), server_of=lambda stream: str(found.session.streams.server(stream)))
    if command.form is RequestsForm.JSONL:
        write(statement_json(group).encode() + b"\n" for group in groups)
        _say_closed(found, words)
    elif groups:
        lines = statement_table(groups, words, ascii_only=command.common.ascii_only)
        write_text(lines)
        _write_closed(found, words)
    else:
        say(words("requests.none", protocols=all_protocols(words, "requests.protocol")), words)
        _say_closed(found, words)


def _write_har(command: RequestsCommand, found: FoundRequests, may_replace: Replaceable, words: Words) -> None:
    from tcptui.cli.report.har import HarEntries
    from tcptui.cli.report.har_archive import HEADS_MOST, HarArchive

    session, left_out = found.session, 0

    def make(pairs: Pairs) -> HarEntries:
        stream = pairs[0][0].stream
        return HarEntries.of(pairs, session.streams.client(stream), session.streams.server(stream), words)

    to_stdout = command.har == STANDARD_STREAM
    out = Path(command.har)
    with HarArchive() as archive:
        with closing(found.made(make, whole=True, at_once=_ENTRIES)) as parts:
            for part in parts:
                left_out += part.left_out
                archive.add(part.entries)
        if not len(archive) and not to_stdout and os.path.lexists(out):
            raise OutputError("output_empty", path=safe_text(str(out)))
        sys.stdout.flush()
        with Sink(out, may_replace, descriptor=sys.stdout.fileno() if to_stdout else None) as sink:
            for piece in archive.pieces():
                sink.write(piece)
            require_unchanged(session)
    say(words("requests.har.written", n=Count(len(archive)), file=safe_text(command.har)), words)
    _say_closed(found, words)
    if left_out:
        say(words("requests.har.left-out", n=Count(left_out)), words)
    if archive.without_heads:
        most = HEADS_MOST >> 20
        say(words("requests.har.heads", n=Count(archive.without_heads), most=most), words)
