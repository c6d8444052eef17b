#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# dcos-zk on a host that runs Debian's own zookeeper: one directory for snapshots and logs, another unit, and the way
# to them told on the command line, in the environment or in the configuration file. Node 1 is that host, node 2 a
# DC/OS master.
. "$(dirname "${BASH_SOURCE[0]}")/fixture.sh"

readonly ZOO_CFG=/etc/zookeeper/conf/zoo.cfg UNIT=zookeeper.service DATA=/var/lib/zookeeper
readonly SETTINGS=(--zoo-cfg "$ZOO_CFG" --unit "$UNIT")

damage() {
    zk_tree 1 set /known/changed-often 'by accident'
    zk_tree 1 delete-tree /known/deep
}

backup_and_damage() {
    fresh_host 1
    dcos_zk 1 backup /backup/b.tar.gz "${SETTINGS[@]}"
    expect_status 0
    zk_wait 1
    damage
}

configure() { # LINE...: the configuration file of node 1
    mkdir -p "$(on_disk 1 /etc/dcos-zk)"
    printf '%s\n' "$@" >"$(on_disk 1 /etc/dcos-zk/dcos-zk.conf)"
}

unconfigure() { rm -rf "$(on_disk 1 /etc/dcos-zk)"; }

# ------------------------------------------------------------------------------------------------- backup, restore

backs_up() {
    local before
    fresh_host 1
    before=$(unit_property 1 InvocationID)
    dcos_zk 1 backup /backup/b.tar.gz "${SETTINGS[@]}"
    expect_status 0
    expect_stdout_line "$BACKUP_DONE"
    expect_unit 1 active
    if [[ $(unit_property 1 InvocationID) == "$before" ]]; then fail 'the unit was never stopped'; fi
    expect_tree 1 "$BED/known-tree"
}

keeps_everything() {
    fresh_host 1
    zk_stop 1
    dcos_zk 1 backup /backup/b.tar.gz "${SETTINGS[@]}"
    expect_status 0
    python3 "$TESTS/integration/compare_state.py" "$(on_disk 1 /backup/b.tar.gz)" \
        "$(on_disk 1 $DATA/version-2)" "$(on_disk 1 $DATA/version-2)"
}

brings_the_tree_back() {
    local link
    backup_and_damage
    link=$(readlink "$(on_disk 1 $DATA/myid)")
    dcos_zk 1 restore /backup/b.tar.gz "${SETTINGS[@]}"
    expect_status 0
    expect_stdout_line "$RESTORE_DONE"
    expect_unit 1 active
    expect_tree 1 "$BED/known-tree"
    expect_equal 'where myid points' "$link" "$(readlink "$(on_disk 1 $DATA/myid)")"
    expect_equal 'mode and owner of version-2' '700 zookeeper:zookeeper' "$(stat -c '%a %U:%G' "$(on_disk 1 $DATA/version-2)")"
}

keeps_the_previous_state() {
    local previous
    backup_and_damage
    tree_of 1 >"$BED/damaged-tree"
    dcos_zk 1 restore /backup/b.tar.gz "${SETTINGS[@]}"
    previous=$(previous_state 1)
    if [[ $previous != $DATA/version-2.dcos-zk-* ]]; then fail "the previous state is said to be in '$previous'"; fi
    zk_stop 1
    in_node 1 mv $DATA/version-2 $DATA/version-2.restored
    in_node 1 mv "$previous" $DATA/version-2
    zk_start 1
    expect_tree 1 "$BED/damaged-tree"
}

touches_nothing_else() {
    backup_and_damage
    echo mine >"$(on_disk 1 $DATA/notes.txt)"
    dcos_zk 1 restore /backup/b.tar.gz "${SETTINGS[@]}"
    expect_status 0
    expect_equal 'the data directory' "$(printf '%s\n' myid notes.txt version-2 "$(basename "$(previous_state 1)")")" \
        "$(ls -A "$(on_disk 1 $DATA)")"
}

leaves_a_stopped_unit_stopped() {
    backup_and_damage
    zk_stop 1
    dcos_zk 1 restore /backup/b.tar.gz "${SETTINGS[@]}"
    expect_status 0
    expect_unit 1 inactive
    zk_start 1
    expect_tree 1 "$BED/known-tree"
}

# The unit that systemd makes of the init script in Debian's zookeeperd: it forks, it stays "active (exited)" whatever
# becomes of its process, and KillMode=process leaves stopping to start-stop-daemon.
works_with_the_init_script() {
    local java daemon='/usr/sbin/start-stop-daemon --quiet --pidfile /run/zookeeper.pid'
    java=$(sed -n 's/^ExecStart=//p' "$(on_disk 1 /etc/systemd/system/$UNIT)")
    fresh_host 1 Type=forking GuessMainPID=no KillMode=process RemainAfterExit=yes Restart=no User= ExecStart= \
        "ExecStart=$daemon --start --make-pidfile --background --chuid zookeeper:zookeeper --umask 077 --exec ${java/ / -- }" \
        "ExecStop=$daemon --stop --retry=TERM/30/KILL/5"
    dcos_zk 1 backup /backup/b.tar.gz "${SETTINGS[@]}"
    expect_status 0
    expect_unit 1 active
    zk_wait 1
    damage
    dcos_zk 1 restore /backup/b.tar.gz "${SETTINGS[@]}"
    expect_status 0
    expect_unit 1 active
    expect_tree 1 "$BED/known-tree"
}

# ------------------------------------------------------------------------------------------------- how it is told

from_the_environment() {
    fresh_host 1
    dcos_zk_with 1 DCOS_ZK_ZOO_CFG="$ZOO_CFG" DCOS_ZK_UNIT="$UNIT" -- backup /backup/b.tar.gz
    expect_status 0
    damage
    dcos_zk_with 1 DCOS_ZK_ZOO_CFG="$ZOO_CFG" DCOS_ZK_UNIT="$UNIT" -- restore /backup/b.tar.gz
    expect_status 0
    expect_tree 1 "$BED/known-tree"
}

from_the_file() {
    fresh_host 1
    configure '# how ZooKeeper runs here' "unit = $UNIT" "zoo-cfg = $ZOO_CFG"
    dcos_zk 1 backup /backup/b.tar.gz
    expect_status 0
    damage
    dcos_zk 1 restore /backup/b.tar.gz
    expect_status 0
    expect_tree 1 "$BED/known-tree"
}

from_another_file() { # ARGUMENT-OR-VARIABLE
    fresh_host 1
    configure 'unit = not-this-one.service'
    printf '%s\n' "unit = $UNIT" "zoo-cfg = $ZOO_CFG" >"$(on_disk 1 /etc/other.conf)"
    dcos_zk 1 backup /backup/by-option --config /etc/other.conf
    expect_status 0
    dcos_zk_with 1 DCOS_ZK_CONFIG=/etc/other.conf -- backup /backup/by-variable
    expect_status 0
}

environment_beats_file() {
    fresh_host 1
    configure 'unit = from-file.service' "zoo-cfg = $ZOO_CFG"
    dcos_zk_with 1 DCOS_ZK_UNIT=from-environment.service -- backup /backup/b.tar.gz
    expect_status 1
    expect_message from-environment.service
}

command_line_beats_both() {
    fresh_host 1
    configure 'unit = from-file.service' "zoo-cfg = $ZOO_CFG"
    dcos_zk_with 1 DCOS_ZK_UNIT=from-environment.service -- backup /backup/b.tar.gz --unit "$UNIT"
    expect_status 0
}

a_wrong_setting_is_named() {
    fresh_host 1
    configure 'unti = zookeeper.service'
    dcos_zk 1 backup /backup/b.tar.gz
    expect_status 2
    expect_message unti /etc/dcos-zk/dcos-zk.conf
}

a_missing_zoo_cfg_is_named() {
    local unit
    fresh_host 1
    unit=$(unit_picture 1)
    dcos_zk 1 backup /backup/b.tar.gz --unit "$UNIT" --zoo-cfg /etc/zookeeper/conf/zoo.conf
    expect_status 2
    expect_message /etc/zookeeper/conf/zoo.conf
    expect_equal 'the unit' "$unit" "$(unit_picture 1)"
}

# ------------------------------------------------------------------------------------------------- from host to host

onto_dcos_and_back() {
    fresh_host 1
    in_node 2 rm -f /root/from-debian /root/from-dcos
    dcos_zk 1 backup /backup/from-debian "${SETTINGS[@]}"
    expect_status 0
    cp "$(on_disk 1 /backup/from-debian)" "$(on_disk 2 /root/)"
    dcos_zk 2 restore /root/from-debian
    expect_status 0
    expect_tree 2 "$BED/known-tree"
    expect_equal 'owners on the DC/OS master' "$BED_DCOS_UID" \
        "$(find "$(on_disk 2 /var/lib/dcos/exhibitor/zookeeper)" -printf '%U\n' | sort -u)"

    zk_tree 2 create /known/written-on-the-master here
    tree_of 2 >"$BED/tree-of-the-master"
    dcos_zk 2 backup /root/from-dcos
    expect_status 0
    cp "$(on_disk 2 /root/from-dcos)" "$(on_disk 1 /backup/)"
    dcos_zk 1 restore /backup/from-dcos "${SETTINGS[@]}"
    expect_status 0
    expect_tree 1 "$BED/tree-of-the-master"
    expect_equal 'owners on the Debian host' zookeeper \
        "$(find "$(on_disk 1 $DATA/version-2)" -printf '%U\n' | sort -u | xargs getent passwd | cut -d: -f1)"
}

# ------------------------------------------------------------------------------------------------- all of it

with_configuration() { # FUNCTION: whatever becomes of it, the configuration file goes
    trap unconfigure EXIT
    "$1"
}

bed_up 2
node_create 2 dcos
node_start 2
make_host 1 debian
node_wait 2
zk_wait 2

it 'a backup stops the unit, starts it again and exits 0' backs_up
it 'the archive holds every file of the state with its bytes, owner, group, mode and time' keeps_everything
it 'a restore brings the tree back; myid stays the link that it was' brings_the_tree_back
it 'the previous state is kept beside version-2, whole' keeps_the_previous_state
it 'what else lies in the data directory is not touched' touches_nothing_else
it 'a restore leaves a stopped unit stopped' leaves_a_stopped_unit_stopped

it "the unit may be the one made of Debian's init script" works_with_the_init_script

it 'unit and zoo.cfg can be told in the environment' from_the_environment
it 'unit and zoo.cfg can be told in /etc/dcos-zk/dcos-zk.conf' with_configuration from_the_file
it 'another configuration file can be named' with_configuration from_another_file
it 'the environment goes before the file' with_configuration environment_beats_file
it 'the command line goes before both' with_configuration command_line_beats_both
it 'an unknown setting is refused and named' with_configuration a_wrong_setting_is_named
it 'a zoo.cfg that is not there is named' a_missing_zoo_cfg_is_named

it 'an archive of this layout restores onto a DC/OS master, and back' onto_dcos_and_back
finish
