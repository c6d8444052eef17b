#include "zkbackup/zookeeper/holders.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

namespace fs = std::filesystem;

using FileIdentity = std::pair<dev_t, ino_t>;

/// What a ZooKeeper on this data would hold: its files by identity (a path means nothing in another
/// mount namespace) and the inodes of listening sockets.
struct Marks {
  std::map<FileIdentity, fs::path> files;
  std::set<std::string> sockets;  ///< "socket:[inode]"
  std::uint16_t port = 0;
};

void add_files(Marks& marks, const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator entry{directory, error}; !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    struct stat status {};
    if (lstat(entry->path().c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
      marks.files.insert({{status.st_dev, status.st_ino}, entry->path()});
    }
  }
}

/// /proc/net/tcp, one socket a line: "sl local rem st ... inode", local as ADDRESS:PORT in hex, st
/// 0A for listening (Documentation/networking/proc_net_tcp.rst).
void add_listeners(Marks& marks, const char* table) {
  std::ifstream lines{table};
  std::string line;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    std::istringstream fields{line};
    std::string slot;
    std::string local;
    std::string remote;
    std::string state;
    std::string skipped;
    std::string inode;
    fields >> slot >> local >> remote >> state;
    for (int i = 0; i < 5; ++i) {
      fields >> skipped;  // queues, timer, retransmits, uid, timeout
    }
    fields >> inode;
    if (fields && state == "0A" && local.ends_with(fmt::format(":{:04X}", marks.port))) {
      marks.sockets.insert(fmt::format("socket:[{}]", inode));
    }
  }
}

Marks marks_of(const DataLayout& layout) {
  Marks marks{.files = {}, .sockets = {}, .port = layout.client_port};
  add_files(marks, layout.snapshots());
  add_files(marks, layout.logs());
  if (marks.port != 0) {
    add_listeners(marks, "/proc/self/net/tcp");
    add_listeners(marks, "/proc/self/net/tcp6");
  }
  return marks;
}

bool open_for_writing(const fs::path& process, const fs::path& descriptor) {
  std::ifstream info{process / "fdinfo" / descriptor.filename()};
  std::string key;
  std::string value;
  while (info >> key >> value) {
    if (key == "flags:") {
      return (std::strtol(value.c_str(), nullptr, 8) & O_ACCMODE) != O_RDONLY;
    }
  }
  return false;
}

std::optional<std::string> held_by(const fs::path& process, const fs::path& descriptor,
                                   const Marks& marks) {
  std::error_code error;
  const fs::path link = fs::read_symlink(descriptor, error);
  if (marks.sockets.contains(link.native())) {
    return fmt::format("listens on port {}", marks.port);
  }
  struct stat status {};
  if (!link.is_absolute() || stat(descriptor.c_str(), &status) != 0) {
    return std::nullopt;  // a pipe or the like, or closed meanwhile
  }
  const auto file = marks.files.find({status.st_dev, status.st_ino});
  if (file == marks.files.end() || !open_for_writing(process, descriptor)) {
    return std::nullopt;
  }
  return fmt::format("has '{}' open for writing", file->second.native());
}

std::string command_of(const fs::path& process) {
  std::ifstream file{process / "comm"};
  std::string command;
  std::getline(file, command);
  return printable(command);
}

std::optional<std::string> first_hold(const fs::path& process, const Marks& marks) {
  std::error_code error;  // a process that ends while we look holds nothing
  for (fs::directory_iterator entry{process / "fd", error};
       !error && entry != fs::directory_iterator{}; entry.increment(error)) {
    if (auto what = held_by(process, entry->path(), marks)) {
      return what;
    }
  }
  return std::nullopt;
}

std::optional<pid_t> pid_of(const fs::path& process) {
  const std::string name = process.filename();
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return error == std::errc{} && end == name.data() + name.size() ? std::optional{pid}
                                                                  : std::nullopt;
}

}  // namespace

std::vector<Holder> find_holders(const DataLayout& layout) {
  const Marks marks = marks_of(layout);
  std::vector<Holder> holders;
  std::error_code error;
  for (fs::directory_iterator entry{"/proc", error}; !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    const std::optional<pid_t> pid = pid_of(entry->path());
    if (!pid || *pid == getpid()) {
      continue;
    }
    if (const auto what = first_hold(entry->path(), marks)) {
      holders.push_back({.pid = *pid, .command = command_of(entry->path()), .what = *what});
    }
  }
  if (error) {
    throw system_error("list", "/proc", error.value());
  }
  return holders;
}

void wait_for_end_of_one(const std::vector<pid_t>& pids, std::chrono::milliseconds deadline,
                         const Interruption& interruption) {
  std::vector<Fd> ends;
  std::vector<pollfd> polled{{.fd = interruption.fd(), .events = POLLIN, .revents = 0}};
  for (const pid_t pid : pids) {
    Fd end{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
    if (!end) {
      if (errno == ESRCH) {
        return;
      }
      throw system_error("watch process", std::to_string(pid));
    }
    polled.push_back({.fd = end.get(), .events = POLLIN, .revents = 0});
    ends.push_back(std::move(end));
  }
  if (poll(polled.data(), polled.size(), static_cast<int>(deadline.count())) < 0 &&
      errno != EINTR) {
    throw system_error("wait for", "processes");
  }
  interruption.check();
}

}  // namespace zkb
