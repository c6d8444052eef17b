#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# DC/OS's own end-to-end test of dcos-zk: three masters and the runbook. A backup is taken on one of them; then the
# same archive is restored on all. A znode written before it is back, an ephemeral one too, one written after it is gone.
. "$(dirname "${BASH_SOURCE[0]}")/fixture.sh"

readonly MASTERS=(1 2 3)
readonly UNIT=dcos-exhibitor.service

on_all() { # COMMAND...
    local master
    for master in "${MASTERS[@]}"; do in_node "$master" "$@"; done
}

is_whole_ensemble() {
    local master modes=''
    for master in "${MASTERS[@]}"; do modes+="$(zk_mode "$master") "; done
    [[ $(tr ' ' '\n' <<<"$modes" | sort | xargs) == 'follower follower leader' ]]
}

wait_for_ensemble() { wait_until 60 'one leader leads two followers' is_whole_ensemble; }

# begin JAVA-OPTION...: three masters without any znode.
begin() {
    local master java_option java=()
    for java_option; do java+=(--java "$java_option"); done
    for master in "${MASTERS[@]}"; do node_create "$master" dcos --of 3 "${java[@]}"; done
    nodes_boot "${MASTERS[@]}"
    wait_for_ensemble
}

# hold_ephemeral MASTER PATH: from the operator's host; the session is not closed when the holder goes.
hold_ephemeral() {
    mkfifo "$BED/holder"
    operator "$ZK_TREE" "$(node_address "$1"):2181" ephemeral "$2" <"$BED/holder" >"$BED/session" &
    exec {HOLDER}>"$BED/holder"
    wait_until 30 'the ephemeral znode is there' grep -q 0x "$BED/session"
}

let_go() { exec {HOLDER}>&-; }

backup_by_the_runbook() {
    in_node 1 systemctl stop $UNIT
    dcos_zk 1 backup /root/backup.tar.gz -v
    expect_status 0
    expect_stdout_line "$BACKUP_DONE"
    in_node 1 systemctl start $UNIT
    wait_for_ensemble
}

restore_by_the_runbook() {
    local master
    for master in 2 3; do cp "$(on_disk 1 /root/backup.tar.gz)" "$(on_disk "$master" /root/)"; done
    on_all systemctl stop $UNIT
    for master in "${MASTERS[@]}"; do
        dcos_zk "$master" restore /root/backup.tar.gz -v
        expect_status 0
        expect_stdout_line "$RESTORE_DONE"
    done
    on_all systemctl start $UNIT
    wait_for_ensemble
}

plays() {
    local master
    zk_tree 1 fill 100
    zk_tree 2 create /before 'written before'
    hold_ephemeral 3 /ephemeral
    tree_of 1 >"$BED/tree-before"
    grep -q "^/ephemeral.*ephemeralOwner=$(<"$BED/session") " "$BED/tree-before" || fail 'there is no ephemeral znode'
    backup_by_the_runbook
    zk_tree 3 create /after 'written after'
    let_go
    restore_by_the_runbook
    for master in "${MASTERS[@]}"; do expect_tree "$master" "$BED/tree-before"; done
    expect_fails zk_tree 1 get /after
}

ephemeral_is_gone() { ! zk_tree 2 get /ephemeral; }

ephemeral_goes() {
    wait_until 90 'the ephemeral znode is gone' ephemeral_is_gone
    expect_equal 'the znode written before' 'written before' "$(zk_tree 2 get /before)"
}

keeps_the_ids() {
    local master
    for master in "${MASTERS[@]}"; do
        expect_equal "myid of master $master" "$master" "$(<"$(on_disk "$master" /var/lib/dcos/exhibitor/zookeeper/snapshot/myid)")"
    done
}

is_everywhere() { # PATH DATA
    local master
    for master in "${MASTERS[@]}"; do [[ $(zk_tree "$master" get "$1") == "$2" ]] || return 1; done
}

takes_writes() {
    zk_tree 1 create /restored 'and alive'
    wait_until 10 'all masters have the new znode' is_everywhere /restored 'and alive'
}

# What the archive on master 1 rests on.
snapshots_in_archive() { tar tzf "$(on_disk 1 /root/backup.tar.gz)" | grep -c '/snapshot\.[1-9a-f]' || true; }

logs_only() { expect_equal 'snapshots of a state after the start' 0 "$(snapshots_in_archive)"; }
snapshots_too() { if (($(snapshots_in_archive) == 0)); then fail 'there is no snapshot in the archive'; fi; }

bed_up 3

case ${1:?logs or snapshots} in
    logs)
        begin
        it 'transaction logs only: written before is back, the ephemeral is back, written after is gone' plays
        it 'the archive held no snapshot but the empty one' logs_only
        ;;
    snapshots)
        begin -Dzookeeper.snapCount=1
        it 'snapshots (snapCount=1): written before is back, the ephemeral is back, written after is gone' plays
        it 'the archive held snapshots' snapshots_too
        ;;
esac
it 'every master keeps its own id' keeps_the_ids
it 'the restored ensemble takes writes' takes_writes
it 'the ephemeral znode goes when its session times out, and nothing else' ephemeral_goes
finish
