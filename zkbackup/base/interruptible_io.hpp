#pragma once

#include <cstddef>
#include <span>

#include "zkbackup/base/interruption.hpp"

namespace zkb {

/// For standard input and output, where the other side may stall for ever: a signal ends the wait
/// (Interrupted).

/// Fills a part of `bytes`; 0 at the end of the input.
std::size_t read_some(int descriptor, std::span<std::byte> bytes, const Interruption& interruption);

void write_all(int descriptor, std::span<const std::byte> bytes, const Interruption& interruption);

}  // namespace zkb
