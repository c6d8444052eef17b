#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "tar/compression.hpp"
#include "tar/member.hpp"
#include "zkbackup/base/fd.hpp"

namespace zkb {

/// What a reader believes of an archive at most, before it has read it.
struct ReadLimits {
  /// Sum of the members' sizes, bytes. A header that claims more is refused before a byte of it is
  /// unpacked: Error{Failed}, or {NotValid} if it is a sparse file.
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t members = 100'000;
  std::string where;  ///< which file system the room is on, for the message
};

enum class Sealed { Yes, No };

/// Reads one archive (tar in any of its formats, plain, gzip or zstd) and trusts nothing in it. It
/// knows files and directories with harmless names only; anything else that is in the archive
/// (links, devices, "..", absolute names, the same name twice, a setuid file, a name that is no
/// UTF-8) is Error{NotValid}, as is any damage.
class ArchiveReader {
 public:
  /// `file`: a regular file, read from its beginning; it must outlive the reader.
  explicit ArchiveReader(const Fd& file, ReadLimits limits = {});
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  /// The next member; nullopt at the end-of-archive marker.
  std::optional<Member> next();
  /// Content of the member that next() returned last; 0 at its end.
  std::size_t read(std::span<std::byte> bytes);
  /// To be called after next() returned nullopt: reads the file to its last byte. Error{NotValid}
  /// if the end-of-archive marker is missing, anything but zeros follows it, or a seal does not
  /// match. An archive without a seal (any other tool's) is not an error here.
  Sealed finish();

  /// Bytes of the file read so far, and its size: for progress.
  std::uint64_t position() const noexcept;
  std::uint64_t size() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zkb
