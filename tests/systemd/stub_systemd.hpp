#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "systemd/unit_control.hpp"

namespace zkb::test {

/// A process of the test's own, killed and reaped with it.
class Child {
 public:
  Child() = default;
  /// Runs `body` in a fork of the test, which then ends.
  explicit Child(const std::function<void()>& body);
  Child(Child&& other) noexcept : pid_{std::exchange(other.pid_, -1)} {}
  Child& operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();
  pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
};

/// While it lives, DBUS_SYSTEM_BUS_ADDRESS is `address`.
class SystemBusAddress {
 public:
  explicit SystemBusAddress(const std::string& address);
  SystemBusAddress(const SystemBusAddress&) = delete;
  SystemBusAddress& operator=(const SystemBusAddress&) = delete;
  ~SystemBusAddress();

 private:
  std::string before_;
  bool was_set_ = false;
};

/// A folder of the test's own.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// A dbus-daemon of the test's own, which is the system bus while it lives. `policy` is added to
/// its configuration, after a policy that allows everything.
class PrivateBus {
 public:
  explicit PrivateBus(std::string_view policy = {});
  pid_t pid() const noexcept { return daemon_.pid(); }

 private:
  TemporaryFolder folder_;
  Child daemon_;
  SystemBusAddress address_;
};

/// What the stub does when a job is asked for, in this order. What is not set does not happen.
struct StubBehaviour {
  std::string error;  ///< a D-Bus error name: the answer, instead of a job
  /// In the stub's process, with the call unanswered.
  std::function<void(const PrivateBus&)> before_reply;
  bool signal_before_reply = false;  ///< JobRemoved is sent first, then the reply
  bool other_job_first = false;      ///< the JobRemoved of somebody else's job comes first
  std::string result = "done";       ///< the job's result; empty: the job never ends
  std::string active_after;          ///< ActiveState from the job's end on
  std::string result_after = "success";
  /// In the stub's process, once the job's path is on its way.
  std::function<void(const PrivateBus&)> after_reply;
};

/// An org.freedesktop.systemd1 on a PrivateBus, in a process of its own, with one unit.
class StubSystemd {
 public:
  StubSystemd(const std::string& active, const StubBehaviour& behaviour,
              std::string_view bus_policy = {});

  const UnitName& unit() const noexcept { return unit_; }
  const PrivateBus& bus() const noexcept { return bus_; }

 private:
  PrivateBus bus_;
  UnitName unit_{"stub.service"};
  Child systemd_;
};

}  // namespace zkb::test
