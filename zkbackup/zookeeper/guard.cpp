#include "zkbackup/zookeeper/guard.hpp"

#include <poll.h>
#include <unistd.h>

#include <sstream>

#include "zkbackup/base/read_file.hpp"
#include "zkbackup/base/run_lock.hpp"
#include "zkbackup/zookeeper/data_layout.hpp"

namespace zkb {
namespace {

constexpr int kGuardTries = 3;

/// Names the units to start again, `unit` first, a line each. It is there exactly while one of them
/// may be down because of us.
std::filesystem::path marker_of(const UnitName& unit, const std::filesystem::path& run_directory) {
  return run_directory / ("stopped-" + unit.str());
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

enum class Outcome { Runs, Failed, NotKnown };

struct Start {
  Outcome outcome = Outcome::Runs;
  std::string failure;
};

void wait_a_moment() {
  constexpr int kMoment = 500;  // ms
  poll(nullptr, 0, kMoment);
}

/// Once. A bus that is away is told from a unit that does not start by asking for the unit's state.
Start start_once(const UnitName& unit, std::chrono::seconds deadline, UnitControl& units) {
  try {
    units.start(unit, deadline);
    return {};
  } catch (const Error& error) {
    try {
      const bool runs = units.state(unit).active == "active";
      return {.outcome = runs ? Outcome::Runs : Outcome::Failed, .failure = error.what()};
    } catch (const Error&) {
      return {.outcome = Outcome::NotKnown, .failure = error.what()};
    }
  }
}

/// As often as the bus is away, until the deadline.
Start start_one(const UnitName& unit, std::chrono::seconds deadline, const OutageTools& tools) {
  const auto give_up = tools.clock.steady() + deadline;
  Start start = start_once(unit, deadline, tools.units);
  while (start.outcome == Outcome::NotKnown && tools.clock.steady() < give_up) {
    wait_a_moment();
    start = start_once(unit, deadline, tools.units);
  }
  return start;
}

struct Starts {
  bool all_known = true;
  std::string failures;  ///< empty: all run
  std::string units;     ///< that failed

  std::optional<Error> error() const {
    if (failures.empty()) {
      return std::nullopt;
    }
    return Error{Kind::InPart, failures,
                 fmt::format("see 'systemctl status {}', mend it and start it", units)};
  }
};

Starts start_all(const std::vector<UnitName>& units, std::chrono::seconds deadline,
                 const OutageTools& tools) {
  Starts starts;
  for (const UnitName& unit : units) {
    tools.report.step(fmt::format("start {}", unit.str()));
    const Start start = start_one(unit, deadline, tools);
    starts.all_known = starts.all_known && start.outcome != Outcome::NotKnown;
    if (start.outcome != Outcome::Runs) {
      tools.report.warn(start.failure);  // at once: what follows can take long
      starts.failures += (starts.failures.empty() ? "" : "; ") + start.failure;
      starts.units += (starts.units.empty() ? "" : " ") + unit.str();
    }
  }
  return starts;
}

void remove_marker(const UnitName& unit, const std::filesystem::path& run_directory,
                   const OutageTools& tools) {
  try {
    tools.disk.remove(marker_of(unit, run_directory));
  } catch (const Error& error) {
    tools.report.warn(fmt::format("{}, ignoring", error.what()));
  }
}

}  // namespace

std::vector<UnitName> units_left_stopped(const UnitName& unit,
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

void begin_guard(const OutagePlan& plan, const OutageTools& tools) {
  arm_guard(plan, tools);
  if (plan.died_before) {
    return;  // the marker is there
  }
  try {
    write_marker(plan, tools.disk);
  } catch (const Error&) {
    dismiss_guard(tools);
    throw;
  }
}

std::optional<Error> start_again(const OutagePlan& plan, const OutageTools& tools) {
  const Starts starts = start_all(to_start(plan), plan.start_deadline, tools);
  if (!starts.all_known) {
    return Error{Kind::InPart, starts.failures,
                 fmt::format("{} goes on trying once this run is over; see 'systemctl status {}'",
                             guard_name().str(), starts.units)};
  }
  remove_marker(plan.unit, plan.run_directory, tools);
  dismiss_guard(tools);
  return starts.error();
}

void run_guard(const UnitName& unit, const std::filesystem::path& run_directory,
               const OutageTools& tools, std::chrono::seconds start_deadline,
               const std::function<void()>& ready) {
  const RunLock lock = RunLock::wait(run_directory, ready);
  const std::vector<UnitName> units = units_left_stopped(unit, run_directory);
  if (units.empty()) {
    return;
  }
  tools.report.warn("a run of dcos-zk died with ZooKeeper stopped: starting it again");
  Starts starts = start_all(units, start_deadline, tools);
  for (int tries = 1; !starts.failures.empty() && (tries < kGuardTries || !starts.all_known);
       ++tries) {
    starts = start_all(units, start_deadline, tools);
  }
  // Whether they run or not: from here on the units are their administrator's, who may want them
  // stopped.
  remove_marker(unit, run_directory, tools);
  if (const auto error = starts.error()) {
    throw Error{*error};
  }
}

}  // namespace zkb
