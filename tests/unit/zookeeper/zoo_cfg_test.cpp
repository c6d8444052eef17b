#include "zkbackup/zookeeper/zoo_cfg.hpp"

#include <doctest/doctest.h>

#include "tests/unit/support/bytes.hpp"
#include "zkbackup/base/error.hpp"
#include "zkbackup/zookeeper/java_properties.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

ZooCfg read(const std::string& text) {
  const TempDir dir;
  write_file(dir / "zoo.cfg", text);
  return read_zoo_cfg(dir / "zoo.cfg");
}

}  // namespace

TEST_CASE("Java's properties are read as Java reads them") {
  const auto properties = parse_java_properties(
      "# comment\n! comment\r\n  a=1\nb : 2\nc 3\nd=\\\n   long \\\r\n  "
      "line\ne\\=f=x=y\nempty=\n\ng=1\ng=2  \nh=a\\\\b\nnovalue");
  CHECK(properties.at("a") == "1");
  CHECK(properties.at("b") == "2");
  CHECK(properties.at("c") == "3");
  CHECK(properties.at("d") == "long line");
  CHECK(properties.at("e=f") == "x=y");
  CHECK(properties.at("empty").empty());
  CHECK(properties.at("g") == "2");
  CHECK(properties.at("h") == "a\\b");
  CHECK(properties.at("novalue").empty());
  CHECK(properties.size() == 9);
}

TEST_CASE("zoo.cfg tells directories, port and servers") {
  const ZooCfg cfg = read(
      "dataDir=/data/\ndataLogDir=/log/./"
      "x\nclientPort=2182\nserver.1=a:2888:3888\nserver.12=b:2888:3888;2181\n");
  CHECK(cfg.data_dir == "/data");
  CHECK(cfg.data_log_dir == "/log/x");
  CHECK(cfg.client_port == 2182);
  CHECK(cfg.servers.size() == 2);
  CHECK(cfg.servers.at(12) == "b:2888:3888;2181");
  CHECK(read("dataDir=/d").data_log_dir == "/d");
}

TEST_CASE("servers may stand in the dynamic configuration file, also beside zoo.cfg") {
  const TempDir dir;
  write_file(dir / "zoo.cfg.dynamic.100000000", "server.1=a:1:2:participant;0.0.0.0:2181\n");
  write_file(dir / "zoo.cfg",
             "dataDir=/d\ndynamicConfigFile=" + (dir / "zoo.cfg.dynamic.100000000").native());
  CHECK(read_zoo_cfg(dir / "zoo.cfg").servers.at(1) == "a:1:2:participant;0.0.0.0:2181");
  write_file(dir / "zoo.cfg", "dataDir=/d\ndynamicConfigFile=zoo.cfg.dynamic.100000000");
  CHECK(read_zoo_cfg(dir / "zoo.cfg").servers.size() == 1);
  write_file(dir / "zoo.cfg", "dataDir=/d\ndynamicConfigFile=/nowhere/x");
  CHECK_THROWS_WITH_AS(read_zoo_cfg(dir / "zoo.cfg"), doctest::Contains("/nowhere/x"), Error);
}

TEST_CASE("what zoo.cfg lacks or has wrong is named with file and key") {
  CHECK_THROWS_WITH_AS(read("clientPort=1"), doctest::Contains("dataDir"), Error);
  CHECK_THROWS_WITH_AS(read("dataDir=data"), doctest::Contains("relative"), Error);
  CHECK_THROWS_WITH_AS(read("dataDir=/a/../b"), doctest::Contains("'..'"), Error);
  CHECK_THROWS_WITH_AS(read("dataDir=/d\nclientPort=70000"), doctest::Contains("clientPort=70000"),
                       Error);
  CHECK_THROWS_WITH_AS(read("dataDir=/d\nserver.x=a"), doctest::Contains("server.x"), Error);
  CHECK_THROWS_WITH_AS(read_zoo_cfg("/nowhere/zoo.cfg"), doctest::Contains("/nowhere/zoo.cfg"),
                       Error);
}
