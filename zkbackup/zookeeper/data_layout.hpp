#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "zkbackup/zookeeper/state_file.hpp"
#include "zkbackup/zookeeper/zoo_cfg.hpp"

namespace zkb {

/// Where this host's ZooKeeper keeps its state, and where it listens. Both paths are absolute and
/// without ".."; they may be equal (one directory for both).
struct DataLayout {
  std::filesystem::path data_dir;      ///< snapshots, epochs and `myid`
  std::filesystem::path data_log_dir;  ///< transaction logs
  std::uint16_t client_port = 0;       ///< 0: not known
  bool own_parent = false;             ///< the parent of both holds nothing but ZooKeeper's (DC/OS)

  bool one_directory() const { return data_dir == data_log_dir; }
  std::filesystem::path snapshots() const { return data_dir / "version-2"; }
  std::filesystem::path logs() const { return data_log_dir / "version-2"; }
};

/// A DC/OS master's: /var/lib/dcos/exhibitor/zookeeper/{snapshot,transactions}, port 2181.
DataLayout dcos_layout();

/// Any other host's. The client port may stand in the server's own line instead of clientPort; that
/// line is the one of `myid` in dataDir.
DataLayout layout_of(const ZooCfg& cfg);

/// Whether there is something called `path` itself (a dangling symlink counts).
bool exists_at_all(const std::filesystem::path& path);

/// Error{Unsafe} if `path` itself is a symlink: another thing than the named one would be read or
/// swapped.
void refuse_symlink(const std::filesystem::path& path);

/// Refuses what backup and restore must not work on: Error{Unsafe} where one of the data
/// directories or their version-2 is a symlink (another directory than the named one would be read
/// or swapped), Error{Failed} where dataDir or dataLogDir is missing or is no directory.
void check_layout(const DataLayout& layout);

/// A state file as it lies on this host.
struct FileOnHost {
  StateFile file;
  std::filesystem::path path;
};

/// What lies in the two version-2 directories: snapshots and epochs of the one, logs of the other;
/// epochs first, then by kind and zxid. A version-2 that is missing holds nothing.
struct StateOnHost {
  std::vector<FileOnHost> files;
  std::vector<std::filesystem::path>
      others;  ///< names that are no state file, neither stored nor restored
};
/// Error{Unsafe} for a state file that is a symlink or no regular file: left out, it could be
/// missed.
StateOnHost list_state(const DataLayout& layout);

}  // namespace zkb
