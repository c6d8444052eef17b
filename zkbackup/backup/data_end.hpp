#pragma once

#include <cstdint>

#include "zkbackup/base/fd.hpp"

namespace zkb {

/// The offset after the last byte of `file` that is not zero; 0 if there is none. Holes are passed
/// over without reading them, so a preallocated log of 64 MiB takes no longer than what is in it.
std::uint64_t end_of_data(const Fd& file);

}  // namespace zkb
