// Starts by a real systemd.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>

#include "systemd/systemd_units.hpp"
#include "tests/systemd/expect.hpp"
#include "tests/systemd/real_systemd.hpp"

namespace zkb::test {
namespace {

using std::chrono::seconds;

TEST_SUITE_BEGIN("real");

TEST_CASE("a start that cannot succeed is an error, whatever systemd calls it") {
  // Whatever the load of the machine, a program that ends at once has ended by then.
  const NoInterruption no_interruption;
  SystemdUnits patient{no_interruption, seconds{20}};
  SUBCASE("the program ends at once") {
    const RealUnit unit{"[Service]\nExecStart=/bin/sh -c 'exit 7'\n"};
    check_error(Kind::Failed,
                {unit.name().str(), "did not stay up", "Result=exit-code", "ExecMainStatus=7"},
                [&] { patient.start(unit.name(), seconds{10}); });
  }
  SUBCASE("the program is not there") {
    const RealUnit unit{"[Service]\nExecStart=/nonexistent/program\n"};
    check_error(Kind::Failed, {"did not stay up", "ExecMainStatus=203"},
                [&] { patient.start(unit.name(), seconds{10}); });
  }
  SUBCASE("the program ends at once, well") {
    const RealUnit unit{"[Service]\nExecStart=/bin/true\n"};
    check_error(Kind::Failed, {"did not stay up", "Result=success"},
                [&] { patient.start(unit.name(), seconds{10}); });
  }
  SUBCASE("it waits for a restart") {
    const RealUnit unit{kRestartsForever};
    check_error(Kind::Failed, {"did not stay up", "auto-restart"},
                [&] { patient.start(unit.name(), seconds{10}); });
  }
  SUBCASE("its preparation fails") {
    const RealUnit unit{"[Service]\nExecStartPre=/bin/false\nExecStart=/bin/sleep infinity\n"};
    check_error(Kind::Failed, {"'failed'", "Result=exit-code"},
                [&] { patient.start(unit.name(), seconds{10}); });
  }
  SUBCASE("it never gets ready, and systemd gives up") {
    const RealUnit unit{
        "[Service]\nType=notify\nExecStart=/bin/sleep infinity\nTimeoutStartSec=1\n"};
    check_error(Kind::Failed, {"'failed'", "Result=timeout"},
                [&] { patient.start(unit.name(), seconds{10}); });
  }
  SUBCASE("it never gets ready, and we give up") {
    const RealUnit unit{kNeverReady};
    check_error(Kind::Failed, {"after 1 s", "still at it", "activating"},
                [&] { patient.start(unit.name(), seconds{1}); });
  }
  SUBCASE("a condition is not met") {
    const RealUnit unit{fmt::format("[Unit]\nConditionPathExists=/nonexistent\n{}", kSleeper)};
    check_error(Kind::Failed, {"a condition of the unit is not met"},
                [&] { patient.start(unit.name(), seconds{10}); });
  }
  SUBCASE("what it needs does not start") {
    const RealUnit needed{"[Service]\nType=oneshot\nExecStart=/bin/false\n"};
    const RealUnit unit{
        fmt::format("[Unit]\nRequires={0}\nAfter={0}\n{1}", needed.name().str(), kSleeper)};
    check_error(Kind::Failed, {"'dependency'"}, [&] { patient.start(unit.name(), seconds{10}); });
  }
}

TEST_CASE("a unit whose start limit is used up starts all the same") {
  const RealUnit unit{
      fmt::format("[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=1\n{}", kSleeper)};
  const RealUnit naming =
      running_and_naming(unit);  // before the start: a reload forgets the counter
  unit.run();
  unit.queue_stop();
  unit.await("inactive");
  unit.queue_start();
  unit.await("failed");
  REQUIRE(units().state(unit.name()).result == "start-limit-hit");
  units().start(unit.name(), seconds{10});
  CHECK(units().state(unit.name()).active == "active");
}

TEST_CASE("a oneshot service that has done its work counts as started") {
  const RealUnit unit{"[Service]\nType=oneshot\nExecStart=/bin/true\n"};
  units().start(unit.name(), seconds{10});
}

TEST_CASE("a start of a running unit leaves it alone") {
  const RealUnit unit{kSleeper};
  unit.run();
  const UnitState before = units().state(unit.name());
  units().start(unit.name(), seconds{10});
  CHECK(units().state(unit.name()) == before);
}

TEST_SUITE_END();

}  // namespace
}  // namespace zkb::test
