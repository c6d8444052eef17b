#pragma once

#include <string>
#include <vector>

#include "tests/unit/support/bytes.hpp"

namespace zkb::test {

/// A member of an archive that another tool, or an enemy, could have made.
struct ForeignMember {
  std::string name;
  std::string content;
  char type = 'f';     ///< f file, d directory, l symlink, h hard link, c device, p fifo
  std::string target;  ///< of a link
  unsigned mode = 0644;
  std::int64_t sparse_size = 0;  ///< not 0: a sparse file that claims this size
};

/// Writes them as they are, with libarchive, in GNU format (pax where it has to be), without
/// compression.
Bytes foreign_tar(const std::vector<ForeignMember>& members);
Bytes gzipped(const Bytes& bytes);

/// The members of a backup as the original tool laid them down.
std::vector<ForeignMember> original_members();

}  // namespace zkb::test
