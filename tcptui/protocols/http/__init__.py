"""HTTP/1.x: messages, bodies, and their header tree (RFC 9110, RFC 9112).

``head``, ``framing``, ``status``  start line and fields; where a body ends; reason phrases
``scanner``, ``read_window``  the messages of one direction, also with broken or missing bytes between them
``message``, ``fault``  one message; its faults and their offsets
``conversation``      requests linked to responses
``body``, ``content_coding``  the body without chunks and codings, packet by packet
``http_stream``       one connection as a `ParsedStream`: messages, tree, parts, requests
``prefilter``, ``status_lines``  which streams are worth reading in full, by first bytes
``tree``, ``tree_head``, ``tree_body``  the header tree for the packet on screen

A whole body is never held in memory.
"""
