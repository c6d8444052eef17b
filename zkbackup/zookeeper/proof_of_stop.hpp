#pragma once

#include "zkbackup/zookeeper/data_layout.hpp"
#include "zkbackup/zookeeper/outage_plan.hpp"

namespace zkb {

/// Waits until no process is left in the unit, none has a state file open for writing and none
/// listens on the client port. systemd says that a stop is done in cases where one is.
/// Error{Unsafe}, naming the processes, if one does not end.
void prove_stopped(const OutagePlan& plan, const DataLayout& layout, const OutageTools& tools);

/// Error{Unsafe} at once if the unit runs or a process is there as above.
void check_still_stopped(const OutagePlan& plan, const DataLayout& layout,
                         const OutageTools& tools);

/// Error{Unsafe} if systemd itself listens on the client port for a socket unit: that stays when
/// the service stops, and would start ZooKeeper at the first client.
void refuse_socket_unit(const DataLayout& layout);

}  // namespace zkb
