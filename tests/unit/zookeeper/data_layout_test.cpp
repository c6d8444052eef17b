#include "zkbackup/zookeeper/data_layout.hpp"

#include <doctest/doctest.h>

#include "tests/unit/support/test_host.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

DataLayout layout_on(const TestHost& host) {
  return {.data_dir = host.data_dir(), .data_log_dir = host.data_log_dir()};
}

std::vector<std::string> names(const StateOnHost& state) {
  std::vector<std::string> result;
  for (const FileOnHost& found : state.files) {
    result.push_back(found.file.name);
  }
  return result;
}

}  // namespace

TEST_CASE("state is listed in order, and what is none is told apart") {
  const TestHost host;
  host.put_state({{"snapshot.a", "x"},
                  {"snapshot.9", "x"},
                  {"log.10", "x"},
                  {"log.a", "x"},
                  {"currentEpoch", "1"},
                  {"snapshot.b.tmp", "x"},
                  {"log.1.bak", "x"}});
  const StateOnHost state = list_state(layout_on(host));
  CHECK(names(state) ==
        std::vector<std::string>{"currentEpoch", "snapshot.9", "snapshot.a", "log.a", "log.10"});
  CHECK(state.others.size() == 2);
}

TEST_CASE(
    "a file in the wrong one of two directories is no state: ZooKeeper itself would not start on "
    "it") {
  const TestHost host;
  write_file(host.data_dir() / "version-2/log.5", "x");
  write_file(host.data_log_dir() / "version-2/snapshot.5", "x");
  CHECK(list_state(layout_on(host)).files.empty());
  CHECK(list_state(layout_on(host)).others.size() == 2);
}

TEST_CASE("a state file that is a symlink is refused, not silently left out") {
  const TestHost host;
  host.put_state({{"snapshot.5", "x"}});
  fs::create_symlink("/elsewhere/log.6", host.data_dir() / "version-2/snapshot.6");
  CHECK_THROWS_WITH_AS(list_state(layout_on(host)),
                       doctest::Contains("is a symlink to '/elsewhere/log.6'"), Error);
}

TEST_CASE("one directory holds both kinds") {
  const TestHost host{Directories::One};
  host.put_state({{"snapshot.5", "x"}, {"log.6", "x"}});
  CHECK(names(list_state(layout_on(host))) == std::vector<std::string>{"snapshot.5", "log.6"});
}

TEST_CASE("symlinks are refused, and what is missing is named") {
  const TestHost host;
  fs::rename(host.data_dir(), host / "elsewhere");
  CHECK_THROWS_WITH_AS(check_layout(layout_on(host)), doctest::Contains("does not exist"), Error);
  fs::create_directory_symlink(host / "elsewhere", host.data_dir());
  try {
    check_layout(layout_on(host));
    FAIL("a symlink was taken");
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::Unsafe);
    CHECK(std::string{error.what()}.find("is a symlink to") != std::string::npos);
  }
  fs::remove(host.data_dir());
  write_file(host.data_dir(), "a file");
  CHECK_THROWS_WITH_AS(check_layout(layout_on(host)), doctest::Contains("not a directory"), Error);
}

TEST_CASE("the client port may stand in this server's own line") {
  const TestHost host;
  ZooCfg cfg{.data_dir = host.data_dir(),
             .data_log_dir = host.data_log_dir(),
             .client_port = 0,
             .servers = {{1, "a:1:2;2199"}, {3, "b:1:2:participant;0.0.0.0:2182"}}};
  CHECK(layout_of(cfg).client_port == 2182);  // myid is 3
  cfg.servers[3] = "b:1:2;2183";
  CHECK(layout_of(cfg).client_port == 2183);
  cfg.client_port = 2181;
  CHECK(layout_of(cfg).client_port == 2181);
}
