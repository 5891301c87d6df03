"""Opens pages of `report --html` in a real browser, headless: hostile captures must stay text there.

By hand, where Chromium is installed (it is not in CI, for which it is too large):

    python tests/benchmarks/page_in_browser.py CAPTURE… [--shots DIR]

Each capture is reported in both languages and opened from a server on this host that counts what is asked of it.
Checked: nothing but the page itself was asked for; the elements in the browser's tree are those that a parser finds in
the file; and the browser tells of no violation of the page's policy, as it would of a script.  With ``--shots`` there
are pictures to look at: wide, narrow, dark, and as printed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from page_reader import PageReader  # noqa: E402 - after the path is set

BROWSER: Final = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-sync")
#: What a browser asks for of its own accord.
_ICON: Final = "/favicon.ico"


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, page: bytes, asked: list[str], *given: object) -> None:
        self._page, self._asked = page, asked
        super().__init__(*given)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._asked.append(self.path)
        found = self.path == "/page"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self._page if found else b"")

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


def browse(page: bytes, folder: Path, *options: str) -> tuple[str, str, list[str]]:
    """What the browser prints, what it complains of, and what it asked for, with ``options``."""
    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, page, asked)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        profile = f"--user-data-dir={folder / 'profile'}"
        url = f"http://127.0.0.1:{server.server_address[1]}/page"
        done = subprocess.run(
            [*BROWSER, profile, "--enable-logging=stderr", *options, url], capture_output=True, timeout=120, check=True
        )
        server.shutdown()
    return done.stdout.decode(), done.stderr.decode("utf-8", "replace"), asked


def check(page: bytes, folder: Path) -> list[str]:
    """What is wrong with the page in the browser."""
    written = PageReader(page.decode())
    tree, complaints, asked = browse(page, folder, "--dump-dom")
    wrong = [f"asked for {path}" for path in asked if path not in ("/page", _ICON)]
    wrong += [line for line in complaints.splitlines() if "Content Security Policy" in line or "CONSOLE" in line]
    shown = PageReader("<!DOCTYPE html>\n" + tree.partition(">")[2].lstrip())
    for tag in sorted(written.counts.keys() | shown.counts.keys()):
        here, there = written.counts.get(tag, 0), shown.counts.get(tag, 0)
        if here != there:
            wrong.append(f"<{tag}>: {here} in the file, {there} in the browser")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captures", nargs="+", type=Path)
    parser.add_argument("--shots", type=Path)
    given = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for capture in given.captures:
            for lang in ("en", "zh"):
                command = [sys.executable, "-m", "tcptui", "--lang", lang, "report", str(capture), "--html", "-"]
                page = subprocess.run(command, capture_output=True, check=True, cwd=ROOT).stdout
                wrong = check(page, folder)
                failed |= bool(wrong)
                print(f"{capture.name} {lang}: {len(page):,} bytes, {'; '.join(wrong) or 'as it should be'}")
                if given.shots is not None:
                    given.shots.mkdir(exist_ok=True)
                    _shoot(page, folder, given.shots / f"{capture.stem}-{lang}")
    return int(failed)


def _shoot(page: bytes, folder: Path, path: Path) -> None:
    for kind, options in {
        "wide": ("--window-size=1100,2400",),
        "narrow": ("--window-size=500,2400",),
        "dark": ("--window-size=1100,1400", "--blink-settings=preferredColorScheme=0"),
    }.items():
        browse(page, folder, f"--screenshot={path}-{kind}.png", *options)
    browse(page, folder, f"--print-to-pdf={path}.pdf", "--no-pdf-header-footer")


if __name__ == "__main__":
    raise SystemExit(main())
