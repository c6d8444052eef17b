#include "zkbackup/zookeeper/outage.hpp"

#include "zkbackup/zookeeper/guard.hpp"
#include "zkbackup/zookeeper/proof_of_stop.hpp"

namespace zkb {
namespace {

using std::chrono::milliseconds;

void stop_and_prove(const OutagePlan& plan, const DataLayout& layout, const OutageTools& tools) {
  tools.report.step(fmt::format("stop {}", plan.unit.str()));
  tools.units.stop(plan.unit, plan.stop_deadline);
  prove_stopped(plan, layout, tools);
  if (const UnitState state = tools.units.state(plan.unit); state.result == "timeout") {
    tools.report.warn(fmt::format(
        "{} did not stop by itself: systemd ended it after its timeout (TimeoutStopSec)",
        plan.unit.str()));
  }
}

/// The body is done; ZooKeeper, if somebody started it meanwhile, may have read what was there
/// before.
bool stop_once_more(const OutagePlan& plan, const DataLayout& layout, const OutageTools& tools) {
  if (!tools.units.state(plan.unit).runs()) {
    return false;
  }
  tools.report.warn(
      fmt::format("somebody started {} in the meantime: stopping it once more", plan.unit.str()));
  tools.units.stop(plan.unit, plan.stop_deadline);
  prove_stopped(plan, layout, tools);
  return true;
}

/// The unit was found stopped; somebody else wants it to run, and not us.
std::optional<Error> start_for_whoever_did(const OutagePlan& plan, const OutageTools& tools) {
  try {
    tools.units.start(plan.unit, plan.start_deadline);
    return std::nullopt;
  } catch (const Error& error) {
    return Error{Kind::InPart, error.what(), error.next_step()};
  }
}

/// By the unit's own timestamps; nothing where it was not up before, or is not up now.
std::optional<milliseconds> time_down(const UnitName& unit, const OutageTools& tools) {
  try {
    const UnitState state = tools.units.state(unit);
    if (state.active == "active" && state.active_exit_us != 0 &&
        state.active_enter_us >= state.active_exit_us) {
      return std::chrono::duration_cast<milliseconds>(
          std::chrono::microseconds{state.active_enter_us - state.active_exit_us});
    }
  } catch (const Error& error) {
    tools.report.warn(fmt::format("{}, ignoring", error.what()));
  }
  return std::nullopt;
}

[[noreturn]] void put_back_and_throw(const OutagePlan& plan, const OutageTools& tools) {
  try {
    throw;
  } catch (const Error& cause) {
    if (const auto failure = start_again(plan, tools)) {
      throw Error{Kind::InPart, fmt::format("{}; and then: {}", cause.what(), failure->what()),
                  failure->next_step()};
    }
    throw;
  } catch (...) {
    static_cast<void>(start_again(plan, tools));
    throw;
  }
}

}  // namespace

OutageResult while_stopped(const OutagePlan& plan, const DataLayout& layout,
                           const OutageTools& tools, const OutageBody& body) {
  const StillDown still_down = [&] { check_still_stopped(plan, layout, tools); };
  if (!plan.stops()) {
    if (plan.found.active == "deactivating") {
      tools.units.stop(plan.unit, plan.stop_deadline);  // joins the stop that is under way
    }
    prove_stopped(plan, layout, tools);
    body(still_down);
    OutageResult result;
    if (stop_once_more(plan, layout, tools)) {
      result.start_failure = start_for_whoever_did(plan, tools);
    }
    return result;
  }
  refuse_socket_unit(layout);
  if (plan.died_before) {
    tools.report.warn(describe_stop(plan).front());
  }
  begin_guard(plan, tools);
  try {
    stop_and_prove(plan, layout, tools);
    body(still_down);
    stop_once_more(plan, layout, tools);
  } catch (...) {
    put_back_and_throw(plan, tools);
  }
  OutageResult result;
  result.start_failure = start_again(plan, tools);
  if (!result.start_failure) {
    result.down = time_down(plan.unit, tools);
  }
  return result;
}

}  // namespace zkb
