#include "zkbackup/zookeeper/zxid.hpp"

#include <charconv>
#include <limits>

namespace zkb {

std::optional<Zxid> Zxid::from_hex(std::string_view hex) noexcept {
  constexpr auto kHighest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (hex.find_first_not_of(kDigits) != std::string_view::npos ||
      (hex.starts_with('0') && hex.size() > 1)) {
    return std::nullopt;
  }
  std::uint64_t raw = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), raw, 16);
  if (error != std::errc{} || end != hex.data() + hex.size() || raw > kHighest) {
    return std::nullopt;
  }
  return Zxid{raw};
}

}  // namespace zkb
