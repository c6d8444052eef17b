#include "zkbackup/zookeeper/archive_check.hpp"

#include <doctest/doctest.h>

#include "tests/unit/support/bytes.hpp"
#include "tests/unit/support/foreign_archive.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

class Quiet final : public Reporter {
 public:
  void step(std::string_view /*text*/) override {}
  void member(std::string_view /*name*/, std::uint64_t /*bytes*/) override {}
  void warn(std::string_view /*text*/) override {}
  void progress(std::uint64_t /*done*/, std::uint64_t /*total*/) override {}
};

ArchiveContents contents_of(const Bytes& archive) {
  const TempDir dir;
  write_file(dir / "archive", archive);
  const Fd file = open_file(dir / "archive");
  Quiet quiet;
  return read_archive(file, {}, {}, NoInterruption{}, quiet);
}

std::vector<ForeignMember> original_and(const ForeignMember& more) {
  std::vector<ForeignMember> members = original_members();
  members.push_back(more);
  return members;
}

std::string error_of(const std::vector<ForeignMember>& members) {
  try {
    contents_of(foreign_tar(members));
    return "no error";
  } catch (const Error& error) {
    CHECK(error.kind() == Kind::NotValid);
    return error.what();
  }
}

}  // namespace

TEST_CASE("an archive of the original tool is understood, and has no manifest") {
  const ArchiveContents contents = contents_of(gzipped(foreign_tar(original_members())));
  CHECK(contents.files.size() == 3);
  CHECK_FALSE(contents.manifest);
  CHECK(contents.passed_over.empty());
}

TEST_CASE("what is no part of ZooKeeper's state is passed over, and named") {
  const ArchiveContents contents = contents_of(foreign_tar(
      original_and({.name = "./zookeeper/transactions/version-2/_0.cfs", .content = "lucene"})));
  CHECK(contents.files.size() == 3);
  CHECK(contents.passed_over ==
        std::vector<std::string>{"./zookeeper/transactions/version-2/_0.cfs"});
}

TEST_CASE(
    "an archive without ZooKeeper's files, or of another layout, is refused and its first member "
    "named") {
  CHECK(error_of({}).find("no snapshot") != std::string::npos);
  CHECK(error_of({{.name = "./home/x", .content = "y"}}).find("'./home/x'") != std::string::npos);
  CHECK(error_of({{.name = "version-2/snapshot.5", .content = "ZKSN"}}).find("no snapshot") !=
        std::string::npos);
  CHECK(error_of({{.name = "./zookeeper/snapshot/version-2/currentEpoch", .content = "1"}})
            .find("no snapshot") != std::string::npos);
}

TEST_CASE("a snapshot or log that does not begin like one is refused") {
  CHECK(error_of(
            original_and({.name = "./zookeeper/snapshot/version-2/snapshot.7", .content = "XKSN"}))
            .find("'ZKSN' expected, 'XKSN' found") != std::string::npos);
  CHECK(
      error_of(original_and({.name = "./zookeeper/transactions/version-2/log.7", .content = "ZK"}))
          .find("does not begin like a transaction log") != std::string::npos);
  CHECK(error_of(original_and({.name = "./zookeeper/snapshot/version-2/snapshot.7.gz",
                               .content = "ZKSN"})) != "no error");
  CHECK(error_of(original_and({.name = "./zookeeper/transactions/version-2/log.7"})) == "no error");
}

TEST_CASE("the same state file in both directories is refused") {
  CHECK(error_of(original_and({.name = "./zookeeper/snapshot/version-2/log.6", .content = "ZKLG"}))
            .find("twice") != std::string::npos);
}

TEST_CASE("a manifest has to be the last member, and be true") {
  const ForeignMember manifest{.name = "./zookeeper/dcos-zk-manifest.json", .content = "{}"};
  CHECK(error_of(original_and(manifest)).find("manifest cannot be read") != std::string::npos);
  const ForeignMember untrue{
      .name = manifest.name,
      .content =
          R"({"format":1,"toolVersion":"","host":"","unit":"","time":"2023-11-14T22:13:20Z","members":[]})"};
  CHECK(error_of(original_and(untrue)).find("is not in the manifest") != std::string::npos);
  std::vector<ForeignMember> members = original_and(untrue);
  std::swap(members[members.size() - 2], members.back());
  CHECK(error_of(members).find("comes after the manifest") != std::string::npos);
}
