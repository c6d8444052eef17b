#!/usr/bin/env python3
"""Does to an archive what DC/OS's original dcos-zk does, with the same library: Python's tarfile.

    original_archive.py create ARCHIVE BASE-DIRECTORY    archives BASE-DIRECTORY/zookeeper: GNU format, gzip level 9
    original_archive.py restore ARCHIVE BASE-DIRECTORY   removes BASE-DIRECTORY/zookeeper, then unpacks all members
"""
import pathlib
import shutil
import sys
import tarfile


def without_the_hosts_own(member):
    return None if 'myid' in member.name or 'zookeeper.out' in member.name else member


def create(archive, base):
    with tarfile.open(archive, 'x:gz', format=tarfile.GNU_FORMAT, compresslevel=9) as tar:
        tar.add(base / 'zookeeper', './zookeeper', filter=without_the_hosts_own)


def restore(archive, base):
    shutil.rmtree(base / 'zookeeper')
    with tarfile.open(archive) as tar:
        tar.extractall(base, numeric_owner=True)


if __name__ == '__main__':
    command, archive_path, base_directory = sys.argv[1:]
    {'create': create, 'restore': restore}[command](archive_path, pathlib.Path(base_directory))
