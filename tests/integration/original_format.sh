#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# Archives both ways between the original dcos-zk and ours.
. "$(dirname "${BASH_SOURCE[0]}")/fixture.sh"

readonly BASE=/var/lib/dcos/exhibitor

original() { python3 "$TESTS/integration/original_archive.py" "$@"; }

# make_archive MAKER: of the known tree, by another tool, as the original's runbook does it: the unit stopped.
make_archive() {
    fresh_host 1
    zk_stop 1
    "$1" "$(on_disk 1 /backup/theirs)" "$(on_disk 1 $BASE)"
    zk_start 1
    zk_tree 1 delete-tree /known/deep
    zk_tree 1 create /known/added-later later
}

python_archive() { original create "$1" "$2"; }
gnu_tar_archive() {
    tar --create --format=gnu --use-compress-program='gzip -9' --exclude=myid --exclude=zookeeper.out --file "$1" \
        --directory "$2" ./zookeeper
}
sparse_archive() { tar --create --sparse --format=gnu --gzip --exclude=myid --file "$1" --directory "$2" ./zookeeper; }
shuffled_archive() { # logs before snapshots, and no member for any directory
    (
        cd "$2"
        find ./zookeeper -type f ! -name myid ! -name zookeeper.out | LC_ALL=C sort -r |
            tar --create --gzip --format=gnu --file "$1" --no-recursion --files-from -
    )
}

restores() { # MAKER
    make_archive "$1"
    dcos_zk 1 restore /backup/theirs
    expect_status 0
    expect_stdout_line "$RESTORE_DONE"
    expect_message manifest
    expect_tree 1 "$BED/known-tree"
    expect_equal myid 1 "$(<"$(on_disk 1 $BASE/zookeeper/snapshot/myid)")"
    expect_equal owners "$BED_DCOS_UID:$BED_DCOS_UID" \
        "$(find "$(on_disk 1 $BASE/zookeeper)" -printf '%U:%G\n' | sort -u)"
}

logs_take_no_room() {
    make_archive python_archive
    dcos_zk 1 restore /backup/theirs
    expect_status 0
    local kilobytes
    kilobytes=$(du -sk "$(on_disk 1 $BASE/zookeeper)" | cut -f1)
    # One log that the restored server has begun is there as well; theirs are 64 MiB each if laid down as they are.
    if ((kilobytes > 20000)); then fail "the restored state takes $kilobytes kB on disk"; fi
}

original_restores_ours() {
    local id
    fresh_host 1
    dcos_zk 1 backup /backup/ours
    expect_status 0
    zk_wait 1
    zk_tree 1 delete-tree /known
    zk_stop 1
    id=$(<"$(on_disk 1 $BASE/zookeeper/snapshot/myid)")
    original restore "$(on_disk 1 /backup/ours)" "$(on_disk 1 $BASE)"
    # Exhibitor writes it anew at each start.
    install -o "$BED_DCOS_UID" -g "$BED_DCOS_UID" -m 0600 /dev/stdin "$(on_disk 1 $BASE/zookeeper/snapshot/myid)" <<<"$id"
    zk_start 1
    expect_tree 1 "$BED/known-tree"
}

ours_over_theirs_over_ours() {
    make_archive python_archive
    dcos_zk 1 restore /backup/theirs
    expect_status 0
    dcos_zk 1 backup /backup/ours
    expect_status 0
    zk_wait 1
    zk_tree 1 delete-tree /known
    dcos_zk 1 restore /backup/ours
    expect_status 0
    expect_tree 1 "$BED/known-tree"
}

bed_up 1
make_host 1 dcos
it "an archive that Python's tarfile made in the original's form restores" restores python_archive
it "an archive that GNU tar made in the original's form restores" restores gnu_tar_archive
it 'one with sparse members and zookeeper.out in it restores' restores sparse_archive
it 'one in another order and without directories restores' restores shuffled_archive
it "the zeros that logs are padded with take no room after a restore" logs_take_no_room
it "the original's restore takes our archive, and ZooKeeper serves the tree" original_restores_ours
it 'a backup of what was restored restores again' ours_over_theirs_over_ours
finish
