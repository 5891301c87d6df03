"""The files of ``merge``: two captures, or one that it wrote itself, and the one that it writes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

import tcptui
from tcptui.capture.file_source import open_descriptor
from tcptui.capture.slicing.places import MARK, NotPlacesError, read_places, split_places
from tcptui.capture.slicing.sink import Sink
from tcptui.capture.spool.files import open_spool
from tcptui.cli.inputs import Input, open_inputs, refuse_unreadable_among
from tcptui.cli.report.json_text import to_json
from tcptui.cli.report.merged_json import clock_object
from tcptui.cli.run.load import require_unchanged
from tcptui.cli.signals import signals_unwind
from tcptui.model.errors import InputError
from tcptui.model.safe_text import reason_of, safe_text
from tcptui.session.reading_again import packets_read_again
from tcptui.session.slicing.places import counts_of, write_places
from tcptui.words.errors import CommandFailedError, say
from tcptui.words.merged_refusal import require_two_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import ExitStack

    from tcptui.capture.output import Replaceable
    from tcptui.points.merge import Hop
    from tcptui.session.slicing.write import Slicer
    from tcptui.words.catalogue import Words

#: Steps of a clock that the comment has, which is bounded.
_MOST_STEPS: Final = 100
#: Characters of a file's name there.
_LONGEST_NAME: Final = 1_000
#: Packets whose places are made Python's numbers at once.
_AT_ONCE: Final = 1 << 16


class Points(NamedTuple):
    """The captures of both points."""

    opened: list[Input]
    files: tuple[str, ...]
    """As they are named in JSON."""
    names: list[str]
    """As people are told."""
    read: list[Input]
    """All files that are read: none may be written over."""


def open_points(files: Sequence[str], stack: ExitStack, words: Words) -> Points:
    """Open the captures of both points, which ``stack`` closes.  Raises TcptuiError."""
    opened = open_inputs(files, stack, words)
    if len(opened) > 1:
        names = [Path(name).name for name in files]
        require_two_files([one.raw for one in opened], names)
        refuse_unreadable_among(opened)
        return Points(opened, tuple(files), names, opened)
    name = safe_text(files[0])
    try:
        places = () if opened[0].raw is None else read_places(opened[0].raw)
        if len(places) != len("AB") or opened[0].raw is None:
            raise CommandFailedError("error.merge-one", file=name)
        parts = [_part(stack) for _place in places]
        split_places(opened[0].raw, places, parts)
    except NotPlacesError as error:
        raise CommandFailedError("error.merge-one", file=name) from error
    except OSError as error:
        raise InputError("read_failed", path=name, reason=reason_of(error)) from error
    inputs = []
    for place, part in zip(places, parts, strict=True):
        inputs.append(Input(open_descriptor(os.dup(part), place.file), os.dup(part), None, words))
        stack.callback(inputs[-1].close)
    refuse_unreadable_among(inputs)
    told = [place.file for place in places]
    return Points(inputs, tuple(told), told, [*opened, *inputs])


def _part(stack: ExitStack) -> int:
    """A file for one point, which is gone once nobody has it open."""
    descriptor = open_spool()
    stack.callback(os.close, descriptor)
    return descriptor


def write_both(
    path: Path, hop: Hop, slicers: Sequence[Slicer], names: Sequence[str], may_replace: Replaceable, words: Words
) -> None:  # fmt: skip
    """Write all packets of both points to ``path``, and what the packets say of the clocks.  Raises TcptuiError.

    ``slicers``: of the captures of ``hop``.
    """
    about = MARK + to_json(_about(hop, slicers, names)).encode("ascii", "backslashreplace")
    told = [f"{letter}: {safe_text(name)}" for letter, name in zip("AB", names, strict=True)]
    program = f"tcptui {tcptui.__version__}"
    captures = hop.a, hop.b
    with signals_unwind(), Sink(path, may_replace) as sink:
        with packets_read_again(hop.a), packets_read_again(hop.b):
            write_places(slicers, told, _order(hop), about, sink, program)
        for capture in captures:
            require_unchanged(capture)
    count = sum(capture.store.count for capture in captures)
    say(words("merged.written", n=f"{count:,}", file=safe_text(str(path))), words)


def _about(hop: Hop, slicers: Sequence[Slicer], names: Sequence[str]) -> dict[str, object]:
    points: list[dict[str, object]] = []
    first = 0
    for letter, slicer, name in zip("AB", slicers, names, strict=True):
        interfaces, blocks = counts_of(slicer)
        point = {
            "name": letter, "file": safe_text(name)[:_LONGEST_NAME],
            "interfaces": list(range(first, first + interfaces)), "blocks": blocks,
        }  # fmt: skip
        points.append(point if not points else {**point, "clock": clock_object(hop.clocks, _MOST_STEPS)})
        first += interfaces
    return {"schema": 1, "points": points, "assumed_symmetric": hop.is_symmetric}


def _order(hop: Hop) -> Iterator[tuple[int, int]]:
    """Point and row of every packet: those of each point as they were captured, both by A's clock."""
    stores = [capture.store for capture in (hop.a, hop.b)]
    times = [store.time_ns[store.first : store.count] for store in stores]
    # A packet that is out of order in its own file waits for none of the other.
    keys = [np.maximum.accumulate(each) for each in (times[0].astype(np.float64), hop.on_a(times[1]))]
    order = np.argsort(np.concatenate(keys), kind="stable")
    count, first = len(keys[0]), [store.first for store in stores]
    for place in range(0, len(order), _AT_ONCE):
        for number in order[place : place + _AT_ONCE].tolist():
            point = int(number >= count)
            yield point, number - count * point + first[point]
