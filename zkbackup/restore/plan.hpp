#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "zkbackup/base/fd.hpp"
#include "zkbackup/base/file_system.hpp"
#include "zkbackup/zookeeper/archive_check.hpp"
#include "zkbackup/zookeeper/data_layout.hpp"
#include "zkbackup/zookeeper/outage.hpp"

namespace zkb {

enum class Force { No, Yes };

/// What an administrator asks for.
struct RestoreRequest {
  fs::path archive;  ///< for messages
  DataLayout layout;
  OutagePlan outage;
  Force force = Force::No;
};

/// The one directory that is swapped, and how.
///   two directories under one parent: the parent; its name leads to both at once
///   one directory for both:           version-2 in it; `myid` and the rest of dataDir stay where
///   they are
struct SwapTarget {
  fs::path target;
  bool exists =
      false;  ///< no: the new state is put in place by a plain rename, there is no previous one
  fs::path snapshots;  ///< version-2 of the snapshots, relative to target; empty: target itself
  fs::path logs;
};

/// Everything a restore will do. Invariant: at every instant `swap.target` is one whole state, old
/// or new, and the old one is on the host under some name. Whole states are only ever renamed or
/// exchanged; what may be removed is named ".partial".
struct RestorePlan {
  fs::path archive;
  ArchiveContents contents;
  DataLayout layout;
  OutagePlan outage;
  SwapTarget swap;
  fs::path partial;   ///< the staging directory while it is being made: `previous` + ".partial"
  fs::path previous;  ///< its name once it is whole; after the exchange the *old* state: never to
                      ///< be tidied away
  std::vector<fs::path> old_partials;  ///< left by runs that died; removed first
  std::vector<fs::path>
      left_behind;  ///< in the target, no part of the state: stays with the previous state
  std::uint64_t bytes = 0;
};

/// Looks at host and archive (every byte of it) and changes nothing. `archive` is open at
/// request.archive. Error{NotValid}: the archive; Error{Unsafe}: this layout cannot be swapped in
/// one step, an archive with a manifest but no seal (unless forced), and what check_layout() and
/// plan_outage() refuse; Error{Failed}: not enough room, a read-only file system.
RestorePlan plan_restore(const RestoreRequest& request, const Fd& archive,
                         const OutageTools& tools);

/// The plan as --dry-run prints it, a line a step.
std::vector<std::string> describe(const RestorePlan& plan);

}  // namespace zkb
