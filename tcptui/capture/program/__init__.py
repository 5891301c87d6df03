"""A program that is run for its connections: ``tcptui -- CMD ARG…``.

``scope``          a control group of its own: made, entered, removed; those of killed runs are cleared away
``socket_events``  which connections sockets of that group open and accept: the kernel's word, at that moment
``runner``         the process that runs it as the calling user, and waits for it
``client``         the app's end
"""
