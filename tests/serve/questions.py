"""Questions with known answers about the bundled cases, asked through the tool server by a real client.

    python -m tests.serve.questions [--seed N] [--questions 60] [--http] [--raw] [--tshark]

The keys are in ``case.toml``: how many packets a capture has, which findings a case shows, which packets show them,
what the engine must say of a packet.  Nothing is typed from what the server says.  ``--tshark``: what ``tshark -V``
prints of the packets that each answer cites, in bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tcptui.lessons.case import Case, Expectation, Step
from tcptui.lessons.loader import cases_folder, load_cases

TOKENS_MOST: Final = 2_000
#: What is asked of a packet, by the key of an expectation; `None` in place of a check: as a number.
FIELDS: Final = {
    "seq": "tcp.seq", "ack": "tcp.ack", "length": "tcp.len", "window": "tcp.window_size",
    "in_flight": "tcp.analysis.bytes_in_flight", "acks": "tcp.analysis.acks_frame", "ttl": "ip.ttl",
    "client": "tcptui.client.state", "server": "tcptui.server.state",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """One question, and whether what came back is right."""

    about: str
    tool: str
    arguments: dict[str, Any]
    is_right: Callable[[list[dict[str, Any]]], bool]


@dataclass
class Asked:
    """What came of all questions."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    cited: list[tuple[str, list[int], int]] = field(default_factory=list)
    """File, packets and bytes of each answer."""
    not_there: list[str] = field(default_factory=list)
    """Cited packets that the file does not have."""
    schema_bytes: int = 0


def _name(case: Case, capture: int) -> str:
    return str(case.files[capture].path.relative_to(cases_folder()))


def counted(case: Case, capture: int) -> Question:
    packets, name = case.files[capture].packets, _name(case, capture)
    return Question(f"{name}: packets", "open", {"file": name}, lambda said: said[0]["packets"] == packets)


def shown(case: Case, step: Step, finding: str) -> Question:
    """Whether a finding is told with a packet that the step names."""
    name = _name(case, step.capture)

    def is_right(said: list[dict[str, Any]]) -> bool:
        found = [one for page in said for one in page["items"]]
        cited = {frame for page in said for frame in page["cites"][name]}
        return bool(found) and {one["finding"] for one in found} == {finding} and bool(cited & set(step.packets))

    return Question(f"{name}: {finding}", "findings", {"file": name, "finding": finding}, is_right)


def all_shown(case: Case) -> Question | None:
    """Whether all that a case is about is told, for a case of one capture."""
    if len(case.files) != 1:
        return None
    name = _name(case, 0)

    def is_right(said: list[dict[str, Any]]) -> bool:
        return set(map(str, case.findings)) <= {one["finding"] for page in said for one in page["items"]}

    return Question(f"{name}: all findings", "findings", {"file": name, "least": "note"}, is_right)


def of_packet(case: Case, step: Step, expected: Expectation) -> Question | None:
    """What is expected of one packet."""
    wanted: dict[str, str] = {}
    for key, field_name in FIELDS.items():
        value = getattr(expected, key)
        if value is not None:
            wanted[field_name] = value.label if hasattr(value, "label") else str(value)
    verdicts = () if expected.verdicts is None else tuple(f"tcp.analysis.{one.field_name}" for one in expected.verdicts)
    if not wanted and not verdicts:
        return None
    name = _name(case, step.capture)
    fields = [*wanted, *verdicts][:12]

    def is_right(said: list[dict[str, Any]]) -> bool:
        (packet,) = said[0]["items"]
        told = packet["untrusted_fields"]
        return (
            packet["frame"] == expected.frame
            and all(told[key] == value for key, value in wanted.items() if key in fields)
            and all(told[key] for key in verdicts if key in fields)
        )

    about = f"{name}: packet {expected.frame} {wanted} {verdicts}"
    return Question(about, "packets", {"file": name, "frames": [expected.frame], "fields": fields}, is_right)


def questions(count: int, seed: int) -> list[Question]:
    """``count`` questions of all kinds."""
    drawn = random.Random(seed)
    cases = load_cases()
    steps = [(case, step) for case in cases for step in case.steps]
    kinds: list[list[Question | None]] = [
        [counted(case, at) for case in cases for at in range(len(case.files))],
        [shown(case, step, str(finding)) for case, step in steps for finding in step.findings],
        [all_shown(case) for case in cases],
        [of_packet(case, step, one) for case, step in steps for one in step.expect],
    ]
    chosen: list[Question] = []
    for share, kind in zip((0.1, 0.3, 0.25, 0.35), kinds, strict=True):
        there = [one for one in kind if one is not None]
        chosen += drawn.sample(there, max(round(share * count), 1))
    drawn.shuffle(chosen)
    return chosen[:count]


async def ask(client: Client, asked: list[Question], pages_most: int = 40) -> Asked:
    """Ask all; an answer that was cut is asked on for."""
    done = Asked(schema_bytes=len((await client.list_tools()).model_dump_json(by_alias=True, exclude_none=True)))
    packets: dict[str, int] = {}
    for one in asked:
        pages: list[dict[str, Any]] = []
        cursor = ""
        refused = ""
        while len(pages) < pages_most:
            said = await client.call_tool(one.tool, {**one.arguments, **({"cursor": cursor} if cursor else {})})
            text = said.content[0].text
            done.tokens.append(-(-len(text.encode()) // 4))
            if said.is_error:
                refused = text
                break
            pages.append(json.loads(text))
            for name, frames in pages[-1]["cites"].items():
                done.cited.append((name, frames, len(text.encode())))
            cursor = pages[-1].get("cursor", "")
            if not cursor:
                break
        for name in {name for page in pages for name in page["cites"]} - packets.keys():
            packets[name] = json.loads((await client.call_tool("open", {"file": name})).content[0].text)["packets"]
        done.not_there += [
            f"{name}: {frame}" for page in pages for name, frames in page["cites"].items() for frame in frames
            if not 1 <= frame <= packets[name]
        ]  # fmt: skip
        if not refused and one.is_right(pages):
            done.right += 1
        else:
            done.wrong.append(f"{one.about}: {refused[:200] or json.dumps(pages)[:300]}")
    return done


@asynccontextmanager
async def over_stdio(folder: Path, *options: str) -> AsyncIterator[Client]:
    """A client of a server that it starts itself."""
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "tcptui", "serve", str(folder), *options], env=dict(os.environ)
    )
    async with Client(command) as client:
        yield client


@asynccontextmanager
async def over_http(folder: Path, *options: str, token: str = "a token of the tests") -> AsyncIterator[Client]:
    """A client of a server on loopback."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tcptui", "serve", str(folder), "--http", "127.0.0.1:0", *options,
        env={**os.environ, "TCPTUI_SERVE_TOKEN": token}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        line = (await server.stderr.readline()).decode()
        url = next(word.rstrip(",") for word in line.split() if word.startswith("http://"))
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=120) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            yield client
    finally:
        server.terminate()
        await server.wait()


def tshark_bytes(file: str, frames: list[int]) -> int:
    """How much ``tshark -V`` prints of ``frames``."""
    if not frames:
        return 0
    wanted = f"frame.number in {{{', '.join(map(str, frames))}}}"
    command = ["tshark", "-n", "-V", "-r", str(cases_folder() / file), "-Y", wanted]
    return len(subprocess.run(command, capture_output=True, check=True).stdout)


def main() -> int:
    """Ask, and print what came of it; the status is 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--http", action="store_true")
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--tshark", action="store_true")
    given = parser.parse_args()

    async def run() -> Asked:
        over = over_http if given.http else over_stdio
        async with over(cases_folder(), *(["--allow-payload"] if given.raw else [])) as client:
            return await ask(client, questions(given.questions, given.seed))

    done = asyncio.run(run())
    tokens = sorted(done.tokens)
    asked = done.right + len(done.wrong)
    print(f"right {done.right} of {asked}; cited packets that are not there: {len(done.not_there)}")
    middle, most = tokens[len(tokens) // 2], tokens[-1]
    print(f"answers {len(tokens)}, tokens (bytes / 4): median {middle}, most {most}, all {sum(tokens)}")
    print(f"tools/list: {done.schema_bytes} bytes")
    if given.tshark:
        theirs = sum(tshark_bytes(name, frames) for name, frames, _ in done.cited)
        ours = sum(size for _, frames, size in done.cited if frames)
        times = theirs / ours
        print(f"bytes of answers that cite packets: {ours}; of tshark -V of these: {theirs} ({times:.1f} times)")
    for one in done.wrong:
        print("WRONG", one)
    return 1 if done.wrong or done.not_there else 0


if __name__ == "__main__":
    sys.exit(main())
