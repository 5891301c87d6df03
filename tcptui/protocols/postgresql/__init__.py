"""PostgreSQL and what speaks like it (CockroachDB, YugabyteDB, pgbouncer): frontend/backend protocol 3.

Source: PostgreSQL 15 documentation, chapter 55.  Not read: protocol 2, and what GSSAPI encrypts.
"""
