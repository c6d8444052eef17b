#include "zkbackup/cli/settings.hpp"

#include <algorithm>
#include <array>

#include "zkbackup/base/error.hpp"
#include "zkbackup/base/read_file.hpp"
#include "zkbackup/zookeeper/java_properties.hpp"

namespace zkb {
namespace {

constexpr std::array<std::string_view, 5> kNames{"unit", "zoo-cfg", "tmp-dir", "stop-timeout",
                                                 "start-timeout"};

void check(const std::string& name, const std::string& value) {
  if (std::ranges::find(kNames, name) == kNames.end()) {
    throw Error{Kind::Usage, fmt::format("there is no setting '{}'", printable(name)),
                "the settings are unit, zoo-cfg, tmp-dir, stop-timeout and start-timeout"};
  }
  if (value.empty()) {
    throw Error{Kind::Usage, fmt::format("'{}' has no value", name),
                "write it as name = value, or take the line out"};
  }
}

}  // namespace

std::map<std::string, std::string> read_settings(const std::filesystem::path& file) {
  return in_step(fmt::format("read '{}'", printable(file.native())), [&] {
    std::map<std::string, std::string> settings = parse_java_properties(read_small_file(file));
    for (const auto& [name, value] : settings) {
      check(name, value);
    }
    return settings;
  });
}

}  // namespace zkb
