#include <clocale>
#include <cstdint>

#include "tests/fuzz/memory_file.hpp"
#include "tests/fuzz/targets.hpp"
#include "zkbackup/base/error.hpp"
#include "zkbackup/zookeeper/archive_check.hpp"

namespace zkb::fuzz {
namespace {

// Small, or a sparse member's zeros would take all of the time.
constexpr std::uint64_t kMostBytes = std::uint64_t{256} * 1024;
constexpr std::uint64_t kMostMembers = 1000;

class Silent final : public Reporter {
 public:
  void step(std::string_view /*text*/) override {}
  void member(std::string_view /*name*/, std::uint64_t /*bytes*/) override {}
  void warn(std::string_view /*text*/) override {}
  void progress(std::uint64_t /*done*/, std::uint64_t /*total*/) override {}
};

void check_name(std::string_view name) {
  must_hold(name == "." || name.starts_with("./"), "a member's name begins with './'");
  must_hold(name.find("//") == std::string_view::npos && !name.ends_with('/'),
            "no component of a member's name is empty");
  must_hold(printable(name) == name, "a member's name is harmless on a terminal");
}

void check(const ArchiveContents& contents, std::uint64_t given_to_sinks) {
  must_hold(!contents.files.empty(), "an accepted archive holds a state file");
  must_hold(contents.bytes <= contents.all_bytes && contents.all_bytes <= kMostBytes,
            "no more is read than the limits allow");
  must_hold(contents.bytes == given_to_sinks, "a sink is given every byte of a state file");
  for (const MemberDigest& digest : contents.digests) {
    check_name(digest.name);
  }
  for (const ArchivedFile& archived : contents.files) {
    check_name(archived.member.name);
    must_hold(archived.file.name.find('/') == std::string::npos,
              "a state file's name is one component");
    must_hold(archived.member.type == MemberType::File && archived.member.mode <= 0777,
              "a state file is a file, and its mode holds permission bits only");
  }
}

}  // namespace

bool archive(std::span<const std::byte> input) {
  static const char* const locale = std::setlocale(LC_CTYPE, "C.UTF-8");  // as the program does
  must_hold(locale != nullptr, "there is a locale for names that are not ASCII");
  const Fd file = memory_file(input);
  std::uint64_t given = 0;
  const ContentSinks count = [&](const ArchivedFile& /*archived*/) -> ByteSink {
    return [&](std::span<const std::byte> bytes) {
      given += bytes.size();
      must_hold(given <= kMostBytes, "a sink is given no more than the limits allow");
    };
  };
  const ReadLimits limits{.bytes = kMostBytes, .members = kMostMembers};
  Silent silent;
  try {
    const ArchiveContents contents = read_archive(file, limits, count, NoInterruption{}, silent);
    check(contents, given);
    return true;
  } catch (const Error& error) {
    must_hold(error.kind() == Kind::NotValid || error.kind() == Kind::Failed,
              "an archive is refused as not valid");
    must_hold(printable(error.what()) == error.what(), "a message is harmless on a terminal");
    return false;
  }
}

}  // namespace zkb::fuzz
