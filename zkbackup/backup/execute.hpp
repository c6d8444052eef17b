#pragma once

#include "tar/digest.hpp"
#include "zkbackup/backup/plan.hpp"

namespace zkb {

struct BackupResult {
  std::uint64_t archive_bytes = 0;
  std::uint64_t state_bytes = 0;  ///< stored, before compression
  std::size_t files = 0;
  Sha256Value sha256{};  ///< of the whole archive file
  OutageResult outage;
};

/// Carries the plan out. The unit is as it was found and nothing has the archive's name unless this
/// returns. If it returns with outage.start_failure, the archive is whole and the unit is down.
/// `standard_output` takes the archive where the plan says so.
BackupResult execute_backup(const BackupPlan& plan, const OutageTools& tools,
                            const ByteSink& standard_output, const std::string& tool_version);

}  // namespace zkb
