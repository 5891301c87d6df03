"""MongoDB's wire protocol: OP_MSG, what is compressed, and the older messages that connections still begin with."""
