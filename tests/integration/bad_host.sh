#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# Hosts on which dcos-zk cannot do its work, or must not: each time the documented exit code, a message that names what was
# found, and nothing changed: neither the unit nor any file.
. "$(dirname "${BASH_SOURCE[0]}")/fixture.sh"
. "$(dirname "${BASH_SOURCE[0]}")/interrupt.sh"

readonly BASE=/var/lib/dcos/exhibitor
readonly ZOOKEEPER=$BASE/zookeeper UNIT=dcos-exhibitor.service

# A fresh host with an archive of its tree in /root/b.
with_archive() {
    fresh_host 1
    rm -f "$(on_disk 1 /root/b)"
    dcos_zk 1 backup /root/b
    expect_status 0
    zk_wait 1
}

# note: what must not change from here on.
note() {
    NOTED_UNIT=$(unit_picture 1)
    NOTED_FILES=$(file_picture 1 /var/lib/dcos /backup)
}

expect_untouched() {
    expect_equal 'the unit' "$NOTED_UNIT" "$(unit_picture 1)"
    expect_equal 'the files' "$NOTED_FILES" "$(file_picture 1 /var/lib/dcos /backup)"
}

# refused CODE COMMAND ARGUMENT... -- PART...: exits with CODE before anything is touched, and says each PART.
refused() {
    local code=$1 arguments=()
    shift
    while [[ $1 != -- ]]; do
        arguments+=("$1")
        shift
    done
    shift
    note
    dcos_zk 1 "${arguments[@]}"
    expect_status "$code"
    expect_message "$@"
    expect_lacks 'standard output' successfully "$STDOUT"
    expect_untouched
}

# expect_put_back LITTER: the unit was stopped on the way, and all is as before it.
expect_put_back() {
    expect_unit 1 active
    expect_equal 'what lies about' "$1" "$(litter_picture 1)"
    expect_equal 'the directory of the archive' '' "$(ls -A "$(on_disk 1 /backup)")"
    wait_until 15 'no unit of ours is left' no_guard 1
    expect_tree 1 "$BED/known-tree"
}

# ------------------------------------------------------------------------------------------------- the caller

not_root() {
    fresh_host 1
    note
    STATUS=0
    in_node 1 setpriv --reuid=nobody --regid=nogroup --clear-groups dcos-zk backup /tmp/b 2>"$BED/stderr" || STATUS=$?
    STDOUT='' STDERR=$(<"$BED/stderr")
    expect_status 1
    expect_message root
    expect_untouched
}

two_at_once() {
    local started
    fresh_host 1 "$HOLD_STOP"
    hold 1 stop
    begin_run 1 backup /backup/first
    wait_until 10 'the unit is stopping' unit_is 1 deactivating
    started=$SECONDS
    dcos_zk 1 backup /backup/second
    expect_status 6
    expect_message "$(in_node 1 cat /run/dcos-zk.pid)"
    dcos_zk 1 restore /backup/second # which is not there: usage comes first
    expect_status 2
    if ((SECONDS - started > 5)); then fail 'it took its time to say so'; fi
    release 1 stop
    end_run
    expect_status 0
    expect_equal 'archives' first "$(ls "$(on_disk 1 /backup)")"
    expect_unit 1 active
}

libraries_of_dcos_shell() {
    local library
    fresh_host 1
    mkdir -p "$(on_disk 1 /opt/mesosphere/lib)"
    for library in libarchive.so.13 libstdc++.so.6 libsystemd.so.0 libcrypto.so.3 libz.so.1 libzstd.so.1 libfmt.so.9 \
        libsdbus-c++.so.1; do
        echo 'not a library that this host can load' >"$(on_disk 1 /opt/mesosphere/lib)/$library"
    done
    dcos_zk_with 1 LD_LIBRARY_PATH=/opt/mesosphere/lib -- backup /backup/b
    expect_status 0
    zk_wait 1
    zk_tree 1 delete-tree /known
    dcos_zk_with 1 LD_LIBRARY_PATH=/opt/mesosphere/lib -- restore /backup/b
    expect_status 0
    expect_tree 1 "$BED/known-tree"
}

# What is not open at the start must not become one of the program's own files, which its messages then end up in.
streams_closed() {
    fresh_host 1
    in_node 1 bash -c 'exec dcos-zk backup /backup/b <&- >&- 2>&-'
    gzip --test <"$(on_disk 1 /backup/b)"
    expect_lacks 'the lock' ZooKeeper "$(in_node 1 cat /run/dcos-zk/lock)"
    expect_unit 1 active
}

# ------------------------------------------------------------------------------------------------- paths

target_exists() {
    fresh_host 1
    echo mine >"$(on_disk 1 /backup/b)"
    refused 2 backup /backup/b -- 'dcos-zk: error: argument backup_path: /backup/b already exists'
}
target_is_a_dangling_link() {
    fresh_host 1
    ln -s nowhere "$(on_disk 1 /backup/b)"
    refused 2 backup /backup/b -- '/backup/b already exists'
}
target_parent_missing() {
    fresh_host 1
    refused 2 backup /backup/no/b -- 'dcos-zk: error: argument backup_path: /backup/no/b parent directory does not exist'
}
target_inside_data() {
    fresh_host 1
    refused 2 backup $ZOOKEEPER/transactions/version-2/b -- $ZOOKEEPER/transactions
    ln -s "$ZOOKEEPER/snapshot" "$(on_disk 1 /backup/innocent)"
    refused 2 backup /backup/innocent/b -- $ZOOKEEPER/snapshot
}
target_beside_data() { # would move aside with the next restore
    fresh_host 1
    refused 2 backup $ZOOKEEPER/b -- $ZOOKEEPER
}
archive_missing() {
    fresh_host 1
    refused 2 restore /backup/b -- 'dcos-zk: error: argument backup_path: /backup/b does not exist'
}
archive_is_a_directory() {
    fresh_host 1
    mkdir "$(on_disk 1 /backup/b)"
    refused 2 restore /backup/b -- 'dcos-zk: error: argument backup_path: /backup/b is not a file'
}
archive_is_empty() {
    fresh_host 1
    : >"$(on_disk 1 /backup/b)"
    refused 4 restore /backup/b -- /backup/b
}
archive_is_no_archive() {
    fresh_host 1
    seq 10000 >"$(on_disk 1 /backup/b)"
    refused 4 restore /backup/b -- /backup/b
}
archive_is_cut() {
    local size cut
    with_archive
    size=$(stat -c %s "$(on_disk 1 /root/b)")
    for cut in 1 8 9 1000 $((size / 2)); do
        head -c -"$cut" "$(on_disk 1 /root/b)" >"$(on_disk 1 /backup/b)"
        refused 4 restore /backup/b -- /backup/b
    done
}
archive_has_a_flipped_byte() {
    local size place
    with_archive
    size=$(stat -c %s "$(on_disk 1 /root/b)")
    for place in 20 $((size / 3)) $((size / 2)) $((size - 6)) $((size - 2)); do
        python3 - "$(on_disk 1 /root/b)" "$(on_disk 1 /backup/b)" "$place" <<'PYTHON'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[int(sys.argv[3])] ^= 0x10
open(sys.argv[2], 'wb').write(data)
PYTHON
        refused 4 restore /backup/b -- /backup/b
    done
}
archive_of_something_else() {
    fresh_host 1
    tar czf "$(on_disk 1 /backup/b)" -C /etc hostname passwd
    refused 4 restore /backup/b -- /backup/b
}

# ------------------------------------------------------------------------------------------------- the data

data_missing() {
    fresh_host 1
    zk_stop 1
    rm -r "$(on_disk 1 $ZOOKEEPER)"
    refused 1 backup /backup/b -- "$ZOOKEEPER"
}
data_missing_for_restore() {
    with_archive
    zk_stop 1
    rm -r "$(on_disk 1 $ZOOKEEPER)"
    refused 1 restore /root/b -- "$ZOOKEEPER"
}
data_empty() {
    fresh_host 1
    zk_stop 1
    rm -r "$(on_disk 1 $ZOOKEEPER)"/*/version-2/*
    refused 4 backup /backup/b -- "$ZOOKEEPER/snapshot"
}
data_empty_for_restore() {
    with_archive
    zk_stop 1
    rm -r "$(on_disk 1 $ZOOKEEPER)"/*/version-2
    dcos_zk 1 restore /root/b
    expect_status 0
    zk_start 1
    expect_tree 1 "$BED/known-tree"
}
data_is_a_link() { # NAME below ZOOKEEPER
    local place
    with_archive
    zk_stop 1
    place=$ZOOKEEPER$1
    mv "$(on_disk 1 "$place")" "$(on_disk 1 "$BASE/elsewhere")"
    ln -s "$BASE/elsewhere" "$(on_disk 1 "$place")"
    refused 3 backup /backup/b -- "$place"
    refused 3 restore /root/b -- "$place"
}

# on_small_disk SIZE: node 1's exhibitor directory lies on a file system of its own for the rest of the behaviour.
on_small_disk() {
    zk_stop 1
    in_node 1 cp -a "$BASE" /root/kept
    in_node 1 mount -t tmpfs -o "size=$1,mode=0700,uid=$BED_DCOS_UID,gid=$BED_DCOS_UID" small "$BASE"
    trap off_small_disk EXIT
    in_node 1 cp -a --sparse=always /root/kept/. "$BASE/"
    zk_start 1
}
off_small_disk() {
    in_node 1 systemctl stop "$UNIT"
    in_node 1 umount "$BASE"
    in_node 1 rm -rf /root/kept
}
# A tmpfs of the node is not seen from outside.
small_disk_picture() { in_node 1 sh -c "cd $BASE && find . ! -name 'log.*' ! -name 'snapshot.*' | sort"; }

restore_onto_full_disk() {
    local files unit
    with_archive
    on_small_disk 68m # one preallocated log of 64 MiB, and not much more
    in_node 1 sh -c "cat /dev/zero >$BASE/conf/filler 2>/dev/null; true"
    files=$(small_disk_picture)
    unit=$(unit_picture 1)
    dcos_zk 1 restore /root/b
    expect_status 1
    expect_message "$BASE"
    expect_equal 'the unit' "$unit" "$(unit_picture 1)"
    expect_equal 'the files' "$files" "$(small_disk_picture)"
    in_node 1 rm $BASE/conf/filler
    expect_tree 1 "$BED/known-tree"
}
backup_from_full_disk() {
    fresh_host 1
    on_small_disk 68m
    in_node 1 sh -c "cat /dev/zero >$BASE/conf/filler 2>/dev/null; true"
    dcos_zk 1 backup /backup/b
    expect_status 0
    in_node 1 rm $BASE/conf/filler
    expect_tree 1 "$BED/known-tree"
}
read_only_disk() {
    with_archive
    on_small_disk 200m
    zk_stop 1
    in_node 1 mount -o remount,ro "$BASE"
    dcos_zk 1 backup /backup/b
    expect_status 0
    dcos_zk 1 restore /root/b
    expect_status 1
    expect_message read-only
    in_node 1 mount -o remount,rw "$BASE"
    zk_start 1
    expect_tree 1 "$BED/known-tree"
}
no_room_for_archive() {
    local before
    fresh_host 1
    before=$(litter_picture 1)
    in_node 1 mount -t tmpfs -o size=64k small /mnt
    dcos_zk 1 backup /mnt/b
    expect_status 1
    expect_message 'No space left on device'
    expect_equal 'files on the full disk' '' "$(in_node 1 ls -A /mnt)"
    in_node 1 umount /mnt
    expect_put_back "$before"
}
archive_directory_read_only() {
    fresh_host 1
    in_node 1 mount -t tmpfs -o ro small /mnt
    note
    dcos_zk 1 backup /mnt/b
    in_node 1 umount /mnt
    expect_status 1
    expect_message 'Read-only file system'
    expect_unit 1 active
}

# ------------------------------------------------------------------------------------------------- the unit

unit_not_found() {
    fresh_host 1
    refused 1 backup /backup/b --unit no-such.service -- no-such.service
}
unit_name_impossible() {
    fresh_host 1
    refused 2 backup /backup/b --unit 'a/b' -- a/b
}
unit_masked() {
    with_archive
    # A mask lies in /etc, so the unit has to lie elsewhere.
    in_node 1 mv "/etc/systemd/system/$UNIT" /run/systemd/system/
    trap unmask EXIT
    in_node 1 systemctl mask --quiet $UNIT
    refused 3 backup /backup/b -- $UNIT mask
    refused 3 restore /root/b -- $UNIT mask
}
unmask() {
    in_node 1 systemctl unmask --quiet $UNIT
    in_node 1 mv "/run/systemd/system/$UNIT" /etc/systemd/system/
    in_node 1 systemctl daemon-reload
}
unit_not_to_be_stopped() { # SETTING
    fresh_host 1
    mkdir -p "$(on_disk 1 "/etc/systemd/system/$UNIT.d")"
    printf '[Unit]\n%s=yes\n' "$1" >"$(on_disk 1 "/etc/systemd/system/$UNIT.d/override.conf")"
    in_node 1 systemctl daemon-reload
    refused 3 backup /backup/b -- $UNIT
}
unit_failed() {
    fresh_host 1 Restart=no
    in_node 1 systemctl kill --signal=KILL $UNIT
    wait_until 10 'the unit has failed' unit_is 1 failed
    note
    dcos_zk 1 backup /backup/b
    expect_status 0
    expect_equal 'the unit' "$NOTED_UNIT" "$(unit_picture 1)"
}
unit_restarting() { # it dies and systemd starts it again and again
    local before
    fresh_host 1
    in_node 1 systemctl stop $UNIT
    before=$(litter_picture 1)
    node_unit_override 1 RestartSec=100 'ExecStartPre=/bin/sh -c "test ! -e /run/broken"'
    in_node 1 touch /run/broken
    in_node 1 systemctl start $UNIT 2>/dev/null || true
    wait_until 10 'the unit waits for its restart' unit_is 1 activating
    in_node 1 rm /run/broken
    dcos_zk 1 backup /backup/b
    expect_status 0
    expect_unit 1 active
    rm "$(on_disk 1 /backup/b)"
    expect_put_back "$before"
}
stop_takes_systemds_timeout() {
    local before
    fresh_host 1 KillSignal=SIGWINCH TimeoutStopSec=3
    before=$(litter_picture 1)
    dcos_zk 1 backup /backup/b
    expect_status 0
    expect_message $UNIT timeout
    rm "$(on_disk 1 /backup/b)"
    expect_put_back "$before"
}
stop_takes_longer_than_we_wait() {
    local before
    fresh_host 1 KillSignal=SIGWINCH TimeoutStopSec=6
    before=$(litter_picture 1)
    dcos_zk 1 backup /backup/b --stop-timeout 2
    expect_status 1
    expect_message $UNIT
    expect_put_back "$before"
}
does_not_start_again() {
    # Its stop raises the flag that its start trips over.
    fresh_host 1 'ExecStopPost=+/usr/bin/touch /run/flag' 'ExecStartPre=+/usr/bin/test ! -e /run/flag' Restart=no
    dcos_zk 1 backup /backup/b
    in_node 1 rm /run/flag
    expect_status 5
    expect_message "systemctl status $UNIT"
    expect_equal 'the archive' b "$(ls -A "$(on_disk 1 /backup)")"
    node_unit_override 1
    in_node 1 systemctl reset-failed $UNIT
    zk_start 1
    zk_tree 1 delete-tree /known
    dcos_zk 1 restore /backup/b
    expect_status 0
    expect_tree 1 "$BED/known-tree"
}
leftover_process() {
    local before pid
    # KillMode=process ends the shell alone; its child is the ZooKeeper.
    fresh_host 1 KillMode=process ExecStart= \
        "ExecStart=/bin/sh -c '$(sed -n 's/^ExecStart=//p' "$(on_disk 1 /etc/systemd/system/$UNIT)") & wait'"
    before=$(litter_picture 1)
    pid=$(in_node 1 pgrep -u dcos_exhibitor java)
    dcos_zk 1 backup /backup/b --stop-timeout 3
    # 5 where the unit, started again, was already seen to fail: the leftover has its port.
    if ((STATUS != 5)); then expect_status 3; fi
    expect_message "$pid" java 'is left in'
    expect_equal 'the directory of the archive' '' "$(ls -A "$(on_disk 1 /backup)")"
    in_node 1 kill "$pid"
    wait_until 10 'the leftover has gone' in_node 1 sh -c "! test -d /proc/$pid"
    wait_until 10 'the unit runs' unit_is 1 active
    expect_equal 'what lies about' "$before" "$(litter_picture 1)"
    zk_wait 1
    expect_tree 1 "$BED/known-tree"
}
zookeeper_outside_the_unit() {
    local pid
    fresh_host 1
    zk_stop 1
    in_node 1 systemd-run --quiet --unit=by-hand --uid=dcos_exhibitor sh -c \
        "exec $(sed -n 's/^ExecStart=//p' "$(on_disk 1 /etc/systemd/system/$UNIT)")"
    zk_wait 1
    pid=$(in_node 1 pgrep -u dcos_exhibitor java)
    note
    dcos_zk 1 backup /backup/b
    expect_status 3
    expect_message "$pid" java
    expect_untouched
    in_node 1 systemctl stop by-hand.service
}
no_bus() {
    fresh_host 1
    note
    dcos_zk_with 1 DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/no-such-socket -- backup /backup/b
    expect_status 1
    expect_message bus
    expect_untouched
}

bed_up 1
make_host 1 dcos

it 'not root: 1' not_root
it 'another run is under way: 6, at once' two_at_once
it "broken libraries in LD_LIBRARY_PATH, as dcos-shell may set it, do no harm" libraries_of_dcos_shell
it 'closed standard streams do no harm' streams_closed

it 'the archive exists already: 2' target_exists
it 'a dangling link has the name of the archive: 2' target_is_a_dangling_link
it "the archive's directory is missing: 2" target_parent_missing
it 'the archive would lie inside the data, by way of a link, too: 2' target_inside_data
it 'the archive would lie in the directory that a restore exchanges: 2' target_beside_data
it 'no archive to restore: 2' archive_missing
it 'a directory to restore: 2' archive_is_a_directory
it 'an empty file to restore: 4' archive_is_empty
it 'a file to restore that is no archive: 4' archive_is_no_archive
it 'an archive that is cut: 4' archive_is_cut
it 'an archive with a flipped byte: 4' archive_has_a_flipped_byte
it 'an archive of something else: 4' archive_of_something_else

it 'backup: the data directory is missing: 1' data_missing
it 'restore: the data directory is missing: 1' data_missing_for_restore
it 'backup: there is neither snapshot nor log: 4' data_empty
it 'restore: onto empty directories it works' data_empty_for_restore
it 'the zookeeper directory is a symbolic link: 3' data_is_a_link ''
it 'the data directory is a symbolic link: 3' data_is_a_link /snapshot
it 'version-2 is a symbolic link: 3' data_is_a_link /transactions/version-2
it 'restore onto a full disk: 1, and ZooKeeper never stopped' restore_onto_full_disk
it 'backup from a full disk to another works' backup_from_full_disk
it 'read-only data: a backup elsewhere works, a restore is refused: 1' read_only_disk
it 'no room for the archive: 1, all put back' no_room_for_archive
it 'a read-only directory for the archive: 1' archive_directory_read_only

it 'no such unit: 1' unit_not_found
it 'a name that no unit can have: 2' unit_name_impossible
it 'a masked unit that runs: 3, and it still runs' unit_masked
it 'a unit that refuses a stop by hand: 3' unit_not_to_be_stopped RefuseManualStop
it 'a unit that refuses a start by hand: 3' unit_not_to_be_stopped RefuseManualStart
it 'a failed unit: the backup is taken, the unit left as it is' unit_failed
it 'a unit that waits for its restart: taken for running, and runs afterwards' unit_restarting
it "a stop that ends by systemd's timeout: done, with a warning" stop_takes_systemds_timeout
it 'a stop that outlasts --stop-timeout: 1, and it runs again' stop_takes_longer_than_we_wait
it 'a unit that does not start again: 5, the archive is there' does_not_start_again
it 'a process that outlives the stop with the files open: refused, its pid named' leftover_process
it 'a ZooKeeper that runs outside the unit: 3, its pid named' zookeeper_outside_the_unit
it 'no bus: 1' no_bus
finish
