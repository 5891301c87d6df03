"""What packets mean: header trees of single packets, byte streams of connections, and the protocols spoken in them.

`stream`        the bytes of each direction of a connection, in order, tied to the packets that carried them
`interface`     what an application protocol offers: `ApplicationProtocol`, `ParsedStream`, `Request`
`registry`      `PROTOCOLS`, one row each, and `ApplicationStream`, what all others ask
`parts`         decoded text, as *follow stream* shows it
`row_notes`     what is noted of rows while they are decoded; imported before the first packet is shown
`prefilter`     which of very many streams are worth reading for the rules
`http` …        HTTP/1.x with `event_stream` and `websocket` in it, and `smtp`
`headers`       the header tree; `headers.application` is where TCP's payload goes through the registry
`export`        files carried over HTTP

To add a protocol: a package whose parser gives a `ParsedStream`, one row in `PROTOCOLS`, and the words
``follow.part.<label>`` of its parts in every language.  Rules about it go to `tcptui.findings.rules`, are entered
in `tcptui.findings.rules.application`, and the row says ``judged``.
"""
