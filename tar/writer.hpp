#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "tar/compression.hpp"
#include "tar/member.hpp"

namespace zkb {

/// Writes one archive, in pax format, and keeps the digest of every file it was given. The archive
/// is whole only after finish(); destroyed before that, nothing more is written and what the sink
/// has is no archive.
class ArchiveWriter {
 public:
  ArchiveWriter(Compression compression, ByteSink sink);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  void add_directory(const Member& member);
  /// Reads member.size bytes from `content`; an Error if it ends before that.
  void add_file(const Member& member, const ByteSource& content);
  /// The files added so far, in order.
  const std::vector<MemberDigest>& digests() const noexcept;
  /// End-of-archive marker, the compressor's trailer, the seal (seal.hpp).
  void finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace zkb
