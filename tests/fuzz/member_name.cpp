#include "tar/member_name.hpp"

#include <filesystem>

#include "tests/fuzz/targets.hpp"
#include "zkbackup/base/error.hpp"

namespace zkb::fuzz {

bool member_name(std::span<const std::byte> input) {
  try {
    const std::string name = plain_member_name(text_of(input));
    must_hold(plain_member_name(name) == name, "a plain name is taken as it is");
    const std::filesystem::path inside = (std::filesystem::path{"/top"} / name).lexically_normal();
    must_hold(inside == "/top/" || inside.native().starts_with("/top/"), "a name stays inside");
    must_hold(name.find('\0') == std::string::npos, "the kernel sees the whole name");
    return true;
  } catch (const Error& error) {
    must_hold(error.kind() == Kind::NotValid, "a name is refused as not valid");
    return false;
  }
}

}  // namespace zkb::fuzz
