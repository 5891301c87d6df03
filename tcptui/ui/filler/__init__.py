"""What fills the lines that a screen leaves on a large terminal: a connection's packets, talkers, the traffic."""
