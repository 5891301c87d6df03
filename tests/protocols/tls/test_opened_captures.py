"""Recordings of OpenSSL, nginx and curl that carry their keys: opened by themselves, and as tshark opens them."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tcptui.protocols.tls.codes import name_of
from tcptui.protocols.tls.tls_stream import TlsStream
from tcptui.session.session import Session, open_file

CAPTURES = Path(__file__).with_name("captures_keys")
NAMES = ("web", "sessions", "suites")
PAGE = b"".join(number.to_bytes(2, "big") for number in range(1_500))


def tls_streams(session: Session) -> list[tuple[int, TlsStream]]:
    found = ((stream, session.application(stream).parsed) for stream in range(session.streams.count))
    return [(stream, parsed) for stream, parsed in found if isinstance(parsed, TlsStream)]


def plain_bytes(stream: TlsStream) -> list[bytes]:
    return [b"", b""] if stream.plain is None else [direction.read(0, 1 << 30) for direction in stream.plain]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tcptui", *words]
    return subprocess.run(command, capture_output=True, check=False, text=True, timeout=600)


@pytest.fixture(scope="module", params=NAMES)
def unpacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("keys") / f"{request.param}.pcapng"
    path.write_bytes(gzip.decompress((CAPTURES / f"{request.param}.pcapng.gz").read_bytes()))
    return path


def test_every_suite_is_opened() -> None:
    session = open_file(CAPTURES / "suites.pcapng.gz")
    suites = Counter()
    for _, stream in tls_streams(session):
        asked, answered = plain_bytes(stream)
        assert asked.startswith(b"GET /page.bin")
        assert answered.endswith(PAGE)
        suites[name_of("tls.handshake.ciphersuite", stream.conversation.suite or 0)] += 1
    session.close()

    assert len(suites) >= 20
    for mode in ("GCM", "CCM_8", "CHACHA20", "AES_128_CBC_SHA", "AES_256_CBC_SHA384", "CAMELLIA"):
        assert any(mode in name for name in suites), mode


def test_request_inside_tls_has_the_scheme_of_it(tmp_path: Path) -> None:
    capture, har = str(CAPTURES / "web.pcapng.gz"), tmp_path / "all.har"
    filters = ("http.request.full_uri", "http.response_for.uri")
    printed = [run("packets", capture, "-Y", field, "-e", field).stdout.splitlines() for field in filters]
    run("requests", capture, "--har", str(har))
    urls = [entry["request"]["url"] for entry in json.loads(har.read_text())["log"]["entries"]]

    assert all(len(texts) > 5 for texts in (*printed, urls))
    assert {text.partition(":")[0] for text in (*printed[0], *printed[1], *urls)} == {"https"}


def test_requests_have_their_packets_and_the_time_of_the_handshake() -> None:
    done = run("requests", str(CAPTURES / "web.pcapng.gz"))
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert len([line for line in lines if "GET /page.html" in line]) == 4
    assert len([line for line in lines if " http2 " in line]) == 13
    assert "TLS" in next(line for line in lines if "GET /page.html" in line)


@pytest.mark.tshark
def test_plain_bytes_are_those_of_tshark(unpacked: Path) -> None:
    session = open_file(unpacked)
    for number, stream in tls_streams(session):
        command = ("tshark", "-r", str(unpacked), "-q", "-z", f"follow,tls,raw,{number}")
        printed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
        theirs = [b"", b""]
        for line in printed.splitlines():
            if line.strip() and not set(line.strip()) - set("0123456789abcdef"):
                theirs[line.startswith("\t")] += bytes.fromhex(line.strip())
        # Whoever sends first is tshark's first node, which with session tickets is the server.
        assert sorted(plain_bytes(stream)) == sorted(theirs), number
    session.close()


@pytest.mark.tshark
@pytest.mark.parametrize(
    "fields",
    [
        ("http.request.uri", "http.response.code", "http.content_type", "http.host", "http.server"),
        ("http2.headers.path", "http2.headers.status", "http2.streamid", "http2.type"),
    ],
)
def test_fields_of_what_is_inside_are_those_of_tshark(unpacked: Path, fields: tuple[str, ...]) -> None:
    if unpacked.stem != "web":
        pytest.skip("nothing inside has both")
    words = [word for field in ("frame.number", *fields) for word in ("-e", field)]
    command = ("tshark", "-2", "-n", "-r", str(unpacked), "-Y", "http || http2", "-T", "fields", *words)
    theirs = subprocess.run(command, capture_output=True, check=True, text=True).stdout

    assert run("packets", str(unpacked), "-Y", "http || http2", *words).stdout == theirs


@pytest.mark.tshark
def test_files_of_tshark_are_among_ours(unpacked: Path, tmp_path: Path) -> None:
    if unpacked.stem != "web":
        pytest.skip("no files")
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    command = ("tshark", "-r", str(unpacked), "-q", "--export-objects", f"http,{theirs}")
    subprocess.run(command, capture_output=True, check=True)
    assert run("export", str(unpacked), "--out", str(ours)).returncode == 0

    def hashes(folder: Path) -> set[str]:
        return {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    assert len(hashes(theirs)) == 6
    assert hashes(theirs) <= hashes(ours)


def test_slice_keeps_the_keys_and_reports_do_not_show_them(tmp_path: Path) -> None:
    capture = CAPTURES / "web.pcapng.gz"
    session = open_file(capture)
    lines = b"\n".join(text for reader in session._pipeline.readers for text in reader.parser.secrets).split()
    session.close()
    secrets = {word.decode() for word in lines if len(word) in (64, 96)}
    out = tmp_path / "part.pcapng"
    assert run("slice", str(capture), "--stream", "1", "-w", str(out)).returncode == 0
    again = run("requests", str(out)).stdout
    assert again.count("GET /") == 6

    for words in (("report", "--json"), ("report", "--full"), ("requests", "--jsonl"), ("follow", "--stream", "0")):
        said = run(words[0], str(capture), *words[1:])
        text = said.stdout + said.stderr
        randoms_of_hellos = 0  # a random value stands in plain sight; a secret never does
        assert sum(secret in text for secret in secrets) == randoms_of_hellos


def test_key_log_of_others_changes_nothing_and_a_missing_one_is_told(tmp_path: Path) -> None:
    other = tmp_path / "keys"
    other.write_text(f"CLIENT_RANDOM {'ab' * 32} {'cd' * 48}\n" + "no line\n" * 3)
    plain = CAPTURES.parent / "captures" / "nginx-curl.pcap.gz"
    done = run("follow", str(plain), "--stream", "0", "--decoded", "--keylog", str(other))

    assert done.returncode == 0
    assert "no key of this connection" in done.stdout
    assert "left out (3)" in done.stderr
    missing = run("report", str(plain), "--keylog", str(tmp_path / "none"))
    assert missing.returncode == 1
    assert "key log" in missing.stderr
