"""HTTP/1.x: messages, bodies, and their header tree (RFC 9110, RFC 9112).

``head``, ``framing``, ``status``  start line and fields; where a body ends; reason phrases
``scanner``, ``read_window``  the messages of one direction, however broken what lies between is
``message``, ``fault``  one message; what is wrong with it, and at which byte
``conversation``      requests linked to responses
``body``, ``content_coding``  the body without chunks and codings, packet by packet
``by_frame``          which packet completed which message
``tree``, ``tree_head``, ``tree_body``, ``tree_place``  the tree for the packet on screen

A body is never held whole.
"""
