#pragma once

#include <string>
#include <string_view>

namespace zkb {

/// The form that Member::name has: "./" and plain components. Takes "a/b", "./a//b/" and the like;
/// Error{NotValid} for an absolute name, a ".." anywhere, a name that is no UTF-8 or has control
/// characters, or one longer than any path can be (4096 bytes).
std::string plain_member_name(std::string_view raw);

}  // namespace zkb
