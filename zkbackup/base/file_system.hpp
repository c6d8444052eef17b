#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "zkbackup/base/fd.hpp"

namespace zkb {

namespace fs = std::filesystem;

/// What a file or directory is given when it is made. `mode` holds permission bits only (0 to
/// 0777).
struct Attributes {
  mode_t mode = 0600;
  uid_t uid = 0;
  gid_t gid = 0;
  std::optional<timespec> mtime;  ///< none: the time of writing
  friend bool operator==(const Attributes& a, const Attributes& b) noexcept {
    return a.mode == b.mode && a.uid == b.uid && a.gid == b.gid;
  }
};

/// A file that is being written. Nothing is promised about its content on disk before sync()
/// returned; the destructor closes without a word.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  /// Makes this (empty) file share the blocks of `source`; false where the file system cannot
  /// (ext4, two file systems), and then nothing has happened.
  virtual bool clone_from(const Fd& source) = 0;
  /// Sets the attributes it was made with (owner, mode, mtime) and waits until content and
  /// attributes are on the disk.
  virtual void sync() = 0;
  /// For reading back what was written. Owned by this.
  virtual const Fd& descriptor() const noexcept = 0;
};

/// Every way in which this product changes the disk, each as small as one system call. Tests stop,
/// fail or kill a run between any two of these calls, so nothing may change the disk around it.
/// Failures are Error{Failed} with action, path and the system's words.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual void make_directory(const fs::path&, const Attributes&) = 0;
  /// A new file under its name; an Error if there is something of that name.
  virtual std::unique_ptr<OutputFile> create_file(const fs::path&, const Attributes&) = 0;
  /// A new file without a name on the file system of `directory`: whatever happens to us, it leaves
  /// nothing behind. nullptr where the file system has no such files.
  virtual std::unique_ptr<OutputFile> create_unnamed(const fs::path& directory,
                                                     const Attributes&) = 0;
  /// Gives an unnamed file its name; an Error if there is something of that name.
  virtual void name_file(const OutputFile& unnamed, const fs::path&) = 0;
  virtual void make_symlink(const fs::path& target, const fs::path& link) = 0;
  /// Never replaces: an Error if there is something at `to`.
  virtual void rename(const fs::path& from, const fs::path& to) = 0;
  /// Swaps the two in one step: at every instant each name leads to one of them.
  virtual void exchange(const fs::path& a, const fs::path& b) = 0;
  virtual void sync_directory(const fs::path&) = 0;
  virtual void remove(const fs::path& file_or_empty_directory) = 0;
};

/// The host's own disk.
class RealFileSystem final : public FileSystem {
 public:
  void make_directory(const fs::path&, const Attributes&) override;
  std::unique_ptr<OutputFile> create_file(const fs::path&, const Attributes&) override;
  std::unique_ptr<OutputFile> create_unnamed(const fs::path& directory, const Attributes&) override;
  void name_file(const OutputFile& unnamed, const fs::path&) override;
  void make_symlink(const fs::path& target, const fs::path& link) override;
  void rename(const fs::path& from, const fs::path& to) override;
  void exchange(const fs::path& a, const fs::path& b) override;
  void sync_directory(const fs::path&) override;
  void remove(const fs::path& file_or_empty_directory) override;
};

/// Removes `partial` and everything below it, through the seam; nothing if it is not there. Only
/// for what this product made itself and named ".partial": any other name is a programming error
/// and throws.
void remove_partial(FileSystem& disk, const fs::path& partial);

}  // namespace zkb
