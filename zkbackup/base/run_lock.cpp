#include "zkbackup/base/run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

// The lock is no part of the host's state, so it does not pass through the disk seam.

std::string holder(const Fd& file) {
  std::array<char, 64> text{};
  const ssize_t count = pread(file.get(), text.data(), text.size(), 0);
  return count > 0
             ? fmt::format("process {}", printable({text.data(), static_cast<std::size_t>(count)}))
             : std::string{"another process"};
}

void write_holder(const Fd& file, const std::filesystem::path& directory) {
  const std::string pid = std::to_string(getpid());
  if (ftruncate(file.get(), 0) != 0 ||
      pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    throw system_error("write", directory / "lock");
  }
}

}  // namespace

Fd RunLock::open_in(const std::filesystem::path& directory) {
  if (mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    throw system_error("make directory", directory);
  }
  const std::filesystem::path path = directory / "lock";
  Fd file{open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  if (!file) {
    throw system_error("open", path);
  }
  return file;
}

RunLock RunLock::take(const std::filesystem::path& directory) {
  RunLock lock{open_in(directory)};
  if (flock(lock.file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      throw system_error("lock", directory / "lock");
    }
    throw Error{Kind::Locked,
                fmt::format("another run is under way: {} holds '{}'", holder(lock.file_),
                            (directory / "lock").native()),
                "wait until it is over, then run this again"};
  }
  write_holder(lock.file_, directory);
  return lock;
}

void RunLock::wait_for_it(const std::filesystem::path& directory) const {
  while (flock(file_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) {
      throw system_error("wait for the lock", directory / "lock");
    }
  }
  write_holder(file_, directory);
}

}  // namespace zkb
