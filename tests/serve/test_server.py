"""The server as its own process, asked by the client of the official SDK, over stdio and over HTTP."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx2
import mcp_types as types
import pytest
from mcp import Client
from run_command import run
from seeds import seed

from tcptui.serve.refusal import Refusal
from tcptui.serve.server import served
from tcptui.serve.tool_table import TOOLS
from tests.serve.conftest import CASES
from tests.serve.questions import TOKENS_MOST, ask, over_http, over_stdio, questions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.serve.conftest import Asking

LOST = "61-retransmission-timeout/client.pcapng.gz"
DRAWN = seed(10)


def said(result: types.CallToolResult) -> dict[str, Any]:
    (content,) = result.content
    assert isinstance(content, types.TextContent)
    told: dict[str, Any] = json.loads(content.text)
    return told


async def test_questions_with_known_answers_are_answered_right_over_stdio() -> None:
    async with over_stdio(CASES) as client:
        done = await ask(client, questions(10, DRAWN))

    assert done.wrong == [], DRAWN
    assert done.not_there == [], DRAWN
    assert max(done.tokens) <= TOKENS_MOST
    assert done.schema_bytes < 5_000


async def test_over_http_who_knows_the_token_asks() -> None:
    async with over_http(CASES) as client:
        done = await ask(client, questions(4, DRAWN))

    assert done.wrong == [], DRAWN


async def test_over_http_nobody_else_gets_an_answer() -> None:
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tcptui", "serve", str(CASES), "--http", "0", stderr=asyncio.subprocess.PIPE
    )
    try:
        assert server.stderr is not None
        line = (await server.stderr.readline()).decode()
        url = next(word.rstrip(",") for word in line.split() if word.startswith("http://"))
        token = line.split()[-1]
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        accept = {"Accept": "application/json, text/event-stream"}
        async with httpx2.AsyncClient(headers=accept) as http:
            for headers, status in (
                ({}, 401), ({"Authorization": "Bearer wrong"}, 401), ({"Authorization": "Bearer é".encode()}, 401),
                ({"Authorization": f"Bearer {token}", "Host": "evil.example"}, 421),
                ({"Authorization": f"Bearer {token}", "Origin": "http://evil.example"}, 403),
            ):  # fmt: skip
                answer = await http.post(url, json=call, headers=headers)
                assert (answer.status_code, b"overview" in answer.content) == (status, False), headers
            large = await http.post(url, content=b"x" * 10_000_000, headers={
                "Authorization": f"Bearer {token}", "Content-Type": "application/json"})  # fmt: skip
            assert large.status_code == 413
    finally:
        server.terminate()
        await server.wait()


async def test_calls_at_the_same_time_are_answered_each_by_its_own(asking: Callable[..., Asking]) -> None:
    with served(asking()._tools) as server:
        async with Client(server) as client:
            names = [str(path.relative_to(CASES)) for path in sorted(CASES.glob("6*/client.pcap*"))]
            answers = await asyncio.gather(*(client.call_tool("open", {"file": name}) for name in names * 2))
            wrong = await client.call_tool("packets", {"file": LOST, "filter": "tcp.foo"})

    assert [said(one)["file"] for one in answers] == names * 2
    assert wrong.is_error
    assert said(wrong)["error"]["offset"] == 0


class Slow:
    """Tools of which each call waits until it is let go."""

    def __init__(self) -> None:
        import threading

        self.begun: list[str] = []
        self.go = threading.Event()

    def call(self, name: str, _given: dict[str, Any]) -> str:
        self.begun.append(name)
        self.go.wait(60)
        if name == "refuse":
            raise Refusal("x", "no")
        return "{}"


async def test_a_cancelled_call_is_not_begun_and_the_next_is_answered() -> None:
    tools = Slow()
    with served(tools) as server:  # type: ignore[arg-type]
        async with Client(server) as client:
            first = asyncio.create_task(client.call_tool("first", {}))
            while tools.begun != ["first"]:
                await asyncio.sleep(0)
            second = asyncio.create_task(client.call_tool("second", {}))
            await asyncio.sleep(0)
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            third = asyncio.create_task(client.call_tool("refuse", {}))
            await asyncio.sleep(0)
            tools.go.set()
            assert not (await first).is_error
            assert (await third).is_error

    assert tools.begun[0] == "first"
    assert tools.begun[-1] == "refuse"


async def test_the_tools_are_listed_with_what_they_may_do(asking: Callable[..., Asking]) -> None:
    with served(asking()._tools) as server:
        async with Client(server) as client:
            tools = (await client.list_tools()).tools

    assert [tool.name for tool in tools] == [tool.name for tool in TOOLS]
    assert [tool.name for tool in tools if not (tool.annotations and tool.annotations.read_only_hint)] == ["slice"]


@pytest.mark.parametrize(("words", "status", "text"), [
    (("--http", "0.0.0.0:1"), 2, "loopback"), (("--http", "8.8.8.8:80"), 2, "loopback"),
    (("--http", "127.0.0.1"), 2, "loopback"), (("--http", "127.0.0.1:99999"), 2, "loopback"),
    (("--http", "127.1.1.999:80"), 2, "loopback"), (("--key", "k", "--allow-payload"), 2, "--key"),
    (("nowhere",), 1, "folder"), (("--key", "missing-key"), 1, "missing-key"),
])  # fmt: skip
def test_wrong_words_are_one_clear_line(
    words: tuple[str, ...], status: int, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, _, error = run("serve", *words)

    assert (code, text in error, error.count("\n")) == (status, True, 1), error


def test_a_token_that_could_be_guessed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TCPTUI_SERVE_TOKEN", "short")

    assert run("serve", CASES, "--http", "0")[0] == 1


def test_without_the_extra_one_line_says_how_to_get_it() -> None:
    hidden = "import sys; sys.modules['mcp'] = None; from tcptui.__main__ import program; sys.exit(program())"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "serve"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "tcptui[mcp]" in done.stderr


def test_the_process_ends_with_its_input() -> None:
    assert run("serve", CASES) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_while_its_input_is_open(number: signal.Signals, tmp_path: Path) -> None:
    asked = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}},
    }  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-m", "tcptui", "serve", str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(asked).encode() + b"\n")
        server.stdin.flush()
        assert server.stdout.readline()
        server.send_signal(number)
        try:
            assert server.wait(120) == -number
        finally:
            server.kill()


def test_what_answers_imports_neither_scapy_nor_textual() -> None:
    """Scapy, which is GPL-2.0-only, is in a process of its own also where header trees are read."""
    asked = (
        "import sys; from contextlib import ExitStack; from pathlib import Path\n"
        "from tcptui.serve import server; from tcptui.serve.folders import Folders\n"
        "from tcptui.serve.captures import Captures; from tcptui.serve.tools import Tools\n"
        "with ExitStack() as stack:\n"
        "    tools = Tools(Captures(Folders([Path(sys.argv[1])], stack), bytes(32), 'en'))\n"
        "    tools.call('explain', {'file': sys.argv[2], 'stream': 0})\n"
        "    tools.call('packets', {'file': sys.argv[2], 'fields': ['tcp.len', 'ip.src']})\n"
        "print(sorted({'scapy', 'textual'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", asked, CASES, LOST], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
