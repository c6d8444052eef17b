#include "tests/systemd/real_systemd.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sdbus-c++/sdbus-c++.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace zkb::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

Deadline soon() {
  return Deadline::clock::now() + seconds{20};
}

fs::path bed_folder(const char* variable) {
  const char* const folder = std::getenv(variable);
  REQUIRE_MESSAGE(folder != nullptr, "these tests run inside tests/systemd/light_bed.sh");
  return folder;
}

fs::path unit_file(const UnitName& unit) {
  return bed_folder("LIGHT_BED_UNITS") / unit.str();
}

UnitName fresh_name(std::string_view suffix) {
  static int count = 0;
  return UnitName{fmt::format("bed-{}{}", ++count, suffix)};
}

}  // namespace

void reload_systemd() {
  const auto connection = sdbus::createSystemBusConnection();
  sdbus::createProxy(*connection, "org.freedesktop.systemd1", "/org/freedesktop/systemd1")
      ->callMethod("Reload")
      .onInterface("org.freedesktop.systemd1.Manager");
}

SystemdUnits units() {
  static const NoInterruption no_interruption;
  return SystemdUnits{no_interruption};
}

RealUnit running_and_naming(const RealUnit& unit) {
  RealUnit naming{fmt::format("[Unit]\nAfter={}\n{}", unit.name().str(), kSleeper)};
  naming.run();
  return naming;
}

std::string scratch(std::string_view name) {
  return bed_folder("LIGHT_BED_SCRATCH") / name;
}

RealUnit::RealUnit(UnitName name) : name_{std::move(name)} {}

RealUnit::RealUnit(std::string_view file, std::string_view suffix) : name_{fresh_name(suffix)} {
  std::ofstream{unit_file(name_)} << file;
  reload_systemd();
}

RealUnit RealUnit::missing() {
  return RealUnit{fresh_name(".service")};
}

RealUnit RealUnit::masked() {
  RealUnit unit{fresh_name(".service")};
  fs::create_symlink("/dev/null", unit_file(unit.name()));
  reload_systemd();
  return unit;
}

UnitProperties RealUnit::now() const {
  return Manager{soon()}.unit(name_);
}

void RealUnit::queue_start() const {
  Manager{soon()}.start_unit(name_);
}

void RealUnit::queue_stop() const {
  Manager{soon()}.stop_unit(name_);
}

void RealUnit::await(std::string_view active, std::string_view sub) const {
  const auto there = [&](const UnitProperties& unit) {
    return unit.state.active == active && (sub.empty() || unit.state.sub == sub);
  };
  const UnitProperties last = Manager{soon()}.watch(name_, there, soon());
  REQUIRE_MESSAGE(there(last), name_.str(), " is ", last.state.active, "/", last.state.sub,
                  ", not ", active, "/", sub);
}

void RealUnit::run() const {
  queue_start();
  await("active");
}

}  // namespace zkb::test
