#include "zkbackup/base/error.hpp"

#include <csignal>
#include <cstring>

namespace zkb {
namespace {

/// Length of the well-formed UTF-8 sequence that `text` begins with; 0 if there is none (RFC 3629:
/// no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(text[index]); };
  const auto continues = [&](std::size_t index, unsigned low = 0x80, unsigned high = 0xBF) {
    return index < text.size() && byte(index) >= low && byte(index) <= high;
  };
  const unsigned lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF) {
    return continues(1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

std::string signal_name(int signal_number) {
  const char* const name = sigabbrev_np(signal_number);
  return name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", signal_number);
}

}  // namespace

Interrupted::Interrupted(int signal_number)
    : Error{Kind::Failed, fmt::format("interrupted by {}", signal_name(signal_number))},
      signal_{signal_number} {}

Error system_error(std::string_view action, const std::filesystem::path& path, int error_number) {
  return {Kind::Failed, fmt::format("{} '{}': {}", action, printable(path.native()),
                                    strerrordesc_np(error_number))};
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const bool ascii = lead >= 0x20 && lead < 0x7F;
    // U+0080 to U+009F (C2 80 to C2 9F) are control characters too.
    const bool control =
        lead == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0;
    const std::size_t length = ascii ? 1 : control ? 0 : utf8_length(text);
    if (length == 0) {
      result += fmt::format("\\x{:02x}", lead);
      text.remove_prefix(1);
    } else {
      result += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return result;
}

}  // namespace zkb
