#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "zkbackup/zookeeper/zxid.hpp"

namespace zkb {

enum class StateFileKind { Snapshot, Log, Epoch };

/// A file in a version-2 directory that is part of ZooKeeper's state, told by its name alone:
/// `snapshot.<zxid>[.gz|.snappy]`, `log.<zxid>`, `acceptedEpoch`, `currentEpoch`. Everything else
/// there
/// (`*.tmp`, `updatingEpoch`, indexes that Exhibitor keeps) is not, and is neither stored nor
/// restored. `name` has no slash in it by construction.
struct StateFile {
  StateFileKind kind = StateFileKind::Snapshot;
  std::string name;
  std::optional<Zxid> zxid;  ///< of snapshots and logs
};

std::optional<StateFile> state_file(std::string_view name);

}  // namespace zkb
