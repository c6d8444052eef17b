#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "systemd/unit_control.hpp"
#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

constexpr std::size_t kLongest = 255;  // systemd.unit(5)

constexpr std::array<std::string_view, 11> kSuffixes{".service",   ".socket", ".device", ".mount",
                                                     ".automount", ".swap",   ".target", ".path",
                                                     ".timer",     ".slice",  ".scope"};

bool has_suffix(std::string_view name) {
  return std::any_of(kSuffixes.begin(), kSuffixes.end(),
                     [&](std::string_view suffix) { return name.ends_with(suffix); });
}

bool allowed(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') ||
         std::string_view{":-_.\\@"}.find(character) != std::string_view::npos;
}

Error refused(std::string_view name, std::string_view reason) {
  return {Kind::Usage,
          fmt::format("'{}' is no name of a systemd unit: {}", printable(name), reason),
          "give the unit as 'systemctl list-units' shows it, such as zookeeper.service"};
}

/// The name without its suffix: "a@b" of "a@b.service".
std::string_view prefix_of(std::string_view name) {
  return name.substr(0, name.rfind('.'));
}

void check(std::string_view given, std::string_view full) {
  if (given.empty()) {
    throw refused(given, "it is empty");
  }
  if (full.size() > kLongest) {
    throw refused(given, fmt::format("it is longer than {} bytes", kLongest));
  }
  if (const auto* const bad = std::find_if_not(given.begin(), given.end(), allowed);
      bad != given.end()) {
    throw refused(given, fmt::format("'{}' cannot be in one", printable({bad, 1})));
  }
  const std::string_view prefix = prefix_of(full);
  if (prefix.empty() || prefix.front() == '@') {
    throw refused(given, "nothing stands before its suffix or its '@'");
  }
  if (prefix.back() == '@') {
    throw refused(given,
                  "it is a template, which runs only as an instance (name@instance.service)");
  }
}

}  // namespace

UnitName::UnitName(std::string_view name)
    : name_{has_suffix(name) ? std::string{name} : fmt::format("{}.service", name)} {
  check(name, name_);
}

}  // namespace zkb
