#include "zkbackup/zookeeper/archive_layout.hpp"

#include <fmt/format.h>

namespace zkb {

std::string member_name(const StateFile& file) {
  const bool log = file.kind == StateFileKind::Log;
  return fmt::format("{}/version-2/{}", log ? kArchiveLogs : kArchiveSnapshots, file.name);
}

std::optional<StateFile> state_file_of_member(std::string_view member_name) {
  for (const std::string_view parent : {kArchiveSnapshots, kArchiveLogs}) {
    const std::string directory = fmt::format("{}/version-2/", parent);
    if (member_name.starts_with(directory)) {
      return state_file(member_name.substr(directory.size()));
    }
  }
  return std::nullopt;
}

}  // namespace zkb
