#include "zkbackup/backup/plan.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "zkbackup/base/descriptor_limit.hpp"
#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

bool lies_in(const fs::path& path, const fs::path& directory) {
  return std::ranges::mismatch(directory, path).in1 == directory.end();
}

/// A restore would swap the archive away, and ZooKeeper might take it for its own.
void refuse_archive_in_data(const BackupRequest& request) {
  std::error_code error;
  const fs::path parent = fs::canonical(fs::absolute(request.archive).parent_path(), error);
  std::vector<fs::path> own{request.layout.data_dir, request.layout.data_log_dir};
  if (request.layout.own_parent) {
    own.push_back(request.layout.data_dir.parent_path());
  }
  for (const fs::path& directory : own) {
    const fs::path real = fs::canonical(directory, error);
    if (!error && lies_in(parent, real)) {
      throw Error{Kind::Usage,
                  fmt::format("argument backup_path: {} is inside the data directory {}",
                              printable(request.archive.native()), real.native())};
    }
  }
}

CopyPlaces copy_places(const BackupRequest& request, bool to_stdout) {
  CopyPlaces places{.beside_the_data = request.layout.data_dir, .directories = {}};
  if (request.tmp_dir) {
    places.directories.push_back(*request.tmp_dir);
  } else if (!to_stdout) {
    places.directories.push_back(fs::absolute(request.archive).parent_path());
  }
  places.directories.emplace_back("/var/tmp");
  return places;
}

/// Allocated blocks: what is read and stored at most, holes left out.
std::uint64_t bytes_on_disk(const StateOnHost& state) {
  constexpr std::uint64_t kBlock = 512;  // stat(2)
  std::uint64_t bytes = 0;
  for (const FileOnHost& found : state.files) {
    struct stat status {};
    if (stat(found.path.c_str(), &status) == 0) {
      bytes += std::min(static_cast<std::uint64_t>(status.st_blocks) * kBlock,
                        static_cast<std::uint64_t>(status.st_size));
    }
  }
  return bytes;
}

void require_state(const StateOnHost& state, const DataLayout& layout) {
  const bool any = std::ranges::any_of(
      state.files, [](const FileOnHost& found) { return found.file.kind != StateFileKind::Epoch; });
  if (!any) {
    throw Error{Kind::NotValid,
                fmt::format("there is no snapshot in '{}' and no transaction log in '{}': nothing "
                            "that could be restored",
                            layout.snapshots().native(), layout.logs().native()),
                "if ZooKeeper's data lies elsewhere on this host, name its zoo.cfg with --zoo-cfg"};
  }
}

void require_space(const BackupPlan& plan) {
  struct statvfs space {};
  if (plan.to_stdout || plan.compression != Compression::None ||
      statvfs(fs::absolute(plan.archive).parent_path().c_str(), &space) != 0) {
    return;  // how well it compresses is known only afterwards
  }
  const std::uint64_t free = space.f_bavail * space.f_frsize;
  if (free < plan.state_bytes) {
    throw Error{
        Kind::Failed,
        fmt::format("the archive will have about {} bytes, and {} are free on its file system",
                    plan.state_bytes, free),
        "make room, choose another directory, or a name that ends in .tar.zst"};
  }
}

/// Each file is held open from the pin until it is written: found out before ZooKeeper is stopped,
/// not after.
void require_descriptors(const StateOnHost& state) {
  constexpr std::uint64_t kOthers = 64;
  if (const std::uint64_t limit = raise_descriptor_limit(); state.files.size() + kOthers > limit) {
    throw Error{
        Kind::Failed,
        fmt::format("there are {} snapshots and logs, and this process may have {} files open",
                    state.files.size(), limit),
        "raise the limit (ulimit -n), or remove old snapshots and logs (autopurge.purgeInterval)"};
  }
}

}  // namespace

BackupPlan plan_backup(const BackupRequest& request, UnitControl& units) {
  BackupPlan plan{.archive = request.archive,
                  .to_stdout = request.archive == "-",
                  .compression = compression_for(request.archive),
                  .layout = request.layout,
                  .outage = request.outage,
                  .copies = {},
                  .state = {},
                  .state_bytes = 0};
  if (!plan.to_stdout) {
    refuse_archive_in_data(request);
  }
  check_layout(plan.layout);
  plan.copies = copy_places(request, plan.to_stdout);
  plan.state = list_state(plan.layout);
  plan.state_bytes = bytes_on_disk(plan.state);
  require_state(plan.state, plan.layout);
  require_space(plan);
  require_descriptors(plan.state);
  plan.outage = plan_outage(request.outage, units);
  return plan;
}

std::vector<std::string> describe(const BackupPlan& plan) {
  std::vector<std::string> lines;
  if (const auto snapshot = snapshot_that_a_start_rewrites(plan.state);
      snapshot && plan.outage.stops()) {
    lines.push_back(fmt::format("copy '{}', which a start would rewrite", snapshot->path.native()));
  }
  std::ranges::copy(describe_stop(plan.outage), std::back_inserter(lines));
  for (const FileOnHost& found : plan.state.files) {
    lines.push_back(fmt::format("pin '{}'", found.path.native()));
  }
  for (const fs::path& other : plan.state.others) {
    lines.push_back(fmt::format("leave out '{}'", printable(other.native())));
  }
  std::ranges::copy(describe_start(plan.outage), std::back_inserter(lines));
  lines.push_back(fmt::format("write the archive ({}), about {} bytes before compression",
                              name_of(plan.compression), plan.state_bytes));
  if (!plan.to_stdout) {
    lines.emplace_back("sync it, read it back and check every byte");
    lines.push_back(fmt::format("give it its name '{}'", plan.archive.native()));
  }
  return lines;
}

}  // namespace zkb
