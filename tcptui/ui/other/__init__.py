"""`u`: the packets that are not TCP: protocols, their conversations, their packets, one packet."""
