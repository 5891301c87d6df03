"""The privileged process that captures: everything that ever holds CAP_NET_RAW is in this folder."""
