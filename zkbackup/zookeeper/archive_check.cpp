#include "zkbackup/zookeeper/archive_check.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "zkbackup/base/error.hpp"
#include "zkbackup/zookeeper/archive_layout.hpp"

namespace zkb {
namespace {

constexpr std::size_t kChunk = std::size_t{256} * 1024;

Error not_valid(std::string what, std::string next_step = {}) {
  return {Kind::NotValid, std::move(what), std::move(next_step)};
}

/// Holds the first bytes of a snapshot or log against ZooKeeper's magic numbers. (3.6+ may compress
/// a snapshot; its name then says so.)
class BeginningCheck {
 public:
  explicit BeginningCheck(const StateFile& file) {
    if (file.kind == StateFileKind::Log) {
      expected_ = "ZKLG";
    } else if (file.kind == StateFileKind::Snapshot) {
      expected_ = file.name.ends_with(".gz")       ? "\x1F\x8B"
                  : file.name.ends_with(".snappy") ? "\x82SNAPPY"
                                                   : "ZKSN";
    }
  }

  void note(std::span<const std::byte> bytes) {
    const std::size_t count = std::min(bytes.size(), expected_.size() - seen_.size());
    std::ranges::transform(bytes.first(count), std::back_inserter(seen_),
                           [](std::byte byte) { return static_cast<char>(byte); });
  }

  /// An empty log is none of ZooKeeper's mistakes: a crash right after it was created leaves one.
  void finish(const StateFile& file, std::uint64_t size) const {
    if (seen_ != expected_ && !(file.kind == StateFileKind::Log && size == 0)) {
      throw not_valid(
          fmt::format("does not begin like a {} of ZooKeeper ('{}' expected, '{}' found)",
                      file.kind == StateFileKind::Log ? "transaction log" : "snapshot",
                      printable(expected_), printable(seen_)));
    }
  }

 private:
  std::string_view expected_;
  std::string seen_;
};

class Walk {
 public:
  Walk(const Fd& file, ReadLimits limits, const ContentSinks& sinks,
       const Interruption& interruption, Reporter& report)
      : reader_{file, std::move(limits)},
        sinks_{sinks},
        interruption_{interruption},
        report_{report} {}

  ArchiveContents run() {
    while (const auto member = reader_.next()) {
      in_step(fmt::format("member '{}'", member->name), [&] { take(*member); });
    }
    contents_.sealed = reader_.finish();
    if (contents_.manifest) {
      check_against(*contents_.manifest, contents_.digests);
    }
    require_state();
    return std::move(contents_);
  }

 private:
  void take(const Member& member) {
    contents_.all_bytes += member.size;
    if (contents_.manifest) {
      throw not_valid("comes after the manifest");
    }
    if (member.name == kArchiveManifest) {
      take_manifest(member);
    } else if (const auto file = state_file_of_member(member.name); file && is_file(member)) {
      take_state_file({.file = *file, .member = member});
    } else if (is_file(member)) {
      contents_.passed_over.push_back(member.name);
      read_content(member, [](auto) {});
    } else if (!member.name.starts_with(kArchiveRoot) && member.name != ".") {
      contents_.passed_over.push_back(member.name);
    }
  }

  static bool is_file(const Member& member) { return member.type == MemberType::File; }

  void take_manifest(const Member& member) {
    if (!is_file(member) || member.size > Manifest::kLargest) {
      throw not_valid("is too large for a manifest, or is no file");
    }
    std::string text;
    read_bytes([&](std::span<const std::byte> bytes) {
      text.append(static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size());
    });
    contents_.manifest = parse_manifest(text);
  }

  void take_state_file(const ArchivedFile& archived) {
    if (!names_.insert(archived.file.name).second) {
      throw not_valid("is in the archive twice, in both directories");
    }
    BeginningCheck beginning{archived.file};
    const ByteSink sink = sinks_ ? sinks_(archived) : ByteSink{};
    read_content(archived.member, [&](std::span<const std::byte> bytes) {
      beginning.note(bytes);
      if (sink) {
        sink(bytes);
      }
    });
    beginning.finish(archived.file, archived.member.size);
    contents_.bytes += archived.member.size;
    contents_.files.push_back(archived);
  }

  void read_content(const Member& member, const ByteSink& sink) {
    Sha256 digest;
    std::uint64_t size = 0;
    read_bytes([&](std::span<const std::byte> bytes) {
      digest.update(bytes);
      size += bytes.size();
      sink(bytes);
    });
    if (size != member.size) {
      throw not_valid(fmt::format("has {} bytes; its header says {}", size, member.size));
    }
    contents_.digests.push_back({.name = member.name, .size = size, .sha256 = digest.finish()});
  }

  template <typename Sink>
  void read_bytes(const Sink& sink) {
    while (const std::size_t count = reader_.read(chunk_)) {
      interruption_.check();
      sink(std::span<const std::byte>{chunk_}.first(count));
      report_.progress(reader_.position(), reader_.size());
    }
  }

  void require_state() const {
    const bool any = std::ranges::any_of(contents_.files, [](const ArchivedFile& archived) {
      return archived.file.kind != StateFileKind::Epoch;
    });
    if (!any) {
      throw not_valid(fmt::format("it holds no snapshot and no transaction log under "
                                  "'{}/version-2' and '{}/version-2'{}",
                                  kArchiveSnapshots, kArchiveLogs,
                                  contents_.passed_over.empty()
                                      ? ""
                                      : fmt::format("; what it holds begins with '{}'",
                                                    contents_.passed_over.front())),
                      "take an archive that 'dcos-zk backup' made");
    }
  }

  ArchiveReader reader_;
  const ContentSinks& sinks_;
  const Interruption& interruption_;
  Reporter& report_;
  ArchiveContents contents_;
  std::set<std::string> names_;
  std::vector<std::byte> chunk_ = std::vector<std::byte>(kChunk);
};

}  // namespace

ArchiveContents read_archive(const Fd& file, ReadLimits limits, const ContentSinks& sinks,
                             const Interruption& interruption, Reporter& report) {
  return Walk{file, std::move(limits), sinks, interruption, report}.run();
}

}  // namespace zkb
