# shellcheck shell=bash disable=SC2034 # much of it is read by the tests
# How the tests interrupt dcos-zk: at a chosen system call, or while its unit is held in a stop or a start. Sourced.

# The calls by which dcos-zk changes something or speaks to systemd: between two of them nothing can be seen of it.
readonly CHANGES=mkdir,mkdirat,linkat,rename,renameat,renameat2,unlink,unlinkat,rmdir,fsync,fdatasync,sendmsg
# It takes several messages to say one thing to systemd.
readonly EVERY_NTH_MESSAGE=8

# points_of NODE ARGUMENT...: runs dcos-zk and prints the calls of interest that it made, a line each: "fsync 2".
points_of() {
    local node=$1
    shift
    in_node "$node" strace -f -qq -o /run/trace -e "trace=$CHANGES" dcos-zk "$@" >/dev/null 2>&1 </dev/null
    # shellcheck disable=SC2016 # awk's own variables
    in_node "$node" awk -v nth="$EVERY_NTH_MESSAGE" '
        { sub(/\(.*/, "", $2); number = ++count[$2] }
        $2 != "sendmsg" || number % nth == 1 { print $2, number }' /run/trace
}

# dcos_zk_struck NODE SIGNAL CALL NUMBER ARGUMENT...: runs it and sends SIGNAL at its NUMBERth CALL (for KILL: instead of
# it); $STATUS, $STDOUT and $STDERR are what came of it.
dcos_zk_struck() {
    local node=$1 signal=$2 call=$3 number=$4
    shift 4
    STATUS=0
    { in_node "$node" env --default-signal strace -f -qq -o /run/trace -e "trace=$call" \
        -e "inject=$call:signal=$signal:when=$number" dcos-zk "$@" >"$BED/stdout" 2>"$BED/stderr" </dev/null; } \
        2>/dev/null || STATUS=$?
    STDOUT=$(<"$BED/stdout")
    STDERR=$(<"$BED/stderr")
    in_node "$node" grep -q "SIG$signal" /run/trace || fail "dcos-zk never came to call $call for the ${number}th time"
}

# begin_run NODE ARGUMENT...: starts dcos-zk in the background, with signals at their defaults.
begin_run() { _begin_run --default-signal "$@"; }

# begin_run_ignoring SIGNAL NODE ARGUMENT...: likewise, with SIGNAL ignored.
begin_run_ignoring() { _begin_run "--ignore-signal=$1" "${@:2}"; }

_begin_run() {
    local disposition=$1 node=$2
    shift 2
    in_node "$node" rm -f /run/dcos-zk.pid
    (
        trap - ERR # that it fails is for end_run to say
        # shellcheck disable=SC2016 # the inner shell's own variables
        in_node "$node" env --default-signal env "$disposition" \
            bash -c 'echo $$ >/run/dcos-zk.pid; exec dcos-zk "$@"' - "$@" >"$BED/stdout" 2>"$BED/stderr" </dev/null
    ) &
    RUN=$!
    wait_until 10 'dcos-zk runs' in_node "$node" test -s /run/dcos-zk.pid
}

# shellcheck disable=SC2016 # the inner shell's own variables
send() { in_node "$1" bash -c 'kill -"$1" "$(</run/dcos-zk.pid)"' - "$2"; } # NODE SIGNAL

# end_run: waits for it; $STATUS, $STDOUT and $STDERR are what came of it.
end_run() {
    STATUS=0
    { wait "$RUN"; } 2>/dev/null || STATUS=$?
    STDOUT=$(<"$BED/stdout")
    STDERR=$(<"$BED/stderr")
}

# A unit with these lines stays in its stop (its start) until release: a read from a fifo nobody has opened for writing.
readonly HOLD_STOP='ExecStop=+/bin/sh -c "test ! -p /run/hold-stop || read line </run/hold-stop"'
readonly HOLD_START='ExecStartPre=+/bin/sh -c "test ! -p /run/hold-start || read line </run/hold-start"'

hold() { in_node "$1" mkfifo "/run/hold-$2"; } # NODE stop|start
release() { # NODE stop|start
    # shellcheck disable=SC2016 # the inner shell's own variables
    in_node "$1" timeout 10 sh -c 'echo >"$1"; rm "$1"' - "/run/hold-$2"
}

guard_units() { in_node "$1" systemctl list-units --all --plain --no-legend 'dcos-zk-*'; }
no_guard() { [[ -z $(guard_units "$1") ]]; }
