#include "tests/unit/support/bytes.hpp"

#include <fcntl.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace zkb::test {

Bytes bytes_of(std::string_view text) {
  Bytes bytes;
  std::ranges::transform(text, std::back_inserter(bytes),
                         [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

std::string text_of(const Bytes& bytes) {
  std::string text;
  std::ranges::transform(bytes, std::back_inserter(text),
                         [](std::byte byte) { return static_cast<char>(byte); });
  return text;
}

ByteSink into(Bytes& bytes) {
  return [&bytes](std::span<const std::byte> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
}

ByteSource pieces_of(Bytes bytes, std::size_t piece) {
  return [bytes = std::move(bytes), position = std::size_t{0},
          piece](std::span<std::byte> out) mutable {
    const std::size_t count = std::min({piece, out.size(), bytes.size() - position});
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(position), count, out.begin());
    position += count;
    return count;
  };
}

Bytes noise(std::size_t size, std::uint32_t seed) {
  std::mt19937 random{seed};
  Bytes bytes(size);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random()); });
  return bytes;
}

Bytes read_file(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  if (!stream) {
    throw std::runtime_error{"cannot read " + file.native()};
  }
  return bytes_of(std::string{std::istreambuf_iterator<char>{stream}, {}});
}

void write_file(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream stream{file, std::ios::binary};
  stream << text;
  stream.close();
  if (!stream) {
    throw std::runtime_error{"cannot write " + file.native()};
  }
}

void write_file(const fs::path& file, const Bytes& bytes) {
  write_file(file, text_of(bytes));
}

Fd open_file(const fs::path& file) {
  Fd descriptor{open(file.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!descriptor) {
    throw std::runtime_error{"cannot open " + file.native()};
  }
  return descriptor;
}

TempDir::TempDir() {
  // In memory where that can be had: these tests sync thousands of times. (Real disks:
  // tests/integration.)
  const fs::path memory{"/dev/shm"};
  const fs::path parent = fs::is_directory(memory) ? memory : fs::temp_directory_path();
  std::string pattern = (parent / "dcos-zk-test.XXXXXX").native();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error{"cannot make a temporary directory"};
  }
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace zkb::test
