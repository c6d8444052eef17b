#pragma once

#include <cstdint>
#include <string_view>

namespace zkb {

/// Where the work tells what it does. Nothing here can fail or decide: talk never changes an
/// outcome.
class Reporter {
 public:
  virtual ~Reporter() = default;
  /// A step begins: "stop dcos-exhibitor.service".
  virtual void step(std::string_view text) = 0;
  /// A member was written to, or unpacked from, an archive.
  virtual void member(std::string_view name, std::uint64_t bytes) = 0;
  /// Something is passed over or is not as it should be, and the work goes on.
  virtual void warn(std::string_view text) = 0;
  /// Bytes of the current step's total.
  virtual void progress(std::uint64_t done, std::uint64_t total) = 0;
};

}  // namespace zkb
