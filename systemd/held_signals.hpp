#pragma once

#include <csignal>

namespace zkb {

/// While it lives, no signal handler runs in this thread: sd-bus gives up a call with EINTR when
/// one does, and by then nobody knows whether systemd has heard it. Signals that arrive are
/// delivered afterwards.
class HeldSignals {
 public:
  HeldSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace zkb
