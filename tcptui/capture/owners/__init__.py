"""Whose sockets: a process that looks at the kernel's tables while connections are open, and remembers.

``dump``        all sockets of our own network namespace: inet_diag
``namespaces``  those of the others: /proc/PID/net
``holders``     the process that has a socket open, by the socket's inode: /proc
``watch``       the sockets as they come and go
``places``      unit, container and pod in the path of a control group
``messages``    what is asked, and what is answered
``main``        the process: two capabilities, no packet
``client``      the program's side of it
"""
