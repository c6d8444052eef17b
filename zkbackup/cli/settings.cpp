#include "zkbackup/cli/settings.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <sstream>

#include "zkbackup/base/error.hpp"
#include "zkbackup/base/read_file.hpp"

namespace zkb {
namespace {

constexpr std::array<std::string_view, 5> kNames{"unit", "zoo-cfg", "tmp-dir", "stop-timeout",
                                                 "start-timeout"};

void add(std::map<std::string, std::string>& settings, const CLI::ConfigItem& item) {
  if (std::ranges::find(kNames, item.fullname()) == kNames.end()) {
    throw Error{Kind::Usage, fmt::format("there is no setting '{}'", printable(item.fullname())),
                "the settings are unit, zoo-cfg, tmp-dir, stop-timeout and start-timeout"};
  }
  if (item.inputs.size() != 1) {
    throw Error{Kind::Usage, fmt::format("'{}' has {} values; a value with blanks in it is put in "
                                         "quotation marks",
                                         item.name, item.inputs.size())};
  }
  settings[item.name] = item.inputs.front();
}

}  // namespace

std::map<std::string, std::string> read_settings(const std::filesystem::path& file) {
  return in_step(fmt::format("read '{}'", printable(file.native())), [&] {
    std::istringstream text{read_small_file(file)};
    std::map<std::string, std::string> settings;
    try {
      for (const CLI::ConfigItem& item : CLI::ConfigINI{}.from_config(text)) {
        add(settings, item);
      }
    } catch (const CLI::Error& error) {
      throw Error{Kind::Usage, error.what()};
    }
    return settings;
  });
}

}  // namespace zkb
