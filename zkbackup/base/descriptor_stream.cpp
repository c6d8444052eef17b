#include "zkbackup/base/descriptor_stream.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace zkb {
namespace {

constexpr int kPatience = 500;  // ms

}  // namespace

std::streamsize DescriptorBuffer::write_while_ready(const char* text, std::streamsize count) {
  std::streamsize done = 0;
  while (done < count && ready()) {
    // A pipe that is ready takes this many bytes without blocking.
    const auto piece = static_cast<std::size_t>(std::min<std::streamsize>(count - done, PIPE_BUF));
    const ssize_t written = write(descriptor_, text + done, piece);
    if (written < 0 && errno != EINTR) {
      break;
    }
    done += std::max<ssize_t>(written, 0);
  }
  return done;
}

DescriptorBuffer::int_type DescriptorBuffer::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof())) {
    return traits_type::not_eof(character);
  }
  const char c = traits_type::to_char_type(character);
  return xsputn(&c, 1) == 1 ? character : traits_type::eof();
}

bool TalkBuffer::ready() {
  pollfd polled{.fd = descriptor(), .events = POLLOUT, .revents = 0};
  stalled_ = poll(&polled, 1, stalled_ ? 0 : kPatience) <= 0;
  return !stalled_;
}

std::streamsize TalkBuffer::xsputn(const char* text, std::streamsize count) {
  write_while_ready(text, count);
  return count;  // dropped is as good as said
}

/// Until a signal has arrived the other side is waited for, from then on no longer than a moment.
bool ResultBuffer::ready() {
  for (;;) {
    const bool signaled = interruption_.signal() != 0;
    std::array<pollfd, 2> polled{
        pollfd{.fd = descriptor(), .events = POLLOUT, .revents = 0},
        pollfd{.fd = signaled ? -1 : interruption_.fd(), .events = POLLIN, .revents = 0}};
    const int count = poll(polled.data(), polled.size(), signaled ? kPatience : -1);
    if (polled[0].revents != 0) {
      return true;
    }
    if (signaled || (count < 0 && errno != EINTR)) {
      return false;
    }
  }
}

std::streamsize ResultBuffer::xsputn(const char* text, std::streamsize count) {
  return write_while_ready(text, count);
}

}  // namespace zkb
