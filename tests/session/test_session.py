"""One pipeline for files, packed files, streams and several files at once."""

from __future__ import annotations

import asyncio
import os
import struct
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from captures import ACK, Tape
from growing_source import GrowingSource

from tcptui.access.open_capture import view_of
from tcptui.access.progress import Phase
from tcptui.analysis.analyzer import compiled_kernel
from tcptui.capture.bpf.packet_filter import PacketFilter
from tcptui.capture.decompress import MAGIC_BYTES
from tcptui.capture.file_source import open_file as open_source
from tcptui.capture.spool.reader import FIRST_BLOCK
from tcptui.capture.stream_source import StreamSource
from tcptui.model.errors import InputError, UsageError
from tcptui.model.packet_store import NO_STREAM
from tcptui.session.catch_up import Compile
from tcptui.session.session import Session, open_file
from tcptui.wire.numba_compile import compiler_available

if TYPE_CHECKING:
    from pathlib import Path

    from tcptui.wire.numba_compile import Kernel

CONCLUDED = ("stream", "verdict", "state_a", "state_b", "acked", "bytes_in_flight", "cause")


@pytest.fixture
def lossy(corpus: Path) -> Path:
    return corpus / "dev" / "tcptrace-6syns.pcap"


def _conclusions(session: Session) -> dict[str, list[int]]:
    return {name: getattr(session.store, name)[: session.store.count].tolist() for name in CONCLUDED}


async def _run(session: Session) -> None:
    await asyncio.wait_for(session.run(), 600)


def test_opened_file_is_done_and_annotated(lossy: Path) -> None:
    session = open_file(lossy)

    assert session.progress.phase is Phase.DONE
    assert session.progress.rows == 68
    assert session.progress.bytes_read == session.progress.bytes_total == lossy.stat().st_size
    assert session.streams.count == 2
    assert session.findings(0)
    assert session.severity[0] == max(finding.severity for finding in session.findings(0))
    session.close()


async def test_stream_that_arrives_byte_by_byte_gives_the_columns_of_the_file(lossy: Path) -> None:
    reader, writer = os.pipe()
    raw = lossy.read_bytes()

    def feed() -> None:
        with os.fdopen(writer, "wb", buffering=0) as pipe:
            for start in range(0, len(raw), 501):
                pipe.write(raw[start : start + 501])

    session = Session([StreamSource(reader, "-")])
    thread = threading.Thread(target=feed)
    thread.start()
    await _run(session)
    thread.join()
    whole = await asyncio.to_thread(open_file, lossy)

    assert session.progress.phase is Phase.DONE
    assert _conclusions(session) == _conclusions(whole)
    session.close()
    whole.close()


async def test_several_files_merge_by_time_into_one_table(lossy: Path, tmp_path: Path) -> None:
    raw, position, parts = lossy.read_bytes(), 24, ([], [])  # type: tuple[bytes, int, tuple[list[bytes], list[bytes]]]
    while position < len(raw):
        (size,) = struct.unpack_from(">I", raw, position + 8)
        parts[len(parts[0]) > len(parts[1])].append(raw[position : position + 16 + size])
        position += 16 + size
    paths = [tmp_path / "one.pcap", tmp_path / "two.pcap"]
    for path, records in zip(paths, parts, strict=True):
        path.write_bytes(raw[:24] + b"".join(records))

    merged = Session([open_source(path) for path in paths])
    await _run(merged)
    whole = await asyncio.to_thread(open_file, lossy)

    assert _conclusions(merged) == _conclusions(whole)
    assert merged.store.frame[: merged.store.count].tolist() == list(range(1, 69))
    assert {merged.reader.sources[source].label for source in merged.store.source[:68].tolist()} == {
        str(path) for path in paths
    }
    # Every row's bytes are found in the file that it came from.
    assert [merged.reader.packet(row).data for row in range(68)] == [whole.reader.packet(row).data for row in range(68)]
    merged.close()
    whole.close()


@pytest.mark.parametrize("file_first", [True, False])
def test_file_that_waits_for_another_source_is_read_to_its_end(tmp_path: Path, *, file_first: bool) -> None:
    """As beside a compressed file, which comes by and by: what of the file had been parsed was taken for all of it."""
    tape = Tape()
    tape.handshake(0, "10.0.0.1:40000", "192.0.2.10:80")
    for number in range(400):
        tape.tcp(10 + number, "10.0.0.1:40000", "192.0.2.10:80", ACK, 1001 + 1000 * number, 9001, bytes(1000))
    data = tape.pcap()
    path = tmp_path / "large.pcap"
    path.write_bytes(data)
    growing = GrowingSource(data, [24] * 5 + list(range(1024, len(data), 65_536)), directory=tmp_path)
    file = open_source(path)
    session = Session([file, growing] if file_first else [growing, file], compile_when=Compile.NEVER)
    assert any(session.catch_up.run() for _ in range(100))

    assert len(data) > FIRST_BLOCK
    assert (session.store.count, session.progress.notice) == (2 * 403, None)
    session.close()


async def test_filter_keeps_original_frame_numbers(lossy: Path) -> None:
    session = Session([open_source(lossy)], PacketFilter("tcp[tcpflags] & tcp-syn != 0"))
    await _run(session)

    frames = session.store.frame[: session.store.count].tolist()
    assert frames[:6] == [1, 2, 3, 4, 5, 20]
    assert len(frames) == 8
    session.close()


def test_filter_that_makes_no_sense_quotes_libpcap() -> None:
    with pytest.raises(UsageError) as refused:
        PacketFilter("porto 80")

    assert "syntax error" in str(refused.value.facts["reason"])


def test_file_cut_inside_a_record_keeps_what_came_before(lossy: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(lossy.read_bytes()[:-7])

    session = open_file(cut)

    assert session.progress.phase is Phase.DONE
    assert session.progress.rows == 67
    assert session.progress.notice is not None
    assert session.progress.notice.key == "session.cut-short"
    session.close()


def test_file_that_is_no_capture_fails_with_nothing_read(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no packets here, only words\n" * 10)

    session = open_file(text)

    assert session.progress.phase is Phase.FAILED
    assert session.progress.notice is not None
    assert session.progress.notice.key == "session.not-a-capture"
    session.close()


def test_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        open_file(tmp_path / "nowhere.pcap")


def test_unknown_link_type_lists_packets_as_other(tmp_path: Path) -> None:
    capture = tmp_path / "odd.pcap"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 147)
    capture.write_bytes(header + struct.pack("<IIII", 1, 0, 4, 4) + b"abcd")

    session = open_file(capture)

    assert session.progress.rows == 1
    assert session.store.stream[0] == NO_STREAM
    assert session.progress.notice is not None
    assert session.progress.notice.facts["link_type"] == 147
    session.close()


def test_rows_of_a_stream_are_all_its_rows_in_order(lossy: Path) -> None:
    session = open_file(lossy)

    for stream in range(session.streams.count):
        expected = np.flatnonzero(session.store.stream[: session.store.count] == stream)
        assert np.array_equal(session.rows_of(stream), expected)
        assert view_of(session, stream).rows.tolist() == expected.tolist()
    session.close()


@pytest.mark.parametrize("arrived", [0, 2, 4, 23, 24, 30])
async def test_stop_ends_a_growing_source_wherever_it_is(arrived: int) -> None:
    reader, writer = os.pipe()
    source = StreamSource(reader, "-")
    session = Session([source])
    running = asyncio.create_task(session.run())
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)
    os.write(writer, (header + bytes(16))[:arrived])
    # Fewer bytes than tell whether a stream is packed stay with the reader.
    while source.status().end < (arrived if arrived >= MAGIC_BYTES else 0):
        await asyncio.sleep(0)
    session.stop()
    await asyncio.wait_for(running, 600)

    assert session.progress.phase is Phase.DONE
    assert session.progress.notice is None
    assert session.progress.rows == 0
    os.close(writer)
    session.close()


async def test_waiting_for_the_compiler_changes_no_conclusion(lossy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcptui.session.catch_up.WORTH_LOADING", 0)
    monkeypatch.setattr("tcptui.session.catch_up.WORTH_COMPILING", 0)
    compiled = Session([open_source(lossy)], compile_when=Compile.FIRST)
    await _run(compiled)
    plain = await asyncio.to_thread(open_file, lossy)

    assert _conclusions(compiled) == _conclusions(plain)
    compiled.close()
    plain.close()


@pytest.mark.skipif(not compiler_available(), reason="without the compiler")
async def test_kernel_that_comes_amid_the_packets_changes_no_conclusion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = Tape()
    for number in range(800):
        tape.lossy(number, f"10.0.{number >> 8}.{number & 255}:{20_000 + number}", "192.0.2.10:80")
    path = tmp_path / "many.pcap"
    path.write_bytes(tape.pcap())
    monkeypatch.setattr("tcptui.session.catch_up.WORTH_LOADING", 0)
    monkeypatch.setattr("tcptui.session.catch_up.WORTH_COMPILING", 0)
    monkeypatch.setattr("tcptui.session.catch_up.kernel_is_cached", lambda: False)
    await asyncio.to_thread(compiled_kernel)  # so that it only has to be loaded below
    session = Session([open_source(path)], compile_when=Compile.FIRST)
    at: list[int] = []
    compile_pipeline = session._pipeline.compile

    def switch(kernel: Kernel) -> None:
        at.append(session.store.count)
        compile_pipeline(kernel)

    monkeypatch.setattr(session._pipeline, "compile", switch)
    # As if the other process were done after the first batch; `begin` waits for it as for a cached one.
    monkeypatch.setattr("tcptui.session.jit_thread.kernel_is_cached", lambda: True)
    monkeypatch.setattr("tcptui.session.jit_thread.AFTER_FIRST", 0)
    monkeypatch.setattr("tcptui.session.jit_thread.PATIENCE", 60)
    await _run(session)
    plain = await asyncio.to_thread(open_file, path)

    assert len(at) == 1
    assert 0 < at[0] < session.store.count
    assert _conclusions(session) == _conclusions(plain)
    session.close()
    plain.close()


@pytest.mark.parametrize("module", ["tcptui.session.session", "tcptui.lessons.loader", "tcptui.words.catalogue"])
def test_core_loads_no_screen_library(module: str) -> None:
    code = f"import {module}, sys; print([m for m in ('textual', 'rich', 'scapy', 'numba') if m in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


async def test_what_silence_tells_is_told_by_the_whole_capture_however_early_somebody_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = Tape()
    tape.handshake(0, "10.0.0.1:40000", "192.0.2.10:80")
    tape.tcp(50, "10.0.0.1:40000", "192.0.2.10:80", 0x18, 1001, 9001, b"x")
    tape.handshake(5, "10.0.0.1:40001", "192.0.2.10:80")
    for ms in (55, 455, 1_255):  # nobody answers
        tape.tcp(ms, "10.0.0.1:40001", "192.0.2.10:80", 0x18, 1001, 9001, b"x" * 100)
    for number in range(20):
        tape.clean(1_000 * number + 100, f"10.0.0.2:{40000 + number}", "192.0.2.10:81", b"x", b"y")
    tape.records.sort(key=lambda record: record[0])
    data = tape.pcap()
    path = tmp_path / "open.pcap"
    path.write_bytes(data)
    monkeypatch.setattr("tcptui.session.catch_up.ANNOTATE_EVERY", 0.0)
    live = Session([GrowingSource(data, range(600, len(data), 300))], compile_when=Compile.NEVER)
    looked: list[object] = []
    report = live.catch_up._report

    def look(*statuses: object, over: bool) -> None:
        report(*statuses, over=over)
        looked.append(live.findings(0) if live.streams.count else ())

    monkeypatch.setattr(live.catch_up, "_report", look)
    await _run(live)
    whole = await asyncio.to_thread(open_file, path)

    assert len({repr(findings) for findings in looked}) > 1
    for stream in range(2):
        assert live.findings(stream) == whole.findings(stream)
    assert "unanswered" in {finding.facts.get("shape") for finding in live.findings(1)}
    live.close()
    whole.close()
