#!/usr/bin/env python3
"""Compares the state in an archive, or in an unpacked one, with ZooKeeper's own directories.

    compare_state.py ARCHIVE-OR-DIRECTORY SNAPSHOT-DIRECTORY LOG-DIRECTORY

SNAPSHOT-DIRECTORY and LOG-DIRECTORY are the version-2 directories, and may be the same. Every snapshot, epoch and log
has to be there with the same bytes, owner, group, mode and time, and nothing else; the zeros that a log is padded
with may be missing. Exits 1 and names the first difference otherwise.
"""
import pathlib
import stat
import subprocess
import sys
import tempfile


class Difference(Exception):
    pass


def is_log(name):
    return name.startswith('log.')


def state_files(snapshots, logs):
    """Name and path of every file that belongs into a backup, by the directory that it has in an archive."""
    found = {}
    for path in sorted(snapshots.iterdir()):
        if path.name.startswith('snapshot.') or path.name in ('acceptedEpoch', 'currentEpoch'):
            found['snapshot/version-2/' + path.name] = path
    for path in sorted(logs.iterdir()):
        if is_log(path.name):
            found['transactions/version-2/' + path.name] = path
    return found


def content(path):
    data = path.read_bytes()
    return data.rstrip(b'\0') if is_log(path.name) else data


def attributes(path):
    status = path.stat()
    return {
        'owner': status.st_uid,
        'group': status.st_gid,
        'mode': oct(stat.S_IMODE(status.st_mode)),
        'time': status.st_mtime_ns,
    }


def compare(name, archived, original):
    if content(archived) != content(original):
        raise Difference(f'{name}: other content')
    for what, value in attributes(original).items():
        if attributes(archived)[what] != value:
            raise Difference(f'{name}: {what} is {attributes(archived)[what]}, on the host {value}')


def compare_all(top, snapshots, logs):
    originals = state_files(snapshots, logs)
    archived = {
        str(path.relative_to(top / 'zookeeper')): path
        for path in (top / 'zookeeper').rglob('*')
        if path.is_file() and path.name != 'dcos-zk-manifest.json'
    }
    if sorted(archived) != sorted(originals):
        raise Difference(f'archived are {sorted(archived)}, on the host {sorted(originals)}')
    if not any('snapshot.' in name or is_log(pathlib.Path(name).name) for name in archived):
        raise Difference('there is nothing to compare')
    for name, path in archived.items():
        compare(name, path, originals[name])


def unpack(archive, top):
    # GNU tar, for Python's own tarfile keeps only the microseconds of a time.
    subprocess.run(['tar', '--extract', '--same-owner', '--same-permissions', '--numeric-owner', '--file', archive,
                    '--directory', top], check=True)


def main():
    source, snapshots, logs = (pathlib.Path(argument) for argument in sys.argv[1:])
    try:
        if source.is_dir():
            compare_all(source, snapshots, logs)
        else:
            with tempfile.TemporaryDirectory() as top:
                unpack(source, top)
                compare_all(pathlib.Path(top), snapshots, logs)
    except Difference as difference:
        sys.exit(f'{source}: {difference}')


if __name__ == '__main__':
    main()
