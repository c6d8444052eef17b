#include "tar/writer.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <exception>

#include "tar/seal.hpp"
#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;

struct FreeEntry {
  void operator()(archive_entry* entry) const noexcept { archive_entry_free(entry); }
};

std::unique_ptr<archive_entry, FreeEntry> make_entry(const Member& member) {
  std::unique_ptr<archive_entry, FreeEntry> entry{archive_entry_new()};
  const bool directory = member.type == MemberType::Directory;
  archive_entry_set_pathname(entry.get(), (member.name + (directory ? "/" : "")).c_str());
  archive_entry_set_filetype(entry.get(), directory ? AE_IFDIR : AE_IFREG);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.size));
  archive_entry_set_perm(entry.get(), member.mode);
  archive_entry_set_uid(entry.get(), member.uid);
  archive_entry_set_gid(entry.get(), member.gid);
  archive_entry_set_uname(entry.get(), member.user.c_str());
  archive_entry_set_gname(entry.get(), member.group.c_str());
  archive_entry_set_mtime(entry.get(), member.mtime.tv_sec, member.mtime.tv_nsec);
  return entry;
}

}  // namespace

class ArchiveWriter::Impl {
 public:
  Impl(Compression compression, ByteSink sink)
      : compression_{compression},
        sink_{std::move(sink)},
        compressor_{make_compressor(compression, [this](std::span<const std::byte> bytes) {
          digest_.update(bytes);
          sink_(bytes);
        })} {
    check(archive_write_set_format_pax(handle_.get()), "choose the pax format");
    check(archive_write_open2(handle_.get(), this, nullptr, write_callback, nullptr, nullptr),
          "begin the archive");
  }

  /// The free completes an archive that was not finished, and makes a short one look whole: into
  /// nothing.
  ~Impl() { given_up_ = true; }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void add_header(const Member& member) {
    in_step(member.name, [&] {
      check(archive_write_header(handle_.get(), make_entry(member).get()), "write the header");
    });
  }

  void add_content(const Member& member, const ByteSource& content) {
    in_step(member.name, [&] {
      Sha256 digest;
      std::uint64_t left = member.size;
      while (left > 0) {
        const std::size_t wanted = std::min<std::uint64_t>(left, chunk_.size());
        const std::size_t count = content(std::span{chunk_}.first(wanted));
        if (count == 0) {
          throw Error{Kind::Failed, fmt::format("ended {} bytes early while it was read", left)};
        }
        digest.update(std::span{chunk_}.first(count));
        check(archive_write_data(handle_.get(), chunk_.data(), count), "write the content");
        left -= count;
      }
      check(archive_write_finish_entry(handle_.get()), "end the member");
      digests_.push_back({.name = member.name, .size = member.size, .sha256 = digest.finish()});
    });
  }

  void finish() {
    check(archive_write_close(handle_.get()), "end the archive");
    compressor_->finish();
    sink_(make_seal(compression_, digest_.finish()));
  }

  const std::vector<MemberDigest>& digests() const noexcept { return digests_; }

 private:
  struct Free {
    void operator()(archive* handle) const noexcept { archive_write_free(handle); }
  };

  // Exceptions must not pass through libarchive's frames: kept here, thrown again by check().
  // libarchive is told that all is well: after an error of its own it forgets to free its buffers.
  // (3.6)
  static la_ssize_t write_callback(archive* /*handle*/, void* self_pointer, const void* bytes,
                                   std::size_t count) {
    auto& self = *static_cast<Impl*>(self_pointer);
    if (!self.given_up_) {
      try {
        self.compressor_->write({static_cast<const std::byte*>(bytes), count});
      } catch (...) {  // NOLINT(bugprone-empty-catch): it is kept
        self.thrown_ = std::current_exception();
        self.given_up_ = true;
      }
    }
    return static_cast<la_ssize_t>(count);
  }

  void check(la_ssize_t result, std::string_view action) {
    if (thrown_) {
      std::rethrow_exception(std::exchange(thrown_, nullptr));
    }
    if (given_up_) {
      throw Error{Kind::Failed, fmt::format("cannot {}: the archive was given up before", action)};
    }
    if (result < 0) {
      const char* const reason = archive_error_string(handle_.get());
      throw Error{Kind::Failed, fmt::format("cannot {}: {}", action, reason ? reason : "unknown")};
    }
  }

  Compression compression_;
  ByteSink sink_;
  Sha256 digest_;
  std::unique_ptr<Compressor> compressor_;
  std::exception_ptr thrown_;
  bool given_up_ = false;  ///< from here on nothing reaches the sink
  std::unique_ptr<archive, Free> handle_{archive_write_new()};
  std::vector<std::byte> chunk_ = std::vector<std::byte>(kChunk);
  std::vector<MemberDigest> digests_;
};

ArchiveWriter::ArchiveWriter(Compression compression, ByteSink sink)
    : impl_{std::make_unique<Impl>(compression, std::move(sink))} {}

ArchiveWriter::~ArchiveWriter() = default;

void ArchiveWriter::add_directory(const Member& member) {
  impl_->add_header(member);
}

void ArchiveWriter::add_file(const Member& member, const ByteSource& content) {
  impl_->add_header(member);
  impl_->add_content(member, content);
}

const std::vector<MemberDigest>& ArchiveWriter::digests() const noexcept {
  return impl_->digests();
}

void ArchiveWriter::finish() {
  impl_->finish();
}

}  // namespace zkb
