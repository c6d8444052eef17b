#include "tests/systemd/stub_systemd.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "zkbackup/base/fd.hpp"

namespace zkb::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBusVariable = "DBUS_SYSTEM_BUS_ADDRESS";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr const char* kUnitPath = "/org/freedesktop/systemd1/unit/stub_2eservice";
constexpr const char* kJobPath = "/org/freedesktop/systemd1/job/7";

constexpr std::string_view kConfiguration = R"(<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    {policy}
  </policy>
</busconfig>
)";

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  return {Fd{ends[0]}, Fd{ends[1]}};
}

/// Waits for the first byte (something is ready) or the end (it has died: the test fails).
void await_readiness(const Pipe& pipe) {
  char byte = 0;
  REQUIRE(read(pipe.read_end.get(), &byte, 1) == 1);
}

/// dbus-daemon tells each time that it could not raise its own limits, which is of no interest
/// here.
void send_errors_to(const fs::path& file) {
  const Fd log{open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
  dup2(log.get(), STDERR_FILENO);
}

Child start_bus(const fs::path& folder, std::string_view policy) {
  const std::string configuration = folder / "bus.conf";
  std::ofstream{configuration} << fmt::format(
      kConfiguration, fmt::arg("socket", (folder / "socket").native()), fmt::arg("policy", policy));
  Pipe ready = make_pipe();
  Child bus{[&] {
    send_errors_to(folder / "errors");
    const int inherited = dup(ready.write_end.get());
    const std::string config_file = "--config-file=" + configuration;
    const std::string print_address = fmt::format("--print-address={}", inherited);
    execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile", "--nosyslog",
           config_file.c_str(), print_address.c_str(), nullptr);
  }};
  ready.write_end = Fd{};
  await_readiness(ready);
  return bus;
}

/// The stub itself; lives in a child process.
class Server {
 public:
  Server(const PrivateBus& bus, std::string active, StubBehaviour behaviour)
      : bus_{bus},
        active_{std::move(active)},
        behaviour_{std::move(behaviour)},
        connection_{sdbus::createSystemBusConnection("org.freedesktop.systemd1")},
        manager_{sdbus::createObject(*connection_, "/org/freedesktop/systemd1")},
        unit_{sdbus::createObject(*connection_, kUnitPath)} {
    register_manager();
    register_unit();
  }

  /// Until the bus is gone.
  void serve(const Fd& ready) {
    REQUIRE(write(ready.get(), "r", 1) == 1);
    try {
      while (true) {
        serve_once();
      }
    } catch (const sdbus::Error&) {
      return;  // the test has killed the bus
    }
  }

 private:
  void serve_once() {
    while (connection_->processPendingRequest()) {
      if (std::exchange(reply_sent_, false)) {
        after_reply();
      }
    }
    const auto bus = connection_->getEventLoopPollData();
    pollfd descriptor{bus.fd, bus.events, 0};
    poll(&descriptor, 1, bus.getPollTimeout());
  }

  void register_manager() {
    const auto job = [this](const std::string&, const std::string&) { return queue_job(); };
    manager_->registerMethod("Subscribe").onInterface(kManager).implementedAs([] {});
    manager_->registerMethod("LoadUnit")
        .onInterface(kManager)
        .implementedAs([](const std::string&) { return sdbus::ObjectPath{kUnitPath}; });
    manager_->registerMethod("ResetFailedUnit")
        .onInterface(kManager)
        .implementedAs([](const std::string&) {});
    manager_->registerMethod("StopUnit").onInterface(kManager).implementedAs(job);
    manager_->registerMethod("StartUnit").onInterface(kManager).implementedAs(job);
    manager_->registerSignal("JobRemoved")
        .onInterface(kManager)
        .withParameters<std::uint32_t, sdbus::ObjectPath, std::string, std::string>();
    manager_->finishRegistration();
  }

  void register_unit() {
    const auto property = [this](const char* interface, const char* name, auto value) {
      unit_->registerProperty(name).onInterface(interface).withGetter(std::move(value));
    };
    constexpr const char* kUnit = "org.freedesktop.systemd1.Unit";
    constexpr const char* kService = "org.freedesktop.systemd1.Service";
    property(kUnit, "LoadState", [] { return std::string{"loaded"}; });
    property(kUnit, "ActiveState", [this] { return active_; });
    property(kUnit, "SubState", [] { return std::string{"stub"}; });
    property(kUnit, "Job", [this] {
      return sdbus::Struct<std::uint32_t, sdbus::ObjectPath>{job_queued_ ? 7U : 0U,
                                                             sdbus::ObjectPath{kJobPath}};
    });
    property(kService, "Result", [this] { return behaviour_.result_after; });
    property(kService, "Type", [] { return std::string{"notify"}; });
    property(kService, "TimeoutStopUSec", [] { return std::uint64_t{90'000'000}; });
    unit_->registerMethod("Ref").onInterface(kUnit).implementedAs([] {});
    unit_->finishRegistration();
  }

  sdbus::ObjectPath queue_job() {
    if (!behaviour_.error.empty()) {
      throw sdbus::Error{behaviour_.error, "said the stub"};
    }
    if (behaviour_.before_reply) {
      behaviour_.before_reply(bus_);
    }
    job_queued_ = true;
    if (behaviour_.signal_before_reply) {
      end_job();
    }
    reply_sent_ = true;
    return sdbus::ObjectPath{kJobPath};
  }

  void after_reply() {
    if (behaviour_.after_reply) {
      behaviour_.after_reply(bus_);
    }
    if (behaviour_.other_job_first) {
      emit_job_removed("/org/freedesktop/systemd1/job/6", "failed");
    }
    if (job_queued_ && !behaviour_.result.empty()) {
      end_job();
    }
  }

  void end_job() {
    job_queued_ = false;
    active_ = behaviour_.active_after;
    emit_job_removed(kJobPath, behaviour_.result);
  }

  void emit_job_removed(const char* job, const std::string& result) {
    manager_->emitSignal("JobRemoved")
        .onInterface(kManager)
        .withArguments(std::uint32_t{7}, sdbus::ObjectPath{job}, std::string{"stub.service"},
                       result);
  }

  const PrivateBus& bus_;
  std::string active_;
  StubBehaviour behaviour_;
  bool job_queued_ = false;
  bool reply_sent_ = false;
  std::unique_ptr<sdbus::IConnection> connection_;
  std::unique_ptr<sdbus::IObject> manager_;
  std::unique_ptr<sdbus::IObject> unit_;
};

Child start_stub(const PrivateBus& bus, const std::string& active, const StubBehaviour& behaviour) {
  Pipe ready = make_pipe();
  Child stub{[&] { Server{bus, active, behaviour}.serve(ready.write_end); }};
  ready.write_end = Fd{};
  await_readiness(ready);
  return stub;
}

}  // namespace

Child::Child(const std::function<void()>& body) : pid_{fork()} {
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      body();
    } catch (...) {
      // Also doctest's own: no second runner of the tests may come of this.
      fmt::print(stderr, "a child of the test ended by an exception\n");
    }
    _exit(1);
  }
}

Child::~Child() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

SystemBusAddress::SystemBusAddress(const std::string& address) {
  if (const char* const before = std::getenv(kBusVariable); before != nullptr) {
    before_ = before;
    was_set_ = true;
  }
  setenv(kBusVariable, address.c_str(), 1);
}

SystemBusAddress::~SystemBusAddress() {
  if (was_set_) {
    setenv(kBusVariable, before_.c_str(), 1);
  } else {
    unsetenv(kBusVariable);
  }
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = fs::temp_directory_path() / "systemd-test.XXXXXX";
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a destructor cannot report; what is left is in the temporary folder
  fs::remove_all(path_, ignored);
}

PrivateBus::PrivateBus(std::string_view policy)
    : daemon_{start_bus(folder_.path(), policy)},
      address_{fmt::format("unix:path={}", (folder_.path() / "socket").native())} {}

StubSystemd::StubSystemd(const std::string& active, const StubBehaviour& behaviour,
                         std::string_view bus_policy)
    : bus_{bus_policy}, systemd_{start_stub(bus_, active, behaviour)} {}

}  // namespace zkb::test
