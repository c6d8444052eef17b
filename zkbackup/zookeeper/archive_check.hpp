#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tar/reader.hpp"
#include "zkbackup/base/interruption.hpp"
#include "zkbackup/base/reporter.hpp"
#include "zkbackup/zookeeper/manifest.hpp"
#include "zkbackup/zookeeper/state_file.hpp"

namespace zkb {

/// A state file in an archive.
struct ArchivedFile {
  StateFile file;
  Member member;
};

/// What an archive holds, after every byte of it was read and found as it should be.
struct ArchiveContents {
  std::vector<ArchivedFile> files;
  std::vector<MemberDigest> digests;     ///< every file in it but the manifest, in order
  std::vector<std::string> passed_over;  ///< members that are no part of ZooKeeper's state
  std::optional<Manifest> manifest;      ///< none: made by another tool, such as the original
  Sealed sealed = Sealed::No;
  std::uint64_t bytes = 0;      ///< of `files`
  std::uint64_t all_bytes = 0;  ///< of every member
};

/// Called for each state file, before its content is read: gives where the content goes. An empty
/// function: nowhere.
using ContentSinks = std::function<ByteSink(const ArchivedFile&)>;

/// Reads an archive from its first to its last byte. Error{NotValid} if it is damaged, cut short or
/// hostile (see ArchiveReader), holds no snapshot and no log, holds one that does not begin like
/// one, or is not what its manifest says. A missing seal is left to the caller.
ArchiveContents read_archive(const Fd& file, ReadLimits limits, const ContentSinks& sinks,
                             const Interruption& interruption, Reporter& report);

}  // namespace zkb
