#include "zkbackup/zookeeper/state_file.hpp"

#include <doctest/doctest.h>

#include "zkbackup/zookeeper/archive_layout.hpp"

using namespace zkb;

TEST_CASE("state files are told by their names, as ZooKeeper writes them") {
  CHECK(state_file("snapshot.0")->kind == StateFileKind::Snapshot);
  CHECK(state_file("snapshot.100000242")->zxid == Zxid{0x100000242});
  CHECK(state_file("snapshot.1c8.gz")->zxid == Zxid{0x1c8});
  CHECK(state_file("snapshot.1c8.snappy")->kind == StateFileKind::Snapshot);
  CHECK(state_file("log.7fffffffffffffff")->kind == StateFileKind::Log);
  CHECK(state_file("acceptedEpoch")->kind == StateFileKind::Epoch);
  CHECK(state_file("currentEpoch")->kind == StateFileKind::Epoch);
}

TEST_CASE("nothing else is a state file") {
  for (const char* const name : {"myid",
                                 "zookeeper.out",
                                 "snapshot.",
                                 "snapshot",
                                 "log.",
                                 "log.x",
                                 "log.1.bak",
                                 "log.1.gz",
                                 "log.-1",
                                 "log.01",
                                 "log.ABC",
                                 "log.ffffffffffffffff",
                                 "log.80000000000000001",
                                 "snapshot.5.tmp",
                                 "snapshot.5.gz.gz",
                                 "currentEpoch.tmp",
                                 "updatingEpoch",
                                 "initialize",
                                 "zookeeper_server.pid",
                                 "log.5/x",
                                 "../log.5",
                                 "",
                                 "log. 5",
                                 "_0.cfs"}) {
    CAPTURE(name);
    CHECK_FALSE(state_file(name));
  }
}

TEST_CASE("files are laid down in an archive by what they are") {
  CHECK(member_name(*state_file("snapshot.5")) == "./zookeeper/snapshot/version-2/snapshot.5");
  CHECK(member_name(*state_file("currentEpoch")) == "./zookeeper/snapshot/version-2/currentEpoch");
  CHECK(member_name(*state_file("log.5")) == "./zookeeper/transactions/version-2/log.5");
  CHECK(state_file_of_member("./zookeeper/transactions/version-2/log.5")->name == "log.5");
  CHECK(state_file_of_member("./zookeeper/snapshot/version-2/log.5")->name == "log.5");
  CHECK_FALSE(state_file_of_member("./zookeeper/snapshot/version-2/sub/log.5"));
  CHECK_FALSE(state_file_of_member("./zookeeper/snapshot/log.5"));
  CHECK_FALSE(state_file_of_member("./zookeeper/snapshot/version-2"));
}
