// What every systemd has to give us: one contract, against the real one and against the stub that
// the fault tests stand on, so that the stub cannot drift from what it stands for.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <memory>

#include "systemd/systemd_units.hpp"
#include "tests/systemd/expect.hpp"
#include "tests/systemd/real_systemd.hpp"
#include "tests/systemd/stub_systemd.hpp"

namespace zkb::test {
namespace {

using std::chrono::seconds;

class OnSystemd {
 public:
  void running() { make("[Service]\nExecStart=/bin/sleep infinity\n"); }
  void stopped() {
    unit_ = std::make_unique<RealUnit>("[Service]\nExecStart=/bin/sleep infinity\n");
  }
  void running_and_slow_to_stop() {
    make("[Service]\nExecStart=/bin/sleep infinity\nKillSignal=SIGWINCH\nTimeoutStopSec=90\n");
  }
  void failing_in_its_stop() {
    make("[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/false\n");
  }
  void failing_in_its_start() {
    unit_ = std::make_unique<RealUnit>("[Service]\nType=notify\nExecStart=/bin/false\n");
  }
  const UnitName& unit() const { return unit_->name(); }

 private:
  void make(const char* file) {
    unit_ = std::make_unique<RealUnit>(file);
    unit_->run();
  }

  std::unique_ptr<RealUnit> unit_;
};

class OnStub {
 public:
  void running() { make("active", {.active_after = "inactive"}); }
  void stopped() { make("inactive", {.active_after = "active"}); }
  void running_and_slow_to_stop() { make("active", {.result = ""}); }
  void failing_in_its_stop() {
    make("active", {.active_after = "failed", .result_after = "exit-code"});
  }
  void failing_in_its_start() {
    make("inactive", {.result = "failed", .active_after = "failed", .result_after = "exit-code"});
  }
  const UnitName& unit() const { return stub_->unit(); }

 private:
  void make(const char* active, const StubBehaviour& behaviour) {
    stub_ = std::make_unique<StubSystemd>(active, behaviour);
  }

  std::unique_ptr<StubSystemd> stub_;
};

const NoInterruption no_interruption;

TEST_SUITE_BEGIN("real");

TEST_CASE_TEMPLATE("a stop returns when the unit is stopped", Kit, OnSystemd, OnStub) {
  Kit kit;
  kit.running();
  SystemdUnits units{no_interruption};
  CHECK(units.state(kit.unit()).runs());
  units.stop(kit.unit(), seconds{10});
  CHECK(units.state(kit.unit()).active == "inactive");
}

TEST_CASE_TEMPLATE("a start returns when the unit runs", Kit, OnSystemd, OnStub) {
  Kit kit;
  kit.stopped();
  SystemdUnits units{no_interruption};
  CHECK_FALSE(units.state(kit.unit()).runs());
  units.start(kit.unit(), seconds{10});
  CHECK(units.state(kit.unit()).active == "active");
}

TEST_CASE_TEMPLATE(
    "a stop that takes longer than its deadline says that it is still under way, and for how long",
    Kit, OnSystemd, OnStub) {
  Kit kit;
  kit.running_and_slow_to_stop();
  SystemdUnits units{no_interruption};
  check_error(Kind::Failed, {kit.unit().str(), "after 1 s", "still at it", "90 s (TimeoutStopSec)"},
              [&] { units.stop(kit.unit(), seconds{1}); });
}

TEST_CASE_TEMPLATE("a stop after which the unit is failed is a stop", Kit, OnSystemd, OnStub) {
  Kit kit;
  kit.failing_in_its_stop();
  SystemdUnits units{no_interruption};
  units.stop(kit.unit(), seconds{10});
  CHECK(units.state(kit.unit()).active == "failed");
  CHECK(units.state(kit.unit()).result == "exit-code");
}

TEST_CASE_TEMPLATE("a start that fails says systemd's own result and the unit's", Kit, OnSystemd,
                   OnStub) {
  Kit kit;
  kit.failing_in_its_start();
  SystemdUnits units{no_interruption};
  check_error(Kind::Failed, {kit.unit().str(), "'failed'", "Result=exit-code"},
              [&] { units.start(kit.unit(), seconds{10}); });
}

TEST_CASE_TEMPLATE("after a signal no stop is begun", Kit, OnSystemd, OnStub) {
  Kit kit;
  kit.running();
  const SignalInterruption interruption;
  SystemdUnits units{interruption};
  raise(SIGHUP);
  CHECK_THROWS_AS(units.stop(kit.unit(), seconds{10}), Interrupted);
  CHECK(units.state(kit.unit()).active == "active");
}

TEST_SUITE_END();

}  // namespace
}  // namespace zkb::test
