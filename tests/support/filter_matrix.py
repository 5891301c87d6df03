"""Holds display filters against sharkd: for the fields of a capture, many expressions, frame by frame.

python tests/support/filter_matrix.py CAPTURE... [--fields PREFIX] [--most N] [--seed N] [--draw N]

Values are those that occur in the capture, and their neighbours; which of them, another seed chooses otherwise.
Prints how many expressions were asked and on how many frames the answers differ, by field and by operator.  Where the
field's own values differ in such a frame, the reasons are those of `known_differences`; of others it prints examples.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from field_sweep import sweep
from known_differences import DIFFERENCES, current_findings
from sharkd import Sharkd, SharkdCrashedError

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError
from tcptui.model.field import FieldType as T
from tcptui.model.field import Owner
from tcptui.model.fields import FIELDS, ROWS
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.run import FilterRun, is_readable
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcptui.model.field import Field
    from tcptui.session.session import Session

#: What a filter cannot be equal in, by its nature: colouring, marks, and what depends on the filter itself.
LEFT_OUT: Final = ("frame.coloring_rule", "frame.marked", "frame.ignored", "frame.time_delta_displayed")
_NUMBERS: Final = frozenset(kind for kind in T if kind.value.startswith(("FT_UINT", "FT_INT", "FT_FRAMENUM")))
_VALUES: Final = 2
_MOST_BYTES: Final = 40


def fields(prefix: str = "") -> list[Field]:
    """Fields that both programs have."""
    return [
        row for row in ROWS
        if row.owner is Owner.WIRESHARK and is_readable(row) and row.name.startswith(prefix)
        and not row.name.startswith(LEFT_OUT)
    ]  # fmt: skip


def quoted(value: bytes) -> str:
    """``value`` as a string of the language."""
    return (
        '"'
        + "".join(f"\\x{byte:02x}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte) for byte in value)
        + '"'
    )


def constants(kind: T, value: object, text: str) -> list[str]:
    """How ``value`` is written, and others near it."""
    if kind in _NUMBERS:
        assert isinstance(value, int)
        return [str(value), str(value + 1)] if value >= 0 else []
    if kind is T.BOOLEAN:
        return [text, str(1 - int(text))]
    if kind is T.IPV4:
        return [text, f"{text}/24"]
    if kind is T.IPV6:
        return [text, f"{text}/64"]
    if kind is T.RELATIVE_TIME:
        return [text]
    if isinstance(value, bytes) and 0 < len(value) <= _MOST_BYTES:
        return [quoted(value)] if kind is T.STRING else [value.hex(":") if len(value) > 1 else value.hex()]
    return []


def expressions(one: Field, values: list[tuple[object, str]]) -> Iterator[tuple[str, str]]:
    """Operator and expression, for a field that has ``values``."""
    name, kind = one.name, one.type
    yield "exists", name
    yield "not", f"not {name}"
    yield "count", f"count({name}) == 1"
    yield "count", f"count({name}) > 1"
    for layers in ("#1", "#2", "#[-1]"):
        yield "layer", f"{name}{layers}"
    if kind in (T.PROTOCOL, T.BYTES, T.STRING, T.ETHER):
        yield "len", f"len({name}) > 8"
        yield "slice", f"{name}[0:2] == 00:01"
    for value, text in values:
        for written in constants(kind, value, text):
            for sign in ("==", "!=", "===", "!=="):
                yield sign, f"{name} {sign} {written}"
            for sign in (">", "<", ">=", "<=") if kind is not T.BOOLEAN else ():
                yield "order", f"{name} {sign} {written}"
            yield "in", f"{name} in {{{written}}}"
            yield "in", f"not {name} in {{{written}}}"
            if kind in _NUMBERS:
                yield "arithmetic", f"{name} & {written}"
                yield "arithmetic", f"{name} + 1 == {written}"
                yield "range", f"{name} in {{0 .. {written}}}"
                yield "all", f"all {name} > {written}"
                yield "extreme", f"max({name}) == {written}"
        if kind in (T.PROTOCOL, T.BYTES, T.STRING) and isinstance(value, bytes) and len(value) > 3:
            yield "contains", f"{name} contains {quoted(value[1:4])}"
            yield "contains", f"{name} contains {quoted(value[-3:])}"
            yield "slice", f"{name}[1:2] == {value[1:3].hex(':')}"
            yield "slice", f"{name}[-2:] == {value[-2:].hex(':')}"
            yield "matches", f'{name} matches "[a-f]{{2}}"'


@dataclass
class Tally:
    """Of one operator, or of one field."""

    asked: int = 0
    """Expressions."""
    frames: int = 0
    """Frames of which both said whether they pass, for each expression."""
    told: int = 0
    """… on which both differ because the field's values do, which `known_differences` lists."""
    differing: int = 0
    """… on which both differ otherwise."""

    def add(self, frames: int, told: int, differing: int) -> None:
        """One expression more."""
        self.asked += 1
        self.frames += frames
        self.told += told
        self.differing += differing


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression to which both had an answer."""

    field: str
    operator: str
    text: str
    mine: frozenset[int]
    """The frames that pass."""
    theirs: frozenset[int]

    @property
    def wrong(self) -> frozenset[int]:
        """Frames on which both differ."""
        return self.mine ^ self.theirs


@dataclass
class Matrix:
    """What was asked, and what differs."""

    all: Tally = field(default_factory=Tally)
    refused: int = 0
    operators: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    fields: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    reasons: Counter[str] = field(default_factory=Counter)
    """Frames that differ with their values, by the reason; by several where a field of a capture has several."""
    sharkd_alone: int = 0
    """Frames of expressions about which tshark says what we say."""
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    """By field and operator an expression that differs where values do not."""
    seed: str = ""
    """Another one asks other expressions about other values."""

    def hold(self, path: Path, session: Session, sharkd: Sharkd, prefix: str = "", most: int | None = None) -> None:
        """Ask both about the capture at ``path``: ``most`` expressions about fields that begin with ``prefix``."""
        count = session.store.count
        if not count:
            return
        reader = FieldReader(session)
        asked = []
        for name, operator, text in self._chosen(path, session, reader, prefix, most):
            mine, theirs = frames_of(session, text, reader), frames(sharkd, text)
            if mine is None or theirs is None:
                self.refused += 1
            else:
                asked.append(Asked(name, operator, text, frozenset(mine), frozenset(theirs)))
        listed = current_findings(path.name)
        values = _differing_values(path, sorted({one.field for one in asked if one.wrong and one.field in listed}))
        for one in asked:
            told = one.wrong & values.get(one.field, frozenset())
            left = sorted(one.wrong - told)
            if left and told_by_tshark(path, one.text) == one.mine:
                self.sharkd_alone += len(left)
                left = []
            for tally in (self.all, self.operators[one.operator], self.fields[one.field]):
                tally.add(count, len(told), len(left))
            if told:
                self.reasons[_reasons(path.name, one.field)] += len(told)
            if left:
                side = "ours" if left[0] in one.mine else "theirs"
                example = f"{path.name}: {one.text}: {len(left)} e.g. {left[0]} {side}"
                self.examples.setdefault((one.field, one.operator), example)

    def _chosen(
        self, path: Path, session: Session, reader: FieldReader, prefix: str, most: int | None
    ) -> list[tuple[str, str, str]]:
        """Field, operator and expression."""
        rows = np.arange(session.store.count, dtype=np.int32)
        known = fields(prefix)
        reader.trees.want(one.name for one in known)
        chosen: list[tuple[str, str, str]] = []
        for one in known:
            found = reader.occurrences(one, rows)
            texts = [text for texts in reader.texts(one, rows) for text in texts]
            pairs = dict(zip(texts, found.values.tolist(), strict=False))
            values = [
                (value, text)
                for text, value in sorted(pairs.items(), key=lambda pair: digest(self.seed + pair[0]))[:_VALUES]
            ]
            chosen += [(one.name, operator, text) for operator, text in expressions(one, values)]
        if most is not None:
            chosen = sorted(chosen, key=lambda choice: digest(self.seed + path.name + choice[2]))[:most]
        return chosen

    def lines(self) -> list[str]:
        """What was found, to be printed."""
        head = f"{'expressions':>11} {'frames':>11} {'values':>8} {'otherwise':>9}"
        lines = [_line("", self.all), f"{self.refused:,} expressions refused"]
        lines += [f"{self.sharkd_alone:,} frames more differ from sharkd, and not from tshark -2 -Y", ""]
        lines += [f"{head}  operator"]
        lines += [_line(name, tally) for name, tally in sorted(self.operators.items())]
        lines += ["", *(f"{count:11,} {reason}" for reason, count in self.reasons.most_common())]
        lines += ["", f"{head}  field that differs"]
        lines += [_line(name, one) for name, one in sorted(self.fields.items()) if one.told or one.differing]
        return [*lines, "", *(f"{operator}: {told}" for (_, operator), told in sorted(self.examples.items()))]


def _line(name: str, tally: Tally) -> str:
    return f"{tally.asked:11,} {tally.frames:11,} {tally.told:8,} {tally.differing:9,}  {name}".rstrip()


def _differing_values(path: Path, names: list[str]) -> dict[str, frozenset[int]]:
    """By field the frames of the capture at ``path`` in which its values are not tshark's."""
    swept = sweep(path, [FIELDS[name] for name in names]) if names else None
    return {} if swept is None else {name: frozenset(told) for name, told in swept.different.items()}


def _reasons(capture: str, name: str) -> str:
    found = sorted({one.reason.name for one in DIFFERENCES if one.capture == capture and name in one.names.split()})
    return " or ".join(found)


def digest(text: str) -> bytes:
    """An order that is no order, and always the same."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).digest()


def frames(sharkd: Sharkd, text: str) -> list[int] | None:
    """The frames that pass; None where sharkd refuses, or ends."""
    try:
        answer = sharkd.ask("frames", filter=text)
    except SharkdCrashedError:
        return None
    return [frame["num"] for frame in answer["result"]] if "result" in answer else None


def told_by_tshark(path: Path, text: str) -> frozenset[int]:
    """The frames that pass ``tshark -2 -Y``: where sharkd reads a frame otherwise, this is what we follow."""
    command = ["tshark", "-2", "-n", "-r", str(path), "-Y", text, "-T", "fields", "-e", "frame.number"]
    shown = subprocess.run(command, capture_output=True, check=False, text=True, env=os.environ | {"TZ": "UTC"})
    return frozenset(map(int, shown.stdout.split()))


def frames_of(session: Session, text: str, reader: FieldReader | None = None) -> list[int] | None:
    """The frames that pass here; None where the expression is refused."""
    try:
        run = FilterRun(session, compile_filter(text), reader)
    except FilterError:
        return None
    count = session.store.count
    return session.store.frame[:count][run.matching(0, count)].tolist()


def frames_of_both(path: Path, asked: Sequence[str]) -> dict[str, list[int]]:
    """The frames that each of ``asked`` lets through, which have to be sharkd's."""
    found = dict[str, list[int]]()
    with closing(open_file(path)) as session, Sharkd() as sharkd:
        sharkd.load(path)
        for text in asked:
            mine = frames_of(session, text)

            assert mine is not None
            assert mine == frames(sharkd, text), text
            found[text] = mine
    return found


def hold_all(matrix: Matrix, paths: Iterable[Path], prefix: str = "", most: int | None = None) -> None:
    """Have ``matrix`` hold the captures at ``paths``."""
    for path in paths:
        with closing(open_file(path)) as session, Sharkd() as sharkd:  # one process opens one capture
            sharkd.load(path)
            matrix.hold(path, session, sharkd, prefix, most)


def main() -> None:
    """Print the matrix of the captures named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--fields", default="")
    parser.add_argument("--most", type=int)
    parser.add_argument("--largest", type=int, default=3_000, help="packets of a capture at most")
    parser.add_argument("--seed", default="")
    parser.add_argument("--draw", type=int, help="so many of the captures, by the seed")
    given = parser.parse_args()
    matrix = Matrix(seed=given.seed)
    drawn = sorted(given.captures, key=lambda path: digest(given.seed + path.name))[: given.draw]
    hold_all(matrix, (path for path in drawn if packets(path) <= given.largest), given.fields, given.most)
    print("\n".join(matrix.lines()))


def packets(path: Path) -> int:
    """How many packets the capture at ``path`` has."""
    with closing(open_file(path)) as session:
        return session.store.count


if __name__ == "__main__":
    main()
