#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tar/compression.hpp"
#include "zkbackup/backup/pin.hpp"
#include "zkbackup/zookeeper/data_layout.hpp"
#include "zkbackup/zookeeper/outage.hpp"

namespace zkb {

/// What an administrator asks for.
struct BackupRequest {
  fs::path archive;  ///< "-": standard output
  std::optional<fs::path> tmp_dir;
  DataLayout layout;
  OutagePlan outage;  ///< unit, deadlines, guard; the rest is found out
};

/// Everything a backup will do. Invariant: nothing has the final name until a whole, synced and
/// checked archive gets it in one step.
struct BackupPlan {
  fs::path archive;
  bool to_stdout = false;
  Compression compression = Compression::Gzip;
  DataLayout layout;
  OutagePlan outage;
  CopyPlaces copies;
  StateOnHost state;              ///< as listed now; listed again once ZooKeeper is down
  std::uint64_t state_bytes = 0;  ///< on the disk, without holes
};

/// Looks at the host and changes nothing. Error{Usage} if the archive would
/// lie inside the data; Error{NotValid} if there is
/// nothing that could be restored; and what check_layout() and plan_outage() refuse.
BackupPlan plan_backup(const BackupRequest& request, UnitControl& units);

/// The plan as --dry-run prints it, a line a step.
std::vector<std::string> describe(const BackupPlan& plan);

}  // namespace zkb
