"""Endpoints as text, and a search for the endpoints whose text contains a word.

Names come from the hosts and services files and, where they are wanted, from DNS answers in the capture, never over the
network.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from tcptui.model.arrays import distinct_rows
from tcptui.model.lru import LruCache
from tcptui.model.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcptui.model.endpoint import Endpoint
    from tcptui.model.flow_table import FlowTable
    from tcptui.model.packet_store import I32, U8
    from tcptui.session.asked_hosts import AskedHost, AskedHosts
    from tcptui.session.certificate_names import CertificateNames, ServedCertificates
    from tcptui.session.dns_names import DnsNames

Mask = NDArray[np.bool_]
#: LRU size in endpoint texts: a few screens of every pane.
_CACHED: Final = 8192
_LONGEST_NAME: Final = 64


def read_hosts(path: Path = Path("/etc/hosts")) -> dict[str, str]:
    """The first name of each address in the hosts file; empty when the file cannot be read."""
    names: dict[str, str] = {}
    for fields in _lines(path):
        if len(fields) < 2:
            continue
        try:
            address = str(ipaddress.ip_address(fields[0].partition("%")[0]))
        except ValueError:
            continue
        names.setdefault(address, safe_text(fields[1], _LONGEST_NAME))
    return names


def read_services(path: Path = Path("/etc/services")) -> dict[int, str]:
    """The service name of each TCP port in the services file; empty when the file cannot be read."""
    names: dict[int, str] = {}
    for fields in _lines(path):
        port, _, protocol = fields[1].partition("/") if len(fields) > 1 else ("", "", "")
        if protocol == "tcp" and port.isdecimal():
            names.setdefault(int(port), safe_text(fields[0], _LONGEST_NAME))
    return names


def _lines(path: Path) -> list[list[str]]:
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return []
    return [fields for line in text.splitlines() if (fields := line.partition("#")[0].split())]


class EndpointNames:
    """Texts of the endpoints of one flow table; the search uses the same names and numbers as the display."""

    def __init__(self, flows: FlowTable, hosts: Mapping[str, str], services: Mapping[int, str]) -> None:
        self._flows = flows
        self._hosts = hosts
        self._services = services
        self._texts: LruCache[tuple[int, int, bool, bool], str] = LruCache(_CACHED)
        self._address_ids: dict[bytes, int] = {}
        self._addresses: list[str] = []
        self._ids = np.zeros((0, 2), np.int32)
        self._packed: list[bytes] = []
        """The addresses in network order, in the order of `_addresses`."""
        self._named: list[str] = []
        """`_addresses`, each with its names by DNS answers."""
        self._named_for: tuple[object, int, int] | None = None
        """What `_named` was made from."""
        self._renewals = flows.renewals
        self.wanted = True
        """Whether names are shown at all: those of the hosts and services files, too."""
        self.dns: DnsNames | None = None
        """The DNS answers whose names `name` gives; None: it gives addresses."""
        self.asked: AskedHosts | None = None
        """What clients asked for, as far as it has been read; `name` gives it where `dns` is wanted."""
        self.served: ServedCertificates | None = None
        """The names in certificates, as far as they have been read; `name` gives the last of all, as `asked`."""
        self.known = 0
        """How many names the capture is known to tell; it only grows."""

    def name(self, flow: int, end: int, is_server: bool, row: int, stream: int) -> str:
        """`text`; where names are wanted, with that which the client of ``stream`` asked for, if it is the server's.

        Else with the name by the last DNS answer before ``row`` that was asked for, else the only one of its
        certificate, if there is one.
        """
        if self.dns is not None:
            endpoint = self._flows.endpoints(flow)[end]
            asked = self.asked.of(stream) if self.asked is not None and is_server else None
            if asked is not None:
                return f"{asked.name}:{self._port(endpoint.port, is_server)}"
            known = self.dns.name_of(ipaddress.ip_address(endpoint.host).packed, row)
            if known is not None and known.may_stand_for_address:
                return f"{known.name.lower()}:{self._port(endpoint.port, is_server)}"
            served = self.served.of(stream) if self.served is not None and is_server else None
            if served is not None and served.only:
                return f"{served.only}:{self._port(endpoint.port, is_server)}"
        return self.text(flow, end, is_server)

    def of_server(self, stream: int) -> AskedHost | CertificateNames | None:
        """What the client of ``stream`` asked for, else what the certificate names, as far as that has been read."""
        asked = None if self.asked is None else self.asked.of(stream)
        return asked if asked is not None or self.served is None else self.served.of(stream)

    def text(self, flow: int, end: int, is_server: bool) -> str:
        """Endpoint ``end`` (0 *a*, 1 *b*) of ``flow`` as shown: names where known and wanted, else numbers."""
        self._renew()
        key = (flow, end, is_server, self.wanted)
        text = self._texts.get(key)
        if text is None:
            endpoint = self._flows.endpoints(flow)[end]
            text = f"{self._host(endpoint)}:{self._port(endpoint.port, is_server)}"
            self._texts.put(key, text)
        return text

    def _host(self, endpoint: Endpoint) -> str:
        host = endpoint.host
        name = self._hosts.get(host) if self.wanted else None
        if name is not None:
            return name
        return f"[{host}]" if ":" in host else host

    def _port(self, port: int, is_server: bool) -> str:
        # A client's port is ephemeral: it is no service, even where the services file lists its number.
        return self._services.get(port, str(port)) if is_server and self.wanted else str(port)

    def asked_with(self, word: str, streams: I32) -> Mask:
        """Mask of those ``streams`` of which a name contains ``word``: asked for by the client, or in a certificate."""
        found = set() if self.asked is None else self.asked.with_text(word)
        found |= set() if self.served is None else self.served.with_text(word)
        return np.isin(streams, np.fromiter(found, np.int64, len(found)))

    def matching(self, word: str, flows: I32, client_is_b: U8) -> Mask:
        """Mask of those ``flows`` whose client's or server's text contains ``word`` (lower case).

        Where a name is shown, the number matches too; where names by DNS answers are, any that the address has had.
        """
        self._renew()
        self._extend()
        if not len(flows):
            return np.zeros(0, np.bool_)
        splits = [(word, "")] + [(word[:index], word[index + 1 :]) for index, char in enumerate(word) if char == ":"]
        ports = np.stack(self._flows.ports(flows), 1)
        found: Mask = np.zeros(len(flows), np.bool_)
        for end in (0, 1):
            is_server = client_is_b.astype(np.bool_) == (end == 0)
            port, address = ports[:, end], self._ids[flows, end]
            found |= self._addresses_with(word)[address]
            found |= self._ports_matching(port, is_server, lambda text: word in text)
            for left, right in splits[1:]:
                before = self._addresses_with(left, at_end=True)[address]
                found |= before & self._ports_matching(port, is_server, lambda text, r=right: text.startswith(r))
        return found

    def with_number(self, number: str, flows: I32) -> Mask:
        """Mask of those ``flows`` that have the ``number`` whole: as a port, or in the text of an address."""
        self._renew()
        self._extend()
        if not len(flows):
            return np.zeros(0, np.bool_)
        whole = re.compile(f"(?<![0-9]){re.escape(number)}(?![0-9])")
        texts = self._searched()
        named = np.fromiter((whole.search(text) is not None for text in texts), np.bool_, len(texts))
        ports = np.stack(self._flows.ports(flows), 1)
        found: Mask = (ports == int(number)).any(axis=1) | named[self._ids[flows]].any(axis=1)
        return found

    def _addresses_with(self, word: str, at_end: bool = False) -> Mask:
        texts = self._searched()
        if at_end:
            answers = (any(part.endswith(word) for part in text.split(" ")) for text in texts)
        else:
            answers = (word in text for text in texts)
        return np.fromiter(answers, np.bool_, len(texts))

    def _searched(self) -> list[str]:
        """The text of each address in which is searched, in lower case."""
        if self.dns is None:
            return self._addresses
        made_from = (self.dns, self.dns.count, len(self._addresses))
        if made_from != self._named_for:
            names_of = self.dns.names_of
            each = zip(self._addresses, self._packed, strict=True)
            self._named = [" ".join((text, *names_of(packed))).casefold() for text, packed in each]
            self._named_for = made_from
        return self._named

    def _ports_matching(self, ports: NDArray[np.int64], is_server: Mask, matches: object) -> Mask:
        assert callable(matches)
        distinct, inverse = np.unique(ports, return_inverse=True)
        numbers = distinct.tolist()
        by_number = np.fromiter((matches(str(port)) for port in numbers), np.bool_, len(numbers))
        by_name = np.fromiter(
            (matches(self._services[port].casefold()) if port in self._services else False for port in numbers),
            np.bool_,
            len(numbers),
        )
        result: Mask = by_number[inverse] | (by_name[inverse] & is_server)
        return result

    def _renew(self) -> None:
        """Drop everything cached by flow number when the flow table has reused numbers for other flows."""
        if self._renewals != self._flows.renewals:
            self._renewals = self._flows.renewals
            self._texts.clear()
            self._address_ids.clear()
            self._addresses.clear()
            self._packed.clear()
            self._named_for = None
            self._ids = self._ids[:0]

    def _extend(self) -> None:
        """Number the addresses of the flows that were added since the last call."""
        known, total = len(self._ids), len(self._flows)
        if known == total:
            return
        words = self._flows.addresses(known, total)
        flat = np.ascontiguousarray(words.reshape(-1, 3))
        distinct, inverse = distinct_rows(flat)
        numbers = np.fromiter((self._number(row) for row in distinct), np.int32, len(distinct))
        self._ids = np.concatenate((self._ids, numbers[inverse].reshape(-1, 2)))

    def _number(self, row: NDArray[np.uint64]) -> int:
        key = row.tobytes()
        number = self._address_ids.get(key)
        if number is None:
            number = self._address_ids[key] = len(self._addresses)
            high, low, version = (int(part) for part in row)
            size = 16 if version == 6 else 4
            packed = (high << 64 | low).to_bytes(16, "big")[16 - size :]
            self._packed.append(packed)
            host = str(ipaddress.ip_address(packed))
            shown = f"[{host}]" if size == 16 else host
            name = self._hosts.get(host, "")
            self._addresses.append(f"{name} {shown}".strip().casefold())
        return number
