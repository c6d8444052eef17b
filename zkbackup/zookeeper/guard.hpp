#pragma once

#include <functional>
#include <optional>

#include "zkbackup/zookeeper/outage_plan.hpp"

namespace zkb {

/// The units that a run before this one had stopped when it was killed, `unit` first; empty if
/// there was none. (The marker file in `run_directory` names them; it is there exactly while one of
/// them may be down because of us.)
std::vector<UnitName> units_left_stopped(const UnitName& unit,
                                         const std::filesystem::path& run_directory);

/// From here on until start_again() what the plan stops is started again even if this process is
/// killed.
void begin_guard(const OutagePlan& plan, const OutageTools& tools);

/// Starts what the plan stopped, all of it whatever becomes of one, and ends the guard. What did
/// not start comes back as Error{InPart}. Where the bus is away so long that this cannot be found
/// out, the guard stays and goes on trying.
std::optional<Error> start_again(const OutagePlan& plan, const OutageTools& tools);

/// The guard's work: `ready` is called once it is in line for the run lock; when the run is over,
/// starts the units that `unit`'s marker in `run_directory` names, if there is one. Error{InPart}
/// if one does not start after some tries; the marker is gone then too.
void run_guard(const UnitName& unit, const std::filesystem::path& run_directory,
               const OutageTools& tools, std::chrono::seconds start_deadline,
               const std::function<void()>& ready);

}  // namespace zkb
