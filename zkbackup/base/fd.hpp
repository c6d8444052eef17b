#pragma once

#include <unistd.h>

#include <utility>

namespace zkb {

/// A file descriptor that is closed exactly once. Whoever makes one opens it with O_CLOEXEC.
/// Where a close can lose data (a written file), sync first: the destructor cannot report.
class Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int descriptor) noexcept : descriptor_{descriptor} {}
  Fd(Fd&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (descriptor_ >= 0) {
      close(descriptor_);
    }
  }

  int get() const noexcept { return descriptor_; }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

}  // namespace zkb
