#pragma once

#include <string>
#include <string_view>

#include "systemd/manager.hpp"
#include "systemd/systemd_units.hpp"
#include "systemd/unit_control.hpp"

namespace zkb::test {

inline constexpr const char* kSleeper = "[Service]\nExecStart=/bin/sleep infinity\n";
/// SIGWINCH leaves it alive: only systemd's SIGKILL, after 2 s, ends it.
inline constexpr const char* kStubborn =
    "[Service]\nExecStart=/bin/sleep infinity\nKillSignal=SIGWINCH\nTimeoutStopSec=2\n";
inline constexpr const char* kNeverReady =
    "[Service]\nType=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec=90\n";
inline constexpr const char* kRestartsForever =
    "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=90\n";

/// A unit of the light bed's systemd, written for one test under a name that no other test has.
class RealUnit {
 public:
  /// `file` is the unit file's text; `suffix` says what kind of unit it is.
  explicit RealUnit(std::string_view file, std::string_view suffix = ".service");
  /// A unit that systemd has no file for.
  static RealUnit missing();
  /// A unit whose file is a link to /dev/null.
  static RealUnit masked();

  const UnitName& name() const noexcept { return name_; }
  UnitProperties now() const;

  /// Queue the job, and do not wait for it.
  void queue_start() const;
  void queue_stop() const;
  /// Returns as soon as the unit is in this state; fails the test if it is not after a long while.
  void await(std::string_view active, std::string_view sub = {}) const;
  /// start, and wait until it is active.
  void run() const;

 private:
  explicit RealUnit(UnitName name);

  UnitName name_;
};

/// Unit control as the product has it.
SystemdUnits units();

/// systemd forgets a unit that is stopped and that no running one names, and with it when it was
/// stopped and how often it was started.
RealUnit running_and_naming(const RealUnit& unit);

/// A file in the light bed's scratch folder.
std::string scratch(std::string_view name);

/// systemd reads the unit files again.
void reload_systemd();

}  // namespace zkb::test
