#pragma once

#include <memory>

#include "zkbackup/base/file_system.hpp"

namespace zkb {

/// The archive while it is written: a file without a name where the file system has such files,
/// else one called `.<name>.<pid>.partial`. Unless publish() was reached, nothing of it is left
/// behind.
class ArchiveFile {
 public:
  ArchiveFile(FileSystem& disk, const fs::path& archive);
  ~ArchiveFile();
  ArchiveFile(const ArchiveFile&) = delete;
  ArchiveFile& operator=(const ArchiveFile&) = delete;

  OutputFile& file() noexcept { return *file_; }
  /// Gives the file its final name, for good: name and directory are synced. Never replaces a file.
  void publish();

 private:
  void give_name();
  void remove_partial_name() noexcept;

  FileSystem& disk_;
  fs::path archive_;
  fs::path partial_;  ///< empty: the file has no name
  std::unique_ptr<OutputFile> file_;
};

}  // namespace zkb
