"""``tcptui merge -w``: one capture with an interface for each place, which is read back as both."""

from __future__ import annotations

import json
import random
import shutil
import struct
import subprocess
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import pytest
from captures import Tape
from run_command import run
from seeds import seed
from two_points import Path, World

from tcptui.capture.slicing.little_endian import block, options
from tcptui.capture.slicing.places import MARK, NotPlacesError, read_places, split_places
from tcptui.capture.spool.files import spool_directory
from tcptui.model.errors import OutputError
from tcptui.model.pcap_format import SECRETS_BLOCK, STATISTICS_BLOCK
from tcptui.words.catalogue import Words
from tcptui.words.errors import error_line
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

_MS = 1_000_000
WORLDS = {
    "clocks apart, NAT, loss": Path(loss=0.04, translated=True, mss=1_360, offset_ns=-3_600_000 * _MS),
    "a clock that steps": Path(step_ns=400 * _MS, step_at_ns=200 * _MS, loss=0.02),
    "packets missed at both places": Path(missed_by_a=0.05, missed_by_b=0.05),
    "cut packets": Path(snaplen=68, loss=0.02, copied=0.05),
    "segments joined at A": Path(joins=3, renumbered=True, offset_ns=7 * _MS),
    "no loss at all": Path(),
}


def merged(*words: FilePath | str) -> dict[str, Any]:
    code, out, said = run("merge", *words, "--json")
    assert code == 0, said
    found: dict[str, Any] = json.loads(out)
    return found


def without_names(found: dict[str, Any]) -> dict[str, Any]:
    points = [{key: value for key, value in point.items() if key != "file"} for point in found["points"]]
    return {**found, "points": points}


@pytest.mark.parametrize("turned", [False, True], ids=["client at A", "client at B"])
@pytest.mark.parametrize("name", WORLDS)
def test_it_is_read_back_as_both(tmp_path: FilePath, name: str, turned: bool) -> None:
    files = World(WORLDS[name], seed(5), connections=4, rounds=8).write(tmp_path)
    files = files[::-1] if turned else files
    out = tmp_path / "both.pcapng"

    told = merged(*files, "-w", out)
    again = merged(out)

    assert without_names(again) == without_names(told)
    assert [point["file"] for point in again["points"]] == [file.name for file in files]
    told = merged(*files, "--assume-symmetric")
    assert without_names(merged(out, "--assume-symmetric")) == without_names(told)


def test_text_is_the_same(tmp_path: FilePath) -> None:
    files = World(WORLDS["cut packets"], 3, connections=3).write(tmp_path)
    out = tmp_path / "both.pcapng"
    for language in Language:
        text = run("merge", *files, "-w", out, "--overwrite", lang=language.value)[1]

        assert run("merge", out, lang=language.value)[1] == text


def pcapng(file: FilePath) -> FilePath:
    """The capture as pcapng with a comment of each packet, a key log, and an interface that counts what it dropped."""
    target = file.with_suffix(".pcapng")
    assert run("slice", file, "-Y", "tcp", "-w", target)[0] == 0
    log = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"
    secrets = block(SECRETS_BLOCK, struct.pack("<II", 0x544C534B, len(log)) + log)
    dropped = block(STATISTICS_BLOCK, struct.pack("<III", 0, 0, 0) + options([(5, struct.pack("<Q", 7))]))
    target.write_bytes(target.read_bytes() + secrets + dropped)
    return target


def blocks_of(file: FilePath, kind: int) -> list[bytes]:
    data, position, found = file.read_bytes(), 0, []
    while position < len(data):
        of_kind, length = struct.unpack_from("<II", data, position)
        if of_kind == kind:
            found.append(data[position + 8 : position + length - 4])
        position += length
    return found


def test_comments_secrets_and_counters_are_kept_each_at_its_place(tmp_path: FilePath) -> None:
    first, second = World(WORLDS["clocks apart, NAT, loss"], 3, connections=3).write(tmp_path)
    first = pcapng(first)
    out = tmp_path / "both.pcapng"

    told = merged(first, second, "-w", out)

    assert without_names(merged(out)) == without_names(told)
    assert len(blocks_of(out, SECRETS_BLOCK)) == 1
    assert [body[:4] for body in blocks_of(out, STATISTICS_BLOCK)] == [struct.pack("<I", 0)]
    assert out.read_bytes().count(first.name.encode().replace(b".pcapng", b".pcap")) >= len(blocks_of(first, 6))
    parts = split(out, tmp_path)
    assert [len(blocks_of(part, SECRETS_BLOCK)) for part in parts] == [1, 0]
    assert [len(blocks_of(part, STATISTICS_BLOCK)) for part in parts] == [1, 0]
    mine = len(blocks_of(first, 6))
    assert [len(blocks_of(part, 6)) for part in parts] == [mine, len(blocks_of(out, 6)) - mine]


def split(out: FilePath, folder: FilePath) -> list[FilePath]:
    with out.open("rb") as file:
        places = read_places(file.fileno())
        parts = [folder / f"part{number}.pcapng" for number in range(len(places))]
        opened = [part.open("wb") for part in parts]
        try:
            split_places(file.fileno(), places, [part.fileno() for part in opened])
        finally:
            for part in opened:
                part.close()
    return parts


@pytest.mark.skipif(not FilePath("/dev/full").exists(), reason="Linux has a device that is always full")
def test_full_disk_is_told_of_the_folder_that_is_full(tmp_path: FilePath) -> None:
    first, second = World(WORLDS["no loss at all"], 3, connections=2).write(tmp_path)
    out = tmp_path / "both.pcapng"
    assert run("merge", first, second, "-w", out, "--json")[0] == 0

    with out.open("rb") as file, FilePath("/dev/full").open("wb", buffering=0) as full:
        places = read_places(file.fileno())
        with pytest.raises(OutputError) as error:
            split_places(file.fileno(), places, [full.fileno()] * len(places))

    assert str(spool_directory()) in error_line(error.value, Words(Language.EN))


def test_merged_capture_merged_again_says_what_it_is_now(tmp_path: FilePath) -> None:
    first, second = World(WORLDS["no loss at all"], 3, connections=3).write(tmp_path)
    out, again = tmp_path / "both.pcapng", tmp_path / "again.pcapng"
    merged(first, second, "-w", out)

    told = merged(out, second, "-w", again)

    assert again.read_bytes().count(MARK) == 1
    assert without_names(merged(again)) == without_names(told)


def test_slice_of_it_is_still_of_both_places(tmp_path: FilePath) -> None:
    files = World(WORLDS["no loss at all"], 3, connections=3).write(tmp_path)
    out, part = tmp_path / "both.pcapng", tmp_path / "part.pcapng"
    merged(*files, "-w", out)
    assert run("slice", out, "-Y", "tcp.port == 40000", "-w", part)[0] == 0

    assert len(merged(part)["streams"]) == 1


# -- what is refused -------------------------------------------------------------------------------
@pytest.fixture
def files(tmp_path: FilePath) -> Sequence[FilePath]:
    return World(WORLDS["no loss at all"], 3, connections=2, rounds=3).write(tmp_path)


def test_nothing_is_written_over_unasked_and_never_an_input(tmp_path: FilePath, files: Sequence[FilePath]) -> None:
    out = tmp_path / "old.pcapng"
    out.write_bytes(b"old")
    same = tmp_path / "same.pcapng"
    same.hardlink_to(files[1])
    before = files[1].read_bytes()

    assert run("merge", *files, "-w", out)[0] == 1
    assert out.read_bytes() == b"old"
    assert run("merge", *files, "-w", same, "--overwrite")[0] == 1
    assert files[1].read_bytes() == before
    assert run("merge", *files, "-w", out, "--overwrite")[0] == 0
    merged_bytes = out.read_bytes()
    assert run("merge", out, "-w", out, "--overwrite")[0] == 1
    assert out.read_bytes() == merged_bytes


@pytest.mark.parametrize("name", ["-", "both.pcap"])
def test_other_forms_than_pcapng_are_refused(tmp_path: FilePath, files: Sequence[FilePath], name: str) -> None:
    out = name if name == "-" else str(tmp_path / name)
    code, printed, said = run("merge", *files, "-w", out)

    assert (code, printed) == (2, "")
    assert "pcapng" in said
    assert not (tmp_path / "both.pcap").exists()


def test_overwrite_without_a_file_is_wrong_usage(files: Sequence[FilePath]) -> None:
    assert run("merge", *files, "--overwrite")[0] == 2


def test_captures_that_share_nothing_leave_no_file(tmp_path: FilePath, files: Sequence[FilePath]) -> None:
    tape = Tape()
    tape.clean(0, "10.7.0.1:40001", "10.7.0.2:80", b"GET", b"well")
    other = tmp_path / "other.pcap"
    other.write_bytes(tape.pcap())
    out = tmp_path / "both.pcapng"

    assert run("merge", files[0], other, "-w", out)[0] == 1
    assert not out.exists()


@pytest.mark.parametrize("language", Language)
def test_capture_of_one_place_is_not_enough(files: Sequence[FilePath], language: Language) -> None:
    code, printed, said = run("merge", files[0], lang=language.value)

    assert (code, printed) == (1, "")
    assert Words(language)("cli.error.merge-one", file=str(files[0])) in said


# -- what others may have made of it -----------------------------------------------------------------
def test_file_that_is_cut_is_said_to_be_cut(tmp_path: FilePath, files: Sequence[FilePath]) -> None:
    out = tmp_path / "both.pcapng"
    merged(*files, "-w", out)
    out.write_bytes(out.read_bytes()[:-11])

    code, printed, _said = run("merge", out, "--json")

    assert code == 1
    assert json.loads(printed)["streams"]


@pytest.mark.parametrize("comment", [
    b"{", b"[]", b"null", b'{"points": 3}', b'{"points": [{"file": "a", "interfaces": [0], "blocks": 0}]}',
    b'{"points": [{"file": "a", "interfaces": [0, 1], "blocks": 0}, {"file": "b", "interfaces": [1], "blocks": 0}]}',
    b'{"points": [{"file": "a", "interfaces": [0], "blocks": 1e999}, {"file": "b", "interfaces": [1], "blocks": 0}]}',
    b'{"points": [{"file": "a", "interfaces": [], "blocks": 0}, {"file": "b", "interfaces": [0, 1], "blocks": 0}]}',
    b"[" * 60_000, b'{"points": "ab"}',
], ids=range(10))  # fmt: skip
def test_comment_that_is_none_of_ours_is_not_believed(
    tmp_path: FilePath, files: Sequence[FilePath], comment: bytes
) -> None:
    out = tmp_path / "both.pcapng"
    merged(*files, "-w", out)
    data = out.read_bytes()
    (length,) = struct.unpack_from("<I", data, 4)
    out.write_bytes(block(0x0A0D0D0A, data[8:24] + options([(1, MARK + comment)])) + data[length:])

    code, printed, said = run("merge", out)

    assert (code, printed) == (1, "")
    assert Words(Language.EN)("cli.error.merge-one", file=str(out)) in said


def test_mutants_of_such_a_file_are_split_or_refused(tmp_path: FilePath, files: Sequence[FilePath]) -> None:
    out, mutant = tmp_path / "both.pcapng", tmp_path / "mutant.pcapng"
    merged(*files, "-w", out)
    whole = out.read_bytes()
    draw = random.Random(seed(11))
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(draw.randrange(1, 6)):
            data[draw.randrange(len(data))] = draw.choice((0, 1, 255, draw.randrange(256)))
        mutant.write_bytes(data[: draw.choice((len(data), draw.randrange(len(data))))])
        try:
            parts = split(mutant, tmp_path)
        except NotPlacesError:
            continue
        assert sum(part.stat().st_size for part in parts) <= 2 * len(whole) + 200


def test_names_of_files_are_escaped_where_they_are_shown(tmp_path: FilePath, files: Sequence[FilePath]) -> None:
    evil = tmp_path / 'a"\x1b]52;c;x\x07\u202e{}.pcap'
    shutil.copy(files[0], evil)
    out = tmp_path / "both.pcapng"
    merged(evil, files[1], "-w", out)

    text = run("merge", out)[1]

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x1b" not in merged(out)["points"][0]["file"]
    assert b"\x1b]52" not in out.read_bytes()


@pytest.mark.tshark
def test_wireshark_reads_it_with_an_interface_for_each_place(tmp_path: FilePath) -> None:
    first, second = World(WORLDS["clocks apart, NAT, loss"], 3, connections=3).write(tmp_path)
    first, out = pcapng(first), tmp_path / "both.pcapng"
    merged(first, second, "-w", out)

    def fields(file: FilePath, *names: str) -> list[str]:
        options_ = [word for name in names for word in ("-e", name)]
        done = subprocess.run(
            ["tshark", "-n", "-r", str(file), "-T", "fields", *options_], capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    seen = ("frame.time_epoch", "frame.cap_len", "frame.len", "frame.comment", "tcp.seq_raw")
    told = fields(out, "frame.interface_id", *seen)
    for number, file in enumerate((first, second)):
        mine = [line.partition("\t")[2] for line in told if line.startswith(f"{number}\t")]
        assert mine == fields(file, *seen)
