#pragma once

#include <chrono>

#include "systemd/unit_control.hpp"
#include "zkbackup/base/interruption.hpp"

namespace zkb {

/// Unit control over D-Bus: the system bus, or the one that DBUS_SYSTEM_BUS_ADDRESS names; never by
/// running systemctl. Each call makes a connection of its own, so a bus that went away between two
/// of them costs nothing. Every wait on the bus has a deadline of our own, also where nobody
/// answers.
class SystemdUnits final : public UnitControl {
 public:
  /// How long start() watches a unit whose "done" says only that a process was forked
  /// (Type=simple), for a program that cannot run at all. Time enough for that, and short beside
  /// any start.
  static constexpr std::chrono::milliseconds kSettle{250};

  /// `interruption` must outlive this; it ends stop() early, and nothing else.
  explicit SystemdUnits(const Interruption& interruption,
                        std::chrono::milliseconds settle = kSettle)
      : interruption_{interruption}, settle_{settle} {}

  UnitState state(const UnitName&) override;
  std::vector<UnitName> running_dependents(const UnitName&) override;
  std::vector<UnitProcess> processes(const UnitName&) override;
  void stop(const UnitName&, std::chrono::seconds deadline) override;
  void start(const UnitName&, std::chrono::seconds deadline) override;
  void start_transient(const TransientService&, std::chrono::seconds deadline) override;
  void stop_transient(const UnitName&, std::chrono::seconds deadline) override;

 private:
  const Interruption& interruption_;
  std::chrono::milliseconds settle_;
};

}  // namespace zkb
