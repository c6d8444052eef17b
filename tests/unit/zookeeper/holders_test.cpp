#include "zkbackup/zookeeper/holders.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "tests/unit/support/test_host.hpp"
#include "zkbackup/base/error.hpp"

using namespace zkb;
using namespace zkb::test;

namespace {

/// A process that holds something from begin() until it is ended.
class OtherProcess {
 public:
  template <typename Hold>
  explicit OtherProcess(Hold hold) {
    std::array<int, 2> ready{};
    REQUIRE(pipe(ready.data()) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      hold();
      const char go = 'x';
      if (write(ready[1], &go, 1) == 1) {
        pause();
      }
      _exit(0);
    }
    char go = 0;
    REQUIRE(read(ready[0], &go, 1) == 1);
    close(ready[0]);
    close(ready[1]);
  }
  ~OtherProcess() { end(); }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;
  pid_t pid() const { return pid_; }
  void end() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = 0;
    }
  }

 private:
  pid_t pid_ = 0;
};

DataLayout layout_on(const TestHost& host, std::uint16_t port = 0) {
  return {.data_dir = host.data_dir(), .data_log_dir = host.data_log_dir(), .client_port = port};
}

}  // namespace

TEST_CASE("a process that writes to a log is found; one that only reads it is not") {
  const TestHost host;
  host.put_state(TestHost::named_state("x"));
  const fs::path log = host.data_log_dir() / "version-2/log.100000006";
  const OtherProcess reader{[&] { open(log.c_str(), O_RDONLY); }};
  CHECK(find_holders(layout_on(host)).empty());
  OtherProcess writer{[&] { open(log.c_str(), O_WRONLY | O_APPEND); }};
  const auto holders = find_holders(layout_on(host));
  REQUIRE(holders.size() == 1);
  CHECK(holders[0].pid == writer.pid());
  CHECK(holders[0].what.find("log.100000006") != std::string::npos);
  writer.end();
  CHECK(find_holders(layout_on(host)).empty());
}

TEST_CASE("a process that listens on the client port is found, whatever it has open") {
  const TestHost host;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(bind(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(socket_fd, 1) == 0);
  socklen_t size = sizeof address;
  REQUIRE(getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::uint16_t port = ntohs(address.sin_port);
  const OtherProcess server{[] {}};  // inherits the socket
  close(socket_fd);
  const auto holders = find_holders(layout_on(host, port));
  REQUIRE(holders.size() == 1);
  CHECK(holders[0].pid == server.pid());
  CHECK(holders[0].what == "listens on port " + std::to_string(port));
}

TEST_CASE("the wait for a process ends when it does, and at once where it is gone") {
  OtherProcess process{[] {}};
  const pid_t pid = process.pid();
  wait_for_end_of_one({pid}, std::chrono::milliseconds{1},
                      NoInterruption{});  // the deadline passes
  process.end();
  wait_for_end_of_one({pid}, std::chrono::hours{1}, NoInterruption{});
}
