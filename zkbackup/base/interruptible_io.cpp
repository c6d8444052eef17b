#include "zkbackup/base/interruptible_io.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

void wait_until_ready(int descriptor, short events, const Interruption& interruption) {
  std::array<pollfd, 2> descriptors{
      pollfd{.fd = descriptor, .events = events, .revents = 0},
      pollfd{.fd = interruption.fd(), .events = POLLIN, .revents = 0}};
  if (poll(descriptors.data(), descriptors.size(), -1) < 0 && errno != EINTR) {
    throw system_error("wait for", "standard input or output");
  }
  interruption.check();
}

}  // namespace

std::size_t read_some(int descriptor, std::span<std::byte> bytes,
                      const Interruption& interruption) {
  for (;;) {
    wait_until_ready(descriptor, POLLIN, interruption);
    const ssize_t count = read(descriptor, bytes.data(), bytes.size());
    if (count >= 0) {
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR && errno != EAGAIN) {
      throw system_error("read", "standard input");
    }
  }
}

void write_all(int descriptor, std::span<const std::byte> bytes, const Interruption& interruption) {
  while (!bytes.empty()) {
    wait_until_ready(descriptor, POLLOUT, interruption);
    // A pipe that is ready takes this many bytes without blocking.
    const ssize_t count =
        write(descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (count < 0 && errno != EINTR && errno != EAGAIN) {
      const int error = errno;
      interruption.check();  // SIGPIPE
      throw system_error("write", "standard output", error);
    }
    bytes = bytes.subspan(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
}

}  // namespace zkb
