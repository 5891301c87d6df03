"""``tcptui graph``: numbers, pictures, and what is refused."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcptui.charts.kind import ChartKind
from tcptui.cli.commands import FollowSide, GraphCommand, GraphForm
from tcptui.cli.help import help_text
from tcptui.cli.parse import parse
from tcptui.cli.parse_values import CommandLineError
from tcptui.cli.report.graph_rows import COLUMNS, seconds
from tcptui.cli.run.graph import write_graph
from tcptui.model.errors import TcptuiError
from tcptui.words.catalogue import Words
from tcptui.words.errors import error_line
from tcptui.words.language import Language

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES = Path(__file__).parents[2] / "cases"
LOSSY = CASES / "60-fast-retransmission" / "client.pcapng.gz"


@pytest.fixture(autouse=True)
def _root_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives up root for good: here that would be the tests'."""
    monkeypatch.setattr("tcptui.cli.inputs.drop_root", lambda _identity: None)


def graph(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    command = parse(["graph", str(LOSSY), "--lang", "en", *words], {})
    assert isinstance(command, GraphCommand)
    try:
        code = write_graph(command, Words(Language.EN))
    except TcptuiError as error:
        print(error_line(error, Words(Language.EN)), file=sys.stderr)
        code = error.exit_code
    return (code, *capfd.readouterr())


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_kind_has_columns() -> None:
    assert list(ChartKind) == list(COLUMNS)


def test_command_line_is_parsed() -> None:
    command = parse(["graph", "a", "--stream", "3", "--kind", "rtt", "--side", "server", "--svg", "b"], {})

    assert isinstance(command, GraphCommand)
    assert (command.file, command.stream, command.kind, command.side) == ("a", 3, ChartKind.RTT, FollowSide.SERVER)
    assert (command.form, command.out) == (GraphForm.SVG, "b")


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["a"], "which-stream"), (["--stream", "0"], "which-file"), (["a", "b", "--stream", "0"], "too-many-words"),
        (["a", "--stream", "0", "--kind", "owl"], "kind"), (["a", "--stream", "0", "--side", "left"], "side"),
        (["a", "--stream", "0", "--csv", "--text"], "exclusive"), (["a", "--stream", "0", "--svg", ""], "no-value"),
        (["a", "--stream", "-1"], "number"), (["a", "--stream", "0", "--json"], "not-here"),
    ],
)  # fmt: skip
def test_wrong_words_are_refused(words: Sequence[str], key: str) -> None:
    with pytest.raises(CommandLineError) as refused:
        parse(["graph", *words], {})
    assert refused.value.key == f"cli.error.{key}"
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("kind", ChartKind)
def test_csv_has_the_columns_of_its_kind(capfd: pytest.CaptureFixture[str], kind: ChartKind) -> None:
    code, text, _ = graph(capfd, "--stream", "0", "--kind", kind.value, "--csv")
    found = rows(text)

    assert code == 0
    assert text.splitlines()[0] == ",".join(("time", "side", "frame", *COLUMNS[kind]))
    assert {row["side"] for row in found} == {"client", "server"}
    assert [float(row["time"]) for row in found] == sorted(float(row["time"]) for row in found)


def test_side_chooses_whose_data(capfd: pytest.CaptureFixture[str]) -> None:
    _, text, _ = graph(capfd, "--stream", "0", "--side", "server", "--csv")

    assert {row["side"] for row in rows(text)} == {"server"}


def test_sequence_names_kind_numbers_and_cause(capfd: pytest.CaptureFixture[str]) -> None:
    _, text, _ = graph(capfd, "--stream", "0", "--side", "client", "--csv")
    again = [row for row in rows(text) if row["kind"] == "retransmission"]

    assert [(row["low"], row["high"], row["cause"]) for row in again] == [("5793", "7241", "fast-recovery")]
    assert {row["kind"] for row in rows(text)} == {"syn", "data", "retransmission", "fin", "ack", "window", "sack"}


def test_text_is_a_picture_of_both_directions(capfd: pytest.CaptureFixture[str]) -> None:
    code, text, _ = graph(capfd, "--stream", "0")

    assert code == 0
    assert "time-sequence, client's data" in text
    assert "time-sequence, server's data" in text
    assert "F fast retransmission" in text
    assert max(map(len, text.splitlines())) <= 100


def test_ascii_text_is_ascii(capfd: pytest.CaptureFixture[str]) -> None:
    assert graph(capfd, "--stream", "0", "--ascii")[1].isascii()


def test_svg_is_written_once(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "a.svg"
    code, text, said = graph(capfd, "--stream", "0", "--svg", str(out))
    assert (code, text) == (0, "")
    assert str(out) in said
    before = out.read_text()
    assert before.startswith("<svg")
    assert out.stat().st_mode & 0o777 == 0o600

    code, _, said = graph(capfd, "--stream", "0", "--svg", str(out))
    assert code == 1
    assert "exist" in said
    assert out.read_text() == before


def test_svg_goes_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    code, text, _ = graph(capfd, "--stream", "0", "--svg", "-", "--kind", "rtt")

    assert code == 0
    assert text.startswith("<svg")
    assert text.endswith("</svg>\n")


def test_connection_that_is_not_there_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert graph(capfd, "--stream", "9")[0] == 1


def test_page_of_help() -> None:
    for language in Language:
        text = help_text(Words(language), "graph")
        assert all(f"  {kind.value} " in text for kind in ChartKind)
        assert all(",".join(columns) in text for columns in COLUMNS.values())


def test_times_have_all_their_digits() -> None:
    assert seconds(1) == "0.000000001"
    assert seconds(-1_500_000_000) == "-1.500000000"
