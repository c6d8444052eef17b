# shellcheck shell=bash
# The node bed: hosts with a real systemd and a real ZooKeeper on one machine, for tests and the demo. Sourced.
#
# A node is systemd as PID 1 in systemd-nspawn, with a root and a network namespace of its own; only /usr is the
# machine's, read-only. The nodes of a bed share one bridge with the operator's host, from which the tests speak to
# them. Outside $BED a bed touches nothing but cgroups that carry its tag, so any number of beds can be up at once. Its
# nodes die with the shell that booted them, whatever ends that shell.
#
#   bed_up 3                                 # the network of three nodes; everything goes away when the shell exits
#   node_create 1 dcos --of 3                # likewise 2 and 3; 'debian' is the layout of Debian's package
#   nodes_boot 1 2 3
#   zk_wait 1 2 3
#   in_node 2 systemctl stop dcos-exhibitor.service

readonly BED_SUBNET=10.77.0
readonly BED_OPERATOR=254
readonly BED_DCOS_UID=3901 # a user that only the nodes know

BED=''               # the bed's directory
BED_TAG=''           # what its cgroups and machines are named after
BED_PROGRAMS=''      # optional: a directory of programs, /opt/tool in every node and first in its PATH
declare -A BED_LAYOUT=() # node -> dcos | debian

# ------------------------------------------------------------------------------------------------- small things

bed_die() {
    printf 'bed: %s\n' "$*" >&2
    exit 1
}

# A pipe that nobody writes to: reading from it with a timeout is a pause that needs no process.
exec {BED_PAUSE}<> <(:)

# wait_until SECONDS WHAT COMMAND...: runs COMMAND again and again until it succeeds; fails with WHAT at the deadline.
wait_until() {
    local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ((${EPOCHREALTIME/./} > deadline)); then
            printf 'waited in vain until %s\n' "$what" >&2
            return 1
        fi
        read -rt 0.03 -u "$BED_PAUSE" || true
    done
}

# ------------------------------------------------------------------------------------------------- can it run here?

_bed_cgroup_roots() { # where processes are put into groups: v2 alone, or systemd's part of v1
    local root
    for root in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
        if [[ -w $root/cgroup.procs ]]; then printf '%s\n' "$root"; fi
    done
}

# Fails, naming all that is missing: a machine that cannot run the bed must not look like one that passed.
bed_require() {
    local missing=() command
    ((EUID == 0)) || missing+=('root: run this as root')
    for command in systemd-nspawn ip nsenter setpriv unshare pgrep java dbus-daemon; do
        command -v "$command" >/dev/null || missing+=("the program $command: scripts/install-packages test")
    done
    [[ -r /usr/share/java/zookeeper.jar ]] || missing+=('ZooKeeper: scripts/install-packages test')
    if ((EUID == 0)); then
        unshare --mount --net true 2>/dev/null || missing+=('CAP_SYS_ADMIN: a container needs --privileged')
        [[ -n $(_bed_cgroup_roots) ]] || missing+=('a writable cgroup tree under /sys/fs/cgroup')
    fi
    if ((${#missing[@]})); then
        printf 'bed: this machine cannot run a systemd of its own; it lacks\n' >&2
        printf '  - %s\n' "${missing[@]}" >&2
        return 1
    fi
}

# ------------------------------------------------------------------------------------------------- the bed

# bed_up NODES: the directory, the network of that many nodes, and the trap that takes all of it away again.
bed_up() {
    bed_require || exit 1
    _bed_sweep
    BED=$(mktemp -d "${TMPDIR:-/tmp}/zk-bed.XXXXXX")
    BED_TAG=$(_bed_tag "$BED")
    _bed_life "$$" >"$BED/owner"
    trap bed_down EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    _bed_network "$1"
}

bed_down() {
    local status=$?
    trap '' HUP INT TERM
    set +e
    if [[ -n $BED ]]; then _bed_remove "$BED"; fi
    BED=''
    exit "$status"
}

_bed_tag() { printf 'zk-bed-%s' "${1##*.}"; }

# A process's number and start time: what no later process can be mistaken for.
_bed_life() { awk '{ print $1, $22 }' "/proc/$1/stat" 2>/dev/null; }

# What beds left whose shell was killed outright (their nodes died with it).
_bed_sweep() {
    local bed pid
    for bed in "${TMPDIR:-/tmp}"/zk-bed.*; do
        if [[ -r $bed/owner ]]; then
            read -r pid _ <"$bed/owner"
            if [[ $(_bed_life "$pid") != "$(<"$bed/owner")" ]]; then _bed_remove "$bed"; fi
        fi
    done
}

_bed_remove() { # DIRECTORY
    local tag file
    tag=$(_bed_tag "$1")
    for file in "$1"/node*.host; do
        if [[ -e $file ]]; then kill -KILL "$(<"$file")" 2>/dev/null || true; fi
    done
    wait_until 20 "the cgroups of $tag are gone" _bed_remove_cgroups "$tag-*"
    _bed_unmount_below "$1"
    rm -rf --one-file-system "$1"
}

# The network namespaces, and what a test mounted (a full disk, a read-only one).
_bed_unmount_below() {
    local mount
    while read -r mount; do
        umount "$mount"
    done < <(awk -v below="$1/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
}

_bed_network() {
    local host
    mkdir "$BED/net"
    for host in switch $(seq "$1") "$BED_OPERATOR"; do
        : >"$BED/net/$host"
        unshare --net="$BED/net/$host" ip link set lo up
    done
    _in_net switch ip link add bridge up type bridge
    for host in $(seq "$1") "$BED_OPERATOR"; do
        _in_net switch ip link add "port$host" up master bridge type veth peer name eth0 netns "$BED/net/$host"
        _in_net "$host" ip address add "$BED_SUBNET.$host/24" dev eth0
        _in_net "$host" ip link set eth0 up
    done
}

_in_net() { # HOST COMMAND...
    local net=$BED/net/$1
    shift
    nsenter --net="$net" "$@"
}

# operator COMMAND...: runs COMMAND on the operator's host, which reaches the nodes by their addresses.
operator() { _in_net "$BED_OPERATOR" "$@"; }

# ------------------------------------------------------------------------------------------------- a node's root

node_root() { printf '%s/node%s' "$BED" "$1"; }
node_address() { printf '%s.%s' "$BED_SUBNET" "$1"; }

zk_unit() { # the unit that runs ZooKeeper on node $1, and so on for the layout's other facts
    case ${BED_LAYOUT[$1]} in
        dcos) echo dcos-exhibitor.service ;;
        debian) echo zookeeper.service ;;
    esac
}
zk_user() {
    case ${BED_LAYOUT[$1]} in
        dcos) echo dcos_exhibitor ;;
        debian) echo zookeeper ;;
    esac
}
zk_config() {
    case ${BED_LAYOUT[$1]} in
        dcos) echo /var/lib/dcos/exhibitor/conf/zoo.cfg ;;
        debian) echo /etc/zookeeper/conf/zoo.cfg ;;
    esac
}
zk_data_dir() {
    case ${BED_LAYOUT[$1]} in
        dcos) echo /var/lib/dcos/exhibitor/zookeeper/snapshot ;;
        debian) echo /var/lib/zookeeper ;;
    esac
}
zk_log_dir() {
    case ${BED_LAYOUT[$1]} in
        dcos) echo /var/lib/dcos/exhibitor/zookeeper/transactions ;;
        debian) echo /var/lib/zookeeper ;;
    esac
}
zk_state_dir() { # the directory that holds all of the state and that a restore replaces
    case ${BED_LAYOUT[$1]} in
        dcos) echo /var/lib/dcos/exhibitor/zookeeper ;;
        debian) echo /var/lib/zookeeper/version-2 ;;
    esac
}

# node_create I dcos|debian [--of MEMBERS] [--java OPTION]... [--service LINE]... [--config LINE]...
# Makes node I's root; --java options for the JVM, --service lines for the unit, --config lines for zoo.cfg.
node_create() {
    local node=$1 layout=$2 members=1 java=() service=() config=()
    shift 2
    while (($#)); do
        case $1 in
            --of) members=$2 ;;
            --java) java+=("$2") ;;
            --service) service+=("$2") ;;
            --config) config+=("$2") ;;
            *) bed_die "node_create: what is '$1'?" ;;
        esac
        shift 2
    done
    BED_LAYOUT[$node]=$layout
    _node_make_root "$node"
    "_node_make_$layout" "$node"
    _node_write_zoo_cfg "$node" "$members" "${config[@]}"
    _node_write_unit "$node" "${java[*]}" "${service[@]}"
}

_node_make_root() {
    local root name
    root=$(node_root "$1")
    mkdir -p "$root"/{etc/systemd/system/multi-user.target.wants,usr,var/lib,var/log,var/tmp,tmp,run,root,home,mnt,proc,sys,dev,opt/tool}
    chmod 0700 "$root/root"
    chmod 1777 "$root/tmp" "$root/var/tmp"
    for name in bin sbin lib lib64; do
        if [[ -L /$name ]]; then ln -s "usr/$name" "$root/$name"; fi
    done
    for name in passwd group shadow nsswitch.conf ld.so.conf ld.so.conf.d ld.so.cache alternatives pam.d security \
        dbus-1 login.defs java-17-openjdk; do
        if [[ -e /etc/$name ]]; then cp -a "/etc/$name" "$root/etc/"; fi
    done
    cp -L /etc/os-release "$root/etc/os-release"
    : >"$root/etc/machine-id"
    : >"$root/etc/fstab"
    for name in systemd-networkd.service systemd-resolved.service systemd-timesyncd.service systemd-logind.service \
        apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer fstrim.timer dpkg-db-backup.timer man-db.timer \
        getty.target; do
        ln -s /dev/null "$root/etc/systemd/system/$name"
    done
    ln -s /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
}

_node_make_dcos() {
    local base
    base=$(node_root "$1")/var/lib/dcos/exhibitor
    printf 'dcos_exhibitor:x:%s:%s::/var/lib/dcos/exhibitor:/bin/false\n' "$BED_DCOS_UID" "$BED_DCOS_UID" \
        >>"$(node_root "$1")/etc/passwd"
    printf 'dcos_exhibitor:x:%s:\n' "$BED_DCOS_UID" >>"$(node_root "$1")/etc/group"
    mkdir -p "$base"/{zookeeper/{snapshot,transactions},conf}
    echo "$1" >"$base/zookeeper/snapshot/myid"
    echo 'what ZooKeeper had to say' >"$base/zookeeper/zookeeper.out"
    chown -R "$BED_DCOS_UID:$BED_DCOS_UID" "$base"
    chmod -R u=rwX,go= "$base"
}

_node_make_debian() {
    local root
    root=$(node_root "$1")
    mkdir -p "$root/etc/zookeeper" "$root/var/lib/zookeeper" "$root/var/log/zookeeper"
    cp -a /etc/zookeeper/conf_example "$root/etc/zookeeper/"
    ln -s /etc/alternatives/zookeeper-conf "$root/etc/zookeeper/conf"
    echo "$1" >"$root/etc/zookeeper/conf_example/myid"
    ln -s /etc/zookeeper/conf/myid "$root/var/lib/zookeeper/myid"
    chown zookeeper:zookeeper "$root/var/lib/zookeeper" "$root/var/log/zookeeper"
    chmod 0750 "$root/var/lib/zookeeper"
}

# The configuration as seen from outside: on Debian its directory is a symbolic link that only the node can follow.
_node_config_file() {
    case ${BED_LAYOUT[$1]} in
        dcos) printf '%s%s' "$(node_root "$1")" "$(zk_config "$1")" ;;
        debian) printf '%s/etc/zookeeper/conf_example/zoo.cfg' "$(node_root "$1")" ;;
    esac
}

_node_write_zoo_cfg() { # NODE MEMBERS LINE...
    local node=$1 members=$2 member
    shift 2
    {
        printf '%s\n' tickTime=2000 initLimit=10 syncLimit=5 clientPort=2181 admin.enableServer=false \
            '4lw.commands.whitelist=*' "dataDir=$(zk_data_dir "$node")"
        if [[ $(zk_log_dir "$node") != "$(zk_data_dir "$node")" ]]; then echo "dataLogDir=$(zk_log_dir "$node")"; fi
        if ((members > 1)); then
            for member in $(seq "$members"); do
                echo "server.$member=$(node_address "$member"):2888:3888"
            done
        fi
        if (($#)); then printf '%s\n' "$@"; fi
    } >"$(_node_config_file "$node")"
    if [[ ${BED_LAYOUT[$node]} == dcos ]]; then chown "$BED_DCOS_UID:$BED_DCOS_UID" "$(_node_config_file "$node")"; fi
}

_node_write_unit() { # NODE JAVA-OPTIONS LINE...
    local node=$1 java_options=$2 directory unit
    shift 2
    directory=$(node_root "$node")/etc/systemd/system
    unit=$(zk_unit "$node")
    {
        printf '%s\n' '[Unit]' 'Description=ZooKeeper' 'StartLimitIntervalSec=0' '[Service]' "User=$(zk_user "$node")" \
            'UMask=0077' 'Restart=always' 'RestartSec=1' 'SuccessExitStatus=143'
        printf 'ExecStart=/usr/bin/java -Xmx128m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC %s -cp %s %s %s\n' "$java_options" \
            /usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar \
            org.apache.zookeeper.server.quorum.QuorumPeerMain "$(zk_config "$node")"
        if (($#)); then printf '%s\n' "$@"; fi
    } >"$directory/$unit"
    ln -s "../$unit" "$directory/multi-user.target.wants/$unit"
}

# node_unit_override I LINE...: lines for the [Service] section of a running node's ZooKeeper unit; none: as it was.
node_unit_override() {
    local node=$1 directory
    shift
    directory=$(node_root "$node")/etc/systemd/system/$(zk_unit "$node").d
    rm -rf "$directory"
    if (($#)); then
        mkdir "$directory"
        printf '%s\n' '[Service]' "$@" >"$directory/override.conf"
    fi
    in_node "$node" systemctl daemon-reload
}

# ------------------------------------------------------------------------------------------------- a node's life

# nodes_boot I...: boots them side by side and returns when all are up.
nodes_boot() {
    local node
    for node; do node_start "$node"; done
    for node; do node_wait "$node"; done
}

# node_start I [OPTION of systemd-nspawn]...: after node_kill it is the same host again, with the same disk.
node_start() {
    local node=$1 root
    shift
    root=$(node_root "$node")
    (
        _bed_enter_cgroup "$node"
        # Whatever ends this shell, SIGKILL included, ends the process namespace around the node, and so the node.
        exec setsid setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
            systemd-nspawn --quiet --boot --directory="$root" \
            --machine="$BED_TAG-$node" --hostname="m$node" --register=no --keep-unit --bind-ro=/usr \
            --resolv-conf=off --timezone=off ${BED_PROGRAMS:+--bind-ro="$BED_PROGRAMS:/opt/tool"} \
            --network-namespace-path="$BED/net/$node" "$@"
    ) >"$root.log" 2>&1 </dev/null &
    echo $! >"$root.host"
    disown $! # or the shell would report its end
}

node_wait() {
    if ! wait_until 30 "node $1 is up" _node_is_up "$1"; then
        tail -n 20 "$(node_root "$1").log" >&2
        return 1
    fi
}

_node_is_up() {
    local nspawn init
    nspawn=$(pgrep -P "$(<"$(node_root "$1").host")") && init=$(pgrep -P "$nspawn") || return 1
    printf '%s\n' "$init" >"$(node_root "$1").init"
    [[ $(in_node "$1" systemctl is-system-running) =~ ^(running|degraded)$ ]]
}

# A cgroup of its own, or all nodes of all beds would share one.
_bed_enter_cgroup() {
    local root
    while read -r root; do
        mkdir -p "$root/$BED_TAG-$1"
        echo "$BASHPID" >"$root/$BED_TAG-$1/cgroup.procs"
    done < <(_bed_cgroup_roots)
}

# node_kill I: pulls the plug. All its processes die at once, its files stay.
node_kill() {
    kill -KILL "$(<"$(node_root "$1").host")"
    rm "$(node_root "$1")".{host,init}
    wait_until 20 "the cgroups of node $1 are gone" _bed_remove_cgroups "$BED_TAG-$1"
}

_bed_remove_cgroups() { # PATTERN of their names
    local root group status=0
    while read -r root; do
        while read -r group; do
            find "$group" -depth -type d -exec rmdir {} + || status=1
        done < <(find "$root" -mindepth 1 -maxdepth 1 -name "$1")
    done < <(_bed_cgroup_roots)
    return "$status"
}

# in_node I COMMAND...: runs COMMAND in node I, as root.
in_node() {
    local init
    init=$(<"$(node_root "$1").init") || return 1
    shift
    nsenter --all --target "$init" env -i PATH=/opt/tool:/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8 "$@"
}

# ------------------------------------------------------------------------------------------------- ZooKeeper

# zk_ask I WORD: what node I's ZooKeeper answers to a four-letter word.
zk_ask() {
    # shellcheck disable=SC2016 # the inner shell's own variables
    operator timeout 2 bash -c 'exec 3<>"/dev/tcp/$1/2181" && printf %s "$2" >&3 && cat <&3' \
        - "$(node_address "$1")" "$2" 2>/dev/null
}

zk_mode() { zk_ask "$1" srvr | sed -n 's/^Mode: //p'; } # leader, follower, standalone; nothing if it does not serve
zk_serves() { [[ -n $(zk_mode "$1") ]]; }

# zk_wait I...: until each of them serves.
zk_wait() {
    local node
    for node; do
        wait_until 60 "ZooKeeper on node $node serves" zk_serves "$node" || {
            in_node "$node" journalctl --no-pager --lines=20 --unit="$(zk_unit "$node")" >&2
            return 1
        }
    done
}
