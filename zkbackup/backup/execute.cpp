#include "zkbackup/backup/execute.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "tar/writer.hpp"
#include "zkbackup/backup/archive_file.hpp"
#include "zkbackup/base/error.hpp"
#include "zkbackup/zookeeper/archive_check.hpp"
#include "zkbackup/zookeeper/archive_layout.hpp"
#include "zkbackup/zookeeper/manifest.hpp"

namespace zkb {
namespace {

constexpr std::size_t kNameBuffer = 16384;

/// The names that go with ids on this host; empty where an id has none.
std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(kNameBuffer);
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : "";
}

std::string group_name(gid_t gid) {
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(kNameBuffer);
  getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->gr_name : "";
}

Member owned_member(std::string name, MemberType type, mode_t mode, uid_t uid, gid_t gid) {
  return {.name = std::move(name),
          .type = type,
          .size = 0,
          .mode = mode,
          .uid = uid,
          .gid = gid,
          .user = user_name(uid),
          .group = group_name(gid),
          .mtime = {}};
}

Member directory_member(std::string_view name, const fs::path& on_host) {
  struct stat status {};
  if (stat(on_host.c_str(), &status) != 0) {
    throw system_error("look at", on_host);
  }
  Member member =
      owned_member(std::string{name}, MemberType::Directory,
                   status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO), status.st_uid, status.st_gid);
  member.mtime = status.st_mtim;
  return member;
}

Member file_member(const PinnedFile& pinned) {
  Member member = owned_member(member_name(pinned.file()), MemberType::File, pinned.mode(),
                               pinned.uid(), pinned.gid());
  member.size = pinned.stored_size();
  member.mtime = pinned.identity().mtime;
  return member;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string text_of(const PinnedFile& pinned) {
  std::string text(std::min<std::uint64_t>(pinned.stored_size(), 64), '\0');
  text.resize(pinned.read_at(std::as_writable_bytes(std::span{text}), 0));
  text.resize(std::min(text.find_last_not_of(" \n\r\t") + 1, text.size()));
  return text;
}

class Backup {
 public:
  Backup(const BackupPlan& plan, const OutageTools& tools, std::string tool_version)
      : plan_{plan}, tools_{tools} {
    manifest_.tool_version = std::move(tool_version);
    manifest_.host = host_name();
    manifest_.unit = plan.outage.unit.str();
  }

  void pin_state() {
    std::optional<EarlyCopy> early;
    if (const auto snapshot = snapshot_that_a_start_rewrites(plan_.state);
        snapshot && plan_.outage.stops()) {
      tools_.report.step(
          fmt::format("copy '{}', which a start would rewrite", snapshot->path.native()));
      early = copy_early(plan_.state, plan_.copies, tools_.disk, tools_.interruption);
    }
    result_.outage =
        while_stopped(plan_.outage, plan_.layout, tools_, [&](const StillDown& still_down) {
          tools_.report.step("pin ZooKeeper's files");
          pinned_ = pin(list_state(plan_.layout), early, plan_.copies, tools_.disk,
                        tools_.interruption, left_out_);
          manifest_.time = tools_.clock.now();
          still_down();  // else it may have changed what was being copied
        });
    left_out_.insert(left_out_.end(), plan_.state.others.begin(), plan_.state.others.end());
    for (const fs::path& path : left_out_) {
      tools_.report.step(fmt::format("leave out '{}'", printable(path.native())));
    }
  }

  const std::optional<Error>& start_failure() const { return result_.outage.start_failure; }

  BackupResult write_to_file() {
    tools_.report.step(fmt::format("write '{}'", plan_.archive.native()));
    ArchiveFile archive{tools_.disk, plan_.archive};
    write([&](std::span<const std::byte> bytes) { archive.file().write(bytes); });
    archive.file().sync();
    tools_.report.step("read it back");
    read_back(archive.file().descriptor());
    tools_.interruption.check();  // the last moment at which nothing has happened
    archive.publish();
    return result_;
  }

  BackupResult write_to(const ByteSink& standard_output) {
    tools_.report.step("write to standard output");
    write(standard_output);
    return result_;
  }

 private:
  void write(const ByteSink& sink) {
    Sha256 digest;
    ArchiveWriter writer{plan_.compression, [&](std::span<const std::byte> bytes) {
                           digest.update(bytes);
                           result_.archive_bytes += bytes.size();
                           sink(bytes);
                         }};
    for (const PinnedFile& file : pinned_) {
      total_ += file.stored_size();
    }
    add_directories(writer, kArchiveSnapshots, plan_.layout.data_dir, StateFileKind::Snapshot);
    for (const PinnedFile& file : pinned_) {
      if (file.file().kind != StateFileKind::Log) {
        add(writer, file);
      }
    }
    add_directories(writer, kArchiveLogs, plan_.layout.data_log_dir, StateFileKind::Log);
    for (const PinnedFile& file : pinned_) {
      if (file.file().kind == StateFileKind::Log) {
        add(writer, file);
      }
    }
    add_manifest(writer);
    writer.finish();
    result_.files = pinned_.size();
    result_.state_bytes = total_;
    result_.sha256 = digest.finish();
    pinned_.clear();  // from here on the archive is all there is to hold
  }

  void add_directories(ArchiveWriter& writer, std::string_view name, const fs::path& on_host,
                       StateFileKind kind) {
    if (kind == StateFileKind::Snapshot) {
      const bool one_parent =
          !plan_.layout.one_directory() &&
          plan_.layout.data_dir.parent_path() == plan_.layout.data_log_dir.parent_path();
      writer.add_directory(
          directory_member(kArchiveRoot, one_parent ? on_host.parent_path() : on_host));
    }
    writer.add_directory(directory_member(name, on_host));
    const fs::path version = on_host / "version-2";
    writer.add_directory(directory_member(fmt::format("{}/version-2", name),
                                          exists_at_all(version) ? version : on_host));
  }

  void add(ArchiveWriter& writer, const PinnedFile& file) {
    const Member member = file_member(file);
    std::uint64_t offset = 0;
    writer.add_file(member, [&](std::span<std::byte> bytes) {
      tools_.interruption.check();
      const std::size_t count = file.read_at(bytes, offset);
      offset += count;
      done_ += count;
      tools_.report.progress(done_, total_);
      return count;
    });
    file.check_held();
    tools_.report.member(member.name, member.size);
    if (file.file().name == "acceptedEpoch") {
      manifest_.accepted_epoch = text_of(file);
    } else if (file.file().name == "currentEpoch") {
      manifest_.current_epoch = text_of(file);
    }
  }

  void add_manifest(ArchiveWriter& writer) {
    manifest_.members = writer.digests();
    const std::string json = to_json(manifest_);
    if (json.size() > Manifest::kLargest) {
      throw Error{Kind::Failed,
                  fmt::format("there are {} files, more than a manifest can hold",
                              manifest_.members.size()),
                  "remove old snapshots and logs (autopurge.purgeInterval), then run this again"};
    }
    Member member = owned_member(std::string{kArchiveManifest}, MemberType::File, S_IRUSR | S_IWUSR,
                                 geteuid(), getegid());
    member.size = json.size();
    member.mtime.tv_sec = std::chrono::system_clock::to_time_t(manifest_.time);
    std::span<const std::byte> left = std::as_bytes(std::span{json});
    writer.add_file(member, [&](std::span<std::byte> bytes) {
      const std::size_t count = std::min(bytes.size(), left.size());
      std::ranges::copy(left.first(count), bytes.begin());
      left = left.subspan(count);
      return count;
    });
  }

  void read_back(const Fd& file) {
    in_step("read the archive back", [&] {
      // So that the disk is asked, not the page cache; a hint, as far as the kernel follows it.
      posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
      const ArchiveContents contents =
          read_archive(file, {}, {}, tools_.interruption, tools_.report);
      if (contents.sealed != Sealed::Yes || !contents.manifest ||
          contents.digests != manifest_.members) {
        throw Error{Kind::Failed, "it does not hold what was written", "check the disk it lies on"};
      }
    });
  }

  const BackupPlan& plan_;
  const OutageTools& tools_;
  Manifest manifest_;
  BackupResult result_;
  std::vector<PinnedFile> pinned_;
  std::vector<fs::path> left_out_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace

BackupResult execute_backup(const BackupPlan& plan, const OutageTools& tools,
                            const ByteSink& standard_output, const std::string& tool_version) {
  Backup backup{plan, tools, tool_version};
  backup.pin_state();
  try {
    return plan.to_stdout ? backup.write_to(standard_output) : backup.write_to_file();
  } catch (const Error& error) {
    if (const auto& failure = backup.start_failure()) {  // the worse of the two must not go unsaid
      throw Error{Kind::InPart,
                  fmt::format("{}; and before that: {}", error.what(), failure->what()),
                  failure->next_step()};
    }
    throw;
  }
}

}  // namespace zkb
