#include "systemd/manager.hpp"

#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <tuple>
#include <utility>

#include "systemd/bus_error.hpp"
#include "systemd/held_signals.hpp"

namespace zkb {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";

/// A systemd in good health answers within milliseconds, a very busy one within seconds.
constexpr seconds kLongestCall{10};
/// Enough to ask what became of a job whose deadline has passed.
constexpr seconds kShortestCall{1};

/// The relations along which systemd passes a stop on (UNIT_ATOM_PROPAGATE_STOP in its
/// unit-dependency-atom.c).
constexpr std::array kPassStopOn{"RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf",
                                 "PropagatesStopTo"};

using Properties = std::map<std::string, sdbus::Variant>;
using Property = sdbus::Struct<std::string, sdbus::Variant>;

/// No sdbus::Error leaves this room, and no signal enters it.
template <typename Body>
decltype(auto) at_the_border(Body&& body) {
  const HeldSignals held;
  try {
    return std::forward<Body>(body)();
  } catch (const sdbus::Error& error) {
    throw bus_error(error.getName(), error.getMessage());
  }
}

microseconds time_for_a_call(Deadline deadline) {
  const auto left = std::chrono::duration_cast<microseconds>(deadline - Deadline::clock::now());
  return std::clamp<microseconds>(left, kShortestCall, kLongestCall);
}

int poll_timeout(Deadline until) {
  // Rounded up, so as not to spin through the last millisecond.
  const auto left = std::chrono::ceil<milliseconds>(until - Deadline::clock::now());
  return static_cast<int>(
      std::clamp<milliseconds::rep>(left.count(), 0, std::numeric_limits<int>::max()));
}

template <typename Value>
Value get(const Properties& properties, const char* name, Value otherwise = {}) {
  const auto found = properties.find(name);
  return found != properties.end() ? found->second.get<Value>() : otherwise;
}

UnitState state_from(const Properties& all) {
  UnitState state;
  state.load = get<std::string>(all, "LoadState");
  state.active = get<std::string>(all, "ActiveState");
  state.sub = get<std::string>(all, "SubState");
  state.result = get<std::string>(all, "Result");
  state.can_start = get<bool>(all, "CanStart");
  state.can_stop = get<bool>(all, "CanStop");
  state.main_pid = get<std::uint32_t>(all, "MainPID");
  state.active_exit_us = get<std::uint64_t>(all, "ActiveExitTimestampMonotonic");
  state.active_enter_us = get<std::uint64_t>(all, "ActiveEnterTimestampMonotonic");
  return state;
}

UnitProperties properties_from(const Properties& all) {
  UnitProperties unit;
  unit.state = state_from(all);
  unit.type = get<std::string>(all, "Type");
  // ConditionResult is false too where no start was ever tried.
  unit.condition_met = get<std::uint64_t>(all, "ConditionTimestampMonotonic") == 0 ||
                       get<bool>(all, "ConditionResult", true);
  using JobProperty = sdbus::Struct<std::uint32_t, sdbus::ObjectPath>;
  unit.has_job = std::get<0>(get<JobProperty>(all, "Job")) != 0;
  unit.exit_code = get<std::int32_t>(all, "ExecMainCode");
  unit.exit_status = get<std::int32_t>(all, "ExecMainStatus");
  unit.restarts = get<std::uint32_t>(all, "NRestarts");
  unit.stop_timeout_us = get<std::uint64_t>(all, "TimeoutStopUSec");
  for (const char* const relation : kPassStopOn) {
    const auto names = get<std::vector<std::string>>(all, relation);
    unit.stopped_along.insert(unit.stopped_along.end(), names.begin(), names.end());
  }
  return unit;
}

std::vector<Property> properties_of(const TransientService& service, microseconds start_timeout) {
  using Command = sdbus::Struct<std::string, std::vector<std::string>, bool>;
  const std::vector<Command> commands{{service.command.at(0), service.command, false}};
  return {
      {"Description", service.description},
      {"Type", std::string{"notify"}},
      {"ExecStart", commands},
      {"Environment", service.environment},
      {"TimeoutStartUSec", static_cast<std::uint64_t>(start_timeout.count())},
      // It goes on until it has done its work: no start limit, and a pause that spares the host.
      {"Restart", std::string{"on-failure"}},
      {"RestartUSec", std::uint64_t{1'000'000}},
      {"StartLimitIntervalUSec", std::uint64_t{0}},
      {"CollectMode", std::string{"inactive-or-failed"}},
  };
}

}  // namespace

/// Calls `method` within the time that is left, and returns its one result, or nothing. (The
/// strings are not char pointers, because sdbus-c++ keeps no more than a reference to the name
/// until the call is made.)
template <typename... Results, typename... Arguments>
auto Manager::call(sdbus::IProxy& proxy, const std::string& interface, const std::string& method,
                   const Arguments&... arguments) {
  return at_the_border([&] {
    std::tuple<Results...> results;
    auto invoker = proxy.callMethod(method);
    invoker.onInterface(interface)
        .withTimeout(time_for_a_call(deadline_))
        .withArguments(arguments...);
    std::apply([&](auto&... each) { invoker.storeResultsTo(each...); }, results);
    if constexpr (sizeof...(Results) == 1) {
      return std::get<0>(std::move(results));
    }
  });
}

Manager::Manager(Deadline deadline)
    : deadline_{deadline},
      connection_{connect_to_system_bus(
          std::min<Deadline>(deadline, Deadline::clock::now() + kLongestCall))},
      manager_{sdbus::createProxy(*connection_, kSystemd, kManagerPath)} {
  at_the_border([this] {
    manager_->uponSignal("JobRemoved")
        .onInterface(kManager)
        .call([this](std::uint32_t /*id*/, const sdbus::ObjectPath& job,
                     const std::string& /*unit*/,
                     const std::string& result) { results_[job] = result; });
    manager_->finishRegistration();
  });
  call(*manager_, kManager, "Subscribe");
}

Manager::~Manager() = default;

Manager::Job Manager::stop_unit(const UnitName& unit) {
  return call<sdbus::ObjectPath>(*manager_, kManager, "StopUnit", unit.str(), "replace");
}

Manager::Job Manager::start_unit(const UnitName& unit) {
  return call<sdbus::ObjectPath>(*manager_, kManager, "StartUnit", unit.str(), "replace");
}

Manager::Job Manager::start_transient_unit(const TransientService& service) {
  using Auxiliary = sdbus::Struct<std::string, std::vector<Property>>;
  const auto left = std::chrono::duration_cast<microseconds>(deadline_ - Deadline::clock::now());
  return call<sdbus::ObjectPath>(
      *manager_, kManager, "StartTransientUnit", service.name.str(), "fail",
      properties_of(service, std::max<microseconds>(left, kShortestCall)),
      std::vector<Auxiliary>{});
}

void Manager::hold_unit(const UnitName& unit) {
  const auto proxy = sdbus::createProxy(*connection_, kSystemd, load(unit));
  call(*proxy, "org.freedesktop.systemd1.Unit", "Ref");
}

void Manager::reset_failed_unit(const UnitName& unit) {
  call(*manager_, kManager, "ResetFailedUnit", unit.str());
}

std::string Manager::load(const UnitName& unit) {
  return call<sdbus::ObjectPath>(*manager_, kManager, "LoadUnit", unit.str());
}

UnitProperties Manager::read(const std::string& unit_path) {
  const auto proxy = sdbus::createProxy(*connection_, kSystemd, unit_path);
  // An empty interface name asks for those of all: one reading of one moment.
  const auto all = call<Properties>(*proxy, kProperties, "GetAll", "");
  UnitProperties unit = at_the_border([&] { return properties_from(all); });
  if (unit.has_job) {
    unit.state.job = job_type(all);
  }
  return unit;
}

/// Of the job in a unit's properties; empty if it ended meanwhile.
std::string Manager::job_type(const std::map<std::string, sdbus::Variant>& all) {
  using JobProperty = sdbus::Struct<std::uint32_t, sdbus::ObjectPath>;
  const std::string path = std::get<1>(get<JobProperty>(all, "Job"));
  try {
    const auto proxy = sdbus::createProxy(*connection_, kSystemd, path);
    const auto type =
        call<sdbus::Variant>(*proxy, kProperties, "Get",
                             std::string{"org.freedesktop.systemd1.Job"}, std::string{"JobType"});
    return type.get<std::string>();
  } catch (const Error&) {
    return {};
  }
}

UnitProperties Manager::unit(const UnitName& unit) {
  return read(load(unit));
}

std::vector<UnitProcess> Manager::processes(const UnitName& unit) {
  using Process = sdbus::Struct<std::string, std::uint32_t, std::string>;
  std::vector<UnitProcess> result;
  for (const Process& each :
       call<std::vector<Process>>(*manager_, kManager, "GetUnitProcesses", unit.str())) {
    result.push_back({std::get<1>(each), std::get<2>(each)});
  }
  return result;
}

/// Handles what arrives on the bus until `over`, and waits for more no longer than `until`; whether
/// it became `over`.
bool Manager::process_until(const std::function<bool()>& over, Deadline until,
                            const Interruption& interruption) {
  while (true) {
    while (!over() && at_the_border([&] { return connection_->processPendingRequest(); })) {
    }
    if (over()) {
      return true;
    }
    interruption.check();
    if (Deadline::clock::now() >= until) {
      return false;
    }
    const sdbus::IConnection::PollData bus = connection_->getEventLoopPollData();
    std::array<pollfd, 2> descriptors{pollfd{bus.fd, bus.events, 0},
                                      pollfd{interruption.fd(), POLLIN, 0}};
    const int own = bus.getPollTimeout();
    const int left = poll_timeout(until);
    if (poll(descriptors.data(), descriptors.size(), own < 0 ? left : std::min(own, left)) < 0 &&
        errno != EINTR) {
      throw system_error("wait for", "the system bus");
    }
  }
}

std::optional<std::string> Manager::wait_for(const Job& job, const Interruption& interruption) {
  if (!process_until([&] { return results_.contains(job); }, deadline_, interruption)) {
    return std::nullopt;
  }
  return results_.at(job);
}

UnitProperties Manager::watch(const UnitName& unit,
                              const std::function<bool(const UnitProperties&)>& enough,
                              Deadline until) {
  const std::string path = load(unit);
  bool changed = false;
  const auto slot = at_the_border([&] {
    return connection_->addMatch(
        fmt::format("type='signal',sender='{}',path='{}',interface='{}',member='PropertiesChanged'",
                    kSystemd, path, kProperties),
        [&](sdbus::Message&) { changed = true; });
  });
  UnitProperties now = read(path);
  while (!enough(now) && process_until([&] { return changed; }, until, NoInterruption{})) {
    changed = false;
    now = read(path);
  }
  return now;
}

}  // namespace zkb
