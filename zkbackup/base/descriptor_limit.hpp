#pragma once

#include <cstdint>

namespace zkb {

/// Raises the number of descriptors that this process may have open to what it may raise it to;
/// what it is then.
std::uint64_t raise_descriptor_limit();

}  // namespace zkb
