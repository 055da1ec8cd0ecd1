#!/usr/bin/env python3
"""Fills the table of tracked connections of its network namespace, as real programs do, and keeps it full.

  storm.py udp          one datagram each to ever more addresses, from one socket (a DHT node)
  storm.py half-open    TCP attempts to ever more silent addresses, each given up at once (a crawler of dead hosts)
  storm.py open PORT    TCP connections that are answered and closed (a load test)

Prints "full" once 97 % of it is taken; runs until it is killed. The table's size is the machine's, not the namespace's
(nf_conntrack_max can be set by the first namespace only), so nothing is made smaller for it.
"""
import socket
import sys

MAX = int(open("/proc/sys/net/netfilter/nf_conntrack_max").read())
LOOK_EVERY = 2_000


def is_full():
    return int(open("/proc/sys/net/netfilter/nf_conntrack_count").read()) >= MAX * 0.97


def silent(i):
    return f"20.{(i >> 16) & 255}.{(i >> 8) & 255}.{i & 255}"


def udp():
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind(("", 0))

    def send(i):
        try:
            sender.sendto(b"d1:q4:pinge", (silent(i), 6881))
        except OSError:
            pass  # dropped: that is the point

    return send


def half_open():
    def begin(i):
        with socket.socket() as attempt:
            attempt.setblocking(False)
            attempt.connect_ex((silent(i), 443))

    return begin


def connection(port):
    def run(i):
        try:
            with socket.create_connection((f"30.0.{(i >> 8) & 127}.{i & 255}", port), timeout=1):
                pass
        except OSError:
            pass

    return run


step = {"udp": udp, "half-open": half_open, "open": lambda: connection(int(sys.argv[2]))}[sys.argv[1]]()
number, told = 0, False
while True:
    step(number)
    number += 1
    if not told and number % LOOK_EVERY == 0 and is_full():
        print("full", flush=True)
        told = True
