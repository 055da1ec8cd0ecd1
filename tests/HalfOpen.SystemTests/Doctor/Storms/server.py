#!/usr/bin/env python3
"""Accepts connections on a port and closes each at once. Prints "ready". Runs until it is killed."""
import socket
import sys

listener = socket.create_server(("", int(sys.argv[1])), backlog=4096)
print("ready", flush=True)
while True:
    listener.accept()[0].close()
