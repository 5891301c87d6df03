"""The tools as a server of the Model Context Protocol, by its official SDK: over stdio, or HTTP on loopback."""

from __future__ import annotations

import asyncio
import hmac
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import mcp_types as types
import uvicorn
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from pydantic import AnyHttpUrl

import tcptui
from tcptui.serve.answers import refused
from tcptui.serve.refusal import Refusal
from tcptui.serve.tool_table import INSTRUCTIONS, TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcptui.serve.tools import Tools

#: Calls that wait for their turn: one at a time is worked on.
_WAITING_MOST: Final = 32
_BODY_MOST: Final = 1 << 17
#: Sessions over HTTP at a time.
_SESSIONS_MOST: Final = 64


class _Calls:
    """Runs calls one after the other in a thread, so that the connection is served meanwhile.

    One that is cancelled while it waits is not begun; one that is worked on ends, and its answer is thrown away.
    """

    def __init__(self, tools: Tools, worker: ThreadPoolExecutor) -> None:
        self._tools, self._worker = tools, worker
        self._waiting = 0

    async def list_tools(self, _context: Any, _params: Any) -> types.ListToolsResult:
        """The tools, with a schema of each one's arguments."""
        listed = [
            types.Tool(
                name=tool.name, description=tool.says, input_schema=tool.schema,
                annotations=None if tool.writes else types.ToolAnnotations(read_only_hint=True),
            )
            for tool in TOOLS
        ]  # fmt: skip
        return types.ListToolsResult(tools=listed)

    async def call(self, _context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        """The answer, or why there is none."""
        try:
            return _result(await self._told(params.name, dict(params.arguments or {})))
        except Refusal as refusal:
            return _result(refused(refusal), is_error=True)

    async def _told(self, name: str, arguments: dict[str, Any]) -> str:
        if self._waiting >= _WAITING_MOST:
            raise Refusal("busy", f"{_WAITING_MOST} calls are waiting already")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, self._tools.call, name, arguments)
        finally:
            self._waiting -= 1


def _result(text: str, *, is_error: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=is_error)


@contextmanager
def served(tools: Tools) -> Iterator[Server[Any]]:
    """The server over ``tools``; calls that still wait at the end are not begun."""
    worker = ThreadPoolExecutor(1, "tools")
    calls = _Calls(tools, worker)
    try:
        yield Server(
            "tcptui", version=tcptui.__version__, instructions=INSTRUCTIONS, on_list_tools=calls.list_tools,
            on_call_tool=calls.call,
        )  # fmt: skip
    finally:
        worker.shutdown(cancel_futures=True)


def serve_stdio(tools: Tools) -> None:
    """Serve whoever started this process, until standard input ends, or until a signal."""
    # The SDK waits for standard input in a thread that nothing interrupts: Ctrl-C ends the process, as SIGTERM does.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    async def run() -> None:
        with served(tools) as server:
            async with stdio_server() as (read, write):
                await server.run(read, write, server.create_initialization_options())

    asyncio.run(run())


class _OneToken:
    """Who knows the token may ask everything."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    async def verify_token(self, token: str) -> AccessToken | None:
        """None: another token."""
        if not hmac.compare_digest(token.encode(), self._token):
            return None
        return AccessToken(token="", client_id="local", scopes=[])


def serve_http(tools: Tools, listening: socket.socket, token: str) -> None:
    """Serve who comes to the socket ``listening``, on loopback, with ``token``, until a signal."""
    host, port = listening.getsockname()[:2]
    own = AnyHttpUrl(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    with served(tools) as server:
        app = server.streamable_http_app(
            host="127.0.0.1", json_response=True, stateless_http=False, max_request_body_size=_BODY_MOST,
            max_sessions=_SESSIONS_MOST, token_verifier=_OneToken(token),
            auth=AuthSettings(issuer_url=own, resource_server_url=None),
        )  # fmt: skip
        config = uvicorn.Config(
            app, log_level="error", access_log=False, server_header=False, timeout_graceful_shutdown=2
        )
        uvicorn.Server(config).run(sockets=[listening])
