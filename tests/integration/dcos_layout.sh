#!/bin/bash
# shellcheck source-path=SCRIPTDIR
# dcos-zk on a DC/OS master: two directories under one parent, the unit dcos-exhibitor, nothing configured.
. "$(dirname "${BASH_SOURCE[0]}")/fixture.sh"

readonly ZOOKEEPER=/var/lib/dcos/exhibitor/zookeeper

compare_with_host() { # ARCHIVE-OR-DIRECTORY
    python3 "$TESTS/integration/compare_state.py" "$1" \
        "$(on_disk 1 $ZOOKEEPER/snapshot/version-2)" "$(on_disk 1 $ZOOKEEPER/transactions/version-2)"
}

# stopped_backup PATH: of a state that holds still, so that it can be compared.
stopped_backup() {
    zk_stop 1
    dcos_zk 1 backup "$1"
    expect_status 0
}

damage() {
    zk_tree 1 set /known/changed-often 'by accident'
    zk_tree 1 delete-tree /known/deep
    zk_tree 1 create /known/added-later 'not in the backup'
}

# ------------------------------------------------------------------------------------------------- backup

says_so() {
    fresh_host 1
    dcos_zk 1 backup /backup/b.tar.gz
    expect_status 0
    expect_stdout_line "$BACKUP_DONE"
}

running_unit_runs_again() {
    local before
    fresh_host 1
    before=$(unit_property 1 InvocationID)
    dcos_zk 1 backup /backup/b.tar.gz
    expect_status 0
    expect_unit 1 active
    expect_equal 'NRestarts, which counts restarts that nobody asked for' 0 "$(unit_property 1 NRestarts)"
    if [[ $(unit_property 1 InvocationID) == "$before" ]]; then fail 'the unit was never stopped'; fi
    expect_tree 1 "$BED/known-tree"
}

stopped_unit_stays_stopped() {
    local before
    fresh_host 1
    zk_stop 1
    before=$(unit_picture 1)
    dcos_zk 1 backup /backup/b.tar.gz
    expect_status 0
    expect_equal 'the unit' "$before" "$(unit_picture 1)"
}

is_private() {
    fresh_host 1
    dcos_zk 1 backup /backup/b.tar.gz
    expect_equal 'mode and owner' '600 0:0' "$(stat -c '%a %u:%g' "$(on_disk 1 /backup/b.tar.gz)")"
}

keeps_everything() {
    fresh_host 1
    stopped_backup /backup/b.tar.gz
    compare_with_host "$(on_disk 1 /backup/b.tar.gz)"
}

leaves_out_the_hosts_own() {
    fresh_host 1
    expect_exists "$(on_disk 1 $ZOOKEEPER/snapshot/myid)"
    expect_exists "$(on_disk 1 $ZOOKEEPER/zookeeper.out)"
    stopped_backup /backup/b.tar.gz
    local members
    members=$(tar tzf "$(on_disk 1 /backup/b.tar.gz)")
    expect_lacks 'the archive' myid "$members"
    expect_lacks 'the archive' zookeeper.out "$members"
}

has_the_members_of_the_original() {
    fresh_host 1
    stopped_backup /backup/b.tar.gz
    expect_equal 'the members, with their numbers left out' './zookeeper/
./zookeeper/snapshot/
./zookeeper/snapshot/version-2/
./zookeeper/snapshot/version-2/snapshot.N
./zookeeper/transactions/
./zookeeper/transactions/version-2/
./zookeeper/transactions/version-2/log.N
./zookeeper/dcos-zk-manifest.json' \
        "$(tar tzf "$(on_disk 1 /backup/b.tar.gz)" | sed -E 's/(snapshot|log)\.[0-9a-f]+$/\1.N/' | uniq)"
}

gnu_tar_unpacks_it() {
    local complaints
    fresh_host 1
    stopped_backup /backup/b.tar.gz
    tar tvf "$(on_disk 1 /backup/b.tar.gz)" >/dev/null
    mkdir "$BED/gnu"
    complaints=$(tar xpf "$(on_disk 1 /backup/b.tar.gz)" --numeric-owner -C "$BED/gnu" 2>&1)
    expect_equal 'what tar says' '' "$complaints"
    compare_with_host "$BED/gnu"
}

bsdtar_unpacks_it() {
    local complaints
    fresh_host 1
    stopped_backup /backup/b.tar.gz
    bsdtar tvf "$(on_disk 1 /backup/b.tar.gz)" >/dev/null
    mkdir "$BED/bsd"
    complaints=$(bsdtar -xp --numeric-owner -f "$(on_disk 1 /backup/b.tar.gz)" -C "$BED/bsd" 2>&1)
    expect_equal 'what bsdtar says' '' "$complaints"
    compare_with_host "$BED/bsd"
}

python_unpacks_it() {
    local complaints
    fresh_host 1
    stopped_backup /backup/b.tar.gz
    mkdir "$BED/python"
    complaints=$(python3 -W error - "$(on_disk 1 /backup/b.tar.gz)" "$BED/python" 2>&1 <<'PYTHON'
import sys, tarfile
with tarfile.open(sys.argv[1], errorlevel=2) as archive:
    archive.getmembers()
    archive.extractall(sys.argv[2], numeric_owner=True)
PYTHON
    )
    expect_equal 'what Python says' '' "$complaints"
    expect_equal 'files' "$(find "$(on_disk 1 $ZOOKEEPER)" -name 'snapshot.*' -o -name 'log.*' | wc -l)" \
        "$(find "$BED/python" -name 'snapshot.*' -o -name 'log.*' | wc -l)"
}

goes_to_standard_output() {
    fresh_host 1
    in_node 1 dcos-zk backup - >"$BED/stream" 2>"$BED/stderr"
    expect_unit 1 active
    expect_contains 'standard error' "$BACKUP_DONE" "$(<"$BED/stderr")"
    gzip --test "$BED/stream"
    cp "$BED/stream" "$(on_disk 1 /backup/from-stream)"
    damage
    dcos_zk 1 restore /backup/from-stream
    expect_status 0
    expect_tree 1 "$BED/known-tree"
}

compresses_by_name() { # NAME MAGIC-BYTES-IN-HEX [OFFSET]
    fresh_host 1
    dcos_zk 1 backup "/backup/$1"
    expect_status 0
    expect_equal 'the magic bytes' "$2" \
        "$(od -An -tx1 -j "${3:-0}" -N $((${#2} / 2)) "$(on_disk 1 "/backup/$1")" | tr -d ' ')"
    damage
    dcos_zk 1 restore "/backup/$1"
    expect_status 0
    expect_tree 1 "$BED/known-tree"
}

takes_odd_names() {
    fresh_host 1
    dcos_zk 1 backup "/backup/a name with 'quotes', blanks and ü.tar.gz"
    expect_status 0
    expect_exists "$(on_disk 1 "/backup/a name with 'quotes', blanks and ü.tar.gz")"
}

takes_a_relative_path() {
    fresh_host 1
    in_node 1 env --chdir=/backup dcos-zk backup b.tar.gz >/dev/null 2>&1
    expect_exists "$(on_disk 1 /backup/b.tar.gz)"
}

speaks_json() {
    fresh_host 1
    dcos_zk 1 backup /backup/b.tar.gz --json
    expect_status 0
    python3 - "$BED/stdout" <<'PYTHON'
import json, sys
with open(sys.argv[1]) as file:
    result = json.load(file)
expected = {'command': 'backup', 'status': 'done', 'exitCode': 0, 'archive': '/backup/b.tar.gz'}
assert {name: result.get(name) for name in expected} == expected, result
unit = {name: result['unit'].get(name) for name in ('name', 'found', 'left')}
assert unit == {'name': 'dcos-exhibitor.service', 'found': 'active', 'left': 'active'}, result
PYTHON
}

names_members_when_verbose() {
    fresh_host 1
    dcos_zk 1 backup /backup/b.tar.gz -v
    expect_status 0
    expect_message ./zookeeper/snapshot/version-2/snapshot. ./zookeeper/transactions/version-2/log.
    expect_lacks 'standard output' ./zookeeper/ "$STDOUT"
}

takes_the_originals_options() {
    fresh_host 1
    mkdir "$(on_disk 1 /backup/tmp)"
    dcos_zk 1 backup -vt /backup/tmp /backup/b.tar.gz
    expect_status 0
    dcos_zk 1 restore --verb --tmp /backup/tmp /backup/b.tar.gz
    expect_status 0
    expect_equal 'files in -t DIR' '' "$(ls "$(on_disk 1 /backup/tmp)")"
}

dry_backup_changes_nothing() {
    local unit files
    fresh_host 1
    unit=$(unit_picture 1)
    files=$(file_picture 1 /var/lib/dcos /backup)
    dcos_zk 1 backup /backup/b.tar.gz --dry-run
    expect_status 0
    expect_contains 'the plan' dcos-exhibitor.service "$STDOUT"
    expect_contains 'the plan' /backup/b.tar.gz "$STDOUT"
    expect_lacks 'the plan' "$BACKUP_DONE" "$STDOUT"
    expect_equal 'the unit' "$unit" "$(unit_picture 1)"
    expect_equal 'the files' "$files" "$(file_picture 1 /var/lib/dcos /backup)"
}

leaves_no_trace() {
    local before
    fresh_host 1
    before=$(litter_picture 1)
    dcos_zk 1 backup /backup/b.tar.gz
    expect_equal 'what lies about' "$before" "$(litter_picture 1)"
    expect_equal 'the directory of the archive' b.tar.gz "$(ls -A "$(on_disk 1 /backup)")"
    expect_equal 'units of ours' '' "$(in_node 1 systemctl list-units --all --plain --no-legend 'dcos-zk-*')"
}

# ------------------------------------------------------------------------------------------------- restore

backup_and_damage() {
    fresh_host 1
    dcos_zk 1 backup /backup/b.tar.gz
    expect_status 0
    zk_wait 1
    damage
}

brings_the_tree_back() {
    backup_and_damage
    dcos_zk 1 restore /backup/b.tar.gz
    expect_status 0
    expect_stdout_line "$RESTORE_DONE"
    expect_unit 1 active
    expect_equal NRestarts 0 "$(unit_property 1 NRestarts)"
    expect_tree 1 "$BED/known-tree"
}

serves_on_after_restore() {
    backup_and_damage
    dcos_zk 1 restore /backup/b.tar.gz
    zk_wait 1
    zk_tree 1 create /known/written-after 'the restore'
    in_node 1 systemctl restart dcos-exhibitor.service
    zk_wait 1
    expect_equal 'the znode' 'the restore' "$(zk_tree 1 get /known/written-after)"
}

keeps_the_previous_state() {
    local previous
    backup_and_damage
    tree_of 1 >"$BED/damaged-tree"
    dcos_zk 1 restore /backup/b.tar.gz
    expect_status 0
    previous=$(previous_state 1)
    if [[ $previous != "$ZOOKEEPER".dcos-zk-* ]]; then fail "the previous state is said to be in '$previous'"; fi
    zk_stop 1
    in_node 1 mv "$ZOOKEEPER" "$ZOOKEEPER.restored"
    in_node 1 mv "$previous" "$ZOOKEEPER"
    zk_start 1
    expect_tree 1 "$BED/damaged-tree"
}

keeps_the_hosts_own() {
    backup_and_damage
    local before
    echo 42 >"$(on_disk 1 $ZOOKEEPER/snapshot/myid)"
    before=$(stat -c '%a %u:%g' "$(on_disk 1 $ZOOKEEPER)" "$(on_disk 1 $ZOOKEEPER)"/{snapshot,transactions}{,/version-2} \
        "$(on_disk 1 $ZOOKEEPER/snapshot/myid)")
    dcos_zk 1 restore /backup/b.tar.gz
    expect_status 0
    expect_equal myid 42 "$(<"$(on_disk 1 $ZOOKEEPER/snapshot/myid)")"
    expect_equal 'modes and owners' "$before" "$(stat -c '%a %u:%g' "$(on_disk 1 $ZOOKEEPER)" \
        "$(on_disk 1 $ZOOKEEPER)"/{snapshot,transactions}{,/version-2} "$(on_disk 1 $ZOOKEEPER/snapshot/myid)")"
}

restore_keeps_files_as_archived() {
    backup_and_damage
    zk_stop 1
    dcos_zk 1 restore /backup/b.tar.gz
    expect_status 0
    compare_with_host "$(on_disk 1 /backup/b.tar.gz)"
}

restore_of_stopped_unit_leaves_it_stopped() {
    local before
    backup_and_damage
    zk_stop 1
    before=$(unit_picture 1)
    dcos_zk 1 restore /backup/b.tar.gz
    expect_status 0
    expect_equal 'the unit' "$before" "$(unit_picture 1)"
    zk_start 1
    expect_tree 1 "$BED/known-tree"
}

restores_without_data() { # what is removed first, below ZOOKEEPER
    local name
    backup_and_damage
    zk_stop 1
    for name; do
        rm -r "$(on_disk 1 "$ZOOKEEPER$name")"
    done
    dcos_zk 1 restore /backup/b.tar.gz
    expect_status 0
    zk_start 1
    expect_tree 1 "$BED/known-tree"
}

restores_twice() {
    backup_and_damage
    dcos_zk 1 restore /backup/b.tar.gz
    expect_status 0
    zk_wait 1
    damage
    dcos_zk 1 restore /backup/b.tar.gz
    expect_status 0
    expect_tree 1 "$BED/known-tree"
    expect_equal 'previous states' 2 "$(find "$(on_disk 1 "$(dirname $ZOOKEEPER)")" -maxdepth 1 -name 'zookeeper.dcos-zk-*' | wc -l)"
}

dry_restore_changes_nothing() {
    local unit files
    backup_and_damage
    unit=$(unit_picture 1)
    files=$(file_picture 1 /var/lib/dcos /backup)
    dcos_zk 1 restore /backup/b.tar.gz --dry-run
    expect_status 0
    expect_contains 'the plan' "$ZOOKEEPER" "$STDOUT"
    expect_equal 'the unit' "$unit" "$(unit_picture 1)"
    expect_equal 'the files' "$files" "$(file_picture 1 /var/lib/dcos /backup)"
}

restore_speaks_json() {
    backup_and_damage
    dcos_zk 1 restore /backup/b.tar.gz --json
    expect_status 0
    python3 - "$BED/stdout" <<'PYTHON'
import json, sys
with open(sys.argv[1]) as file:
    result = json.load(file)
assert result['command'] == 'restore' and result['status'] == 'done' and result['exitCode'] == 0, result
assert result['previousState'].startswith('/var/lib/dcos/exhibitor/zookeeper.dcos-zk-'), result
assert result['unit']['found'] == 'active' and result['unit']['left'] == 'active', result
PYTHON
}

restores_from_standard_input() {
    backup_and_damage
    in_node 1 dcos-zk restore - <"$(on_disk 1 /backup/b.tar.gz)" >/dev/null 2>"$BED/stderr"
    expect_tree 1 "$BED/known-tree"
}

restore_leaves_no_trace() {
    backup_and_damage
    dcos_zk 1 restore /backup/b.tar.gz
    expect_equal 'entries of the base directory' "$(printf 'conf\nzookeeper\n%s' "$(basename "$(previous_state 1)")")" \
        "$(ls -A "$(on_disk 1 "$(dirname $ZOOKEEPER)")")"
    expect_equal 'units of ours' '' "$(in_node 1 systemctl list-units --all --plain --no-legend 'dcos-zk-*')"
}

# ------------------------------------------------------------------------------------------------- all of it

bed_up 1
make_host 1 dcos

it 'a backup exits 0 and prints the line that runbooks look for' says_so
it 'a unit that ran runs again, by one stop and one start' running_unit_runs_again
it 'a unit that was stopped stays stopped' stopped_unit_stays_stopped
it 'an archive is for root alone' is_private
it 'the archive holds every file of the state with its bytes, owner, group, mode and time' keeps_everything
it 'myid and zookeeper.out are not in it' leaves_out_the_hosts_own
it "its members are those of the original, and the manifest comes last" has_the_members_of_the_original
it 'GNU tar unpacks it without a word' gnu_tar_unpacks_it
it 'bsdtar unpacks it without a word' bsdtar_unpacks_it
it "Python's tarfile unpacks it without a word" python_unpacks_it
it 'PATH - writes it to standard output' goes_to_standard_output
it '.tar.gz is gzip' compresses_by_name b.tar.gz 1f8b
it '.tgz is gzip' compresses_by_name b.tgz 1f8b
it '.tar.zst is zstd' compresses_by_name b.tar.zst 28b52ffd
it '.tar is not compressed' compresses_by_name b.tar 7573746172 257
it 'any other name is gzip' compresses_by_name backup-of-monday 1f8b
it 'a name may have quotes, blanks and umlauts in it' takes_odd_names
it 'a relative path is relative to where the caller is' takes_a_relative_path
it '--json prints one document' speaks_json
it '-v names every member on standard error' names_members_when_verbose
it 'the options of the original and their short forms are taken' takes_the_originals_options
it 'a backup with --dry-run prints its plan and changes nothing' dry_backup_changes_nothing
it 'a backup leaves nothing but the archive' leaves_no_trace

it 'a restore brings the tree back, every stat included' brings_the_tree_back
it 'a restored ZooKeeper takes writes and keeps them' serves_on_after_restore
it 'the previous state is kept where the restore says, whole' keeps_the_previous_state
it "myid, owners and modes are the host's after a restore" keeps_the_hosts_own
it 'a restore lays the files down as they were archived' restore_keeps_files_as_archived
it 'a restore leaves a stopped unit stopped' restore_of_stopped_unit_leaves_it_stopped
it 'a restore works without version-2 directories' restores_without_data /snapshot/version-2 /transactions/version-2
it 'a restore can be repeated' restores_twice
it 'a restore with --dry-run prints its plan and changes nothing' dry_restore_changes_nothing
it 'a restore speaks JSON, too' restore_speaks_json
it 'a restore takes the archive from standard input' restores_from_standard_input
it 'a restore leaves nothing but the previous state' restore_leaves_no_trace
finish
