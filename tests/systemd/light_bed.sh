#!/bin/bash
# light_bed.sh COMMAND...: runs COMMAND beside a real systemd of its own; the exit code is COMMAND's.
#
# The systemd is a user manager that serves the system bus's address, in mount, pid and network
# namespaces of its own: it can neither see nor reach the machine's own services, and nothing of it
# is on the machine's disk. COMMAND finds in the environment
#   LIGHT_BED_UNITS    the folder for unit files (then a Reload, as on a host)
#   LIGHT_BED_SCRATCH  an empty folder that goes away with the bed
# Needs root with CAP_SYS_ADMIN and a writable cgroup tree; a missing one is an error, never a skip.
set -euo pipefail

readonly prefix=light-bed
readonly deadline_seconds=20

# A moment between two looks at a condition: a read, with a timeout, from a pipe that nobody writes to.
exec {silence}<> <(:)
pause() { read -rt 0.02 -u "$silence" || true; }

# Every cgroup hierarchy that systemd may use: v1 hybrid has two, pure v2 is the tree itself.
hierarchies() {
    local tree
    for tree in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
        if [[ -w $tree/cgroup.procs ]]; then echo "$tree"; fi
    done
}

# The processes of a bed that has just been killed may need a moment to leave.
remove_cgroups() {
    local name=$1 tree left give_up=$((SECONDS + deadline_seconds))
    while left=0 && (( SECONDS < give_up )); do
        for tree in $(hierarchies); do
            [[ -d $tree/$name ]] || continue
            find "$tree/$name" -depth -type d -exec rmdir {} + 2>/dev/null || left=1
        done
        (( left )) || return 0
        pause
    done
    echo "light bed: cgroup $name could not be removed" >&2
}

# What beds left behind that were killed before they could tidy up; their names end in their pid.
remove_abandoned_cgroups() {
    local tree path
    for tree in $(hierarchies); do
        for path in "$tree/$prefix".*; do
            [[ -d $path && ! -d /proc/${path##*.} ]] || continue
            # The bed of another container, whose pids are not ours.
            if find "$path" -name cgroup.procs -exec cat {} + | grep -q .; then continue; fi
            remove_cgroups "${path##*/}"
        done
    done
}

outside() {
    bed_name=$prefix.$$
    local code=0
    remove_abandoned_cgroups
    # In the background, so that a signal is answered at once. Whoever ends, even by SIGKILL, ends all
    # that is below it; unshare itself heeds no other signal.
    setpriv --pdeathsig KILL unshare --mount --pid --net --fork --mount-proc --kill-child \
        "$BASH" "${BASH_SOURCE[0]}" --inside "$bed_name" "$@" </dev/null &
    bed_pid=$!
    trap 'kill -KILL "$bed_pid" 2>/dev/null || true; wait "$bed_pid" 2>/dev/null || true; remove_cgroups "$bed_name"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    wait "$bed_pid" || code=$?
    return "$code"
}

enter_own_cgroup() {
    local name=$1 tree entered=''
    for tree in $(hierarchies); do
        mkdir -p "$tree/$name" && echo $$ >"$tree/$name/cgroup.procs" && entered=yes
    done
    [[ $entered ]] || { echo 'light bed: no writable cgroup tree' >&2; return 1; }
}

write_units() {
    local units=$1 target
    mkdir -p "$units"/{sockets,default}.target.wants
    for target in default basic sockets timers paths shutdown exit; do
        cp -L "/usr/lib/systemd/user/$target.target" "$units/"
    done
    # The manager joins the bus only where it runs both of these itself.
    cat >"$units/dbus.socket" <<'UNIT'
[Socket]
ListenStream=/run/dbus/system_bus_socket
SocketMode=0666
UNIT
    cat >"$units/dbus.service" <<'UNIT'
[Unit]
Requires=dbus.socket
[Service]
Type=notify
ExecStart=/usr/bin/dbus-daemon --config-file=/run/light-bed/bus.conf --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only
UNIT
    ln -s ../dbus.socket "$units/sockets.target.wants/"
    ln -s ../dbus.service "$units/default.target.wants/"
}

write_bus_configuration() {
    cat >"$1" <<'CONFIGURATION'
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
CONFIGURATION
}

wait_for_systemd() {
    local give_up=$((SECONDS + deadline_seconds))
    until busctl --system status org.freedesktop.systemd1 >/dev/null 2>&1; do
        if (( SECONDS >= give_up )); then
            echo 'light bed: systemd did not join its bus:' >&2
            cat /run/light-bed/systemd.log >&2
            return 1
        fi
        pause
    done
}

inside() {
    local name=$1 bed=/run/light-bed
    shift
    enter_own_cgroup "$name"
    mount --make-rprivate /
    mount -t tmpfs -o mode=755 none /run
    mkdir -p /run/systemd/system /run/dbus "$bed/scratch"
    install -d -m 700 "$bed/runtime"
    write_units "$bed/units"
    write_bus_configuration "$bed/bus.conf"
    # SYSTEMD_UNIT_PATH keeps the machine's own user units out.
    env -i PATH="$PATH" HOME="$bed" LANG=C.UTF-8 XDG_RUNTIME_DIR="$bed/runtime" \
        DBUS_SESSION_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket \
        SYSTEMD_UNIT_PATH="$bed/runtime/systemd/transient:$bed/units" \
        /lib/systemd/systemd --user --log-target=console --log-level=info \
        >"$bed/systemd.log" 2>&1 &
    wait_for_systemd
    unset DBUS_SYSTEM_BUS_ADDRESS
    LIGHT_BED_UNITS=$bed/units LIGHT_BED_SCRATCH=$bed/scratch "$@"
}

if [[ ${1:-} == --inside ]]; then
    shift
    inside "$@"
elif (( $# )); then
    outside "$@"
else
    echo 'usage: light_bed.sh COMMAND...' >&2
    exit 2
fi
