"""What the bytes say: byte streams, the protocols in them, and the header tree of one packet.

``registry``          the application protocols, one row each; nothing above this package knows them by name
``interface``         what a protocol offers: messages, header tree, follow parts, requests, prefilter
``parts``             what one side said, decoded, as *follow stream* shows it
``prefilter``, ``row_notes``  which streams are worth reading byte by byte, by columns and first bytes
``stream``            the byte stream of each direction, put together from segments
``http``              HTTP/1: messages, bodies, content codings, its header tree
``smtp``              SMTP
``event_stream``      server-sent events in HTTP bodies
``websocket``         the upgrade, frames, messages
``headers``           one packet as a tree of headers, in Wireshark's terms
``export``            files carried over HTTP

Parsers are bounded in memory, read lazily, and never raise for bytes: what is wrong is a value that says where.  Every
part knows its bytes, and every byte the packet that carried it.

To add one: a package whose parser gives a `ParsedStream`, a row of `PROTOCOLS`, and the words ``follow.part.<label>``
of its parts in every language.  Rules about it go to `findings.rules`, are entered in `findings.rules.application`, and
its row is marked as judged.

Called by `findings` (rules about bytes), `session`, `ui` and `cli` (follow, export, header tree).  Must not know rules,
sentences or screens.  scapy is imported by one loader in ``headers`` only.
"""
