#include "zkbackup/backup/pin.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "zkbackup/backup/data_end.hpp"
#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

constexpr std::uint64_t kLogHeader = 16;  // magic, version, database id
constexpr std::uint64_t kLogCopyLimit = std::uint64_t{64} * 1024 * 1024;
constexpr std::size_t kChunk = std::size_t{1024} * 1024;

struct stat status_of(const Fd& file, const fs::path& path) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    throw system_error("look at", path);
  }
  return status;
}

FileIdentity identity_of(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<std::uint64_t>(status.st_size),
          .mtime = status.st_mtim};
}

PinnedFile open_pinned(const FileOnHost& found) {
  Fd file{open(found.path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
  if (!file) {
    throw system_error("open", found.path);
  }
  return {found.file, std::move(file), found.path};
}

void copy_content(const PinnedFile& from, OutputFile& to, const Interruption& interruption) {
  std::vector<std::byte> chunk(kChunk);
  std::uint64_t offset = 0;
  while (const std::size_t count = from.read_at(chunk, offset)) {
    interruption.check();
    to.write(std::span{chunk}.first(count));
    offset += count;
  }
}

std::shared_ptr<OutputFile> reflink(const PinnedFile& file, const CopyPlaces& places,
                                    FileSystem& disk) {
  try {
    std::shared_ptr<OutputFile> copy = disk.create_unnamed(places.beside_the_data, {});
    return copy && copy->clone_from(file.descriptor()) ? copy : nullptr;
  } catch (const Error&) {
    return nullptr;  // read-only or full: the copy is made elsewhere, and an error there is told
  }
}

std::shared_ptr<OutputFile> copy_of(const PinnedFile& file, const CopyPlaces& places,
                                    FileSystem& disk, const Interruption& interruption) {
  if (auto copy = reflink(file, places, disk)) {
    return copy;
  }
  for (const fs::path& directory : places.directories) {
    if (std::shared_ptr<OutputFile> copy = disk.create_unnamed(directory, {})) {
      copy_content(file, *copy, interruption);
      return copy;
    }
  }
  throw Error{Kind::Failed, "no directory for the copies can hold files without a name",
              "name a directory on ext4, xfs, btrfs or tmpfs with -t"};
}

const FileOnHost* newest(const StateOnHost& state, StateFileKind kind) {
  const auto last = std::find_if(state.files.rbegin(), state.files.rend(),
                                 [&](const FileOnHost& found) { return found.file.kind == kind; });
  return last == state.files.rend() ? nullptr : &*last;
}

/// Which of the files are copied while ZooKeeper is down.
class Copying {
 public:
  explicit Copying(const StateOnHost& state)
      : newest_log_{newest(state, StateFileKind::Log)},
        rewritten_{snapshot_that_a_start_rewrites(state)} {}

  bool wants(const PinnedFile& file) const {
    switch (file.file().kind) {
      case StateFileKind::Epoch:
        return true;
      case StateFileKind::Log:
        return newest_log_->file.name == file.file().name && file.stored_size() <= kLogCopyLimit;
      case StateFileKind::Snapshot:
        break;
    }
    return rewritten_ && rewritten_->file.name == file.file().name;
  }

 private:
  const FileOnHost* newest_log_;
  std::optional<FileOnHost> rewritten_;
};

bool has_no_record(const PinnedFile& file) {
  return file.file().kind == StateFileKind::Log && file.stored_size() <= kLogHeader;
}

}  // namespace

bool same_content(const FileIdentity& a, const FileIdentity& b) noexcept {
  return a.device == b.device && a.inode == b.inode && a.size == b.size &&
         a.mtime.tv_sec == b.mtime.tv_sec && a.mtime.tv_nsec == b.mtime.tv_nsec;
}

PinnedFile::PinnedFile(StateFile file, Fd descriptor, fs::path path)
    : file_{std::move(file)}, descriptor_{std::move(descriptor)}, path_{std::move(path)} {
  const struct stat status = status_of(descriptor_, path_);
  if (!S_ISREG(status.st_mode)) {
    throw Error{Kind::NotValid, fmt::format("'{}' is no regular file", path_.native())};
  }
  identity_ = identity_of(status);
  mode_ = status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);
  uid_ = status.st_uid;
  gid_ = status.st_gid;
  stored_size_ = file_.kind == StateFileKind::Log
                     ? in_step(path_.native(), [&] { return end_of_data(descriptor_); })
                     : identity_.size;
}

std::size_t PinnedFile::read_at(std::span<std::byte> bytes, std::uint64_t offset) const {
  const std::size_t wanted = std::min<std::uint64_t>(bytes.size(), stored_size_ - offset);
  const Fd& from = copy_ ? copy_->descriptor() : descriptor_;
  const ssize_t count = pread(from.get(), bytes.data(), wanted, static_cast<off_t>(offset));
  if (count < 0) {
    throw system_error("read", path_);
  }
  return static_cast<std::size_t>(count);
}

void PinnedFile::check_held() const {
  if (!copied() && !same_content(identity_, identity_of(status_of(descriptor_, path_)))) {
    throw Error{
        Kind::Failed,
        fmt::format("'{}' was changed while it was read: the pin did not hold", path_.native()),
        "run this again"};
  }
}

std::optional<FileOnHost> snapshot_that_a_start_rewrites(const StateOnHost& state) {
  const FileOnHost* const snapshot = newest(state, StateFileKind::Snapshot);
  const FileOnHost* const log = newest(state, StateFileKind::Log);
  if (snapshot == nullptr || (log != nullptr && *log->file.zxid > *snapshot->file.zxid)) {
    return std::nullopt;
  }
  return *snapshot;
}

std::optional<EarlyCopy> copy_early(const StateOnHost& state, const CopyPlaces& places,
                                    FileSystem& disk, const Interruption& interruption) {
  const std::optional<FileOnHost> snapshot = snapshot_that_a_start_rewrites(state);
  if (!snapshot) {
    return std::nullopt;
  }
  const PinnedFile file = open_pinned(*snapshot);
  return EarlyCopy{.original = file.identity(), .copy = copy_of(file, places, disk, interruption)};
}

std::vector<PinnedFile> pin(const StateOnHost& state, const std::optional<EarlyCopy>& early,
                            const CopyPlaces& places, FileSystem& disk,
                            const Interruption& interruption, std::vector<fs::path>& left_out) {
  const Copying copying{state};
  std::vector<PinnedFile> pinned;
  for (const FileOnHost& found : state.files) {
    interruption.check();
    PinnedFile file = open_pinned(found);
    if (has_no_record(file)) {
      left_out.push_back(found.path);
      continue;
    }
    if (early && same_content(early->original, file.identity())) {
      file.use_copy(early->copy);
    } else if (copying.wants(file)) {
      file.use_copy(copy_of(file, places, disk, interruption));
    }
    pinned.push_back(std::move(file));
  }
  return pinned;
}

}  // namespace zkb
