"""Parsing of payload and headers: byte streams, application protocols, and the header tree of one packet.

``registry``, ``row``   the application protocols, one row each; nothing above this package knows them by name
``application``       one connection as its protocol reads it
``interface``         what a protocol offers: messages, header tree, follow parts, requests, prefilter
``parts``             the decoded parts of one direction, as *follow stream* shows them
``prefilter``, ``row_notes``  which streams are worth reading in full, judged by columns and first bytes
``payload_places``    where payloads stand in the bytes of a batch, for those
``stream``            the byte stream of each direction, reassembled from segments
``http``              HTTP/1: messages, bodies, content codings, its header tree
``http2``             HTTP/2 and gRPC: frames, header lists, streams
``smtp``              SMTP
``tls``               TLS: records, handshake, certificates, alerts, and the plain bytes where there are secrets
``keylog``            those secrets
``message_schema``    the schema of gRPC messages that a user gives (``--proto``)
``summaries``         what one payload says, in a line
``event_stream``      server-sent events in HTTP bodies
``websocket``         the upgrade, frames, messages
``headers``           one packet as a tree of headers, in Wireshark's terms
``scapy_child``       a process that has scapy, for what no other package reads
``export``            files carried over HTTP

Parsers are bounded in memory, read lazily, and never raise for invalid bytes: a fault is a value with its offset.
Every part knows the bytes that it was made from, and every byte the packet that carried it.

Called by `findings` (rules about payload), `session`, `ui` and `cli` (follow, export, header tree).  Must not know
rules, sentences or screens.  scapy is imported in a process of its own alone.
"""
