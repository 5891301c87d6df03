"""The screens of the same traffic at two places: the list of connections, and the ladder of one."""
