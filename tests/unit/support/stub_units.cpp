#include "tests/unit/support/stub_units.hpp"

#include "zkbackup/base/error.hpp"

namespace zkb::test {
void StubUnits::add_running(const std::string& name) {
  units_[name] = {.load = "loaded",
                  .active = "active",
                  .sub = "running",
                  .result = "success",
                  .can_start = true,
                  .can_stop = true};
}

UnitState StubUnits::state(const UnitName& name) {
  if (bus_is_away) {
    throw Error{Kind::Failed, "nobody listens on the system bus"};
  }
  const auto found = units_.find(name.str());
  return found != units_.end()
             ? found->second
             : UnitState{.load = "not-found", .active = "inactive", .sub = "dead"};
}

void StubUnits::stop(const UnitName& name, std::chrono::seconds /*deadline*/) {
  calls.push_back("stop " + name.str());
  if (on_stop) {
    on_stop();
  }
  units_[name.str()].active = "inactive";
}

void StubUnits::start(const UnitName& name, std::chrono::seconds /*deadline*/) {
  calls.push_back("start " + name.str());
  if (on_start) {
    on_start();
  }
  units_[name.str()].active = "active";
}

void StubUnits::start_transient(const TransientService& /*service*/,
                                std::chrono::seconds /*deadline*/) {
  calls.emplace_back("guard");
}

void StubUnits::stop_transient(const UnitName& /*name*/, std::chrono::seconds /*deadline*/) {
  calls.emplace_back("dismiss guard");
}

}  // namespace zkb::test
