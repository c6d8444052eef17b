#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace zkb {

/// Names and values of a configuration file, `unit = zookeeper.service`, written as zoo.cfg is
/// (java_properties.hpp): a comment is a line of its own that begins with #. Error{Usage} naming
/// the file for a name that is none of dcos-zk's or has no value; Error{Failed} if it cannot be
/// read.
std::map<std::string, std::string> read_settings(const std::filesystem::path& file);

}  // namespace zkb
