#include "systemd/systemd_units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <set>

#include "systemd/manager.hpp"
#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

/// For calls that change nothing and queue nothing.
constexpr seconds kLook{10};

Deadline after(std::chrono::nanoseconds time) {
  return Deadline::clock::now() + std::chrono::duration_cast<Deadline::duration>(time);
}

Deadline within(seconds deadline) {
  return after(std::min<seconds>(deadline, std::chrono::hours{24 * 365}));
}

std::string journal_of(const UnitName& unit) {
  return fmt::format("'journalctl -b -u {}' says why", unit.str());
}

/// "ActiveState=failed (failed), Result=exit-code, ExecMainStatus=1"
std::string describe(const UnitProperties& unit) {
  std::string text = fmt::format("ActiveState={} ({})", unit.state.active, unit.state.sub);
  if (!unit.state.result.empty()) {
    text += fmt::format(", Result={}", unit.state.result);
  }
  if (unit.exit_code != 0) {
    text += fmt::format(", ExecMainStatus={}", unit.exit_status);
  }
  if (unit.restarts != 0) {
    text += fmt::format(", NRestarts={}", unit.restarts);
  }
  return text;
}

/// How long systemd itself will go on waiting for the unit's processes to end.
std::string patience(const UnitProperties& unit) {
  if (unit.stop_timeout_us == std::numeric_limits<std::uint64_t>::max()) {
    return " without limit (TimeoutStopSec=infinity)";
  }
  if (unit.stop_timeout_us == 0) {
    return {};
  }
  return fmt::format(" for up to {} s (TimeoutStopSec)",
                     std::chrono::ceil<seconds>(microseconds{unit.stop_timeout_us}).count());
}

bool stopped(const UnitProperties& unit) {
  return unit.state.active == "inactive" || unit.state.active == "failed";
}

std::string result_hint(std::string_view result) {
  if (result == "canceled") {
    return "another start or stop of the unit took its place: see 'systemctl list-jobs'; then run "
           "this again";
  }
  if (result == "dependency") {
    return "a unit that this one needs did not start: see 'systemctl list-dependencies' and "
           "'systemctl --failed'";
  }
  return {};
}

Error job_error(const UnitName& name, std::string_view result, const UnitProperties& unit) {
  const std::string hint = result_hint(result);
  return {Kind::Failed, fmt::format("systemd's job ended '{}', {}", result, describe(unit)),
          hint.empty() ? journal_of(name) : hint};
}

Error still_stopping(const UnitName& name, seconds deadline, const UnitProperties& unit) {
  return {Kind::Failed,
          fmt::format("not over after {} s, systemd is still at it{}: {}", deadline.count(),
                      patience(unit), describe(unit)),
          fmt::format("see 'systemctl status {}' for what does not end", name.str())};
}

Error still_starting(const UnitName& name, seconds deadline, const UnitProperties& unit) {
  return {Kind::Failed,
          fmt::format("not over after {} s, systemd is still at it: {}", deadline.count(),
                      describe(unit)),
          journal_of(name)};
}

/// Whether a start that is "done" has left the unit as a start should: a service that is meant to
/// end (oneshot) may have ended well.
bool started(const UnitProperties& unit) {
  if (unit.state.active == "active" || unit.state.active == "reloading") {
    return true;
  }
  return unit.type == "oneshot" && unit.condition_met && unit.state.active == "inactive" &&
         unit.state.result == "success";
}

bool vouched_for(const UnitProperties& unit) {
  return unit.type != "simple" && unit.type != "idle";
}

void check_started(const UnitName& name, const UnitProperties& unit) {
  if (started(unit)) {
    return;
  }
  if (!unit.condition_met) {
    throw Error{Kind::Failed,
                fmt::format("a condition of the unit is not met, so systemd did not start it: {}",
                            describe(unit)),
                fmt::format("'systemctl status {}' names the condition", name.str())};
  }
  throw Error{Kind::Failed, fmt::format("it was started, but did not stay up: {}", describe(unit)),
              journal_of(name)};
}

void stop_unit(const UnitName& unit, seconds deadline, const Interruption& interruption) {
  in_step(fmt::format("stop '{}'", unit.str()), [&] {
    Manager manager{within(deadline)};
    manager.hold_unit(unit);
    interruption.check();
    const Manager::Job job = manager.stop_unit(unit);
    const std::optional<std::string> result = manager.wait_for(job, interruption);
    const UnitProperties now = manager.unit(unit);
    // A job that is gone without a word has ended: the properties tell how.
    if (!result && (now.has_job || !stopped(now))) {
      throw still_stopping(unit, deadline, now);
    }
    if (result && *result != "done") {
      throw job_error(unit, *result, now);
    }
    if (!stopped(now)) {
      throw Error{Kind::Failed,
                  fmt::format("systemd's job is done, but the unit runs: {}", describe(now)),
                  "something has started it again: see what depends on it ('systemctl "
                  "list-dependencies --reverse'), its timers and its sockets"};
    }
  });
}

}  // namespace

UnitState SystemdUnits::state(const UnitName& unit) {
  return in_step(fmt::format("look at '{}'", unit.str()),
                 [&] { return Manager{after(kLook)}.unit(unit).state; });
}

std::vector<UnitProcess> SystemdUnits::processes(const UnitName& unit) {
  return in_step(fmt::format("list the processes of '{}'", unit.str()), [&] {
    Manager manager{after(kLook)};
    manager.hold_unit(unit);
    return manager.processes(unit);
  });
}

std::vector<UnitName> SystemdUnits::running_dependents(const UnitName& unit) {
  return in_step(fmt::format("list what stops along with '{}'", unit.str()), [&] {
    Manager manager{after(kLook)};
    std::set<std::string> seen{unit.str()};
    std::vector<std::string> ahead = manager.unit(unit).stopped_along;
    std::vector<UnitName> running;
    while (!ahead.empty()) {
      const UnitName next{ahead.back()};
      ahead.pop_back();
      if (!seen.insert(next.str()).second) {
        continue;
      }
      const UnitProperties found = manager.unit(next);
      if (found.state.runs()) {
        running.push_back(next);
      }
      // A unit that is stopped already passes nothing on.
      if (!stopped(found)) {
        ahead.insert(ahead.end(), found.stopped_along.begin(), found.stopped_along.end());
      }
    }
    return running;
  });
}

void SystemdUnits::stop(const UnitName& unit, seconds deadline) {
  stop_unit(unit, deadline, interruption_);
}

void SystemdUnits::stop_transient(const UnitName& unit, seconds deadline) {
  stop_unit(unit, deadline, NoInterruption{});
}

void SystemdUnits::start(const UnitName& unit, seconds deadline) {
  in_step(fmt::format("start '{}'", unit.str()), [&] {
    Manager manager{within(deadline)};
    manager.hold_unit(unit);
    // Before the start, not after one that hit the start limit: that can have StartLimitAction=
    // reboot the host.
    manager.reset_failed_unit(unit);
    const Manager::Job job = manager.start_unit(unit);
    const std::optional<std::string> result = manager.wait_for(job, NoInterruption{});
    const UnitProperties now = manager.unit(unit);
    if (!result && (now.has_job || !started(now))) {
      throw still_starting(unit, deadline, now);
    }
    if (result && *result != "done") {
      throw job_error(unit, *result, now);
    }
    check_started(
        unit,
        manager.watch(
            unit, [](const UnitProperties& each) { return vouched_for(each) || !started(each); },
            after(settle_)));
  });
}

void SystemdUnits::start_transient(const TransientService& service, seconds deadline) {
  in_step(fmt::format("start '{}'", service.name.str()), [&] {
    Manager manager{within(deadline)};
    const Manager::Job job = manager.start_transient_unit(service);
    manager.hold_unit(service.name);
    const std::optional<std::string> result = manager.wait_for(job, NoInterruption{});
    if (result == "done") {
      return;
    }
    const UnitProperties now = manager.unit(service.name);
    // Else systemd would go on trying to start it after the caller has given up.
    manager.stop_unit(service.name);
    throw result ? job_error(service.name, *result, now)
                 : still_starting(service.name, deadline, now);
  });
}

}  // namespace zkb
