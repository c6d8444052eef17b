#pragma once

#include <map>
#include <string>
#include <string_view>

namespace zkb {

/// The keys and values of a Java properties file (java.util.Properties.load): continuation lines,
/// escapes, and
/// =, : or blanks between key and value. Never fails: like Java, it takes any text. Values are
/// trimmed, as ZooKeeper trims them.
std::map<std::string, std::string> parse_java_properties(std::string_view text);

}  // namespace zkb
