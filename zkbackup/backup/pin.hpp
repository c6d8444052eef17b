#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "zkbackup/base/fd.hpp"
#include "zkbackup/base/file_system.hpp"
#include "zkbackup/base/interruption.hpp"
#include "zkbackup/zookeeper/data_layout.hpp"

namespace zkb {

/// What a file was at one moment. In-place changes show in size or mtime; an unlink (a purge)
/// changes neither, and an open descriptor outlives it.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t size = 0;
  timespec mtime{};
};
bool same_content(const FileIdentity& a, const FileIdentity& b) noexcept;

/// A state file that a running ZooKeeper can no longer take from us unnoticed: either an unnamed
/// copy of our own, or ZooKeeper's own file through an open descriptor, which check_held() proves
/// unchanged after it was read.
class PinnedFile {
 public:
  PinnedFile(StateFile file, Fd descriptor, fs::path path);

  const StateFile& file() const noexcept { return file_; }
  const FileIdentity& identity() const noexcept { return identity_; }
  mode_t mode() const noexcept { return mode_; }
  uid_t uid() const noexcept { return uid_; }
  gid_t gid() const noexcept { return gid_; }
  bool copied() const noexcept { return copy_ != nullptr; }
  /// Bytes that are stored: all of it, but of a log nothing of the zeros at its end.
  std::uint64_t stored_size() const noexcept { return stored_size_; }

  /// Fills a part of `bytes` from `offset` on; 0 at stored_size().
  std::size_t read_at(std::span<std::byte> bytes, std::uint64_t offset) const;
  /// From here on it is read from `copy`.
  void use_copy(std::shared_ptr<OutputFile> copy) {
    copy_ = std::move(copy);
    descriptor_ = Fd{};
  }
  /// The descriptor of ZooKeeper's own file.
  const Fd& descriptor() const noexcept { return descriptor_; }
  /// Error{Failed} if the file changed since it was pinned.
  void check_held() const;

 private:
  StateFile file_;
  Fd descriptor_;
  fs::path path_;
  FileIdentity identity_;
  mode_t mode_ = 0;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  std::uint64_t stored_size_ = 0;
  std::shared_ptr<OutputFile> copy_;
};

/// A copy of the snapshot that a start would rewrite in place, made while ZooKeeper still runs so
/// that the outage does not grow with its size. It counts only if the snapshot is still the same at
/// the pin.
struct EarlyCopy {
  FileIdentity original;
  std::shared_ptr<OutputFile> copy;
};

/// Where unnamed copies may be made: the first directory whose file system has such files is taken.
struct CopyPlaces {
  fs::path beside_the_data;           ///< on the data's own file system, for reflinks
  std::vector<fs::path> directories;  ///< for real copies
};

/// The newest snapshot, if no log begins after it: a 3.5+ server that starts with nothing new to
/// replay rewrites it in place, under its own name. nullopt where a log begins after it, or there
/// is none.
std::optional<FileOnHost> snapshot_that_a_start_rewrites(const StateOnHost& state);

std::optional<EarlyCopy> copy_early(const StateOnHost& state, const CopyPlaces& places,
                                    FileSystem& disk, const Interruption& interruption);

/// Takes hold of every state file; to be called while ZooKeeper is down. Takes a time that does not
/// depend on the size of the data: files are opened, and copied only are epochs, the newest log up
/// to 64 MiB, and the snapshot that `early` holds no good copy of. Logs without a record are left
/// out; they are named in `left_out`.
std::vector<PinnedFile> pin(const StateOnHost& state, const std::optional<EarlyCopy>& early,
                            const CopyPlaces& places, FileSystem& disk,
                            const Interruption& interruption, std::vector<fs::path>& left_out);

}  // namespace zkb
