#include "zkbackup/zookeeper/outage_plan.hpp"

#include "zkbackup/base/read_file.hpp"
#include "zkbackup/zookeeper/guard.hpp"

namespace zkb {
namespace {

std::string why_it_counts_as_running(const OutagePlan& plan) {
  return fmt::format(
      "an earlier run was killed after it had stopped {}, which therefore counts as running",
      plan.unit.str());
}

/// A run that is itself part of a unit that stops along with ZooKeeper would be ended in the
/// middle.
void refuse_to_stop_ourselves(const OutagePlan& plan) {
  const std::string own_groups = read_small_file("/proc/self/cgroup");
  std::vector<UnitName> stopped = plan.dependents;
  stopped.push_back(plan.unit);
  for (const UnitName& unit : stopped) {
    if (own_groups.find("/" + unit.str()) != std::string::npos) {
      throw Error{
          Kind::Unsafe,
          fmt::format("this run is itself part of {}, which is stopped along with {}", unit.str(),
                      plan.unit.str()),
          "run it from elsewhere, or take Requires=, BindsTo= and PartOf= out of that unit"};
    }
  }
}

}  // namespace

OutagePlan plan_outage(OutagePlan wish, UnitControl& units) {
  OutagePlan plan = std::move(wish);
  plan.found = units.state(plan.unit);
  if (plan.found.load == "not-found") {
    throw Error{Kind::Failed, fmt::format("there is no unit {} on this host", plan.unit.str()),
                "name the unit that runs ZooKeeper with --unit"};
  }
  const std::vector<UnitName> stopped_before = units_left_stopped(plan.unit, plan.run_directory);
  plan.died_before = !stopped_before.empty();
  if (!plan.stops()) {
    return plan;
  }
  if (plan.found.load == "masked" || !plan.found.can_start || !plan.found.can_stop) {
    throw Error{
        Kind::Unsafe,
        fmt::format("{} runs, but systemd would not {} by hand ({}): it could not be left "
                    "as it was found",
                    plan.unit.str(), plan.found.can_stop ? "start it again" : "stop it",
                    plan.found.load == "masked" ? "it is masked" : "RefuseManualStart or -Stop"),
        "unmask it or lift that setting, or stop it yourself first"};
  }
  plan.dependents = plan.died_before
                        ? std::vector<UnitName>{stopped_before.begin() + 1, stopped_before.end()}
                        : units.running_dependents(plan.unit);
  refuse_to_stop_ourselves(plan);
  return plan;
}

std::vector<std::string> describe_stop(const OutagePlan& plan) {
  if (!plan.stops()) {
    return {
        fmt::format("{} is {}: prove that no ZooKeeper runs", plan.unit.str(), plan.found.active)};
  }
  std::vector<std::string> lines;
  if (plan.died_before) {
    lines.push_back(why_it_counts_as_running(plan));
  }
  lines.emplace_back(
      "have systemd guard this run: should it be killed, the guard starts what it stopped");
  lines.push_back(fmt::format("stop {} and prove that no ZooKeeper runs", plan.unit.str()));
  return lines;
}

std::vector<std::string> describe_start(const OutagePlan& plan) {
  if (!plan.stops()) {
    return {fmt::format("leave {} {}, as it was found", plan.unit.str(), plan.found.active)};
  }
  std::vector<std::string> lines{fmt::format("start {}", plan.unit.str())};
  for (const UnitName& dependent : plan.dependents) {
    lines.push_back(fmt::format("start {}, which systemd stops along with it", dependent.str()));
  }
  return lines;
}

}  // namespace zkb
