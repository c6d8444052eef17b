#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include "tar/digest.hpp"

namespace zkb {

enum class MemberType { File, Directory };

/// One entry of an archive. `name` is always relative, "./" first, and made of plain components:
/// none empty, ".", or "..". (A directory's name has no slash at its end.)
struct Member {
  std::string name;
  MemberType type = MemberType::File;
  std::uint64_t size = 0;  ///< bytes; 0 for a directory
  mode_t mode = 0;         ///< permission bits, 0 to 0777
  uid_t uid = 0;
  gid_t gid = 0;
  std::string user;
  std::string group;
  timespec mtime{};
};

/// A file member's content, as it was written to or read from an archive.
struct MemberDigest {
  std::string name;
  std::uint64_t size = 0;
  Sha256Value sha256{};
  friend bool operator==(const MemberDigest&, const MemberDigest&) = default;
};

}  // namespace zkb
