"""TLS 1.0 to 1.3: records, handshake messages, certificates, alerts, and what they say of the session.

``records``           the record layer of one direction, over segment borders and gaps
``detection``         where TLS begins in a connection, by its bytes
``handshake``         handshake messages over record borders, and from where on bytes are encrypted
``conversation``      both directions: version, cipher suite, resumption
``lines``             a message as lines that know their bytes; ``message``, ``extensions`` and ``certificate`` read
                      messages into them
``fingerprints``      JA3, JA3S, JA4
``decryption``        both directions opened with secrets: which records hold which plain bytes; by ``suites``,
                      ``key_schedule`` and ``protection``
``plain_stream``      the plain bytes as a `ByteStream`, read as any other; ``plain_place`` has their header tree,
                      ``plain_parts`` what is followed
``tls_stream``        the `ParsedStream`; ``tree`` draws it, ``parts`` tells it, ``summary`` says one packet in a line
"""
