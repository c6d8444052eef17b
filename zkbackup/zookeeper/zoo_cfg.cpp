#include "zkbackup/zookeeper/zoo_cfg.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "zkbackup/base/error.hpp"
#include "zkbackup/base/read_file.hpp"
#include "zkbackup/zookeeper/java_properties.hpp"

namespace zkb {
namespace {

using Properties = std::map<std::string, std::string>;

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{number}
                                                                  : std::nullopt;
}

std::string value_of(const Properties& properties, const std::string& key) {
  const auto found = properties.find(key);
  return found == properties.end() ? std::string{} : found->second;
}

std::filesystem::path directory_of(const Properties& properties, const std::string& key) {
  const std::filesystem::path directory{value_of(properties, key)};
  if (!directory.empty() && directory.is_relative()) {
    throw Error{
        Kind::Usage,
        fmt::format("{}={} is relative to wherever ZooKeeper was started", key, directory.native()),
        "write an absolute path"};
  }
  if (std::ranges::find(directory, "..") != directory.end()) {
    throw Error{
        Kind::Usage,
        fmt::format(
            "{}={} has '..' in it: behind a symlink that is another directory than it seems", key,
            directory.native()),
        "write the path without it"};
  }
  const std::filesystem::path plain = directory.lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

std::uint16_t port_of(const Properties& properties, const std::string& key) {
  const std::string value = value_of(properties, key);
  if (value.empty()) {
    return 0;
  }
  const auto port = number_of<std::uint16_t>(value);
  if (!port) {
    throw Error{Kind::Usage, fmt::format("{}={} is no port", key, value)};
  }
  return *port;
}

void add_servers(ZooCfg& cfg, const Properties& properties) {
  constexpr std::string_view kServer = "server.";
  for (const auto& [key, value] : properties) {
    if (!key.starts_with(kServer)) {
      continue;
    }
    const auto id = number_of<std::uint64_t>(std::string_view{key}.substr(kServer.size()));
    if (!id) {
      throw Error{Kind::Usage, fmt::format("{}={}: the server's id is no number", key, value)};
    }
    cfg.servers[*id] = value;
  }
}

}  // namespace

ZooCfg read_zoo_cfg(const std::filesystem::path& file) {
  return in_step(fmt::format("read '{}'", file.native()), [&] {
    const Properties properties = parse_java_properties(read_small_file(file));
    ZooCfg cfg{.data_dir = directory_of(properties, "dataDir"),
               .data_log_dir = directory_of(properties, "dataLogDir"),
               .client_port = port_of(properties, "clientPort"),
               .servers = {}};
    if (cfg.data_dir.empty()) {
      throw Error{Kind::Usage, "it names no dataDir: it is no configuration of a ZooKeeper server"};
    }
    if (cfg.data_log_dir.empty()) {
      cfg.data_log_dir = cfg.data_dir;
    }
    add_servers(cfg, properties);
    if (const std::string dynamic = value_of(properties, "dynamicConfigFile"); !dynamic.empty()) {
      add_servers(cfg, parse_java_properties(read_small_file(file.parent_path() / dynamic)));
    }
    return cfg;
  });
}

}  // namespace zkb
