"""WebSocket (RFC 6455): the upgrade, frames, messages.

``conversation``      the upgrade, what was negotiated, both directions
``frames``            frames of one direction, each with its offset
``messages``          fragments joined, unmasked and inflated (RFC 7692), with limits
``by_frame``, ``tree``  frames by the packet that completed them, in the header tree
"""
