#!/usr/bin/env python3
"""Runs a command to its end, and writes its exit code, seconds and peak memory (KiB) to FILE.

    measure.py FILE COMMAND...

The memory is that of the largest of the processes that the command was made of.
"""
import os
import sys
import time

started = time.monotonic()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
took = time.monotonic() - started
with open(sys.argv[1], 'w', encoding='ascii') as file:
    file.write(f'{os.waitstatus_to_exitcode(status)} {took:.3f} {usage.ru_maxrss}\n')
