#include "zkbackup/restore/execute.hpp"

#include "zkbackup/base/error.hpp"
#include "zkbackup/restore/staging.hpp"

namespace zkb {
namespace {

void remove_if_there(const fs::path& partial, const OutageTools& tools) {
  try {
    remove_partial(tools.disk, partial);
  } catch (const Error& error) {
    tools.report.warn(fmt::format("{}, ignoring", error.what()));
  }
}

/// The moment of truth. Up to the exchange the staging directory is the new state, from then on the
/// old one; the name it bears is never one that may be tidied away. The directory is synced in
/// between, so that a power cut finds either no exchange or one between names that exist.
void swap(const RestorePlan& plan, const OutageTools& tools) {
  const fs::path parent = plan.swap.target.parent_path();
  tools.disk.rename(plan.partial, plan.previous);
  try {
    tools.disk.sync_directory(parent);
    if (plan.swap.exists) {
      tools.disk.exchange(plan.previous, plan.swap.target);
    } else {
      tools.disk.rename(plan.previous, plan.swap.target);
    }
  } catch (const Error&) {
    tools.disk.rename(plan.previous,
                      plan.partial);  // nothing was swapped: it is the new state still
    throw;
  }
}

}  // namespace

RestoreResult execute_restore(const RestorePlan& plan, const Fd& archive,
                              const OutageTools& tools) {
  for (const fs::path& partial : plan.old_partials) {
    remove_partial(tools.disk, partial);
  }
  RestoreResult result{.files = plan.contents.files.size(),
                       .bytes = plan.bytes,
                       .previous = {},
                       .down = {},
                       .incomplete = {}};
  bool swapped = false;
  try {
    tools.report.step(fmt::format("unpack into '{}'", plan.partial.native()));
    make_staging(plan, archive, tools);
    const OutageResult outage = while_stopped(plan.outage, plan.layout, tools, [&] {
      tools.interruption.check();  // the last moment at which everything can be put back
      tools.report.step(fmt::format("swap '{}'", plan.swap.target.native()));
      swap(plan, tools);
      swapped = true;
      try {
        tools.disk.sync_directory(plan.swap.target.parent_path());
      } catch (const Error& error) {
        result.incomplete =
            Error{Kind::InPart, fmt::format("the new state is in place, but {}", error.what()),
                  "check the disk; after a power cut the old state may be in place again"};
      }
    });
    result.down = outage.down;
    if (outage.start_failure) {
      result.incomplete = outage.start_failure;
    }
  } catch (...) {
    if (!swapped) {
      remove_if_there(plan.partial, tools);
    }
    throw;
  }
  if (plan.swap.exists) {
    result.previous = plan.previous;
  }
  return result;
}

}  // namespace zkb
