"""HTTP/1.x: messages, bodies, and their header tree (RFC 9110, RFC 9112).

``head``, ``framing``, ``status``  start line and fields; where a body ends; reason phrases
``scanner``, ``read_window``  the messages of one direction, however broken what lies between is
``message``, ``fault``  one message; what is wrong with it, and at which byte
``conversation``      requests linked to responses
``body``, ``content_coding``  the body without chunks and codings, packet by packet
``http_stream``, ``parts``  one connection as the registry asks for it: messages, tree, parts, requests
``prefilter``, ``status_lines``  which streams are worth reading, by first bytes
``tree``, ``tree_head``, ``tree_body``  the tree for the packet on screen

A body is never held whole.
"""
