#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "zkbackup/zookeeper/data_layout.hpp"
#include "zkbackup/zookeeper/outage_plan.hpp"

namespace zkb {

struct OutageResult {
  /// By the unit's own timestamps, from "active" to "active"; none where nothing was stopped or it
  /// is down still.
  std::optional<std::chrono::milliseconds> down;
  std::optional<Error> start_failure;  ///< the body succeeded, but the unit did not start again
};

/// To be called by the body directly before a step that a running ZooKeeper would spoil:
/// Error{Unsafe} if somebody has started one since it was proven gone.
using StillDown = std::function<void()>;
using OutageBody = std::function<void(const StillDown& still_down)>;

/// Runs `body` while ZooKeeper is proven down: the unit is stopped, no process of it is left, and
/// none has the data open or the client port. Afterwards, however `body` ended, the unit is as it
/// was found. This holds through SIGKILL of this process as well: a guard, a service of systemd's,
/// waits for the run lock, which the caller has to hold, and starts what the marker file names.
/// Should somebody else start it in between, it is stopped once more, so that what runs in the end
/// has read what `body` left. Errors of stopping and of `body` come out; if the unit then does not
/// start either, as Error{InPart} that says both.
OutageResult while_stopped(const OutagePlan& plan, const DataLayout& layout,
                           const OutageTools& tools, const OutageBody& body);

}  // namespace zkb
