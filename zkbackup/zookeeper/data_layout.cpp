#include "zkbackup/zookeeper/data_layout.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "zkbackup/base/error.hpp"
#include "zkbackup/base/read_file.hpp"

namespace zkb {
namespace {

namespace fs = std::filesystem;

/// `server.N=host:2888:3888:participant;[address:]2181`, from 3.5 on.
std::uint16_t client_port_of(const std::string& server_line) {
  const std::size_t semicolon = server_line.find(';');
  if (semicolon == std::string::npos) {
    return 0;
  }
  const std::size_t colon = server_line.rfind(':');
  const std::size_t begin =
      colon == std::string::npos || colon < semicolon ? semicolon + 1 : colon + 1;
  std::uint16_t port = 0;
  std::from_chars(server_line.data() + begin, server_line.data() + server_line.size(), port);
  return port;
}

std::uint16_t own_client_port(const ZooCfg& cfg) {
  const fs::path myid = cfg.data_dir / "myid";
  if (cfg.client_port != 0 || cfg.servers.empty() || !fs::exists(myid)) {
    return cfg.client_port;
  }
  const std::string text = read_small_file(myid);
  std::uint64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  const auto own = cfg.servers.find(id);
  return own == cfg.servers.end() ? 0 : client_port_of(own->second);
}

void require_directory(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::is_directory(status)) {
    throw Error{Kind::Failed,
                fmt::format("the data directory '{}' {}", path.native(),
                            fs::exists(status) ? "is not a directory" : "does not exist"),
                "if ZooKeeper's data lies elsewhere on this host, name its zoo.cfg with --zoo-cfg"};
  }
}

void list_into(StateOnHost& state, const fs::path& directory, bool logs, bool both) {
  if (!exists_at_all(directory)) {
    return;
  }
  std::error_code error;
  for (fs::directory_iterator entry{directory, error}; !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    const std::optional<StateFile> file = state_file(entry->path().filename().native());
    const bool belongs = file && (both || (file->kind == StateFileKind::Log) == logs);
    if (!belongs) {
      state.others.push_back(entry->path());
      continue;
    }
    refuse_symlink(entry->path());
    if (!fs::is_regular_file(entry->symlink_status())) {
      throw Error{Kind::Unsafe, fmt::format("'{}' is no regular file", entry->path().native())};
    }
    state.files.push_back({.file = *file, .path = entry->path()});
  }
  if (error) {
    throw system_error("list", directory, error.value());
  }
}

auto order(const FileOnHost& file) {
  const bool epoch = file.file.kind == StateFileKind::Epoch;
  return std::tuple{!epoch, file.file.kind, file.file.zxid.value_or(Zxid{0}), file.file.name};
}

}  // namespace

DataLayout dcos_layout() {
  const fs::path base{"/var/lib/dcos/exhibitor/zookeeper"};
  return {.data_dir = base / "snapshot",
          .data_log_dir = base / "transactions",
          .client_port = 2181,
          .own_parent = true};
}

DataLayout layout_of(const ZooCfg& cfg) {
  return {.data_dir = cfg.data_dir,
          .data_log_dir = cfg.data_log_dir,
          .client_port = own_client_port(cfg)};
}

bool exists_at_all(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

void refuse_symlink(const fs::path& path) {
  std::error_code error;
  if (fs::is_symlink(fs::symlink_status(path, error))) {
    throw Error{
        Kind::Unsafe,
        fmt::format("'{}' is a symlink to '{}', and what is read or swapped has to be "
                    "the thing itself",
                    path.native(), fs::read_symlink(path, error).native()),
        "put the real one in its place, or name the real directory in the file given by --zoo-cfg"};
  }
}

void check_layout(const DataLayout& layout) {
  if (layout.own_parent) {
    refuse_symlink(layout.data_dir.parent_path());
  }
  for (const fs::path& path :
       {layout.data_dir, layout.data_log_dir, layout.snapshots(), layout.logs()}) {
    refuse_symlink(path);
  }
  require_directory(layout.data_dir);
  require_directory(layout.data_log_dir);
  for (const fs::path& path : {layout.snapshots(), layout.logs()}) {
    if (exists_at_all(path)) {
      require_directory(path);
    }
  }
}

StateOnHost list_state(const DataLayout& layout) {
  StateOnHost state;
  list_into(state, layout.snapshots(), /*logs=*/false, layout.one_directory());
  if (!layout.one_directory()) {
    list_into(state, layout.logs(), /*logs=*/true, /*both=*/false);
  }
  std::ranges::sort(state.files, {}, order);
  std::ranges::sort(state.others);
  return state;
}

}  // namespace zkb
