"""Events of this host's kernel about its own TCP connections, from tracefs, read by a process of its own.

===============  =============================================================================
``formats``      how this kernel lays out an event, read from tracefs, never assumed
``pages``        the events in what trace_pipe_raw gives: binary, for a process's name could forge a line of text
``instance``     a trace instance of our own: made, locked, removed; those of killed runs are cleared away
``clock``        the trace clock against the clock of packets, as an interval
``decoder``      events to records (`tcptui.model.kernel_event`)
``reader``       the main function of the process that reads; its janitor removes the instance afterwards
``client``       the app's end
===============  =============================================================================
"""
