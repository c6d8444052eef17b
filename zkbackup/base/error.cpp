#include "zkbackup/base/error.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

namespace zkb {
namespace {

/// The bytes that may follow a lead byte at once, and how many continuation bytes there are in all
/// (RFC 3629, section 4: this excludes overlong forms, surrogates and what is above U+10FFFF).
struct Utf8Form {
  unsigned char first_lead;
  unsigned char last_lead;
  unsigned char low;
  unsigned char high;
  std::size_t following;
};
constexpr std::array kUtf8Forms{
    Utf8Form{0xC2, 0xDF, 0x80, 0xBF, 1}, Utf8Form{0xE0, 0xE0, 0xA0, 0xBF, 2},
    Utf8Form{0xE1, 0xEC, 0x80, 0xBF, 2}, Utf8Form{0xED, 0xED, 0x80, 0x9F, 2},
    Utf8Form{0xEE, 0xEF, 0x80, 0xBF, 2}, Utf8Form{0xF0, 0xF0, 0x90, 0xBF, 3},
    Utf8Form{0xF1, 0xF3, 0x80, 0xBF, 3}, Utf8Form{0xF4, 0xF4, 0x80, 0x8F, 3}};

bool between(char c, unsigned char low, unsigned char high) {
  return static_cast<unsigned char>(c) >= low && static_cast<unsigned char>(c) <= high;
}

/// Length of the well-formed sequence of more than one byte that `text` begins with; 0 if there is
/// none.
std::size_t utf8_length(std::string_view text) {
  const auto* const form = std::ranges::find_if(kUtf8Forms, [&](const Utf8Form& each) {
    return between(text[0], each.first_lead, each.last_lead);
  });
  if (form == kUtf8Forms.end() || text.size() <= form->following ||
      !between(text[1], form->low, form->high)) {
    return 0;
  }
  const std::string_view rest = text.substr(2, form->following - 1);
  const bool well_formed = std::ranges::all_of(rest, [](char c) { return between(c, 0x80, 0xBF); });
  return well_formed ? form->following + 1 : 0;
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
