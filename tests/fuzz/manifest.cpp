#include "zkbackup/zookeeper/manifest.hpp"

#include "tests/fuzz/targets.hpp"
#include "zkbackup/base/error.hpp"

namespace zkb::fuzz {

bool manifest(std::span<const std::byte> input) {
  try {
    const Manifest parsed = parse_manifest(text_of(input));
    const Manifest again = parse_manifest(to_json(parsed));
    must_hold(again.members == parsed.members && again.time == parsed.time,
              "a manifest that is written and read again is the same");
    return true;
  } catch (const Error& error) {
    must_hold(error.kind() == Kind::NotValid, "a manifest is refused as not valid");
    must_hold(printable(error.what()) == error.what(), "a message is harmless on a terminal");
    return false;
  }
}

}  // namespace zkb::fuzz
