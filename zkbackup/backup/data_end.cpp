#include "zkbackup/backup/data_end.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

struct Extent {
  off_t begin = 0;
  off_t end = 0;
};

std::vector<Extent> data_extents(const Fd& file, off_t size) {
  std::vector<Extent> extents;
  off_t position = 0;
  while (position < size) {
    const off_t begin = lseek(file.get(), position, SEEK_DATA);
    if (begin < 0) {
      if (errno == ENXIO) {  // only a hole is left
        break;
      }
      throw system_error("find data in", "a transaction log");
    }
    const off_t end = lseek(file.get(), begin, SEEK_HOLE);
    if (end < 0) {
      throw system_error("find holes in", "a transaction log");
    }
    extents.push_back({.begin = begin, .end = std::min(end, size)});
    position = end;
  }
  return extents;
}

/// The offset after the last byte in `extent` that is not zero; extent.begin if there is none.
off_t end_of_data_in(const Fd& file, Extent extent) {
  std::vector<std::byte> chunk(std::size_t{64} * 1024);
  while (extent.end > extent.begin) {
    const off_t from = std::max(extent.begin, extent.end - static_cast<off_t>(chunk.size()));
    const auto wanted = static_cast<std::size_t>(extent.end - from);
    const ssize_t count = pread(file.get(), chunk.data(), wanted, from);
    if (count < 0) {
      throw system_error("read", "a transaction log");
    }
    const auto last = std::find_if(chunk.rend() - count, chunk.rend(),
                                   [](std::byte byte) { return byte != std::byte{0}; });
    if (last != chunk.rend()) {
      return from + (chunk.rend() - last);
    }
    extent.end = from;
  }
  return extent.begin;
}

}  // namespace

std::uint64_t end_of_data(const Fd& file) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    throw system_error("look at", "a transaction log");
  }
  std::vector<Extent> extents = data_extents(file, status.st_size);
  std::ranges::reverse(extents);
  for (const Extent& extent : extents) {
    if (const off_t end = end_of_data_in(file, extent); end > extent.begin) {
      return static_cast<std::uint64_t>(end);
    }
  }
  return 0;
}

}  // namespace zkb
