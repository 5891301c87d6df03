"""``graph FILE --stream N``: a graph of a connection as text, as SVG, or as numbers."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcptui.capture.slicing.sink import Sink
from tcptui.charts.cells import full_view
from tcptui.charts.chart import make_chart
from tcptui.charts.figure import make_figure, notes_of, title_of
from tcptui.charts.svg import picture
from tcptui.cli.commands import STANDARD_STREAM, GraphForm
from tcptui.cli.inputs import give_up_root, open_input
from tcptui.cli.read_files import replaceable
from tcptui.cli.report.graph_rows import graph_csv
from tcptui.cli.run.load import exit_code, has_failed, read_whole, require_stream, require_unchanged, write, write_text
from tcptui.cli.run.own_findings import own_rules
from tcptui.model.safe_text import safe_text
from tcptui.session.graphs.stream_graphs import StreamGraphs
from tcptui.session.graphs.trace import SIDES
from tcptui.words.errors import say
from tcptui.words.line_breaking import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcptui.charts.chart import Chart
    from tcptui.cli.commands import GraphCommand
    from tcptui.words.catalogue import Words

#: Size of a picture in text where the output is no terminal, and the most that one on a terminal takes.
_WIDTH: Final = 100
_HEIGHT: Final = 24
_WIDEST: Final = 250
_LEAST: Final = 40


def write_graph(command: GraphCommand, words: Words) -> int:
    """Run the command; returns the exit code.  Raises TcptuiError."""
    opened = open_input(command.file, words=words)
    try:
        give_up_root()
        own = own_rules(command.common, words)
        if command.form is GraphForm.SVG and command.out != STANDARD_STREAM:
            replaceable(command.common, [opened]).check(Path(command.out))
        session = read_whole(command.common, [opened], words, own, judges=False)
        if has_failed(session):
            return 1
        require_stream(session, command.stream)
        graphs = StreamGraphs(session, command.stream)
        graphs.grow()
        kind = command.kind
        sides = [SIDES.index(command.side.value)] if command.side.value in SIDES else [0, 1]
        if command.form is GraphForm.CSV:
            write(graph_csv(graphs, kind, sides))
            return exit_code(session, [opened.source])
        charts = [make_chart(graphs, kind, side) for side in sides]
        client, server = map(str, session.streams.ends(command.stream))
        heading = words("graph.heading", stream=command.stream, client=safe_text(client), server=safe_text(server))
        if command.form is GraphForm.TEXT:
            write_text(_text(charts, heading, words, ascii_only=command.common.ascii_only))
            return exit_code(session, [opened.source])
        drawn = picture(charts, words, heading)
        if command.out == STANDARD_STREAM:
            write([drawn])
        else:
            with Sink(Path(command.out)) as sink:
                sink.write(drawn.encode())
                require_unchanged(session)
            say(words("graph.written", file=safe_text(command.out)), words)
        return exit_code(session, [opened.source])
    finally:
        opened.close()


def _text(charts: Sequence[Chart], heading: str, words: Words, *, ascii_only: bool) -> Iterator[str]:
    """The charts one below the other."""
    width = shutil.get_terminal_size((_WIDTH, _HEIGHT)).columns if sys.stdout.isatty() else _WIDTH
    width = min(max(width, _LEAST), _WIDEST)
    yield (heading.replace("→", "->") if ascii_only else heading) + "\n"
    for chart in charts:
        view = full_view(chart)
        yield f"\n{title_of(chart, words)}\n"
        if chart.layers:
            figure = make_figure(chart, view, width, _HEIGHT, words, ascii_only=ascii_only)
            yield "\n".join(figure.text) + "\n"
        for note in notes_of(chart, view, words):
            yield "\n".join(wrap(note, width)) + "\n"
