#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/unit/support/foreign_archive.hpp"
#include "tests/unit/support/test_host.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

std::string text(const fs::path& path) {
  return path.native();
}

/// A host with state "now" and, beside it, an archive of state "archived".
struct Scene {
  explicit Scene(Directories directories = Directories::Two, const std::string& name = "b.tgz")
      : host{directories}, archive{host / name} {
    host.put_state(TestHost::named_state("archived"));
    REQUIRE(host.run({"backup", text(archive)}) == 0);
    host.put_state(TestHost::named_state("now"));
    host.put_state({{"log.10000000a", "ZKLG............newer"}});
    now = host.state();
    host.units.calls.clear();
  }

  /// Refused with `code`, and nothing happened at all.
  void refuses(const Bytes& bytes, int code, const std::string& words) {
    write_file(archive, bytes);
    const auto before = host.listing();
    CHECK(host.run({"restore", text(archive)}) == code);
    CAPTURE(host.err);
    CHECK(host.err.find(words) != std::string::npos);
    CHECK(host.listing() == before);
    CHECK(host.state() == now);
    CHECK(host.units.calls.empty());
  }

  TestHost host;
  fs::path archive;
  std::map<std::string, std::string> now;
};

fs::path previous_state(const TestHost& host) {
  const std::string key = "previous state: ";
  const std::size_t begin = host.out.find(key);
  REQUIRE(begin != std::string::npos);
  return host.out.substr(begin + key.size(), host.out.find('\n', begin) - begin - key.size());
}

Bytes foreign(const ForeignMember& more) {
  std::vector<ForeignMember> members = original_members();
  members.push_back(more);
  return gzipped(foreign_tar(members));
}

}  // namespace

TEST_CASE("a restore puts the archived state in place, keeps the previous one, and says where") {
  for (const Directories directories : {Directories::Two, Directories::One}) {
    Scene scene{directories};
    TestHost& host = scene.host;
    REQUIRE(host.run({"restore", text(scene.archive)}) == 0);
    CHECK(host.out.starts_with("Local ZooKeeper instance restored successfully\n"));
    CHECK(host.state() == TestHost::named_state("archived"));
    const fs::path previous = previous_state(host);
    CHECK(previous == host.target().native() + ".dcos-zk-20260921T141320Z");
    const fs::path version = directories == Directories::Two ? "transactions/version-2" : "";
    CHECK(text_of(read_file(previous / version / "log.10000000a")) == "ZKLG............newer");
    CHECK(host.units.calls == std::vector<std::string>{"guard", "stop dcos-exhibitor.service",
                                                       "start dcos-exhibitor.service",
                                                       "dismiss guard"});
    for (const std::string& path : host.listing()) {
      CHECK_FALSE(path.ends_with(".partial"));
    }
  }
}

TEST_CASE("two restores in the same second keep two previous states") {
  Scene scene;
  REQUIRE(scene.host.run({"restore", text(scene.archive)}) == 0);
  const fs::path first = previous_state(scene.host);
  REQUIRE(scene.host.run({"restore", text(scene.archive)}) == 0);
  CHECK(previous_state(scene.host) != first);
  CHECK(fs::exists(first));
}

TEST_CASE("the host's own stays the host's own: myid, owner, mode of directories") {
  Scene scene;
  TestHost& host = scene.host;
  write_file(host.data_dir() / "myid", "7\n");
  REQUIRE(chown(host.data_log_dir().c_str(), 12, 34) == 0);
  REQUIRE(chown((host.data_log_dir() / "version-2").c_str(), 12, 34) == 0);
  fs::permissions(host.data_log_dir(), fs::perms::owner_all);
  REQUIRE(host.run({"restore", text(scene.archive)}) == 0);
  CHECK(text_of(read_file(host.data_dir() / "myid")) == "7\n");
  struct stat status {};
  REQUIRE(stat((host.data_log_dir() / "version-2/log.100000006").c_str(), &status) == 0);
  CHECK(status.st_uid == 12);
  CHECK(status.st_gid == 34);
  REQUIRE(stat(host.data_log_dir().c_str(), &status) == 0);
  CHECK(status.st_uid == 12);
  CHECK((status.st_mode & 07777) == 0700);
}

TEST_CASE("a myid that is a symlink, as Debian has it, stays one") {
  for (const Directories directories : {Directories::Two, Directories::One}) {
    Scene scene{directories};
    write_file(scene.host / "etc/myid", "9\n");
    fs::remove(scene.host.data_dir() / "myid");
    fs::create_symlink(scene.host / "etc/myid", scene.host.data_dir() / "myid");
    REQUIRE(scene.host.run({"restore", text(scene.archive)}) == 0);
    CHECK(fs::is_symlink(scene.host.data_dir() / "myid"));
    CHECK(text_of(read_file(scene.host.data_dir() / "myid")) == "9\n");
  }
}

TEST_CASE(
    "a restore onto a host that has no state yet puts it in place; there is no previous one") {
  Scene scene{Directories::One};
  fs::remove_all(scene.host.data_dir() / "version-2");
  REQUIRE(scene.host.run({"restore", text(scene.archive)}) == 0);
  CHECK(scene.host.state() == TestHost::named_state("archived"));
  CHECK(scene.host.out.find("previous state") == std::string::npos);
}

TEST_CASE("a stopped unit stays stopped") {
  Scene scene;
  scene.host.units.unit("dcos-exhibitor.service").active = "inactive";
  REQUIRE(scene.host.run({"restore", text(scene.archive)}) == 0);
  CHECK(scene.host.units.calls.empty());
  CHECK(scene.host.state() == TestHost::named_state("archived"));
}

TEST_CASE("an archive of the original tool restores, with a word on what it lacks") {
  Scene scene;
  write_file(scene.archive, gzipped(foreign_tar(original_members())));
  REQUIRE(scene.host.run({"restore", text(scene.archive)}) == 0);
  CHECK(scene.host.err.find("carries no manifest") != std::string::npos);
  const auto state = scene.host.state();
  CHECK(state.size() == 3);
  CHECK(state.at("log.6") == "ZKLG" + std::string(12, '\0') + "record");  // without its padding
}

TEST_CASE("an empty log in an archive is not put where it could stop a server from starting") {
  Scene scene;
  write_file(scene.archive, foreign({.name = "./zookeeper/transactions/version-2/log.9"}));
  REQUIRE(scene.host.run({"restore", text(scene.archive)}) == 0);
  CHECK_FALSE(scene.host.state().contains("log.9"));
}

TEST_CASE("a damaged or hostile archive is refused before anything is touched") {
  Scene scene;
  const Bytes good = read_file(scene.archive);
  scene.refuses({}, 4, "empty (0 bytes)");
  scene.refuses(bytes_of("nonsense"), 4, scene.archive.native());
  scene.refuses(Bytes{good.begin(), good.end() - 1}, 4, "");
  scene.refuses(Bytes{good.begin(), good.begin() + 100}, 4, "cut short");
  Bytes flipped = good;
  flipped.at(good.size() / 2) ^= std::byte{0x10};
  scene.refuses(flipped, 4, "");
  Bytes glued = good;
  into(glued)(good);
  scene.refuses(glued, 4, "");
  const fs::path victim = scene.host / "victim";
  write_file(victim, "untouched");
  scene.refuses(foreign({.name = text(victim), .content = "x"}), 4, "absolute name");
  scene.refuses(foreign({.name = "./zookeeper/../../victim", .content = "x"}), 4, "'..'");
  scene.refuses(foreign({.name = "./zookeeper/snapshot/version-2/snapshot.9",
                         .type = 'l',
                         .target = text(victim)}),
                4, "a symlink");
  scene.refuses(foreign({.name = "./zookeeper/snapshot/version-2/snapshot.9",
                         .type = 'h',
                         .target = text(victim)}),
                4, "a hard link");
  scene.refuses(foreign({.name = "./zookeeper/x", .type = 'c'}), 4, "a device");
  scene.refuses(foreign({.name = "./zookeeper/x", .type = 'p'}), 4, "a fifo");
  scene.refuses(foreign({.name = "./zookeeper/snapshot/version-2/snapshot.5", .content = "ZKSN"}),
                4, "twice");
  scene.refuses(foreign({.name = "./zookeeper/\xFF", .content = "x"}), 4, "UTF-8");
  scene.refuses(foreign({.name = "./zookeeper/x", .content = "x", .mode = 04755}), 4, "setuid");
  scene.refuses(
      gzipped(foreign_tar({{.name = "./snapshot/version-2/snapshot.5", .content = "ZKSN"}})), 4,
      "no snapshot and no transaction log");
  CHECK(text_of(read_file(victim)) == "untouched");
}

TEST_CASE("a sparse file that claims terabytes is refused before it is unpacked") {
  Scene scene;
  std::vector<ForeignMember> members = original_members();
  members.push_back({.name = "./zookeeper/transactions/version-2/log.9",
                     .content = "ZKLG............",
                     .sparse_size = 900'000'000'000'000});
  scene.refuses(gzipped(foreign_tar(members)), 4, "that there is room for");
}

TEST_CASE("every cut and every changed byte of an archive is refused, and nothing happens") {
  for (const char* const name : {"b.tgz", "b.tar.zst"}) {
    Scene scene{Directories::Two, name};
    const Bytes good = read_file(scene.archive);
    const auto before = scene.host.listing();
    for (std::size_t i = 0; i < good.size(); ++i) {
      CAPTURE(i);
      write_file(scene.archive, Bytes{good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i)});
      CHECK(scene.host.run({"restore", text(scene.archive)}) == 4);
      Bytes changed = good;
      changed[i] ^= std::byte{0x04};
      write_file(scene.archive, changed);
      CHECK(scene.host.run({"restore", text(scene.archive)}) == 4);
    }
    CHECK(scene.host.listing() == before);
    CHECK(scene.host.state() == scene.now);
    CHECK(scene.host.units.calls.empty());
  }
}

TEST_CASE("an archive that was compressed anew is refused, unless forced") {
  Scene scene;
  Bytes plain;
  const auto decompressor =
      make_decompressor(Compression::Gzip, pieces_of(read_file(scene.archive), 1000));
  Bytes chunk(1000);
  while (const std::size_t count = decompressor->read(chunk)) {
    into(plain)(std::span{chunk}.first(count));
  }
  scene.refuses(gzipped(plain), 4, "the seal that its file ends with is missing");
  CHECK(scene.host.run({"restore", text(scene.archive), "--force"}) == 0);
  CHECK(scene.host.state() == TestHost::named_state("archived"));
}

TEST_CASE("an archive that is missing or a directory is a usage error in the original's words") {
  TestHost host;
  CHECK(host.run({"restore", text(host / "none")}) == 2);
  CHECK(host.err.find("dcos-zk: error: argument backup_path: " + text(host / "none") +
                      " does not exist") != std::string::npos);
  CHECK(host.run({"restore", text(host / "")}) == 2);
  CHECK(host.err.find("is not a file") != std::string::npos);
}

TEST_CASE("a restore that cannot be one step is refused with the reason") {
  Scene scene;
  write_file(scene.host / "zoo.cfg", "dataDir=" + text(scene.host.data_dir()) +
                                         "\ndataLogDir=" + text(scene.host / "logs"));
  fs::create_directory(scene.host / "logs");
  CHECK(scene.host.run({"restore", text(scene.archive)}) == 3);
  CHECK(scene.host.err.find("different parents") != std::string::npos);
  CHECK(scene.host.units.calls.empty());
}

TEST_CASE("a parent directory that holds something else is not swapped, not by force either") {
  Scene scene;
  write_file(scene.host.base() / "payroll.db", "precious");
  CHECK(scene.host.run({"restore", text(scene.archive)}) == 3);
  CHECK(scene.host.err.find("payroll.db") != std::string::npos);
  CHECK(scene.host.run({"restore", text(scene.archive), "--force"}) == 3);
  CHECK(text_of(read_file(scene.host.base() / "payroll.db")) == "precious");
}

TEST_CASE(
    "a restored state whose unit does not start says so with exit code 5 and where the previous "
    "one is") {
  Scene scene;
  scene.host.units.on_start = [] { throw Error{Kind::Failed, "start failed"}; };
  CHECK(scene.host.run({"restore", text(scene.archive)}) == 5);
  CHECK(scene.host.state() == TestHost::named_state("archived"));
  CHECK(fs::exists(previous_state(scene.host)));
  CHECK(scene.host.err.find("the restored state is in place, but start failed") !=
        std::string::npos);
}

TEST_CASE("a dry run prints the plan and changes nothing") {
  Scene scene;
  const auto before = scene.host.listing();
  REQUIRE(scene.host.run({"restore", text(scene.archive), "--dry-run"}) == 0);
  CHECK(scene.host.out.find("stop dcos-exhibitor.service") != std::string::npos);
  CHECK(scene.host.out.find("exchange '") != std::string::npos);
  CHECK(scene.host.listing() == before);
  CHECK(scene.host.units.calls.empty());
  REQUIRE(scene.host.run({"backup", text(scene.host / "other.tgz"), "--dry-run"}) == 0);
  CHECK(scene.host.out.find("pin '") != std::string::npos);
  CHECK(scene.host.listing() == before);
  CHECK(scene.host.units.calls.empty());
}
