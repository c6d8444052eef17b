#pragma once

#include <filesystem>

#include "zkbackup/base/fd.hpp"

namespace zkb {

/// One run at a time on a host: an flock on `directory`/lock, which the kernel gives back however
/// the process ends. The file names its holder, for the message of whoever comes second.
class RunLock {
 public:
  /// Makes `directory` (0700) if it is missing. Error{Locked} at once, naming the holder, if
  /// another run has it.
  static RunLock take(const std::filesystem::path& directory);
  /// Waits until the run that holds it is over. `ready` is called once this is in line, before it
  /// waits.
  template <typename Ready>
  static RunLock wait(const std::filesystem::path& directory, Ready&& ready) {
    RunLock lock{open_in(directory)};
    ready();
    lock.wait_for_it(directory);
    return lock;
  }

 private:
  explicit RunLock(Fd file) : file_{std::move(file)} {}
  static Fd open_in(const std::filesystem::path& directory);
  void wait_for_it(const std::filesystem::path& directory) const;

  Fd file_;
};

}  // namespace zkb
