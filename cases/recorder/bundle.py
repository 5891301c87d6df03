"""Packs a recording of the bench as a bundled case, and lists what there is.  Recording needs root.

    python -m cases.recorder.bundle third-ack-lost                    record the case's scenario again and pack it
    python -m cases.recorder.bundle third-ack-lost --from RECORDING   pack a recording that exists
    python -m cases.recorder.bundle --new 10-third-ack-lost --scenario third-ack-lost --seed 1 --at client server
    python -m cases.recorder.bundle --table

A case names its scenario, its seed and its capture points in ``case.toml``.  Packets and times stay what
they were: only the comment in the capture is new, and of what the kernels said the part that a case
needs.  A new recording has other times and ports, so the words of the case must be gone through again;
``pytest tests/lessons`` says where.
"""

from __future__ import annotations

import argparse
import gzip
import json
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cases.recorder.case_table import table_lines
from cases.recorder.namespaces import End
from cases.recorder.pcapng import INTERFACE_STATISTICS, OPTION_INTERFACE_DROPPED, read_pcapng, write_pcapng
from tcptui.lessons.loader import CaseError, cases_folder, load_case, load_cases

if TYPE_CHECKING:
    from collections.abc import Sequence

ETHERNET_LINK: Final = 1
FULL_SNAPSHOT: Final = 262_144
STATISTICS_HEAD: Final = 20
"""Bytes before the options of an interface statistics block."""
PACKED_FROM: Final = 20_000
"""Bytes from which on a capture is compressed."""
GRACE: Final = 240.0
"""Seconds after which a recording is given up for good; the bench has limits of its own."""
KEPT: Final = ("time_ns", "end", "from", "to", "local", "remote", "by", "kind", "why", "frame", "state", "reason")
"""What stays of a line of the kernels' log; call stacks and windows of the programs' calls do not."""
KINDS: Final = (None, "retransmit", "probe", "send-reset", "receive-reset")


class BundleError(Exception):
    """A recording is not the one that the case names, or is not there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recording a case is made of."""

    scenario: str
    seed: int
    ends: tuple[End, ...]
    """The capture points that the case shows, the first one first."""


def pack(recording: Path, folder: Path, case_id: str, wanted: Wanted) -> list[Path]:
    """Writes the captures and ``kernel.jsonl`` of ``folder``; returns the files.

    Raises BundleError for the recording of another scenario or seed, OSError as ever.
    """
    about = json.loads((recording / "recording.json").read_text())
    if (about["scenario"], about["seed"]) != (wanted.scenario, wanted.seed):
        raise BundleError(f"{recording} is of {about['scenario']} {about['seed']}, not {wanted.scenario} {wanted.seed}")
    folder.mkdir(exist_ok=True)
    written = []
    for end in wanted.ends:
        records = read_pcapng(recording / f"{end.value}.pcapng")
        shortest = max((len(record.data) for record in records if len(record.data) < record.wire_length), default=0)
        plain = folder / f"{end.value}.pcapng"
        write_pcapng(
            plain,
            records,
            link_type=ETHERNET_LINK,
            snapshot=shortest or FULL_SNAPSHOT,
            interface=end.value,
            comment=_comment(about, case_id, end),
            system=" ".join(about["system"].split("-")[0].split()),
            application="tcptui cases.recorder",
            dropped=dropped_by_recorder(recording / f"{end.value}.pcapng"),
        )
        written.append(_packed(plain))
    kernel = folder / "kernel.jsonl"
    kernel.write_text("".join(json.dumps(line) + "\n" for line in kernel_lines(recording / "kernel.jsonl")))
    return [*written, kernel]


def dropped_by_recorder(path: Path) -> int:
    """How many packets a capture of the bench says its recorder lost."""
    content = path.read_bytes()
    at = 0
    while at < len(content):
        kind, length = struct.unpack_from("<II", content, at)
        if kind == INTERFACE_STATISTICS:
            code, size = struct.unpack_from("<HH", content, at + STATISTICS_HEAD)
            if (code, size) == (OPTION_INTERFACE_DROPPED, 8):
                return int(struct.unpack_from("<Q", content, at + STATISTICS_HEAD + 4)[0])
        at += length
    return 0


def _packed(plain: Path) -> Path:
    """A large capture becomes .gz, the same bytes each time: its payload is text that repeats itself."""
    packed = plain.with_name(plain.name + ".gz")
    packed.unlink(missing_ok=True)
    if plain.stat().st_size < PACKED_FROM:
        return plain
    packed.write_bytes(gzip.compress(plain.read_bytes(), compresslevel=9, mtime=0))
    plain.unlink()
    return packed


def kernel_lines(log: Path) -> list[dict[str, Any]]:
    """What a case keeps of the kernels' log: states, what was sent again and why, resets."""
    entries = (json.loads(line) for line in log.read_text().splitlines())
    return [
        {key: entry[key] for key in KEPT if key in entry}
        for entry in entries
        if entry.get("kind") in KINDS and entry["time_ns"]
    ]


def _comment(about: dict[str, Any], case_id: str, end: End) -> str:
    drawn = ", ".join(f"{name} {value}" for name, value in about["parameters"].items())
    return (
        f"{about['shows']} Two Linux hosts in network namespaces over a scripted link ({drawn}); "
        f"captured at the {end.value}'s interface with the kernel's own times. "
        f"Made by: python -m cases.recorder.bundle {case_id} (scenario {wanted_text(about)})"
    )


def wanted_text(about: dict[str, Any]) -> str:
    """Scenario and seed of a recording, as people write them."""
    return f"{about['scenario']}, seed {about['seed']}"


def record_into(wanted: Wanted, folder: Path) -> None:
    """Records the scenario in a process of its own: it takes over its namespaces.  Raises BundleError."""
    command = [
        sys.executable,
        "-m",
        "cases.recorder",
        wanted.scenario,
        "--seed",
        str(wanted.seed),
        "--out",
        str(folder),
    ]
    done = subprocess.run(command, timeout=GRACE, check=False, capture_output=True, text=True)
    if done.returncode:
        raise BundleError(done.stderr.strip() or f"{wanted.scenario}: recording failed")


def wanted_by(case_id: str) -> tuple[Path, Wanted]:
    """Folder and recording of the case ``case_id``; raises BundleError when it was not made by the bench."""
    case = load_case(case_id)
    ends = tuple(End(file.at) for file in case.files if file.at is not None)
    if case.source.scenario is None or case.source.seed is None or len(ends) != len(case.files):
        raise BundleError(f"{case_id}: made by {case.source.program}")
    return case.folder, Wanted(case.source.scenario, case.source.seed, ends)


def main(words: Sequence[str] | None = None) -> int:
    """Exit status 0 when everything was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", metavar="ID", help="cases to make again")
    parser.add_argument("--from", dest="recording", type=Path, metavar="FOLDER", help="pack this recording")
    parser.add_argument("--new", metavar="NN-ID", help="begin a case: its folder's name")
    parser.add_argument("--scenario", help="of the new case")
    parser.add_argument("--seed", type=int, default=1, help="of the new case")
    parser.add_argument("--at", nargs="+", choices=[end.value for end in End], default=["client"])
    parser.add_argument("--table", action="store_true", help="what there is")
    chosen = parser.parse_args(words)
    if chosen.table:
        print("\n".join(table_lines(load_cases())))
        return 0
    if bool(chosen.new) == bool(chosen.ids) or (chosen.new and not chosen.scenario):
        parser.error("name cases to make again, or --new with --scenario")
    try:
        if chosen.new:
            wanted = Wanted(chosen.scenario, chosen.seed, tuple(map(End, chosen.at)))
            _make(cases_folder() / chosen.new, chosen.new.partition("-")[2], wanted, chosen.recording)
        for case_id in chosen.ids:
            folder, wanted = wanted_by(case_id)
            _make(folder, case_id, wanted, chosen.recording)
    except (BundleError, CaseError, LookupError, OSError, subprocess.TimeoutExpired) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _make(folder: Path, case_id: str, wanted: Wanted, recording: Path | None) -> None:
    with tempfile.TemporaryDirectory() as room:
        if recording is None:
            recording = Path(room)
            record_into(wanted, recording)
        for path in pack(recording, folder, case_id, wanted):
            print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(main())
