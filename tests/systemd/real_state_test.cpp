// What a real systemd tells of a unit, in every state that one can be found in.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "systemd/systemd_units.hpp"
#include "tests/systemd/expect.hpp"
#include "tests/systemd/real_systemd.hpp"

namespace zkb::test {
namespace {

using std::chrono::seconds;

std::vector<std::string> names(const std::vector<UnitName>& found) {
  std::vector<std::string> result;
  std::transform(found.begin(), found.end(), std::back_inserter(result),
                 [](const UnitName& each) { return each.str(); });
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

/// In a process that gives up being root: 0 if the state can be read and the stop is denied.
int exit_code_of_a_stop_by_nobody(const UnitName& unit) {
  constexpr uid_t kNobody = 65534;
  if (setresuid(kNobody, kNobody, kNobody) != 0 || !units().state(unit).runs()) {
    return 1;
  }
  try {
    units().stop(unit, seconds{10});
  } catch (const Error& error) {
    return std::string_view{error.what()}.find("AccessDenied") != std::string_view::npos ? 0 : 2;
  }
  return 3;
}

TEST_SUITE_BEGIN("real");

TEST_CASE("the state of a unit is told in systemd's own words") {
  SUBCASE("running") {
    const RealUnit unit{kSleeper};
    unit.run();
    const UnitState state = units().state(unit.name());
    CHECK(state.load == "loaded");
    CHECK(state.active == "active");
    CHECK(state.sub == "running");
    CHECK(state.result == "success");
    CHECK(state.can_start);
    CHECK(state.can_stop);
    CHECK(state.runs());
    CHECK(kill(static_cast<pid_t>(state.main_pid), 0) == 0);
    CHECK(state.active_enter_us > 0);
  }
  SUBCASE("never started") {
    const RealUnit unit{kSleeper};
    const UnitState state = units().state(unit.name());
    CHECK(state.active == "inactive");
    CHECK(state.sub == "dead");
    CHECK(state.main_pid == 0);
    CHECK_FALSE(state.runs());
  }
  SUBCASE("stopped") {
    const RealUnit unit{kSleeper};
    const RealUnit naming = running_and_naming(unit);
    unit.run();
    units().stop(unit.name(), seconds{10});
    const UnitState state = units().state(unit.name());
    CHECK(state.active == "inactive");
    CHECK(state.active_exit_us > 0);
  }
  SUBCASE("failed") {
    const RealUnit unit{"[Service]\nExecStart=/bin/false\n"};
    unit.queue_start();
    unit.await("failed");
    const UnitState state = units().state(unit.name());
    CHECK(state.result == "exit-code");
    CHECK_FALSE(state.runs());
  }
  SUBCASE("starting, and not ready yet") {
    const RealUnit unit{kNeverReady};
    unit.queue_start();
    unit.await("activating", "start");
    CHECK(units().state(unit.name()).runs());
  }
  SUBCASE("preparing to start") {
    const RealUnit unit{
        "[Service]\nExecStartPre=/bin/sleep infinity\nExecStart=/bin/sleep infinity\n"};
    unit.queue_start();
    unit.await("activating", "start-pre");
    CHECK(units().state(unit.name()).runs());
  }
  SUBCASE("stopping") {
    const RealUnit unit{kStubborn};
    unit.run();
    unit.queue_stop();
    unit.await("deactivating");
    CHECK_FALSE(units().state(unit.name()).runs());
  }
  SUBCASE("waiting for its restart") {
    const RealUnit unit{kRestartsForever};
    unit.queue_start();
    unit.await("activating", "auto-restart");
    CHECK(units().state(unit.name()).runs());
  }
  SUBCASE("masked") {
    CHECK(units().state(RealUnit::masked().name()).load == "masked");
  }
  SUBCASE("without a file") {
    const UnitState state = units().state(RealUnit::missing().name());
    CHECK(state.load == "not-found");
    CHECK(state.active == "inactive");
  }
  SUBCASE("broken") {
    const RealUnit unit{"[Service]\nExecStart=not-absolute/nor-a-name\n"};
    CHECK(units().state(unit.name()).load == "bad-setting");
  }
  SUBCASE("not to be started or stopped by hand") {
    const RealUnit unit{
        fmt::format("[Unit]\nRefuseManualStart=yes\nRefuseManualStop=yes\n{}", kSleeper)};
    CHECK_FALSE(units().state(unit.name()).can_start);
    CHECK_FALSE(units().state(unit.name()).can_stop);
  }
  SUBCASE("no service") {
    const RealUnit unit{"[Unit]\nDescription=a target\n", ".target"};
    unit.run();
    const UnitState state = units().state(unit.name());
    CHECK(state.active == "active");
    CHECK(state.result.empty());
    CHECK(state.main_pid == 0);
  }
}

TEST_CASE("whoever is not root may look, and is told to be root for more") {
  const RealUnit unit{kSleeper};
  unit.run();
  const pid_t stranger = fork();
  if (stranger == 0) {
    _exit(exit_code_of_a_stop_by_nobody(unit.name()));
  }
  int status = 0;
  REQUIRE(waitpid(stranger, &status, 0) == stranger);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(units().state(unit.name()).runs());
}

TEST_CASE("the processes of a unit are all in its control group, also of one that is stopped") {
  const RealUnit unit{
      "[Service]\nType=notify\nNotifyAccess=all\nKillMode=process\nExecStart=/bin/bash -c "
      "'/bin/sleep 1000000 & systemd-notify --ready; exec /bin/sleep 2000000'\n"};
  CHECK(units().processes(unit.name()).empty());
  unit.run();
  const auto main_pid = units().state(unit.name()).main_pid;
  units().stop(unit.name(), seconds{10});
  CHECK(units().state(unit.name()).active == "inactive");
  const std::vector<UnitProcess> left = units().processes(unit.name());
  REQUIRE(left.size() == 1);
  CHECK(left.front().command.find("sleep 1000000") != std::string::npos);
  CHECK(left.front().pid != main_pid);

  reload_systemd();
  CHECK(units().processes(unit.name()).size() == 1);
  kill(static_cast<pid_t>(left.front().pid), SIGKILL);
}

TEST_CASE("the process of an ExecStop= under way is listed") {
  const RealUnit unit{
      "[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sleep 3000000\nTimeoutStopSec=1\n"};
  unit.run();
  unit.queue_stop();
  unit.await("deactivating", "stop");
  CHECK(units().processes(unit.name()).size() == 2);
}

TEST_CASE("units without processes have none") {
  const RealUnit target{"[Unit]\n", ".target"};
  target.run();
  CHECK(units().processes(target.name()).empty());
  CHECK(units().processes(RealUnit::missing().name()).empty());
}

TEST_CASE(
    "the units that a stop takes along are named beforehand, and they are the ones that stop") {
  const RealUnit unit{kSleeper};
  const auto related = [](const RealUnit& to, std::string_view relation) {
    return RealUnit{
        fmt::format("[Unit]\n{0}={1}\nAfter={1}\n{2}", relation, to.name().str(), kSleeper)};
  };
  unit.run();
  const std::vector<RealUnit> stopped_along{related(unit, "Requires"), related(unit, "Requisite"),
                                            related(unit, "BindsTo"), related(unit, "PartOf"),
                                            related(unit, "StopPropagatedFrom")};
  const RealUnit further = related(stopped_along.front(), "Requires");
  const RealUnit behind_one_that_does_not_run = [&] {
    const RealUnit done{fmt::format(
        "[Unit]\nRequires={}\n[Service]\nType=oneshot\nExecStart=/bin/true\n", unit.name().str())};
    return related(done, "Requires");
  }();
  const RealUnit loosely = related(unit, "Wants");
  const RealUnit not_running = related(unit, "Requires");

  std::vector<std::string> expected;
  for (const RealUnit& each : stopped_along) {
    each.run();
    expected.push_back(each.name().str());
  }
  further.run();
  expected.push_back(further.name().str());
  behind_one_that_does_not_run.run();
  loosely.run();

  CHECK(names(units().running_dependents(unit.name())) == sorted(expected));
  units().stop(unit.name(), seconds{10});
  for (const std::string& each : expected) {
    CAPTURE(each);
    CHECK_FALSE(units().state(UnitName{each}).runs());
  }
  CHECK(units().state(loosely.name()).runs());
  CHECK(units().state(behind_one_that_does_not_run.name()).runs());
  CHECK(units().running_dependents(unit.name()).empty());
}

TEST_SUITE_END();

}  // namespace
}  // namespace zkb::test
