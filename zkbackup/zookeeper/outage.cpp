#include "zkbackup/zookeeper/outage.hpp"

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "zkbackup/base/read_file.hpp"
#include "zkbackup/base/run_lock.hpp"
#include "zkbackup/zookeeper/holders.hpp"

namespace zkb {
namespace {

using std::chrono::milliseconds;

constexpr int kGuardTries = 3;

/// Names the units to start again, `unit` first, a line each. It is there exactly while one of them
/// may be down because of us.
std::filesystem::path marker_of(const UnitName& unit, const std::filesystem::path& run_directory) {
  return run_directory / ("stopped-" + unit.str());
}

std::vector<UnitName> read_marker(const UnitName& unit,
                                  const std::filesystem::path& run_directory) {
  std::vector<UnitName> units;
  if (exists_at_all(marker_of(unit, run_directory))) {
    std::istringstream lines{read_small_file(marker_of(unit, run_directory))};
    for (std::string line; std::getline(lines, line);) {
      units.emplace_back(line);
    }
  }
  return units;
}

std::vector<UnitName> to_start(const OutagePlan& plan) {
  std::vector<UnitName> units{plan.unit};
  units.insert(units.end(), plan.dependents.begin(), plan.dependents.end());
  return units;
}

void write_marker(const OutagePlan& plan, FileSystem& disk) {
  std::string text;
  for (const UnitName& unit : to_start(plan)) {
    text += unit.str() + "\n";
  }
  // In one step, so that a guard never reads half a list.
  const auto file = disk.create_unnamed(plan.run_directory, {});
  if (!file) {
    throw Error{Kind::Failed,
                fmt::format("'{}' cannot hold files without a name", plan.run_directory.native())};
  }
  file->write(std::as_bytes(std::span{text}));
  disk.name_file(*file, marker_of(plan.unit, plan.run_directory));
}

UnitName guard_name() {
  return UnitName{fmt::format("dcos-zk-guard-{}.service", getpid())};
}

void arm_guard(const OutagePlan& plan, const OutageTools& tools) {
  in_step("make sure that the unit is started again even if this process is killed", [&] {
    tools.units.start_transient(
        {.name = guard_name(),
         .description = fmt::format("Starts {} again if dcos-zk is killed", plan.unit.str()),
         .command = plan.guard_command,
         .environment = plan.guard_environment},
        plan.start_deadline);
  });
}

void dismiss_guard(const OutageTools& tools) {
  try {
    tools.units.stop_transient(guard_name(), std::chrono::seconds{10});
  } catch (const Error& error) {
    // It finds no marker and ends by itself when this process does.
    tools.report.warn(fmt::format("{}, ignoring", error.what()));
  }
}

std::string list_of(const std::vector<Holder>& holders) {
  std::string text;
  for (const Holder& holder : holders) {
    text += fmt::format("{}process {} ({}) {}", text.empty() ? "" : "; ", holder.pid,
                        holder.command, holder.what);
  }
  return text;
}

std::vector<Holder> still_there(const UnitName& unit, const DataLayout& layout,
                                UnitControl& units) {
  std::vector<Holder> holders = find_holders(layout);
  for (const UnitProcess& process : units.processes(unit)) {
    holders.push_back({.pid = static_cast<pid_t>(process.pid),
                       .command = printable(process.command),
                       .what = fmt::format("is left in {}", unit.str())});
  }
  return holders;
}

void prove_gone(const OutagePlan& plan, const DataLayout& layout, const OutageTools& tools) {
  const auto deadline =
      tools.clock.steady() + std::min(plan.stop_deadline, std::chrono::seconds{20});
  for (;;) {
    const std::vector<Holder> holders = still_there(plan.unit, layout, tools.units);
    if (holders.empty()) {
      return;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - tools.clock.steady());
    // Without a unit to wait for nothing will change by itself.
    if (!plan.stops() || left <= milliseconds{0}) {
      throw Error{
          Kind::Unsafe,
          fmt::format("{} is stopped, but a ZooKeeper seems to run: {}", plan.unit.str(),
                      list_of(holders)),
          "end that process, or name the unit that runs it with --unit, then run this again"};
    }
    std::vector<pid_t> pids;
    std::ranges::transform(holders, std::back_inserter(pids), &Holder::pid);
    wait_for_end_of_one(pids, left, tools.interruption);
  }
}

void stop_and_prove(const OutagePlan& plan, const DataLayout& layout, const OutageTools& tools) {
  tools.report.step(fmt::format("stop {}", plan.unit.str()));
  tools.units.stop(plan.unit, plan.stop_deadline);
  prove_gone(plan, layout, tools);
  if (const UnitState state = tools.units.state(plan.unit); state.result == "timeout") {
    tools.report.warn(fmt::format(
        "{} did not stop by itself: systemd ended it after its timeout (TimeoutStopSec)",
        plan.unit.str()));
  }
}

/// Starts all of them, whatever becomes of the others; what failed, and which.
std::optional<Error> start_all(const std::vector<UnitName>& units, std::chrono::seconds deadline,
                               const OutageTools& tools) {
  std::string failures;
  std::string names;
  for (const UnitName& unit : units) {
    tools.report.step(fmt::format("start {}", unit.str()));
    try {
      tools.units.start(unit, deadline);
    } catch (const Error& error) {
      tools.report.warn(error.what());  // at once: what follows can take long
      failures += fmt::format("{}{}", failures.empty() ? "" : "; ", error.what());
      names += fmt::format("{}{}", names.empty() ? "" : " ", unit.str());
    }
  }
  if (failures.empty()) {
    return std::nullopt;
  }
  return Error{Kind::InPart, failures,
               fmt::format("see 'systemctl status {}', mend it and start it", names)};
}

void remove_marker(const UnitName& unit, const std::filesystem::path& run_directory,
                   const OutageTools& tools) {
  try {
    tools.disk.remove(marker_of(unit, run_directory));
  } catch (const Error& error) {
    tools.report.warn(fmt::format("{}, ignoring", error.what()));
  }
}

/// The units are started, or could not be: either way the marker has served.
std::optional<Error> put_back(const OutagePlan& plan, const OutageTools& tools) {
  const std::optional<Error> failure = start_all(to_start(plan), plan.start_deadline, tools);
  remove_marker(plan.unit, plan.run_directory, tools);
  dismiss_guard(tools);
  return failure;
}

/// By the unit's own timestamps; nothing where it was not up before, or is not up now.
std::optional<milliseconds> time_down(const UnitName& unit, UnitControl& units) {
  const UnitState state = units.state(unit);
  if (state.active != "active" || state.active_exit_us == 0 ||
      state.active_enter_us < state.active_exit_us) {
    return std::nullopt;
  }
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::microseconds{state.active_enter_us - state.active_exit_us});
}

[[noreturn]] void put_back_and_throw(const OutagePlan& plan, const OutageTools& tools) {
  try {
    throw;
  } catch (const Error& cause) {
    if (const auto failure = put_back(plan, tools)) {
      throw Error{Kind::InPart, fmt::format("{}; and then: {}", cause.what(), failure->what()),
                  failure->next_step()};
    }
    throw;
  } catch (...) {
    static_cast<void>(put_back(plan, tools));
    throw;
  }
}

std::string why_it_counts_as_running(const OutagePlan& plan) {
  return fmt::format(
      "an earlier run was killed after it had stopped {}, which therefore counts as running",
      plan.unit.str());
}

}  // namespace

OutagePlan plan_outage(OutagePlan wish, UnitControl& units) {
  OutagePlan plan = std::move(wish);
  plan.found = units.state(plan.unit);
  if (plan.found.load == "not-found") {
    throw Error{Kind::Failed, fmt::format("there is no unit {} on this host", plan.unit.str()),
                "name the unit that runs ZooKeeper with --unit"};
  }
  const std::vector<UnitName> stopped_before = read_marker(plan.unit, plan.run_directory);
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

OutageResult while_stopped(const OutagePlan& plan, const DataLayout& layout,
                           const OutageTools& tools, const std::function<void()>& body) {
  if (!plan.stops()) {
    if (plan.found.active == "deactivating") {
      tools.units.stop(plan.unit, plan.stop_deadline);  // joins the stop that is under way
    }
    prove_gone(plan, layout, tools);
    body();
    return {};
  }
  if (plan.died_before) {
    tools.report.warn(why_it_counts_as_running(plan));
  }
  arm_guard(plan, tools);
  try {
    if (!plan.died_before) {
      write_marker(plan, tools.disk);
    }
    stop_and_prove(plan, layout, tools);
    body();
  } catch (...) {
    put_back_and_throw(plan, tools);
  }
  OutageResult result;
  result.start_failure = put_back(plan, tools);
  if (!result.start_failure) {
    result.down = time_down(plan.unit, tools.units);
  }
  return result;
}

void run_guard(const UnitName& unit, const std::filesystem::path& run_directory,
               const OutageTools& tools, std::chrono::seconds start_deadline,
               const std::function<void()>& ready) {
  const RunLock lock = RunLock::wait(run_directory, ready);
  const std::vector<UnitName> units = read_marker(unit, run_directory);
  if (units.empty()) {
    return;
  }
  tools.report.warn("a run of dcos-zk died with ZooKeeper stopped: starting it again");
  std::optional<Error> failure = start_all(units, start_deadline, tools);
  for (int tries = 1; failure && tries < kGuardTries; ++tries) {
    failure = start_all(units, start_deadline, tools);
  }
  // Whether they run or not: from here on the units are their administrator's, who may want them
  // stopped.
  remove_marker(unit, run_directory, tools);
  if (failure) {
    throw *failure;
  }
}

}  // namespace zkb
