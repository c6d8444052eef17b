#include "zkbackup/backup/archive_file.hpp"

#include <unistd.h>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

constexpr mode_t kPrivate = 0600;  // it holds all that ZooKeeper's ACLs protect

}  // namespace

ArchiveFile::ArchiveFile(FileSystem& disk, const fs::path& archive)
    : disk_{disk}, archive_{fs::absolute(archive)} {
  const Attributes attributes{.mode = kPrivate, .uid = geteuid(), .gid = getegid(), .mtime = {}};
  file_ = disk_.create_unnamed(archive_.parent_path(), attributes);
  if (!file_) {
    partial_ = archive_.parent_path() /
               fmt::format(".{}.{}.partial", archive_.filename().native(), getpid());
    file_ = disk_.create_file(partial_, attributes);
  }
}

ArchiveFile::~ArchiveFile() {
  remove_partial_name();
}

void ArchiveFile::publish() {
  give_name();
  try {
    disk_.sync_directory(archive_.parent_path());
  } catch (const Error&) {
    disk_.remove(archive_);  // the name might not outlive a power cut: then there is no backup
    throw;
  }
  remove_partial_name();
}

void ArchiveFile::give_name() {
  try {
    disk_.name_file(*file_, archive_);
  } catch (const Error&) {
    if (partial_.empty()) {
      throw;
    }
    disk_.rename(partial_, archive_);  // a file system without hard links
    partial_.clear();
  }
}

void ArchiveFile::remove_partial_name() noexcept {
  if (partial_.empty()) {
    return;
  }
  try {
    disk_.remove(partial_);
  } catch (
      const Error&) {  // NOLINT(bugprone-empty-catch): named .partial, it is not taken for a backup
  }
  partial_.clear();
}

}  // namespace zkb
