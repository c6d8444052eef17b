#include "zkbackup/restore/execute.hpp"

#include <sys/stat.h>

#include "zkbackup/base/error.hpp"
#include "zkbackup/restore/staging.hpp"

namespace zkb {
namespace {

struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

std::optional<Identity> identity_of(const fs::path& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  return Identity{.device = status.st_dev, .inode = status.st_ino};
}

Error in_place_but(const Error& error) {
  return {Kind::InPart, error.what(),
          "check the disk; after a power cut the old state may be in place again"};
}

enum class Swapped { No, Yes, NotKnown };

class Restore {
 public:
  Restore(const RestorePlan& plan, const OutageTools& tools) : plan_{plan}, tools_{tools} {}

  RestoreResult run(const Fd& archive) {
    for (const fs::path& partial : plan_.old_partials) {
      remove_partial(tools_.disk, partial);
    }
    result_.files = plan_.contents.files.size();
    result_.bytes = plan_.bytes;
    try {
      tools_.report.step(fmt::format("unpack into '{}'", plan_.partial.native()));
      make_staging(plan_, archive, tools_);
      const OutageResult outage =
          while_stopped(plan_.outage, plan_.layout, tools_,
                        [&](const StillDown& still_down) { swap(still_down); });
      result_.down = outage.down;
      if (outage.start_failure) {
        result_.incomplete = outage.start_failure;
      }
    } catch (const Error& error) {
      if (swapped_ != Swapped::Yes) {
        tidy_away();
        throw;
      }
      result_.incomplete = Error{Kind::InPart, error.what(), error.next_step()};
    } catch (...) {
      tidy_away();
      throw;
    }
    if (plan_.swap.exists) {
      result_.previous = plan_.previous;
    }
    return result_;
  }

 private:
  void tidy_away() {
    if (swapped_ != Swapped::No) {
      return;
    }
    try {
      remove_partial(tools_.disk, plan_.partial);
    } catch (const Error& error) {
      tools_.report.warn(fmt::format("{}, ignoring", error.what()));
    }
  }

  /// The moment of truth. Up to the exchange the staging directory is the new state, from then on
  /// the old one; the name it bears is never one that may be tidied away. The parent is synced in
  /// between, so that a power cut finds either no exchange or one between names that exist.
  void swap(const StillDown& still_down) {
    const fs::path parent = plan_.swap.target.parent_path();
    tools_.interruption.check();  // the last moment at which everything can be put back
    tools_.report.step(fmt::format("swap '{}'", plan_.swap.target.native()));
    const std::optional<Identity> staged = identity_of(plan_.partial);
    tools_.disk.rename(plan_.partial, plan_.previous);
    try {
      tools_.disk.sync_directory(parent);
      still_down();
      exchange();
      swapped_ = Swapped::Yes;
    } catch (const Error& error) {
      find_out_what_happened(staged, error);
    }
    try {
      tools_.disk.sync_directory(parent);
    } catch (const Error& error) {
      result_.incomplete = in_place_but(error);
    }
  }

  void exchange() {
    if (plan_.swap.exists) {
      tools_.disk.exchange(plan_.previous, plan_.swap.target);
    } else {
      tools_.disk.rename(plan_.previous, plan_.swap.target);
    }
  }

  /// A failing disk can report an error for an exchange that it has made: what lies where tells,
  /// not the error. To be called from its handler.
  void find_out_what_happened(const std::optional<Identity>& staged, const Error& error) {
    if (staged && identity_of(plan_.swap.target) == staged) {
      swapped_ = Swapped::Yes;
      result_.incomplete = in_place_but(error);
      return;
    }
    if (!staged || identity_of(plan_.previous) != staged) {
      swapped_ = Swapped::NotKnown;  // nothing may be removed
      throw Error{Kind::InPart,
                  fmt::format("{}; what lies in '{}' and in '{}' cannot be told", error.what(),
                              plan_.swap.target.native(), plan_.previous.native()),
                  "stop ZooKeeper and look at both; nothing was removed"};
    }
    try {
      tools_.disk.rename(plan_.previous,
                         plan_.partial);  // the new state still: it may be tidied away
    } catch (const Error& second) {
      tools_.report.warn(fmt::format("{}: '{}' holds what was to be restored, not a previous state",
                                     second.what(), plan_.previous.native()));
    }
    throw;
  }

  const RestorePlan& plan_;
  const OutageTools& tools_;
  RestoreResult result_;
  Swapped swapped_ = Swapped::No;
};

}  // namespace

RestoreResult execute_restore(const RestorePlan& plan, const Fd& archive,
                              const OutageTools& tools) {
  return Restore{plan, tools}.run(archive);
}

}  // namespace zkb
