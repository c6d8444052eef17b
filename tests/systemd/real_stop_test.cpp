// Stops by a real systemd, from every state that a unit can be found in.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <future>

#include "systemd/systemd_units.hpp"
#include "tests/systemd/expect.hpp"
#include "tests/systemd/real_systemd.hpp"

namespace zkb::test {
namespace {

using std::chrono::seconds;

TEST_SUITE_BEGIN("real");

TEST_CASE("a stop of a unit that does not run does nothing") {
  SUBCASE("never started") {
    const RealUnit unit{kSleeper};
    units().stop(unit.name(), seconds{10});
    CHECK(units().state(unit.name()).active == "inactive");
  }
  SUBCASE("failed, and it stays failed") {
    const RealUnit unit{"[Service]\nExecStart=/bin/false\n"};
    unit.queue_start();
    unit.await("failed");
    units().stop(unit.name(), seconds{10});
    CHECK(units().state(unit.name()).active == "failed");
  }
  SUBCASE("masked") {
    units().stop(RealUnit::masked().name(), seconds{10});
  }
}

TEST_CASE("a unit on its way up is stopped") {
  SUBCASE("not ready yet") {
    const RealUnit unit{kNeverReady};
    unit.queue_start();
    unit.await("activating", "start");
    units().stop(unit.name(), seconds{10});
    CHECK(units().state(unit.name()).active == "inactive");
  }
  SUBCASE("preparing to start") {
    const RealUnit unit{
        "[Service]\nExecStartPre=/bin/sleep infinity\nExecStart=/bin/sleep infinity\n"};
    unit.queue_start();
    unit.await("activating", "start-pre");
    units().stop(unit.name(), seconds{10});
    CHECK_FALSE(units().state(unit.name()).runs());
  }
  SUBCASE("waiting for its restart, which then does not come") {
    const RealUnit unit{kRestartsForever};
    unit.queue_start();
    unit.await("activating", "auto-restart");
    units().stop(unit.name(), seconds{10});
    CHECK_FALSE(units().state(unit.name()).runs());
  }
}

TEST_CASE("a stop joins one that is under way already") {
  const RealUnit unit{kStubborn};
  unit.run();
  unit.queue_stop();
  unit.await("deactivating");
  units().stop(unit.name(), seconds{10});
  CHECK(units().state(unit.name()).active == "failed");
}

TEST_CASE("two stops at once both return when the unit is stopped") {
  const RealUnit unit{kStubborn};
  unit.run();
  const auto stop = [&] { units().stop(unit.name(), seconds{10}); };
  auto one = std::async(std::launch::async, stop);
  auto other = std::async(std::launch::async, stop);
  CHECK_NOTHROW(one.get());
  CHECK_NOTHROW(other.get());
  CHECK_FALSE(units().state(unit.name()).runs());
}

TEST_CASE("a stop that ends by systemd's SIGKILL is a stop, and the state tells how it ended") {
  const RealUnit unit{kStubborn};
  unit.run();
  units().stop(unit.name(), seconds{10});
  const UnitState state = units().state(unit.name());
  CHECK(state.active == "failed");
  CHECK(state.result == "timeout");
}

TEST_CASE("a start overrides a stop that has outlasted its deadline") {
  const RealUnit unit{kStubborn};
  unit.run();
  const auto first_pid = units().state(unit.name()).main_pid;
  check_error(Kind::Failed,
              {unit.name().str(), "after 1 s", "up to 2 s (TimeoutStopSec)", "deactivating"},
              [&] { units().stop(unit.name(), seconds{1}); });
  units().start(unit.name(), seconds{10});
  const UnitState state = units().state(unit.name());
  CHECK(state.active == "active");
  CHECK(state.main_pid != first_pid);
}

TEST_CASE("a stop that a start overrides says so") {
  const RealUnit unit{kStubborn};
  unit.run();
  auto stop = std::async(std::launch::async, [&] { units().stop(unit.name(), seconds{10}); });
  unit.await("deactivating");
  unit.queue_start();
  check_error(Kind::Failed, {"'canceled'"}, [&] { stop.get(); });
}

TEST_CASE("what a unit forbids is refused as unsafe, and a unit that is not there is an error") {
  SUBCASE("RefuseManualStop") {
    const RealUnit unit{fmt::format("[Unit]\nRefuseManualStop=yes\n{}", kSleeper)};
    unit.run();
    check_error(Kind::Unsafe, {unit.name().str(), "OnlyByDependency"},
                [&] { units().stop(unit.name(), seconds{10}); });
    CHECK(units().state(unit.name()).runs());
  }
  SUBCASE("RefuseManualStart") {
    const RealUnit unit{fmt::format("[Unit]\nRefuseManualStart=yes\n{}", kSleeper)};
    check_error(Kind::Unsafe, {unit.name().str(), "OnlyByDependency"},
                [&] { units().start(unit.name(), seconds{10}); });
  }
  SUBCASE("masked") {
    const RealUnit unit = RealUnit::masked();
    check_error(Kind::Unsafe, {unit.name().str(), "UnitMasked"},
                [&] { units().start(unit.name(), seconds{10}); });
  }
  SUBCASE("without a file: start") {
    const RealUnit unit = RealUnit::missing();
    check_error(Kind::Failed, {unit.name().str(), "NoSuchUnit"},
                [&] { units().start(unit.name(), seconds{10}); });
  }
  SUBCASE("without a file: stop") {
    const RealUnit unit = RealUnit::missing();
    check_error(Kind::Failed, {unit.name().str(), "NoSuchUnit"},
                [&] { units().stop(unit.name(), seconds{10}); });
  }
  SUBCASE("broken: start") {
    const RealUnit unit{"[Service]\nExecStart=not-absolute/nor-a-name\n"};
    check_error(Kind::Failed, {unit.name().str(), "BadUnitSetting"},
                [&] { units().start(unit.name(), seconds{10}); });
  }
}

TEST_CASE("a systemd that reads its files again during the wait loses nothing") {
  for (const char* const method : {"Reload", "Reexecute"}) {
    CAPTURE(method);
    const RealUnit unit{fmt::format(
        "[Service]\nExecStart=/bin/sleep infinity\nKillSignal=SIGWINCH\nTimeoutStopSec=2\n"
        "ExecStop=-/usr/bin/busctl --system call org.freedesktop.systemd1 "
        "/org/freedesktop/systemd1 "
        "org.freedesktop.systemd1.Manager {}\n",
        method)};
    unit.run();
    units().stop(unit.name(), seconds{20});
    CHECK_FALSE(units().state(unit.name()).runs());
  }
}

TEST_CASE("a signal during the wait ends the stop's wait, and a start then puts the unit back") {
  const RealUnit unit{
      fmt::format("[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/kill -TERM {}\n"
                  "ExecStop=/bin/sleep infinity\nTimeoutStopSec=1\n",
                  getpid())};
  unit.run();
  const SignalInterruption interruption;
  SystemdUnits interruptible{interruption};
  CHECK_THROWS_AS(interruptible.stop(unit.name(), seconds{60}), Interrupted);
  interruptible.start(unit.name(), seconds{20});
  CHECK(units().state(unit.name()).active == "active");
}

TEST_SUITE_END();

}  // namespace
}  // namespace zkb::test
