#include "zkbackup/base/interruption.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

constexpr std::array kSignals{SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE};
constexpr std::array kIgnored{SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ};

// What a signal handler may touch: lock-free atomics and a descriptor. Process-wide, as signals
// are.
std::atomic<int> first_signal{0};
std::atomic<int> event_descriptor{-1};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void note_signal(int signal_number) {
  const int saved_errno = errno;
  int none = 0;
  if (first_signal.compare_exchange_strong(none, signal_number)) {
    const std::uint64_t one = 1;
    // Cannot block and cannot fail: the counter of a fresh eventfd has room for it.
    [[maybe_unused]] const ssize_t written = write(event_descriptor.load(), &one, sizeof one);
  }
  errno = saved_errno;
}

void set_handler(int signal_number, void (*handler)(int)) {
  struct sigaction before {};
  // systemd and Python start programs with SIGPIPE ignored, and do not mean the program to.
  if (signal_number != SIGPIPE && sigaction(signal_number, nullptr, &before) == 0 &&
      before.sa_handler == SIG_IGN) {
    return;
  }
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // system calls go on; waits watch fd() instead
  if (sigaction(signal_number, &action, nullptr) != 0) {
    throw system_error("install a signal handler for", strsignal(signal_number));
  }
}

}  // namespace

void Interruption::check() const {
  if (const int number = signal(); number != 0) {
    throw Interrupted{number};
  }
}

SignalInterruption::SignalInterruption() : event_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (!event_) {
    throw system_error("make an event descriptor for", "signals");
  }
  first_signal = 0;
  event_descriptor = event_.get();
  for (const int number : kSignals) {
    set_handler(number, note_signal);
  }
  for (const int number : kIgnored) {
    set_handler(number, SIG_IGN);
  }
}

SignalInterruption::~SignalInterruption() {
  for (const int number : kSignals) {
    // SIGPIPE stays ignored to the end: the last lines of output may meet a closed pipe as well.
    static_cast<void>(std::signal(number, number == SIGPIPE ? SIG_IGN : SIG_DFL));
  }
  event_descriptor = -1;
}

int SignalInterruption::signal() const noexcept {
  return first_signal.load();
}

}  // namespace zkb
