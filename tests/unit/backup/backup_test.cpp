#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support/faulty_file_system.hpp"
#include "tests/unit/support/test_host.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

const std::vector<std::string> archive_names{"b.tar", "b.tar.gz", "b.tgz", "b.tar.zst", "b"};

std::string text(const fs::path& path) {
  return path.native();
}

}  // namespace

TEST_CASE("a backup is one private file that holds the state, and everything else is as before") {
  for (const std::string& name : archive_names) {
    CAPTURE(name);
    TestHost host;
    host.put_state(TestHost::named_state("old"));
    const auto before = host.listing();
    REQUIRE(host.run({"backup", text(host / name)}) == 0);
    CHECK(host.out.starts_with("ZooKeeper backup taken successfully\n"));
    CHECK(host.units.unit("dcos-exhibitor.service").active == "active");
    struct stat status {};
    REQUIRE(stat((host / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(host.state() == TestHost::named_state("old"));

    host.put_state({{"log.100000006", "ZKLG later"}, {"log.100000009", "ZKLG later"}});
    REQUIRE(host.run({"restore", text(host / name)}) == 0);
    CHECK(host.state() == TestHost::named_state("old"));
  }
}

TEST_CASE("a backup of one directory restores onto two, and back") {
  TestHost one{Directories::One};
  TestHost two;
  one.put_state(TestHost::named_state("one"));
  two.put_state(TestHost::named_state("two"));
  const TempDir dir;
  REQUIRE(one.run({"backup", text(dir / "one.tgz")}) == 0);
  REQUIRE(two.run({"backup", text(dir / "two.tgz")}) == 0);
  REQUIRE(one.run({"restore", text(dir / "two.tgz")}) == 0);
  REQUIRE(two.run({"restore", text(dir / "one.tgz")}) == 0);
  CHECK(one.state() == TestHost::named_state("two"));
  CHECK(two.state() == TestHost::named_state("one"));
}

TEST_CASE("a backup to standard output is the archive and nothing else") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  const auto before = host.listing();
  REQUIRE(host.run({"backup", "-", "-v"}) == 0);
  const std::string archive = host.out;
  CHECK(host.listing() == before);
  CHECK(host.err.find("ZooKeeper backup taken successfully") != std::string::npos);
  host.put_state({{"log.100000009", "ZKLG later"}});
  host.input = archive;
  REQUIRE(host.run({"restore", "-"}) == 0);
  CHECK(host.state() == TestHost::named_state("old"));
  CHECK(host.run({"backup", "-", "--json"}) == 2);
}

// NOLINTNEXTLINE(readability-function-cognitive-complexity): every point, each kind of disk
TEST_CASE("whichever change a backup fails at, there is no archive, no litter, and the unit runs") {
  for (const bool unnamed : {true, false}) {
    for (int fails_at = 0;; ++fails_at) {
      CAPTURE(unnamed);
      CAPTURE(fails_at);
      TestHost host;
      host.put_state(TestHost::named_state("old"));
      fs::create_directory(host / "archives");
      const auto before = host.listing();
      FaultyFileSystem disk{[&](int change, const char* what) {
        if (change == fails_at) {
          throw Error{Kind::Failed, fmt::format("{}: No space left on device", what)};
        }
      }};
      if (!unnamed) {
        disk.without_unnamed_files = host / "archives";
      }
      const int code = host.run_on(disk, {"backup", text(host / "archives/b.tgz")});
      CHECK(host.units.unit("dcos-exhibitor.service").active == "active");
      CHECK(host.state() == TestHost::named_state("old"));
      if (code == 0) {
        CHECK(host.run({"restore", text(host / "archives/b.tgz")}) == 0);
        if (disk.changes() <= fails_at) {
          MESSAGE(fails_at, " changes tried");
          break;
        }
        continue;  // a failure that is passed over, such as removing what is of no more use
      }
      CHECK(host.err.find("No space left on device") != std::string::npos);
      CHECK(host.listing() == before);
    }
  }
}

TEST_CASE(
    "whichever change a backup is killed at, nothing bears the archive's name but a whole "
    "archive") {
  constexpr int kKilled = 77;
  for (int survived = 0;; ++survived) {
    CAPTURE(survived);
    TestHost host;
    host.put_state(TestHost::named_state("old"));
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      FaultyFileSystem disk{[&](int change, const char* /*what*/) {
        if (change == survived) {
          _exit(kKilled);
        }
      }};
      _exit(host.run_on(disk, {"backup", text(host / "b.tgz")}));
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(host.state() == TestHost::named_state("old"));
    if (fs::exists(host / "b.tgz")) {
      CHECK(host.run({"restore", text(host / "b.tgz")}) == 0);
    } else {
      CHECK(host.run({"backup", text(host / "b.tgz")}) == 0);  // the same command again
    }
    if (WEXITSTATUS(status) == 0) {
      MESSAGE(survived, " changes tried");
      break;
    }
    REQUIRE(WEXITSTATUS(status) == kKilled);
  }
}

TEST_CASE(
    "a snapshot that changes while it is read spoils the backup, with nothing left and the unit "
    "running") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  const auto before = host.listing();
  host.units.on_start = [&] {
    write_file(host.data_dir() / "version-2/snapshot.100000005", "ZKSN rewritten by the server");
  };
  CHECK(host.run({"backup", text(host / "b.tgz")}) == 1);
  CHECK(host.err.find("the pin did not hold") != std::string::npos);
  CHECK(host.listing() == before);
}

TEST_CASE("a backup whose unit does not start again is kept, and says so with exit code 5") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  host.units.on_start = [] { throw Error{Kind::Failed, "start of it failed"}; };
  CHECK(host.run({"backup", text(host / "b.tgz")}) == 5);
  CHECK(fs::exists(host / "b.tgz"));
  CHECK(host.out.find("successfully") == std::string::npos);
  CHECK(host.err.find("the archive is whole, but start of it failed") != std::string::npos);
  CHECK(host.err.find("systemctl status") != std::string::npos);
}

TEST_CASE("what must not be taken for a place of a backup is refused in the original's words") {
  TestHost host;
  host.put_state(TestHost::named_state("old"));
  write_file(host / "there", "x");
  const auto refused = [&](const fs::path& path, const std::string& words) {
    const auto before = host.listing();
    CHECK(host.run({"backup", text(path)}) == 2);
    CHECK(host.err.find("dcos-zk: error: argument backup_path: " + text(path) + " " + words) !=
          std::string::npos);
    CHECK(host.err.find("see 'dcos-zk backup --help'") != std::string::npos);
    CHECK(host.listing() == before);
    CHECK(host.units.calls.empty());
  };
  refused(host / "there", "already exists");
  refused(host / "nowhere/b.tgz", "parent directory does not exist");
  refused(host.data_dir() / "b.tgz", "is inside the data directory");
  refused(host.data_log_dir() / "version-2/b.tgz", "is inside the data directory");
}

TEST_CASE("data that could not be restored is refused before anything is stopped") {
  TestHost host;
  CHECK(host.run({"backup", text(host / "b.tgz")}) == 4);
  CHECK(host.err.find("nothing that could be restored") != std::string::npos);
  CHECK(host.units.calls.empty());
  host.put_state({{"currentEpoch", "1"}});
  CHECK(host.run({"backup", text(host / "b.tgz")}) == 4);
  fs::remove_all(host.base());
  CHECK(host.run({"backup", text(host / "b.tgz")}) == 1);
}

TEST_CASE("a signal at any step of a backup puts all back and gives 128 and its number") {
  for (int at = 0;; ++at) {
    CAPTURE(at);
    TestHost host;
    host.put_state(TestHost::named_state("old"));
    const auto before = host.listing();
    FaultyFileSystem disk{[&](int change, const char* /*what*/) {
      if (change == at) {
        host.interruption.raised = 15;
      }
    }};
    const int code = host.run_on(disk, {"backup", text(host / "b.tgz")});
    CHECK(host.units.unit("dcos-exhibitor.service").active == "active");
    if (disk.changes() <= at) {
      break;
    }
    if (code == 0) {  // too late: it was published
      CHECK(fs::exists(host / "b.tgz"));
      CHECK(host.err.find("signal 15 came when the work was done") != std::string::npos);
    } else {
      CHECK(code == 143);
      CHECK(host.listing() == before);
    }
  }
}
