#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "zkbackup/zookeeper/state_file.hpp"

namespace zkb {

/// Where things stand in an archive, as the original dcos-zk laid them down: snapshots and epochs
/// under
/// ./zookeeper/snapshot/version-2, logs under ./zookeeper/transactions/version-2, by what they are
/// and not by where they lay on the host.
inline constexpr std::string_view kArchiveRoot = "./zookeeper";
inline constexpr std::string_view kArchiveSnapshots = "./zookeeper/snapshot";
inline constexpr std::string_view kArchiveLogs = "./zookeeper/transactions";
inline constexpr std::string_view kArchiveManifest = "./zookeeper/dcos-zk-manifest.json";

std::string member_name(const StateFile& file);

/// The state file that a member is; nullopt for every other name. A state file may lie in either of
/// the two version-2 directories.
std::optional<StateFile> state_file_of_member(std::string_view member_name);

}  // namespace zkb
