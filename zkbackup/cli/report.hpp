#pragma once

#include <string>
#include <vector>

#include "zkbackup/backup/execute.hpp"
#include "zkbackup/restore/execute.hpp"

namespace zkb {

/// The documents of --json. Their fields are described in the README and only ever added to.
std::string json_of(const BackupPlan& plan, const BackupResult& result, const UnitState& left);
std::string json_of(const RestorePlan& plan, const RestoreResult& result, const UnitState& left);
std::string json_of_plan(const std::string& command, const std::vector<std::string>& lines);
std::string json_of_error(const std::string& command, const Error& error, int exit_code);

}  // namespace zkb
