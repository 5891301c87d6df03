"""Holds random sentences of the filter language against sharkd: taken or refused, and frame by frame.

python tests/support/random_filters.py CAPTURE... --seed N [--sentences N] [--draw N] [--largest N]

Sentences are those of `dfilter_grammar` over fields that the capture has, with values that occur in it.  Prints each
difference as it is found, and at the end how many sentences were made, taken by both, refused by both, asked, and on
how many frames the answers differ.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dfilter_grammar as grammar
import numpy as np
from filter_matrix import LEFT_OUT, constants, fields, frames
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sharkd import MOST_CHARACTERS, Sharkd, SharkdCrashedError

from tcptui.dfilter.compile import compile_filter
from tcptui.dfilter.errors import FilterError, Mistake
from tcptui.dfilter.remarks import RemarkKey
from tcptui.session.filtering.field_values import FieldReader
from tcptui.session.filtering.run import FilterRun
from tcptui.session.session import open_file

if TYPE_CHECKING:
    from tcptui.model.field import FieldType
    from tcptui.session.session import Session

_LATER: Final = {RemarkKey.LATER, RemarkKey.LATER_FIELD, RemarkKey.LATER_CONSTANT}
_OURS: Final = {Mistake.FOREIGN_FIELD, Mistake.REFERENCE, Mistake.PATTERN_UNSUPPORTED}
_VALUES: Final = 6


class Asking:
    """One capture, asked of both."""

    def __init__(self, path: Path, session: Session, counted: Counter[str]) -> None:
        self._path, self._session, self._counted = path, session, counted
        self._reader = FieldReader(session)

    def sentences(self, number: int, most: int) -> list[str]:
        """What the grammar makes of the capture's own fields and values."""
        rows = np.arange(self._session.store.count, dtype=np.int32)
        known = fields()
        self._reader.trees.want(one.name for one in known)
        names: dict[FieldType, list[str]] = {}
        values: dict[FieldType, list[str]] = {}
        for one in known:
            found = self._reader.occurrences(one, rows)
            if len(found.values):
                names.setdefault(one.type, []).append(one.name)
                texts = [text for texts in self._reader.texts(one, rows) for text in texts]
                for text, value in list(dict(zip(texts, found.values.tolist(), strict=False)).items())[:_VALUES]:
                    values.setdefault(one.type, []).extend(constants(one.type, value, text))
        made: list[str] = []
        every, fitting = dict(grammar._BY_TYPE), dict(grammar._FITTING)
        try:
            grammar._BY_TYPE.clear()
            grammar._BY_TYPE.update(names)
            for kind, texts in values.items():
                if texts:
                    of_capture = st.sampled_from(sorted(set(texts)))
                    grammar._FITTING[kind] = st.one_of(of_capture, of_capture, fitting[kind])

            @seed(number)
            @given(grammar.filters())
            @settings(
                max_examples=most, database=None, deadline=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            def keep(text: str) -> None:
                made.append(text)

            keep()
        finally:
            grammar._BY_TYPE.update(every)
            grammar._FITTING.update(fitting)
        return [text for text in dict.fromkeys(made) if len(text) <= MOST_CHARACTERS]

    def hold(self, text: str, sharkd: Sharkd, in_order: Sharkd) -> None:
        """Ask both about ``text``; ``in_order`` is one that puts segments in order before it reads them."""
        counted = self._counted
        counted["made"] += 1
        try:
            compiled = compile_filter(text)
        except FilterError as error:
            counted["ours to refuse" if error.mistake in _OURS else "refused by both"] += 1
            if error.mistake not in _OURS and sharkd.refuses(text) is None:
                counted["refused by us alone"] += 1
                print("REFUSED", repr(text), error.key, error.facts, flush=True)
            return
        if {remark.key for remark in compiled.remarks} & _LATER:
            counted["of a later version"] += 1
            return
        refused = sharkd.refuses(text)
        if refused is not None:
            counted["taken by us alone"] += 1
            print("TAKEN", repr(text), refused, flush=True)
            return
        counted["taken by both"] += 1
        theirs = None if any(name in text for name in LEFT_OUT) else frames(sharkd, text)
        if theirs is None:
            return
        store = self._session.store
        count = store.count
        mine = store.frame[:count][FilterRun(self._session, compiled, self._reader).matching(0, count)].tolist()
        counted["asked"] += 1
        counted["frames"] += count
        counted["with matches"] += bool(theirs)
        wrong = sorted(set(mine) ^ set(theirs))
        if wrong:
            kind = "in order alone" if frames(in_order, text) == mine else "differs"
            counted[kind] += 1
            counted[f"{kind}, frames"] += len(wrong)
            print(kind, self._path, repr(text), len(wrong), "e.g.", wrong[0], flush=True)


def main() -> None:
    """Print what differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--sentences", type=int, default=60, help="of each capture")
    parser.add_argument("--draw", type=int, help="so many of the captures, by the seed")
    parser.add_argument("--largest", type=int, default=1_500, help="packets of a capture at most")
    asked = parser.parse_args()
    counted: Counter[str] = Counter()
    captures = sorted(asked.captures)
    random.Random(asked.seed).shuffle(captures)
    for number, path in enumerate(captures[: asked.draw]):
        session = open_file(path)
        if 0 < session.store.count <= asked.largest:
            asking = Asking(path, session, counted)
            texts = asking.sentences(1_000 * asked.seed + number, asked.sentences)
            with Sharkd() as sharkd, Sharkd() as in_order:  # one process opens one capture
                in_order.prefer("tcp.reassemble_out_of_order", "TRUE")
                for one in (sharkd, in_order):
                    one.load(path)
                for text in texts:
                    try:
                        asking.hold(text, sharkd, in_order)
                    except SharkdCrashedError:
                        counted["ended sharkd"] += 1
                        sharkd.load(path)
        session.close()
    print(f"seed {asked.seed}:", dict(counted))


if __name__ == "__main__":
    main()
