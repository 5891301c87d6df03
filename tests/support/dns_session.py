"""A Knot DNS server, kdig and dnspython in a network namespace of their own, recorded.

    unshare --net python tests/support/dns_session.py FOLDER

Writes into FOLDER ``dns.pcap`` (all of it), ``stats.txt`` (what the server counted: mod-stats) and ``keys.log``.
Takes about five seconds.
"""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rrset
import dns.update
from recorded_traffic import recorded

HOST: Final = "127.0.0.1"
PORT: Final = 53
#: Where a server answers out of order, in small segments; no port of DNS.
OTHER_PORT: Final = 10_053
TLS_PORT: Final = 853
ZONE: Final = "shop.test"
#: Records of the zone that is transferred: several messages' worth.
RECORDS: Final = 800
PIPELINED: Final = 200
REVERSED: Final = 20
#: What is asked over TCP, name and type, …
ASKED: Final = (
    ("www", "A"), ("www", "AAAA"), ("", "NS"), ("", "SOA"), ("", "MX"), ("text", "TXT"), ("_http._tcp", "SRV"),
    ("alias", "CNAME"), ("alias", "A"), ("none", "A"), ("5.2.0.192", "PTR"), ("web", "HTTPS"), ("", "CAA"),
    ("phone", "NAPTR"), ("host", "HINFO"), ("_443._tcp.web", "TLSA"), ("place", "LOC"), ("person", "RP"),
    ("files", "AFSDB"), ("cert", "CERT"), ("person", "OPENPGPKEY"), ("nets", "APL"), ("gate", "IPSECKEY"),
    ("sub", "DS"), ("sub2", "CSYNC"), ("mail", "SPF"), ("card", "EUI48"), ("page", "URI"), ("", "CDS"), ("", "CDNSKEY"),
    ("below.moved", "A"), ("key", "SSHFP"), ("*", "A"), ("www", "TYPE65280"),
)  # fmt: skip
_CONF: Final = """
server:
    rundir: "{folder}"
    listen: 127.0.0.1@53
    listen: 127.0.0.2@53
    user: root:root
database:
    storage: "{folder}"
mod-stats:
  - id: s
    request-protocol: on
    response-code: on
    query-type: on
    request-bytes: off
    response-bytes: off
acl:
  - id: all
    address: 127.0.0.0/8
    action: [transfer, update, notify]
template:
  - id: default
    storage: "{folder}"
    global-module: mod-stats/s
    acl: all
zone:
  - domain: shop.test
    dnssec-signing: on
log:
  - target: stderr
    any: warning
"""
_ZONE: Final = """
$ORIGIN shop.test.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
@ MX 10 mail
@ CAA 0 issue "ca.test"
ns A 127.0.0.1
mail A 192.0.2.2
www A 192.0.2.5
www AAAA 2001:db8::5
text TXT "one" "two words" "\\226\\132\\162"
alias CNAME www
_http._tcp SRV 1 2 80 www
5.2.0.192 PTR www
web HTTPS 1 . alpn="h2,h3" ipv4hint=192.0.2.5
phone NAPTR 10 20 "u" "E2U+sip" "!^.*$!sip:a@shop.test!" .
host HINFO "amd64" "Linux"
moved DNAME www
key SSHFP 4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
*.wild A 192.0.2.9
_443._tcp.web TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
place LOC 52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m
person RP admin text
person OPENPGPKEY YWJjZA==
files AFSDB 1 host
cert CERT PKIX 12345 RSASHA256 AQIDBAUGBwg=
nets APL 1:192.0.2.0/24 !1:192.0.2.128/25 2:2001:db8::/32
gate IPSECKEY 10 1 2 192.0.2.38 AQIDBAUGBwg=
sub NS ns
sub DS 12345 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
sub2 CSYNC 2024010101 3 A NS AAAA
mail SPF "v=spf1 -all"
card EUI48 00-00-5e-00-53-2a
page URI 10 1 "https://shop.test/"
"""


def zone_text() -> str:
    """The zone: a few records of each type, and many to fill its transfer."""
    many = "".join(f"host{number} A 10.0.{number >> 8}.{number & 255}\n" for number in range(RECORDS))
    long = " ".join(f'"{chr(97 + number % 26) * 200}"' for number in range(20))
    return f"{_ZONE}long TXT {long}\n{many}"


def framed(message: dns.message.Message) -> bytes:
    """As it goes over TCP."""
    wire = message.to_wire()
    return struct.pack("!H", len(wire)) + wire


def until_ready() -> None:
    """Waits until the server answers."""
    for _ in range(6_000):
        with suppress(OSError, dns.exception.DNSException):
            if dns.query.udp(dns.message.make_query(ZONE, "SOA"), HOST, timeout=0.3).answer:
                return
        time.sleep(0.05)
    message = "no answer"
    raise TimeoutError(message)


def kdig(*arguments: str) -> None:
    """One call of the client."""
    subprocess.run(["kdig", f"@{HOST}", "+time=300", *arguments], check=False, stdout=subprocess.DEVNULL, timeout=600)


def ordinary() -> None:
    """Each type over TCP, with and without signatures, and what is refused."""
    for name, kind in ASKED:
        kdig("+tcp", f"{name}.{ZONE}".lstrip("."), kind)
    kdig("+tcp", "+dnssec", ZONE, "DNSKEY")
    kdig("+tcp", "+dnssec", f"none.{ZONE}", "A")
    kdig("+tcp", "+cookie=0123456789abcdef", "+padding=128", "+subnet=192.0.2.0/24", f"www.{ZONE}", "A")
    kdig("+tcp", "+nsid", f"www.{ZONE}", "AAAA")
    kdig("+tcp", "+ednsopt=11:0064", "+ednsopt=13:73686f70", f"www.{ZONE}", "A")
    kdig("+tcp", "other.example", "A")
    kdig("+tcp", "-c", "CH", "version.bind", "TXT")
    kdig("+tcp", "+edns=9", f"www.{ZONE}", "A")


def truncated() -> None:
    """Answers that do not fit into a datagram: kdig asks again over TCP by itself."""
    kdig("+noedns", f"long.{ZONE}", "TXT")
    kdig("+bufsize=512", "+dnssec", ZONE, "DNSKEY")
    kdig(f"www.{ZONE}", "A")


def transfers() -> None:
    """The whole zone, what changed in it, and nothing new."""
    kdig("+tcp", ZONE, "AXFR")
    answer = dns.query.tcp(dns.message.make_query(ZONE, "SOA"), HOST)
    serial = answer.answer[0][0].serial
    change = dns.update.UpdateMessage(ZONE)
    change.add("new", 300, "A", "192.0.2.77")
    dns.query.tcp(change, HOST)
    asks = dns.message.make_query(ZONE, "SOA")
    while dns.query.udp(asks, HOST).answer[0][0].serial == serial:  # it is journalled, too, once it is told
        time.sleep(0.05)
    kdig("+tcp", ZONE, f"IXFR={serial}")
    kdig("+tcp", ZONE, f"IXFR={serial + 50}")
    kdig("+tcp", "other.example", "AXFR")
    notice = dns.message.make_query(ZONE, "SOA")
    notice.set_opcode(dns.opcode.NOTIFY)
    with suppress(dns.exception.DNSException):
        dns.query.tcp(notice, HOST, timeout=600)


def received(one: socket.socket, count: int) -> None:
    """Reads so many messages."""
    with one.makefile("rb") as stream:
        for _ in range(count):
            stream.read(int.from_bytes(stream.read(2)))


def pipelined() -> None:
    """Many questions at once, their numbers all different (tshark goes by them), and one in many segments."""
    with socket.create_connection((HOST, PORT), 600) as one:
        one.sendall(b"".join(framed(dns.message.make_query(f"host{n}.{ZONE}", "A", id=n)) for n in range(PIPELINED)))
        received(one, PIPELINED)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in framed(dns.message.make_query(f"www.{ZONE}", "A")):
            one.sendall(bytes((byte,)))
            time.sleep(0.001)
        received(one, 1)


def answer_backwards(listener: socket.socket, count: int, piece: int) -> None:
    """A server that takes ``count`` questions and answers the last first, in pieces; then closes."""
    with suppress(OSError):
        one, _ = listener.accept()
        with one, one.makefile("rb") as stream:
            asked = [dns.message.from_wire(stream.read(int.from_bytes(stream.read(2)))) for _ in range(count)]
            said = b""
            for question in reversed(asked):
                reply = dns.message.make_response(question)
                reply.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", "A", "192.0.2.1"))
                said += framed(reply)
            for at in range(0, len(said), piece):
                one.sendall(said[at : at + piece])
                time.sleep(0.002)


def backwards() -> None:
    """Answers out of order, at a port that is not known, over segment borders."""
    with socket.create_server((HOST, OTHER_PORT)) as listener:
        server = threading.Thread(target=answer_backwards, args=(listener, REVERSED, 33))
        server.start()
        with socket.create_connection((HOST, OTHER_PORT), 600) as one:
            one.sendall(b"".join(framed(dns.message.make_query(f"b{n}.{ZONE}", "A", id=n)) for n in range(REVERSED)))
            received(one, REVERSED)
        server.join()


def secured(folder: Path, keys: Path) -> None:
    """DNS over TLS (RFC 7858), with its keys."""
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=dns", "-days", "2",
            "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]  # fmt: skip
    subprocess.run(make, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with socket.create_server((HOST, TLS_PORT)) as plain, context.wrap_socket(plain, server_side=True) as listener:
        server = threading.Thread(target=answer_backwards, args=(listener, 3, 1_000))
        server.start()
        mine = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        mine.check_hostname, mine.verify_mode, mine.keylog_filename = False, ssl.CERT_NONE, str(keys)
        with socket.create_connection((HOST, TLS_PORT), 600) as raw, mine.wrap_socket(raw) as one:
            one.sendall(b"".join(framed(dns.message.make_query(f"tls{n}.{ZONE}", "AAAA", id=n)) for n in range(3)))
            received(one, 3)
        server.join()


def record(folder: Path) -> None:
    """Everything, once."""
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        (here / "knot.conf").write_text(_CONF.format(folder=scratch))
        (here / "shop.test.zone").write_text(zone_text())
        with (folder / "knot.log").open("wb") as log:
            server = subprocess.Popen(["knotd", "-c", str(here / "knot.conf")], stdout=log, stderr=log)
        try:
            with recorded(folder / "dns.pcap", what="tcp or udp"):
                until_ready()
                for act in (ordinary, truncated, transfers, pipelined, backwards):
                    act()
                secured(here, folder / "keys.log")
                counted = ["knotc", "-c", str(here / "knot.conf"), "-s", str(here / "knot.sock"), "stats"]
                stats = subprocess.run(counted, check=True, capture_output=True, text=True).stdout
                (folder / "stats.txt").write_text(stats)
        finally:
            server.terminate()
            server.wait(600)


if __name__ == "__main__":
    record(Path(sys.argv[1]))
