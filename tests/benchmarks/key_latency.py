"""What a person at the keyboard feels: first paint, first rows, key to repaint, bytes, idle.

    python tests/benchmarks/key_latency.py [CAPTURE …] [--keys N] [--columns 120 --rows 40] [--graph SECONDS]
                                           [--filter EXPRESSION]

Runs the real program in a pseudo-terminal of its own.  Without a capture only the time to the first
paint is taken.  For each capture, in the list of connections and in the ladder of the longest one: the
down key is held (30 a second) while the capture loads, held again when it is loaded, then pressed one
at a time so that the other panes follow; then keys that go far; then nothing is touched.

With ``--graph`` each capture also comes through a pipe, over so many seconds, while the graph of its longest
connection is open: keys move the cursor there, zoom, and change the graph.  Printed, too: the program's processor time
for each key and for the capture meanwhile, and the load of the machine, without which times mean little.

With ``--filter`` the down key is held while that filter is being worked out, and again afterwards; printed, too, is
the processor time that the thread that handles keys used for each.

Times are from the write of the key until the row under the cursor is drawn anew; its bytes are all that
came until the terminal was quiet.  ``after`` is what the other panes drew once the cursor rested.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pty_program import CURSOR_ROW, Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pty_program import Press

HELD_S = 1 / 30
"""A held key repeats so often."""
SINGLE_S = 0.35
DOWN, UP = b"\x1b[B", b"\x1b[A"
BACK = {DOWN: UP, UP: DOWN}
#: Keys that go far, by name: the end, the beginning, the next and the previous problem, a packet by its number.
FAR = {"G": b"G", "g": b"g", "n": b"n", "n again": b"n", "N": b"N", "end, up": b"G"}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of all lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def report(name: str, presses: Sequence[Press]) -> None:
    """Print one line for a series of key presses."""
    if not presses:
        print(f"  {name:<26} nothing to move over")
        return
    times = [1000 * press.seconds for press in presses]
    print(
        f"  {name:<26} {len(times):4} keys  p50 {percentile(times, 0.5):6.1f}  p99 {percentile(times, 0.99):6.1f}"
        f"  max {max(times):6.1f} ms  bytes/key {statistics.median(press.drawn for press in presses):6.0f}"
        f"  after {statistics.median(press.afterwards for press in presses):6.0f}",
        flush=True,
    )


def hold(program: Program, key: bytes, keys: int, *, while_loading: bool = False) -> list[Press]:
    """Press ``key`` as a held key repeats; ``while_loading`` stops once the program has little to do."""
    presses: list[Press] = []
    spent, began = program.processor_s(), time.perf_counter()
    while len(presses) < keys:
        press = program.press(key, CURSOR_ROW, rest_s=HELD_S, limit_s=1.0)
        if not press.answered and program.press(BACK[key], CURSOR_ROW, rest_s=HELD_S, limit_s=1.0).answered:
            break  # it was no delay, but the end of the list
        presses.append(press)
        if while_loading and (passed := time.perf_counter() - began) > 1:
            now = program.processor_s()
            if now - spent < 0.6 * passed:
                break
            spent, began = now, time.perf_counter()
    return presses


def start(command: list[str], options: argparse.Namespace) -> Program:
    """The program with its first picture drawn; prints how long that took."""
    began = time.perf_counter()
    program = Program.run(command, options.columns, options.rows)
    program.until(b"tcptui", 20)
    print(f"  {'first paint':<26} {time.perf_counter() - began:.3f} s", end="")
    return program


def measure(capture: Path, pane: str, options: argparse.Namespace) -> None:
    """One pane of one capture."""
    print(f"{capture.name}: {pane}, load average {os.getloadavg()[0]:.2f}")
    began = time.perf_counter()
    program = start([sys.executable, "-m", "tcptui", str(capture)], options)
    try:
        program.until(options.first.encode(), 20)
        print(f", first rows {time.perf_counter() - began:.3f} s", flush=True)
        if pane == "ladder":
            for key in (b"s", b"s", b"s", b"g"):  # by packets, the longest one
                program.press(key, b"", rest_s=0.3)
            program.press(b"\r", CURSOR_ROW, rest_s=0.5)
        report("held while loading", hold(program, DOWN, options.keys, while_loading=True))
        print(f"  {'settled after':<26} {program.settle():.1f} s")
        for key in (b"1", b"g", b"\r") if pane == "ladder" else (b"g",):  # another may be the longest now
            program.press(key, b"", rest_s=1.0)
        report("held", hold(program, DOWN, options.keys))
        program.press(b"g", b"", rest_s=1.0)
        report("one by one", [program.press(DOWN, CURSOR_ROW, rest_s=SINGLE_S) for _ in range(options.keys // 5)])
        far = {name: program.press(key, CURSOR_ROW, rest_s=1.0, limit_s=1.0) for name, key in FAR.items()}
        told = ", ".join(f"{name} {1000 * press.seconds:.0f}" for name, press in far.items())
        print(f"  {'far, ms':<26} {told}  (1000: nothing moved)")
        report("held up at the end", hold(program, UP, options.keys))
        idle(program)
    finally:
        program.close()


def measure_filter(capture: Path, options: argparse.Namespace) -> None:
    """The list of connections while a filter is being worked out."""
    print(f"{capture.name}: {options.filter}, load average {os.getloadavg()[0]:.2f}")
    program = start([sys.executable, "-m", "tcptui", str(capture)], options)
    try:
        program.until(options.first.encode(), 20)
        print()
        program.settle()
        for key in (b"\x1b", b"1", b"g"):  # from the overview to the list
            program.press(key, b"", rest_s=0.5)
        for when in ("before", "while it is worked out"):
            if when != "before":
                program.press(b"/" + options.filter.encode() + b"\r", b"", rest_s=1.0)
            everyone, spent = program.processor_s(), program.processor_s(main_thread=True)
            presses = hold(program, DOWN, options.keys)
            used, all_used = program.processor_s(main_thread=True) - spent, program.processor_s() - everyone
            report(f"held {when}", presses)
            other = f"{all_used - used:.2f} s by other threads"
            print(f"  {'':<26} {1000 * used / max(len(presses), 1):.1f} ms of a processor a key, {other}")
    finally:
        program.close()


def feed(capture: Path, descriptor: int, seconds: float) -> None:
    """Write ``capture`` to a pipe, evenly over ``seconds``; ends when nobody reads any more."""
    data, began = capture.read_bytes(), time.perf_counter()
    written = 0
    with contextlib.suppress(BrokenPipeError), os.fdopen(descriptor, "wb", buffering=0) as pipe:
        while written < len(data):
            due = min(len(data), 1 + int(len(data) * (time.perf_counter() - began) / seconds))
            while written < due:
                written += pipe.write(data[written:due])
            time.sleep(0.01)


def measure_graph(capture: Path, options: argparse.Namespace) -> None:
    """A graph of the longest connection, open while the capture comes."""
    print(f"{capture.name}: graph, live over {options.graph:.0f} s, load average {os.getloadavg()[0]:.2f}")
    out, into = os.pipe()
    os.set_inheritable(into, False)
    began = time.perf_counter()
    threading.Thread(target=feed, args=(capture, into, options.graph), daemon=True).start()
    program = Program.run([sys.executable, "-m", "tcptui", "-"], options.columns, options.rows, out)
    os.close(out)
    try:
        program.until(options.first.encode(), 20)
        for key in (b"s", b"s", b"s", b"g"):  # by packets, the longest one
            program.press(key, b"", rest_s=0.5)
        program.press(b"t", CURSOR_ROW, rest_s=2.0)
        report_graph(program, "while it comes", options.keys)
        if (left := options.graph - (time.perf_counter() - began)) > 0:
            print(f"  {left:.0f} s of the capture were still to come")
        program.settle()
        report_graph(program, "at its end", options.keys)
    finally:
        program.close()


def report_graph(program: Program, when: str, keys: int) -> None:
    """Print one line for each kind of key on the graph's screen, and what the program used."""
    kinds = {"column": (b"\x1b[C", b"\x1b[D"), "zoom": (b"+", b"-"), "kind": (b"\t",)}
    for name, cycle in kinds.items():
        spent, began = program.processor_s(), time.perf_counter()
        presses = [
            program.press(cycle[turn % len(cycle)], CURSOR_ROW, rest_s=HELD_S * 4, limit_s=1.0)
            for turn in range(keys // 4)
        ]
        used, passed = program.processor_s() - spent, time.perf_counter() - began
        report(f"{name} {when}", presses)
        print(f"  {'':<26} {1000 * used / len(presses):.1f} ms of a processor a key and what came in {passed:.1f} s")


def idle(program: Program, idle_s: float = 5.0) -> None:
    """Print what is drawn and used while nothing is touched."""
    program.settle()
    before, drawn = program.processor_s(), 0
    deadline = time.perf_counter() + idle_s
    while (left := deadline - time.perf_counter()) > 0:
        drawn += len(program.read(left))
    used = program.processor_s() - before
    print(f"  {f'idle for {idle_s:.0f} s':<26} {drawn} bytes, {100 * used / idle_s:.1f} % of one processor")


def main() -> int:
    """Measure the start, then each capture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", nargs="*", type=Path)
    parser.add_argument("--first", default="ESTAB", help="text by which the first rows are known (default: ESTAB)")
    parser.add_argument(
        "--panes", default="list,ladder", help="which to measure, or '' for none (default: list,ladder)"
    )
    parser.add_argument("--graph", type=float, default=0, help="seconds over which captures come (default: not so)")
    parser.add_argument("--filter", default="", help="what is worked out while keys are held (default: nothing)")
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--columns", type=int, default=120)
    parser.add_argument("--rows", type=int, default=40)
    options = parser.parse_args()
    print(f"without a file, load average {os.getloadavg()[0]:.2f}")
    for _ in range(3):
        program = start([sys.executable, "-m", "tcptui"], options)
        print(flush=True)
        program.settle()
        program.close()
    for capture in options.captures:
        for pane in filter(None, options.panes.split(",")):
            measure(capture, pane, options)
        if options.graph:
            measure_graph(capture, options)
        if options.filter:
            measure_filter(capture, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
