#include "systemd/bus_error.hpp"

#include <doctest/doctest.h>

#include <string>

namespace zkb::test {
namespace {

TEST_CASE("an error that nobody foresaw is told in the bus's own words") {
  const Error error = bus_error("org.example.Strange", "odd things");
  CHECK(error.what() == std::string{"odd things (org.example.Strange)"});
  CHECK(error.kind() == Kind::Failed);
}

TEST_CASE("an error about polkit's own unit is about rights, not about a masked unit") {
  const Error error =
      bus_error("org.freedesktop.systemd1.UnitMasked", "Unit polkit.service is masked.");
  CHECK(error.kind() == Kind::Failed);
  CHECK(error.next_step().find("root") != std::string::npos);
}

TEST_CASE("what comes from the bus cannot break the terminal") {
  const Error error = bus_error("org.example.Strange", "\x1b[2J");
  CHECK(std::string{error.what()}.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace zkb::test
