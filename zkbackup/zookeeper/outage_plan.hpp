#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "systemd/unit_control.hpp"
#include "zkbackup/base/clock.hpp"
#include "zkbackup/base/error.hpp"
#include "zkbackup/base/file_system.hpp"
#include "zkbackup/base/interruption.hpp"
#include "zkbackup/base/reporter.hpp"

namespace zkb {

/// What an outage works with; all of it outlives the outage.
struct OutageTools {
  UnitControl& units;
  FileSystem& disk;
  const Clock& clock;
  const Interruption& interruption;
  Reporter& report;
};

/// The time in which ZooKeeper is down on purpose: decided before, as a value.
struct OutagePlan {
  UnitName unit;
  UnitState found;                   ///< when it was planned
  std::vector<UnitName> dependents;  ///< running units that systemd stops along with it
  bool died_before =
      false;  ///< an earlier run was killed with the unit stopped; it counts as running
  std::chrono::seconds stop_deadline{};
  std::chrono::seconds start_deadline{};
  std::filesystem::path run_directory;  ///< lock and marker, on a file system that a reboot empties
  std::vector<std::string> guard_command;  ///< program and arguments that end in run_guard()
  std::vector<std::string> guard_environment;

  /// Whether the unit is stopped for it, and started after it.
  bool stops() const { return died_before || found.runs(); }
};

/// Reads the unit's state and refuses what could not be undone: Error{Failed} if the unit is not
/// found, Error{Unsafe} if it runs but could not be stopped or started again (masked,
/// RefuseManualStop, RefuseManualStart). Fills `found`, `dependents` and `died_before`.
OutagePlan plan_outage(OutagePlan wish, UnitControl& units);

/// The lines of --dry-run before and after the body.
std::vector<std::string> describe_stop(const OutagePlan& plan);
std::vector<std::string> describe_start(const OutagePlan& plan);

}  // namespace zkb
