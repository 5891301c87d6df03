"""Multipath TCP subflows, as far as tshark's duplicate-ACK rule needs them (RFC 8684).

``connections``       which subflows are one connection, and what it was used for
``operations``        which repeated acknowledgments are no duplicates because of that use
``batch``             lookups in the rows of a batch

Called by `analysis.analyzer` before the kernel; captures without MPTCP cost nothing.
"""
