#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "systemd/unit_control.hpp"

namespace zkb::test {

/// Units that do what they are told, and tell what they were told. (Unit control itself is tested
/// against a real systemd, in tests/systemd.)
class StubUnits final : public UnitControl {
 public:
  UnitState& unit(const std::string& name) { return units_[name]; }
  void add_running(const std::string& name);

  UnitState state(const UnitName& name) override;
  std::vector<UnitName> running_dependents(const UnitName&) override { return dependents; }
  std::vector<UnitProcess> processes(const UnitName&) override { return left_over; }
  void stop(const UnitName& name, std::chrono::seconds) override;
  void start(const UnitName& name, std::chrono::seconds) override;
  void start_transient(const TransientService& service, std::chrono::seconds) override;
  void stop_transient(const UnitName& name, std::chrono::seconds) override;

  std::vector<std::string> calls;  ///< "stop x.service", "start x.service", "guard"
  std::vector<UnitName> dependents;
  std::vector<UnitProcess> left_over;
  bool bus_is_away = false;        ///< state() cannot be asked
  std::function<void()> on_stop;   ///< what ZooKeeper does when it stops; may throw
  std::function<void()> on_start;  ///< and when it starts

 private:
  std::map<std::string, UnitState> units_;
};

}  // namespace zkb::test
