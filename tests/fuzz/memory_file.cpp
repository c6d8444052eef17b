#include "tests/fuzz/memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/targets.hpp"

namespace zkb::fuzz {

Fd memory_file(std::span<const std::byte> content) {
  Fd file{memfd_create("input", MFD_CLOEXEC)};
  const ssize_t written = write(file.get(), content.data(), content.size());
  must_hold(written == static_cast<ssize_t>(content.size()), "a file in memory can be written");
  return file;
}

}  // namespace zkb::fuzz
