"""Make the pictures of this folder from the real app and the bundled cases.

    python screenshots/make.py [NAME …]

Each picture of a screen is written twice: ``NAME.svg`` as Textual draws it, without the web fonts it would ask for,
and ``NAME.png`` by rsvg-convert (Debian: librsvg2-bin), with DejaVu Sans Mono and Noto Sans CJK SC.  Those of
`report --html` are what Chromium shows (Debian: chromium).  A moving picture is ``NAME.gif``, by ImageMagick,
which makes the PNGs smaller, too, where it is installed.  Nothing in a picture depends on the
machine, the time or the user: ports and hosts are numbers, nothing moves, no clock is shown.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot

    from tcptui.ui.app import TcptuiApp

HERE: Final = Path(__file__).resolve().parent
SIZES: Final = ((80, 24), (120, 40))
LANGUAGES: Final = ("en", "zh")
CONVERTER: Final = "rsvg-convert"
BROWSER: Final = "chromium"
#: What the SVG may ask for: fonts that rsvg-convert finds on the machine, never one from the web.
FONTS: Final = "'DejaVu Sans Mono','Noto Sans CJK SC','Noto Sans Mono CJK SC',monospace"
#: A terminal's colours and their blends fit, with their anti-aliasing.
PALETTE: Final = 128
#: Pixels; a wider picture is drawn smaller.
WIDEST: Final = 1800
#: Pixels and colours of a moving picture.
MOVING_WIDTH: Final = 920
MOVING_COLOURS: Final = 24
_PATIENCE: Final = 400
#: How Rich lays out its SVG, in pixels.
CELL_WIDTH: Final = 12.2
#: Wide characters are drawn a little larger than the others (20), as terminals do.
WIDE_SIZE: Final = 22
_WIDE: Final = 2
_TEXT: Final = re.compile(
    r'<text (?P<start>class="[^"]*-r\d+" )x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="[\d.]+" '
    r'(?P<clip>clip-path="[^"]*")>(?P<text>[^<]*)</text>'
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: which case, as a lesson or as a plain file, and the keys that lead to the moment shown."""

    scene: str
    language: str
    width: int
    height: int
    case_id: str
    as_lesson: bool
    keys: tuple[str, ...]
    shows: str
    """What must stand in a line of the screen then; keys may have changed their meaning."""
    kinds: ClassVar = ("svg", "png")
    """The suffixes of its files."""

    def write(self) -> None:
        """Write its files."""
        svg, png = HERE / f"{self.name}.svg", HERE / f"{self.name}.png"
        svg.write_text(portable(draw(self)), encoding="utf-8")
        write_png(svg, png)

    @property
    def name(self) -> str:
        """File name without its suffix."""
        return f"{self.scene}-{self.width}x{self.height}-{self.language}"


@dataclass(frozen=True, slots=True)
class PageShot:
    """A picture of the page that `report --html` writes, in a window of a browser."""

    language: str
    width: int
    height: int
    case_id: str
    kinds: ClassVar = ("png",)

    @property
    def name(self) -> str:
        """File name without its suffix."""
        return f"page-{self.width}x{self.height}-{self.language}"

    def write(self) -> None:
        """Have a browser draw the page."""
        from tcptui.lessons.loader import load_case

        capture, png = load_case(self.case_id).captures[0], HERE / f"{self.name}.png"
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "page.html")
            report = ["--lang", self.language, "report", str(capture), "--html", str(page)]
            subprocess.run([sys.executable, "-m", "tcptui", *report], check=True, capture_output=True, cwd=HERE.parent)
            options = (
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={folder}/b",
            )
            window = f"--window-size={self.width},{self.height}"
            drawn = [BROWSER, *options, f"--user-data-dir={folder}/b", window, f"--screenshot={png}", page.as_uri()]
            subprocess.run(drawn, check=True, capture_output=True)
        shrink(png)


@dataclass(frozen=True, slots=True)
class MovingPicture:
    """A moving picture: several moments of one screen, each shown for a while, as a GIF."""

    moments: tuple[tuple[Shot, float], ...]
    """Each moment, and for how many seconds it is shown; all of the same size and language."""
    kinds: ClassVar = ("gif",)

    @property
    def name(self) -> str:
        """File name without its suffix."""
        first = self.moments[0][0]
        return f"{first.scene}-{first.width}x{first.height}-{first.language}"

    def write(self) -> None:
        """Have ImageMagick join the moments: only what changes from one to the next is kept."""
        magick = shutil.which("magick") or shutil.which("convert")
        if magick is None:
            raise SystemExit("ImageMagick joins the moments of a moving picture; Debian: imagemagick")
        with tempfile.TemporaryDirectory() as folder:
            frames: list[str] = []
            for number, (shot, seconds) in enumerate(self.moments):
                svg, png = Path(folder, f"{number}.svg"), Path(folder, f"{number}.png")
                svg.write_text(portable(draw(shot)), encoding="utf-8")
                subprocess.run([CONVERTER, "--width", str(MOVING_WIDTH), "--output", str(png), str(svg)], check=True)
                frames += ["-delay", f"{seconds * 100:.0f}", str(png)]
            fewer = ["+dither", "-colors", str(MOVING_COLOURS), "-layers", "OptimizeTransparency", "-loop", "0"]
            subprocess.run([magick, *frames, *fewer, str(HERE / f"{self.name}.gif")], check=True)


def shots() -> list[Shot | PageShot | MovingPicture]:
    """Every picture, in the order in which they are made."""
    made: list[Shot | PageShot | MovingPicture] = []
    for width, height in SIZES:
        for language in LANGUAGES:
            made += [
                _timeline(language, width, height),
                _lesson(language, width, height),
            ]
            if width < 100:  # here the headers have the screen to themselves
                made.append(_headers(language, width, height))
    for language in LANGUAGES:
        made += [_graph(language), _requests(language), PageShot(language, 1100, 1900, "zero-window")]
        made.append(_problem(language))
    made.append(_timeline("en", 200, 50))
    return made


def _graph(language: str) -> Shot:
    """A window that is taken back, and what that costs."""
    return Shot("graph", language, 120, 40, "window-shrunk", False, ("enter", "t", "n"), "53,176")


def _requests(language: str) -> Shot:
    """The requests of a capture, those that wait for the server among them."""
    return Shot("requests", language, 120, 40, "slow-server", False, ("R", "tab"), "GET /")


def _problem(language: str) -> MovingPicture:
    """From the overview of a capture to one connection, its first problem, and all that is said of it."""
    steps: tuple[tuple[tuple[str, ...], str, float], ...] = (
        ((), ":8080", 4),
        (("enter", "n"), "SYN-RCVD", 4),
        (("e", "z"), "Recv-Q", 8),
        (("z", "escape", "escape", "escape", "0"), "3.04", 4),
    )
    moments: list[tuple[Shot, float]] = []
    keys: tuple[str, ...] = ()
    for pressed, shows, seconds in steps:
        keys += pressed
        moments.append((Shot("problem", language, 100, 30, "accept-queue-full", False, keys, shows), seconds))
    return MovingPicture(tuple(moments))


def _timeline(language: str, width: int, height: int) -> Shot:
    """The packet that closes half of the hello-world connection, and what it means."""
    keys = ("2", "g", *["down"] * 6)
    return Shot("timeline", language, width, height, "hello-world-loopback", False, keys, "▸   7 ")


def _lesson(language: str, width: int, height: int) -> Shot:
    """The third packet of the handshake, with the question answered."""
    return Shot("lesson", language, width, height, "hello-service", True, ("]",) * 4 + ("r",), "4/19 ")


def _headers(language: str, width: int, height: int) -> Shot:
    """The request, down to its bytes."""
    return Shot("headers", language, width, height, "hello-service", False, ("2", "g", *["down"] * 3, "3"), "Frame 4:")


def draw(shot: Shot) -> str:
    """The SVG of ``shot``, as Textual exports it."""
    from tcptui.lessons.loader import load_case
    from tcptui.session.session import open_file
    from tcptui.ui.app import TcptuiApp
    from tcptui.ui.view_options import ViewOptions
    from tcptui.words.language import Language

    case = load_case(shot.case_id)
    session = open_file(case.captures[0])
    options = ViewOptions(language=Language(shot.language), numeric=True)
    app = TcptuiApp(session, options=options, case=case if shot.as_lesson else None)
    try:
        return asyncio.run(_walk(app, shot))
    finally:
        session.close()


async def _walk(app: TcptuiApp, shot: Shot) -> str:
    """Press the keys of ``shot``; the screen they lead to."""
    async with app.run_test(size=(shot.width, shot.height)) as pilot:
        await _settle(pilot)
        for key in shot.keys:
            await pilot.press(key)
            await _settle(pilot)
        for _ in range(_PATIENCE):
            lines = ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]
            if any(shot.shows in line for line in lines):
                return app.export_screenshot(title=_title(shot))
            await _settle(pilot)
            await asyncio.sleep(0.005)
        raise SystemExit(f"{shot.name} should show “{shot.shows}”, and does not")


async def _settle(pilot: Pilot[Any]) -> None:
    """Wait until headers and explanation are of what the cursor is on."""
    from tcptui.ui.main.screen import MainScreen

    for _ in range(_PATIENCE):
        await pilot.pause()
        screen = pilot.app.screen
        if not isinstance(screen, MainScreen) or screen.workspace.settled:
            await pilot.pause()
            return
        await asyncio.sleep(0.005)
    raise SystemExit("the screen did not come to rest; is the machine very busy?")


def _title(shot: Shot) -> str:
    """What stands in the window's title: the command that shows the same."""
    from tcptui.lessons.loader import load_case

    opened = f"case {shot.case_id}" if shot.as_lesson else load_case(shot.case_id).captures[0].name
    return f"tcptui --lang {shot.language} {opened}"


def portable(svg: str) -> str:
    """``svg`` without web fonts, and drawn by rsvg-convert as a terminal would draw it."""
    svg = re.sub(r"\s*@font-face \{[^}]*\}", "", svg)
    svg = re.sub(r"font-family: (?:Fira Code, monospace|arial)", f"font-family: {FONTS}", svg)
    svg = _TEXT.sub(_in_cells, svg)
    # rsvg-convert drops leading no-break spaces without it.
    return svg.replace("<text ", '<text xml:space="preserve" ')


def _in_cells(element: re.Match[str]) -> str:
    """One text element, or several where it holds wide characters: each stretch begins at its own cell.

    rsvg-convert ignores textLength, and a wide character of the font is narrower than two cells of ours.
    """
    from rich.cells import cell_len

    start, x, y, clip, text = element.group("start", "x", "y", "clip", "text")
    stretches = [
        (width, "".join(characters))
        for width, characters in groupby(html.unescape(text), key=lambda character: cell_len(character))
    ]
    if all(width < _WIDE for width, _ in stretches):
        return element.group()
    drawn, cell = [], 0
    for width, characters in stretches:
        cells = cell_len(characters)
        left = float(x) + cell * CELL_WIDTH
        spacing = (
            f' font-size="{WIDE_SIZE}" letter-spacing="{_WIDE * CELL_WIDTH - WIDE_SIZE:g}"' if width == _WIDE else ""
        )
        written = html.escape(characters, quote=False).replace("\xa0", "&#160;")
        drawn.append(
            f'<text {start}x="{left:g}" y="{y}" textLength="{cells * CELL_WIDTH:g}"{spacing} {clip}>{written}</text>'
        )
        cell += cells
    return "".join(drawn)


def write_png(svg: Path, png: Path) -> None:
    """Draw ``svg`` as ``png``."""
    drawn = re.search(r'viewBox="0 0 ([\d.]+) ', svg.read_text(encoding="utf-8"))
    smaller = ["--keep-aspect-ratio", "--width", str(WIDEST)] if drawn and float(drawn[1]) > WIDEST else []
    subprocess.run([CONVERTER, *smaller, "--output", str(png), str(svg)], check=True)
    shrink(png)


def shrink(png: Path) -> None:
    """Have fewer colours in ``png``, where ImageMagick is there to choose them."""
    if (magick := shutil.which("magick") or shutil.which("convert")) is not None:
        plain = ["-strip", "-define", "png:exclude-chunk=date,time", "-define", "png:compression-level=9"]
        subprocess.run([magick, str(png), "+dither", "-colors", str(PALETTE), *plain, f"PNG8:{png}"], check=True)


def make(chosen: Sequence[Shot | PageShot | MovingPicture]) -> None:
    """Write the files of every shot in ``chosen``."""
    # Before Textual is imported: colours and motion are decided there.
    os.environ.update(COLORTERM="truecolor", TERM="xterm-256color", TZ="UTC", TEXTUAL_ANIMATIONS="none", LANG="C.UTF-8")
    os.environ.pop("NO_COLOR", None)
    for shot in chosen:
        shot.write()
        written = HERE / f"{shot.name}.{shot.kinds[-1]}"
        print(f"{written.name}: {written.stat().st_size / 1000:.0f} kB")


def main() -> int:
    """Make the pictures named on the command line, or all of them."""
    known = {shot.name: shot for shot in shots()}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*known, []], help="one of: " + ", ".join(known))
    wanted = parser.parse_args().names or list(known)
    if shutil.which(CONVERTER) is None:
        print(f"{CONVERTER} is not installed; Debian and Ubuntu have it in librsvg2-bin", file=sys.stderr)
        return 1
    make([known[name] for name in wanted])
    return 0


if __name__ == "__main__":
    sys.exit(main())
