#include "zkbackup/cli/archive_input.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <span>
#include <vector>

namespace zkb {
namespace {

Fd spooled(const Arguments& arguments, const World& world) {
  const fs::path directory = arguments.tmp_dir.value_or("/var/tmp");
  const auto file = world.disk.create_unnamed(directory, {});
  if (!file) {
    throw Error{Kind::Failed,
                fmt::format("'{}' cannot hold files without a name", directory.native()),
                "name another directory with -t"};
  }
  std::vector<std::byte> chunk(std::size_t{256} * 1024);
  while (const std::size_t count = world.archive_in(chunk)) {
    file->write(std::span{chunk}.first(count));
  }
  Fd copy{fcntl(file->descriptor().get(), F_DUPFD_CLOEXEC, 0)};
  if (!copy) {
    throw system_error("keep", "standard input");
  }
  return copy;
}

}  // namespace

UsageError wrong_argument(const Arguments& arguments, std::string_view argument,
                          const fs::path& path, std::string_view what) {
  return {fmt::format("argument {}: {} {}", argument, printable(path.native()), what),
          arguments.usage, fmt::format("dcos-zk {}", name_of(arguments.command))};
}

Fd open_archive(const Arguments& arguments, const World& world) {
  const fs::path& path = arguments.backup_path;
  if (path == "-") {
    return spooled(arguments, world);
  }
  Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file) {
    throw system_error("open", path);
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    throw system_error("look at", path);
  }
  if (!S_ISREG(status.st_mode)) {
    throw wrong_argument(arguments, "backup_path", path, "is not a file");
  }
  return file;
}

}  // namespace zkb
