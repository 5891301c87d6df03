"""Text for people is in the characters of their locale, whichever command writes it; what programs read is UTF-8."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from forked_commands import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_CASE: Final = ROOT / "cases" / "10-third-ack-lost" / "client.pcapng"
#: What each command needs; ``%`` is a capture.
TEXTS: Final = {
    "report": ("report", "--explain", "%"),
    "markdown": ("report", "--markdown", "%"),
    "explain": ("explain", "%", "--stream", "0"),
    "graph": ("graph", "%", "--stream", "0"),
    "follow": ("follow", "%", "--stream", "0"),
    "packets": ("packets", "%"),
    "requests": ("requests", "%"),
    "check": ("check", "tcp.prot == 1"),
    "cases": ("cases",),
    "fields": ("fields", "tcp."),
    "help": ("--help",),
}
DATA: Final = {
    "json": ("report", "--json", "%"),
    "values": ("packets", "%", "-e", "ip.src"),
    "evidence": ("explain", "%", "--stream", "0", "--json"),
    "csv": ("graph", "%", "--stream", "0", "--csv"),
}


def written(words: tuple[str, ...], capture: Path, *, lang: str, **changes: str) -> tuple[bytes, bytes]:
    """Standard output and standard error of a process of its own, whose locale nobody has read before."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "TERM"))}
    environ = {**kept, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": "/dev/null/none", "TZ": "UTC", **changes}
    command = [
        sys.executable,
        "-m",
        "tcptui",
        "--lang",
        lang,
        *(str(capture) if word == "%" else word for word in words),
    ]
    done = subprocess.run(command, env=environ, capture_output=True, check=False)
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture whose name has a sign in it."""
    path = tmp_path_factory.mktemp("signs") / "a – b.pcapng"
    path.write_bytes(_CASE.read_bytes())
    return path


@pytest.mark.some(4)
@pytest.mark.parametrize("name", TEXTS)
def test_text_has_the_characters_of_the_locale(capture: Path, name: str) -> None:
    utf8 = written(TEXTS[name], capture, lang="zh", LANG="C.UTF-8")[0].decode()
    gbk = written(TEXTS[name], capture, lang="zh", LANG="zh_CN.GBK")[0].decode("gbk")
    chinese = [[char for char in text if "\u4e00" <= char <= "\u9fff"] for text in (utf8, gbk)]
    assert chinese[0] == chinese[1]
    for environ in ({"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "en_US.UTF-8", "TERM": "linux"}):
        assert written(TEXTS[name], capture, lang="en", **environ)[0].isascii()


@pytest.mark.some(2)
@pytest.mark.parametrize("name", DATA)
def test_data_for_programs_is_utf_8_whatever_the_locale(capture: Path, name: str) -> None:
    expected = written(DATA[name], capture, lang="zh", LANG="C.UTF-8")[0]

    assert expected.decode()
    assert written(DATA[name], capture, lang="zh", LANG="zh_CN.GBK")[0] == expected
    assert written(DATA[name], capture, lang="zh", LC_ALL="C")[0] == expected


def test_messages_have_the_characters_of_the_locale(tmp_path: Path) -> None:
    missing = tmp_path / "“x” – 没有"

    assert "没有".encode("gbk") in written(("report", "%"), missing, lang="zh", LANG="zh_CN.GBK")[1]
    assert b'"x" - ' in written(("report", "%"), missing, lang="en", LANG="C")[1]
