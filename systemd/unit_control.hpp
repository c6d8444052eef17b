#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zkb {

/// The name of a unit, with its suffix: "zookeeper" becomes "zookeeper.service". Error{Usage} for a
/// name that systemd would not take (empty, over 255 bytes, a slash, other characters than
/// systemd.unit(5) allows).
class UnitName {
 public:
  explicit UnitName(std::string_view name);
  const std::string& str() const noexcept { return name_; }
  friend bool operator==(const UnitName&, const UnitName&) = default;

 private:
  std::string name_;
};

/// What systemd says of a unit at one moment; the words are systemd's own
/// (org.freedesktop.systemd1(5)).
struct UnitState {
  std::string load;  ///< LoadState: loaded, not-found, masked, bad-setting, error
  std::string
      active;       ///< ActiveState: active, reloading, inactive, failed, activating, deactivating
  std::string sub;  ///< SubState: running, dead, auto-restart, ...
  std::string
      result;  ///< Result of a service: success, timeout, exit-code, ...; empty for other units
  bool can_start = false;  ///< CanStart: a start by hand is possible at all (RefuseManualStart)
  bool can_stop = false;   ///< CanStop
  std::string
      job;  ///< type of the job that is queued or runs: start, stop, restart, ...; empty if none
  std::uint32_t main_pid = 0;
  std::uint64_t active_exit_us = 0;  ///< ActiveExitTimestampMonotonic, µs: when it was last active
  std::uint64_t active_enter_us = 0;  ///< ActiveEnterTimestampMonotonic, µs

  /// Processes of the unit run, or systemd means to run them: active, reloading, activating
  /// (auto-restart too), or in the middle of a restart.
  bool runs() const noexcept {
    return job == "start" || job == "restart" || active == "active" || active == "reloading" ||
           active == "activating" || active == "refreshing" || active == "maintenance";
  }
  friend bool operator==(const UnitState&, const UnitState&) = default;
};

struct UnitProcess {
  std::uint32_t pid = 0;
  std::string command;
};

/// A service that systemd runs on our behalf and forgets when it is over (a transient unit,
/// Type=notify: it counts as started when the program says READY=1). It outlives the caller, its
/// session and its terminal.
struct TransientService {
  UnitName name;
  std::string description;
  std::vector<std::string> command;      ///< absolute path of the program first
  std::vector<std::string> environment;  ///< NAME=VALUE
};

/// What backup and restore need from systemd, and nothing else. Every call throws Error with
/// systemd's own words; none waits longer than its deadline.
class UnitControl {
 public:
  virtual ~UnitControl() = default;
  virtual UnitState state(const UnitName&) = 0;
  /// Units that systemd stops along with this one (RequiredBy, BoundBy, ConsistsOf, transitively)
  /// and that run now: a later start of this one does not bring them back.
  virtual std::vector<UnitName> running_dependents(const UnitName&) = 0;
  /// The processes in the unit's control group, also of a unit that is stopped (KillMode=process).
  virtual std::vector<UnitProcess> processes(const UnitName&) = 0;
  /// Returns when the job has finished, not when it was queued; an Error if it did not end "done",
  /// did not end within `deadline`, or the unit still runs after it. Interrupted if a signal
  /// arrives meanwhile; the stop is then still under way (start() overrides it). Stopping a stopped
  /// unit does nothing.
  virtual void stop(const UnitName&, std::chrono::seconds deadline) = 0;
  /// As stop(), for the start. Never interrupted: it is what puts things back. An Error also if the
  /// unit is failed or waits for a restart right after the job was "done" (Type=simple reports no
  /// more).
  virtual void start(const UnitName&, std::chrono::seconds deadline) = 0;
  virtual void start_transient(const TransientService&, std::chrono::seconds deadline) = 0;
  /// As stop(), of what start_transient() started; never interrupted.
  virtual void stop_transient(const UnitName&, std::chrono::seconds deadline) = 0;
};

}  // namespace zkb
