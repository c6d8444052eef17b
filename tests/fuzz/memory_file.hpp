#pragma once

#include <cstddef>
#include <span>

#include "zkbackup/base/fd.hpp"

namespace zkb::fuzz {

/// A regular file that lives in memory only, and holds `content`.
Fd memory_file(std::span<const std::byte> content);

}  // namespace zkb::fuzz
