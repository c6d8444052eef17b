#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zkb {

/// A ZooKeeper transaction id. Order of value is order of commit. There is no arithmetic on it and
/// no conversion from a bare integer, so a zxid cannot be swapped with a length or a session id.
class Zxid {
 public:
  constexpr explicit Zxid(std::uint64_t raw) noexcept : raw_{raw} {}
  /// The hex suffix of `log.<zxid>` and `snapshot.<zxid>` as ZooKeeper writes it: lower case, no
  /// leading zeros, at most 7fffffffffffffff (Java's Long.toHexString of a value that parses back).
  /// nullopt otherwise.
  static std::optional<Zxid> from_hex(std::string_view hex) noexcept;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads a defaulted <=>
  friend constexpr auto operator<=>(Zxid, Zxid) noexcept = default;

 private:
  std::uint64_t raw_;
};

}  // namespace zkb
