"""MySQL's client/server protocol, as MySQL and MariaDB speak it (dev.mysql.com and mariadb.com/kb document it).

Not read: the X protocol (port 33060), protocols before 4.1, values of parameters, and connections
with compression that began before the capture.
"""
