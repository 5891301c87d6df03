"""Holds display filters against sharkd: for the fields of a capture, many expressions, frame by frame.

python tests/support/filter_matrix.py CAPTURE... [--fields PREFIX] [--most N] [--seed N] [--draw N]

Values are those that occur in the capture, and their neighbours; which of them, another seed chooses otherwise.
Prints how many expressions were asked and on how many frames the answers differ, by field and by operator, with an
example of each.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from sharkd import Sharkd, SharkdCrashedError

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError
from tcptui.model.field import FieldType as T
from tcptui.model.field import Owner
from tcptui.model.fields import ROWS
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.run import FilterRun, is_readable
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
class Matrix:
    """What was asked, and what differs."""

    asked: int = 0
    refused: int = 0
    frames: int = 0
    differing: int = 0
    by_field: Counter[str] = field(default_factory=Counter)
    by_operator: Counter[str] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    in_order: int = 0
    """On how many of the frames that differ tshark says what we say once it puts segments in order."""
    seed: str = ""
    """Another one asks other expressions about other values."""

    def hold(
        self, path: Path, session: Session, sharkd: Sharkd, prefix: str, most: int | None,
        in_order: Sharkd | None = None,
    ) -> None:  # fmt: skip
        """Ask both about the capture at ``path``; ``in_order``: one that puts segments in order before it reads them.

        What only that one and we say is counted apart: by default tshark loses what arrives out of order.
        """
        count = session.store.count
        if not count:
            return
        rows = np.arange(count, dtype=np.int32)
        reader = FieldReader(session)
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
        run_reader = reader
        for name, operator, text in chosen:
            try:
                run = FilterRun(session, compile_filter(text), run_reader)
            except FilterError:
                self.refused += 1
                continue
            mine = session.store.frame[:count][run.matching(0, count)].tolist()
            theirs = frames(sharkd, text)
            if theirs is None:
                self.refused += 1
                continue
            self.asked += 1
            self.operators[operator] += 1
            self.fields[name] += 1
            self.frames += count
            wrong = sorted(set(mine) ^ set(theirs))
            if wrong and in_order is not None and frames(in_order, text) == mine:
                self.in_order += len(wrong)
            elif wrong:
                self.differing += len(wrong)
                self.by_field[name] += len(wrong)
                self.by_operator[operator] += len(wrong)
                side = "ours" if wrong[0] in mine else "theirs"
                self.examples.setdefault((name, operator), f"{path.name}: {text}: {len(wrong)} e.g. {wrong[0]} {side}")


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


def frames_of_both(path: Path, asked: Sequence[str]) -> dict[str, list[int]]:
    """The frames that each of ``asked`` lets through, which have to be sharkd's."""
    found = dict[str, list[int]]()
    with closing(open_file(path)) as session, Sharkd() as sharkd:
        count = session.store.count
        sharkd.load(path)
        for text in asked:
            found[text] = session.store.frame[:count][
                FilterRun(session, compile_filter(text)).matching(0, count)
            ].tolist()

            assert found[text] == frames(sharkd, text), text
    return found


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
    for path in sorted(given.captures, key=lambda path: digest(given.seed + path.name))[: given.draw]:
        print(path.name, flush=True)
        session = open_file(path)
        if session.store.count <= given.largest:
            with Sharkd() as sharkd, Sharkd() as in_order:  # one process opens one capture
                sharkd.load(path)
                in_order.prefer("tcp.reassemble_out_of_order", "TRUE")
                in_order.load(path)
                matrix.hold(path, session, sharkd, given.fields, given.most, in_order)
        session.close()
    print(f"{matrix.asked} expressions, {matrix.refused} refused, {matrix.frames} frames, {matrix.differing} differ")
    print(f"{matrix.in_order} more are as tshark has them with tcp.reassemble_out_of_order")
    print("operators:", dict(matrix.operators.most_common()))
    print("by operator:", dict(matrix.by_operator.most_common()))
    for name, differing in matrix.by_field.most_common():
        print(f"{name}: {differing} in {matrix.fields[name]} expressions")
        for (field_name, operator), example in matrix.examples.items():
            if field_name == name:
                print(f"    {operator}: {example}")


if __name__ == "__main__":
    main()
