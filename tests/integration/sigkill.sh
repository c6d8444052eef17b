#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# dcos-zk killed outright (SIGKILL, the OOM killer): its unit runs again without anybody's help, the state is whole, and
# nothing is left that could be taken for a backup.
. "$(dirname "${BASH_SOURCE[0]}")/fixture.sh"
. "$(dirname "${BASH_SOURCE[0]}")/interrupt.sh"

readonly BASE=/var/lib/dcos/exhibitor

# Nobody helps: the unit comes back, and then the guard goes.
expect_running_again() {
    wait_until 30 "$(zk_unit 1) runs again" unit_is 1 active
    wait_until 30 'no unit of ours is left' no_guard 1
    expect_equal 'markers' '' "$(in_node 1 find /run/dcos-zk -type f ! -name lock)"
    expect_unit 1 active
}

# Only what is named .partial may be left where the archive was to be.
expect_no_backup() {
    expect_equal 'what could be taken for a backup' '' "$(find "$(on_disk 1 /backup)" -mindepth 1 ! -name '*.partial')"
}

# ------------------------------------------------------------------------------------------------- backup

backup_killed_in() { # stop|start
    local line=$HOLD_STOP state=deactivating
    if [[ $1 == start ]]; then line=$HOLD_START state=activating; fi
    fresh_host 1 "$line"
    hold 1 "$1"
    begin_run 1 backup /backup/b
    wait_until 20 "the unit is $state" unit_is 1 $state
    send 1 KILL
    end_run
    expect_status 137
    release 1 "$1"
    expect_running_again
    expect_no_backup
    expect_tree 1 "$BED/known-tree"
}

backup_killed_while_writing() {
    fresh_host 1
    mkfifo "$BED/pipe"
    # Nobody reads: the pipe is full after 64 KiB, and the writer waits.
    exec {PIPE}<>"$BED/pipe"
    (
        trap - ERR
        in_node 1 bash -c 'echo $$ >/run/dcos-zk.pid; exec dcos-zk backup -' >"$BED/pipe" 2>"$BED/stderr"
    ) &
    RUN=$!
    wait_until 20 'it writes' grep -q '^write' "$BED/stderr"
    send 1 KILL
    exec {PIPE}<&-
    end_run
    expect_status 137
    expect_running_again
    expect_tree 1 "$BED/known-tree"
}

backup_killed_at_every_point() {
    local points=() point call number
    fresh_host 1
    mapfile -t points < <(points_of 1 backup /backup/b)
    rm "$(on_disk 1 /backup/b)"
    for point in "${points[@]}"; do
        read -r call number <<<"$point"
        dcos_zk_struck 1 KILL "$call" "$number" backup /backup/b
        expect_equal "the exit code after SIGKILL at $call $number" 137 "$STATUS"
        expect_running_again
        if [[ -e $(on_disk 1 /backup/b) ]]; then # it had its name already
            gzip --test <"$(on_disk 1 /backup/b)"
            rm "$(on_disk 1 /backup/b)"
        fi
        expect_no_backup
    done
    expect_tree 1 "$BED/known-tree"
    dcos_zk 1 backup /backup/b
    expect_status 0
}

# ------------------------------------------------------------------------------------------------- restore

# expect_one_whole_state: old or new; the old one is on the host under some name, and all that may be tidied away says so.
expect_one_whole_state() {
    local beside=()
    zk_wait 1
    tree_of 1 >"$BED/tree-now"
    mapfile -t beside < <(find "$(on_disk 1 $BASE)" -mindepth 1 -maxdepth 1 -name 'zookeeper.*' ! -name '*.partial')
    if cmp -s "$BED/tree-now" "$BED/known-tree"; then
        RESTORED=1
        expect_equal 'previous states kept' 1 "${#beside[@]}"
    else
        cmp "$BED/tree-now" "$BED/newer-tree" || fail 'the tree is neither the old nor the new one'
        RESTORED=0
    fi
}

restore_killed_at_points() { # EVERY-NTH
    local points=() point call number old=0 new=0
    fresh_host 1
    dcos_zk 1 backup /root/b
    zk_wait 1
    mapfile -t points < <(points_of 1 restore /root/b)
    for ((point = 0; point < ${#points[@]}; point += $1)); do
        fresh_host 1
        zk_tree 1 create /not-in-the-backup still-here
        tree_of 1 >"$BED/newer-tree"
        read -r call number <<<"${points[point]}"
        dcos_zk_struck 1 KILL "$call" "$number" restore /root/b
        expect_equal "the exit code after SIGKILL at $call $number" 137 "$STATUS"
        expect_running_again
        expect_one_whole_state
        if ((RESTORED)); then new=$((new + 1)); else old=$((old + 1)); fi
    done
    rm "$(on_disk 1 /root/b)"
    if ((old == 0 || new == 0)); then fail "the old state was found $old times, the new one $new times"; fi
}

killed_restore_can_be_repeated() {
    fresh_host 1
    dcos_zk 1 backup /backup/b
    zk_wait 1
    zk_tree 1 create /not-in-the-backup still-here
    dcos_zk_struck 1 KILL fsync 3 restore /backup/b
    expect_running_again
    expect_equal 'partials' 1 "$(find "$(on_disk 1 $BASE)" -maxdepth 1 -name '*.partial' | wc -l)"
    dcos_zk 1 restore /backup/b
    expect_status 0
    expect_tree 1 "$BED/known-tree"
    expect_equal 'partials' 0 "$(find "$(on_disk 1 $BASE)" -maxdepth 1 -name '*.partial' | wc -l)"
}

# ------------------------------------------------------------------------------------------------- what is not to be

stopped_unit_is_not_started() {
    fresh_host 1
    zk_stop 1
    dcos_zk_struck 1 KILL fsync 1 backup /backup/b
    expect_status 137
    wait_until 30 'no unit of ours is left' no_guard 1
    expect_unit 1 inactive
    expect_no_backup
}

next_run_is_not_hindered() {
    fresh_host 1
    dcos_zk_struck 1 KILL fsync 1 backup /backup/b
    expect_running_again
    dcos_zk 1 backup /backup/b
    expect_status 0
}

bed_up 1
make_host 1 dcos

it 'killed while the unit stops: it runs again' backup_killed_in stop
it 'killed while the unit starts: it runs' backup_killed_in start
it 'killed while it writes the archive: the unit runs' backup_killed_while_writing
it 'a unit found stopped is not started' stopped_unit_is_not_started
it 'the next run is not hindered' next_run_is_not_hindered
it 'a killed restore can be repeated, which tidies up after it' killed_restore_can_be_repeated
it 'killed at every point of a backup: the unit runs again, and there is no half archive' backup_killed_at_every_point
it 'killed at points of a restore: one whole state, old or new, is served' restore_killed_at_points 2
finish
