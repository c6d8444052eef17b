#include <doctest/doctest.h>

#include "tests/unit/support/test_host.hpp"
#include "zkbackup/base/error.hpp"
#include "zkbackup/base/run_lock.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

std::string text(const fs::path& path) {
  return path.native();
}

}  // namespace

TEST_CASE("without root nothing is begun") {
  TestHost host;
  host.is_root = false;
  host.put_state(TestHost::named_state("old"));
  CHECK(host.run({"backup", text(host / "b.tgz")}) == 1);
  CHECK(host.err.find("as root") != std::string::npos);
  CHECK(host.units.calls.empty());
}

TEST_CASE("a second run is refused at once with exit code 6") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  REQUIRE(host.run({"backup", text(host / "b.tgz")}) == 0);
  host.units.calls.clear();
  const RunLock other = RunLock::take(host / "run");
  CHECK(host.run({"backup", text(host / "c.tgz")}) == 6);
  CHECK(host.run({"restore", text(host / "b.tgz")}) == 6);
  CHECK(host.err.find("another run is under way") != std::string::npos);
  CHECK(host.units.calls.empty());
}

TEST_CASE("--json is one document on standard output, of success and failure alike") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  REQUIRE(host.run({"backup", text(host / "b.tgz"), "--json", "-v"}) == 0);
  CHECK(host.out.starts_with(
      "{\n    \"command\": \"backup\",\n    \"status\": \"done\",\n    \"exitCode\": 0,"));
  CHECK(host.out.find("\"found\": \"active\",\n        \"left\": \"active\"") != std::string::npos);
  CHECK(host.out.ends_with("}\n"));
  REQUIRE(host.run({"restore", text(host / "b.tgz"), "--json"}) == 0);
  CHECK(host.out.find("\"previousState\": \"") != std::string::npos);
  CHECK(host.run({"backup", text(host / "b.tgz"), "--json"}) == 2);
  CHECK(host.out.find("\"status\": \"usage\",\n    \"exitCode\": 2,") != std::string::npos);
  CHECK(host.out.find("already exists") != std::string::npos);
  CHECK(host.run({"backup", text(host / "d.tgz"), "--json", "--dry-run"}) == 0);
  CHECK(host.out.find("\"status\": \"planned\"") != std::string::npos);
}

TEST_CASE("--json prints its document for a command line that cannot be understood as well") {
  TestHost host;
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"backup", "--json"},
                                             {"backup", "-", "--json"},
                                             {"backup", "/b", "--json", "--bogus"},
                                             {"backup", "/b", "--json", "--config", "/nowhere"}}) {
    CAPTURE(args);
    CHECK(host.run(args) != 0);
    CHECK(host.out.starts_with("{\n    \"command\": \"backup\""));
    CHECK(host.out.find("\"nextStep\": ") != std::string::npos);
  }
}

TEST_CASE("an archive is not poured onto a terminal") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  host.out_is_terminal = true;
  CHECK(host.run({"backup", "-"}) == 2);
  CHECK(host.err.find("standard output is a terminal") != std::string::npos);
  CHECK(host.units.calls.empty());
}

TEST_CASE("a damaged archive, a signal and a failing disk tell a next step too") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  write_file(host / "b.tgz", "nonsense");
  CHECK(host.run({"restore", text(host / "b.tgz")}) == 4);
  CHECK(host.err.find("it is no tar archive\nnext: nothing was changed; take another copy") !=
        std::string::npos);
  host.interruption.raised = 2;
  CHECK(host.run({"backup", text(host / "c.tgz")}) == 130);
  CHECK(host.err.find("\nnext: nothing was changed, and all is as it was found") !=
        std::string::npos);
}

TEST_CASE("-v names every member, on standard error") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  REQUIRE(host.run({"backup", text(host / "b.tgz"), "-v"}) == 0);
  for (const char* const name : {"./zookeeper/snapshot/version-2/snapshot.100000005",
                                 "./zookeeper/transactions/version-2/log.100000006",
                                 "./zookeeper/snapshot/version-2/currentEpoch"}) {
    CHECK(host.err.find(name) != std::string::npos);
    CHECK(host.out.find(name) == std::string::npos);
  }
  REQUIRE(host.run({"restore", text(host / "b.tgz"), "-v"}) == 0);
  CHECK(host.err.find("./zookeeper/transactions/version-2/log.100000006") != std::string::npos);
}

TEST_CASE("every refusal names what was found and what to do next") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  host.units.unit("dcos-exhibitor.service").load = "masked";
  CHECK(host.run({"backup", text(host / "b.tgz")}) == 3);
  CHECK(host.err.find("it is masked") != std::string::npos);
  CHECK(host.err.find("\nnext: ") != std::string::npos);
  CHECK(host.run({"backup", text(host / "b.tgz"), "--unit", "nothing"}) == 1);
  CHECK(host.err.find("there is no unit nothing.service") != std::string::npos);
  CHECK(host.run({"backup", text(host / "b.tgz"), "-t", text(host / "none")}) == 2);
  CHECK(host.err.find("argument -t/--tmp-dir: " + text(host / "none") + " does not exist") !=
        std::string::npos);
  CHECK(host.run({"backup", text(host / "b.tgz"), "-t", text(host / "zoo.cfg")}) == 2);
  CHECK(host.err.find("is not a directory") != std::string::npos);
}
