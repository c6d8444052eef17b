#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "systemd/bus_connection.hpp"
#include "systemd/unit_control.hpp"
#include "zkbackup/base/interruption.hpp"

namespace sdbus {
class IProxy;
class Variant;
}  // namespace sdbus

namespace zkb {

/// What systemd's properties say of a unit, beyond what other rooms are told.
struct UnitProperties {
  UnitState state;
  /// Type of a service: simple, notify, ...; empty for other units.
  std::string type;
  /// ConditionResult: where a condition is not met, a start is "done" at once and nothing runs.
  bool condition_met = true;
  bool has_job = false;          ///< a job is queued or runs
  std::int32_t exit_code = 0;    ///< ExecMainCode of the last main process: CLD_EXITED, CLD_KILLED
  std::int32_t exit_status = 0;  ///< ExecMainStatus: its exit status, or the signal's number
  std::uint32_t restarts = 0;    ///< NRestarts
  /// TimeoutStopUSec; all bits set: no limit.
  std::uint64_t stop_timeout_us = 0;
  /// Units that a stop of this one stops too, where they run.
  std::vector<std::string> stopped_along;
};

/// systemd's Manager (org.freedesktop.systemd1(5)) over a bus connection of its own, for one piece
/// of work. It is subscribed to JobRemoved before any job can be queued, so the end of a job cannot
/// be missed; and as it lives no longer than the work, signals nobody reads do not pile up. No call
/// outlasts the deadline by more than a second.
class Manager {
 public:
  explicit Manager(Deadline deadline);
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// The D-Bus object path of a job that systemd has queued.
  using Job = std::string;

  /// Keeps the unit in systemd's memory for as long as this lives. systemd forgets a unit that is
  /// stopped and that no other one names, and with it how it ended, when, and how often it was
  /// started.
  void hold_unit(const UnitName&);
  Job stop_unit(const UnitName&);
  Job start_unit(const UnitName&);
  Job start_transient_unit(const TransientService&);
  /// Clears a failed state and the counter of the start limit.
  void reset_failed_unit(const UnitName&);
  UnitProperties unit(const UnitName&);
  std::vector<UnitProcess> processes(const UnitName&);

  /// systemd's word for how the job ended ("done", "failed", ...); nullopt if it has not ended by
  /// the deadline.
  std::optional<std::string> wait_for(const Job&, const Interruption&);
  /// Reads the unit now and after each of its changes, until `enough` says so or `until` has come;
  /// the last reading.
  UnitProperties watch(const UnitName&, const std::function<bool(const UnitProperties&)>& enough,
                       Deadline until);

 private:
  template <typename... Results, typename... Arguments>
  auto call(sdbus::IProxy&, const std::string& interface, const std::string& method,
            const Arguments&...);
  std::string load(const UnitName&);
  UnitProperties read(const std::string& unit_path);
  std::string job_type(const std::map<std::string, sdbus::Variant>& all);
  bool process_until(const std::function<bool()>& over, Deadline until, const Interruption&);

  Deadline deadline_;
  std::unique_ptr<sdbus::IConnection> connection_;
  /// Of all jobs that were removed so far; outlives manager_, which fills it.
  std::map<Job, std::string> results_;
  std::unique_ptr<sdbus::IProxy> manager_;
};

}  // namespace zkb
