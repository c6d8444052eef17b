#include "zkbackup/zookeeper/outage.hpp"

#include <doctest/doctest.h>

#include "tests/unit/support/test_host.hpp"
#include "zkbackup/zookeeper/guard.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

class Words final : public Reporter {
 public:
  void step(std::string_view text) override { said.emplace_back(text); }
  void member(std::string_view /*name*/, std::uint64_t /*bytes*/) override {}
  void warn(std::string_view text) override { said.emplace_back(text); }
  void progress(std::uint64_t /*done*/, std::uint64_t /*total*/) override {}
  std::vector<std::string> said;
};

struct Bench {
  TestHost host;
  RealFileSystem disk;
  Words words;
  OutageTools tools{.units = host.units,
                    .disk = disk,
                    .clock = host.clock,
                    .interruption = host.interruption,
                    .report = words};
  DataLayout layout{.data_dir = host.data_dir(), .data_log_dir = host.data_log_dir()};

  OutagePlan plan() {
    return plan_outage({.unit = UnitName{"dcos-exhibitor.service"},
                        .stop_deadline = std::chrono::seconds{5},
                        .start_deadline = std::chrono::seconds{5},
                        .run_directory = host / "run",
                        .guard_command = {"/bin/true"}},
                       host.units);
  }
  fs::path marker() const { return host / "run/stopped-dcos-exhibitor.service"; }
  UnitState& unit() { return host.units.unit("dcos-exhibitor.service"); }
  OutageResult run(const std::function<void()>& body) {
    return while_stopped(plan(), layout, tools, [&](const StillDown&) { body(); });
  }
};

using Calls = std::vector<std::string>;

}  // namespace

TEST_CASE("a running unit is stopped for the body, under guard, and started after it") {
  Bench bench;
  bool ran = false;
  const OutageResult result = bench.run([&] {
    ran = true;
    CHECK(bench.unit().active == "inactive");
    CHECK(text_of(read_file(bench.marker())) == "dcos-exhibitor.service\n");
  });
  CHECK(ran);
  CHECK_FALSE(result.start_failure);
  CHECK(bench.host.units.calls == Calls{"guard", "stop dcos-exhibitor.service",
                                        "start dcos-exhibitor.service", "dismiss guard"});
  CHECK_FALSE(fs::exists(bench.marker()));
}

TEST_CASE("a stopped or failed unit is left as it was found") {
  for (const char* const active : {"inactive", "failed"}) {
    Bench bench;
    bench.unit().active = active;
    bool ran = false;
    bench.run([&] { ran = true; });
    CHECK(ran);
    CHECK(bench.host.units.calls.empty());
    CHECK(bench.unit().active == active);
  }
}

TEST_CASE("a unit that starts or waits for its restart counts as running") {
  Bench bench;
  bench.unit().active = "activating";
  bench.run([] {});
  CHECK(bench.unit().active == "active");
}

TEST_CASE("whatever ends the body, the unit is started again") {
  SUBCASE("an error") {
    Bench bench;
    CHECK_THROWS_WITH_AS(bench.run([] { throw Error{Kind::NotValid, "broken"}; }), "broken", Error);
    CHECK(bench.unit().active == "active");
    CHECK_FALSE(fs::exists(bench.marker()));
  }
  SUBCASE("a signal") {
    Bench bench;
    CHECK_THROWS_AS(bench.run([] { throw Interrupted{2}; }), Interrupted);
    CHECK(bench.unit().active == "active");
  }
  SUBCASE("something unforeseen") {
    Bench bench;
    CHECK_THROWS_AS(bench.run([] { throw std::bad_alloc{}; }), std::bad_alloc);
    CHECK(bench.unit().active == "active");
  }
  SUBCASE("a stop that fails") {
    Bench bench;
    bench.host.units.on_stop = [] { throw Error{Kind::Failed, "will not stop"}; };
    CHECK_THROWS_WITH_AS(bench.run([] { FAIL("ran though not stopped"); }), "will not stop", Error);
    CHECK(bench.unit().active == "active");
  }
}

TEST_CASE("a unit that does not start again is told with what was done, and where to look") {
  Bench bench;
  bench.host.units.on_start = [] { throw Error{Kind::Failed, "start failed"}; };
  const OutageResult result = bench.run([] {});
  REQUIRE(result.start_failure);
  CHECK(result.start_failure->kind() == Kind::InPart);
  CHECK(result.start_failure->next_step().find("systemctl status dcos-exhibitor.service") !=
        std::string::npos);
  try {
    bench.unit().active = "active";
    bench.run([] { throw Error{Kind::Failed, "body failed"}; });
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::InPart);
    CHECK(std::string{error.what()} == "body failed; and then: start failed");
  }
}

TEST_CASE("units that systemd stops along with it are started again as well") {
  Bench bench;
  bench.host.units.dependents = {UnitName{"a.service"}, UnitName{"b.service"}};
  bench.run([&] {
    CHECK(text_of(read_file(bench.marker())) == "dcos-exhibitor.service\na.service\nb.service\n");
  });
  CHECK(bench.host.units.calls == Calls{"guard", "stop dcos-exhibitor.service",
                                        "start dcos-exhibitor.service", "start a.service",
                                        "start b.service", "dismiss guard"});
}

TEST_CASE("a dependent that does not start keeps none of the others down, and is named") {
  Bench bench;
  bench.host.units.dependents = {UnitName{"a.service"}, UnitName{"b.service"},
                                 UnitName{"c.service"}};
  bench.host.units.on_start = [&] {
    const std::string& call = bench.host.units.calls.back();
    if (call == "start a.service" || call == "start b.service") {
      throw Error{Kind::Failed, call + " failed"};
    }
  };
  const OutageResult result = bench.run([] {});
  CHECK(bench.host.units.unit("c.service").active == "active");
  REQUIRE(result.start_failure);
  CHECK(std::string{result.start_failure->what()} ==
        "start a.service failed; start b.service failed");
  CHECK(result.start_failure->next_step().find("a.service b.service") != std::string::npos);
}

TEST_CASE("a failed start is told at once, not only when all is written") {
  Bench bench;
  bench.host.units.on_start = [] { throw Error{Kind::Failed, "start failed"}; };
  bench.run([] {});
  CHECK(bench.words.said.back() == "start failed");
}

TEST_CASE("a bus that is away for a moment does not keep the unit down") {
  Bench bench;
  int away = 2;
  bench.host.units.on_start = [&] {
    bench.host.units.bus_is_away = --away > 0;
    if (bench.host.units.bus_is_away) {
      throw Error{Kind::Failed, "nobody listens on the system bus"};
    }
  };
  const OutageResult result = bench.run([] {});
  CHECK_FALSE(result.start_failure);
  CHECK(bench.unit().active == "active");
  CHECK_FALSE(fs::exists(bench.marker()));
}

TEST_CASE("a bus that stays away leaves the unit to the guard") {
  Bench bench;
  bench.host.units.on_start = [] { throw Error{Kind::Failed, "nobody listens on the system bus"}; };
  OutagePlan plan = bench.plan();
  plan.start_deadline = std::chrono::seconds{0};
  const OutageResult result =
      while_stopped(plan, bench.layout, bench.tools, [](const StillDown&) {});
  REQUIRE(result.start_failure);  // the state could be asked: the start failed
  CHECK_FALSE(fs::exists(bench.marker()));
  bench.unit().active = "active";
  bench.host.units.on_start = [&] {
    bench.host.units.bus_is_away = true;
    throw Error{Kind::Failed, "nobody listens on the system bus"};
  };
  const OutageResult second =
      while_stopped(plan, bench.layout, bench.tools, [](const StillDown&) {});
  REQUIRE(second.start_failure);
  CHECK(second.start_failure->next_step().find("goes on trying") != std::string::npos);
  CHECK(fs::exists(bench.marker()));
}

TEST_CASE("a unit in the middle of a restart counts as running") {
  Bench bench;
  bench.unit().active = "deactivating";
  bench.unit().job = "restart";
  bench.run([] {});
  CHECK(bench.unit().active == "active");
}

TEST_CASE("a run that was killed with the unit stopped is made good by the next one") {
  Bench bench;
  bench.unit().active = "inactive";
  write_file(bench.marker(), "dcos-exhibitor.service\na.service\n");
  CHECK(describe_stop(bench.plan()).front().find("an earlier run was killed") != std::string::npos);
  bench.run([] {});
  CHECK(bench.words.said.front().find("an earlier run was killed") != std::string::npos);
  CHECK(bench.unit().active == "active");
  CHECK(bench.host.units.unit("a.service").active == "active");
  CHECK_FALSE(fs::exists(bench.marker()));
}

TEST_CASE("the guard starts what the marker names, and nothing where there is no marker") {
  Bench bench;
  const UnitName unit{"dcos-exhibitor.service"};
  bench.unit().active = "inactive";
  run_guard(unit, bench.host / "run", bench.tools, std::chrono::seconds{5}, [] {});
  CHECK(bench.unit().active == "inactive");
  write_file(bench.marker(), "dcos-exhibitor.service\n");
  run_guard(unit, bench.host / "run", bench.tools, std::chrono::seconds{5}, [] {});
  CHECK(bench.unit().active == "active");
  CHECK_FALSE(fs::exists(bench.marker()));
}

TEST_CASE(
    "a guard that cannot start a unit gives up after some tries and leaves it to its "
    "administrator") {
  Bench bench;
  const UnitName unit{"dcos-exhibitor.service"};
  bench.unit().active = "inactive";
  write_file(bench.marker(), "dcos-exhibitor.service\n");
  bench.host.units.on_start = [] { throw Error{Kind::Failed, "start failed"}; };
  CHECK_THROWS_WITH_AS(
      run_guard(unit, bench.host / "run", bench.tools, std::chrono::seconds{5}, [] {}),
      "start failed", Error);
  CHECK(bench.host.units.calls.size() == 3);
  CHECK_FALSE(fs::exists(bench.marker()));
}

TEST_CASE(
    "a process that is left in the unit, though systemd calls it stopped, is refused and named") {
  Bench bench;
  bench.host.units.left_over = {{.pid = 1, .command = "java"}};  // pid 1 does not end
  OutagePlan plan = bench.plan();
  plan.stop_deadline = std::chrono::seconds{0};
  try {
    while_stopped(plan, bench.layout, bench.tools,
                  [](const StillDown&) { FAIL("ran on data in use"); });
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::Unsafe);
    CHECK(std::string{error.what()}.find("process 1 (java)") != std::string::npos);
  }
  CHECK(bench.unit().active == "active");
}

TEST_CASE("what could not be undone is refused before anything is stopped") {
  Bench bench;
  const auto refused = [&] {
    try {
      bench.plan();
      return false;
    } catch (const Error& error) {
      return error.kind() == Kind::Unsafe;
    }
  };
  bench.unit().load = "masked";
  CHECK(refused());
  bench.unit().load = "loaded";
  bench.unit().can_start = false;
  CHECK(refused());
  bench.unit().can_start = true;
  bench.unit().can_stop = false;
  CHECK(refused());
  bench.unit().active = "inactive";  // nothing has to be stopped or started
  CHECK_FALSE(refused());
  CHECK(bench.host.units.calls.empty());
}

TEST_CASE("a unit that does not exist is told from one that is stopped") {
  Bench bench;
  CHECK_THROWS_WITH_AS(
      plan_outage({.unit = UnitName{"other.service"}, .run_directory = bench.host / "run"},
                  bench.host.units),
      doctest::Contains("no unit other.service"), Error);
}
