#include "zkbackup/backup/pin.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "tests/unit/support/test_host.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

struct Bench {
  TestHost host;
  RealFileSystem disk;
  DataLayout layout{.data_dir = host.data_dir(), .data_log_dir = host.data_log_dir()};
  CopyPlaces places{.beside_the_data = host.base(), .directories = {host / ""}};
  std::vector<fs::path> left_out;

  StateOnHost state() const { return list_state(layout); }
  std::optional<EarlyCopy> early() { return copy_early(state(), places, disk, NoInterruption{}); }
  std::vector<PinnedFile> pin(const std::optional<EarlyCopy>& copy = {}) {
    return zkb::pin(state(), copy, places, disk, NoInterruption{}, left_out);
  }
  fs::path snapshot(const std::string& name) const { return host.data_dir() / "version-2" / name; }
  fs::path log(const std::string& name) const { return host.data_log_dir() / "version-2" / name; }
};

const PinnedFile& named(const std::vector<PinnedFile>& files, const std::string& name) {
  const auto found =
      std::ranges::find_if(files, [&](const PinnedFile& file) { return file.file().name == name; });
  REQUIRE(found != files.end());
  return *found;
}

std::string content(const PinnedFile& file) {
  Bytes bytes(file.stored_size());
  bytes.resize(file.read_at(bytes, 0));
  return text_of(bytes);
}

}  // namespace

TEST_CASE("what ZooKeeper does to its files after the pin does not reach what was pinned") {
  Bench bench;
  bench.host.put_state({{"snapshot.5", "ZKSN old"},
                        {"snapshot.9", "ZKSN new"},
                        {"log.6", "ZKLG............first"},
                        {"log.a", "ZKLG............active"},
                        {"currentEpoch", "1"}});
  const auto files = bench.pin();
  fs::remove(bench.snapshot("snapshot.5"));  // a purge
  fs::remove(bench.log("log.6"));
  write_file(bench.log("log.a"), "ZKLG............rewritten");  // the torn first record of a log
  write_file(bench.snapshot("currentEpoch"), "2");
  CHECK(content(named(files, "snapshot.5")) == "ZKSN old");
  CHECK(content(named(files, "log.6")) == "ZKLG............first");
  CHECK(content(named(files, "log.a")) == "ZKLG............active");
  CHECK(content(named(files, "currentEpoch")) == "1");
  for (const PinnedFile& file : files) {
    CHECK_NOTHROW(file.check_held());
  }
}

TEST_CASE("a file that is read through its descriptor and was changed in place is noticed") {
  Bench bench;
  bench.host.put_state({{"snapshot.9", "ZKSN new"}, {"log.a", "ZKLG............x"}});
  const auto files = bench.pin();
  write_file(bench.snapshot("snapshot.9"), "ZKSN rewritten in place");
  CHECK_THROWS_WITH_AS(named(files, "snapshot.9").check_held(),
                       doctest::Contains("the pin did not hold"), Error);
}

TEST_CASE("the snapshot that a start would rewrite is the newest, where no log begins after it") {
  Bench bench;
  CHECK_FALSE(snapshot_that_a_start_rewrites(bench.state()));
  bench.host.put_state(
      {{"snapshot.5", "ZKSN"}, {"snapshot.9", "ZKSN"}, {"log.6", "ZKLG............x"}});
  CHECK(snapshot_that_a_start_rewrites(bench.state())->file.name == "snapshot.9");
  bench.host.put_state({{"log.a", "ZKLG............x"}});
  CHECK_FALSE(snapshot_that_a_start_rewrites(bench.state()));
}

TEST_CASE(
    "that snapshot is copied before the outage, and again in it only if it changed meanwhile") {
  Bench bench;
  bench.host.put_state({{"snapshot.9", "ZKSN early"}, {"log.6", "ZKLG............x"}});
  const auto early = bench.early();
  REQUIRE(early);
  SUBCASE("unchanged") {
    const auto files = bench.pin(early);
    write_file(bench.snapshot("snapshot.9"), "ZKSN rewritten by the start");
    CHECK(content(named(files, "snapshot.9")) == "ZKSN early");
  }
  SUBCASE("changed") {
    write_file(bench.snapshot("snapshot.9"), "ZKSN changed before the stop");
    const auto files = bench.pin(early);
    write_file(bench.snapshot("snapshot.9"), "ZKSN rewritten by the start");
    CHECK(content(named(files, "snapshot.9")) == "ZKSN changed before the stop");
  }
  SUBCASE("overtaken by a newer one") {
    bench.host.put_state({{"snapshot.c", "ZKSN newer"}});
    const auto files = bench.pin(early);
    CHECK(content(named(files, "snapshot.c")) == "ZKSN newer");
    CHECK(named(files, "snapshot.c").copied());
  }
}

TEST_CASE("of a log nothing of the padding is stored, and a log without a record is left out") {
  Bench bench;
  bench.host.put_state({{"log.5", "ZKLG" + std::string(12, '\0') + "record"},
                        {"log.7", ""},
                        {"log.8", "ZKLG" + std::string(12, '\0')},
                        {"snapshot.4", std::string("ZKSN\0\0", 6)}});
  fs::resize_file(bench.log("log.5"), 67'108'880);
  fs::resize_file(bench.log("log.8"), 67'108'880);
  const auto files = bench.pin();
  CHECK(files.size() == 2);
  CHECK(named(files, "log.5").stored_size() == 22);
  CHECK(named(files, "snapshot.4").stored_size() == 6);  // not a log: every byte
  CHECK(bench.left_out.size() == 2);
}
