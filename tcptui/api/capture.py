"""A capture that is read to its end: what notebooks, scripts and tests ask."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, overload

import numpy as np

import tcptui
from tcptui.access.open_capture import is_looked_through
from tcptui.access.requests import requests_of, with_payload
from tcptui.analysis.timing.budget import time_budget
from tcptui.analysis.timing.budget_parts import Part
from tcptui.api.columns import COLUMNS, field_named, from_client, printed
from tcptui.api.errors import CaptureError, CollisionError, FilterError, translated
from tcptui.api.records import Connection, Endpoint, Finding, Request
from tcptui.capture.file_source import open_descriptor, open_file
from tcptui.capture.output import FileId, Replaceable
from tcptui.cli.inputs import refuse_unreadable
from tcptui.cli.report.summary import Summary
from tcptui.cli.run.load import has_failed, notice_line
from tcptui.model.community_id import community_id
from tcptui.model.finding import Severity
from tcptui.model.safe_text import safe_text
from tcptui.session.catch_up import Compile
from tcptui.session.reading_again import packets_read_again
from tcptui.session.session import Session
from tcptui.session.sharing import ALONE
from tcptui.words.catalogue import Words
from tcptui.words.errors import error_line
from tcptui.words.language import Language
from tcptui.words.trust_text import trust_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from os import PathLike
    from types import TracebackType

    from numpy.typing import NDArray

    from tcptui.capture.source import Source
    from tcptui.model.finding import CaptureFinding
    from tcptui.model.packet_store import I64

_SEVERITIES: Final = {severity.name.lower(): severity for severity in Severity}
_CLOSERS: Final = (None, "client", "server")


class Capture:
    """One capture, or several files merged by time, read to the end.  Close it, or use it in ``with``.

    Not for several threads at once.  Methods raise CaptureError where files were changed or cannot be read again, and
    ValueError once it is closed.
    """

    def __init__(self, session: Session, files: Sequence[Path], words: Words) -> None:
        """Use `open`."""
        self._opened: Session | None = session
        self._words = words
        self.files = tuple(files)
        """What it was read from."""
        self.notice = notice_line(session, words)
        """A sentence where not all of it was read: up to which damage, or how much fits into memory; None: all was."""

    @classmethod
    def open(
        cls,
        *files: str | PathLike[str],
        keylog: str | PathLike[str] = "",
        proto: str | PathLike[str] = "",
        decode_as: Iterable[str] = (),
        language: str = "en",
    ) -> Self:
        """Read ``files`` (pcap, pcapng, ``.gz``, ``.zst``); several are merged by time.

        ``keylog``: TLS secrets; ``proto``: names of gRPC's fields; ``decode_as``: ``9999=http`` …; ``language``: of
        sentences, ``en`` or ``zh``.  Nothing of the user's settings is read.  Raises CaptureError where nothing can
        be read; what is damaged is read up to there, see `notice`.
        """
        words = Words(Language(language))
        if not files:
            raise ValueError("no file")
        from tcptui.protocols.decode_as import decoding  # seldom needed before

        paths = [Path(file) for file in files]
        with translated(words), ExitStack() as stack:
            sources: list[Source] = []
            for path in paths:
                sources.append(open_file(path))
                stack.callback(sources[-1].close)
            if len(sources) > 1:  # one that cannot be read would be missing among the others
                for source in sources:
                    refuse_unreadable(source)
            session = Session(
                sources, compile_when=Compile.FIRST, keylog=str(keylog), schema=str(proto),
                decoding=decoding(tuple(decode_as)),
            )  # fmt: skip
            if len(paths) == 1:
                session.capture_file = paths[0]
            _read(session, words)
            stack.pop_all()
        return cls(session, paths, words)

    @classmethod
    def open_descriptor(cls, descriptor: int, name: str, *, language: str = "en") -> Self:
        """Read the open file ``descriptor``, which stays the caller's, as `open` does a path; it is called ``name``."""
        words = Words(Language(language))
        with translated(words), ExitStack() as stack:
            source = open_descriptor(os.dup(descriptor), name)
            stack.callback(source.close)
            session = Session([source], compile_when=Compile.FIRST)
            _read(session, words)
            stack.pop_all()
        return cls(session, [Path(name)], words)

    def redacted(self, key: bytes | None = None, *, first: int | None = None) -> Self:
        """A copy without addresses, names and content, as ``tcptui redact`` writes one; nobody else can open it.

        Under the same ``key``, of at least 32 bytes, all are replaced alike; None: one is drawn.  ``first``: only so
        many packets are copied, the first.  Packets have the numbers, the verdicts and the states that they have here,
        and the copy was searched for what was replaced; but what is said of content, such as a slow query, is gone.
        Raises CaptureError where that cannot be had: for several files, or for packets that would mean something else;
        as CollisionError where another key would help.
        """
        from tcptui.cli.run.redact import KeyCollidesError
        from tcptui.cli.run.redacted import redacted_copy

        with translated(self._words), ExitStack() as stack:
            label = safe_text(self._session.label)
            try:
                source = redacted_copy(self._session, key, label, self._words, first=first, told=False).source
            except KeyCollidesError as error:
                raise CollisionError(error_line(error, self._words)) from error
            stack.callback(source.close)
            session = Session([source], compile_when=Compile.FIRST, decrypts=False)
            _read(session, self._words)
            stack.pop_all()
        return type(self)(session, self.files, self._words)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._opened is None

    def close(self) -> None:
        """Close the files.  A second time does nothing."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
            self.__dict__.pop("_summary", None)  # so that nothing of it is told with closed files

    @property
    def _session(self) -> Session:
        if self._opened is None:  # or another file might be read, that has the number of the closed one by now
            raise ValueError("the capture is closed")
        return self._opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.closed:
            return f"<Capture {', '.join(safe_text(str(file)) for file in self.files)}: closed>"
        return f"<Capture {self._session.label}: {self.packet_count:,} packets, {len(self.connections):,} connections>"

    @property
    def packet_count(self) -> int:
        """How many packets it has."""
        return self._session.store.count

    @cached_property
    def _summary(self) -> Summary:
        if not is_looked_through(self._session):
            with translated(self._words), packets_read_again(self._session):
                self._session.judge(ALONE)
        return Summary(self._session)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Sentences about what casts doubt on the capture, and where it was taken."""
        return trust_items(self._summary.trust, self._words)

    @property
    def connections(self) -> Connections:
        """The TCP connections, by number."""
        return Connections(self._session.streams.count, self.connection)

    def connection(self, stream: int) -> Connection:
        """The connection with this number.  Raises IndexError."""
        self._require(stream)
        summary = self._summary
        told, view = summary.connection(stream), summary.view(stream)
        parts = list(map(int, time_budget(view).parts))
        parts[Part.UNATTRIBUTED] += told.duration_ns - sum(parts)  # as in reports: an ICMP error may have begun it
        return Connection(
            stream=stream,
            community_id=community_id(told.client.endpoint, told.server.endpoint),
            client=Endpoint.of(told.client.endpoint),
            server=Endpoint.of(told.server.endpoint),
            packets=told.packets,
            bytes=told.wire_bytes,
            client_bytes=told.client.payload_bytes,
            server_bytes=told.server.payload_bytes,
            start_ns=told.start_ns,
            duration_ns=told.duration_ns,
            client_state=told.client.state.label,
            server_state=told.server.state.label,
            handshake_ns=told.irtt_ns,
            rtt_ns=None if told.ack_rtt is None else told.ack_rtt.median_ns,
            retransmissions=told.resent,
            out_of_order=told.out_of_order,
            duplicate_acks=told.duplicate_acks,
            zero_windows=told.zero_windows,
            missed=told.missed,
            closed_by=_CLOSERS[told.closed_by],
            time_budget={part.label: parts[part] for part in Part},
        )

    def findings(self, least: str = "warning", *, named: str | None = None) -> tuple[Finding, ...]:
        """What is wrong: of the capture as a whole first, then by connection.

        ``least``: the least severity, ``note``, ``warning`` or ``error``; ``named``: only those with this id, of any
        severity.
        """
        floor = Severity.NOTE if named is not None else _severity(least)
        found = [
            Finding.of(one.finding, one.streams, self._words)
            for one in self._diagnosed()
            if one.finding.severity >= floor and named in (None, str(one.finding.id))
        ]
        with translated(self._words), packets_read_again(self._session):
            for stream, findings in self._session.each_findings(range(self._session.streams.count)):
                found += [
                    Finding.of(one, (stream,), self._words)
                    for one in findings
                    if one.severity >= floor and named in (None, str(one.id))
                ]
        return tuple(found)

    def _diagnosed(self) -> Sequence[CaptureFinding]:
        self._judge_first()
        return self._session.diagnosis.findings

    def requests(self, stream: int | None = None) -> Iterator[Request]:
        """The requests of one connection, or of all, in the order in which they began in each.  Raises IndexError."""
        self._require(stream)
        chosen = with_payload(self._session).tolist() if stream is None else [stream]
        for one in chosen:
            with translated(self._words), packets_read_again(self._session):
                found = requests_of(self._session, one)
            yield from map(Request.of, found)

    def frames(self, where: str = "") -> NDArray[np.int64]:
        """The numbers of the packets that match the display filter ``where``, ascending.  Raises FilterError."""
        return self._session.store.frame[self._rows(where)].astype(np.int64)

    def _rows(self, where: str) -> I64:
        from tcptui.dfilter.compile import compile_filter
        from tcptui.session.filtering.run import FilterRun

        count = self._session.store.count
        if not where:
            return np.arange(count)
        self._judge_first()
        with translated(self._words), packets_read_again(self._session):
            return np.flatnonzero(FilterRun(self._session, compile_filter(where)).matching(0, count))

    def _judge_first(self) -> None:
        """Judge all connections: fields of findings and states follow from that."""
        _ = self._summary

    def packets(self, where: str = "", fields: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
        """The packets that match ``where`` as columns of equal length, by name: as pandas, Polars and Arrow take them.

        ``frame``, ``time_ns``, ``stream`` (-1: none), ``from_client``, ``bytes``, ``payload``, ``flags``, ``seq``,
        ``ack``, ``window`` (as in the header), ``verdicts`` (bits: `tcptui.api.columns.VERDICT_BITS`), ``ack_rtt_ns``
        (-1: it acknowledges nothing new), and ``fields``, Wireshark's, as text.  Raises FilterError.
        """
        chosen = [field_named(name, self._words) for name in fields]
        rows = self._rows(where)
        self._judge_first()
        columns = {name: column(self._session.store, rows) for name, column in COLUMNS.items()}
        columns["from_client"] = from_client(self._session, rows)
        if chosen:
            with translated(self._words), packets_read_again(self._session):
                columns |= zip(fields, printed(self._session, rows, chosen), strict=True)
        return columns

    def report(self, stream: int | None = None) -> dict[str, Any]:
        """What ``tcptui report --json`` writes, of one connection or of all.  Raises IndexError."""
        from tcptui.cli.report.as_json import json_report
        from tcptui.cli.report.json_findings import Telling

        self._require(stream)
        with translated(self._words), packets_read_again(self._session):
            told: dict[str, Any] = json.loads(b"".join(json_report(self._summary, stream, Telling(self._words))))
        return told

    def explain(self, stream: int) -> dict[str, Any]:
        """What ``tcptui explain --json`` writes: one connection with all its evidence.  Raises IndexError."""
        from tcptui.cli.report.evidence_pack import evidence_pack
        from tcptui.cli.report.explained import pack_json
        from tcptui.cli.report.packet_lines import PacketLines

        self._require(stream)
        with translated(self._words), packets_read_again(self._session):
            lines = PacketLines(self._session, self._words)
            pack = evidence_pack(self._summary, stream, self._diagnosed(), lines)
            told: dict[str, Any] = json.loads(pack_json(self._summary, pack, self._words))
        return told

    def merge(self, other: Capture, *, assume_symmetric: bool = False) -> dict[str, Any]:
        """What ``tcptui merge --json`` writes of this capture, A, and of ``other``, B: the same traffic elsewhere.

        Raises CaptureError where they have no connection in common, or are one capture.
        """
        from tcptui.cli.report.merged_json import merged_as_json
        from tcptui.points.decided import decide
        from tcptui.points.merge import merge_captures
        from tcptui.words.merged_refusal import require_shared

        a, b = self._session, other._session
        names = [", ".join(map(str, capture.files)) for capture in (self, other)]
        with translated(self._words), packets_read_again(a), packets_read_again(b):
            hop = merge_captures(a, b, is_symmetric=assume_symmetric)
            require_shared(hop, names)
            splits, joined, undecided = decide(hop, a, b)
            told: dict[str, Any] = json.loads(merged_as_json(hop, splits, joined, names, undecided))
        return told

    def _require(self, stream: int | None) -> None:
        if stream is not None and not 0 <= stream < self._session.streams.count:
            raise IndexError(f"no connection {stream}: there are {self._session.streams.count:,}, counted from 0")

    def slice(
        self, out: str | PathLike[str], where: str = "", *, streams: Iterable[int] = (), overwrite: bool = False
    ) -> int:
        """Write the packets that match ``where``, or all of ``streams``, as pcapng; returns how many.

        Raises CaptureError where ``out`` exists (but for ``overwrite``), is what was read, or cannot be written.
        """
        from tcptui.capture.slicing.sink import Sink
        from tcptui.session.slicing.choose import rows_of_streams, with_fragments
        from tcptui.session.slicing.write import Slicer

        chosen, path = tuple(streams), Path(out)
        if chosen and where:
            raise ValueError("either a filter or connections")
        for stream in chosen:
            self._require(stream)
        store = self._session.store
        mask = rows_of_streams(store, chosen) if chosen else np.isin(np.arange(store.count), self._rows(where))
        rows = np.flatnonzero(with_fragments(store, mask))
        inputs = frozenset(FileId.of(file.stat()) for file in self.files if file.exists())
        may_replace = Replaceable.for_overwrite(overwrite, inputs)
        with translated(self._words), packets_read_again(self._session):
            may_replace.check(path)
            with Sink(path, may_replace) as sink:
                Slicer(self._session).write(rows, sink, lambda *_: (), f"tcptui {tcptui.__version__}")
        return len(rows)


class Connections:
    """The connections of a capture, each made when it is asked for."""

    def __init__(self, count: int, make: Callable[[int], Connection]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Connection: ...
    @overload
    def __getitem__(self, at: slice) -> list[Connection]: ...
    def __getitem__(self, at: int | slice) -> Connection | list[Connection]:
        numbers = range(self._count)[at]
        if isinstance(numbers, range):
            return [self._make(stream) for stream in numbers]
        return self._make(numbers)

    def __iter__(self) -> Iterator[Connection]:
        return map(self._make, range(self._count))


def _read(session: Session, words: Words) -> None:
    """Read ``session`` to its end.  Raises CaptureError where nothing of it can be read."""
    session.steering.judges = True
    session.run_here(alone=True)
    if has_failed(session):
        raise CaptureError(notice_line(session, words) or safe_text(session.label))


def _severity(name: str) -> Severity:
    try:
        return _SEVERITIES[name]
    except KeyError:
        raise FilterError(f"{name}: {', '.join(_SEVERITIES)}") from None
