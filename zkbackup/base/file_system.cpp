#include "zkbackup/base/file_system.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

class RealOutputFile final : public OutputFile {
 public:
  RealOutputFile(Fd descriptor, fs::path path, const Attributes& attributes)
      : descriptor_{std::move(descriptor)}, path_{std::move(path)}, attributes_{attributes} {}

  void write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) {
        throw system_error("write", path_);
      }
      bytes = bytes.subspan(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
  }

  bool clone_from(const Fd& source) override {
    return ioctl(descriptor_.get(), FICLONE, source.get()) == 0;
  }

  void sync() override {
    // Owner first: a change of owner clears mode bits.
    if (fchown(descriptor_.get(), attributes_.uid, attributes_.gid) != 0) {
      throw system_error("set the owner of", path_);
    }
    if (fchmod(descriptor_.get(), attributes_.mode) != 0) {
      throw system_error("set the mode of", path_);
    }
    if (attributes_.mtime) {
      const std::array times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, *attributes_.mtime};
      if (futimens(descriptor_.get(), times.data()) != 0) {
        throw system_error("set the time of", path_);
      }
    }
    if (fsync(descriptor_.get()) != 0) {
      throw system_error("sync", path_);
    }
  }

  const Fd& descriptor() const noexcept override { return descriptor_; }

 private:
  Fd descriptor_;
  fs::path path_;
  Attributes attributes_;
};

}  // namespace

void RealFileSystem::make_directory(const fs::path& path, const Attributes& attributes) {
  if (mkdir(path.c_str(), S_IRWXU) != 0) {
    throw system_error("make directory", path);
  }
  const Fd directory{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!directory) {
    throw system_error("open directory", path);
  }
  if (fchown(directory.get(), attributes.uid, attributes.gid) != 0) {
    throw system_error("set the owner of", path);
  }
  if (fchmod(directory.get(), attributes.mode) != 0) {
    throw system_error("set the mode of", path);
  }
}

std::unique_ptr<OutputFile> RealFileSystem::create_file(const fs::path& path,
                                                        const Attributes& attributes) {
  Fd file{
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  if (!file) {
    throw system_error("create", path);
  }
  return std::make_unique<RealOutputFile>(std::move(file), path, attributes);
}

std::unique_ptr<OutputFile> RealFileSystem::create_unnamed(const fs::path& directory,
                                                           const Attributes& attributes) {
  Fd file{open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  if (!file) {
    // EISDIR: a kernel that does not know O_TMPFILE. EOPNOTSUPP: a file system that has none.
    if (errno == EOPNOTSUPP || errno == EISDIR) {
      return nullptr;
    }
    throw system_error("create a file without a name in", directory);
  }
  return std::make_unique<RealOutputFile>(std::move(file), directory / "(no name)", attributes);
}

void RealFileSystem::name_file(const OutputFile& unnamed, const fs::path& path) {
  const std::string source = fmt::format("/proc/self/fd/{}", unnamed.descriptor().get());
  if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    throw system_error("give the finished file its name", path);
  }
}

void RealFileSystem::make_symlink(const fs::path& target, const fs::path& link) {
  if (symlink(target.c_str(), link.c_str()) != 0) {
    throw system_error("make symlink", link);
  }
}

void RealFileSystem::rename(const fs::path& from, const fs::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    throw system_error(fmt::format("rename '{}' to", from.native()), to);
  }
}

void RealFileSystem::exchange(const fs::path& a, const fs::path& b) {
  if (renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
    throw system_error(fmt::format("exchange '{}' with", a.native()), b);
  }
}

void RealFileSystem::sync_directory(const fs::path& path) {
  const Fd directory{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory || fsync(directory.get()) != 0) {
    throw system_error("sync directory", path);
  }
}

void RealFileSystem::remove(const fs::path& path) {
  if (::remove(path.c_str()) != 0) {
    throw system_error("remove", path);
  }
}

void remove_partial(FileSystem& disk, const fs::path& partial) {
  if (partial.extension() != ".partial") {
    throw std::logic_error{"remove_partial: " + partial.native()};
  }
  std::error_code error;
  const fs::file_status status = fs::symlink_status(partial, error);
  if (!fs::exists(status)) {
    return;
  }
  std::vector<fs::path> found{partial};
  if (fs::is_directory(status)) {
    for (fs::recursive_directory_iterator entry{partial, error};
         !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
      found.push_back(entry->path());
    }
  }
  if (error) {
    throw system_error("list", partial, error.value());
  }
  // Parents were found before what is in them.
  std::ranges::reverse(found);
  for (const fs::path& path : found) {
    disk.remove(path);
  }
}

}  // namespace zkb
