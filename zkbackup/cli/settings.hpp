#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace zkb {

/// Names and values of a configuration file: `unit = zookeeper.service`, comments with #.
/// Error{Usage} naming the file for a name that is none of dcos-zk's, or one with several values;
/// Error{Failed} if it cannot be read.
std::map<std::string, std::string> read_settings(const std::filesystem::path& file);

}  // namespace zkb
