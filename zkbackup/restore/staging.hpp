#pragma once

#include "zkbackup/restore/plan.hpp"

namespace zkb {

/// Makes the state ready beside the target, as `plan.partial`: unpacked, checked against the plan,
/// this host's own (owner, `myid`), and synced. Error{NotValid} if the archive is no longer what
/// was planned.
void make_staging(const RestorePlan& plan, const Fd& archive, const OutageTools& tools);

}  // namespace zkb
