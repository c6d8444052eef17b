#!/bin/bash
# Holds scripts/check-layers against trees with one wrong include each: a check that cannot fail is none.
set -euo pipefail
cd "$(dirname "$0")/.."

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# refuses FILE INCLUDE: a tree with that include in that file has to be complained about, with the file's name.
refuses() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree"/{zkbackup/{base,zookeeper,backup,restore,cli},tar,systemd,"$(dirname "$1")"}
    echo '#include <string>' >"$tree/tar/right.hpp"
    echo "#include $2" >"$tree/$1"
    local said
    if said=$(scripts/check-layers "$tree"); then
        echo "not noticed: $2 in $1" >&2
        exit 1
    fi
    [[ $said == *"$1"* ]] || { echo "not named: $1 in '$said'" >&2; exit 1; }
}

refuses tar/x.cpp '"zkbackup/cli/console.hpp"'
refuses tar/x.cpp '<zkbackup/cli/console.hpp>'
refuses tar/x.h '"systemd/unit_control.hpp"'
refuses systemd/x.hpp '"tar/reader.hpp"'
refuses zkbackup/base/x.cpp '"zkbackup/zookeeper/zxid.hpp"'
refuses zkbackup/backup/x.cpp '"zkbackup/restore/plan.hpp"'
refuses zkbackup/backup/x.cpp '<archive.h>'
refuses zkbackup/zookeeper/x.cpp '<sdbus-c++/sdbus-c++.h>'
refuses tar/x.hpp '<archive.h>'
refuses zkbackup/utils/x.cpp '<string>'
rm -rf "${tree:?}"/*
mkdir -p "$tree"/{zkbackup,tar,systemd}
if scripts/check-layers "$tree" 2>/dev/null; then
    echo 'an empty tree passed' >&2
    exit 1
fi
scripts/check-layers
