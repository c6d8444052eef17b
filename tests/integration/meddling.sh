#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# What somebody or something else does while dcos-zk has ZooKeeper stopped: it is started, the bus goes away, nobody reads
# what dcos-zk says. One whole state is served in the end, and the unit is up.
. "$(dirname "${BASH_SOURCE[0]}")/fixture.sh"
. "$(dirname "${BASH_SOURCE[0]}")/interrupt.sh"

# The calls of renameat2 in a restore: the trial of an exchange, the staging directory's name, the exchange itself.
readonly NAMING=2 EXCHANGE=3

# restore_held_at CALL: a restore of /backup/b in the background, held (SIGSTOP) at its CALLth renameat2.
restore_held_at() {
    (
        trap - ERR
        in_node 1 env --default-signal strace -f -qq -o /run/trace -e trace=renameat2 \
            -e "inject=renameat2:signal=STOP:when=$1" dcos-zk restore /backup/b >"$BED/stdout" 2>"$BED/stderr" </dev/null
    ) &
    RUN=$!
    wait_until 30 'the restore is held' is_held
}
# shellcheck disable=SC2016 # the inner shell's own variables
is_held() { in_node 1 bash -c 'for pid in $(pgrep -x dcos-zk); do grep -q "^State:.[Tt]" "/proc/$pid/status" && grep -q "SIGSTOP" /run/trace && exit 0; done; exit 1'; }
# shellcheck disable=SC2016
let_go() { in_node 1 bash -c 'for pid in $(pgrep -x dcos-zk); do kill -CONT "$pid"; done'; }

# A tree that differs from the archived one, so that old and new can be told apart.
known_host_with_a_later_znode() {
    fresh_host 1
    dcos_zk 1 backup /backup/b
    expect_status 0
    zk_wait 1
    zk_tree 1 create /later 'not in the archive'
    tree_of 1 >"$BED/later-tree"
}

started_before_the_exchange() {
    known_host_with_a_later_znode
    restore_held_at "$NAMING"
    in_node 1 systemctl start "$(zk_unit 1)"
    let_go
    end_run
    expect_status 3
    expect_message 'somebody started' 'next: '
    expect_unit 1 active
    expect_tree 1 "$BED/later-tree"
}

started_at_the_exchange() {
    known_host_with_a_later_znode
    restore_held_at "$EXCHANGE"
    in_node 1 systemctl start "$(zk_unit 1)"
    zk_wait 1
    let_go
    end_run
    expect_status 0
    expect_message 'stopping it once more'
    expect_unit 1 active
    expect_tree 1 "$BED/known-tree"
}

bus_away_for_a_moment() {
    known_host_with_a_later_znode
    restore_held_at "$EXCHANGE"
    in_node 1 systemctl stop dbus.socket dbus.service
    let_go
    wait_until 20 'the exchange is made' in_node 1 grep -q 'RENAME_EXCHANGE.*= 0' /run/trace
    in_node 1 systemctl start dbus.socket dbus.service
    end_run
    if ((STATUS != 0 && STATUS != 5)); then fail "exit code $STATUS" "$STDERR"; fi
    wait_until 60 'the unit is up' unit_is 1 active
    expect_tree 1 "$BED/known-tree"
}

nobody_reads() {
    fresh_host 1
    mkfifo "$BED/talk"
    exec {TALK}<>"$BED/talk"
    head -c 65500 /dev/zero >&"$TALK" # a pipe holds 64 KiB: hardly any room is left
    (
        trap - ERR
        in_node 1 dcos-zk backup /backup/quiet >"$BED/stdout" 2>"$BED/talk" </dev/null
    ) &
    RUN=$!
    wait_until 60 'the run is over, though nobody reads what it says' run_is_over
    : >"$BED/stderr"
    end_run
    exec {TALK}<&-
    expect_status 0
    expect_unit 1 active
    expect_exists "$(on_disk 1 /backup/quiet)"
}
run_is_over() { ! kill -0 "$RUN" 2>/dev/null; }

run_in_a_unit_that_stops_along() {
    fresh_host 1
    in_node 1 tee /run/systemd/system/runbook.service >/dev/null <<UNIT
[Unit]
Requires=$(zk_unit 1)
[Service]
Type=oneshot
ExecStart=/opt/tool/dcos-zk backup /backup/runbook
UNIT
    in_node 1 systemctl daemon-reload
    local unit
    unit=$(unit_picture 1)
    if in_node 1 systemctl start runbook.service 2>/dev/null; then fail 'the run in the unit did not fail'; fi
    expect_contains "the unit's log" 'is itself part of runbook.service' "$(in_node 1 journalctl -b -u runbook.service)"
    expect_equal 'the unit' "$unit" "$(unit_picture 1)"
    in_node 1 rm /run/systemd/system/runbook.service
    in_node 1 systemctl daemon-reload
}

bed_up 1
make_host 1 dcos

it 'started by somebody before the exchange: refused with 3, the old tree is served' started_before_the_exchange
it 'started by somebody at the exchange: stopped once more, the restored tree is served' started_at_the_exchange
it 'the bus is away for a moment while the unit is down: the unit is up in the end' bus_away_for_a_moment
it 'talk that nobody reads does not keep the unit down' nobody_reads
it 'a run inside a unit that stops along with ZooKeeper is refused' run_in_a_unit_that_stops_along
finish
