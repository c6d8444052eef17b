#include "zkbackup/restore/plan.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <set>

#include "zkbackup/base/error.hpp"

namespace zkb {
namespace {

/// What the target's directories hold besides version-2 and is known not to be missed: the host's
/// own id, which is carried over, ZooKeeper's output, and what the archive itself brings.
const std::set<std::string>& known_names() {
  static const std::set<std::string> names{"version-2",
                                           "myid",
                                           "zookeeper.out",
                                           "initialize",
                                           "zookeeper_server.pid",
                                           "dcos-zk-manifest.json"};
  return names;
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry{directory, error}; !error && entry != fs::directory_iterator{};
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  if (error) {
    throw system_error("list", directory, error.value());
  }
  std::ranges::sort(entries);
  return entries;
}

Error not_one_step(std::string what) {
  return {Kind::Unsafe, std::move(what),
          "bring both directories under one parent of their own on one file system"};
}

SwapTarget swap_target(const DataLayout& layout) {
  SwapTarget swap;
  if (layout.one_directory()) {
    swap.target = layout.snapshots();
  } else {
    swap.target = layout.data_dir.parent_path();
    if (swap.target != layout.data_log_dir.parent_path()) {
      throw not_one_step(
          fmt::format("'{}' and '{}' lie under different parents: they cannot be "
                      "swapped in one step",
                      layout.data_dir.native(), layout.data_log_dir.native()));
    }
    swap.snapshots = layout.data_dir.filename() / "version-2";
    swap.logs = layout.data_log_dir.filename() / "version-2";
  }
  if (swap.target == swap.target.root_path()) {
    throw not_one_step("the root directory would have to be swapped");
  }
  swap.exists = exists_at_all(swap.target);
  return swap;
}

/// Which mount `path` is on; a bind mount has another one than its parent, and the same device.
std::uint64_t mount_of(const fs::path& path) {
  struct statx status {};
  if (statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &status) != 0) {
    throw system_error("look at", path);
  }
  return status.stx_mnt_id;
}

/// A mount point cannot be exchanged, and what is mounted below the target would not move with it.
void require_one_file_system(const SwapTarget& swap, const DataLayout& layout) {
  const std::uint64_t mount = mount_of(swap.target.parent_path());
  for (const fs::path& path :
       {swap.target, layout.data_dir, layout.data_log_dir, layout.snapshots(), layout.logs()}) {
    if (exists_at_all(path) && path != swap.target.parent_path() && mount_of(path) != mount) {
      throw not_one_step(
          fmt::format("'{}' is on another file system or mount than '{}': they cannot be "
                      "swapped in one step",
                      path.native(), swap.target.parent_path().native()));
    }
  }
}

/// Names in the directories that move away with the previous state and are not known.
std::vector<fs::path> unknown_entries(const SwapTarget& swap, const DataLayout& layout) {
  std::vector<fs::path> unknown;
  if (!swap.exists || layout.one_directory()) {
    return unknown;
  }
  const auto is_data_dir = [&](const fs::path& path) {
    return path == layout.data_dir || path == layout.data_log_dir;
  };
  for (const fs::path& directory : {swap.target, layout.data_dir, layout.data_log_dir}) {
    for (const fs::path& entry : entries_of(directory)) {
      if (!is_data_dir(entry) && !known_names().contains(entry.filename())) {
        unknown.push_back(entry);
      }
    }
  }
  return unknown;
}

void require_own_parent(const RestoreRequest& request, const RestorePlan& plan) {
  const auto foreign = std::ranges::find_if(plan.left_behind, [&](const fs::path& path) {
    return path.parent_path() == plan.swap.target;
  });
  if (!request.layout.own_parent && foreign != plan.left_behind.end()) {
    throw Error{
        Kind::Unsafe,
        fmt::format("'{}' would be swapped as a whole, and '{}' in it is not ZooKeeper's: it "
                    "would move aside with the previous state",
                    plan.swap.target.native(), printable(foreign->native())),
        "bring dataDir and dataLogDir under a parent of their own"};
  }
}

std::string compact_time(std::chrono::system_clock::time_point time) {
  std::string text = utc_text(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

fs::path free_name(const fs::path& target, std::chrono::system_clock::time_point now) {
  const std::string stem = fmt::format("{}.dcos-zk-{}", target.native(), compact_time(now));
  fs::path name{stem};
  for (int number = 2; exists_at_all(name) || exists_at_all(name.native() + ".partial"); ++number) {
    name = fmt::format("{}-{}", stem, number);
  }
  return name;
}

std::vector<fs::path> old_partials(const fs::path& target) {
  std::vector<fs::path> partials = entries_of(target.parent_path());
  std::erase_if(partials, [&](const fs::path& path) {
    const std::string name = path.filename();
    return !name.starts_with(target.filename().native() + ".dcos-zk-") ||
           !name.ends_with(".partial");
  });
  return partials;
}

struct statvfs space_on(const fs::path& directory) {
  struct statvfs space {};
  if (statvfs(directory.c_str(), &space) != 0) {
    throw system_error("ask for the free space of", directory);
  }
  if ((space.f_flag & ST_RDONLY) != 0) {
    throw Error{Kind::Failed,
                fmt::format("'{}' is on a read-only file system", directory.native())};
  }
  return space;
}

void require_inodes(const struct statvfs& space, std::size_t files, const fs::path& directory) {
  constexpr std::size_t kDirectories = 8;
  if (space.f_files != 0 && space.f_favail < files + kDirectories) {
    throw Error{
        Kind::Failed,
        fmt::format("the archive holds {} files, and the file system of '{}' has {} inodes free",
                    files, directory.native(), static_cast<std::uint64_t>(space.f_favail)),
        "make room, then run this again"};
  }
}

void require_seal(const RestorePlan& plan, Force force) {
  if (plan.contents.manifest && plan.contents.sealed == Sealed::No && force == Force::No) {
    throw Error{
        Kind::NotValid,
        "it carries a manifest, but the seal that its file ends with is missing: the file "
        "was cut short, altered, or compressed anew",
        "take another copy; if you compressed it anew yourself, run this again with --force: "
        "every member is what the manifest says"};
  }
}

}  // namespace

RestorePlan plan_restore(const RestoreRequest& request, const Fd& archive,
                         const OutageTools& tools) {
  RestorePlan plan{.archive = request.archive,
                   .contents = {},
                   .layout = request.layout,
                   .outage = request.outage,
                   .swap = {},
                   .partial = {},
                   .previous = {},
                   .old_partials = {},
                   .left_behind = {},
                   .bytes = 0};
  check_layout(plan.layout);
  plan.swap = swap_target(plan.layout);
  refuse_symlink(plan.swap.target);
  require_one_file_system(plan.swap, plan.layout);
  const fs::path parent = plan.swap.target.parent_path();
  plan.left_behind = unknown_entries(plan.swap, plan.layout);
  require_own_parent(request, plan);
  plan.outage = plan_outage(request.outage, tools.units);
  plan.previous = free_name(plan.swap.target, tools.clock.now());
  plan.partial = plan.previous.native() + ".partial";
  plan.old_partials = old_partials(plan.swap.target);

  const struct statvfs space = space_on(parent);
  tools.report.step(fmt::format("check '{}'", request.archive.native()));
  plan.contents = in_step(fmt::format("'{}'", request.archive.native()), [&] {
    return read_archive(archive,
                        {.bytes = space.f_bavail * space.f_frsize,
                         .where = fmt::format(" on the file system of '{}'", parent.native())},
                        {}, tools.interruption, tools.report);
  });
  in_step(fmt::format("'{}'", request.archive.native()),
          [&] { require_seal(plan, request.force); });
  require_inodes(space, plan.contents.files.size(), parent);
  plan.bytes = plan.contents.bytes;
  return plan;
}

std::vector<std::string> describe(const RestorePlan& plan) {
  std::vector<std::string> lines;
  for (const fs::path& partial : plan.old_partials) {
    lines.push_back(fmt::format("remove '{}', which a run that died has left", partial.native()));
  }
  lines.push_back(fmt::format("unpack {} files ({} bytes) into '{}', check and sync them",
                              plan.contents.files.size(), plan.bytes, plan.partial.native()));
  for (const ArchivedFile& archived : plan.contents.files) {
    lines.push_back(fmt::format("unpack '{}'", archived.member.name));
  }
  for (const std::string& name : plan.contents.passed_over) {
    lines.push_back(
        fmt::format("leave '{}' in the archive: it is no part of ZooKeeper's state", name));
  }
  if (!plan.layout.one_directory()) {
    lines.emplace_back("carry this host's own myid over");
  }
  std::ranges::copy(describe_stop(plan.outage), std::back_inserter(lines));
  lines.push_back(
      fmt::format("rename '{}' to '{}'", plan.partial.native(), plan.previous.native()));
  if (plan.swap.exists) {
    lines.push_back(fmt::format("exchange '{}' with '{}', which then is the previous state",
                                plan.previous.native(), plan.swap.target.native()));
  } else {
    lines.push_back(
        fmt::format("rename '{}' to '{}'", plan.previous.native(), plan.swap.target.native()));
  }
  for (const fs::path& path : plan.left_behind) {
    lines.push_back(fmt::format("leave '{}' with the previous state", printable(path.native())));
  }
  std::ranges::copy(describe_start(plan.outage), std::back_inserter(lines));
  return lines;
}

}  // namespace zkb
