#include "zkbackup/restore/staging.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "zkbackup/base/error.hpp"
#include "zkbackup/base/read_file.hpp"

namespace zkb {
namespace {

constexpr std::uint64_t kLogHeader = 16;

/// Owner and mode as the directory has them on this host; where it is missing, as its nearest
/// parent has.
Attributes attributes_like(const fs::path& on_host) {
  fs::path path = on_host;
  while (!exists_at_all(path) && path.has_relative_path()) {
    path = path.parent_path();
  }
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    throw system_error("look at", path);
  }
  return {.mode = status.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO),
          .uid = status.st_uid,
          .gid = status.st_gid,
          .mtime = {}};
}

/// Holds zeros back until something else follows, so that the zero padding of preallocated logs,
/// which archives of other tools store, takes no room. Of a log's header, whose last bytes are
/// zero, nothing is held back.
class WithoutPadding {
 public:
  explicit WithoutPadding(OutputFile& file) : file_{file} {}

  void write(std::span<const std::byte> bytes) {
    const auto last = std::find_if(bytes.rbegin(), bytes.rend(),
                                   [](std::byte byte) { return byte != std::byte{0}; });
    std::uint64_t kept = static_cast<std::uint64_t>(bytes.rend() - last);
    if (position_ < kLogHeader) {
      kept = std::max(kept, std::min<std::uint64_t>(kLogHeader - position_, bytes.size()));
    }
    if (kept > 0) {
      write_held_back();
      file_.write(bytes.first(kept));
    }
    held_back_ += bytes.size() - kept;
    position_ += bytes.size();
  }

 private:
  void write_held_back() {
    static const std::vector<std::byte> zeros(std::size_t{64} * 1024);
    while (held_back_ > 0) {
      const std::size_t count = std::min<std::uint64_t>(held_back_, zeros.size());
      file_.write(std::span{zeros}.first(count));
      held_back_ -= count;
    }
  }

  OutputFile& file_;
  std::uint64_t position_ = 0;
  std::uint64_t held_back_ = 0;
};

class Staging {
 public:
  Staging(const RestorePlan& plan, const OutageTools& tools) : plan_{plan}, tools_{tools} {}

  void make(const Fd& archive) {
    make_directories();
    const ContentSinks sinks = [this](const ArchivedFile& archived) { return sink_for(archived); };
    const ArchiveContents contents = in_step(fmt::format("'{}'", plan_.archive.native()), [&] {
      return read_archive(archive, {.bytes = plan_.contents.all_bytes}, sinks, tools_.interruption,
                          tools_.report);
    });
    finish_file();
    if (contents.digests != plan_.contents.digests) {
      throw Error{
          Kind::NotValid,
          fmt::format("'{}' changed between the check and the unpacking", plan_.archive.native()),
          "see who writes to it, then run this again"};
    }
    carry_over_myid();
    try_exchange();
    sync_directories();
  }

 private:
  void make_directory(const fs::path& path, const fs::path& on_host) {
    tools_.disk.make_directory(path, attributes_like(on_host));
    directories_.push_back(path);
  }

  void make_directories() {
    const DataLayout& layout = plan_.layout;
    make_directory(plan_.partial, plan_.swap.exists ? plan_.swap.target : layout.data_dir);
    if (layout.one_directory()) {
      return;
    }
    make_directory(plan_.partial / layout.data_dir.filename(), layout.data_dir);
    make_directory(plan_.partial / plan_.swap.snapshots, layout.snapshots());
    make_directory(plan_.partial / layout.data_log_dir.filename(), layout.data_log_dir);
    make_directory(plan_.partial / plan_.swap.logs, layout.logs());
  }

  /// An empty log (a server that dies right after creating one leaves it) can stop a server from
  /// starting.
  static bool is_empty_log(const ArchivedFile& archived) {
    return archived.file.kind == StateFileKind::Log && archived.member.size <= kLogHeader;
  }

  ByteSink sink_for(const ArchivedFile& archived) {
    finish_file();
    if (is_empty_log(archived)) {
      tools_.report.step(fmt::format("leave out '{}': it holds no record", archived.member.name));
      return {};
    }
    const bool log = archived.file.kind == StateFileKind::Log;
    const fs::path directory = plan_.partial / (log ? plan_.swap.logs : plan_.swap.snapshots);
    Attributes attributes = attributes_like(log ? plan_.layout.logs() : plan_.layout.snapshots());
    attributes.mode = archived.member.mode | S_IRUSR | S_IWUSR;
    attributes.mtime = archived.member.mtime;
    file_ = tools_.disk.create_file(directory / archived.file.name, attributes);
    tools_.report.member(archived.member.name, archived.member.size);
    if (log) {
      return [trimmed = std::make_shared<WithoutPadding>(*file_)](
                 std::span<const std::byte> bytes) { trimmed->write(bytes); };
    }
    return [this](std::span<const std::byte> bytes) { file_->write(bytes); };
  }

  void finish_file() {
    if (file_) {
      file_->sync();
      file_.reset();
    }
  }

  /// The server's id is the host's own, never the archive's. In the layout with one directory it is
  /// not swapped.
  void carry_over_myid() {
    const fs::path myid = plan_.layout.data_dir / "myid";
    if (plan_.layout.one_directory() || !exists_at_all(myid)) {
      return;
    }
    const fs::path copy = plan_.partial / plan_.layout.data_dir.filename() / "myid";
    if (fs::is_symlink(fs::symlink_status(myid))) {
      tools_.disk.make_symlink(fs::read_symlink(myid), copy);
      return;
    }
    const std::string text = read_small_file(myid);
    const auto file = tools_.disk.create_file(copy, attributes_like(myid));
    file->write(std::as_bytes(std::span{text}));
    file->sync();
  }

  /// Finds out while ZooKeeper still runs whether this file system can exchange two directories at
  /// all.
  void try_exchange() {
    if (!plan_.swap.exists) {
      return;
    }
    const fs::path one = plan_.partial / ".one";
    const fs::path other = plan_.partial / ".other";
    tools_.disk.make_directory(one, {.mode = S_IRWXU, .uid = 0, .gid = 0, .mtime = {}});
    tools_.disk.make_directory(other, {.mode = S_IRWXU, .uid = 0, .gid = 0, .mtime = {}});
    in_step("the file system has to exchange two directories in one step",
            [&] { tools_.disk.exchange(one, other); });
    tools_.disk.remove(one);
    tools_.disk.remove(other);
  }

  /// From the innermost outwards.
  void sync_directories() {
    std::ranges::reverse(directories_);
    for (const fs::path& path : directories_) {
      tools_.disk.sync_directory(path);
    }
    tools_.disk.sync_directory(plan_.partial.parent_path());
  }

  const RestorePlan& plan_;
  const OutageTools& tools_;
  std::vector<fs::path> directories_;
  std::unique_ptr<OutputFile> file_;  ///< the one that is being unpacked
};

}  // namespace

void make_staging(const RestorePlan& plan, const Fd& archive, const OutageTools& tools) {
  Staging{plan, tools}.make(archive);
}

}  // namespace zkb
