#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# A run of dcos-zk that a signal ends puts everything back: the unit as it was found, no archive, no litter, and the
# exit code 128 plus the signal's number.
. "$(dirname "${BASH_SOURCE[0]}")/fixture.sh"
. "$(dirname "${BASH_SOURCE[0]}")/interrupt.sh"

# expect_as_before LITTER: the unit runs, nothing lies about, and the tree is the known one.
expect_as_before() {
    expect_unit 1 active
    expect_equal 'what lies about' "$1" "$(litter_picture 1)"
    expect_equal 'the directory of the archive' '' "$(ls -A "$(on_disk 1 /backup)")"
    wait_until 15 'no unit of ours is left' no_guard 1
    expect_tree 1 "$BED/known-tree"
}

# ------------------------------------------------------------------------------------------------- at any moment

backup_at_points() { # SIGNAL EVERY-NTH
    local before points=() point call number signal_number interrupted=0
    signal_number=$(kill -l "$1")
    fresh_host 1
    before=$(litter_picture 1)
    mapfile -t points < <(points_of 1 backup /backup/b)
    rm "$(on_disk 1 /backup/b)"
    for ((point = 0; point < ${#points[@]}; point += $2)); do
        read -r call number <<<"${points[point]}"
        dcos_zk_struck 1 "$1" "$call" "$number" backup /backup/b
        if ((STATUS == 0)); then # too late: the archive had its name already
            expect_stdout_line "$BACKUP_DONE"
            gzip --test <"$(on_disk 1 /backup/b)"
            rm "$(on_disk 1 /backup/b)"
        else
            expect_equal "the exit code after SIG$1 at $call $number" $((128 + signal_number)) "$STATUS"
            interrupted=$((interrupted + 1))
        fi
        expect_as_before "$before"
    done
    if ((interrupted < 3)); then fail "only $interrupted runs were interrupted at all"; fi
}

restore_at_points() { # SIGNAL EVERY-NTH
    local before points=() point call number signal_number interrupted=0 restored=0
    signal_number=$(kill -l "$1")
    fresh_host 1
    dcos_zk 1 backup /root/b
    zk_wait 1
    before=$(litter_picture 1)
    mapfile -t points < <(points_of 1 restore /root/b)
    for ((point = 0; point < ${#points[@]}; point += $2)); do
        fresh_host 1
        zk_tree 1 create /not-in-the-backup still-here
        tree_of 1 >"$BED/newer-tree"
        read -r call number <<<"${points[point]}"
        dcos_zk_struck 1 "$1" "$call" "$number" restore /root/b
        expect_unit 1 active
        wait_until 15 'no unit of ours is left' no_guard 1
        if ((STATUS == 0)); then # too late: the state was swapped already
            expect_stdout_line "$RESTORE_DONE"
            expect_tree 1 "$BED/known-tree"
            restored=$((restored + 1))
        else
            expect_equal "the exit code after SIG$1 at $call $number" $((128 + signal_number)) "$STATUS"
            expect_equal "what lies about after SIG$1 at $call $number" "$before" "$(litter_picture 1)"
            expect_tree 1 "$BED/newer-tree"
            interrupted=$((interrupted + 1))
        fi
    done
    rm "$(on_disk 1 /root/b)"
    if ((interrupted < 3 || restored < 1)); then fail "$interrupted runs were interrupted, $restored were not"; fi
}

# ------------------------------------------------------------------------------------------------- named moments

in_the_stop() { # COMMAND PATH
    local before
    fresh_host 1 "$HOLD_STOP"
    if [[ $1 == restore ]]; then
        dcos_zk 1 backup "$2"
        zk_wait 1
    fi
    before=$(litter_picture 1)
    hold 1 stop
    begin_run 1 "$1" "$2"
    wait_until 10 'the unit is stopping' unit_is 1 deactivating
    send 1 INT
    release 1 stop
    end_run
    expect_status 130
    expect_message SIGINT
    expect_lacks 'the message' warning "$STDERR"
    rm -f "$(on_disk 1 /root/b)"
    expect_as_before "$before"
}

in_the_start() {
    local before
    fresh_host 1 "$HOLD_START"
    before=$(litter_picture 1)
    hold 1 start
    begin_run 1 backup /backup/b
    wait_until 20 'the unit is starting' unit_is 1 activating
    send 1 TERM
    release 1 start
    end_run
    expect_status 143
    expect_as_before "$before"
}

later_signals_change_nothing() {
    local before
    fresh_host 1 "$HOLD_START"
    before=$(litter_picture 1)
    hold 1 start
    begin_run 1 backup /backup/b
    wait_until 20 'the unit is starting' unit_is 1 activating
    send 1 HUP
    send 1 INT
    send 1 TERM
    release 1 start
    end_run
    expect_status 129
    expect_as_before "$before"
}

stopped_unit_stays_stopped() {
    local before
    fresh_host 1
    zk_stop 1
    before=$(unit_picture 1)
    dcos_zk_struck 1 TERM fsync 1 backup /backup/b
    expect_status 143
    expect_equal 'the unit' "$before" "$(unit_picture 1)"
    expect_equal 'the directory of the archive' '' "$(ls -A "$(on_disk 1 /backup)")"
}

reader_goes_away() {
    local before status
    fresh_host 1
    before=$(litter_picture 1)
    set +eo pipefail
    in_node 1 env --default-signal dcos-zk backup - 2>/dev/null | head -c 1000 >/dev/null
    status=${PIPESTATUS[0]}
    set -eo pipefail
    expect_equal 'the exit code' 141 "$status"
    expect_as_before "$before"
}

listener_goes_away() {
    local before status
    fresh_host 1
    before=$(litter_picture 1)
    set +eo pipefail
    in_node 1 env --default-signal dcos-zk backup /backup/b -v 2>&1 >/dev/null | head -n 1 >/dev/null
    status=${PIPESTATUS[0]}
    set -eo pipefail
    expect_equal 'the exit code' 141 "$status"
    expect_as_before "$before"
}

# What ssh does when the line drops: the terminal of the session hangs up.
terminal_hangs_up() {
    local before
    fresh_host 1 "$HOLD_STOP"
    before=$(litter_picture 1)
    hold 1 stop
    python3 "$TESTS/integration/in_terminal.py" nsenter --all --target "$(<"$(node_root 1).init")" \
        env -i --default-signal PATH=/opt/tool:/usr/bin dcos-zk backup /backup/b <"$BED/line" &
    exec {LINE}>"$BED/line"
    wait_until 10 'the unit is stopping' unit_is 1 deactivating
    exec {LINE}>&-
    release 1 stop
    wait_until 20 'the unit runs again' unit_is 1 active
    wait_until 10 'no unit of ours is left' no_guard 1
    expect_as_before "$before"
}

# An administrator's wish for the run to outlive the login.
nohup_is_heeded() {
    fresh_host 1 "$HOLD_STOP"
    hold 1 stop
    begin_run_ignoring HUP 1 backup /backup/b
    wait_until 10 'the unit is stopping' unit_is 1 deactivating
    send 1 HUP
    release 1 stop
    end_run
    expect_status 0
    gzip --test <"$(on_disk 1 /backup/b)"
    expect_unit 1 active
}

tells_in_json() {
    fresh_host 1
    dcos_zk_struck 1 INT fsync 1 backup /backup/b --json
    expect_status 130
    python3 - "$BED/stdout" <<'PYTHON'
import json, sys
with open(sys.argv[1]) as file:
    result = json.load(file)
assert result['status'] == 'interrupted' and result['exitCode'] == 130, result
PYTHON
    expect_message SIGINT
}

bed_up 1
make_host 1 dcos
mkfifo "$BED/line"

it 'Ctrl-C while the unit stops: exit 130, and it runs again' in_the_stop backup /backup/b
it 'Ctrl-C while the unit stops for a restore: exit 130, and nothing is restored' in_the_stop restore /root/b
it 'SIGTERM while the unit starts: exit 143, and no archive' in_the_start
it 'later signals neither hinder the putting back nor change the exit code' later_signals_change_nothing
it 'a unit found stopped is left stopped' stopped_unit_stays_stopped
it 'SIGPIPE, as the reader of the archive is gone: exit 141' reader_goes_away
it 'SIGPIPE, as the reader of the messages is gone: exit 141' listener_goes_away
it 'SIGHUP, as the terminal is gone: the unit runs again' terminal_hangs_up
it 'SIGHUP under nohup: the run goes on' nohup_is_heeded
it 'JSON says that it was interrupted' tells_in_json
it 'SIGTERM at every point of a backup' backup_at_points TERM 1
it 'SIGINT at points of a backup' backup_at_points INT 4
it 'SIGHUP at points of a backup' backup_at_points HUP 4
it 'SIGTERM at points of a restore' restore_at_points TERM 2
it 'SIGINT at points of a restore' restore_at_points INT 5
finish
