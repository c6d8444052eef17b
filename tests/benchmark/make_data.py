#!/usr/bin/env python3
"""Makes the files of a ZooKeeper server with a history, as a real one (3.4 to 3.9) takes them.

    make_data.py DIRECTORY MEBIBYTES    the files go to DIRECTORY/{snapshot,transactions}/version-2

Seven files of an equal size: three snapshots of one tree, each followed by a log that sets every node once, and one
more such log. A server that starts on them replays the last two logs and writes the eighth itself: the snapshot that
its next backup begins with. MEBIBYTES is the size of all eight.

The nodes hold what schedulers keep in ZooKeeper: JSON with much of it alike, identifiers, and some bytes that no
compressor makes smaller.
"""
import os
import pathlib
import random
import struct
import sys
import zlib

FILES = 8
FIRST_ZXID = 0x100000000
FIRST_TIME = 1_700_000_000_000  # ms
SET_DATA = 5
OPEN_ACL = 1
TASKS_OF_AN_APP = 200
MOST_BUFFERED = 4 * 1024 * 1024


def text(value):
    return struct.pack('>i', len(value)) + value


def buffer(value):
    return struct.pack('>i', len(value)) + value


class Tasks:
    """The tree's leaves: task i of it has another content for each version."""

    def __init__(self):
        noise = random.Random(1)
        self.letters = ''.join(noise.choices('0123456789abcdef-_XYZ', k=1 << 22))
        self.bytes = noise.randbytes(1 << 22)

    @staticmethod
    def app(i):
        return b'/services/app-%05d' % (i // TASKS_OF_AN_APP)

    @classmethod
    def path(cls, i):
        return b'%s/task-%08d' % (cls.app(i), i)

    def content(self, i, version):
        at = (i * 2654435761 + version * 97_777_777) % ((1 << 22) - 512)
        letters = self.letters
        return (
            f'{{"taskId":"app-{i // TASKS_OF_AN_APP:05d}.instance-{letters[at:at + 36]}._app.{version}",'
            f'"runSpecVersion":"{FIRST_TIME + version * 60_000}","state":"TASK_RUNNING","healthy":true,'
            f'"agentInfo":{{"host":"10.{at % 7}.{at % 251}.{i % 241}","agentId":"{letters[at + 40:at + 76]}",'
            f'"region":"eu-central-1","zone":"eu-central-1{"abc"[i % 3]}","attributes":[]}},'
            f'"status":{{"stagedAt":{FIRST_TIME + i},"startedAt":{FIRST_TIME + i + at % 9973},'
            f'"mesosStatus":{{"source":"SOURCE_EXECUTOR","containerStatus":{{"containerId":'
            f'"{letters[at + 80:at + 116]}","networkInfos":[{{"ipAddresses":[{{"protocol":"IPv4",'
            f'"ipAddress":"9.0.{at % 255}.{i % 255}"}}],"name":"dcos"}}]}},"reason":"REASON_RECONCILIATION"}}}},'
            f'"resources":{{"cpus":{0.1 * (i % 40):.1f},"mem":{32 * (i % 64)},"disk":0.0,"gpus":0}},'
            f'"reservation":{{"volumeIds":[],"state":{{"name":"launched","timeout":null}},"id":'
            f'"{letters[at + 120:at + 156]}"}},"role":"slave_public","unreachableStrategy":'
            f'{{"inactiveAfterSeconds":300,"expungeAfterSeconds":600}}}}'
        ).encode() + self.bytes[at:at + 96]


def set_zxid(count, version, i):
    """The transaction that gave task i its version; version 0 was there from the start."""
    return FIRST_ZXID if version == 0 else FIRST_ZXID + (version - 1) * count + i + 1


class Output:
    """A file that is written in large pieces, and the Adler-32 of all that was written."""

    def __init__(self, path):
        self.file = open(path, 'xb', buffering=MOST_BUFFERED)
        self.adler = 1

    def write(self, piece):
        self.adler = zlib.adler32(piece, self.adler)
        self.file.write(piece)

    def close(self):
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()


def node(path, data, acl, zxid, mzxid, version, children):
    stat = struct.pack('>qqqqiiiqq', zxid, mzxid, FIRST_TIME, FIRST_TIME + version * 60_000, version, children, 0, 0,
                       zxid)
    return text(path) + buffer(data) + struct.pack('>q', acl) + stat


def write_snapshot(directory, tasks, count, version):
    zxid = set_zxid(count, version, count - 1)
    out = Output(directory / f'snapshot.{zxid:x}')
    out.write(b'ZKSN' + struct.pack('>iq', 2, -1))
    out.write(struct.pack('>i', 0))  # sessions
    out.write(struct.pack('>iqii', 1, OPEN_ACL, 1, 31) + text(b'world') + text(b'anyone'))
    for path in b'', b'/zookeeper', b'/zookeeper/quota':
        out.write(node(path, b'', -1, 0, 0, 0, 0))
    out.write(node(b'/services', b'', OPEN_ACL, FIRST_ZXID, FIRST_ZXID, 0, -(-count // TASKS_OF_AN_APP)))
    for i in range(count):
        if i % TASKS_OF_AN_APP == 0:
            children = min(TASKS_OF_AN_APP, count - i)
            out.write(node(tasks.app(i), b'', OPEN_ACL, FIRST_ZXID, FIRST_ZXID, 0, children))
        out.write(node(tasks.path(i), tasks.content(i, version), OPEN_ACL, FIRST_ZXID, set_zxid(count, version, i),
                       version, 0))
    out.write(text(b'/'))
    out.write(struct.pack('>q', out.adler) + text(b'/'))  # the seal
    out.close()


def write_log(directory, tasks, count, version):
    out = Output(directory / f'log.{set_zxid(count, version, 0):x}')
    out.write(b'ZKLG' + struct.pack('>iq', 2, 0))
    for i in range(count):
        header = struct.pack('>qiqqi', 0x1000_0000_0000_0001, i, set_zxid(count, version, i),
                             FIRST_TIME + version * 60_000, SET_DATA)
        payload = header + text(tasks.path(i)) + buffer(tasks.content(i, version)) + struct.pack('>i', version)
        out.write(struct.pack('>qi', zlib.adler32(payload), len(payload)) + payload + b'B')
    out.close()


def main(base, mebibytes):
    tasks = Tasks()
    size_of_a_node = len(node(tasks.path(0), tasks.content(0, 1), OPEN_ACL, 0, 0, 0, 0))
    count = mebibytes * 1024 * 1024 // FILES // size_of_a_node
    snapshots, logs = base / 'snapshot' / 'version-2', base / 'transactions' / 'version-2'
    for directory in snapshots, logs:
        directory.mkdir(parents=True, exist_ok=True)
    for version in range(3):
        write_snapshot(snapshots, tasks, count, version)
        write_log(logs, tasks, count, version + 1)
    write_log(logs, tasks, count, 4)


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
