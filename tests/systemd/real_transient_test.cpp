// Services that a real systemd runs on our behalf.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>

#include "systemd/systemd_units.hpp"
#include "tests/systemd/expect.hpp"
#include "tests/systemd/real_systemd.hpp"

namespace zkb::test {
namespace {

using std::chrono::seconds;

TEST_SUITE_BEGIN("real");

TransientService service(const std::string& name, const std::string& script) {
  return {.name = UnitName{name},
          .description = "a service of the tests",
          .command = {"/bin/bash", "-c", script},
          .environment = {"GREETING=hello, world", fmt::format("SCRATCH={}", scratch(""))}};
}

TEST_CASE(
    "a transient service counts as started when it is ready, and is forgotten when it is over") {
  const UnitName name{"transient-1.service"};
  units().start_transient(
      service(
          name.str(),
          R"(echo "$GREETING" >$SCRATCH/greeting; systemd-notify --ready; exec sleep infinity)"),
      seconds{10});
  const UnitState state = units().state(name);
  CHECK(state.active == "active");
  CHECK(state.load == "loaded");
  kill(static_cast<pid_t>(state.main_pid), SIGTERM);
  const Deadline give_up = Deadline::clock::now() + seconds{20};
  Manager{give_up}.watch(
      name, [](const UnitProperties& now) { return now.state.load == "not-found"; }, give_up);
  CHECK(units().state(name).load == "not-found");
  std::string greeting;
  std::getline(std::ifstream{scratch("greeting")}, greeting);
  CHECK(greeting == "hello, world");
}

TEST_CASE("a transient service outlives whoever asked for it") {
  const UnitName name{"transient-2.service"};
  const pid_t asker = fork();
  if (asker == 0) {
    try {
      units().start_transient(service(name.str(), "systemd-notify --ready; exec sleep infinity"),
                              seconds{10});
      raise(SIGKILL);
    } catch (const Error&) {
      _exit(1);
    }
  }
  int status = 0;
  REQUIRE(waitpid(asker, &status, 0) == asker);
  REQUIRE(WIFSIGNALED(status));
  CHECK(units().state(name).active == "active");
  units().stop(name, seconds{10});
  CHECK(units().state(name).load == "not-found");
}

TEST_CASE("a transient service that is killed is started again") {
  const UnitName name{"transient-3.service"};
  units().start_transient(service(name.str(), "systemd-notify --ready; exec sleep infinity"),
                          seconds{10});
  const auto first = units().state(name).main_pid;
  kill(static_cast<pid_t>(first), SIGKILL);
  const Deadline give_up = Deadline::clock::now() + seconds{20};
  const UnitProperties now = Manager{give_up}.watch(
      name,
      [](const UnitProperties& each) { return each.restarts > 0 && each.state.sub == "running"; },
      give_up);
  CHECK(now.state.active == "active");
  CHECK(now.state.main_pid != first);
  units().stop(name, seconds{10});
}

TEST_CASE("a transient service that does not get ready is an error, and is not tried again") {
  const auto check_gone = [](const UnitName& name) {
    const Deadline give_up = Deadline::clock::now() + seconds{20};
    const UnitProperties now = Manager{give_up}.watch(
        name, [](const UnitProperties& each) { return each.state.load == "not-found"; }, give_up);
    CHECK(now.state.load == "not-found");
  };
  SUBCASE("it ends first") {
    const UnitName name{"transient-4.service"};
    check_error(Kind::Failed, {name.str(), "'failed'", "ExecMainStatus=3"},
                [&] { units().start_transient(service(name.str(), "exit 3"), seconds{10}); });
    check_gone(name);
  }
  SUBCASE("it never says so") {
    const UnitName name{"transient-5.service"};
    check_error(Kind::Failed, {name.str()}, [&] {
      units().start_transient(service(name.str(), "exec sleep infinity"), seconds{1});
    });
    check_gone(name);
  }
}

TEST_CASE("a transient service whose name is taken is an error, and the other is left alone") {
  const RealUnit unit{kSleeper};
  unit.run();
  check_error(Kind::Failed, {"UnitExists"},
              [&] { units().start_transient(service(unit.name().str(), "exit 0"), seconds{10}); });
  CHECK(units().state(unit.name()).runs());
}

TEST_SUITE_END();

}  // namespace
}  // namespace zkb::test
