#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tar/compression.hpp"
#include "zkbackup/base/fd.hpp"

namespace zkb::test {

namespace fs = std::filesystem;

using Bytes = std::vector<std::byte>;

Bytes bytes_of(std::string_view text);
std::string text_of(const Bytes& bytes);
/// A sink that appends to `bytes`, which must outlive it.
ByteSink into(Bytes& bytes);
/// Gives `bytes` in pieces of at most `piece`.
ByteSource pieces_of(Bytes bytes, std::size_t piece = 7);
/// Bytes that no compressor makes smaller; the same for the same seed.
Bytes noise(std::size_t size, std::uint32_t seed = 1);

Bytes read_file(const fs::path& file);
void write_file(const fs::path& file, std::string_view text);
void write_file(const fs::path& file, const Bytes& bytes);
Fd open_file(const fs::path& file);

/// A directory of its own, removed with all that is in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const fs::path& path() const noexcept { return path_; }
  fs::path operator/(const fs::path& name) const { return path_ / name; }

 private:
  fs::path path_;
};

}  // namespace zkb::test
