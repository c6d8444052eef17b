#include <doctest/doctest.h>

#include <string>

#include "systemd/unit_control.hpp"
#include "zkbackup/base/error.hpp"

namespace zkb::test {
namespace {

TEST_CASE("a unit's name keeps its suffix, and without one is a service") {
  CHECK(UnitName{"zookeeper"}.str() == "zookeeper.service");
  CHECK(UnitName{"zookeeper.service"}.str() == "zookeeper.service");
  CHECK(UnitName{"dcos-exhibitor.target"}.str() == "dcos-exhibitor.target");
  CHECK(UnitName{"zookeeper.3"}.str() == "zookeeper.3.service");
  CHECK(UnitName{"zookeeper@one"}.str() == "zookeeper@one.service");
  CHECK(UnitName{R"(dev-disk\x2dby.mount)"}.str() == R"(dev-disk\x2dby.mount)");
}

TEST_CASE("a name that systemd would not take is wrong usage, and the message says what is wrong") {
  const auto refused = [](const std::string& name, const char* reason) {
    CAPTURE(name);
    try {
      const UnitName unit{name};
      FAIL("accepted as " << unit.str());
    } catch (const Error& error) {
      CHECK(error.kind() == Kind::Usage);
      CHECK_MESSAGE(std::string{error.what()}.find(reason) != std::string::npos, error.what());
      CHECK_FALSE(error.next_step().empty());
    }
  };
  refused("", "empty");
  refused("a/b.service", "'/' cannot be in one");
  refused("zookeeper service", "' ' cannot be in one");
  refused("zookeeper\n", "'\\x0a' cannot be in one");
  refused("zoo\xC3\xA4", "cannot be in one");
  refused(std::string("zoo\0keeper", 10), "'\\x00' cannot be in one");
  refused(".service", "nothing stands before");
  refused("@one.service", "nothing stands before");
  refused("zookeeper@.service", "template");
  refused(std::string(248, 'a'), "longer than 255 bytes");
}

TEST_CASE("the longest name that systemd takes is taken") {
  CHECK(UnitName{std::string(247, 'a')}.str().size() == 255);
}

}  // namespace
}  // namespace zkb::test
