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

template <typename Buffer>
typename Buffer::int_type put_one(Buffer& buffer, typename Buffer::int_type character) {
  using Traits = typename Buffer::traits_type;
  if (Traits::eq_int_type(character, Traits::eof())) {
    return Traits::not_eof(character);
  }
  const char c = Traits::to_char_type(character);
  return buffer.sputn(&c, 1) == 1 ? character : Traits::eof();
}

}  // namespace

bool TalkBuffer::ready() {
  pollfd polled{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  stalled_ = poll(&polled, 1, stalled_ ? 0 : kPatience) <= 0;
  return !stalled_;
}

TalkBuffer::int_type TalkBuffer::overflow(int_type character) {
  return put_one(*this, character);
}

std::streamsize TalkBuffer::xsputn(const char* text, std::streamsize count) {
  std::streamsize left = count;
  while (left > 0 && ready()) {
    // A pipe that is ready takes this many bytes without blocking.
    const auto piece = static_cast<std::size_t>(std::min<std::streamsize>(left, PIPE_BUF));
    const ssize_t written = write(descriptor_, text + (count - left), piece);
    if (written <= 0) {
      break;  // nobody is there any more to be told
    }
    left -= written;
  }
  return count;  // dropped is as good as said: talk never changes an outcome
}

ResultBuffer::int_type ResultBuffer::overflow(int_type character) {
  return put_one(*this, character);
}

/// Until a signal has arrived the other side is waited for, from then on no longer than a moment.
bool ResultBuffer::ready() {
  for (;;) {
    const bool signaled = interruption_.signal() != 0;
    std::array<pollfd, 2> polled{
        pollfd{.fd = descriptor_, .events = POLLOUT, .revents = 0},
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
  std::streamsize left = count;
  while (left > 0 && ready()) {
    const auto piece = static_cast<std::size_t>(std::min<std::streamsize>(left, PIPE_BUF));
    const ssize_t written = write(descriptor_, text + (count - left), piece);
    if (written <= 0) {
      break;
    }
    left -= written;
  }
  return count - left;  // less than `count` turns the stream bad: whoever writes a result asks it
}

}  // namespace zkb
