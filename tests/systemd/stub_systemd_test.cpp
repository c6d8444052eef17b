// The faults that a systemd in good health does not make on request.
#include "tests/systemd/stub_systemd.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>

#include "systemd/systemd_units.hpp"
#include "tests/systemd/expect.hpp"
#include "zkbackup/base/fd.hpp"

namespace zkb::test {
namespace {

using std::chrono::seconds;

const NoInterruption no_interruption;
const UnitName stub_unit{"stub.service"};

void check_stop_fails(Kind kind, std::initializer_list<std::string_view> words) {
  check_error(kind, words, [] { SystemdUnits{no_interruption}.stop(stub_unit, seconds{1}); });
}

void check_start_fails(Kind kind, std::initializer_list<std::string_view> words) {
  check_error(kind, words, [] { SystemdUnits{no_interruption}.start(stub_unit, seconds{1}); });
}

// What a stub can do to itself and to others.
void freeze(const PrivateBus& /*bus*/) {
  raise(SIGSTOP);
}
void die(const PrivateBus& /*bus*/) {
  raise(SIGKILL);
}
void kill_the_bus(const PrivateBus& bus) {
  kill(bus.pid(), SIGKILL);
}
void interrupt_the_test(const PrivateBus& /*bus*/) {
  kill(getppid(), SIGTERM);
}

/// A unix socket that accepts connections and says nothing, or that nobody listens on.
class DeadSocket {
 public:
  enum class Listening { No, Yes };

  explicit DeadSocket(Listening listening) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string path = folder_.path() / "socket";
    REQUIRE(path.size() < sizeof name.sun_path);
    path.copy(name.sun_path, path.size());
    REQUIRE(socket_);
    // A cast, for bind() takes every kind of address.
    REQUIRE(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    if (listening == Listening::Yes) {
      REQUIRE(listen(socket_.get(), 5) == 0);
    }
  }

 private:
  TemporaryFolder folder_;
  Fd socket_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  SystemBusAddress address_{fmt::format("unix:path={}", (folder_.path() / "socket").native())};
};

TEST_SUITE_BEGIN("stub");

TEST_CASE("where there is no system bus, the message asks for a host that systemd runs") {
  const SystemBusAddress address{"unix:path=/nonexistent/bus"};
  check_stop_fails(Kind::Failed, {"stop 'stub.service'", "there is no system bus"});
  check_error(Kind::Failed, {"look at 'stub.service'", "there is no system bus"},
              [] { SystemdUnits{no_interruption}.state(stub_unit); });
}

TEST_CASE("a bus address that means nothing is an error") {
  const SystemBusAddress address{"nonsense"};
  check_stop_fails(Kind::Failed, {"connect to the system bus"});
}

TEST_CASE("a socket that nobody listens on is an error") {
  const DeadSocket socket{DeadSocket::Listening::No};
  check_stop_fails(Kind::Failed, {"nobody listens on the system bus"});
}

TEST_CASE(
    "a bus that accepts the connection and never speaks holds nobody up beyond the deadline") {
  const DeadSocket socket{DeadSocket::Listening::Yes};
  check_stop_fails(Kind::Failed, {"the system bus does not answer"});
  check_start_fails(Kind::Failed, {"the system bus does not answer"});
}

TEST_CASE("a bus without systemd is an error that says so") {
  const PrivateBus bus;
  check_stop_fails(Kind::Failed, {"systemd is not on the bus", "ServiceUnknown"});
}

TEST_CASE("a bus that does not let us call systemd asks for root") {
  const StubSystemd systemd{
      "active",
      {},
      R"(<deny send_interface="org.freedesktop.systemd1.Manager" send_member="StopUnit"/>)"};
  check_stop_fails(Kind::Failed, {"this user may not do that", "AccessDenied"});
}

TEST_CASE("systemd's own errors arrive with their names and a next step") {
  struct Case {
    const char* error;
    Kind kind;
    const char* meaning;
  };
  const auto each = {
      Case{"org.freedesktop.DBus.Error.AccessDenied", Kind::Failed, "this user may not do that"},
      Case{"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", Kind::Failed, "polkit"},
      Case{"org.freedesktop.systemd1.NoSuchUnit", Kind::Failed, "no such unit"},
      Case{"org.freedesktop.systemd1.UnitMasked", Kind::Unsafe, "masked"},
      Case{"org.freedesktop.systemd1.OnlyByDependency", Kind::Unsafe, "forbids it by hand"},
      Case{"org.freedesktop.systemd1.TransactionIsDestructive", Kind::Failed, "in the way"},
      Case{"org.freedesktop.systemd1.ShuttingDown", Kind::Failed, "shutting down"},
      Case{"org.freedesktop.DBus.Error.Timeout", Kind::Failed, "systemd does not answer"},
  };
  for (const Case& expected : each) {
    CAPTURE(expected.error);
    const StubSystemd systemd{"active", {.error = expected.error}};
    check_stop_fails(expected.kind, {expected.error, expected.meaning, "said the stub"});
    check_start_fails(expected.kind, {expected.error, expected.meaning, "said the stub"});
  }
}

TEST_CASE("a job that did not end as asked is an error with systemd's word for it") {
  for (const char* const result :
       {"failed", "canceled", "dependency", "timeout", "assert", "skipped"}) {
    CAPTURE(result);
    const StubSystemd systemd{"active", {.result = result, .active_after = "active"}};
    check_stop_fails(Kind::Failed, {fmt::format("'{}'", result), "ActiveState=active"});
    check_start_fails(Kind::Failed, {fmt::format("'{}'", result), "ActiveState=active"});
  }
}

TEST_CASE("a stop that is 'done' while the unit still runs is an error") {
  const StubSystemd systemd{"active", {.active_after = "active"}};
  check_stop_fails(Kind::Failed, {"done", "the unit runs", "ActiveState=active"});
}

TEST_CASE("the end of somebody else's job is not the end of ours") {
  const StubSystemd systemd{"active", {.other_job_first = true, .active_after = "inactive"}};
  SystemdUnits{no_interruption}.stop(stub_unit, seconds{10});
}

TEST_CASE("somebody else's job alone does not end the wait") {
  const StubSystemd systemd{"active", {.other_job_first = true, .result = ""}};
  check_stop_fails(Kind::Failed, {"still at it"});
}

TEST_CASE("a job that is over before systemd has answered is not missed") {
  const StubSystemd systemd{"active", {.signal_before_reply = true, .active_after = "inactive"}};
  SystemdUnits{no_interruption}.stop(stub_unit, seconds{10});
}

TEST_CASE("a systemd that freezes before it answers holds nobody up") {
  const StubSystemd systemd{"active", {.before_reply = freeze}};
  check_stop_fails(Kind::Failed, {"systemd does not answer"});
}

TEST_CASE("a systemd that dies before it answers is an error at once") {
  const StubSystemd systemd{"active", {.before_reply = die}};
  check_error(Kind::Failed, {"systemd went away without an answer"},
              [] { SystemdUnits{no_interruption}.stop(stub_unit, seconds{300}); });
}

TEST_CASE("a bus that dies before systemd answers is an error at once") {
  const StubSystemd systemd{"active", {.before_reply = kill_the_bus}};
  check_error(Kind::Failed, {"the system bus went away"},
              [] { SystemdUnits{no_interruption}.stop(stub_unit, seconds{300}); });
}

TEST_CASE("a signal that arrives while a call is unanswered does not cut the call short") {
  const StubSystemd systemd{"inactive",
                            {.before_reply = interrupt_the_test, .active_after = "active"}};
  const SignalInterruption interruption;
  SystemdUnits units{interruption};
  units.start(stub_unit, seconds{10});
  CHECK(interruption.signal() == SIGTERM);
}

TEST_CASE("a systemd that freezes while a job runs holds nobody up") {
  const StubSystemd systemd{"active", {.after_reply = freeze}};
  check_stop_fails(Kind::Failed, {"systemd does not answer"});
}

TEST_CASE("a systemd that dies while a job runs holds nobody up") {
  const StubSystemd systemd{"active", {.after_reply = die}};
  check_stop_fails(Kind::Failed, {"systemd"});
}

TEST_CASE("a bus that dies while a job runs is an error at once") {
  const StubSystemd systemd{"active", {.after_reply = kill_the_bus}};
  check_error(Kind::Failed, {"the system bus went away"},
              [] { SystemdUnits{no_interruption}.stop(stub_unit, seconds{300}); });
}

TEST_CASE("a bus that is back is used again") {
  SystemdUnits units{no_interruption};
  {
    const StubSystemd systemd{"active", {.after_reply = kill_the_bus}};
    CHECK_THROWS_AS(units.stop(stub_unit, seconds{300}), Error);
  }
  const StubSystemd systemd{"inactive", {.active_after = "active"}};
  units.start(stub_unit, seconds{10});
  CHECK(units.state(stub_unit).active == "active");
}

TEST_CASE("a signal that arrives during the wait ends a stop and does not end a start") {
  const SignalInterruption interruption;
  SystemdUnits units{interruption};
  {
    const StubSystemd systemd{"active", {.result = "", .after_reply = interrupt_the_test}};
    CHECK_THROWS_AS(units.stop(stub_unit, seconds{300}), Interrupted);
  }
  const StubSystemd systemd{"inactive",
                            {.active_after = "active", .after_reply = interrupt_the_test}};
  units.start(stub_unit, seconds{10});
  CHECK(interruption.signal() == SIGTERM);
}

TEST_SUITE_END();

}  // namespace
}  // namespace zkb::test
