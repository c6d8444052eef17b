#pragma once

#include "zkbackup/base/fd.hpp"

namespace zkb {

/// The signals that ask the process to give up: SIGINT, SIGQUIT, SIGTERM, SIGHUP (a dropped ssh
/// connection) and SIGPIPE (the reader of our output is gone). They never end the process by
/// themselves: work that can still be put back calls check() between its steps, waits that can last
/// poll fd() as well. From the first signal on, signal() stays set; later signals change nothing.
class Interruption {
 public:
  virtual ~Interruption() = default;
  /// Throws Interrupted once a signal has arrived.
  void check() const;
  /// The first signal that arrived; 0 if none.
  virtual int signal() const noexcept = 0;
  /// Readable (poll: POLLIN) from the first signal on; -1 where nothing can ever arrive.
  virtual int fd() const noexcept = 0;
};

/// The process's own signals. At most one at a time; the handlers stay installed until it is
/// destroyed. A signal that was ignored when the process began (nohup, a background job) stays
/// ignored. So are, from here on, the signals that would suspend the process, as ZooKeeper could be
/// down meanwhile (Ctrl-Z), and SIGXFSZ, for an error says more.
class SignalInterruption final : public Interruption {
 public:
  SignalInterruption();
  ~SignalInterruption() override;
  SignalInterruption(const SignalInterruption&) = delete;
  SignalInterruption& operator=(const SignalInterruption&) = delete;

  int signal() const noexcept override;
  int fd() const noexcept override { return event_.get(); }

 private:
  Fd event_;
};

/// For work that must not be given up, such as putting things back.
class NoInterruption final : public Interruption {
 public:
  int signal() const noexcept override { return 0; }
  int fd() const noexcept override { return -1; }
};

}  // namespace zkb
