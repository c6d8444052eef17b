#include "zkbackup/zookeeper/zoo_cfg.hpp"

#include <fmt/format.h>

#include "tests/fuzz/memory_file.hpp"
#include "tests/fuzz/targets.hpp"
#include "zkbackup/base/error.hpp"
#include "zkbackup/zookeeper/java_properties.hpp"

namespace zkb::fuzz {
namespace {

/// A dynamic configuration file would be any file of this machine; reading one is not what is
/// tested here.
bool names_another_file(std::string_view text) {
  return parse_java_properties(text).contains("dynamicConfigFile");
}

}  // namespace

bool zoo_cfg(std::span<const std::byte> input) {
  if (names_another_file(text_of(input))) {
    return false;
  }
  const Fd file = memory_file(input);
  try {
    const ZooCfg cfg = read_zoo_cfg(fmt::format("/proc/self/fd/{}", file.get()));
    must_hold(cfg.data_dir.is_absolute() && cfg.data_log_dir.is_absolute(),
              "the directories are absolute");
    return true;
  } catch (const Error& error) {
    must_hold(error.kind() == Kind::Usage || error.kind() == Kind::Failed,
              "a configuration is refused as the administrator's own mistake");
    return false;
  }
}

}  // namespace zkb::fuzz
