"""Records TLS captures between real programs on the loopback of a network namespace: `unshare -n python record.py DIR`.

Each row of `SCENES` is a server (OpenSSL's s_server, nginx, or a Python socket) and the clients that talk to it.
Needs root, openssl, nginx, curl and tcpdump.  Keys and certificates are made anew each time.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

OUT = Path(sys.argv[1]).resolve()
WORK = Path(tempfile.mkdtemp(prefix="tls-record-"))
PORT = 443


def run(*words: str, give: bytes = b"", wait: float = 5) -> None:
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(words, input=give, capture_output=True, cwd=WORK, timeout=wait, check=False)


def openssl(*words: str) -> None:
    subprocess.run(("openssl", *words), capture_output=True, cwd=WORK, check=True)


def certificates() -> None:
    """A CA, an intermediate CA, and certificates: good, expired, ECDSA, a client's."""
    new = ("req", "-newkey", "rsa:2048", "-nodes")
    openssl(
        *new, "-x509", "-days", "3650", "-subj", "/O=Example/CN=Example Root", "-keyout", "ca.key", "-out", "ca.pem"
    )
    (WORK / "inter.ext").write_text("basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n")
    openssl(*new, "-subj", "/O=Example/CN=Example Intermediate", "-keyout", "inter.key", "-out", "inter.csr")
    openssl(
        "x509",
        "-req",
        "-in",
        "inter.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "3000",
        "-extfile",
        "inter.ext",
        "-out",
        "inter.pem",
    )
    (WORK / "leaf.ext").write_text("subjectAltName=DNS:www.example.test,DNS:*.cdn.example.test,IP:127.0.0.1\n")
    for name in ("good", "client"):
        openssl(
            *new, "-subj", f"/C=DE/O=Example GmbH/CN={name}.example.test", "-keyout", f"{name}.key", "-out", "x.csr"
        )
        openssl(
            "x509",
            "-req",
            "-in",
            "x.csr",
            "-CA",
            "inter.pem",
            "-CAkey",
            "inter.key",
            "-CAcreateserial",
            "-days",
            "365",
            "-extfile",
            "leaf.ext",
            "-out",
            f"{name}.pem",
        )
    openssl(
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=ec.example.test",
        "-keyout",
        "ec.key",
        "-out",
        "x.csr",
    )
    openssl(
        "x509",
        "-req",
        "-in",
        "x.csr",
        "-CA",
        "inter.pem",
        "-CAkey",
        "inter.key",
        "-days",
        "365",
        "-extfile",
        "leaf.ext",
        "-out",
        "ec.pem",
    )
    (WORK / "caconf").write_text(
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n"
        "[p]\ncommonName=supplied\n"
    )
    (WORK / "index.txt").write_text("")
    (WORK / "serial").write_text("1000\n")
    openssl(*new, "-subj", "/CN=www.example.test", "-keyout", "old.key", "-out", "old.csr")
    openssl(
        "ca",
        "-batch",
        "-config",
        "caconf",
        "-cert",
        "inter.pem",
        "-keyfile",
        "inter.key",
        "-in",
        "old.csr",
        "-startdate",
        "20240101000000Z",
        "-enddate",
        "20250101000000Z",
        "-extfile",
        "leaf.ext",
        "-out",
        "old.pem",
    )
    (WORK / "chain.pem").write_text((WORK / "inter.pem").read_text() + (WORK / "ca.pem").read_text())
    (WORK / "roots.pem").write_text((WORK / "ca.pem").read_text())
    (WORK / "index.html").write_text("hello\n")


class Server:
    def __init__(self, *words: str) -> None:
        self._program = subprocess.Popen(
            words, cwd=WORK, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(100):
            time.sleep(0.05)
            listening = subprocess.run(("ss", "-Hltn", f"sport = :{PORT}"), capture_output=True, check=True).stdout
            if listening:
                break

    def stop(self) -> None:
        self._program.terminate()
        self._program.wait()


def s_server(*more: str, cert: str = "good", www: bool = True) -> Server:
    words = (
        "openssl",
        "s_server",
        "-accept",
        str(PORT),
        "-cert",
        f"{cert}.pem",
        "-key",
        f"{cert}.key",
        "-cert_chain",
        "chain.pem",
        *(("-WWW",) if www else ()),
        *more,
    )
    return Server(*words)


def early_data_server(*more: str) -> Server:
    return s_server("-tls1_3", "-early_data", "-max_early_data", "4096", *more, www=False)


def s_client(*more: str, give: bytes = b"GET /index.html HTTP/1.0\r\n\r\n", ca: bool = True) -> None:
    trust = ("-CAfile", "roots.pem", "-verify_return_error", "-verify", "3") if ca else ()
    with_name = () if "-noservername" in more or "-servername" in more else ("-servername", "www.example.test")
    run(
        "openssl", "s_client", "-connect", f"127.0.0.1:{PORT}", *with_name, *trust, *more, "-ign_eof", give=give, wait=3
    )


def curl(*more: str, name: str = "www.example.test") -> None:
    run(
        "curl",
        "-s",
        "--cacert",
        "roots.pem",
        "--resolve",
        f"{name}:{PORT}:127.0.0.1",
        *more,
        f"https://{name}:{PORT}/index.html",
    )


def nginx(*lines: str) -> Server:
    text = "\n".join(lines)
    (WORK / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {WORK}/nginx.pid; error_log {WORK}/error.log;\nevents {{}}\n"
        f"http {{ access_log off; server {{ listen {PORT} ssl http2; root {WORK};\n"
        f"ssl_certificate {WORK}/full.pem; ssl_certificate_key {WORK}/good.key; {text} }} }}\n"
    )
    (WORK / "full.pem").write_text((WORK / "good.pem").read_text() + (WORK / "inter.pem").read_text())
    return Server("nginx", "-c", f"{WORK}/nginx.conf", "-p", str(WORK))


class PlainServer:
    """A server that speaks no TLS: says ``answer`` to whatever comes, or nothing for ever."""

    def __init__(self, answer: bytes, *, reset: bool = False) -> None:
        self._listener = socket.create_server(("127.0.0.1", PORT))
        self._answer, self._reset = answer, reset
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._listener.accept()
            except OSError:
                return
            if self._reset:
                time.sleep(0.1)  # unread data makes Linux reset
                taken.close()
                continue
            taken.recv(4096)
            if self._answer:
                taken.sendall(self._answer)
                taken.close()
            else:
                time.sleep(2.5)
                taken.close()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


SESSION = "session.pem"


def twice(*more: str, second: tuple[str, ...] = ()) -> None:
    s_client(*more, "-sess_out", SESSION)
    s_client(*more, "-sess_in", SESSION, *second)


def plain(data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", PORT)) as talk:
        talk.sendall(data)
        talk.settimeout(2)
        try:
            while talk.recv(4096):
                pass
        except OSError:
            pass


def cut_short() -> None:
    """A client that stops reading and closes TCP without close_notify."""
    import ssl

    context = ssl.create_default_context(cafile=str(WORK / "roots.pem"))
    with socket.create_connection(("127.0.0.1", PORT)) as talk:
        inside = context.wrap_socket(talk, server_hostname="www.example.test")
        inside.sendall(b"GET /index.html HTTP/1.0\r\n\r\n")
        inside.recv(10)
        raw = socket.socket(fileno=inside.detach())
        raw.shutdown(socket.SHUT_RDWR)
        raw.close()


def python_client(version: str) -> None:
    import ssl

    context = ssl.create_default_context(cafile=str(WORK / "roots.pem"))
    context.maximum_version = getattr(ssl.TLSVersion, version)
    context.set_alpn_protocols(["http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", PORT)) as talk,
        context.wrap_socket(talk, server_hostname="www.example.test") as inside,
    ):
        inside.sendall(b"GET /index.html HTTP/1.1\r\nHost: www.example.test\r\nConnection: close\r\n\r\n")
        while inside.recv(4096):
            pass
        with suppress(OSError, ValueError):
            inside.unwrap()


LOW = "DEFAULT:@SECLEVEL=0"
SCENES = {
    "nginx-curl": (lambda: nginx(), lambda: (curl("--tls-max", "1.2"), curl(), curl("--http2"))),
    "nginx-python": (
        lambda: nginx("ssl_session_tickets off;", "ssl_session_cache shared:a:1m;"),
        lambda: (python_client("TLSv1_2"), python_client("TLSv1_3")),
    ),
    "resume-12-ticket": (lambda: s_server("-tls1_2"), lambda: twice("-tls1_2")),
    "resume-12-id": (lambda: s_server("-tls1_2", "-no_ticket"), lambda: twice("-tls1_2", "-no_ticket")),
    "resume-13": (lambda: s_server("-tls1_3"), lambda: twice("-tls1_3")),
    "early-data": (
        lambda: early_data_server("-no_anti_replay"),
        lambda: twice("-tls1_3", second=("-early_data", "index.html")),
    ),
    "early-data-refused": (
        lambda: early_data_server(),
        lambda: twice("-tls1_3", second=("-early_data", "index.html")),
    ),
    "hello-retry": (
        lambda: s_server("-tls1_3", "-groups", "P-384"),
        lambda: s_client("-tls1_3", "-groups", "X25519:P-384"),
    ),
    "hello-retry-resume": (
        lambda: s_server("-tls1_3", "-groups", "P-384"),
        lambda: twice("-tls1_3", "-groups", "X25519:P-384"),
    ),
    "client-cert-12": (
        lambda: s_server("-tls1_2", "-Verify", "3", "-CAfile", "chain.pem", "-verify_return_error"),
        lambda: (
            s_client("-tls1_2", "-cert", "client.pem", "-key", "client.key", "-cert_chain", "chain.pem"),
            s_client("-tls1_2"),
        ),
    ),
    "client-cert-13": (
        lambda: s_server("-tls1_3", "-Verify", "3", "-CAfile", "chain.pem", "-verify_return_error"),
        lambda: (s_client("-tls1_3", "-cert", "client.pem", "-key", "client.key"), s_client("-tls1_3")),
    ),
    "version-too-new": (lambda: s_server("-tls1_2"), lambda: s_client("-tls1_3")),
    "version-too-old": (lambda: s_server("-tls1_3"), lambda: s_client("-tls1_2")),
    "no-shared-cipher": (
        lambda: s_server("-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"),
        lambda: s_client("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"),
    ),
    "no-shared-group": (
        lambda: s_server("-tls1_3", "-groups", "P-521"),
        lambda: s_client("-tls1_3", "-groups", "X25519:P-256"),
    ),
    "unknown-ca-12": (lambda: s_server("-tls1_2"), lambda: s_client("-tls1_2", "-CAfile", "client.pem")),
    "unknown-ca-13": (lambda: s_server("-tls1_3"), lambda: s_client("-tls1_3", "-CAfile", "client.pem")),
    "expired-12": (lambda: s_server("-tls1_2", cert="old"), lambda: (s_client("-tls1_2"), curl("--tls-max", "1.2"))),
    "wrong-name-12": (
        lambda: s_server("-tls1_2"),
        lambda: (
            s_client("-tls1_2", "-servername", "shop.example.test", "-verify_hostname", "shop.example.test"),
            curl("--tls-max", "1.2", name="shop.example.test"),
        ),
    ),
    "unrecognized-name": (
        lambda: s_server(
            "-tls1_2",
            "-servername",
            "other.example.test",
            "-servername_fatal",
            "-cert2",
            "good.pem",
            "-key2",
            "good.key",
        ),
        lambda: s_client("-tls1_2"),
    ),
    "no-alpn": (lambda: s_server("-tls1_2", "-alpn", "h2"), lambda: s_client("-tls1_2", "-alpn", "http/1.1")),
    "no-server-name": (lambda: s_server("-tls1_2"), lambda: s_client("-tls1_2", "-noservername")),
    "plain-to-tls": (lambda: s_server("-tls1_2"), lambda: plain(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
    "plain-to-nginx": (lambda: nginx(), lambda: plain(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
    "tls-to-plain": (lambda: PlainServer(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), lambda: s_client()),
    "silent-server": (lambda: PlainServer(b""), lambda: s_client()),
    "reset-on-hello": (lambda: PlainServer(b"", reset=True), lambda: s_client()),
    "cut-short": (lambda: s_server("-tls1_2"), lambda: cut_short()),
    "dhe-rsa": (
        lambda: s_server("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256", "-no_ticket"),
        lambda: s_client("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"),
    ),
    "kx-rsa": (
        lambda: s_server("-tls1_2", "-cipher", "AES128-SHA"),
        lambda: s_client("-tls1_2", "-cipher", "AES128-SHA"),
    ),
    "psk-12": (
        lambda: s_server("-tls1_2", "-psk", "1a2b3c", "-psk_hint", "who", "-cipher", "PSK", "-nocert"),
        lambda: s_client("-tls1_2", "-psk", "1a2b3c", "-psk_identity", "me", "-cipher", "PSK", ca=False),
    ),
    "ecdhe-psk-12": (
        lambda: s_server("-tls1_2", "-psk", "1a2b3c", "-cipher", "ECDHE-PSK-CHACHA20-POLY1305"),
        lambda: s_client("-tls1_2", "-psk", "1a2b3c", "-cipher", "ECDHE-PSK-CHACHA20-POLY1305", ca=False),
    ),
    "ecdsa-chacha": (
        lambda: s_server("-tls1_2", cert="ec"),
        lambda: s_client("-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ),
    "tls10": (lambda: s_server("-tls1", "-cipher", LOW), lambda: s_client("-tls1", "-cipher", LOW)),
    "tls11": (lambda: s_server("-tls1_1", "-cipher", LOW), lambda: s_client("-tls1_1", "-cipher", LOW)),
    "key-update": (
        lambda: s_server("-tls1_3", www=False),
        lambda: run(
            "sh",
            "-c",
            f"(sleep 0.3; echo K; sleep 0.3; echo hello; sleep 0.3; echo Q) | openssl s_client -connect "
            f"127.0.0.1:{PORT} -tls1_3",
            wait=4,
        ),
    ),
    "renegotiate": (
        lambda: s_server("-tls1_2", "-client_renegotiation", www=False),
        lambda: run(
            "sh",
            "-c",
            f"(sleep 0.3; echo R; sleep 0.3; echo hello; sleep 0.3; echo Q) | openssl s_client -connect "
            f"127.0.0.1:{PORT} -tls1_2",
            wait=4,
        ),
    ),
    "clear": (  # suites that encrypt nothing
        lambda: nginx("ssl_ciphers NULL:@SECLEVEL=0;", "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;"),
        lambda: [
            curl("--ciphers", f"{name}:@SECLEVEL=0", "--tlsv1.0", "--tls-max", version, f"--http{http}")
            for name, version, http in (
                ("NULL-SHA256", "1.2", "1.1"),
                ("ECDHE-RSA-NULL-SHA", "1.2", "2"),
                ("NULL-MD5", "1.1", "1.1"),
                ("NULL-SHA", "1.0", "2"),
            )
        ],
    ),
    "small-records": (
        lambda: s_server("-tls1_2", "-max_send_frag", "512"),
        lambda: s_client("-tls1_2", "-max_send_frag", "512", "-maxfraglen", "512"),
    ),
}


def main() -> None:
    subprocess.run(("ip", "link", "set", "lo", "up", "mtu", "1500"), check=True)
    certificates()
    wanted = sys.argv[2:] or list(SCENES)
    for name in wanted:
        make, talk = SCENES[name]
        server = make()
        path = OUT / f"{name}.pcap"
        dump = subprocess.Popen(
            ("tcpdump", "-i", "lo", "-U", "--immediate-mode", "-s", "0", "-w", str(path), "tcp"), stderr=subprocess.PIPE
        )
        assert dump.stderr is not None
        dump.stderr.readline()
        time.sleep(0.3)
        talk()
        time.sleep(0.3)
        dump.terminate()
        dump.wait()
        server.stop()
        print(name, path.stat().st_size, flush=True)
    for one in WORK.iterdir():
        one.unlink()
    WORK.rmdir()


main()
