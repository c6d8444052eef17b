#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tar/member.hpp"

namespace zkb {

/// The archive's own table of contents, its last member, as JSON. Fields are only ever added;
/// `format` is raised when an older reader could go wrong with a newer archive.
struct Manifest {
  static constexpr std::uint64_t kFormat = 1;
  /// Bytes of JSON; some 50,000 members. What a backup writes and a restore reads at most.
  static constexpr std::uint64_t kLargest = std::uint64_t{8} << 20U;

  std::string tool_version;
  std::string host;
  std::string unit;
  std::chrono::system_clock::time_point time;  ///< when the state was pinned; to the second
  std::optional<std::string> accepted_epoch;   ///< content of the host's acceptedEpoch
  std::optional<std::string> current_epoch;
  std::vector<MemberDigest> members;  ///< every file but the manifest itself, in order
};

std::string to_json(const Manifest& manifest);

/// Error{NotValid} for text that is no manifest, or one of a newer format.
Manifest parse_manifest(std::string_view json);

/// "2026-11-22T13:50:44Z"
std::string utc_text(std::chrono::system_clock::time_point time);

/// Error{NotValid} naming the first member that the archive has and the manifest has not, or the
/// other way round, or that is of another size or content.
void check_against(const Manifest& manifest, const std::vector<MemberDigest>& found);

}  // namespace zkb
