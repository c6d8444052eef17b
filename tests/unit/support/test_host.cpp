#include "tests/unit/support/test_host.hpp"

#include <algorithm>

#include "zkbackup/cli/dcos_zk.hpp"

namespace zkb::test {
namespace {

bool is_log(const std::string& name) {
  return name.starts_with("log.");
}

void read_into(std::map<std::string, std::string>& state, const fs::path& directory) {
  if (!fs::exists(directory)) {
    return;
  }
  for (const auto& entry : fs::directory_iterator{directory}) {
    state[entry.path().filename()] = text_of(read_file(entry.path()));
  }
}

}  // namespace

TestHost::TestHost(Directories directories) : directories_{directories} {
  fs::create_directories(data_dir());
  fs::create_directories(data_log_dir());
  fs::create_directory(dir_ / "run");
  write_file(data_dir() / "myid", "3\n");
  write_file(dir_ / "zoo.cfg",
             "dataDir=" + data_dir().native() + "\ndataLogDir=" + data_log_dir().native() + "\n");
  units.add_running("dcos-exhibitor.service");
}

fs::path TestHost::data_dir() const {
  return base() / (directories_ == Directories::Two ? "snapshot" : "data");
}

fs::path TestHost::data_log_dir() const {
  return base() / (directories_ == Directories::Two ? "transactions" : "data");
}

fs::path TestHost::target() const {
  return directories_ == Directories::Two ? base() : data_dir() / "version-2";
}

void TestHost::put_state(const std::map<std::string, std::string>& files) const {
  for (const auto& [name, content] : files) {
    write_file((is_log(name) ? data_log_dir() : data_dir()) / "version-2" / name, content);
  }
}

std::map<std::string, std::string> TestHost::state() const {
  std::map<std::string, std::string> state;
  read_into(state, data_dir() / "version-2");
  read_into(state, data_log_dir() / "version-2");
  return state;
}

std::map<std::string, std::string> TestHost::named_state(const std::string& name) {
  return {{"snapshot.100000005", "ZKSN" + name},
          {"log.100000001", "ZKLG" + std::string(12, '\0') + name + "1"},
          {"log.100000006", "ZKLG" + std::string(12, '\0') + name + "2"},
          {"currentEpoch", "1"},
          {"acceptedEpoch", "1"}};
}

int TestHost::run(std::vector<std::string> args) {
  return run_on(disk_, std::move(args));
}

int TestHost::run_on(FileSystem& disk, std::vector<std::string> args) {
  args.insert(args.end(), {"--zoo-cfg", (dir_ / "zoo.cfg").native()});
  const ByteSource source = pieces_of(bytes_of(input), 1000);
  std::ostringstream out_stream;
  std::ostringstream err_stream;
  const int code = run_dcos_zk(
      args, {.disk = disk,
             .units = units,
             .clock = clock,
             .interruption = interruption,
             .archive_in = source,
             .archive_out =
                 [&](std::span<const std::byte> bytes) {
                   Bytes copy{bytes.begin(), bytes.end()};
                   out_stream << text_of(copy);
                 },
             .out = out_stream,
             .err = err_stream,
             .out_is_terminal = out_is_terminal,
             .is_root = is_root,
             .environment =
                 [this](const std::string& name) {
                   const auto found = environment.find(name);
                   return found == environment.end() ? std::nullopt : std::optional{found->second};
                 },
             .run_directory = dir_ / "run",
             .program = "/usr/sbin/dcos-zk"});
  out = out_stream.str();
  err = err_stream.str();
  return code;
}

std::vector<std::string> TestHost::listing() const {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator{dir_.path()}) {
    const std::string relative = fs::relative(entry.path(), dir_.path());
    if (!relative.starts_with("run") && relative != "zoo.cfg") {
      paths.push_back(relative);
    }
  }
  std::ranges::sort(paths);
  return paths;
}

}  // namespace zkb::test
