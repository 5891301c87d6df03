"""The status bar says how far the analysis is behind the capture, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tcptui.access.progress import Phase, Progress
from tcptui.capture.own_ssh import OwnScreen
from tcptui.model.capture_point import CapturePoint
from tcptui.session.rates import Rate
from tcptui.ui.main.status_of import reading
from tcptui.ui.theme import UNICODE
from tcptui.ui.widgets.one_line import Status, StatusBar
from tcptui.words.catalogue import Words
from tcptui.words.language import Language


class Bar(App[None]):
    """One status bar and nothing else."""

    def __init__(self, language: Language, status: Status) -> None:
        super().__init__()
        self.words = Words(language)
        self.status = status

    def compose(self) -> ComposeResult:
        yield StatusBar(UNICODE, self.words)

    def on_mount(self) -> None:
        self.query_one(StatusBar).update(self.status)


async def shown(language: Language, status: Status, width: int = 120) -> str:
    app = Bar(language, status)
    async with app.run_test(size=(width, 5)) as pilot:
        await pilot.pause()
        bar = app.query_one(StatusBar)
        return "".join(text for text, _style in bar.cells(width))


@pytest.mark.parametrize(
    ("language", "seconds", "text"),
    [
        (Language.EN, 3.14, "3.1 s behind (45MB)"),
        (Language.EN, 75.2, "75 s behind (45MB)"),
        (Language.ZH, 3.14, "分析落后 3.1 秒（45MB）"),
    ],
)
async def test_lag_of_a_second_or_more_is_said(language: Language, seconds: float, text: str) -> None:
    assert text in await shown(language, Status(live=True, behind_seconds=seconds, behind_bytes=45_000_000))


async def test_what_came_a_moment_ago_is_no_lag() -> None:
    assert "behind" not in await shown(Language.EN, Status(live=True, behind_seconds=0.9, behind_bytes=45_000_000))


async def test_one_is_singular() -> None:
    line = await shown(Language.EN, Status(packets=1, connections=1, cut_frames=1))
    assert "1 packet  1 connection  1 packet cut" in line
    assert "2,000 packets cut" in await shown(Language.EN, Status(cut_frames=2000))


@pytest.mark.parametrize(
    ("progress", "unjudged", "told"),
    [
        (Progress(Phase.LOADING, bytes_read=50, bytes_total=100), 0, (50, None)),
        (Progress(Phase.LOADING, bytes_read=50, bytes_total=100), 7, (50, None)),
        (Progress(Phase.LOADING, bytes_read=100, bytes_total=100), 65_336, (None, (12_000, 77_336))),
        (Progress(Phase.LOADING, bytes_read=100, bytes_total=100), 0, (99, None)),
        (Progress(Phase.LOADING, bytes_read=0, bytes_total=0), 0, (None, None)),
        (Progress(Phase.DONE, bytes_read=100, bytes_total=100), 0, (None, None)),
        (Progress(Phase.LIVE, bytes_read=100), 9, (None, None)),
    ],
)
def test_judging_is_told_apart_from_loading(
    progress: Progress, unjudged: int, told: tuple[int | None, tuple[int, int] | None]
) -> None:
    assert reading(progress, 77_336, unjudged) == told


@pytest.mark.parametrize(
    ("language", "text"), [(Language.EN, "judging 12,000 of 77,336"), (Language.ZH, "判断连接 12,000 / 77,336")]
)
async def test_judging_is_counted_in_connections(language: Language, text: str) -> None:
    assert text in await shown(language, Status(judging=(12_000, 77_336)))


@pytest.mark.parametrize(
    ("language", "text"), [(Language.EN, "wire0  filter tcp port 9  "), (Language.ZH, "wire0  过滤 tcp port 9  ")]
)
async def test_capture_filter_stands_beside_the_interface(language: Language, text: str) -> None:
    assert text in await shown(language, Status("wire0", live=True, filter_words="tcp port 9"))


async def test_long_capture_filter_is_cut_and_leaves_room_for_the_counts() -> None:
    line = await shown(Language.EN, Status("wire0", live=True, packets=7, filter_words="host 192.0.2.10 and " * 9))

    assert "filter host 192.0.2.10 and" in line
    assert "…" in line
    assert "7 packets" in line


@pytest.mark.parametrize(("language", "text"), [(Language.EN, "not saved"), (Language.ZH, "未保存")])
async def test_packets_that_are_in_no_file_are_said(language: Language, text: str) -> None:
    assert text in await shown(language, Status(live=True, unsaved=True))
    assert text not in await shown(language, Status(live=True))


#: A live capture with something in every part of the line.
BUSY = Status(
    "eth0", live=True, packets=1_234_567, connections=12_345, errors=12, warnings=345, kernel_dropped=0,
    spool_bytes=45_000_000, spool_limit=1 << 30, following=True, place=CapturePoint.CLIENT, own=OwnScreen.LEFT_OUT,
    filter_words="tcp port 443 and host 192.0.2.10", unsaved=True, rate=Rate(350, 1_200_000), rate_is_current=True,
)  # fmt: skip


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("width", [80, 100, 120, 200])
async def test_interface_filter_unsaved_and_problems_are_in_sight_however_narrow(
    language: Language, width: int
) -> None:
    words = Words(language)
    line = await shown(language, BUSY, width)

    assert "eth0" in line
    assert "tcp port" in line
    assert words("screen.status.unsaved") in line
    assert "12 " in line
    assert words("screen.status.following") in line
    assert cell_len(line) == width


@pytest.mark.parametrize("language", Language)
async def test_dropped_packets_are_in_sight_however_narrow(language: Language) -> None:
    words = Words(language)

    assert words("screen.status.dropped", count="3") in await shown(language, replace(BUSY, kernel_dropped=3), 80)
    assert words("screen.status.dropped", count="0") not in await shown(language, BUSY, 80)


@pytest.mark.parametrize("language", Language)
async def test_judging_is_in_sight_beside_a_long_name_and_a_filter(language: Language) -> None:
    words = Words(language)
    file = Status(
        "a-capture-with-a-very-long-name.pcapng", packets=1_234_567, connections=77_336, errors=12, warnings=345,
        judging=(12_000, 77_336), filter_words="tcp port 443 and host 192.0.2.10",
    )  # fmt: skip
    line = await shown(language, file, 80)

    assert words("screen.status.judging", done="12,000", all="77,336") in line
    assert "tcp port" in line
    assert "pcapng" in line


@pytest.mark.parametrize(
    ("language", "current", "text"),
    [
        (Language.EN, True, "  1.2Mbit/s 350 pkt/s"),
        (Language.EN, False, "avg 1.2Mbit/s 350 pkt/s"),
        (Language.ZH, True, "  1.2Mbit/s 350 包/秒"),
        (Language.ZH, False, "平均 1.2Mbit/s 350 包/秒"),
    ],
)
async def test_rates_are_those_of_now_or_averages(language: Language, current: bool, text: str) -> None:
    rate = Rate(350, 1_200_000)
    assert text in await shown(language, Status("eth0", packets=7, rate=rate, rate_is_current=current))
    assert "bit/s" not in await shown(language, Status("eth0", packets=7, rate_is_current=current))


async def test_rate_of_now_stays_at_80_columns_before_counts_do() -> None:
    status = Status(
        "eth0", live=True, packets=12_345, connections=1_234, unsaved=True, kernel_dropped=0, following=True
    )
    line = await shown(Language.EN, replace(status, rate=Rate(350, 1_200_000), rate_is_current=True), 80)

    assert "eth0  12,345 packets  1.2Mbit/s 350 pkt/s  not saved" in line


@pytest.mark.parametrize("language", Language)
async def test_narrowest_terminal_has_the_bits_of_now_beside_filter_and_unsaved(language: Language) -> None:
    status = Status(
        "lo", live=True, packets=12_345, connections=1_234, unsaved=True, kernel_dropped=0, following=True,
        filter_words="tcp port 8000", rate=Rate(350, 1_200_000), rate_is_current=True,
    )  # fmt: skip
    line = await shown(language, status, 60)

    assert "1.2Mbit/s" in line
    assert "tcp port" in line
    assert Words(language)("screen.status.unsaved") in line
    assert Words(language)("screen.status.following") in line


async def test_few_packets_in_much_time_are_not_none() -> None:
    assert "avg 37bit/s <1 pkt/s" in await shown(Language.EN, Status("old.pcap", packets=7, rate=Rate(0, 37)))
    assert "avg <1bit/s <1 pkt/s" in await shown(Language.EN, Status("old.pcap", packets=7, rate=Rate(0, 0)))
    now = Status("eth0", live=True, packets=7, rate=Rate(0, 0), rate_is_current=True)
    assert "0bit/s 0 pkt/s" in await shown(Language.EN, now)


async def test_long_name_is_cut_only_where_something_else_needs_the_room() -> None:
    name = "capture-of-the-second-machine-after-noon.pcapng"
    status = Status(name, packets=7, connections=2, rate=Rate(0, 37))

    assert name in await shown(Language.EN, status, 110)
    narrow = await shown(Language.EN, status, 80)
    assert "…" in narrow
    assert "2 connections" in narrow
