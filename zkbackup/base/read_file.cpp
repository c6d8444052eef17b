#include "zkbackup/base/read_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "zkbackup/base/error.hpp"
#include "zkbackup/base/fd.hpp"

namespace zkb {

std::string read_small_file(const std::filesystem::path& file, std::size_t most) {
  const Fd descriptor{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!descriptor) {
    throw system_error("open", file);
  }
  std::string text;
  std::array<char, 8192> chunk{};
  for (;;) {
    const ssize_t count = read(descriptor.get(), chunk.data(), chunk.size());
    if (count < 0) {
      throw system_error("read", file);
    }
    if (count == 0) {
      return text;
    }
    text.append(chunk.data(), static_cast<std::size_t>(count));
    if (text.size() > most) {
      throw Error{Kind::Failed,
                  fmt::format("read '{}': larger than {} bytes", file.native(), most)};
    }
  }
}

}  // namespace zkb
