"""Every value of a field that differs from tshark's 4.0.17 anywhere in the development corpus, with the reason.

The numbers are those of `field_sweep`, the reasons were found by looking at both programs' answers.  More of them, by
construction, are in ``tests/corpus/REMAINING.md``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why values differ; the values are sentences."""

    OTHER_PROTOCOL = (
        "tshark reads a protocol that is not read here, above TCP or UDP, in a body of HTTP or AMQP, in a certificate: "
        "it is named in frame.protocols, has expert notes, joins segments of its own, and leaves no `data`."
    )
    VNC = (
        "tshark's VNC heuristic makes a second conversation of the same addresses and ports at the greeting; it is one "
        "connection here, with its handshake, scaling and times."
    )
    ORDER = (
        "Segments came out of order, late or behind a gap: they are joined by sequence numbers here; tshark joins them "
        "in the order of the capture (tcp.reassemble_out_of_order is off) or drops them, and shows what is left."
    )
    CUT = (
        "The frame was cut, by its snapshot length or against its own IP length: what was captured is read here, and "
        "messages go on behind the cut; tshark gives them up at the cut, or counts its first bytes again."
    )
    SSDP = "Lines of SSDP over UDP are fields of HTTP to tshark; HTTP is read from TCP alone here."
    MIDSTREAM = (
        "The connection began before the capture: bytes that are no beginning of a TLS record are “Continuation Data” "
        "with the layer `tls` in tshark, and plain `data`, or a part of the record that follows, here."
    )
    UNFINISHED = (
        "The message does not end in the capture: its head, or its records, are shown here as far as they go; tshark "
        "shows nothing but `tcp.segment_data`."
    )
    BY_PORT = (
        "tshark goes by the port, or a first guess, alone (AJP13, BitTorrent, SOCKS, RDP); TLS and HTTP are recognised "
        "by their bytes here."
    )
    DNS_AGAIN = (
        "tshark has expert notes on messages of DNS that were sent again; here dns.retransmit_* say so, without a note."
    )
    TIME_RANGE = "The file's clock is beyond the year 2262, which 64-bit nanoseconds do not reach: it is cut to 2116."
    GUESSED = (
        "What is no HTTP on a port of HTTP, a continuation among it, is guessed to be header lines or a body by tshark."
    )
    VJC = "TCP in compressed PPP: the header that tshark puts together again has no line in the tree, only columns."
    INNER_TRAILER = "The trailer of an Ethernet frame within a tunnel is not read, only that of the outermost frame."
    LATE_COPY = "The only copy of its bytes is a (spurious) retransmission to tshark, which does not read its payload."
    OWN_NOTES = (
        "Expert notes: tshark notes resumed TLS sessions, fields of DHCP and malformed messages of PostgreSQL, and has "
        "no note on the faults of HTTP and WebSocket that are noted here."
    )
    BY_CLOSE = (
        "A body that ends by the close is complete to tshark with the FIN's packet, here with that of its last byte."
    )
    LLC = "LLC within CAPWAP and FDDI is passed over here, without a layer."
    COPIES = "Whether tshark names the bytes of a retransmission depends on where its reassembly stands."
    PPPOE_LENGTH = "The IP length is held against what was captured here, and by tshark against PPPoE's length, too."
    REFUSED = (
        "What a port's or an earlier guess's protocol refuses is `data` to tshark; what it refuses is unknown here."
    )
    LONG_HANDSHAKE = "A handshake message of 340 kB in 21 records: tshark takes 64 KiB and more for encrypted ones."
    ANNOUNCED = "tshark takes no notice of the SYN of a connection that another one has announced (H.245)."
    MDNS_SIZE = "A field that is registered twice: tshark writes that of mDNS in hexadecimal. The number is the same."
    FOLDED = "A header field folded over lines is one line here, and several to tshark, which misses their colons."
    KEEP_ALIVE = (
        "The byte of a keep-alive of HTTP: tshark takes it for a part of a message that overlaps, or awaits more."
    )
    LONG_TEXT = "The text is longer than a line of the header tree."
    SECRET = "Passwords are never shown."
    MYSQL9 = "tshark 4.0.17 does not know MySQL 9: the answer to a login and attributes of queries."
    HTTP2_CODING = "tshark does not decode the deflated body of this HTTP/2 stream."
    AWAITED = "Four bytes without an end of line to a port of HTTP: tshark awaits the rest of a head that never comes."
    SSL_RESPONSE = "The byte that refuses encryption is PostgreSQL here; tshark returns before it adds a layer."
    PICTURES = "Control characters in a salt of MySQL are shown by their pictures (␋)."
    CUT_ETHERNET = "Four bytes of a frame: tshark has no `eth` without both addresses."


@dataclass(frozen=True, slots=True)
class Known:
    """Fields of a capture that differ for one reason, each in so many frames."""

    capture: str
    reason: Reason
    frames: int
    names: str
    """Of the fields, with blanks between."""


def current_findings(capture: str) -> Counter[str]:
    """In how many frames of ``capture`` each field differs."""
    numbers = Counter[str]()
    for row in DIFFERENCES:
        if row.capture == capture:
            numbers.update(dict.fromkeys(row.names.split(), row.frames))
    return numbers


# fmt: off
DIFFERENCES: Final = (
    Known("PcapPlusPlus-Bgp_open_malformed.pcapng", Reason.OTHER_PROTOCOL, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed _ws.malformed.expert frame.protocols"
    )),
    Known("PcapPlusPlus-Ftp.pcap", Reason.OTHER_PROTOCOL, 6, "frame.protocols"),
    Known("PcapPlusPlus-Smtp.pcap", Reason.COPIES, 1, "tcp.segment_data"),
    Known("PcapPlusPlus-Smtp.pcap", Reason.SECRET, 1, "smtp.command_line smtp.req.command smtp.req.parameter"),
    Known("PcapPlusPlus-Smtp.pcap", Reason.SECRET, 2, "smtp.auth.username_password"),
    Known("PcapPlusPlus-frag_http_req.pcap", Reason.LONG_TEXT, 1, "http.cookie_pair"),
    Known("PcapPlusPlus-one_tcp_stream.pcap", Reason.KEEP_ALIVE, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed data data.data data.len frame.protocols"
    )),
    Known("PcapPlusPlus-pcapng-example.pcapng", Reason.CUT, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.short http.date http.response.line tcp.reassembled_in"
    )),
    Known("PcapPlusPlus-pcapng-example.pcapng", Reason.CUT, 2, "tcp.segment_data"),
    Known("PcapPlusPlus-pcapng-example.pcapng", Reason.OTHER_PROTOCOL, 8, (
        "_ws.expert _ws.expert.group _ws.expert.severity"
    )),
    Known("PcapPlusPlus-pcapng-example.pcapng", Reason.OTHER_PROTOCOL, 29, "_ws.short"),
    Known("PcapPlusPlus-pcapng-example.pcapng", Reason.OTHER_PROTOCOL, 60, "frame.protocols"),
    Known("PcapPlusPlus-pcapng-example.pcapng", Reason.TIME_RANGE, 1, "frame.time_delta"),
    Known("PcapPlusPlus-pcapng-example.pcapng", Reason.TIME_RANGE, 100, (
        "frame.time frame.time_epoch frame.time_relative"
    )),
    Known("PcapPlusPlus-raw_ip.pcap", Reason.KEEP_ALIVE, 1, "data data.data data.len"),
    Known("PcapPlusPlus-raw_ip.pcap", Reason.OWN_NOTES, 2, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("PcapPlusPlus-raw_ip.pcap", Reason.UNFINISHED, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity http http.chat http.connection http.content_length "
        "http.content_length_header http.content_type http.date http.last_modified http.next_response_in "
        "http.prev_request_in http.prev_response_in http.request_in http.response http.response.code "
        "http.response.code.desc http.response.line http.response.phrase http.response.version http.response_for.uri "
        "http.response_in http.response_number http.server http.time tcp.segment_data"
    )),
    Known("PcapPlusPlus-raw_ip.pcap", Reason.UNFINISHED, 2, "frame.protocols"),
    Known("PcapPlusPlus-unidirectional_tcp_stream_with_missing_packet.pcap", Reason.UNFINISHED, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity frame.protocols http http.accept http.accept_encoding "
        "http.accept_language http.chat http.connection http.content_length http.content_length_header "
        "http.content_type http.host http.next_request_in http.prev_request_in http.referer http.request "
        "http.request.full_uri http.request.line http.request.method http.request.uri http.request.version "
        "http.user_agent tcp.reassembled_in"
    )),
    Known("PcapPlusPlus-unidirectional_tcp_stream_with_missing_packet.pcap", Reason.UNFINISHED, 2, (
        "http.request_number"
    )),
    Known("lab-sseapp.pcap", Reason.UNFINISHED, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity frame.protocols http http.chat http.chunk_boundary "
        "http.chunk_data http.chunk_size http.content_type http.date http.next_response_in http.prev_request_in "
        "http.prev_response_in http.request_in http.response http.response.code http.response.code.desc "
        "http.response.line http.response.phrase http.response.version http.response_for.uri http.response_in "
        "http.response_number http.time http.transfer_encoding"
    )),
    Known("lab-sseapp.pcap", Reason.UNFINISHED, 4, "tcp.reassembled_in"),
    Known("nDPI-KakaoTalk_chat.pcap", Reason.COPIES, 8, "tcp.segment_data"),
    Known("nDPI-KakaoTalk_chat.pcap", Reason.GUESSED, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed _ws.malformed.expert http tcp.reassembled.data "
        "tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("nDPI-KakaoTalk_chat.pcap", Reason.GUESSED, 2, "tcp.reassembled_in"),
    Known("nDPI-KakaoTalk_chat.pcap", Reason.GUESSED, 8, "tcp.segment_data"),
    Known("nDPI-KakaoTalk_chat.pcap", Reason.GUESSED, 14, "data data.data data.len frame.protocols"),
    Known("nDPI-KakaoTalk_chat.pcap", Reason.MIDSTREAM, 4, "frame.protocols tls"),
    Known("nDPI-KakaoTalk_chat.pcap", Reason.OTHER_PROTOCOL, 6, "frame.protocols"),
    Known("nDPI-KakaoTalk_chat.pcap", Reason.UNFINISHED, 1, (
        "frame.protocols tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segment_data "
        "tcp.segments tls tls.handshake tls.handshake.certificate tls.handshake.certificate_length "
        "tls.handshake.certificates tls.handshake.certificates_length tls.handshake.ciphersuite "
        "tls.handshake.comp_method tls.handshake.ja3s tls.handshake.ja3s_full tls.handshake.length "
        "tls.handshake.random tls.handshake.session_id tls.handshake.session_id_length tls.handshake.type "
        "tls.handshake.version tls.record tls.record.content_type tls.record.length tls.record.version"
    )),
    Known("nDPI-amqp.pcap", Reason.OTHER_PROTOCOL, 26, "frame.protocols"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.BY_PORT, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity data data.data data.len tls.alert_message"
    )),
    Known("nDPI-anyconnect-vpn.pcap", Reason.BY_PORT, 2, (
        "tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("nDPI-anyconnect-vpn.pcap", Reason.BY_PORT, 14, "tcp.reassembled_in"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.BY_PORT, 22, "tcp.segment_data tls.app_data"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.BY_PORT, 23, (
        "tls.record tls.record.content_type tls.record.length tls.record.version"
    )),
    Known("nDPI-anyconnect-vpn.pcap", Reason.BY_PORT, 25, "frame.protocols"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.BY_PORT, 27, "tls"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.DNS_AGAIN, 12, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.MDNS_SIZE, 18, "dns.rr.udp_payload_size"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.OTHER_PROTOCOL, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.OTHER_PROTOCOL, 49, "frame.protocols"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.OWN_NOTES, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.REFUSED, 1, "data data.data data.len frame.protocols"),
    Known("nDPI-anyconnect-vpn.pcap", Reason.SSDP, 3, (
        "http.next_request_in http.next_response_in http.prev_request_in http.prev_response_in"
    )),
    Known("nDPI-anyconnect-vpn.pcap", Reason.SSDP, 5, (
        "http.cache_control http.host http.location http.request http.request.full_uri http.request.line "
        "http.request.method http.request.uri http.request.version http.request_number http.response "
        "http.response.code http.response.code.desc http.response.line http.response.phrase http.response.version "
        "http.response_number http.server http.user_agent"
    )),
    Known("nDPI-anyconnect-vpn.pcap", Reason.SSDP, 10, "_ws.expert _ws.expert.group _ws.expert.severity http.chat"),
    Known("nDPI-capwap_data.pcapng", Reason.LLC, 14, "llc"),
    Known("nDPI-capwap_data.pcapng", Reason.OTHER_PROTOCOL, 14, "frame.protocols"),
    Known("nDPI-diameter.pcap", Reason.OTHER_PROTOCOL, 6, "frame.protocols"),
    Known("nDPI-dnp3.pcapng", Reason.OTHER_PROTOCOL, 5, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-dnp3.pcapng", Reason.OTHER_PROTOCOL, 121, "frame.protocols"),
    Known("nDPI-dnp3.pcapng", Reason.REFUSED, 2, "data data.data data.len frame.protocols"),
    Known("nDPI-ethereum.pcap", Reason.LATE_COPY, 1, "data data.data data.len frame.protocols tcp.segment_data"),
    Known("nDPI-fix2.pcap", Reason.OTHER_PROTOCOL, 446, "frame.protocols"),
    Known("nDPI-gnutella.pcap", Reason.BY_PORT, 1, (
        "tls.handshake.certificate tls.handshake.certificate_length tls.handshake.certificates "
        "tls.handshake.certificates_length tls.handshake.cipher_suites_length tls.handshake.ciphersuites "
        "tls.handshake.client_point tls.handshake.client_point_len tls.handshake.comp_methods "
        "tls.handshake.comp_methods_length tls.handshake.extensions_status_request_exts_len "
        "tls.handshake.extensions_status_request_responder_ids_len tls.handshake.extensions_status_request_type "
        "tls.handshake.extensions_supported_group tls.handshake.extensions_supported_groups "
        "tls.handshake.extensions_supported_groups_length tls.handshake.ja3 tls.handshake.ja3_full tls.handshake.ja3s "
        "tls.handshake.ja3s_full tls.handshake.server_curve_type tls.handshake.server_named_curve "
        "tls.handshake.server_point tls.handshake.server_point_len tls.handshake.session_id tls.handshake.sig "
        "tls.handshake.sig_hash_alg_len tls.handshake.sig_hash_algs tls.handshake.sig_len"
    )),
    Known("nDPI-gnutella.pcap", Reason.BY_PORT, 2, (
        "tls.alert_message tls.app_data tls.change_cipher_spec tls.handshake.ciphersuite tls.handshake.comp_method "
        "tls.handshake.extension.len tls.handshake.extension.type tls.handshake.extensions_ec_point_format "
        "tls.handshake.extensions_ec_point_formats tls.handshake.extensions_ec_point_formats_length "
        "tls.handshake.extensions_length tls.handshake.extensions_reneg_info_len tls.handshake.random "
        "tls.handshake.session_id_length tls.handshake.sig_hash_alg tls.handshake.sig_hash_hash "
        "tls.handshake.sig_hash_sig tls.handshake.version"
    )),
    Known("nDPI-gnutella.pcap", Reason.BY_PORT, 4, "tls.handshake.length tls.handshake.type"),
    Known("nDPI-gnutella.pcap", Reason.BY_PORT, 5, "tls.handshake"),
    Known("nDPI-gnutella.pcap", Reason.BY_PORT, 8, (
        "tls tls.record tls.record.content_type tls.record.length tls.record.version"
    )),
    Known("nDPI-gnutella.pcap", Reason.CUT_ETHERNET, 1, "eth"),
    Known("nDPI-gnutella.pcap", Reason.DNS_AGAIN, 16, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-gnutella.pcap", Reason.FOLDED, 3, "_ws.expert _ws.expert.group _ws.expert.severity http.request.line"),
    Known("nDPI-gnutella.pcap", Reason.OTHER_PROTOCOL, 13, "_ws.malformed.expert"),
    Known("nDPI-gnutella.pcap", Reason.OTHER_PROTOCOL, 14, "_ws.malformed"),
    Known("nDPI-gnutella.pcap", Reason.OTHER_PROTOCOL, 15, (
        "tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("nDPI-gnutella.pcap", Reason.OTHER_PROTOCOL, 16, "tcp.reassembled_in"),
    Known("nDPI-gnutella.pcap", Reason.OTHER_PROTOCOL, 33, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-gnutella.pcap", Reason.OTHER_PROTOCOL, 36, "tcp.segment_data"),
    Known("nDPI-gnutella.pcap", Reason.OTHER_PROTOCOL, 358, "data data.data data.len"),
    Known("nDPI-gnutella.pcap", Reason.OTHER_PROTOCOL, 478, "frame.protocols"),
    Known("nDPI-gnutella.pcap", Reason.REFUSED, 4, "data data.data data.len frame.protocols"),
    Known("nDPI-gnutella.pcap", Reason.SSDP, 26, "http.user_agent"),
    Known("nDPI-gnutella.pcap", Reason.SSDP, 38, "http.next_request_in http.prev_request_in"),
    Known("nDPI-gnutella.pcap", Reason.SSDP, 46, (
        "_ws.expert _ws.expert.group _ws.expert.severity http.chat http.host http.request http.request.full_uri "
        "http.request.line http.request.method http.request.uri http.request.version http.request_number"
    )),
    Known("nDPI-gnutella.pcap", Reason.UNFINISHED, 2, (
        "_ws.expert _ws.expert.group _ws.expert.severity frame.protocols http http.chat http.connection "
        "http.content_length http.content_length_header http.content_type http.request_in http.response "
        "http.response.code http.response.code.desc http.response.line http.response.phrase http.response.version "
        "http.response_for.uri http.response_in http.response_number http.server http.time"
    )),
    Known("nDPI-gnutella.pcap", Reason.UNFINISHED, 7, "tcp.reassembled_in"),
    Known("nDPI-h323.pcap", Reason.ANNOUNCED, 22, "tcp.completeness"),
    Known("nDPI-h323.pcap", Reason.OTHER_PROTOCOL, 1, (
        "tcp.reassembled.data tcp.reassembled.length tcp.reassembled_in tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("nDPI-h323.pcap", Reason.OTHER_PROTOCOL, 2, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed _ws.malformed.expert tcp.segment_data"
    )),
    Known("nDPI-h323.pcap", Reason.OTHER_PROTOCOL, 24, "data data.data data.len"),
    Known("nDPI-h323.pcap", Reason.OTHER_PROTOCOL, 35, "frame.protocols"),
    Known("nDPI-hislip.pcap", Reason.OTHER_PROTOCOL, 85, "frame.protocols"),
    Known("nDPI-iec60780-5-104.pcap", Reason.OTHER_PROTOCOL, 5, "_ws.malformed.expert"),
    Known("nDPI-iec60780-5-104.pcap", Reason.OTHER_PROTOCOL, 9, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed tcp.reassembled.data tcp.reassembled.length "
        "tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("nDPI-iec60780-5-104.pcap", Reason.OTHER_PROTOCOL, 12, "tcp.reassembled_in"),
    Known("nDPI-iec60780-5-104.pcap", Reason.OTHER_PROTOCOL, 18, "tcp.segment_data"),
    Known("nDPI-iec60780-5-104.pcap", Reason.OTHER_PROTOCOL, 61, "frame.protocols"),
    Known("nDPI-ipp.pcap", Reason.OTHER_PROTOCOL, 1, "data data.data data.len frame.protocols"),
    Known("nDPI-kerberos.pcap", Reason.OTHER_PROTOCOL, 6, "data data.data data.len"),
    Known("nDPI-kerberos.pcap", Reason.OTHER_PROTOCOL, 9, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-kerberos.pcap", Reason.OTHER_PROTOCOL, 29, "tcp.segment_data"),
    Known("nDPI-kerberos.pcap", Reason.OTHER_PROTOCOL, 38, "frame.protocols"),
    Known("nDPI-monero.pcap", Reason.ORDER, 8, "data data.data data.len frame.protocols"),
    Known("nDPI-ocsp.pcapng", Reason.OTHER_PROTOCOL, 18, "frame.protocols"),
    Known("nDPI-oracle12.pcapng", Reason.OTHER_PROTOCOL, 6, "data data.data data.len"),
    Known("nDPI-oracle12.pcapng", Reason.OTHER_PROTOCOL, 11, "frame.protocols"),
    Known("nDPI-pop3.pcapng", Reason.OTHER_PROTOCOL, 1, "data data-text-lines data.data data.len"),
    Known("nDPI-pop3.pcapng", Reason.OTHER_PROTOCOL, 82, "frame.protocols"),
    Known("nDPI-rtmp.pcapng", Reason.OTHER_PROTOCOL, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-rtmp.pcapng", Reason.OTHER_PROTOCOL, 6, (
        "tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("nDPI-rtmp.pcapng", Reason.OTHER_PROTOCOL, 7, "tcp.reassembled_in"),
    Known("nDPI-rtmp.pcapng", Reason.OTHER_PROTOCOL, 14, "tcp.segment_data"),
    Known("nDPI-rtmp.pcapng", Reason.OTHER_PROTOCOL, 25, "frame.protocols"),
    Known("nDPI-s7comm.pcap", Reason.OTHER_PROTOCOL, 55, "frame.protocols"),
    Known("nDPI-sccp_hw_conf_register.pcapng", Reason.OTHER_PROTOCOL, 7, "frame.protocols"),
    Known("nDPI-sites.pcapng", Reason.OTHER_PROTOCOL, 1, (
        "tls.compress_certificate.algorithm tls.compress_certificate.algorithms_length tls.handshake.extension.data "
        "tls.handshake.extensions.psk.binders tls.handshake.extensions.psk.binders_len "
        "tls.handshake.extensions.psk.identities.length tls.handshake.extensions.psk.identity.identity "
        "tls.handshake.extensions.psk.identity.identity_length "
        "tls.handshake.extensions.psk.identity.obfuscated_ticket_age tls.handshake.extensions.psk.identity.selected "
        "tls.handshake.extensions_alps_alpn_list tls.handshake.extensions_alps_alpn_str "
        "tls.handshake.extensions_alps_alpn_str_len tls.handshake.extensions_alps_len "
        "tls.handshake.extensions_padding_data"
    )),
    Known("nDPI-sites.pcapng", Reason.OTHER_PROTOCOL, 2, "tls.handshake.ja3s tls.handshake.ja3s_full"),
    Known("nDPI-sites.pcapng", Reason.OTHER_PROTOCOL, 3, (
        "tls.handshake.extensions_reneg_info_len tls.handshake.extensions_status_request_exts_len "
        "tls.handshake.extensions_status_request_responder_ids_len tls.handshake.extensions_status_request_type "
        "tls.record_size_limit"
    )),
    Known("nDPI-sites.pcapng", Reason.OTHER_PROTOCOL, 4, (
        "_ws.expert _ws.expert.group _ws.expert.severity tls.extension.psk_ke_mode tls.extension.psk_ke_modes_length "
        "tls.handshake.cipher_suites_length tls.handshake.ciphersuites tls.handshake.comp_methods "
        "tls.handshake.comp_methods_length tls.handshake.extensions.supported_versions_len "
        "tls.handshake.extensions_alpn_len tls.handshake.extensions_alpn_list tls.handshake.extensions_alpn_str "
        "tls.handshake.extensions_alpn_str_len tls.handshake.extensions_key_share_client_length "
        "tls.handshake.extensions_server_name tls.handshake.extensions_server_name_len "
        "tls.handshake.extensions_server_name_list_len tls.handshake.extensions_server_name_type "
        "tls.handshake.extensions_supported_group tls.handshake.extensions_supported_groups "
        "tls.handshake.extensions_supported_groups_length tls.handshake.ja3 tls.handshake.ja3_full "
        "tls.handshake.sig_hash_alg tls.handshake.sig_hash_alg_len tls.handshake.sig_hash_algs "
        "tls.handshake.sig_hash_hash tls.handshake.sig_hash_sig"
    )),
    Known("nDPI-sites.pcapng", Reason.OTHER_PROTOCOL, 6, (
        "tls tls.handshake tls.handshake.ciphersuite tls.handshake.comp_method tls.handshake.extension.len "
        "tls.handshake.extension.type tls.handshake.extensions.supported_version "
        "tls.handshake.extensions_key_share_group tls.handshake.extensions_key_share_key_exchange "
        "tls.handshake.extensions_key_share_key_exchange_length tls.handshake.extensions_length tls.handshake.length "
        "tls.handshake.random tls.handshake.session_id_length tls.handshake.type tls.handshake.version"
    )),
    Known("nDPI-sites.pcapng", Reason.OTHER_PROTOCOL, 24, "frame.protocols"),
    Known("nDPI-sites.pcapng", Reason.UNFINISHED, 30, (
        "tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segment_data tcp.segments "
        "tls.app_data tls.record tls.record.length tls.record.opaque_type tls.record.version"
    )),
    Known("nDPI-teams.pcap", Reason.DNS_AGAIN, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-teams.pcap", Reason.ORDER, 1, (
        "tls.compress_certificate.algorithm tls.compress_certificate.algorithms_length "
        "tls.handshake.cipher_suites_length tls.handshake.ciphersuites tls.handshake.comp_methods "
        "tls.handshake.comp_methods_length tls.handshake.extension.data tls.handshake.extensions_ec_point_format "
        "tls.handshake.extensions_ec_point_formats tls.handshake.extensions_ec_point_formats_length "
        "tls.handshake.extensions_server_name tls.handshake.extensions_server_name_len "
        "tls.handshake.extensions_server_name_list_len tls.handshake.extensions_server_name_type "
        "tls.handshake.extensions_status_request_exts_len tls.handshake.extensions_status_request_responder_ids_len "
        "tls.handshake.extensions_supported_group tls.handshake.extensions_supported_groups "
        "tls.handshake.extensions_supported_groups_length tls.handshake.ja3 tls.handshake.ja3_full "
        "tls.handshake.sig_hash_alg_len tls.handshake.sig_hash_algs"
    )),
    Known("nDPI-teams.pcap", Reason.ORDER, 2, "tls.change_cipher_spec"),
    Known("nDPI-teams.pcap", Reason.ORDER, 5, (
        "tls.handshake.extensions_alpn_len tls.handshake.extensions_alpn_list tls.handshake.extensions_alpn_str "
        "tls.handshake.extensions_alpn_str_len"
    )),
    Known("nDPI-teams.pcap", Reason.ORDER, 10, "tls.app_data"),
    Known("nDPI-teams.pcap", Reason.ORDER, 12, "tls.handshake.ocsp_response_len"),
    Known("nDPI-teams.pcap", Reason.ORDER, 13, "tls.handshake.extensions_status_request_type"),
    Known("nDPI-teams.pcap", Reason.ORDER, 16, (
        "tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments "
        "tls.handshake.certificate tls.handshake.certificate_length tls.handshake.certificates "
        "tls.handshake.certificates_length tls.handshake.client_point tls.handshake.client_point_len "
        "tls.handshake.ja3s tls.handshake.ja3s_full tls.handshake.server_curve_type tls.handshake.server_named_curve "
        "tls.handshake.server_point tls.handshake.server_point_len tls.handshake.session_id tls.handshake.sig "
        "tls.handshake.sig_len"
    )),
    Known("nDPI-teams.pcap", Reason.ORDER, 17, (
        "tls.handshake.ciphersuite tls.handshake.comp_method tls.handshake.extension.len tls.handshake.extension.type "
        "tls.handshake.extensions_length tls.handshake.extensions_reneg_info_len tls.handshake.random "
        "tls.handshake.session_id_length tls.handshake.sig_hash_alg tls.handshake.sig_hash_hash "
        "tls.handshake.sig_hash_sig tls.handshake.version"
    )),
    Known("nDPI-teams.pcap", Reason.ORDER, 18, "tls.handshake.length tls.handshake.type"),
    Known("nDPI-teams.pcap", Reason.ORDER, 19, "tls.handshake"),
    Known("nDPI-teams.pcap", Reason.ORDER, 29, "tls.record.content_type tls.record.length"),
    Known("nDPI-teams.pcap", Reason.ORDER, 30, "tls.record tls.record.version"),
    Known("nDPI-teams.pcap", Reason.ORDER, 35, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-teams.pcap", Reason.ORDER, 37, "data data.data data.len"),
    Known("nDPI-teams.pcap", Reason.ORDER, 43, "tls"),
    Known("nDPI-teams.pcap", Reason.ORDER, 61, "tcp.reassembled_in"),
    Known("nDPI-teams.pcap", Reason.ORDER, 71, "tcp.segment_data"),
    Known("nDPI-teams.pcap", Reason.ORDER, 80, "frame.protocols"),
    Known("nDPI-teams.pcap", Reason.OTHER_PROTOCOL, 18, "_ws.malformed _ws.malformed.expert"),
    Known("nDPI-teams.pcap", Reason.OTHER_PROTOCOL, 25, "data"),
    Known("nDPI-teams.pcap", Reason.OTHER_PROTOCOL, 27, "data.data data.len"),
    Known("nDPI-teams.pcap", Reason.OTHER_PROTOCOL, 50, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-teams.pcap", Reason.OTHER_PROTOCOL, 98, "frame.protocols"),
    Known("nDPI-teams.pcap", Reason.OWN_NOTES, 2, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-tunnelbear.pcapng", Reason.OTHER_PROTOCOL, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-tunnelbear.pcapng", Reason.OTHER_PROTOCOL, 10, "data data.data data.len"),
    Known("nDPI-tunnelbear.pcapng", Reason.OTHER_PROTOCOL, 19, "frame.protocols"),
    Known("nDPI-tunnelbear.pcapng", Reason.OWN_NOTES, 7, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-vnc.pcapng", Reason.OTHER_PROTOCOL, 3009, "frame.protocols"),
    Known("nDPI-vnc.pcapng", Reason.VNC, 2, (
        "tcp.analysis tcp.analysis.ack_rtt tcp.analysis.acks_frame tcp.analysis.bytes_in_flight "
        "tcp.analysis.push_bytes_sent tcp.time_delta"
    )),
    Known("nDPI-vnc.pcapng", Reason.VNC, 1380, "tcp.nxtseq tcp.seq"),
    Known("nDPI-vnc.pcapng", Reason.VNC, 3165, "tcp.ack"),
    Known("nDPI-vnc.pcapng", Reason.VNC, 4485, "tcp.analysis.initial_rtt"),
    Known("nDPI-vnc.pcapng", Reason.VNC, 4545, "tcp.time_relative tcp.window_size tcp.window_size_scalefactor"),
    Known("nDPI-vnc.pcapng", Reason.VNC, 4548, "tcp.completeness tcp.stream"),
    Known("nDPI-wechat.pcap", Reason.DNS_AGAIN, 95, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-wechat.pcap", Reason.MIDSTREAM, 1, "frame.protocols tls"),
    Known("nDPI-wechat.pcap", Reason.OTHER_PROTOCOL, 36, "data data.data data.len"),
    Known("nDPI-wechat.pcap", Reason.OTHER_PROTOCOL, 67, "frame.protocols"),
    Known("nDPI-weibo.pcap", Reason.ORDER, 1, (
        "_ws.malformed _ws.malformed.expert http.chunk_boundary http.chunk_data http.chunk_size http.set_cookie "
        "http.transfer_encoding"
    )),
    Known("nDPI-weibo.pcap", Reason.ORDER, 2, (
        "data-text-lines http.content_encoding tcp.reassembled.data tcp.reassembled.length tcp.segment "
        "tcp.segment.count tcp.segments"
    )),
    Known("nDPI-weibo.pcap", Reason.ORDER, 3, "http.next_request_in"),
    Known("nDPI-weibo.pcap", Reason.ORDER, 5, "http.prev_request_in"),
    Known("nDPI-weibo.pcap", Reason.ORDER, 6, "http.next_response_in http.prev_response_in"),
    Known("nDPI-weibo.pcap", Reason.ORDER, 8, "http.content_length http.content_length_header"),
    Known("nDPI-weibo.pcap", Reason.ORDER, 9, (
        "http.cache_control http.chat http.connection http.content_type http.date http.last_modified http.request_in "
        "http.response http.response.code http.response.code.desc http.response.line http.response.phrase "
        "http.response.version http.response_for.uri http.response_in http.response_number http.server http.time"
    )),
    Known("nDPI-weibo.pcap", Reason.ORDER, 13, "_ws.expert _ws.expert.group _ws.expert.severity http.file_data"),
    Known("nDPI-weibo.pcap", Reason.ORDER, 21, "data data.data data.len"),
    Known("nDPI-weibo.pcap", Reason.ORDER, 27, "tcp.segment_data"),
    Known("nDPI-weibo.pcap", Reason.ORDER, 31, "frame.protocols http"),
    Known("nDPI-weibo.pcap", Reason.ORDER, 102, "tcp.reassembled_in"),
    Known("nDPI-whatsappfiles.pcap", Reason.ORDER, 1, "tcp.segment.overlap"),
    Known("nDPI-whatsappfiles.pcap", Reason.ORDER, 10, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-whatsappfiles.pcap", Reason.ORDER, 11, "tcp.segment_data"),
    Known("nDPI-whatsappfiles.pcap", Reason.ORDER, 12, (
        "tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments tls.app_data "
        "tls.record tls.record.content_type tls.record.length tls.record.version"
    )),
    Known("nDPI-whatsappfiles.pcap", Reason.ORDER, 15, "frame.protocols tls"),
    Known("nDPI-whatsappfiles.pcap", Reason.ORDER, 54, "tcp.reassembled_in"),
    Known("nDPI-whatsappfiles.pcap", Reason.OTHER_PROTOCOL, 1, "frame.protocols"),
    Known("nDPI-whatsappfiles.pcap", Reason.OWN_NOTES, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-whois.pcapng", Reason.OTHER_PROTOCOL, 2, (
        "tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("nDPI-whois.pcapng", Reason.OTHER_PROTOCOL, 3, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("nDPI-whois.pcapng", Reason.OTHER_PROTOCOL, 4, "frame.protocols tcp.reassembled_in tcp.segment_data"),
    Known("packetlife-backup-4-byte_AS_numbers_Full_Support.pcap", Reason.OTHER_PROTOCOL, 9, "frame.protocols"),
    Known("packetlife-backup-BGP_MD5.pcap", Reason.OTHER_PROTOCOL, 10, "frame.protocols"),
    Known("packetlife-backup-PPP_TCP_compression.pcap", Reason.OTHER_PROTOCOL, 35, (
        "_ws.expert _ws.expert.group _ws.expert.severity frame.protocols"
    )),
    Known("packetlife-backup-PPP_TCP_compression.pcap", Reason.VJC, 1, "tcp.payload"),
    Known("packetlife-backup-PPP_TCP_compression.pcap", Reason.VJC, 2, (
        "ip.proto tcp.checksum tcp.checksum.status tcp.urgent_pointer"
    )),
    Known("packetlife-backup-PPP_TCP_compression.pcap", Reason.VJC, 34, "data data.data data.len"),
    Known("packetlife-backup-cm4116_telnet.pcap", Reason.OTHER_PROTOCOL, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed _ws.malformed.expert"
    )),
    Known("packetlife-backup-cm4116_telnet.pcap", Reason.OTHER_PROTOCOL, 66, "frame.protocols"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.DNS_AGAIN, 5, (
        "_ws.expert _ws.expert.group _ws.expert.severity"
    )),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.GUESSED, 4, (
        "_ws.expert _ws.expert.group _ws.expert.severity data.data data.len frame.protocols http http.file_data"
    )),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.MIDSTREAM, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity"
    )),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.MIDSTREAM, 63, "data data.data data.len"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.MIDSTREAM, 181, "tls"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.MIDSTREAM, 224, "frame.protocols"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.ORDER, 4, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.ORDER, 5, (
        "tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.ORDER, 6, "tcp.reassembled_in"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.ORDER, 15, (
        "tls.app_data tls.record tls.record.content_type tls.record.length tls.record.version"
    )),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.ORDER, 20, "frame.protocols"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.ORDER, 105, "tcp.segment_data"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.OTHER_PROTOCOL, 8, "data data.data data.len"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.OTHER_PROTOCOL, 10, "frame.protocols"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.OWN_NOTES, 4, (
        "_ws.expert _ws.expert.group _ws.expert.severity"
    )),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.SSDP, 1, "http.next_request_in http.prev_request_in"),
    Known("packetlife-backup-gmail-pcapng.pcapng", Reason.SSDP, 2, (
        "_ws.expert _ws.expert.group _ws.expert.severity http.chat http.host http.request http.request.full_uri "
        "http.request.line http.request.method http.request.uri http.request.version http.request_number"
    )),
    Known("packets-tcp_dupack.pcapng", Reason.GUESSED, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity http http.file_data"
    )),
    Known("packets-tcp_dupack.pcapng", Reason.GUESSED, 3, "data"),
    Known("packets-tcp_dupack.pcapng", Reason.GUESSED, 4, "data.data data.len frame.protocols"),
    Known("pcaps-msnms.pcap", Reason.OTHER_PROTOCOL, 25, "frame.protocols"),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.LONG_TEXT, 2, "http.request.full_uri http.response_for.uri"),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 1, "http.content_encoding"),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 2, "data data.data data.len"),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 3, "http.last_modified"),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 4, (
        "data-text-lines http.connection http.content_length http.content_length_header tcp.reassembled.data "
        "tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 5, (
        "http.response_for.uri http.response_in tcp.segment_data"
    )),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 6, (
        "http.content_type http.date http.request_in http.response http.response.code http.response.code.desc "
        "http.response.line http.response.phrase http.response.version http.response_number http.time "
        "tcp.reassembled_in"
    )),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 7, "http.file_data"),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 8, "http"),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 13, (
        "http.host http.location http.request.full_uri http.request.method http.request.uri http.request.version"
    )),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 14, "http.cache_control"),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 19, (
        "_ws.expert _ws.expert.group _ws.expert.severity http.chat http.server"
    )),
    Known("pcaps-ppa-capture-files-dns.pcap", Reason.ORDER, 22, "frame.protocols"),
    Known("ptcpdump-curl-user.pcapng", Reason.LATE_COPY, 1, (
        "frame.protocols tls tls.extension.psk_ke_mode tls.extension.psk_ke_modes_length tls.handshake "
        "tls.handshake.cipher_suites_length tls.handshake.ciphersuite tls.handshake.ciphersuites "
        "tls.handshake.comp_method tls.handshake.comp_methods tls.handshake.comp_methods_length "
        "tls.handshake.extension.len tls.handshake.extension.type tls.handshake.extensions.supported_version "
        "tls.handshake.extensions.supported_versions_len tls.handshake.extensions_alpn_len "
        "tls.handshake.extensions_alpn_list tls.handshake.extensions_alpn_str tls.handshake.extensions_alpn_str_len "
        "tls.handshake.extensions_ec_point_format tls.handshake.extensions_ec_point_formats "
        "tls.handshake.extensions_ec_point_formats_length tls.handshake.extensions_key_share_client_length "
        "tls.handshake.extensions_key_share_group tls.handshake.extensions_key_share_key_exchange "
        "tls.handshake.extensions_key_share_key_exchange_length tls.handshake.extensions_length "
        "tls.handshake.extensions_padding_data tls.handshake.extensions_server_name "
        "tls.handshake.extensions_server_name_len tls.handshake.extensions_server_name_list_len "
        "tls.handshake.extensions_server_name_type tls.handshake.extensions_supported_group "
        "tls.handshake.extensions_supported_groups tls.handshake.extensions_supported_groups_length tls.handshake.ja3 "
        "tls.handshake.ja3_full tls.handshake.length tls.handshake.random tls.handshake.session_id "
        "tls.handshake.session_id_length tls.handshake.sig_hash_alg tls.handshake.sig_hash_alg_len "
        "tls.handshake.sig_hash_algs tls.handshake.sig_hash_hash tls.handshake.sig_hash_sig tls.handshake.type "
        "tls.handshake.version tls.record tls.record.content_type tls.record.length tls.record.version"
    )),
    Known("pyshark-capture_test.pcapng", Reason.BY_CLOSE, 1, (
        "http.response_in tcp.reassembled.data tcp.reassembled.length tcp.reassembled_in tcp.segment "
        "tcp.segment.count tcp.segment_data tcp.segments"
    )),
    Known("pyshark-capture_test.pcapng", Reason.BY_CLOSE, 2, (
        "_ws.expert _ws.expert.group _ws.expert.severity data-text-lines frame.protocols http http.chat "
        "http.connection http.content_type http.date http.file_data http.request_in http.response http.response.code "
        "http.response.code.desc http.response.line http.response.phrase http.response.version http.response_for.uri "
        "http.response_number http.server http.time http.www_authenticate"
    )),
    Known("scapy-http_chunk.pcap.gz", Reason.GUESSED, 1, "frame.protocols http"),
    Known("scapy-http_chunk.pcap.gz", Reason.OTHER_PROTOCOL, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("suricata-verify-frag-ip-tcp.pcap", Reason.OTHER_PROTOCOL, 1, (
        "data data.data data.len frame.protocols tcp.segment_data"
    )),
    Known("suricata-verify-http2-deflate-case.pcap", Reason.HTTP2_CODING, 1, (
        "data.data data.len http2.data.data"
    )),
    Known("suricata-verify-sip-tcp-pattern-matching-sip.pcap", Reason.OTHER_PROTOCOL, 2, "frame.protocols"),
    Known("suricata-verify-split-handshake-5whs.pcap", Reason.AWAITED, 1, (
        "data data.data data.len frame.protocols tcp.segment_data"
    )),
    Known("suricata-verify-tcp-async-01.pcap", Reason.OTHER_PROTOCOL, 1, (
        "data data-text-lines data.data data.len tcp.reassembled.data tcp.reassembled.length tcp.segment "
        "tcp.segment.count tcp.segments"
    )),
    Known("suricata-verify-tcp-async-01.pcap", Reason.OTHER_PROTOCOL, 10, "frame.protocols"),
    Known("suricata-verify-tcp-async-01.pcap", Reason.OTHER_PROTOCOL, 124, "tcp.reassembled_in"),
    Known("suricata-verify-tcp-async-01.pcap", Reason.OTHER_PROTOCOL, 125, "tcp.segment_data"),
    Known("suricata-verify-vxlan.pcap", Reason.OTHER_PROTOCOL, 4, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("suricata-verify-vxlan.pcap", Reason.OTHER_PROTOCOL, 43, "frame.protocols"),
    Known("tcpdump-geneve.pcap", Reason.OTHER_PROTOCOL, 21, "frame.protocols"),
    Known("tcpdump-lspping-fec-ldp.pcap", Reason.OTHER_PROTOCOL, 12, "frame.protocols"),
    Known("tcpdump-pptp.pcap", Reason.OTHER_PROTOCOL, 5, "frame.protocols"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 1, (
        "http.chunk_boundary http.chunk_data http.chunk_size http.content_encoding http.cookie http.cookie_pair "
        "http.set_cookie http.transfer_encoding tcp.options.sack_le"
    )),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 2, (
        "dns.retransmit_request dns.retransmit_request_in dns.retransmit_response dns.retransmit_response_in "
        "http.content_length http.content_length_header http.file_data"
    )),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 3, "http.next_response_in http.prev_response_in http.server"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 4, (
        "data dns.retransmission http.request.uri.path http.request.uri.query http.request.uri.query.parameter"
    )),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 5, "data.data data.len"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 6, "http.next_request_in http.prev_request_in"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 7, "http.last_modified http.referer"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 8, "http.accept_language http.cache_control"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 9, (
        "http.accept http.accept_encoding http.content_type http.date http.host http.request http.request.full_uri "
        "http.request.line http.request.method http.request.uri http.request.version http.request_in "
        "http.request_number http.response http.response.code http.response.code.desc http.response.line "
        "http.response.phrase http.response.version http.response_for.uri http.response_in http.response_number "
        "http.time http.user_agent"
    )),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 11, (
        "dns.resp.class dns.resp.len dns.resp.name dns.resp.ttl dns.resp.type"
    )),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 12, "dns.response_in dns.response_to dns.time"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 13, "http.connection"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 18, "http.chat"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 20, "frame.protocols http"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 28, "_ws.malformed.expert"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 32, "tcp.reassembled_in"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 47, "tcp.segment_data"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 48, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.CUT, 93, "_ws.malformed"),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.OTHER_PROTOCOL, 2, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed _ws.malformed.expert"
    )),
    Known("tcpreplay-test-rewrite_efcs.pcap", Reason.OTHER_PROTOCOL, 13, "frame.protocols"),
    Known("tcpreplay-test-rewrite_endpoint.pcap", Reason.DNS_AGAIN, 4, (
        "_ws.expert _ws.expert.group _ws.expert.severity"
    )),
    Known("tcpreplay-test-rewrite_endpoint.pcap", Reason.OTHER_PROTOCOL, 2, "data"),
    Known("tcpreplay-test-rewrite_endpoint.pcap", Reason.OTHER_PROTOCOL, 3, "data.data data.len"),
    Known("tcpreplay-test-rewrite_endpoint.pcap", Reason.OTHER_PROTOCOL, 13, "frame.protocols"),
    Known("tcptrace-hardware_dups.pcap", Reason.OTHER_PROTOCOL, 483, "frame.protocols"),
    Known("tcptrace-single_byte_rexmit.pcap", Reason.CUT, 1, "http.file_data http.request http.request_number"),
    Known("tcptrace-single_byte_rexmit.pcap", Reason.CUT, 2, (
        "data data.data data.len http.prev_response_in http.request.version http.request_in http.response_in "
        "http.time"
    )),
    Known("tcptrace-single_byte_rexmit.pcap", Reason.CUT, 3, (
        "http.chat http.date http.next_request_in http.next_response_in http.prev_request_in http.response "
        "http.response.code http.response.code.desc http.response.line http.response.phrase http.response.version "
        "http.response_for.uri http.response_number tcp.reassembled_in"
    )),
    Known("tcptrace-single_byte_rexmit.pcap", Reason.CUT, 6, "http tcp.segment_data"),
    Known("tcptrace-single_byte_rexmit.pcap", Reason.LLC, 27, "llc"),
    Known("tcptrace-single_byte_rexmit.pcap", Reason.OTHER_PROTOCOL, 9, "_ws.short"),
    Known("tcptrace-single_byte_rexmit.pcap", Reason.OTHER_PROTOCOL, 10, (
        "_ws.expert _ws.expert.group _ws.expert.severity"
    )),
    Known("tcptrace-single_byte_rexmit.pcap", Reason.OTHER_PROTOCOL, 27, "frame.protocols"),
    Known("tcptrace-urgent.pcap", Reason.OTHER_PROTOCOL, 5711, "_ws.short"),
    Known("tcptrace-urgent.pcap", Reason.OTHER_PROTOCOL, 6224, "frame.protocols"),
    Known("zeek-bad-backend-message-1.pcap", Reason.OWN_NOTES, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed _ws.malformed.expert frame.protocols"
    )),
    Known("zeek-dnp3_rec_time.pcap", Reason.OTHER_PROTOCOL, 2, "frame.protocols"),
    Known("zeek-erspan.pcap", Reason.CUT, 1, "http.set_cookie"),
    Known("zeek-erspan.pcap", Reason.CUT, 2, "http.prev_request_in"),
    Known("zeek-erspan.pcap", Reason.CUT, 3, (
        "_ws.expert _ws.expert.group _ws.expert.severity http.cache_control http.chat http.content_encoding "
        "http.content_length http.content_length_header http.content_type http.date http.last_modified "
        "http.next_request_in http.next_response_in http.prev_response_in http.request_in http.response "
        "http.response.code http.response.code.desc http.response.line http.response.phrase http.response.version "
        "http.response_for.uri http.response_in http.response_number http.server http.time"
    )),
    Known("zeek-erspan.pcap", Reason.CUT, 4, "http"),
    Known("zeek-erspan.pcap", Reason.CUT, 6, "frame.protocols tcp.reassembled_in"),
    Known("zeek-erspan.pcap", Reason.DNS_AGAIN, 2, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("zeek-erspan.pcap", Reason.INNER_TRAILER, 58, "eth.trailer"),
    Known("zeek-erspan.pcap", Reason.LONG_TEXT, 1, "http.request.full_uri"),
    Known("zeek-erspan.pcap", Reason.OTHER_PROTOCOL, 4, "frame.protocols"),
    Known("zeek-ftp-missing-space-after-reply-code.pcap", Reason.OTHER_PROTOCOL, 9, "frame.protocols"),
    Known("zeek-gtp6_gtp_0x32.pcap", Reason.OTHER_PROTOCOL, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("zeek-imap-starttls.pcap", Reason.OTHER_PROTOCOL, 6, "frame.protocols"),
    Known("zeek-irc-dcc-first-command.pcap", Reason.OTHER_PROTOCOL, 1, "frame.protocols"),
    Known("zeek-irc-dcc-first-command.pcap", Reason.REFUSED, 1, "data data.data data.len frame.protocols"),
    Known("zeek-irc-dcc-state-growth.pcapng", Reason.OTHER_PROTOCOL, 2, "frame.protocols"),
    Known("zeek-kerberos_tso.pcapng", Reason.OTHER_PROTOCOL, 2, "_ws.malformed.expert"),
    Known("zeek-kerberos_tso.pcapng", Reason.OTHER_PROTOCOL, 6, "_ws.malformed"),
    Known("zeek-kerberos_tso.pcapng", Reason.OTHER_PROTOCOL, 8, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("zeek-kerberos_tso.pcapng", Reason.OTHER_PROTOCOL, 215, "frame.protocols"),
    Known("zeek-modbusSmall.pcap", Reason.OTHER_PROTOCOL, 32, "frame.protocols"),
    Known("zeek-mount_base.pcap", Reason.OTHER_PROTOCOL, 10, "data data.data data.len"),
    Known("zeek-mount_base.pcap", Reason.OTHER_PROTOCOL, 82, "frame.protocols"),
    Known("zeek-mysql-9-0-0-query-attributes.pcap", Reason.MYSQL9, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed _ws.malformed.expert "
        "mysql.auth_switch_request.name mysql.query"
    )),
    Known("zeek-mysql-9-0-0-query-attributes.pcap", Reason.PICTURES, 1, "mysql.salt mysql.salt2"),
    Known("zeek-mysql-9-0-0-query-attributes.pcap", Reason.SECRET, 1, "mysql.passwd"),
    Known("zeek-oversized-close-frame.pcapng", Reason.LONG_TEXT, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity websocket.payload.close.reason"
    )),
    Known("zeek-pop3-unknown-commands.pcap", Reason.OTHER_PROTOCOL, 12, "frame.protocols"),
    Known("zeek-portmapper-many-unanswered-calls.pcapng", Reason.OTHER_PROTOCOL, 167, (
        "tcp.reassembled.data tcp.reassembled.length tcp.reassembled_in tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("zeek-portmapper-many-unanswered-calls.pcapng", Reason.OTHER_PROTOCOL, 184, (
        "frame.protocols tcp.segment_data"
    )),
    Known("zeek-pppoe-over-qinq.pcap", Reason.OTHER_PROTOCOL, 1, "frame.protocols"),
    Known("zeek-pppoe-over-qinq.pcap", Reason.PPPOE_LENGTH, 6, "ip.bogus_ip_length"),
    Known("zeek-pppoe-over-qinq.pcap", Reason.PPPOE_LENGTH, 7, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed"
    )),
    Known("zeek-psql-login-no-role.pcap", Reason.SSL_RESPONSE, 1, "frame.protocols pgsql pgsql.frontend pgsql.type"),
    Known("zeek-rdp-no-cookie-mstshash.pcap", Reason.BY_PORT, 1, (
        "tls.handshake.certificate tls.handshake.certificate_length tls.handshake.certificates "
        "tls.handshake.certificates_length tls.handshake.cipher_suites_length tls.handshake.ciphersuites "
        "tls.handshake.comp_methods tls.handshake.comp_methods_length tls.handshake.epms tls.handshake.epms_len "
        "tls.handshake.extensions_ec_point_format tls.handshake.extensions_ec_point_formats "
        "tls.handshake.extensions_ec_point_formats_length tls.handshake.extensions_supported_group "
        "tls.handshake.extensions_supported_groups tls.handshake.extensions_supported_groups_length tls.handshake.ja3 "
        "tls.handshake.ja3_full tls.handshake.ja3s tls.handshake.ja3s_full tls.handshake.session_id "
        "tls.handshake.sig_hash_alg tls.handshake.sig_hash_alg_len tls.handshake.sig_hash_algs "
        "tls.handshake.sig_hash_hash tls.handshake.sig_hash_sig"
    )),
    Known("zeek-rdp-no-cookie-mstshash.pcap", Reason.BY_PORT, 2, (
        "tls.change_cipher_spec tls.handshake.ciphersuite tls.handshake.comp_method tls.handshake.extension.len "
        "tls.handshake.extension.type tls.handshake.extensions_length tls.handshake.extensions_reneg_info_len "
        "tls.handshake.random tls.handshake.session_id_length tls.handshake.version"
    )),
    Known("zeek-rdp-no-cookie-mstshash.pcap", Reason.BY_PORT, 3, "tls.handshake.length tls.handshake.type"),
    Known("zeek-rdp-no-cookie-mstshash.pcap", Reason.BY_PORT, 4, (
        "tls tls.handshake tls.record tls.record.content_type tls.record.length tls.record.version"
    )),
    Known("zeek-rdp-no-cookie-mstshash.pcap", Reason.OTHER_PROTOCOL, 6, "frame.protocols"),
    Known("zeek-rdp-unknown-keyboard.pcap", Reason.OTHER_PROTOCOL, 3, "frame.protocols"),
    Known("zeek-smb_v2_only_non_zero_reserved1.pcap", Reason.DNS_AGAIN, 4, (
        "_ws.expert _ws.expert.group _ws.expert.severity"
    )),
    Known("zeek-smb_v2_only_non_zero_reserved1.pcap", Reason.OTHER_PROTOCOL, 2, (
        "_ws.expert _ws.expert.group _ws.expert.severity data data.data data.len"
    )),
    Known("zeek-smb_v2_only_non_zero_reserved1.pcap", Reason.OTHER_PROTOCOL, 117, "frame.protocols"),
    Known("zeek-smtp.pcap", Reason.ORDER, 1, (
        "data data.data data.len tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count "
        "tcp.segment.overlap tcp.segments"
    )),
    Known("zeek-smtp.pcap", Reason.ORDER, 2, "smtp.message"),
    Known("zeek-smtp.pcap", Reason.ORDER, 10, "tcp.reassembled_in"),
    Known("zeek-smtp.pcap", Reason.ORDER, 11, "tcp.segment_data"),
    Known("zeek-smtp.pcap", Reason.ORDER, 13, "frame.protocols smtp"),
    Known("zeek-smtp.pcap", Reason.ORDER, 15, "data-text-lines"),
    Known("zeek-smtp.pcap", Reason.OTHER_PROTOCOL, 5, "frame.protocols"),
    Known("zeek-smtp.pcap", Reason.SECRET, 2, "smtp.auth.username_password"),
    Known("zeek-socks.pcap", Reason.OTHER_PROTOCOL, 3, "tcp.payload"),
    Known("zeek-socks.pcap", Reason.OTHER_PROTOCOL, 5, "frame.protocols"),
    Known("zeek-ssh-dups.pcap", Reason.OTHER_PROTOCOL, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("zeek-ssh-dups.pcap", Reason.OTHER_PROTOCOL, 144, "frame.protocols"),
    Known("zeek-ssh_version_199.pcap", Reason.OTHER_PROTOCOL, 2, (
        "_ws.expert _ws.expert.group _ws.expert.severity _ws.malformed _ws.malformed.expert tcp.reassembled.data "
        "tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("zeek-ssh_version_199.pcap", Reason.OTHER_PROTOCOL, 6, "tcp.reassembled_in"),
    Known("zeek-ssh_version_199.pcap", Reason.OTHER_PROTOCOL, 8, "tcp.segment_data"),
    Known("zeek-ssh_version_199.pcap", Reason.OTHER_PROTOCOL, 59, "frame.protocols"),
    Known("zeek-tls-fragmented-handshake.pcap.gz", Reason.LONG_HANDSHAKE, 1, (
        "tls.handshake tls.handshake.certificate tls.handshake.certificate_length tls.handshake.certificates "
        "tls.handshake.certificates_length tls.handshake.fragment tls.handshake.fragment.count "
        "tls.handshake.fragments tls.handshake.length tls.handshake.type"
    )),
    Known("zeek-tls-fragmented-handshake.pcap.gz", Reason.LONG_HANDSHAKE, 20, "tls.handshake.reassembled_in"),
    Known("zeek-variant-03-cl_negative.pcap", Reason.OWN_NOTES, 1, "_ws.expert _ws.expert.group _ws.expert.severity"),
    Known("zeek-vnc-mac-to-linux.pcap", Reason.OTHER_PROTOCOL, 1, (
        "_ws.expert _ws.expert.group _ws.expert.severity tcp.reassembled.data tcp.reassembled.length tcp.segment "
        "tcp.segment.count tcp.segments"
    )),
    Known("zeek-vnc-mac-to-linux.pcap", Reason.OTHER_PROTOCOL, 2, "tcp.reassembled_in"),
    Known("zeek-vnc-mac-to-linux.pcap", Reason.OTHER_PROTOCOL, 24, "tcp.segment_data"),
    Known("zeek-vnc-mac-to-linux.pcap", Reason.OTHER_PROTOCOL, 177, "frame.protocols"),
    Known("zeek-zeek-image-post-1080-8000-x.pcap", Reason.BY_PORT, 1, (
        "http.accept http.date http.host http.request http.request.full_uri http.request.line http.request.method "
        "http.request.uri http.request.version http.request_in http.request_number http.response http.response.code "
        "http.response.code.desc http.response.line http.response.phrase http.response.version http.response_for.uri "
        "http.response_in http.response_number http.server http.time http.user_agent"
    )),
    Known("zeek-zeek-image-post-1080-8000-x.pcap", Reason.BY_PORT, 2, (
        "http http.chat http.content_length http.content_length_header http.content_type http.file_data "
        "tcp.reassembled.data tcp.reassembled.length tcp.segment tcp.segment.count tcp.segments"
    )),
    Known("zeek-zeek-image-post-1080-8000-x.pcap", Reason.BY_PORT, 5, "tcp.reassembled_in"),
    Known("zeek-zeek-image-post-1080-8000-x.pcap", Reason.BY_PORT, 7, "tcp.segment_data"),
    Known("zeek-zeek-image-post-1080-8000-x.pcap", Reason.OTHER_PROTOCOL, 2, (
        "_ws.expert _ws.expert.group _ws.expert.severity"
    )),
    Known("zeek-zeek-image-post-1080-8000-x.pcap", Reason.OTHER_PROTOCOL, 7, "frame.protocols"),
)
# fmt: on
