#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace zkb {

/// What a backup has to know of a ZooKeeper server's configuration file (QuorumPeerConfig, 3.4
/// to 3.9).
struct ZooCfg {
  std::filesystem::path data_dir;
  std::filesystem::path data_log_dir;  ///< data_dir where the file names none
  std::uint16_t client_port = 0;       ///< 0: the file names none
  std::map<std::uint64_t, std::string>
      servers;  ///< server.N, N to "host:port:port[:role][;[address:]port]"
};

/// Reads `file`, and the file that its `dynamicConfigFile` names. It is a Java properties file:
/// `key=value`, `key: value` or `key value`, comments with # and !, backslash escapes; the last of
/// two equal keys counts. Error{Failed} if it cannot be read, Error{Usage} naming file and key if
/// dataDir is missing or relative, or a port or server number is none.
ZooCfg read_zoo_cfg(const std::filesystem::path& file);

}  // namespace zkb
