#!/usr/bin/env python3
"""Runs a command in a terminal of its own, which hangs up at the end of standard input.

    in_terminal.py COMMAND [ARGUMENT]...
"""
import os
import pty
import select
import sys


def main():
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    while True:
        readable, _, _ = select.select([terminal, sys.stdin], [], [])
        if sys.stdin in readable and not os.read(sys.stdin.fileno(), 4096):
            break
        if terminal in readable:
            try:
                os.read(terminal, 4096)
            except OSError:  # the command has ended
                break
    os.close(terminal)
    os.waitpid(child, 0)


if __name__ == '__main__':
    main()
