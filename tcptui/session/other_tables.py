"""Tables of an open capture beside TCP: each is built when somebody first needs it, one of each a capture."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tcptui.access.outside_tcp import messages_in

if TYPE_CHECKING:
    from tcptui.access.open_capture import OpenCapture
    from tcptui.session.asked_hosts import AskedHosts
    from tcptui.session.certificate_names import ServedCertificates
    from tcptui.session.dns_names import DnsNames
    from tcptui.session.other_lines import OtherLines
    from tcptui.session.other_packets import OtherPackets
    from tcptui.session.other_pairs import OtherPairs


def other_packets(capture: OpenCapture) -> OtherPackets:
    """The index over packets that are no TCP segments; who asks has it grow (`OtherPackets.grow`)."""
    from tcptui.session.other_packets import OtherPackets  # no start waits for it

    reader = capture.reader
    return capture.indexes.of(OtherPackets, lambda: OtherPackets(capture.store, reader.sources, reader.descriptors))


def other_lines(capture: OpenCapture) -> OtherLines:
    """One line about each packet of `other_packets`."""
    from tcptui.session.other_lines import OtherLines  # imports dpkt

    return capture.indexes.of(OtherLines, lambda: OtherLines(other_packets(capture), capture.reader.data))


def other_pairs(capture: OpenCapture) -> OtherPairs:
    """The questions and answers among `other_packets`; the caller has it grow (`OtherPairs.grow`)."""
    from tcptui.session.datagrams import datagram_index  # no start waits for it
    from tcptui.session.other_pairs import OtherPairs

    return capture.indexes.of(
        OtherPairs, lambda: OtherPairs(capture.store, other_packets(capture), datagram_index(capture))
    )


def dns_names(capture: OpenCapture) -> DnsNames:
    """Names of addresses by the DNS answers in the capture; who asks has it grow (`DnsNames.grow`)."""
    from tcptui.session.dns_names import DnsNames  # no start waits for it

    return capture.indexes.of(
        DnsNames, lambda: DnsNames(capture.store, other_packets(capture), partial(messages_in, capture))
    )


def asked_hosts(capture: OpenCapture) -> AskedHosts:
    """The hosts that clients asked for; who asks has it grow (`AskedHosts.grow`)."""
    from tcptui.session.asked_hosts import AskedHosts  # no start waits for it

    return capture.indexes.of(AskedHosts, lambda: AskedHosts(capture.store, capture.streams, capture.reader.payload))


def served_certificates(capture: OpenCapture) -> ServedCertificates:
    """The names in certificates of servers that no client named; who asks has it grow (`ServedCertificates.grow`)."""
    from tcptui.session.certificate_names import ServedCertificates  # no start waits for it

    return capture.indexes.of(
        ServedCertificates,
        lambda: ServedCertificates(
            capture.store, capture.streams, asked_hosts(capture), capture.rows_of, capture.reader.payload
        ),
    )
