#include "zkbackup/zookeeper/state_file.hpp"

namespace zkb {
namespace {

std::optional<StateFile> numbered(StateFileKind kind, std::string_view name, std::string_view hex) {
  const std::optional<Zxid> zxid = Zxid::from_hex(hex);
  if (!zxid) {
    return std::nullopt;
  }
  return StateFile{.kind = kind, .name = std::string{name}, .zxid = zxid};
}

std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

}  // namespace

std::optional<StateFile> state_file(std::string_view name) {
  constexpr std::string_view kSnapshot = "snapshot.";
  constexpr std::string_view kLog = "log.";
  if (name == "acceptedEpoch" || name == "currentEpoch") {
    return StateFile{.kind = StateFileKind::Epoch, .name = std::string{name}, .zxid = std::nullopt};
  }
  if (name.starts_with(kSnapshot)) {
    const std::string_view rest = name.substr(kSnapshot.size());
    const std::string_view hex = without_suffix(rest, ".gz");
    return numbered(StateFileKind::Snapshot, name,
                    hex.size() < rest.size() ? hex : without_suffix(rest, ".snappy"));
  }
  if (name.starts_with(kLog)) {
    return numbered(StateFileKind::Log, name, name.substr(kLog.size()));
  }
  return std::nullopt;
}

}  // namespace zkb
