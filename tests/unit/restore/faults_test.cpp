#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "tests/unit/support/faulty_file_system.hpp"
#include "tests/unit/support/test_host.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

constexpr int kKilled = 77;

using State = std::map<std::string, std::string>;

/// A host with state "old" and an archive of state "new".
struct Scene {
  explicit Scene(Directories directories) : host{directories} {
    host.put_state(TestHost::named_state("new"));
    REQUIRE(host.run({"backup", archive().native()}) == 0);
    host.put_state(TestHost::named_state("old"));
  }
  fs::path archive() const { return host / "b.tgz"; }
  int restore(FileSystem& disk) { return host.run_on(disk, {"restore", archive().native()}); }
  int restore() { return host.run({"restore", archive().native()}); }

  bool holds_old_or_new() const {
    const State state = host.state();
    return state == TestHost::named_state("old") || state == TestHost::named_state("new");
  }
  /// The old state is in place or under a name that nobody tidies away.
  bool still_has_old() const {
    if (host.state() == TestHost::named_state("old")) {
      return true;
    }
    for (const auto& entry : fs::directory_iterator{host.target().parent_path()}) {
      const std::string name = entry.path().filename();
      const fs::path snapshots =
          entry.path() / (host.target() == host.base() ? "snapshot/version-2" : "");
      if (name.find(".dcos-zk-") != std::string::npos && !name.ends_with(".partial") &&
          text_of(read_file(snapshots / "snapshot.100000005")) == "ZKSNold") {
        return true;
      }
    }
    return false;
  }
  bool has_litter() const {
    return std::ranges::any_of(host.listing(),
                               [](const std::string& path) { return path.ends_with(".partial"); });
  }

  TestHost host;
};

int exit_code_of_child(const std::function<int()>& body) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    _exit(body());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE(
    "whichever change a restore dies in, one whole state is in place and the old one is kept") {
  for (const Directories directories : {Directories::Two, Directories::One}) {
    for (int survived = 0;; ++survived) {
      CAPTURE(survived);
      Scene scene{directories};
      const int code = exit_code_of_child([&] {
        FaultyFileSystem disk{[&](int change, const char* /*what*/) {
          if (change == survived) {
            _exit(kKilled);  // no destructor runs
          }
        }};
        return scene.restore(disk);
      });
      CHECK(scene.holds_old_or_new());
      CHECK(scene.still_has_old());
      CHECK(scene.restore() == 0);  // and running it again always finishes the job
      CHECK(scene.host.state() == TestHost::named_state("new"));
      CHECK(scene.still_has_old());
      CHECK_FALSE(scene.has_litter());
      if (code == 0) {
        MESSAGE(survived, " changes tried");
        break;
      }
      REQUIRE(code == kKilled);
    }
  }
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): every point, reason and layout
TEST_CASE(
    "whichever change of a restore the disk refuses, the state is whole, the unit runs, and "
    "nothing is left over") {
  for (const char* const reason : {"No space left on device", "Input/output error"}) {
    for (const Directories directories : {Directories::Two, Directories::One}) {
      for (int fails_at = 0;; ++fails_at) {
        CAPTURE(fails_at);
        Scene scene{directories};
        FaultyFileSystem disk{[&](int change, const char* what) {
          if (change == fails_at) {
            throw Error{Kind::Failed, fmt::format("{}: {}", what, reason)};
          }
        }};
        const int code = scene.restore(disk);
        CHECK(scene.holds_old_or_new());
        CHECK(scene.still_has_old());
        CHECK(scene.host.units.unit("dcos-exhibitor.service").active == "active");
        if (code == 1) {
          CHECK(scene.host.state() == TestHost::named_state("old"));
          CHECK(scene.host.err.find(reason) != std::string::npos);
          CHECK_FALSE(scene.has_litter());
        } else if (code == 5) {  // swapped, and the disk could not promise it
          CHECK(scene.host.state() == TestHost::named_state("new"));
        } else {
          CHECK(code == 0);
        }
        if (disk.changes() <= fails_at) {
          CHECK(code == 0);
          MESSAGE(fails_at, " changes tried");
          break;
        }
      }
    }
  }
}

TEST_CASE("an exchange that was made and then reported as failed loses nothing, and says so") {
  Scene scene{Directories::Two};
  FaultyFileSystem disk{[](int /*change*/, const char* /*what*/) {}};
  disk.exchange_lies = true;
  CHECK(scene.restore(disk) == 5);
  CHECK(scene.host.state() == TestHost::named_state("new"));
  CHECK(scene.still_has_old());
  CHECK(scene.host.err.find("the restored state is in place, but exchange: Input/output error") !=
        std::string::npos);
  CHECK(scene.host.units.unit("dcos-exhibitor.service").active == "active");
}

TEST_CASE(
    "a ZooKeeper that somebody starts right before the exchange stops the restore, not the other "
    "way round") {
  Scene scene{Directories::Two};
  bool renamed = false;
  FaultyFileSystem disk{[&](int /*change*/, const char* what) {
    if (std::string_view{what} == "rename" && !renamed) {
      renamed = true;
      scene.host.units.unit("dcos-exhibitor.service").active = "active";
    }
  }};
  CHECK(scene.restore(disk) == 3);
  CHECK(renamed);
  CHECK(scene.host.err.find("somebody started dcos-exhibitor.service in the meantime") !=
        std::string::npos);
  CHECK(scene.host.state() == TestHost::named_state("old"));
  CHECK_FALSE(scene.has_litter());
}

TEST_CASE(
    "a ZooKeeper that somebody starts right at the exchange is stopped and started once more") {
  Scene scene{Directories::Two};
  bool swapped = false;
  int exchanges = 0;
  FaultyFileSystem disk{[&](int /*change*/, const char* what) {
    if (std::string_view{what} == "exchange" && ++exchanges == 2) {  // the first one only tries
      swapped = true;
      scene.host.units.unit("dcos-exhibitor.service").active = "active";
    }
  }};
  scene.host.units.calls.clear();
  CHECK(scene.restore(disk) == 0);
  CHECK(swapped);
  CHECK(scene.host.state() == TestHost::named_state("new"));
  CHECK(scene.host.units.calls == std::vector<std::string>{"guard", "stop dcos-exhibitor.service",
                                                           "stop dcos-exhibitor.service",
                                                           "start dcos-exhibitor.service",
                                                           "dismiss guard"});
}

TEST_CASE("a signal at any step before the swap puts all back; after it the restore is completed") {
  for (int at = 0;; ++at) {
    CAPTURE(at);
    Scene scene{Directories::Two};
    FaultyFileSystem disk{[&](int change, const char* /*what*/) {
      if (change == at) {
        scene.host.interruption.raised = 1;
      }
    }};
    const int code = scene.restore(disk);
    CHECK(scene.host.units.unit("dcos-exhibitor.service").active == "active");
    CHECK_FALSE(scene.has_litter());
    if (code == 0) {
      CHECK(scene.host.state() == TestHost::named_state("new"));
    } else {
      CHECK(code == 129);
      CHECK(scene.host.state() == TestHost::named_state("old"));
    }
    if (disk.changes() <= at) {
      break;
    }
  }
}
