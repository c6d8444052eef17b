#include "tar/reader.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <exception>
#include <unordered_set>
#include <vector>

#include "tar/member_name.hpp"
#include "tar/seal.hpp"
#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;
constexpr std::uint64_t kEndMarker = 1024;  // two blocks of zeros
// GNU tar's largest usual record; whoever pads further wants to keep us busy.
constexpr std::uint64_t kMostPadding = std::uint64_t{16} * 1024 * 1024;

// The names are kept, to notice one that comes twice.
constexpr std::size_t kMostNameBytes = std::size_t{16} * 1024 * 1024;

Error not_valid(std::string what) {
  return {Kind::NotValid, std::move(what)};
}

/// The file's bytes up to its seal, digested as they are read.
class SealedFile {
 public:
  explicit SealedFile(const Fd& file) : file_{file} {
    struct stat status {};
    if (fstat(file_.get(), &status) != 0) {
      throw system_error("look at", "the archive");
    }
    if (!S_ISREG(status.st_mode)) {
      throw not_valid("it is not a regular file");
    }
    if (status.st_size == 0) {
      throw not_valid("it is empty (0 bytes)");
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
    std::array<std::byte, 8> beginning{};
    compression_ = compression_of(std::span{beginning}.first(read_at(beginning, 0)));
    find_seal();
  }

  std::size_t read(std::span<std::byte> bytes) {
    const std::uint64_t left = payload_ - position_;
    const std::size_t wanted = std::min<std::uint64_t>(left, bytes.size());
    const std::size_t count = read_at(bytes.first(wanted), position_);
    if (count == 0 && wanted > 0) {
      throw not_valid("it became shorter while it was read");
    }
    digest_.update(bytes.first(count));
    position_ += count;
    return count;
  }

  /// All bytes before the seal were read: do they match it?
  Sealed check_seal() {
    if (position_ != payload_) {
      throw not_valid(fmt::format("{} bytes follow the end of the archive at offset {}",
                                  payload_ - position_, position_));
    }
    if (!seal_) {
      return Sealed::No;
    }
    if (digest_.finish() != *seal_) {
      throw not_valid("its bytes are not those that were sealed: the file was altered or damaged");
    }
    return Sealed::Yes;
  }

  Compression compression() const noexcept { return compression_; }
  std::uint64_t position() const noexcept { return position_; }
  std::uint64_t size() const noexcept { return size_; }

 private:
  std::size_t read_at(std::span<std::byte> bytes, std::uint64_t offset) const {
    for (;;) {
      const ssize_t count =
          pread(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (count >= 0) {
        return static_cast<std::size_t>(count);
      }
      if (errno != EINTR) {
        throw system_error("read", "the archive");
      }
    }
  }

  void find_seal() {
    payload_ = size_;
    std::vector<std::byte> ending(seal_size(compression_));
    if (size_ < ending.size()) {
      return;
    }
    ending.resize(read_at(ending, size_ - ending.size()));
    seal_ = read_seal(compression_, ending);
    if (seal_) {
      payload_ -= ending.size();
    }
  }

  const Fd& file_;
  Compression compression_ = Compression::None;
  std::uint64_t size_ = 0;
  std::uint64_t payload_ = 0;  ///< bytes before the seal
  std::uint64_t position_ = 0;
  std::optional<Sha256Value> seal_;
  Sha256 digest_;
};

/// Counts the tar stream's bytes and remembers where the last one that is not zero was.
struct TarStreamEnd {
  std::uint64_t total = 0;
  std::uint64_t after_last_nonzero = 0;

  void note(std::span<const std::byte> bytes) {
    const auto last = std::find_if(bytes.rbegin(), bytes.rend(),
                                   [](std::byte byte) { return byte != std::byte{0}; });
    if (last != bytes.rend()) {
      after_last_nonzero = total + static_cast<std::uint64_t>(bytes.rend() - last);
    }
    total += bytes.size();
  }
};

std::string_view text_or_empty(const char* text) {
  return text != nullptr ? text : "";
}

std::string_view type_name(archive_entry* entry) {
  switch (archive_entry_filetype(entry)) {
    case AE_IFLNK:
      return "a symlink";
    case AE_IFCHR:
    case AE_IFBLK:
      return "a device";
    case AE_IFIFO:
      return "a fifo";
    case AE_IFSOCK:
      return "a socket";
    default:
      return "of an unknown type";
  }
}

MemberType harmless_type(archive_entry* entry) {
  if (const char* const target = archive_entry_hardlink(entry)) {
    throw not_valid(fmt::format("is a hard link to '{}'", printable(target)));
  }
  const auto type = archive_entry_filetype(entry);
  if (type == AE_IFDIR) {
    return MemberType::Directory;
  }
  if (type != AE_IFREG) {
    throw not_valid(
        fmt::format("is {}; a backup holds files and directories only", type_name(entry)));
  }
  if ((archive_entry_mode(entry) & (S_ISUID | S_ISGID)) != 0) {
    throw not_valid("has a setuid or setgid bit");
  }
  return MemberType::File;
}

}  // namespace

class ArchiveReader::Impl {
 public:
  Impl(const Fd& file, ReadLimits limits) : file_{file}, limits_{std::move(limits)} {
    decompressor_ = make_decompressor(
        file_.compression(), [this](std::span<std::byte> bytes) { return file_.read(bytes); });
    check(archive_read_support_format_tar(handle_.get()), "read tar");
    check(archive_read_open2(handle_.get(), this, nullptr, read_callback, nullptr, nullptr),
          "open it");
  }

  std::optional<Member> next() {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(handle_.get(), &entry);
    if (result == ARCHIVE_EOF && !thrown_) {
      return std::nullopt;
    }
    check(result, "read the next member");
    if (++members_ > limits_.members) {
      throw not_valid(fmt::format("it has more than {} members", limits_.members));
    }
    const std::string raw_name{text_or_empty(archive_entry_pathname(entry))};
    return in_step(fmt::format("member '{}'", printable(raw_name)),
                   [&] { return to_member(raw_name, entry); });
  }

  std::size_t read(std::span<std::byte> bytes) {
    const la_ssize_t result = archive_read_data(handle_.get(), bytes.data(), bytes.size());
    check(result, "read the content");
    const auto count = static_cast<std::size_t>(result);
    if (count > left_) {  // a sparse map can reach beyond the size in the header
      throw not_valid("has more content than its header says");
    }
    left_ -= count;
    return count;
  }

  Sealed finish() {
    const auto marker = static_cast<std::uint64_t>(archive_read_header_position(handle_.get()));
    while (fill_chunk() > 0) {
      check_padding(marker);
    }
    check_padding(marker);
    if (end_.total < marker + kEndMarker) {
      throw not_valid("the archive is cut short: its end-of-archive marker is missing");
    }
    return file_.check_seal();
  }

  const SealedFile& file() const noexcept { return file_; }

 private:
  struct Free {
    void operator()(archive* handle) const noexcept { archive_read_free(handle); }
  };

  Member to_member(const std::string& raw_name, archive_entry* entry) {
    Member member{.name = plain_member_name(raw_name), .type = harmless_type(entry)};
    name_bytes_ += member.name.size();
    if (name_bytes_ > kMostNameBytes) {
      throw not_valid("is one name too many: together they are longer than any backup's");
    }
    if (!names_.insert(member.name).second) {
      throw not_valid("is there twice");
    }
    if (member.type == MemberType::File) {
      member.size = checked_size(entry);
    }
    left_ = member.size;
    member.mode = archive_entry_perm(entry) & (S_IRWXU | S_IRWXG | S_IRWXO);
    member.uid = static_cast<uid_t>(archive_entry_uid(entry));
    member.gid = static_cast<gid_t>(archive_entry_gid(entry));
    member.user = text_or_empty(archive_entry_uname(entry));
    member.group = text_or_empty(archive_entry_gname(entry));
    member.mtime = {.tv_sec = archive_entry_mtime(entry),
                    .tv_nsec = archive_entry_mtime_nsec(entry)};
    return member;
  }

  std::uint64_t checked_size(archive_entry* entry) {
    const la_int64_t claimed = archive_entry_size(entry);
    const auto size = static_cast<std::uint64_t>(claimed);
    if (claimed < 0 || size > limits_.bytes - bytes_) {
      // Holes cost an archive nothing, so what they claim says nothing of what there is.
      const bool sparse = claimed < 0 || archive_entry_sparse_count(entry) > 0;
      throw Error{sparse ? Kind::NotValid : Kind::Failed,
                  fmt::format("claims {} bytes{}; with {} bytes before it that is more than the {} "
                              "bytes that there is room for",
                              claimed, sparse ? " as a sparse file" : "", bytes_, limits_.bytes) +
                      limits_.where,
                  "if the archive is as it should be, make room, then run this again"};
    }
    bytes_ += size;
    return size;
  }

  void check_padding(std::uint64_t marker) const {
    if (end_.after_last_nonzero > marker) {
      throw not_valid(
          fmt::format("other data follows its end (at offset {} of the tar stream): two archives "
                      "glued together?",
                      marker));
    }
    if (end_.total > marker + kMostPadding) {
      throw not_valid("endless zeros follow its end");
    }
  }

  std::size_t fill_chunk() {
    const std::size_t count = decompressor_->read(chunk_);
    end_.note(std::span{chunk_}.first(count));
    return count;
  }

  // Exceptions must not pass through libarchive's frames: kept here, thrown again by check().
  static la_ssize_t read_callback(archive* handle, void* self_pointer, const void** bytes) {
    auto& self = *static_cast<Impl*>(self_pointer);
    try {
      *bytes = self.chunk_.data();
      return static_cast<la_ssize_t>(self.fill_chunk());
    } catch (...) {  // NOLINT(bugprone-empty-catch): it is kept
      self.thrown_ = std::current_exception();
    }
    archive_set_error(handle, EIO, "the archive's bytes cannot be read");
    return -1;
  }

  /// ARCHIVE_WARN counts as well: a backup that unpacks almost is a bad backup.
  void check(la_ssize_t result, std::string_view action) {
    if (thrown_) {
      std::rethrow_exception(std::exchange(thrown_, nullptr));
    }
    if (result < 0) {
      const la_int64_t offset = archive_read_header_position(handle_.get());
      if (members_ == 0 && offset <= 0) {
        throw not_valid("it is no tar archive");
      }
      throw not_valid(fmt::format("cannot {} (at offset {} of the tar stream): {}", action, offset,
                                  text_or_empty(archive_error_string(handle_.get()))));
    }
  }

  SealedFile file_;
  ReadLimits limits_;
  std::unique_ptr<Decompressor> decompressor_;
  std::vector<std::byte> chunk_ = std::vector<std::byte>(kChunk);
  TarStreamEnd end_;
  std::exception_ptr thrown_;
  std::unique_ptr<archive, Free> handle_{archive_read_new()};
  std::unordered_set<std::string> names_;
  std::uint64_t members_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t left_ = 0;  ///< of the current member's size
  std::size_t name_bytes_ = 0;
};

ArchiveReader::ArchiveReader(const Fd& file, ReadLimits limits)
    : impl_{std::make_unique<Impl>(file, std::move(limits))} {}

ArchiveReader::~ArchiveReader() = default;

std::optional<Member> ArchiveReader::next() {
  return impl_->next();
}

std::size_t ArchiveReader::read(std::span<std::byte> bytes) {
  return impl_->read(bytes);
}

Sealed ArchiveReader::finish() {
  return impl_->finish();
}

std::uint64_t ArchiveReader::position() const noexcept {
  return impl_->file().position();
}

std::uint64_t ArchiveReader::size() const noexcept {
  return impl_->file().size();
}

}  // namespace zkb
