"""Two hundred planted secrets: no output of any command has one, and what only looks like one stays readable."""

from __future__ import annotations

import json
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
from planted_secrets import LOOK_ALIKES, SHAPES, plants, record
from run_command import run

from tcptui.capture.file_source import open_file
from tcptui.model.field import FieldType
from tcptui.model.fields import ROWS
from tcptui.protocols.headers.tree import header_tree
from tcptui.session.catch_up import Compile
from tcptui.session.filtering.printed import FieldPrinter
from tcptui.session.filtering.run import is_readable
from tcptui.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from planted_secrets import Plant

#: Forms of output; what ``{}`` stands for is a file that is written.
FORMS = (
    "report", "report --full", "report --explain", "report --json", "report --markdown", "report --html {}",
    "report --stream 0", "verdicts --jsonl", "export", "export --json", "requests", "requests --jsonl",
    "requests --har -", "requests --group statement", "requests --group statement --jsonl", "packets",
    "packets --jsonl", "packets --csv", "graph --stream 0 --csv", "--no-screen",
    "packets --jsonl -e http.authorization -e http.request.uri -e http.cookie -e http.file_data -e _ws.col.Info",
)  # fmt: skip


def _planted(folder: Path, shapes: dict[str, object]) -> tuple[Path, list[Plant]]:
    some = list(plants(shapes))  # type: ignore[arg-type]
    return record(folder / "planted.pcap", some), some


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Plant]]:
    return _planted(tmp_path_factory.mktemp("planted"), dict(SHAPES))


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Plant]]:
    return _planted(tmp_path_factory.mktemp("healthy"), dict(LOOK_ALIKES))


def _opened(path: Path) -> Session:
    session = Session([open_file(path)], compile_when=Compile.NEVER)
    session.run_here()
    return session


def _shown_in(text: str, some: list[Plant]) -> list[str]:
    return [one.shape for one in some if one.secret in text]


def _followed(session: Session) -> Iterator[str]:
    for stream in range(session.streams.count):
        for part in session.application(stream).parts():
            yield b"".join(data for _, data in part.blocks()).decode("utf-8", "replace")


def _lines(session: Session) -> Iterator[str]:
    """The header trees of all packets, as they are shown."""
    for row in range(session.store.count):
        packet = session.reader.packet(row)
        for node in islice(header_tree(packet, session.application(int(session.store.stream[row]))).walk(), 1, None):
            yield node.label


def test_there_are_enough_of_them(planted: tuple[Path, list[Plant]]) -> None:
    path, some = planted
    data = path.read_bytes()

    assert len(SHAPES) >= 90
    assert len({one.secret for one in some}) == len(some) >= 200
    coded = {"field-basic", "form-zipped", "websocket"}
    assert all(one.secret.encode() in data for one in some if one.shape not in coded | {"chunked"})


@pytest.mark.parametrize("form", FORMS)
def test_no_command_prints_one(planted: tuple[Path, list[Plant]], form: str, tmp_path: Path) -> None:
    path, some = planted
    out = tmp_path / "out"
    command, *options = form.split()
    words = [str(out) if word == "{}" else word for word in options]
    before = [command, str(path)] if not command.startswith("-") else [command]
    code, said, told = run(*before, *words, *([str(path)] if len(before) == 1 else []))

    assert code == 0, told
    said += out.read_text() if out.exists() else ""
    assert said
    assert _shown_in(said + told, some) == []


def test_nothing_that_is_decoded_has_one(planted: tuple[Path, list[Plant]]) -> None:
    path, some = planted
    with closing(_opened(path)) as session:
        assert _shown_in("\n".join(_followed(session)), some) == []


def test_follow_decoded_has_none_where_nothing_is_decoded(planted: tuple[Path, list[Plant]]) -> None:
    path, some = planted
    for shape in ("ftp", "imap"):
        stream = next(at for at, one in enumerate(some) if one.shape == shape)
        _, decoded, _ = run("follow", path, "--stream", str(stream), "--decoded")
        _, raw, _ = run("follow", path, "--stream", str(stream))
        assert some[stream].secret in raw
        assert some[stream].secret not in decoded


def test_no_line_of_a_header_tree_has_one(planted: tuple[Path, list[Plant]]) -> None:
    path, some = planted
    with closing(_opened(path)) as session:
        assert _shown_in("\n".join(_lines(session)), some) == []


def test_no_value_that_is_printed_has_one(planted: tuple[Path, list[Plant]]) -> None:
    path, some = planted
    fields = [
        row for row in ROWS
        if is_readable(row) and row.type is FieldType.STRING and row.name.startswith(
            (
                "http", "websocket", "resp", "smtp", "mqtt", "memcache", "amqp", "kafka", "mongo", "frame", "_ws",
                "tcptui.request", "json", "xml",
            )
        )
    ]  # fmt: skip
    assert len(fields) > 50
    with closing(_opened(path)) as session:
        rows = np.arange(session.store.count, dtype=np.int32)
        columns = FieldPrinter(session, fields).texts(rows)
        shown = {
            field.name: found
            for field, column in zip(fields, columns, strict=True)
            if (found := _shown_in("\n".join(text for texts in column for text in texts), some))
        }
        sent = FieldPrinter(session, fields, secrets=True).texts(rows)
    assert shown == {}
    assert _shown_in(json.dumps(sent), some)


def test_look_alikes_stay_readable(healthy: tuple[Path, list[Plant]]) -> None:
    path, some = healthy
    with closing(_opened(path)) as session:
        followed = "\n".join(_followed(session))
        lines = "\n".join(_lines(session))
        sent = "".join(data.decode() for one in some for data in (one.asked, one.answered))
    assert "[removed]" not in followed + lines
    assert all(followed.count(one.secret) >= sent.count(one.secret) for one in some)


@pytest.mark.parametrize("form", ["requests --jsonl", "requests --har -", "export --json"])
def test_no_command_leaves_out_a_look_alike(healthy: tuple[Path, list[Plant]], form: str) -> None:
    path, _ = healthy
    command, *options = form.split()
    code, said, told = run(command, path, *options)

    assert code == 0, told
    assert "[removed]" not in said
