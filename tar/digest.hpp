#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace zkb {

using Sha256Value = std::array<std::byte, 32>;

/// Lower-case hexadecimal.
std::string to_hex(const Sha256Value& value);

/// A running SHA-256 (OpenSSL's).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::byte> bytes);
  /// The digest of all bytes so far; afterwards this is as new.
  Sha256Value finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace zkb
