# shellcheck shell=bash source-path=SCRIPTDIR
# What the integration tests share: the bed, the checks, the program under test and how to look at a host. Sourced.
#
# DCOS_ZK_PROGRAMS is the directory of the built dcos-zk, ZK_TREE the built zk-tree.

set -Eeuo pipefail

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=../bed/bed.sh
. "$TESTS/bed/bed.sh"
# shellcheck source=../bed/check.sh
. "$TESTS/bed/check.sh"

: "${DCOS_ZK_PROGRAMS:?the directory of the built dcos-zk}" "${ZK_TREE:?the built zk-tree}"
[[ -x $DCOS_ZK_PROGRAMS/dcos-zk ]] || bed_die "there is no $DCOS_ZK_PROGRAMS/dcos-zk"
# shellcheck disable=SC2034 # read by bed.sh
BED_PROGRAMS=$DCOS_ZK_PROGRAMS

# shellcheck disable=SC2034 # what runbooks look for; read by the tests
readonly BACKUP_DONE='ZooKeeper backup taken successfully'
# shellcheck disable=SC2034
readonly RESTORE_DONE='Local ZooKeeper instance restored successfully'

# ------------------------------------------------------------------------------------------------- the tree

zk_tree() { # NODE COMMAND...
    local node=$1
    shift
    operator "$ZK_TREE" "$(node_address "$node"):2181" "$@"
}

tree_of() { zk_tree "$1" dump; }

expect_tree() { # NODE FILE: the tree is the one that was dumped into FILE, every stat included
    zk_wait "$1"
    tree_of "$1" >"$BED/tree-now"
    if ! cmp -s "$2" "$BED/tree-now"; then
        fail "the tree is another one:" "$(diff -U0 "$2" "$BED/tree-now" | cut -c1-200 | head -n 20 || true)"
    fi
}

# ------------------------------------------------------------------------------------------------- the program

# dcos_zk NODE ARGUMENT...: runs it in the node; $STATUS, $STDOUT and $STDERR are what came of it.
STATUS=0 STDOUT='' STDERR=''
dcos_zk() {
    local node=$1
    shift
    dcos_zk_with "$node" -- "$@"
}

# dcos_zk_with NODE NAME=VALUE... -- ARGUMENT...: likewise, with an environment.
dcos_zk_with() {
    local node=$1 environment=()
    shift
    while [[ $1 != -- ]]; do
        environment+=("$1")
        shift
    done
    shift
    STATUS=0
    in_node "$node" env "${environment[@]}" dcos-zk "$@" >"$BED/stdout" 2>"$BED/stderr" </dev/null || STATUS=$?
    STDOUT=$(tr -d '\0' <"$BED/stdout")
    STDERR=$(<"$BED/stderr")
}

expect_status() {
    if ((STATUS != $1)); then
        fail "exit code $STATUS instead of $1; standard output:" "$STDOUT" 'standard error:' "$STDERR"
    fi
}

expect_message() { # PART...: each is somewhere in what the program said on standard error
    local part
    for part; do expect_contains 'the message' "$part" "$STDERR"; done
}

expect_stdout_line() {
    if ! grep -qxF -- "$1" <<<"$STDOUT"; then fail "standard output lacks the line '$1':" "$STDOUT"; fi
}

# previous_state NODE: where the restore just run says that the replaced state lies, in the node.
previous_state() { sed -n 's/^previous state: //p' <<<"$STDOUT"; }

# ------------------------------------------------------------------------------------------------- a host

# on_disk NODE PATH: where a path of the node is found from outside.
on_disk() { printf '%s%s' "$(node_root "$1")" "$2"; }

unit_property() { # NODE PROPERTY [UNIT]
    in_node "$1" systemctl show --property="$2" --value "${3:-$(zk_unit "$1")}"
}

expect_unit() { # NODE ACTIVE-STATE
    expect_equal "ActiveState of $(zk_unit "$1")" "$2" "$(unit_property "$1" ActiveState)"
}

unit_is() { [[ $(unit_property "$1" ActiveState) == "$2" ]]; } # NODE ACTIVE-STATE

# All that could show that somebody touched the unit: another invocation is another start.
unit_picture() {
    in_node "$1" systemctl show "$(zk_unit "$1")" --property=LoadState --property=ActiveState --property=SubState \
        --property=Result --property=MainPID --property=InvocationID --property=NRestarts --property=UnitFileState
}

# Every file below a directory of the node: kind, mode, owner, size, time, name, target and content.
file_picture() { # NODE DIRECTORY...
    local node=$1 directory
    shift
    for directory; do
        (
            cd "$(on_disk "$node" "$directory")"
            find . -printf '%y %m %U:%G %s %T@ %p %l\n' | LC_ALL=C sort -k 6
            find . -type f -print0 | LC_ALL=C sort -z | xargs -0r sha256sum
        )
    done
}

# What lies in a host's state, apart from the files that ZooKeeper itself makes at a start.
litter_picture() { # NODE
    find "$(on_disk "$1" "$(dirname "$(zk_state_dir "$1")")")" ! -name 'snapshot.*' ! -name 'log.*' -printf '%P\n' |
        LC_ALL=C sort
    in_node "$1" find /run/dcos-zk -type f ! -name lock 2>/dev/null || true
}

zk_stop() { in_node "$1" systemctl stop "$(zk_unit "$1")"; }
zk_start() {
    in_node "$1" systemctl start "$(zk_unit "$1")"
    zk_wait "$1"
}

# ------------------------------------------------------------------------------------------------- a known host

# make_host NODE LAYOUT [OPTION of node_create]...: boots it and keeps its known tree and state for fresh_host.
make_host() {
    local node=$1
    node_create "$@"
    nodes_boot "$node"
    zk_wait "$node"
    zk_tree "$node" fill 200
    tree_of "$node" >"$BED/known-tree"
    zk_stop "$node"
    keep_state "$node"
    zk_start "$node"
    mkdir "$(on_disk "$node" /backup)"
}

# The directory that a host's whole state and what a restore may leave beside it lie in.
_state_root() { on_disk "$1" "$(case ${BED_LAYOUT[$1]} in dcos) echo /var/lib/dcos ;; debian) echo /var/lib/zookeeper ;; esac)"; }

keep_state() {
    rm -rf "$BED/kept-$1"
    cp -a --sparse=always "$(_state_root "$1")" "$BED/kept-$1"
}

# fresh_host NODE [LINE of the unit]...: the node's ZooKeeper runs again with the known tree; /backup is empty.
fresh_host() {
    local node=$1 root
    root=$(_state_root "$node")
    shift
    # Not by stop: a behaviour's unit may be one that does not.
    in_node "$node" systemctl unmask --quiet "$(zk_unit "$node")"
    in_node "$node" systemctl kill --signal=KILL "$(zk_unit "$node")" 2>/dev/null || true
    node_unit_override "$node"
    zk_stop "$node"
    # shellcheck disable=SC2016 # the inner shell's own variable
    in_node "$node" sh -c 'pids=$(pgrep -u "$1") && kill -KILL $pids || true' - "$(zk_user "$node")"
    find "$root" "$(on_disk "$node" /backup)" -mindepth 1 -delete
    cp -a --sparse=always "$BED/kept-$node/." "$root/"
    node_unit_override "$node" "$@"
    in_node "$node" systemctl reset-failed "$(zk_unit "$node")" 2>/dev/null || true # "not loaded": then it is not failed
    zk_start "$node"
}
