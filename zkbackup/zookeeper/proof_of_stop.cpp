#include "zkbackup/zookeeper/proof_of_stop.hpp"

#include <algorithm>

#include "zkbackup/zookeeper/holders.hpp"

namespace zkb {
namespace {

using std::chrono::milliseconds;

constexpr pid_t kSystemd = 1;

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

Error seems_to_run(const UnitName& unit, const std::vector<Holder>& holders) {
  return {
      Kind::Unsafe,
      fmt::format("{} is stopped, but a ZooKeeper seems to run: {}", unit.str(), list_of(holders)),
      "end that process, or name the unit that runs it with --unit, then run this again"};
}

}  // namespace

void prove_stopped(const OutagePlan& plan, const DataLayout& layout, const OutageTools& tools) {
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
      throw seems_to_run(plan.unit, holders);
    }
    std::vector<pid_t> pids;
    std::ranges::transform(holders, std::back_inserter(pids), &Holder::pid);
    wait_for_end_of_one(pids, left, tools.interruption);
  }
}

void check_still_stopped(const OutagePlan& plan, const DataLayout& layout,
                         const OutageTools& tools) {
  if (tools.units.state(plan.unit).runs()) {
    throw Error{Kind::Unsafe, fmt::format("somebody started {} in the meantime", plan.unit.str()),
                "find out who or what does (a timer, a monitor, another administrator), then run "
                "this again"};
  }
  if (const auto holders = still_there(plan.unit, layout, tools.units); !holders.empty()) {
    throw seems_to_run(plan.unit, holders);
  }
}

void refuse_socket_unit(const DataLayout& layout) {
  for (const Holder& holder : find_holders(layout)) {
    if (holder.pid == kSystemd) {
      throw Error{
          Kind::Unsafe,
          fmt::format(
              "systemd itself {}, for a socket unit: it would start ZooKeeper at the first client",
              holder.what),
          "stop that socket unit (see 'systemctl list-sockets'), then run this again"};
    }
  }
}

}  // namespace zkb
