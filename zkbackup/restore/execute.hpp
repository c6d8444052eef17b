#pragma once

#include <cstdint>
#include <optional>

#include "zkbackup/restore/plan.hpp"

namespace zkb {

struct RestoreResult {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::optional<fs::path> previous;               ///< where the replaced state lies now
  std::optional<std::chrono::milliseconds> down;  ///< as OutageResult::down
  /// The restored state is in place, but not all is as it should be: the unit did not start, or the
  /// disk could not promise that the swap outlives a power cut.
  std::optional<Error> incomplete;
};

/// Carries the plan out. If it throws, the state that was in place is in place, the unit is as it
/// was found (or the Error{InPart} says that it is not), and what was unpacked is removed.
RestoreResult execute_restore(const RestorePlan& plan, const Fd& archive, const OutageTools& tools);

}  // namespace zkb
