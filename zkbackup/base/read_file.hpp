#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace zkb {

/// The whole of a small text file. Error{Failed} if it cannot be read or is larger than `most`
/// bytes.
std::string read_small_file(const std::filesystem::path& file,
                            std::size_t most = std::size_t{1} << 20U);

}  // namespace zkb
